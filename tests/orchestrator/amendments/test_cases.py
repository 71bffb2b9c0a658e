"""What becomes of plans that planners propose, before anybody is asked: tests/cases/amendments.yaml."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from assent_orchestrator.amendments.amendment import facts_of
from assent_orchestrator.amendments.proposals import examine
from assent_orchestrator.errors import InvalidError
from assent_orchestrator.plan.conformance import varied
from assent_orchestrator.plan.difference import difference, with_plan
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.variation import Varied
from assent_sidecar.catalogue.catalogue import Catalogue

CASES = Path(__file__).parents[2] / "cases"
YAML_READER = YAML(typ="safe", pure=True)
CATALOGUE = Catalogue.from_json(YAML_READER.load((CASES / "plans/catalogue.yaml").read_text(encoding="utf-8")))
PROPOSED = YAML_READER.load((CASES / "amendments.yaml").read_text(encoding="utf-8"))


@pytest.mark.requirement(
    "orchestrator.plan-proposed",
    "orchestrator.plan-proposed-badly",
    "orchestrator.plan-chooses",
    "orchestrator.plan-repeats",
)
@pytest.mark.parametrize("case", PROPOSED, ids=lambda case: case["case"])
def test_a_proposal_conforms_amends_or_is_refused_with_its_reason(case: dict[str, Any]) -> None:
    [(kind, wanted)] = case["wanted"].items()
    plan = Plan.from_json(case["plan"])
    if kind == "refused":
        with pytest.raises(InvalidError) as caught:
            examine(plan, CATALOGUE)
        assert [fault.code for fault in caught.value.faults] == wanted
        return
    whole, conforms = examine(plan, CATALOGUE)
    process = CATALOGUE.processes[plan.process]
    assert conforms is (kind == "conforms")
    assert (whole.inputs, whole.labels) == ({}, {}), "what a run is given is nobody's to keep here"
    if conforms:
        assert varied(whole, process) == Varied(**{name: tuple(steps) for name, steps in wanted.items()})
    else:
        facts = facts_of(difference(process, with_plan(process, whole))).to_json()
        parts = facts.pop("parts")
        assert parts == wanted.pop("parts", parts)
        assert {name: steps for name, steps in facts.items() if steps} == wanted
