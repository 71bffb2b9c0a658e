"""The state of a run that follows from the states of its steps, and the records of its transitions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Draft, StateNote
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.execution.journal import RunRow, StepRow, change_run, touch_run
from assent_orchestrator.governance.minutes import SYSTEM
from assent_orchestrator.plan.state import (
    GOING_RUNS,
    IDLE_STEPS,
    TERMINAL_RUNS,
    TERMINAL_STEPS,
    WAITING_STEPS,
    RunState,
    StepState,
)
from assent_sidecar.model import Json


def at_rest(step: StepRow, *, ending: bool) -> bool:
    """Say whether nothing is to be done for a step any more.

    What is unknown is waited for, except in a run that is ``ending``: there it is left as soon as it was asked for once
    more, and stays unknown until a person settles it.
    """
    if step.state is StepState.UNKNOWN:
        return ending and step.finished_at is not None
    return step.state in TERMINAL_STEPS


def standing(states: Iterable[StepState], *, paused: bool = False) -> RunState:
    """Return whether a run that is not over waits for something outside, or runs.

    One that is ``paused`` runs only for as long as something is under way that was begun before.
    """
    under_way = {state for state in states if state not in TERMINAL_STEPS and state not in IDLE_STEPS}
    if paused:
        return RunState.RUNNING if StepState.DISPATCHED in under_way else RunState.WAITING
    return RunState.WAITING if under_way and under_way <= WAITING_STEPS else RunState.RUNNING


async def keep(tx: AsyncConnection, run: RunRow, now: datetime) -> tuple[Draft, ...]:
    """Write the run's standing when it changed; return what to record. The run is locked, its steps are written.

    The states are read here and now: those seen before the lock may be those of before a neighbour moved.
    """
    wanted = standing(await touch_run(tx, run.id, now), paused=run.paused)
    if run.state is wanted or run.state not in GOING_RUNS:
        return ()
    return (await move(tx, run, wanted, now),)


async def move(
    tx: AsyncConnection,
    run: RunRow,
    state: RunState,
    now: datetime,
    *,
    reason: str | None = None,
    not_undone: tuple[str, ...] | None = None,
    **more: Any,
) -> Draft:
    """Write a transition of a run; return its record. ``not_undone`` is what is left of a run that was to be undone.

    ``more`` are other columns that change with it.
    """
    finished = {"finished_at": now} if state in TERMINAL_RUNS else {}
    values: dict[str, Any] = {} if not_undone is None else {"not_undone": list(not_undone)}
    await change_run(tx, run.id, now, state=str(state), reason=reason or run.reason, **finished, **values, **more)
    detail: dict[str, Json] = {"reason": reason} if reason else {}
    detail |= {"not_undone": list(not_undone)} if not_undone else {}
    return Draft(
        event=f"run.{state}",
        run=run.id,
        actor=SYSTEM,
        state=StateNote(before=str(run.state), after=str(state)),
        detail=detail or None,
        trace=trace_note(),
    )
