"""A run is over: nothing of it is left to do or to undo, and how it ended is written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit import spans
from assent_orchestrator.execution.advancing import roused
from assent_orchestrator.execution.compensation import Compensations, not_undone, read_effects, wanted
from assent_orchestrator.execution.driver import hold
from assent_orchestrator.execution.ending import is_ending
from assent_orchestrator.execution.journal import RunRow, StepRow, change_run, read_steps
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.pausing import PAUSED
from assent_orchestrator.execution.standing import at_rest, move
from assent_orchestrator.plan.choice import nodes
from assent_orchestrator.plan.graph import failures
from assent_orchestrator.plan.state import FOLLOWING_STEPS, RunState
from assent_sidecar.decision import Verdict


@dataclass(frozen=True, slots=True)
class Closings:
    """Closes runs, once what is to be undone of them is undone."""

    parts: Parts
    compensations: Compensations

    async def end(self, run_id: str) -> str | None:
        """Say what has to be undone next; empty: nothing, and the run is closed; None: it is not over after all."""
        # One transaction: between what is to be undone and the end of the run nobody can ask for it to be undone.
        async with self.parts.trail.recording() as tx:
            run = await roused(tx, self.parts, run_id)
            if run.finished_at is not None:
                return ""
            rows = await read_steps(tx, run_id)
            open_ = _left_open(run, rows)
            if open_:
                # It is not over, as it was a moment ago; once undoing has begun, what is open is ended by itself.
                return open_ if any(row.undo for row in rows.values()) else None
            undo = await self.compensations.following(tx, run, rows)
            if undo:
                return undo
            if wanted(run, rows):  # what was found out about undoing is not in what was read
                run, rows = await hold(tx, run_id, self.parts), await read_steps(tx, run_id)
            await self._close(tx, run, rows)
            return ""

    async def finish(self, run_id: str) -> None:
        """Close the run as it is."""
        async with self.parts.trail.recording() as tx:
            run = await hold(tx, run_id, self.parts)
            if run.finished_at is None:
                await self._close(tx, run, await read_steps(tx, run_id))

    async def _close(self, tx: AsyncConnection, run: RunRow, rows: Mapping[str, StepRow]) -> None:
        if run.paused:  # nothing is left that could be held up
            await change_run(tx, run.id, self.parts.clock(), paused_by=None, paused_at=None, pause_reason=None)
            run = replace(run, reason=None if run.reason == PAUSED else run.reason)
        left = (
            not_undone(rows, await read_effects(tx, run.id), self.parts.catalogue(run.tenant))
            if run.compensate
            else None
        )
        state, reason = end_of(run, rows, left)
        with spans.segment_span(
            run.id, process=run.process, tenant=run.tenant, traceparent=run.traceparent, state=str(state)
        ):
            draft = await move(tx, run, state, self.parts.clock(), reason=reason, not_undone=left)
        await self.parts.trail.append(tx, run.tenant, (draft,))


def end_of(run: RunRow, rows: Mapping[str, StepRow], left: tuple[str, ...] | None) -> tuple[RunState, str | None]:
    """Return how a run ends whose steps have come to rest, and the reason code. Pure.

    ``left`` is what of it is not undone; None: nothing was to be.
    """
    failed = failures(nodes(run.plan), {step_id: row.state for step_id, row in rows.items()})
    reason = run.reason
    if run.cancel_requested is not None and not (run.compensate and reason not in (None, "CANCELLED")):
        state, reason = RunState.CANCELLED, "CANCELLED"
    elif run.state is RunState.STOPPING:
        halted = any(row.verdict == Verdict.HALT for row in rows.values())
        state = RunState.HALTED if halted else RunState.FAILED
    elif failed:
        state, reason = RunState.FAILED, rows[failed[0]].reason
    else:
        state, reason = RunState.SUCCEEDED, None
    if left == () and any(row.undo for row in rows.values()):
        state = RunState.COMPENSATED
    return state, reason


def _left_open(run: RunRow, rows: Mapping[str, StepRow]) -> str:
    """Return a row of the run, and of nothing that undoes, that has not come to rest; empty: there is none."""
    ending = is_ending(run, rows)
    open_ = (row.id for row in rows.values() if not row.undo and not _rests(row, ending=ending))
    return next(open_, "")


def _rests(row: StepRow, *, ending: bool) -> bool:
    # What iterates is at rest when its items are, and they are rows, too.
    return row.state in FOLLOWING_STEPS or at_rest(row, ending=ending)
