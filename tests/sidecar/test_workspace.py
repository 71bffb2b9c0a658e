from pathlib import Path

import pytest

from assent_sidecar.bundle.workspace import load_workspace
from tests.sidecar.workspace_copies import PROCESS, SALES, faults_of, put, replace


def test_a_sound_workspace_becomes_a_catalogue() -> None:
    workspace = load_workspace(SALES)
    catalogue = workspace.catalogue
    assert catalogue.workspace == "sales"
    assert set(catalogue.systems) == {"crm", "email", "memory"}
    assert set(catalogue.agents) == {"analyst", "seller"}
    assert [step.id for step in catalogue.processes["contract_renewal"].steps] == ["usage", "offer", "mail"]
    assert catalogue.memory.classes["account_notes"].ttl == "24h"
    assert catalogue.data["limits"]["discount"] == {"free": 10, "hard": 40}
    operation = catalogue.operation("email.send")
    assert operation is not None
    assert operation.effect == "irreversible"


def test_a_ledger_of_whatever_reserves_on_it_is_counted_by_what_some_action_has(root: Path) -> None:
    replace(root, "ledgers.yaml", "    actions: [crm.write_offer]\n", "")
    assert faults_of(root) == ()
    replace(root, "ledgers.yaml", "argument:/account", "argument:/customer")
    assert [fault.reason.partition(" has ")[2] for fault in faults_of(root)] == ["no argument 'customer' to count by"]


def test_policies_and_tests_are_told_apart_by_their_names() -> None:
    workspace = load_workspace(SALES)
    assert {(policy.path.as_posix(), policy.package, policy.scope) for policy in workspace.policies} == {
        ("policies/org/baseline.rego", "policies.org.baseline", "org/baseline"),
        (
            "policies/department/sales/discounts.rego",
            "policies.department.sales.discounts",
            "department/sales/discounts",
        ),
        (
            "policies/process/contract_renewal/branches.rego",
            "policies.process.contract_renewal.branches",
            "process/contract_renewal/branches",
        ),
    }
    assert {test.path.name for test in workspace.tests} == {"baseline_test.rego", "branches_test.rego"}


def test_a_name_with_a_hyphen_is_quoted_in_its_package(root: Path) -> None:
    replace(root, "agents/seller.yaml", "department: sales", "department: sales-eu")
    put(root, "policies/department/sales-eu/rules.rego", 'package policies.department["sales-eu"].rules\n')
    packages = {policy.package for policy in load_workspace(root).policies}
    assert 'policies.department["sales-eu"].rules' in packages


