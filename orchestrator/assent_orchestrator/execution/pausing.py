"""Pausing a run and letting it go on: meanwhile nothing of it is begun, and what was under way is settled."""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.audit.record import Actor, Draft
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.errors import ForbiddenError, StateError
from assent_orchestrator.execution.durable import Durable
from assent_orchestrator.execution.journal import RunRow, change_run
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.plans import Plans
from assent_orchestrator.execution.runs import RunView, read_visible, view
from assent_orchestrator.execution.standing import keep
from assent_orchestrator.plan.state import OPEN_RUNS, TERMINAL_RUNS, TERMINAL_STEPS
from assent_orchestrator.store.tables import runs

PAUSED = "PAUSED"
"""The reason code of a run that somebody paused."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Pauses runs and resumes them.

    An intent to act is committed under the lock of its run, and so is a pause: of the two one is first. When ``pause``
    returns, nothing is dispatched any more, on any server.
    """

    parts: Parts
    durable: Durable

    async def pause(self, caller: Caller, run_id: str, reason: str) -> RunView:
        """Pause a run; doing it again changes nothing.

        Raises:
            NotFoundError: there is no run that this caller may know of.
            ForbiddenError: the caller may see it, but neither submitted it nor is an operator.
            StateError: the run is over.

        """
        async with self.parts.trail.recording() as tx:
            run = await _read(tx, caller, run_id, self.parts.plans)
            if caller.id not in (run.submitter, run.principal.id) and Role.OPERATOR not in caller.roles:
                raise ForbiddenError("only its submitter or an operator pauses a run", run=run_id)
            if not run.paused:
                now = self.parts.clock()
                why = PAUSED if run.state in OPEN_RUNS and run.cancel_requested is None else run.reason
                paused = replace(run, paused_by=caller.id, paused_at=now, pause_reason=reason, reason=why)
                held = {"paused_by": caller.id, "paused_at": now, "pause_reason": reason, "resumed_at": None}
                await change_run(tx, run_id, now, reason=why, **held)
                drafts = (_draft("run.paused", caller, run_id, reason), *await keep(tx, paused, now))
                await self.parts.trail.append(tx, run.tenant, drafts)
            return await view(tx, caller, run_id, self.parts.plans)

    async def resume(self, caller: Caller, run_id: str, reason: str) -> RunView:
        """Let a run go on; doing it again changes nothing.

        Raises:
            NotFoundError: there is no run that this caller may know of.
            ForbiddenError: it is paused, and the caller is neither who paused it nor an operator.
            StateError: the run is over.

        """
        async with self.parts.trail.recording() as tx:
            run = await _read(tx, caller, run_id, self.parts.plans)
            if run.paused and not may_resume(caller, run):
                raise ForbiddenError("only who paused a run or an operator resumes it", run=run_id)
            if run.paused:
                now = self.parts.clock()
                resumed = await lift(tx, run, now)
                drafts = (_draft("run.resumed", caller, run_id, reason), *await keep(tx, resumed, now))
                await self.parts.trail.append(tx, run.tenant, drafts)
            after = await view(tx, caller, run_id, self.parts.plans)
        await self.durable.wake(run_id, held_up(after))
        await heard(self.parts.engine, (run_id,), after.run.updated_at)
        return after


def may_resume(caller: Caller, run: RunRow) -> bool:
    """Say whether somebody may let a paused run go on."""
    return caller.id == run.paused_by or Role.OPERATOR in caller.roles


async def lift(tx: AsyncConnection, run: RunRow, now: datetime) -> RunRow:
    """Write that a run is not paused any more, and that nobody has told it yet; return it so. The run is locked."""
    why = None if run.reason == PAUSED else run.reason
    gone: dict[str, Any] = {"paused_by": None, "paused_at": None, "pause_reason": None, "reason": why}
    await change_run(tx, run.id, now, resumed_at=now, **gone)
    return replace(run, **gone)


async def heard(engine: AsyncEngine, run_ids: Collection[str], until: datetime) -> None:
    """Write that runs were told that they go on, which they did by ``until``: they need not be woken for it again.

    Whoever cannot write it loses nothing: they are told once more.
    """
    told = sa.update(runs).where(runs.c.id.in_(run_ids), runs.c.resumed_at <= until).values(resumed_at=None)
    with contextlib.suppress(SQLAlchemyError, OSError):
        async with engine.begin() as tx:
            await tx.execute(told)


async def _read(tx: AsyncConnection, caller: Caller, run_id: str, plans: Plans) -> RunRow:
    run = await read_visible(tx, caller, run_id, plans, lock=True)
    if run.state in TERMINAL_RUNS:
        raise StateError(f"the run is {run.state}", run=run_id, state=str(run.state))
    return run


def held_up(after: RunView) -> tuple[str, ...]:
    """Return the steps that may have met the pause: also one whose turn came just then, which has no state yet."""
    return tuple(step.id for step in after.steps if step.state not in TERMINAL_STEPS)


def _draft(event: str, caller: Caller, run_id: str, reason: str) -> Draft:
    return Draft(
        event=event,
        run=run_id,
        actor=Actor.of(caller),
        detail={"rationale": reason},
        trace=trace_note(),
    )
