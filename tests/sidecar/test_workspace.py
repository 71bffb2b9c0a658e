import os
from pathlib import Path

import pytest

from assent_sidecar.bundle.source import MAX_BYTES, SourceError, parse_yaml
from assent_sidecar.bundle.workspace import load_workspace
from tests.sidecar.workspace_copies import CAMPAIGN, SALES, campaign, copy_of, faults_of, put, replace

PROCESS = "processes/contract_renewal.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_of(SALES, tmp_path)


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


def test_the_example_of_choices_and_lists_in_the_manual_holds(root: Path) -> None:
    campaign(root)
    process = load_workspace(root).catalogue.processes["campaign"]
    assert process.choices["offer"].names == ("retention", "standard")
    assert process.steps[-1].for_each is not None


ADAPTING = [
    ("branch: offer.retention", "branch: offers.retention", "there is no choice 'offers'"),
    ("branch: offer.retention", "branch: offer.retentoin", "the choice 'offer' has no branch 'retentoin'"),
    ("otherwise: standard", "otherwise: standart", "there is no branch 'standart', and no step is in it"),
    ("after: [usage]", "after: [use]", "there is no step 'use'"),
    ("after: [usage]", "after: [usage, plain]", "these wait for one another: offer, plain"),
    ("when: at_risk", "when: deny", "'deny' is a set of findings, not a condition"),
    ("max_steps: 60", "max_steps: 3", "the process has 4 steps already"),
    ("{$ref: inputs.people}", "{$ref: inputs.account}", "this does not lead to a list"),
    ("{$ref: inputs.people}", "{$ref: item.people}", "there is no item here"),
    ("{$ref: inputs.people}", "{$concat: [a]}", "leads to a list"),
    ("{$ref: item.email}", "{$ref: item.mail}", "the items have no 'mail'"),
    ("cap: 50", "cap: 5000", "steps.3.for_each.cap"),
    ("discount: 10}", "discount: {$ref: item.discount}}", "there is no item here"),
    (
        "discount: 10}",
        "discount: {$ref: steps.plain.output.offer}}",
        "the step 'generous' is taken with offer.retention only, and this with offer.standard",
    ),
]


@pytest.mark.requirement("orchestrator.adapting-checked")
@pytest.mark.parametrize(("old", "new", "reason"), ADAPTING, ids=[new for _, new, _ in ADAPTING])
def test_a_fault_of_a_choice_or_a_list_is_told_with_its_file_and_line(
    root: Path, old: str, new: str, reason: str
) -> None:
    campaign(root)
    line = replace(root, CAMPAIGN, old, new)
    here = [fault for fault in faults_of(root) if reason in fault.reason]
    assert [(fault.file, fault.line) for fault in here] == [(CAMPAIGN, line)], faults_of(root)


@pytest.mark.requirement("orchestrator.compensation-declared")
@pytest.mark.parametrize(
    ("bound", "reason"),
    [
        ("item.email", ""),
        ("item.mail", "the items have no 'mail'"),
        ("steps.letters.output.id", ""),
        ("steps.letters.output.0", "has no '0'"),
    ],
)
def test_what_is_done_for_a_list_is_undone_item_by_item(root: Path, bound: str, reason: str) -> None:
    campaign(root)
    email = "systems/email.yaml"
    replace(root, email, "result: {type: object}", "result: {type: object, properties: {id: {type: string}}}")
    undo = f"compensation: {{action: email.send, args: {{to: a, body: {{$ref: {bound}}}}}}}"
    line = replace(root, CAMPAIGN, "on_failure: skip", f"on_failure: skip\n    {undo}") + 1
    found = [(fault.file, fault.line) for fault in faults_of(root) if reason and reason in fault.reason]
    assert (len(faults_of(root)), found) == ((1, [(CAMPAIGN, line)]) if reason else (0, [])), faults_of(root)


