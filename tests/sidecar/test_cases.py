import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError
from ruamel.yaml import YAML

from assent_sidecar.bundle.workspace import load_workspace
from assent_sidecar.canonical import digest
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.decision import Decided, Decision, Provenance
from assent_sidecar.policy.cases import Case, CaseFile, CaseQuestion, Want
from assent_sidecar.policy.completion import complete
from assent_sidecar.policy.difference import compare
from assent_sidecar.policy.names import CompletionError
from assent_sidecar.question import Question
from tests.sidecar.workspace_copies import SALES, campaign, copy_of

CATALOGUE = load_workspace(SALES).catalogue
SCHEMA = json.loads((Path(__file__).parents[2] / "rego/assent/schemas/case.json").read_text())


def question(**parts: Any) -> Question:
    return complete(CaseQuestion.from_json({"process": "contract_renewal", **parts}), CATALOGUE)


def test_a_step_is_enough_for_a_whole_question() -> None:
    asked = question(step="offer")
    assert asked.missing == ()
    assert asked.to_json() == {
        "schema": "assent.question/v1",
        "kind": "action",
        "time": "2026-01-01T12:00:00Z",
        "tenant": "case",
        "principal": {"id": "somebody", "roles": [], "authn": "token"},
        "agent": {"id": "seller", "department": "sales", "owner": "sven@example.com"},
        "process": {"name": "contract_renewal", "version": "1", "owner": "olga@example.com", "department": "sales"},
        "run": {"id": "case", "plan_digest": digest({}), "steps": [], "totals": {}},
        "step": {"id": "offer", "attempt": 1, "depends_on": ["usage"], "item": None, "compensates": False},
        "action": {
            "system": "crm",
            "operation": "write_offer",
            "effect": "write",
            "args": {},
            "labels": {},
            "unknown": [],
            "digest": digest({"system": "crm", "operation": "write_offer", "args": {}, "labels": {}}),
        },
        "plan": None,
        "trials": [],
        "actions": [],
        "condition": None,
        "approvals": [],
        "ledgers": {},
        "memory": None,
        "handoff": None,
        "amendment": None,
        "work_item": None,
        "under": None,
        "inputs": {},
        "context": {},
    }


def test_an_action_finds_its_step_and_agent() -> None:
    asked = question(action="email.send")
    assert asked.step is not None
    assert asked.agent is not None
    assert (asked.step.id, asked.agent.id) == ("mail", "seller")


def test_an_action_that_no_step_does_is_somebodys_all_the_same() -> None:
    asked = question(agent="analyst", action={"system": "email", "operation": "send"})
    assert asked.step is not None
    assert asked.action is not None
    assert (asked.step.id, asked.action.effect) == ("case", "irreversible")


def test_what_is_written_goes_before_what_the_catalogue_says() -> None:
    asked = question(
        step={"id": "mail", "attempt": 3, "depends_on": []},
        agent={"id": "seller", "department": "finance"},
        process={"name": "contract_renewal", "version": "9"},
        action={"effect": "read", "args": {"to": "a"}, "labels": {"/to": ["pii", "pii"]}, "digest": "sha256:x"},
        time="2027-02-03T04:05:06+01:00",
    )
    document = asked.to_json()
    assert document["step"] == {"id": "mail", "attempt": 3, "depends_on": [], "item": None, "compensates": False}
    assert document["agent"]["department"] == "finance"
    assert document["process"]["version"] == "9"
    assert document["action"]["effect"] == "read"
    assert document["action"]["labels"] == {"/to": ["pii"]}
    assert document["action"]["digest"] == "sha256:x"
    assert document["time"] == "2027-02-03T04:05:06+01:00"


@pytest.mark.requirement("orchestrator.compensation-governed")
def test_a_case_asks_for_what_undoes_a_step() -> None:
    asked = question(step={"id": "offer", "compensates": True}, action={"args": {"account": "A", "discount": 0}})
    assert asked.step is not None
    assert asked.action is not None
    assert asked.step.to_json() == {
        "id": "offer",
        "attempt": 1,
        "depends_on": ["usage"],
        "item": None,
        "compensates": True,
    }
    assert (asked.action.operation, asked.action.args["discount"]) == ("write_offer", 0)
    written = question(step={"id": "offer", "compensates": True})
    assert written.action is not None
    assert written.action.args == {"discount": 0}, "those of the compensation that are not bound"


