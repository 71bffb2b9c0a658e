"""After a start, and after the database was away: runs are started and woken again whose hints were lost.

Who is cut off in the very commit of an answer cannot know that it counts, and wakes nobody; the run would sleep on.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import ApprovalKind, ApprovalState
from assent_orchestrator.approvals.latest import BY_POLICIES
from assent_orchestrator.audit.listen import Listener, Wakeups
from assent_orchestrator.errors import AssentError
from assent_orchestrator.execution.durable import Durable
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.pausing import heard
from assent_orchestrator.governance.stop import STOPPED, Subject, named_in
from assent_orchestrator.meanwhile import meanwhile
from assent_orchestrator.plan.state import ASLEEP_STEPS, RunState, StepState
from assent_orchestrator.store.approval_tables import approvals
from assent_orchestrator.store.tables import runs, steps, stops

_TOPIC = "connection"
"""Nobody notes anything about it: its waiters are rung when the listener is connected again."""

_SAFETY_NET_SECONDS = 600.0
_AGAIN_SECONDS = 1.0

_log = logging.getLogger("assent.runs")


_ASLEEP = (
    sa.select(steps.c.run_id, steps.c.id)
    .join(runs, runs.c.id == steps.c.run_id)
    .where(
        runs.c.finished_at.is_(None),
        steps.c.finished_at.is_(None),
        steps.c.state.in_([str(state) for state in ASLEEP_STEPS]),
    )
)

_ASKED = sa.exists().where(
    approvals.c.run_id == steps.c.run_id,
    approvals.c.step_id == steps.c.id,
    BY_POLICIES,
    approvals.c.state == str(ApprovalState.PENDING),
)

_UNHEARD = _ASLEEP.where(
    sa.or_(
        # What undoes something waits for its own sake, also in a run that was cancelled.
        sa.and_(runs.c.cancel_requested.is_not(None), ~steps.c.undo),
        # Its question was answered, changed, or taken back with the change: whatever it was, nobody is asked.
        sa.and_(steps.c.state == str(StepState.AWAITING_APPROVAL), ~_ASKED),
        runs.c.resumed_at.is_not(None),
    )
)
"""Steps that sleep although their run was cancelled or goes on, or nobody is asked about them any more."""

_CHOSEN = (
    sa.select(approvals.c.run_id, approvals.c.step_id.label("id"))
    .join(runs, runs.c.id == approvals.c.run_id)
    .where(
        runs.c.finished_at.is_(None),
        approvals.c.kind == str(ApprovalKind.WORK_ITEM),
        approvals.c.state == str(ApprovalState.CONSUMED),
        # Nothing of the run has happened since, but for what was written with the choice.
        runs.c.updated_at <= approvals.c.resolved_at + timedelta(seconds=1),
    )
)
"""Steps that a person chose something for, of which perhaps nobody was told."""

_STOPPED = _ASLEEP.add_columns(steps.c.decision).where(steps.c.reason == STOPPED)
"""Steps that a stop holds up, or did."""

_RESUMED = sa.select(runs.c.id).where(
    runs.c.finished_at.is_(None), runs.c.paused_at.is_(None), runs.c.resumed_at.is_not(None)
)
"""Runs that perhaps nobody told that they go on."""

_PLANNED = sa.select(
    runs.c.id, runs.c.tenant, runs.c.process, runs.c.reason, runs.c.paused_at, runs.c.cancel_requested
).where(runs.c.state == str(RunState.PLANNED))


@dataclass(frozen=True, slots=True)
class Resumptions:
    """Starts and wakes what a server left that died between storing something and saying so."""

    parts: Parts
    durable: Durable

    async def resume(self) -> int:
        """Start and wake whatever may have been left; return how many runs. What is held up still sleeps on.

        Raises:
            AssentError, SQLAlchemyError: the database is away; look again.
        """
        looked = self.parts.clock()
        async with self.parts.engine.connect() as tx:
            planned = (await tx.execute(_PLANNED)).all()
            resumed = [row.id for row in await tx.execute(_RESUMED)]
            unheard: dict[str, list[str]] = {}
            for row in (*await tx.execute(_UNHEARD), *await tx.execute(_CHOSEN), *await _let_go(tx)):
                unheard.setdefault(row.run_id, []).append(row.id)
        for row in planned:
            await self.durable.start(row.id, row.tenant)
            subject = Subject(row.tenant, row.id, row.process)
            cancelled, paused = row.cancel_requested is not None, row.paused_at is not None
            if cancelled or not await self._held_up(subject, row.reason, paused=paused):
                await self.durable.wake(row.id)
        # A hint a run, however many of its steps sleep: each one has the whole run looked at.
        asleep = {**dict.fromkeys(resumed, ()), **{run_id: tuple(names) for run_id, names in unheard.items()}}
        for run_id, step_ids in asleep.items():
            await self.durable.wake(run_id, step_ids)
        if asleep:
            await heard(self.parts.engine, tuple(asleep), looked)
        return len(planned) + len(asleep)

    async def _held_up(self, subject: Subject, reason: str | None, *, paused: bool) -> bool:
        """Say whether a run whose plan is not decided yet is paused, or stopped still: each look leaves a mark."""
        return paused or (reason == STOPPED and bool(await self.parts.gate.stops(subject)))


async def _let_go(tx: AsyncConnection) -> list[sa.Row[Any]]:
    """Return the stopped steps of which a stop that held them up was lifted."""
    in_force = frozenset(await tx.scalars(sa.select(stops.c.id).where(stops.c.lifted_at.is_(None))))
    return [row for row in await tx.execute(_STOPPED) if not {*named_in(row.decision)} <= in_force]


@contextlib.asynccontextmanager
async def resuming(listener: Listener, resumptions: Resumptions) -> AsyncIterator[Callable[[], None]]:
    """Resume at once, whenever the database is back, and now and then anyway, for as long as the block lasts.

    Gives what has it done once more: a server that is gone may have died before it woke a run.

    Nobody waits for it: a server takes calls though one run is held up.
    """
    async with listener.subscribe(_TOPIC) as back, meanwhile(_resume(back, resumptions), "assent-resuming"):
        yield back.ring


async def _resume(back: Wakeups, resumptions: Resumptions) -> None:
    back.ring()
    while True:
        await back.wait(_SAFETY_NET_SECONDS)
        try:
            await resumptions.resume()
        except (AssentError, SQLAlchemyError, OSError) as error:
            _log.warning("runs could not be looked through, and will be again: %s", type(error).__name__)
            back.ring()
            await asyncio.sleep(_AGAIN_SECONDS)