@pytest.mark.requirement("orchestrator.adapting-checked")
@pytest.mark.parametrize("key", ["", "compensation"])
@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ("{to: a, body: b}", ""),
        ("{to: a, body: b, copy: c}", "email.send takes no argument 'copy'"),
        ("{to: a}", "email.send needs the argument 'body'"),
    ],
)
def test_arguments_that_no_plan_may_have_are_told(root: Path, key: str, args: str, reason: str) -> None:
    campaign(root)
    text = (root / CAMPAIGN).read_text()
    start = text.index("args: {to:")
    old = text[start : text.index("\n", start)]
    new = f"{old}\n    compensation: {{action: email.send, args: {args}}}" if key else f"args: {args}"
    line = replace(root, CAMPAIGN, old, new) + bool(key)
    found = [(fault.file, fault.line, reason in fault.reason) for fault in faults_of(root)]
    assert found == ([(CAMPAIGN, line, True)] if reason else []), faults_of(root)


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
@pytest.mark.parametrize(
    ("file", "content", "line", "reason"),
    [
        ("systems/erp.yaml", b"", 1, "the file is empty"),
        ("systems/erp.yaml", b"# nothing\n", 1, "the file is empty"),
        ("systems/erp.yaml", b"name: erp\ntitle: \xff\n", 2, "the file is not UTF-8"),
        ("systems/erp.yaml", b"name: erp\ntitle: [\n", 3, "this is not YAML"),
        ("systems/erp.yaml", b"- 1\n", 1, "should be an object"),
        ("systems/erp.yaml", b"name: erp\n", 1, "the key 'operations' is missing"),
        ("systems/erp.yaml", b"#" * (MAX_BYTES + 1), 1, "larger than"),
        ("systems/erp.yml", b"name: erp\n", 1, "only .yaml files belong into systems/"),
        ("assent.yml", b"name: sales\n", 1, "name it assent.yaml"),
        ("systems/more/erp.yaml", b"name: erp\n", 1, "holds files only"),
        ("data/2026.yaml", b"a: 1\n", 1, "cannot be a name in data.settings"),
        ("policies/base.rego", b"package policies.base\n", 1, "a policy belongs into"),
        ("policies/team/base.rego", b"package policies.team.base\n", 1, "a policy belongs into"),
        ("policies/department/base.rego", b"package policies.department.base\n", 1, "a policy belongs into"),
        ("policies/department/legal/a.rego", b"package policies.department.legal.a\n", 1, "no agent and no process"),
        ("policies/process/hiring/a.rego", b"package policies.process.hiring.a\n", 1, "there is no process 'hiring'"),
        ("policies/org/Big.rego", b"package policies.org.Big\n", 1, "cannot be part of a package"),
        ("policies/org/lib/deny.rego", b"package policies.org.lib.deny\n", 1, "a helper package cannot be named"),
        ("policies/org/notes.yaml", b"a: 1\n", 1, "only .rego files belong into policies/"),
        ("policies/org/none.rego", b"# nothing here\n", 1, "holds only comments"),
        ("policies/org/late.rego", b"# x\n\nimport data.x\n", 3, "the first statement must be"),
        ("cases/empty.yaml", b"[]\n", 1, "at least 1 item"),
        ("cases/more.yaml", b"- name: x\n  question: {process: p}\n  want: {verdict: allow}\n", 2, "no process 'p'"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(root: Path, file: str, content: bytes, line: int, reason: str) -> None:
    put(root, file, content)
    found = faults_of(root)
    assert [(fault.file, fault.line) for fault in found if reason in fault.reason] == [
        (file if "more/" not in file else "systems/more", line)
    ], f"not found among {found}"


@pytest.mark.requirement("bad-input.workspace-every-fault")
def test_what_is_chosen_or_repeated_has_one_meaning(root: Path) -> None:
    replace(root, PROCESS, "on_failure: skip", "on_failure: {alternative: mail}")
    replace(root, PROCESS, "skip: [offer]", "choose: [offer]\n  repeat: {offer: 2, mail: 2, usage: 3}")
    put(root, PROCESS, (root / PROCESS).read_text(encoding="utf-8").replace("\nsteps:\n", f"\n{CHOICE}steps:\n{TWICE}"))
    assert [fault.reason for fault in faults_of(root) if "'" in fault.reason] == [
        "'offer' is a choice and a step that has an alternative; give one of them another name",
        "'mail' has an alternative or is one, and is not repeated",
        "'offer' has an alternative or is one, and is not repeated",
        "the step 'usage-3' has the name of a repetition",
    ]


CHOICE = "choices: {offer: {after: [usage], branches: [{name: any, when: at_risk}]}}\n"
TWICE = (
    "  - {id: usage-3, agent: analyst, action: crm.read_usage, branch: offer.any, "
    "args: {account: {$ref: inputs.account}}}\n"
)


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


def test_a_folder_without_a_manifest_is_no_workspace(tmp_path: Path) -> None:
    assert [fault.file for fault in faults_of(tmp_path)] == ["assent.yaml"]


def test_other_files_of_a_repository_are_left_alone(root: Path) -> None:
    for file in ("README.md", "compose.yaml", "tools/a.yaml", "systems/README.md", "policies/.regal/x", ".git/config"):
        put(root, file, "a: [\n")
    assert faults_of(root) == ()


@pytest.mark.requirement("bad-input.workspace-stays-inside")
@pytest.mark.parametrize("file", ["systems/erp.yaml", "policies/org/linked.rego", "memory.yaml"])
def test_a_link_out_of_the_workspace_is_refused(root: Path, tmp_path: Path, file: str) -> None:
    put(tmp_path, "outside", "package policies.org.linked\n")
    (root / file).unlink(missing_ok=True)
    (root / file).symlink_to(tmp_path / "outside")
    assert [(fault.file, fault.reason) for fault in faults_of(root)] == [(file, "a link leads out of the workspace")]


@pytest.mark.requirement("bad-input.workspace-stays-inside")
def test_a_link_inside_the_workspace_is_followed(root: Path) -> None:
    (root / "limits.shared").write_text("free: 1\n")
    (root / "data/more.yaml").symlink_to(root / "limits.shared")
    assert load_workspace(root).catalogue.data["more"] == {"free": 1}


@pytest.mark.requirement("bad-input.workspace-stays-inside")
@pytest.mark.parametrize("file", ["systems", "policies/org/linked"])
def test_a_linked_folder_is_refused(root: Path, tmp_path: Path, file: str) -> None:
    (root / file).rename(tmp_path / "moved") if (root / file).exists() else (tmp_path / "moved").mkdir()
    (root / file).symlink_to(tmp_path / "moved")
    assert file in {fault.file for fault in faults_of(root)}


def test_what_is_no_file_is_not_opened(root: Path) -> None:
    os.mkfifo(root / "data/pipe.yaml")
    (root / "data/round.yaml").symlink_to(root / "data/round.yaml")
    (root / "data/gone.yaml").symlink_to(root / "data/nothing")
    reasons = {fault.file: fault.reason for fault in faults_of(root)}
    assert reasons["data/pipe.yaml"] == "this is not a regular file"
    assert "link leads in a circle" in reasons["data/round.yaml"] or "cannot be read" in reasons["data/round.yaml"]
    assert "cannot be read" in reasons["data/gone.yaml"]


def test_yaml_is_version_1_2() -> None:
    text = "a: yes\nb: 010\nc: 0o17\nd: 2026-01-01\ne: 1:30\nf: ~\ng: on\nh: 1.50\n"
    assert parse_yaml("x.yaml", text).value == {
        "a": "yes", "b": 10, "c": 15, "d": "2026-01-01", "e": "1:30", "f": None, "g": "on", "h": 1.5
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("%YAML 1.1\n---\na: 1", 1),
        ("a: 1\n---\nb: 2", 2),
        ("a: &x 1\nb: *x", 1),
        ("a:\n  <<: {b: 1}", 2),
        ("a: !!binary aaaa", 1),
        ("a: !python/object:os.system x", 1),
        ("a: 1\n1: 2", 2),
        ("? [a]\n: 1", 1),
        ("a: .inf", 1),
        ("a: 9007199254740992", 1),
        (f"a: {'9' * 5000}", 1),
        ("a: 1e999", 1),
        ("a: 1_000", 1),
        ("a:\n\t- 1", 2),
        ("a: \x07", 1),
        ("[" * 100 + "]" * 100, 1),
        ("[" * 5000 + "]" * 5000, 1),
    ],
)
def test_what_is_not_the_json_part_of_yaml_is_refused(text: str, line: int) -> None:
    with pytest.raises(SourceError) as caught:
        parse_yaml("x.yaml", text)
    assert [fault.line for fault in caught.value.faults] == [line]