@pytest.mark.requirement("orchestrator.for-each", "orchestrator.choices")
def test_a_case_asks_for_one_item_of_a_list_and_for_a_branch_of_a_choice(tmp_path: Path) -> None:
    root = copy_of(SALES, tmp_path)
    campaign(root)
    adapting = load_workspace(root).catalogue

    def of(**given: object) -> Question:
        case = CaseQuestion.model_validate_json(json.dumps({"process": "campaign", **given}))
        return complete(case, adapting)

    asked = of(step={"id": "letters", "item": 49})
    assert asked.step is not None
    assert asked.step.item == 49
    for step, reason in (({"id": "letters", "item": 50}, "at most 50"), ({"id": "usage", "item": 0}, "not done for a")):
        with pytest.raises(CompletionError, match=reason) as told:
            of(step=step)
        assert told.value.place == ("step", "item")
    for condition in ("at_risk", {"name": "at_risk"}, {"name": "at_risk", "choice": "offer"}):
        branch = of(condition=condition)
        assert branch.condition is not None
        assert branch.condition.choice == "offer"
    with pytest.raises(CompletionError, match="no choice 'offers'"):
        of(condition={"name": "at_risk", "choice": "offers"})


def test_a_step_that_nothing_undoes_is_undone_by_no_case() -> None:
    with pytest.raises(CompletionError, match="nothing undoes the step 'mail'"):
        question(step={"id": "mail", "compensates": True})
    condition = question(condition="at_risk").condition
    assert condition is not None
    assert condition.choice is None, "it is the rule of a step"


def test_an_approval_is_of_this_very_action_unless_it_says_otherwise() -> None:
    asked = question(
        step="offer",
        action={"args": {"discount": 12}},
        approvals=[{"role": "boss", "approver": "bea"}, {"role": "cfo", "approver": "carl", "digest": "sha256:other"}],
    )
    assert asked.action is not None
    first, second = asked.approvals
    assert (first.stage, first.digest, first.roles, first.at) == (0, asked.action.digest, ("boss",), asked.time)
    assert (second.stage, second.digest) == (1, "sha256:other")


@pytest.mark.requirement("orchestrator.handoff-approved")
def test_an_approval_of_a_hand_over_is_of_what_passes() -> None:
    over = {"from": "analyst", "to": "seller", "reason": "next"}
    given = [{"role": "boss", "approver": "bea"}]
    asked, moved = (
        question(handoff={**over, "passes": {"labels": ["pii"], "ledgers": {"b": left}}}, approvals=given)
        for left in ("1", "2")
    )
    assert asked.handoff is not None
    assert asked.approvals[0].digest == asked.handoff.digest == moved.approvals[0].digest
    more = question(handoff={**over, "passes": {"labels": ["pii", "secret"]}}, approvals=given)
    assert more.approvals[0].digest not in {"", asked.handoff.digest}


def test_a_plan_is_the_process_as_written_with_what_is_bound_unknown() -> None:
    asked = question(plan={})
    assert asked.kind == "plan"
    assert asked.plan is not None
    steps = {step.id: step for step in asked.plan.steps}
    assert list(steps) == ["usage", "offer", "mail"]
    assert steps["offer"].action.args == {}
    assert steps["offer"].action.unknown == ("/account", "/discount")
    assert steps["offer"].when == "at_risk"
    assert steps["mail"].bindings["/to"] == {"$ref": "steps.usage.output.contact"}
    assert steps["mail"].depends_on == ("offer", "usage"), "what it comes after, and what it is bound to"
    assert steps["offer"].on_failure == "skip"


def test_a_step_of_a_plan_may_say_what_is_known() -> None:
    asked = question(plan={"steps": [{"id": "offer", "action": {"args": {"account": "A"}}}]})
    assert asked.plan is not None
    assert asked.plan.steps[0].action.args == {"account": "A"}
    assert asked.plan.steps[0].action.unknown == ("/discount",)