EDITS = [
    ("assent.yaml", "name: sales", "name: Sales", "name: should be a name of a-z"),
    ("assent.yaml", "title:", "titel:", "the key 'titel' is not known here"),
    ("systems/crm.yaml", "name: crm", "name: crn", "the file is named 'crm', but this says 'crn'"),
    ("systems/crm.yaml", "effect: write", "effect: delete", "operations.write_offer.effect: should be"),
    ("systems/crm.yaml", "required: [account, discount]", "required: account", "this is not JSON Schema"),
    ("systems/crm.yaml", '"^[A-Z0-9-]{1,32}$"', '"("', "'(' is not a 'regex'"),
    (
        "systems/crm.yaml",
        "type: integer, minimum: 0, maximum: 100}\n        contact",
        "type: whole}\n        contact",
        "",
    ),
    ("systems/crm.yaml", "/contact: [pii]", "contact: [pii]", "operations.read_usage.labels"),
    ("systems/email.yaml", "timeout: 10s", "timeout: 10", "operations.send.timeout: should be text"),
    ("systems/email.yaml", "timeout: 10s", "timeout: 10 seconds", "should be a duration, as in 500ms"),
    ("systems/email.yaml", "result: {type: object}", "result: {$ref: 'https://example.com/s.json'}", "names nothing"),
    ("systems/email.yaml", "result: {type: object}", "result: {$ref: '#/$defs/missing'}", "names nothing"),
    ("systems/email.yaml", "result: {type: object}", "result: {$id: 'https://example.com'}", "$id is not supported"),
    (
        "systems/email.yaml",
        "result: {type: object}",
        "result: {$schema: 'http://json-schema.org/draft-07/schema#'}",
        "only https://json-schema.org/draft/2020-12/schema",
    ),
    ("agents/analyst.yaml", "crm.read_usage", "crm.read_all", "the system 'crm' has no operation 'read_all'"),
    ("agents/analyst.yaml", "crm.read_usage", "erp.read", "there is no system 'erp'"),
    ("agents/analyst.yaml", "crm.read_usage", "memory.hold", "the system 'memory' has no operation 'hold'"),
    ("systems/email.yaml", "tool_server: email", "tool_server: assent", "'assent' is Assent itself"),
    ("agents/analyst.yaml", "[seller]", "[sellers]", "there is no agent 'sellers'"),
    ("agents/analyst.yaml", "[seller]", "[analyst]", "an agent does not hand over to itself"),
    (
        "agents/analyst.yaml",
        "may: [crm.read_usage]",
        "may: [crm.read_usage]\nsystems: [email]",
        "'crm.read_usage' is of none of the agent's systems",
    ),
    ("agents/analyst.yaml", "hands_over_to", "systems: [erp]\nhands_over_to", "there is no system 'erp'"),
    ("agents/analyst.yaml", "hands_over_to", "limits: {depth: -1}\nhands_over_to", "limits.depth"),
    ("agents/analyst.yaml", "hands_over_to", "limits: {breadth: 1}\nhands_over_to", "breadth"),
    ("systems/email.yaml", "name: email", "kind: agent\nname: email", "says as which agent it acts"),
    ("systems/email.yaml", "name: email", "agent: seller\nname: email", "says as which agent it acts"),
    ("systems/email.yaml", "name: email", "kind: agent\nagent: sales\nname: email", "there is no agent 'sales'"),
    ("systems/email.yaml", "name: email", "kind: program\nname: email", "kind: should be"),
    ("agents/analyst.yaml", "may: [crm.read_usage]", "may: []", "may: Tuple should have at least 1 item"),
    (PROCESS, 'version: "1"', "version: 1", "version: should be text; what looks like a number"),
    (PROCESS, "agent: analyst", "agent: analist", "there is no agent 'analist'"),
    (PROCESS, "agent: analyst", "agent: seller", "the agent 'seller' may not do 'crm.read_usage'"),
    (
        PROCESS,
        "action: crm.write_offer\n    when",
        "action: crm.write\n    when",
        "the system 'crm' has no operation 'write'",
    ),
    (PROCESS, "action: crm.write_offer\n    when", "action: cpq.write\n    when", "there is no system 'cpq'"),
    (PROCESS, "after: [usage]", "after: [use]", "there is no step 'use'"),
    (PROCESS, "on_failure: skip", "on_failure: {alternative: other}", "there is no step 'other'"),
    (
        PROCESS,
        "on_failure: skip",
        "on_failure: retry",
        "steps.1.on_failure: should be 'fail', 'skip' or 'compensate', or an object",
    ),
    (PROCESS, "on_failure: skip", "on_failure: {instead: mail}", "the key 'instead' is not known here"),
    (
        PROCESS,
        "action: crm.write_offer\n      args",
        "action: crm.undo\n      args",
        "the system 'crm' has no operation 'undo'",
    ),
    (
        PROCESS,
        "action: crm.write_offer\n      args",
        "action: crm.read_usage\n      args",
        "may not do 'crm.read_usage'",
    ),
    (PROCESS, "discount: 0", "discount: {$ref: steps.use.output}", "there is no step 'use'"),
    (
        PROCESS,
        "discount: 0",
        "discount: {$ref: steps.mail.output.n}",
        "the step 'offer' does not depend on 'mail', so it is undone without it",
    ),
    (PROCESS, "skip: [offer]", "skip: [of]", "there is no step 'of'"),
    (PROCESS, "skip: [offer]", "choose: [offer]", "'offer' is neither a choice nor a step that has an alternative"),
    (PROCESS, "skip: [offer]", "choose: [of]", "'of' is neither a choice nor a step that has an alternative"),
    (PROCESS, "skip: [offer]", "repeat: {of: 2}", "there is no step 'of'"),
    (PROCESS, "skip: [offer]", "repeat: {offer: 1}", "may.repeat.offer"),
    (PROCESS, "skip: [offer]", "repeat: {offer: 101}", "may.repeat.offer"),
    (PROCESS, "id: mail", "id: usage", "there are two steps 'usage'"),
    (PROCESS, "when: at_risk", "when: deny", "'deny' is a set of findings, not a condition"),
    (PROCESS, "$ref: steps.usage.output.contact", "$ref: steps.use.output.contact", "there is no step 'use'"),
    (PROCESS, "$ref: steps.usage.output.contact", "$ref: steps.usage.output.mail", "crm.read_usage has no 'mail'"),
    (PROCESS, "$ref: steps.usage.output.contact", "$ref: steps.usage.contact", "is not a reference"),
    (PROCESS, "$ref: inputs.discount", "$ref: inputs.rebate", "the inputs of this process have no 'rebate'"),
    (PROCESS, "$ref: inputs.discount", "$eval: inputs.discount", "a binding is exactly one of"),
    (PROCESS, "$ref: inputs.discount", "$first: inputs.discount", "$first takes a list that is not empty"),
    (PROCESS, "$ref: inputs.discount", "$first: [{$ref: inputs.discount}]", "$first chooses among"),
    (PROCESS, "$ref: inputs.discount", "$ref: inputs.discount, other: 1", "a binding is exactly one of"),
    (PROCESS, "discount: {type: integer}", "discount: {type: 3}", "this is not JSON Schema 2020-12"),
    ("memory.yaml", "retention: temporary", "retention: forever", "classes.account_notes.retention"),
    ("ledgers.yaml", '"5000.00"', "5000", "ledgers.discount_eur.limit"),
    ("ledgers.yaml", '"5000.00"', '"5000.001"', "the limit has more decimals than the scale of 2"),
    ("ledgers.yaml", "window: day", "window: fortnight", "ledgers.discount_eur.window"),
    ("ledgers.yaml", "per: argument:/account", "per: customer", "ledgers.discount_eur.per: should be tenant, agent"),
    ("ledgers.yaml", '"5000.00"', '"many"', "ledgers.discount_eur.limit: should be an exact decimal"),
    ("ledgers.yaml", "discount_eur:", "Discount EUR:", "ledgers.Discount EUR: should be a name"),
    ("ledgers.yaml", "time_zone: Europe/Berlin", "time_zone: Europe/Bonn", "there is no time zone 'Europe/Bonn'"),
    ("ledgers.yaml", "crm.write_offer", "crm.write", "the system 'crm' has no operation 'write'"),
    (
        "ledgers.yaml",
        "per: argument:/account",
        "per: argument:/customer",
        "crm.write_offer has no argument 'customer' to count by",
    ),
    ("data/limits.yaml", "hard: 40", "free: 40", "the key 'free' is there twice"),
    ("cases/renewal.yaml", "step: usage}", "step: use}", "has no step 'use'"),
    ("cases/renewal.yaml", "verdict: allow, taken: true", "verdict: maybe, taken: true", "should be 'allow'"),
    ("cases/renewal.yaml", "looking at usage is allowed", "personal data is not mailed", "two cases"),
    ("policies/org/baseline.rego", "package policies.org.baseline", "package policies.org.base", "in the wrong place"),
    ("policies/org/baseline_test.rego", "package policies.org.baseline_test", "package tests", "in the wrong place"),
]


