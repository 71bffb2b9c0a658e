"""What differs between two versions of a process: tests/cases/differences.yaml."""

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from assent_orchestrator.plan.conformance import conformance, varied
from assent_orchestrator.plan.difference import Sort, as_plan, difference, may_vary, with_plan
from assent_orchestrator.plan.expand import expand
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.variation import Varied
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.process import Process

CASES = Path(__file__).parents[2] / "cases"
YAML_READER = YAML(typ="safe", pure=True)
CATALOGUE = Catalogue.from_json(YAML_READER.load((CASES / "plans/catalogue.yaml").read_text(encoding="utf-8")))
RENEWAL = CATALOGUE.processes["renewal"]
DIFFERENCES = YAML_READER.load((CASES / "differences.yaml").read_text(encoding="utf-8"))


def changed(process: Process, places: dict[str, Any]) -> Process:
    whole: dict[str, Any] = copy.deepcopy(process.to_json())
    steps = {step["id"]: step for step in whole["steps"]}
    for place, value in places.items():
        root, _, rest = place.partition(".")
        name, _, part = rest.partition(".")
        if root == "steps" and part:
            steps[name][part] = value
        elif root == "steps":
            steps[name] = value
        elif rest:
            whole[root][name] = value
        else:
            whole[root] = value
    whole["steps"] = [step for step in steps.values() if step is not None]
    return Process.from_json(whole)


@pytest.mark.requirement("orchestrator.process-compared")
@pytest.mark.parametrize("case", DIFFERENCES, ids=lambda case: case["case"])
def test_every_part_that_differs_is_found_and_no_other(case: dict[str, Any]) -> None:
    after = changed(RENEWAL, case["set"])
    assert [one.path for one in difference(RENEWAL, after)] == case["wanted"]
    assert may_vary(RENEWAL, after) is case["may_vary"]


@pytest.mark.requirement("orchestrator.process-compared")
def test_what_is_new_gone_and_another_is_told_with_both_values() -> None:
    after = changed(RENEWAL, {"steps.note.args": {"text": "other", "tags": ["a"]}})
    found = {one.path: (one.sort, one.before, one.after) for one in difference(RENEWAL, after)}
    assert found == {
        "steps.note.args.text": (Sort.CHANGED, "renewal", "other"),
        "steps.note.args.priority": (Sort.REMOVED, 2, None),
        "steps.note.args.tags": (Sort.ADDED, None, ["a"]),
    }


@pytest.mark.requirement("orchestrator.process-compared")
@pytest.mark.parametrize("name", sorted(CATALOGUE.processes))
def test_a_process_does_not_differ_from_itself_listed_in_another_order(name: str) -> None:
    process = CATALOGUE.processes[name]
    turned = process.model_copy(update={"steps": tuple(reversed(process.steps))})
    assert difference(process, turned) == ()
    assert may_vary(process, turned)
    assert difference(process, with_plan(process, expand(Plan(process=name), process))) == ()


@pytest.mark.requirement("orchestrator.process-compared")
@given(data=st.data())
def test_forth_and_back_are_one_difference_seen_from_two_sides(data: st.DataObject) -> None:
    before, after = (data.draw(st.sampled_from(list(CATALOGUE.processes.values()))) for _ in range(2))
    turned = {Sort.ADDED: Sort.REMOVED, Sort.REMOVED: Sort.ADDED, Sort.CHANGED: Sort.CHANGED}
    forth = {(one.path, one.sort) for one in difference(before, after)}
    assert forth == {(one.path, turned[one.sort]) for one in difference(after, before)}


@pytest.mark.requirement("orchestrator.process-compared")
def test_a_plan_that_conforms_says_how_it_varies() -> None:
    errands = CATALOGUE.processes["errands"]
    ordered = changed(errands, {"steps.three.after": ["one"]})
    plan = as_plan(ordered, errands)
    assert conformance(plan, errands) == ()
    assert varied(plan, errands) == Varied(reordered=("three",))
    without = as_plan(changed(RENEWAL, {"steps.note": None, "steps.send.after": ["read"]}), RENEWAL)
    assert conformance(without, RENEWAL) == ()
    assert varied(without, RENEWAL) == Varied(skipped=("note",))
    assert varied(as_plan(RENEWAL, RENEWAL), RENEWAL) == Varied()