def test_what_would_be_remembered_has_the_labels_of_its_class_as_a_live_question_does() -> None:
    notes = CATALOGUE.memory.classes["account_notes"].model_copy(update={"labels": ("internal",)})
    labelled = CATALOGUE.model_copy(update={"memory": Memory(classes={"account_notes": notes})})

    def labels(operation: str) -> tuple[str, ...]:
        memory = {"class": "account_notes", "operation": operation, "labels": ["pii"]}
        asked = complete(CaseQuestion.from_json({"process": "contract_renewal", "memory": memory}), labelled)
        assert asked.memory is not None
        return asked.memory.labels

    assert labels("remember") == ("internal", "pii")
    assert labels("recall") == ("pii",)


def test_other_kinds_follow_from_what_is_there() -> None:
    assert question(condition="at_risk").kind == "condition"
    memory = question(memory={"class": "account_notes", "operation": "remember"})
    assert memory.memory is not None
    assert (memory.kind, memory.memory.ttl, memory.memory.purpose) == (
        "memory", "24h", "to know the account in the next step"
    )  # fmt: skip
    recalled = question(memory={"class": "account_notes"}).memory
    assert recalled is not None
    assert (recalled.operation, recalled.retention, recalled.ttl) == ("recall", "temporary", None)
    held = question(memory={"operation": "hold", "subject": "ACME"}).memory
    assert held is not None
    assert (held.memory_class, held.retention, held.purpose) == (None, None, "")
    handoff = question(handoff={"from": "analyst", "to": "seller", "reason": "done"})
    assert handoff.kind == "handoff"
    assert (handoff.agent and handoff.agent.id, handoff.step, handoff.action) == ("seller", None, None)
    assert handoff.handoff is not None
    assert handoff.handoff.passes.to_json() == {"labels": [], "memory": [], "ledgers": {}}
    assert question(kind="amendment").action is None


@pytest.mark.parametrize(
    ("parts", "place", "reason"),
    [
        ({"process": "hiring", "step": "x"}, ("process",), "no process 'hiring'"),
        ({"step": "x"}, ("step",), "has no step 'x'"),
        ({}, (), "action, or step"),
        ({"agent": "seller"}, (), "action, or step"),
        ({"agent": "x", "action": "email.send"}, ("agent",), "no agent 'x'"),
        ({"agent": "seller", "action": "email.read"}, ("action",), "no operation email.read"),
        ({"kind": "condition"}, (), "says which: condition"),
        ({"memory": {"class": "x"}}, ("memory", "class"), "no memory class 'x'"),
        ({"handoff": {"from": "analyst", "to": "x", "reason": ""}}, ("handoff", "to"), "no agent 'x'"),
        ({"plan": {"steps": [{"id": "x"}]}}, ("plan", "steps", 0), "agent must be named"),
        ({"kind": "memory", "memory": {"class": "account_notes"}, "approvals": [{"role": "b", "approver": "x"}]},
         ("approvals", 0), "says its digest"),
    ],
)  # fmt: skip
def test_what_cannot_be_completed_is_told(parts: dict[str, Any], place: tuple[Any, ...], reason: str) -> None:
    with pytest.raises(CompletionError, match=reason) as caught:
        question(**parts)
    assert caught.value.place == place


def test_the_schema_of_case_files_takes_the_ones_there_are() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    files = [*SALES.glob("cases/*.yaml"), *Path(__file__).parents[2].glob("examples/*/cases/*.yaml")]
    assert len(files) > 1
    for file in files:
        cases = YAML(typ="safe", pure=True).load(file)
        Draft202012Validator(SCHEMA).validate(cases)
        CaseFile.model_validate_json(json.dumps(cases))


@pytest.mark.parametrize(
    "case",
    [
        {},
        {"name": "x", "question": {"process": "p"}},
        {"name": "x", "question": {"process": "p"}, "want": {}},
        {"name": "x", "question": {"process": "p"}, "want": {"verdict": "yes"}},
        {"name": "x", "question": {"process": "p"}, "want": {"verdict": "allow", "because": "x"}},
        {"name": "x", "question": {"process": "p", "colour": "red"}, "want": {"verdict": "allow"}},
        {"name": "", "question": {"process": "p"}, "want": {"verdict": "allow"}},
        {"name": "x", "question": {}, "want": {"verdict": "allow"}},
    ],
)
def test_a_case_that_says_something_else_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Case.from_json(case)
    assert not Draft202012Validator(SCHEMA).is_valid([case])


