"""Whether what a service was called for is still under way: looked at under locks, so that it stays so for a while.

The run comes first, then the effect of its step, then permits that callers hold: as whoever settles them does.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.governance.handed_out import PermitStatus
from assent_orchestrator.governance.intent import EffectStatus
from assent_orchestrator.governance.mandate import Mandate, Origin, Room, RunPausedError, UnderPermitOverError
from assent_orchestrator.plan.derived import parse
from assent_orchestrator.plan.state import GOING_RUNS, TERMINAL_RUNS, RunState
from assent_orchestrator.store.tables import effects, permits, runs, steps


async def hold(tx: AsyncConnection, tenant: str, mandate: Mandate, now: datetime) -> Room:
    """Make sure that all that is above is still under way, and let none of it end before the transaction does.

    Return how much was permitted so far; nobody permits more under the same permits meanwhile.

    Raises:
        UnderPermitOverError: something above is over, or its run comes to its end.
        RunPausedError: its run is paused.
    """
    handed_out = [one.permit for one in mandate.above]
    if mandate.origin is not None:
        await _hold_run(tx, tenant, mandate.origin, now)
        await _hold_effect(tx, mandate.origin, handed_out.pop(0))
    if handed_out:
        query = sa.select(permits.c.status).where(permits.c.tenant == tenant, permits.c.id.in_(handed_out))
        found = (await tx.execute(query.order_by(permits.c.id).with_for_update())).scalars().all()
        if len(found) < len(handed_out) or set(found) != {str(PermitStatus.ISSUED)}:
            raise over(mandate.permit)
    children = await tx.scalar(
        sa.select(sa.func.count()).select_from(permits).where(permits.c.parent_id == mandate.permit)
    )
    return Room(mandate, children or 0, await _actions(tx, mandate))


def over(permit: str) -> UnderPermitOverError:
    """Return what is said of a permit whose action is not under way any more."""
    return UnderPermitOverError("what the permit was given for is not under way any more", permit=permit)


async def _hold_run(tx: AsyncConnection, tenant: str, origin: Origin, now: datetime) -> None:
    columns = (runs.c.state, runs.c.cancel_requested, runs.c.paused_at, runs.c.deadline_at)
    query = sa.select(*columns).where(runs.c.tenant == tenant, runs.c.id == origin.run.id).with_for_update()
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        raise _ends(origin)
    state = RunState(row.state)
    if parse(origin.row).undo:
        # What is undone is so because the run comes to its end.
        ends = state in TERMINAL_RUNS
    else:
        late = row.deadline_at is not None and now >= row.deadline_at
        ends = state not in GOING_RUNS or row.cancel_requested is not None or late
    if ends:
        raise _ends(origin)
    if row.paused_at is not None:
        raise RunPausedError("the run is paused; ask again when it is resumed", run=origin.run.id)


def _ends(origin: Origin) -> UnderPermitOverError:
    return UnderPermitOverError("the run is over, or comes to its end: nothing new is begun", run=origin.run.id)


async def _hold_effect(tx: AsyncConnection, origin: Origin, permit: str) -> None:
    query = sa.select(effects.c.permit_id, effects.c.status).with_for_update()
    here = effects.c.run_id == origin.run.id, effects.c.step_id == origin.row
    row = (await tx.execute(query.where(*here))).one_or_none()
    if row is None or row.permit_id != permit or row.status != EffectStatus.INTENDED:
        raise over(permit)


async def _actions(tx: AsyncConnection, mandate: Mandate) -> int:
    """Return how many actions the agent has in the run: steps whose turn came, and what it was permitted further."""
    if mandate.origin is None:
        return 0
    own = steps.c.run_id == mandate.origin.run.id, steps.c.agent == mandate.agent, steps.c.attempt > 0
    further = permits.c.run_id == mandate.origin.run.id, permits.c.agent == mandate.agent
    counts = (sa.select(sa.func.count()).select_from(one) for one in (steps, permits))
    query = sa.select(*(one.where(*of).scalar_subquery() for one, of in zip(counts, (own, further), strict=True)))
    return sum((await tx.execute(query)).one())
