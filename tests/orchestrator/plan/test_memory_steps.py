"""Steps of the system memory in plans: what is wrong with them has a reason code of its own."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from assent_orchestrator.governance.foretell import foretell
from assent_orchestrator.plan.check import check
from assent_orchestrator.plan.forecast import forecast
from assent_orchestrator.plan.model import Plan
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.own import own_systems
from assent_sidecar.decision import StepForecast, Verdict
from tests.orchestrator.server.specimens import DECIDED

CASES = Path(__file__).parents[2] / "cases" / "memory_steps"


def load(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((CASES / name).read_text(encoding="utf-8"))


DECLARED = Catalogue.from_json(load("catalogue.yaml"))
CATALOGUE = DECLARED.model_copy(update={"systems": {**DECLARED.systems, **own_systems(DECLARED.memory)}})
READ = {"id": "read", "agent": "clerk", "action": "crm.read", "args": {"id": "A"}}


def faults_of(steps: list[dict[str, Any]]) -> list[tuple[str, str]]:
    plan = Plan.from_json({"process": "visit", "steps": [READ, *({"agent": "clerk", **step} for step in steps)]})
    return [(fault.field, fault.code) for fault in check(plan, CATALOGUE) if fault.code != "AMENDMENT"]


@pytest.mark.requirement("orchestrator.memory-steps-refused")
@pytest.mark.parametrize("case", [pytest.param(case, id=case["case"]) for case in load("plans.yaml")])
def test_a_plan_is_told_what_is_wrong_with_its_memory(case: dict[str, Any]) -> None:
    assert faults_of(case["steps"]) == [(one["field"], one["code"]) for one in case["wanted"]]


def remembering(value: Any, **given: Any) -> Plan:
    args = {"class": "preferences", "purpose": "how a client wants it", "subject": "A", "value": value}
    keep = {"id": "keep", "agent": "clerk", "action": "memory.remember", "args": args}
    return Plan.from_json({"process": "visit", "steps": [READ, keep], **given})


NEVER = "carries the label 'card' of the class 'secrets', of which nothing is ever remembered"


@pytest.mark.requirement("orchestrator.memory-steps-refused")
@pytest.mark.parametrize(
    ("value", "labels", "refused"),
    [
        ({"$ref": "inputs.wish"}, {"/wish": ["card"]}, True),
        ({"$ref": "inputs.wish.number"}, {"/wish": ["card"]}, True),
        ({"of": [{"$ref": "inputs.wish"}]}, {"/wish/number": ["card"]}, True),
        ({"$concat": ["x", {"$ref": "inputs.other"}]}, {"": ["card"]}, True),
        ({"$ref": "inputs.wish"}, {"/wish": ["pii"]}, False),
        ({"$ref": "inputs.other"}, {"/wish": ["card"]}, False),
        ({"$ref": "inputs.wish.number"}, {"/wish/other": ["card"]}, False),
    ],
)
def test_an_input_that_is_never_retained_is_no_value_to_remember(
    value: Any, labels: dict[str, list[str]], refused: bool
) -> None:
    inputs = {"wish": {"number": "4111", "other": "b"}, "other": "c"}
    found = [one for one in check(remembering(value, inputs=inputs, labels=labels), CATALOGUE) if one.field != "steps"]
    told = [(one.field, one.code, one.description) for one in found if one.code != "AMENDMENT"]
    assert told == ([("steps[1].args.value", "CLASS_NEVER", NEVER)] if refused else [])


@pytest.mark.requirement("orchestrator.memory-steps-refused", "orchestrator.never-in-memory-only")
@pytest.mark.parametrize(
    ("bound", "args", "refused"),
    [
        ("reason", {"subject": "A"}, ["steps[1].args.reason"]),
        ("subject", {"reason": "the client asked for it"}, []),
    ],
)
def test_an_input_that_is_never_retained_is_no_reason_of_a_receipt(
    bound: str, args: dict[str, Any], refused: list[str]
) -> None:
    gone = {"id": "gone", "agent": "clerk", "action": "memory.forget", "args": {**args, bound: {"$ref": "inputs.who"}}}
    plan = {"process": "visit", "steps": [READ, gone], "inputs": {"who": "4111"}, "labels": {"/who": ["card"]}}
    found = [one for one in check(Plan.from_json(plan), CATALOGUE) if one.code != "AMENDMENT"]
    assert [(one.field, one.code, one.description) for one in found] == [(at, "CLASS_NEVER", NEVER) for at in refused]


@pytest.mark.requirement("orchestrator.memory-steps-refused")
@pytest.mark.parametrize(
    ("said", "labels", "wanted"),
    [
        (Verdict.ALLOW, ("card",), Verdict.DENY),
        (Verdict.DEFER, ("card",), Verdict.DENY),
        (Verdict.HALT, ("card",), Verdict.HALT),
        (Verdict.ALLOW, ("pii",), Verdict.ALLOW),
    ],
)
def test_what_a_step_is_declared_to_return_and_is_never_retained_is_foretold_to_be_refused(
    said: Verdict, labels: tuple[str, ...], wanted: Verdict
) -> None:
    crm = CATALOGUE.systems["crm"]
    read = crm.operations["read"].model_copy(update={"labels": {"/wish": labels}})
    systems = {**CATALOGUE.systems, "crm": crm.model_copy(update={"operations": {"read": read}})}
    catalogue = CATALOGUE.model_copy(update={"systems": systems})
    plan = remembering({"$ref": "steps.read.output.wish"})
    assert "CLASS_NEVER" not in {fault.code for fault in check(plan, catalogue)}, "it may turn out not to be there"
    steps = {"read": StepForecast(verdict=Verdict.ALLOW), "keep": StepForecast(verdict=said)}
    decided = DECIDED.model_copy(update={"decision": DECIDED.decision.model_copy(update={"steps": steps})})
    found = foretell(decided, forecast(plan, catalogue), catalogue.memory).decision.steps
    assert (found["read"].verdict, found["keep"].verdict) == (Verdict.ALLOW, wanted)
    told = [(reason.code, reason.message) for reason in found["keep"].reasons]
    assert told == ([("CLASS_NEVER", f"value: {NEVER}")] if wanted is Verdict.DENY else [])


def test_without_a_class_there_is_no_memory() -> None:
    assert own_systems(Memory()) == {}
    plan = Plan.from_json({"process": "visit"})
    found = check(plan, DECLARED.model_copy(update={"memory": Memory()}))
    assert [(fault.field, fault.code) for fault in found] == [("steps[1].action", "UNKNOWN_SYSTEM")]