def decided(*, fault: bool = False, **decision: Any) -> Decided:
    provenance = Provenance(
        decision_id="d", revision="r", engine="opa", engine_version="1", input_digest="x", duration_us=1
    )
    return Decided(decision=Decision.from_json(decision), provenance=provenance, fault=fault)


GIVEN: dict[str, Any] = {
    "verdict": "require_approval",
    "reasons": [{"code": "BIG", "scope": "org/x"}, {"code": "FINE", "scope": "process/y/z"}],
    "obligations": [{"type": "timeout", "after": "3s"}, {"type": "retry", "max_attempts": 2}],
    "approval": {"stages": [{"role": "boss"}], "not": ["principal", "process_owner"], "expires_in": "24h"},
}


@pytest.mark.parametrize(
    "want",
    [
        {"verdict": "require_approval"},
        {"verdict": "require_approval", "reasons": ["FINE", "BIG"]},
        {"verdict": "require_approval", "obligations": [
            {"type": "retry", "max_attempts": 2, "factor": 2}, {"type": "timeout", "after": "3s"}]},
        {"verdict": "require_approval", "approval": {"not": ["process_owner", "principal"]}},
        {"verdict": "require_approval", "approval": {"stages": [{"role": "boss", "quorum": 1}], "on_expiry": "deny"}},
    ],
)  # fmt: skip
def test_the_wanted_decision_has_no_difference(want: dict[str, Any]) -> None:
    assert compare(Want.from_json(want), decided(**GIVEN)) == ()


@pytest.mark.parametrize(
    ("want", "difference"),
    [
        ({"verdict": "allow"},
         "verdict: wanted allow, got require_approval because of BIG (org/x), FINE (process/y/z)"),
        ({"verdict": "require_approval", "reasons": ["BIG"]}, "reasons: not wanted FINE"),
        ({"verdict": "require_approval", "reasons": ["BIG", "FINE", "X"]}, "reasons: missing X"),
        ({"verdict": "require_approval", "obligations": [{"type": "retry", "max_attempts": 2}]},
         'obligations: not wanted {"after":"3s","type":"timeout"}'),
        ({"verdict": "require_approval", "approval": {"expires_in": "72h"}},
         'approval.expires_in: wanted "72h", got "24h"'),
        ({"verdict": "require_approval", "approval": {"not": ["principal"]}},
         'approval.not: not wanted "process_owner"'),
        ({"verdict": "require_approval", "taken": True}, "taken: wanted true, got null"),
        ({"verdict": "require_approval", "defer_until": "2026-01-01T00:00:00Z"},
         "defer_until: wanted 2026-01-01 00:00:00+00:00, got None"),
        ({"verdict": "require_approval", "steps": {"x": {"verdict": "allow"}}},
         "step x: wanted allow, but the plan has no such step"),
    ],
)  # fmt: skip
def test_a_difference_is_a_line_for_people(want: dict[str, Any], difference: str) -> None:
    assert compare(Want.from_json(want), decided(**GIVEN)) == (difference,)


def test_steps_are_compared_one_by_one() -> None:
    given = decided(verdict="allow", steps={"a": {"verdict": "deny", "reasons": [{"code": "NO", "scope": "org/x"}]}})
    want = Want.from_json({"verdict": "allow", "steps": {"a": {"verdict": "allow", "reasons": []}}})
    assert compare(want, given) == (
        "step a: verdict: wanted allow, got deny because of NO (org/x)",
        "step a: reasons: not wanted NO",
    )


@pytest.mark.requirement("cli.policy-test-no-false-pass")
def test_a_deny_for_want_of_a_decision_is_not_the_wanted_deny() -> None:
    given = decided(fault=True, verdict="deny", reasons=[{"code": "ENGINE_ERROR", "message": "it failed"}])
    assert compare(Want.from_json({"verdict": "deny"}), given) == (
        "wanted deny, but no decision could be had (ENGINE_ERROR: it failed)",
    )
    assert compare(Want.from_json({"verdict": "deny", "reasons": ["ENGINE_ERROR"]}), given) == ()