@pytest.mark.requirement("orchestrator.memory-classes")
@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("    ttl: 24h\n", "", "a temporary class needs a ttl"),
        ("retention: temporary", "retention: never", "a class that is never retained has no ttl"),
        ("ttl: 24h", "ttl: 0h", "a ttl of nothing keeps nothing"),
        ("retention: temporary", "retention: long_term\n    scope: run", "only a temporary class has the scope run"),
        ("retention: temporary", "retention: audit\n    recalled_for: [x]", "nothing can be recalled"),
        ("purpose: to know the account in the next step", 'purpose: " "', "say for what purpose"),
    ],
    ids=lambda text: text.split("\n")[0].strip(),
)
def test_a_memory_class_that_says_too_little_or_too_much_is_a_fault(
    root: Path, old: str, new: str, reason: str
) -> None:
    replace(root, "memory.yaml", old, new)
    [fault] = faults_of(root)
    assert (fault.file, fault.line) == ("memory.yaml", 2)
    assert fault.reason.startswith(f"classes.account_notes: {reason}")


@pytest.mark.requirement("orchestrator.memory-classes")
def test_a_class_of_a_run_needs_no_ttl(root: Path) -> None:
    replace(root, "memory.yaml", "ttl: 24h", "scope: run")
    assert faults_of(root) == ()


