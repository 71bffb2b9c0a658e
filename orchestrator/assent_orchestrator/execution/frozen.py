"""What a stop holds up, and waking it when the stop is lifted."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.execution.durable import Durable
from assent_orchestrator.governance.stop import STOPPED, Scope, Stop
from assent_orchestrator.plan.state import RunState
from assent_orchestrator.store.tables import runs, steps

_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Frozen:
    """Finds and wakes runs that a stop holds up."""

    engine: AsyncEngine
    durable: Durable

    async def wake(self, stop: Stop) -> None:
        """Wake what the stop held up. Whatever another stop holds up, too, looks and goes on sleeping."""
        async with self.engine.connect() as tx:
            planned = [row.id for row in await tx.execute(_planned(stop))]
            asleep = [(row.run_id, row.id) for row in await tx.execute(_asleep(stop))]
        found: list[tuple[str, tuple[str, ...]]] = [(run, ()) for run in planned]
        found += [(run, tuple(step for _, step in rows)) for run, rows in groupby(asleep, key=lambda row: row[0])]
        for first in range(0, len(found), _AT_ONCE):
            some = found[first : first + _AT_ONCE]
            await asyncio.gather(*(self.durable.wake(run, step_ids) for run, step_ids in some))


def _planned(stop: Stop) -> sa.Select[tuple[str]]:
    query = sa.select(runs.c.id).where(runs.c.state == str(RunState.PLANNED), runs.c.reason == STOPPED)
    return query.where(*_reached(stop))


def _asleep(stop: Stop) -> sa.Select[tuple[str, str]]:
    query = sa.select(steps.c.run_id, steps.c.id).join(runs, runs.c.id == steps.c.run_id)
    query = query.where(runs.c.finished_at.is_(None), steps.c.finished_at.is_(None), steps.c.reason == STOPPED)
    match stop.scope:
        case Scope.AGENT:
            # Or it was about to call a service that acts as the agent: then its own decision names the stop.
            named = sa.cast(steps.c.decision, sa.Text).contains(stop.id, autoescape=True)
            query = query.where(sa.or_(steps.c.agent == stop.value, named))
        case Scope.SYSTEM:
            query = query.where(sa.func.split_part(steps.c.action, ".", 1) == stop.value)
    return query.where(*_reached(stop)).order_by(steps.c.run_id, steps.c.position)


def _reached(stop: Stop) -> Iterable[sa.ColumnElement[bool]]:
    if stop.scope is not Scope.ALL:
        yield runs.c.tenant == stop.tenant
    if stop.scope is Scope.PROCESS:
        yield runs.c.process == stop.value
    if stop.scope is Scope.RUN:
        yield runs.c.id == stop.value
