"""Bringing a step to rest: the one place that writes a final state."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Draft, StateNote
from assent_orchestrator.audit.spans import trace_note
from assent_orchestrator.execution.journal import RunRow, change_step, read_step
from assent_orchestrator.execution.situation import Situation
from assent_orchestrator.execution.standing import keep
from assent_orchestrator.governance.minutes import SYSTEM
from assent_orchestrator.plan.state import TERMINAL_STEPS, StepState


def states_after(situation: Situation, state: StepState) -> dict[str, StepState]:
    """Return the states of all steps of the run once this step has moved on."""
    return {step_id: row.state for step_id, row in situation.steps.items()} | {situation.step.id: state}


async def end_step(
    tx: AsyncConnection,
    run: RunRow,
    situation: Situation,
    state: StepState,
    code: str,
    message: str,
    now: datetime,
    **values: Any,
) -> tuple[Draft, ...]:
    """Write a final state, unless there is one; return what to record."""
    current = await read_step(tx, run.id, situation.step.id)
    if current.state in TERMINAL_STEPS:
        return ()
    await change_step(
        tx,
        run.id,
        current.id,
        state=str(state),
        reason=code,
        message=message,
        finished_at=now,
        not_before=None,
        **values,
    )
    draft = Draft(
        event=f"step.{state}",
        run=run.id,
        step=current.id,
        attempt=current.attempt or None,
        actor=SYSTEM,
        state=StateNote(before=str(current.state), after=str(state)),
        detail={"reason": str(code)},
        trace=trace_note(),
    )
    return (draft, *await keep(tx, run, states_after(situation, state), now))
