"""Steps of the system memory in plans: what is wrong with them has a reason code of its own."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from assent_orchestrator.plan.check import check
from assent_orchestrator.plan.model import Plan
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.own import own_systems

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


def test_without_a_class_there_is_no_memory() -> None:
    assert own_systems(Memory()) == {}
    plan = Plan.from_json({"process": "visit"})
    found = check(plan, DECLARED.model_copy(update={"memory": Memory()}))
    assert [(fault.field, fault.code) for fault in found] == [("steps[1].action", "UNKNOWN_SYSTEM")]
