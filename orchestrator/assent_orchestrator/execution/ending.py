"""Bringing a step to rest without performing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import ApprovalState
from assent_orchestrator.audit.record import Draft, StateNote
from assent_orchestrator.execution.asking import Fall, Plight, fall
from assent_orchestrator.execution.deadline import DEADLINE_EXCEEDED
from assent_orchestrator.execution.driver import hold_step
from assent_orchestrator.execution.journal import RunRow, StepRow, change_step
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.situation import Situation
from assent_orchestrator.execution.standing import keep
from assent_orchestrator.governance.minutes import SYSTEM, step_moved
from assent_orchestrator.plan.choice import nodes
from assent_orchestrator.plan.graph import failures
from assent_orchestrator.plan.state import TERMINAL_RUNS, TERMINAL_STEPS, RunState, SkipReason, StepState
from assent_orchestrator.store.tables import steps


@dataclass(frozen=True, slots=True)
class Ending:
    """How a step comes to rest without having been performed, and why."""

    state: StepState
    code: str
    message: str


REJECTED = Ending(StepState.DENIED, "APPROVAL_REJECTED", "an approver said no")
"""How a step ends that somebody said no to."""


def ending_of(situation: Situation) -> Ending | None:
    """Return how the step ends because of what happened around it, or None when it may go on. Pure."""
    ending = None if situation.step.undo else _ending_of_run(situation)
    if ending is None and situation.spoilt:
        return Ending(StepState.SKIPPED, SkipReason.ITEM_FAILED, "another item failed, and its step with it")
    if ending is None and any(one.state is ApprovalState.REJECTED for one in situation.requests):
        return REJECTED
    return ending


def _ending_of_run(situation: Situation) -> Ending | None:
    """Return how a step ends because nothing more of the run is done; what undoes something comes after that."""
    run = situation.run
    if run.cancel_requested is not None:
        return Ending(StepState.CANCELLED, "CANCELLED", "the run was cancelled")
    if run.state is RunState.STOPPING:
        if run.reason == DEADLINE_EXCEEDED:
            return Ending(StepState.CANCELLED, DEADLINE_EXCEEDED, "the time of the run was up")
        return Ending(StepState.CANCELLED, "RUN_HALTED", "a policy halted the run")
    if failures(nodes(run.plan), {name: row.state for name, row in situation.steps.items()}):
        return Ending(StepState.SKIPPED, SkipReason.RUN_FAILED, "the run failed elsewhere")
    return None


def is_ending(run: RunRow, rows: Mapping[str, StepRow]) -> bool:
    """Say whether a run is being brought to its end: then nothing is waited for that may never come. Pure."""
    return (
        run.cancel_requested is not None
        or run.state is RunState.STOPPING
        or run.state in TERMINAL_RUNS
        or bool(failures(nodes(run.plan), {name: row.state for name, row in rows.items()}))
    )


async def leave_out(
    tx: AsyncConnection, run_id: str, step_ids: Sequence[str], *, state: StepState, code: str, now: datetime
) -> tuple[Draft, ...]:
    """Bring those of some steps to rest whose turn has not come; return what to record. The run is locked."""
    if not step_ids:
        return ()
    changed = (
        sa.update(steps)
        .where(steps.c.run_id == run_id, steps.c.id.in_(step_ids), steps.c.state == str(StepState.PENDING))
        .values(state=str(state), reason=str(code), finished_at=now, not_before=None)
        .returning(steps.c.id)
    )
    left = {row.id for row in await tx.execute(changed)}
    return tuple(
        Draft(
            event=f"step.{state}",
            run=run_id,
            step=step_id,
            actor=SYSTEM,
            state=StateNote(before=str(StepState.PENDING), after=str(state)),
            detail={"reason": str(code)},
        )
        for step_id in step_ids
        if step_id in left
    )


async def end_step(tx: AsyncConnection, parts: Parts, situation: Situation, ending: Ending) -> tuple[Draft, ...]:
    """Write how a step ends, unless it is at rest already; return what to record. What failed may wait for a person.

    Raises:
        FencedError: somebody else drives the run.
    """
    run, current = await hold_step(tx, situation.run, situation.step.id, parts.plans)
    if current.state in TERMINAL_STEPS:
        return ()
    now = parts.clock()
    ended = {"reason": str(ending.code), "message": ending.message, "finished_at": now, "not_before": None}
    came = Fall(ending.state, ended)
    if ending.state is StepState.FAILED:
        came = await fall(tx, Plight(parts, run, current, situation.spec, situation.steps), came)
    await change_step(tx, run.id, current.id, **came.values, state=str(came.state))
    detail = {"reason": str(ending.code)}
    draft = step_moved(run.id, current.id, current.state, came.state, attempt=current.attempt, detail=detail)
    return (draft, *came.drafts, *await keep(tx, run, now))
