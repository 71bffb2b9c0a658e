"""The time that a run has as a whole."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Draft
from assent_orchestrator.clock import later
from assent_orchestrator.execution.driven import Pause
from assent_orchestrator.execution.journal import RunRow, change_run
from assent_orchestrator.execution.patience import until
from assent_orchestrator.execution.standing import move
from assent_orchestrator.plan.state import RunState
from assent_sidecar.catalogue.process import Process
from assent_sidecar.model import seconds

DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
"""The reason code of a run whose time was up, and of the steps that were not begun because of it."""


def deadline_of(process: Process, now: datetime) -> datetime | None:
    """Return until when a run of a process has time that is submitted now; None: as long as it takes."""
    return None if process.deadline is None else later(now, seconds(process.deadline))


async def expire(tx: AsyncConnection, run: RunRow, now: datetime) -> tuple[Draft, ...]:
    """Stop a run whose time is up, for good; return what to record. The run is locked.

    It is written once and does not hang on the clock any more: one that is set back does not let the run go on.
    """
    if not run.overdue(now):
        return ()
    if run.on_deadline == "compensate":
        await change_run(tx, run.id, now, compensate=True)
    return (await move(tx, run, RunState.STOPPING, now, reason=DEADLINE_EXCEEDED),)


def within_deadline(pause: Pause, run: RunRow, now: datetime) -> Pause:
    """Return a pause that does not go past the deadline of the run."""
    if pause["settled"] or run.deadline_at is None or run.state is RunState.STOPPING or run.finished_at is not None:
        return pause
    return Pause(settled=False, seconds=min(pause["seconds"], until(run.deadline_at, now)))
