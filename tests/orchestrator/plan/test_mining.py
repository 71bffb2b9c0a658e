"""What finished runs suggest: nothing that would change what a run does."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent_orchestrator.plan.check import check
from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.mining import Passage, Sort, amended, mine
from assent_orchestrator.plan.reference import references_of
from assent_orchestrator.plan.state import StepState
from assent_sidecar.catalogue.process import Process
from tests.orchestrator.execution.world import catalogue

DONE, SKIPPED = StepState.SUCCEEDED, StepState.SKIPPED


def process(*steps: Mapping[str, Any], **more: Any) -> Process:
    return catalogue([{"action": "box.get", **step} for step in steps], **more).processes["work"]


def runs(count: int = 5, /, **states: StepState) -> list[dict[str, Passage]]:
    return [{name: Passage(state, 2.0 if state is DONE else None) for name, state in states.items()}] * count


OF_A = {"x": {"$ref": "steps.a.output.n"}}
A = {"id": "a"}
B = {"id": "b", "after": ["a"]}


@pytest.mark.requirement("orchestrator.process-mined")
def test_what_only_after_orders_could_go_side_by_side_behind_what_both_need() -> None:
    found = process({"id": "first"}, {"id": "a", "after": ["first"]}, B)
    [one, two] = mine(found, runs(first=DONE, a=DONE, b=DONE))
    assert (one.sort, one.step, one.other, one.runs, one.seconds) == (Sort.BESIDE, "a", "first", 5, 2.0)
    assert (two.step, two.other) == ("b", "a")
    plan = amended(found, [two])
    assert {step.id: step.after for step in plan.steps} == {"first": (), "a": ("first",), "b": ("first",)}


@pytest.mark.requirement("orchestrator.process-mined")
@pytest.mark.parametrize(
    ("why", "steps"),
    [
        ("it is bound", (A, {**B, "args": OF_A})),
        ("a condition looks back", (A, {**B, "when": "rule"})),
        (
            "what undoes it looks back",
            (A, {**B, "compensation": {"action": "box.put", "args": OF_A}}),
        ),
        (
            "it would wait all the same",
            (A, {"id": "c", "args": OF_A}, {**B, "args": {"x": {"$ref": "steps.c.output.n"}}}),
        ),
        ("another may stand in for it", ({**A, "on_failure": {"alternative": "z"}}, {"id": "z"}, B)),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_nothing_is_suggested_where(why: str, steps: tuple[Mapping[str, Any], ...]) -> None:
    found = process(*steps)
    suggested = mine(found, runs(**{step.id: DONE for step in found.steps}))
    assert [one for one in suggested if one.step == "b"] == [], why


@pytest.mark.requirement("orchestrator.process-mined")
def test_what_every_run_skips_and_nobody_uses_is_never_needed() -> None:
    found = process(A, {"id": "old", "when": "rule"}, {"id": "b", "after": ["old"]})
    [one] = mine(found, runs(a=DONE, old=SKIPPED, b=DONE))
    assert (one.sort, one.step, one.runs) == (Sort.UNNEEDED, "old", 5)
    assert [(step.id, step.after) for step in amended(found, [one]).steps] == [("a", ()), ("b", ())]
    assert mine(found, [*runs(a=DONE, old=SKIPPED, b=DONE), *runs(1, a=DONE, old=DONE, b=DONE)]) == ()
    assert mine(found, runs(4, a=DONE, old=SKIPPED, b=DONE)) == ()
    first = {"$first": [{"$ref": "steps.old.output.n"}, {"$ref": "steps.a.output.n"}]}
    used = process(A, {"id": "old", "when": "rule"}, {"id": "b", "args": {"x": first}})
    assert mine(used, runs(a=DONE, old=SKIPPED, b=DONE)) == ()


@pytest.mark.requirement("orchestrator.process-mined")
def test_what_comes_in_place_of_an_order_is_said_once() -> None:
    """What a step is bound to, and what others come after already, it does not say again."""
    found = process(
        A, {"id": "b", "args": OF_A}, {"id": "c", "after": ["b"], "args": OF_A}, {"id": "d", "after": ["c"]}
    )
    seen = runs(a=DONE, b=DONE, c=DONE, d=DONE)
    [one] = [one for one in mine(found, seen) if (one.step, one.other) == ("d", "c")]
    assert {step.id: step.after for step in amended(found, [one]).steps}["d"] == ("b",)
    [one] = [one for one in mine(found, seen) if (one.step, one.other) == ("c", "b")]
    assert {step.id: step.after for step in amended(found, [one]).steps}["c"] == ()


@st.composite
def processes(draw: st.DrawFn) -> Process:
    names = [f"s{at}" for at in range(draw(st.integers(2, 7)))]
    steps: list[dict[str, Any]] = []
    for at, name in enumerate(names):
        earlier = st.lists(st.sampled_from(names[:at]), unique=True, max_size=3) if at else st.just([])
        bound = draw(earlier)
        args = {f"x{one}": {"$ref": f"steps.{one}.output.n"} for one in bound}
        steps.append(
            {"id": name, "after": draw(earlier), "args": args, "when": draw(st.sampled_from([None, None, "rule"]))}
        )
    return process(*steps)


@pytest.mark.requirement("orchestrator.process-mined")
@given(found=processes(), data=st.data())
def test_whatever_is_suggested_is_a_sound_plan_in_which_every_binding_is_as_it_was(
    found: Process, data: st.DataObject
) -> None:
    states = {step.id: data.draw(st.sampled_from([DONE, SKIPPED])) for step in found.steps}
    suggestions = mine(found, runs(**states))
    plan = amended(found, suggestions)
    was, now = Graph.of(found.steps), Graph.of(plan.steps)
    assert now.cycles == ()
    kept = {step.id: step for step in plan.steps}
    for step in found.steps:
        if step.id in kept:
            assert references_of(kept[step.id]) == references_of(step)
            assert now.precede(step.id) <= was.precede(step.id), "nothing waits for more than it did"
    assert {one.step for one in suggestions if one.sort is Sort.UNNEEDED} == {
        step.id for step in found.steps
    } - kept.keys()


@pytest.mark.requirement("orchestrator.process-mined")
def test_what_is_suggested_is_an_amendment_and_nothing_else() -> None:
    declared = catalogue([{"action": "box.get", **step} for step in (A, B)])
    found = declared.processes["work"]
    plan = amended(found, mine(found, runs(a=DONE, b=DONE)))
    assert {fault.code for fault in check(plan, declared)} == {"AMENDMENT"}