@pytest.mark.requirement("bad-input.workspace-every-fault")
@pytest.mark.parametrize(("file", "old", "new", "reason"), EDITS, ids=[f"{edit[0]}: {edit[2]}" for edit in EDITS])
def test_a_fault_is_told_with_its_file_and_line(root: Path, file: str, old: str, new: str, reason: str) -> None:
    line = replace(root, file, old, new)
    found = faults_of(root)
    here = [fault for fault in found if reason in fault.reason]
    assert here, f"not found among {found}"
    assert {fault.file for fault in here} == {file}
    if "two" not in reason:
        # A schema's fault may be told at a line below the one that was changed.
        assert here[0].line in range(line, line + 2)


@pytest.mark.requirement("orchestrator.handoff-declared")
def test_a_process_in_which_work_passes_as_nobody_declared_is_no_process(root: Path) -> None:
    replace(root, "agents/analyst.yaml", "hands_over_to: [seller]", "hands_over_to: []")
    found = [(fault.file, fault.line, fault.reason) for fault in faults_of(root)]
    why = "the agent 'analyst', who does 'usage', does not hand over to 'seller'"
    assert found == [(PROCESS, 19, why), (PROCESS, 31, why)]


@pytest.mark.requirement("orchestrator.handoff-declared")
def test_to_undo_what_another_agent_did_is_a_hand_over(root: Path) -> None:
    undo = "compensation:\n      action: crm.write_offer"
    replace(root, PROCESS, undo, f"{undo}\n      agent: analyst")
    replace(root, "agents/analyst.yaml", "may: [crm.read_usage]", "may: [crm.read_usage, crm.write_offer]")
    assert [fault.reason for fault in faults_of(root)] == [
        "the agent 'seller', who does 'offer', does not hand over to 'analyst'"
    ]


@pytest.mark.requirement("orchestrator.memory-steps-refused")
@pytest.mark.parametrize(
    ("args", "reasons"),
    [
        ("{class: account_notes, purpose: to know the account in the next step, subject: A, value: 1}", []),
        (
            "{purpose: to know the account in the next step, subject: A, value: 1}",
            ["memory.remember: no class is named; write one of memory.yaml: account_notes"],
        ),
        ("{class: notes, purpose: to know the account in the next step, subject: A, value: 1}", ["UNKNOWN_CLASS"]),
        (
            "{class: account_notes, subject: A, value: 1}",
            ["no purpose is named; write 'to know the account in the next step', word for word"],
        ),
        ("{class: account_notes, purpose: to win, subject: A, value: 1, text: x}", ["takes no", "PURPOSE_DIFFERS"]),
    ],
)
def test_a_process_says_what_it_remembers_and_for_what(root: Path, args: str, reasons: list[str]) -> None:
    replace(root, "agents/seller.yaml", "may: [", "may: [memory.remember, ")
    step = f"  - id: keep\n    agent: seller\n    action: memory.remember\n    args: {args}\n"
    replace(root, PROCESS, "  - id: mail\n", f"{step}  - id: mail\n")
    found = faults_of(root)
    assert len(found) == len(reasons), found
    assert {fault.file for fault in found} <= {PROCESS}
    assert all(any(reason in fault.reason for fault in found) for reason in reasons)


