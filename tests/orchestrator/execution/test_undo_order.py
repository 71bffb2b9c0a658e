"""Whatever a run did, what is undone is what succeeded and can be, the last first, and nothing twice."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent_orchestrator.execution.compensation import Effects, last_done, not_undone, undoable
from assent_orchestrator.execution.journal import StepRow
from assent_orchestrator.governance.intent import EffectStatus
from assent_orchestrator.plan.derived import undo_id
from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.state import StepState
from assent_sidecar.catalogue.process import Compensation, Step
from tests.orchestrator.execution.world import catalogue

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CATALOGUE = catalogue([{"id": "any", "action": "box.get"}])

_HAPPENED = {
    StepState.SUCCEEDED: EffectStatus.SUCCEEDED,
    StepState.FAILED: EffectStatus.FAILED,
    StepState.UNKNOWN: EffectStatus.UNKNOWN,
}


def row(step: Step, at: int, state: StepState, finished: int) -> StepRow:
    return StepRow(
        run_id="r",
        id=step.id,
        position=at,
        action=step.action,
        agent=step.agent,
        state=state,
        attempt=1,
        reason=None,
        message=None,
        decision=None,
        decision_id=None,
        trace_id=None,
        not_before=None,
        started_at=NOON,
        finished_at=NOON + timedelta(seconds=finished),
    )


@st.composite
def ended(draw: st.DrawFn) -> tuple[tuple[Step, ...], dict[str, StepRow]]:
    """The rows of a run of which nothing is under way any more."""
    steps = tuple(
        Step(
            id=f"s{at}",
            agent="bot",
            action=draw(st.sampled_from(["box.get", "box.put", "box.send", "box.forgotten"])),
            after=tuple(f"s{one}" for one in range(at) if draw(st.integers(0, 3)) == 0),
            compensation=draw(st.sampled_from([None, Compensation(action="box.put")])),
        )
        for at in range(draw(st.integers(1, 12)))
    )
    states = st.sampled_from([*_HAPPENED, StepState.SKIPPED, StepState.DENIED])
    rows = {step.id: row(step, at, draw(states), draw(st.integers(0, 5))) for at, step in enumerate(steps)}
    return steps, rows


def effects_of(rows: Mapping[str, StepRow]) -> Effects:
    return {name: _HAPPENED[one.state] for name, one in rows.items() if one.state in _HAPPENED}


@pytest.mark.requirement("orchestrator.compensation-order")
@given(ended(), st.data())
def test_what_is_undone_is_what_succeeded_and_can_be_the_last_first_and_nothing_twice(
    run: tuple[tuple[Step, ...], dict[str, StepRow]], data: st.DataObject
) -> None:
    steps, rows = run
    effects, graph = effects_of(rows), Graph.of(steps)
    # However the outcomes came to be known, and whatever the clocks said.
    order = dict(zip(effects, data.draw(st.permutations(range(1, len(effects) + 1))), strict=True))
    left = {name for name, status in effects.items() if status is not EffectStatus.FAILED}
    left -= {step.id for step in steps if step.action == "box.get"}
    expected = {step.id for step in steps if step.compensation and step.id in left}
    expected = {name for name in expected if rows[name].state is StepState.SUCCEEDED}
    undone: list[str] = []
    while open_ := undoable(steps, rows, effects, CATALOGUE):
        chosen = last_done(open_, order, graph)
        ahead = [one for one in open_ if order[one.id] > order[chosen.id]]
        assert not any(chosen.id in graph.precede(one.id) for one in open_), "nothing before what depends on it"
        assert all(any(one.id in graph.precede(other.id) for other in open_) for one in ahead), "else the last first"
        undone.append(chosen.id)
        succeeded = data.draw(st.booleans())
        state = StepState.COMPENSATED if succeeded else StepState.SUCCEEDED
        undo = row(steps[chosen.position], chosen.position, StepState.SUCCEEDED, 9)
        rows |= {
            chosen.id: _in(chosen, state),
            undo_id(chosen.id): _undoing(undo, StepState.SUCCEEDED if succeeded else StepState.DENIED),
        }
        left -= {chosen.id} if succeeded else set()
    assert sorted(undone) == sorted(expected)
    assert set(not_undone(rows, effects, CATALOGUE)) == left


def _in(one: StepRow, state: StepState) -> StepRow:
    return replace(one, state=state)


def _undoing(one: StepRow, state: StepState) -> StepRow:
    return replace(one, id=undo_id(one.id), state=state, origin=one.id, undo=True)