@pytest.mark.requirement("bad-input.workspace-every-fault")
def test_nobody_declares_the_system_of_the_library(root: Path) -> None:
    declared = (root / "systems/email.yaml").read_text().replace("name: email", "name: memory")
    put(root, "systems/memory.yaml", declared)
    assert [(one.file, one.reason) for one in faults_of(root)] == [
        ("systems/memory.yaml", "the system 'memory' is Assent's own; use another name")
    ]


def test_with_memory_classes_that_cannot_be_read_nothing_is_said_of_who_uses_them(root: Path) -> None:
    replace(root, "agents/seller.yaml", "may: [", "may: [memory.remember, ")
    replace(root, "memory.yaml", "retention: temporary", "retention: sometimes")
    assert {one.file for one in faults_of(root)} == {"memory.yaml"}


@pytest.mark.requirement("orchestrator.labels-marked-at-the-source")
@pytest.mark.parametrize("content", ["documents", "mail", "tickets", "model"])
def test_what_is_read_from_what_others_wrote_is_labelled_at_the_source(root: Path, content: str) -> None:
    replace(root, "systems/crm.yaml", "name: crm", f"content: {content}\nname: crm")
    [fault] = faults_of(root)
    assert (fault.file, fault.reason) == (
        "systems/crm.yaml",
        f"what is read from {content} was written by others: label it untrusted",
    )
    replace(root, "systems/crm.yaml", "/contact: [pii]", "/contact: [pii, untrusted]")
    assert faults_of(root) == ()
    replace(root, "systems/crm.yaml", f"content: {content}", "content: anything")
    assert [one.file for one in faults_of(root)] == ["systems/crm.yaml"]


@pytest.mark.requirement("orchestrator.agent-services")
def test_who_calls_a_service_that_acts_as_an_agent_is_that_agent_or_hands_over_to_it(root: Path) -> None:
    replace(root, "systems/email.yaml", "name: email", "kind: agent\nagent: analyst\nname: email")
    [fault] = faults_of(root)
    assert (fault.file, fault.line) == ("agents/seller.yaml", 5)
    assert "'email.send' acts as the agent 'analyst', to which this one does not hand over" in fault.reason
    replace(root, "agents/seller.yaml", "name: seller", "hands_over_to: [analyst]\nname: seller")
    assert faults_of(root) == ()
    replace(root, "systems/email.yaml", "agent: analyst", "agent: seller")
    assert faults_of(root) == ()


@pytest.mark.requirement("bad-input.workspace-every-fault")
def test_every_fault_is_told_at_once_and_in_order(root: Path) -> None:
    replace(root, "agents/analyst.yaml", "[seller]", "[sellers]")
    replace(root, "data/limits.yaml", "hard: 40", "free: 40")
    replace(root, PROCESS, "after: [usage]", "after: [use]")
    replace(root, PROCESS, "skip: [offer]", "skip: [of]")
    put(root, "policies/org/late.rego", "deny := true\n")
    found = faults_of(root)
    assert [fault.file for fault in found] == [
        "agents/analyst.yaml", "data/limits.yaml", "policies/org/late.rego", PROCESS, PROCESS
    ]  # fmt: skip
    assert list(found) == sorted(found)


def test_a_broken_document_is_no_unknown_name_elsewhere(root: Path) -> None:
    put(root, "systems/crm.yaml", "name: [\n")
    put(root, "agents/seller.yaml", "name: [\n")
    assert {fault.file for fault in faults_of(root)} == {"systems/crm.yaml", "agents/seller.yaml"}


def test_an_error_shows_lines_that_editors_jump_to(root: Path) -> None:
    line = replace(root, "agents/analyst.yaml", "[seller]", "[sellers]")
    with pytest.raises(Exception, match=rf"^agents/analyst\.yaml:{line}: there is no agent 'sellers'$"):
        load_workspace(root)
