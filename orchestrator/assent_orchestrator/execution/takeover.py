"""Carrying on with the runs of a server that is gone."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.clock import Clock
from assent_orchestrator.execution.durable import Durable
from assent_orchestrator.plan.state import RunState
from assent_orchestrator.store.tables import runs, takeovers

_AT_ONCE = 100
_OFTEN = 3
"""How often a run may be carried on at once without getting anywhere: it may be what ends the servers."""
_REST = timedelta(minutes=10)
"""How long such a run is left alone before it is carried on once more."""

_AT_WORK = (RunState.PLANNED, RunState.RUNNING, RunState.STOPPING)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TakeOvers:
    """Gives the work of a gone server to whoever is there; the durable engine fences the one that was gone."""

    engine: AsyncEngine
    durable: Durable
    clock: Clock
    resume: Callable[[], None] = lambda: None
    """Has runs woken that the gone server could not tell any more what it had committed."""

    async def take_over(self, executor: str) -> bool:
        """Have what the executor left carried on; true when nothing is left. Never raises: it is tried again.

        The caller holds the executor's seat.
        """
        try:
            return await self._take_over(executor)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next look tries again
            _log.warning("the runs of the executor %s cannot be taken over yet: %s", executor, type(error).__name__)
            return False

    async def _take_over(self, executor: str) -> bool:
        left = await self.durable.unfinished(executor)
        run_ids = sorted({workflow.partition("/")[0] for workflow in left})
        taken: set[str] = set()
        for first in range(0, len(run_ids), _AT_ONCE):
            async with self.engine.begin() as tx:
                taken |= await self._counted(tx, run_ids[first : first + _AT_ONCE])
        going = [workflow for workflow in left if workflow.partition("/")[0] in taken]
        for first in range(0, len(going), _AT_ONCE):
            await self.durable.resume(going[first : first + _AT_ONCE])
        self.resume()
        if going:
            _log.warning("the executor %s is gone; runs taken over: %d", executor, len(taken))
        return len(going) == len(left)

    async def _counted(self, tx: AsyncConnection, run_ids: list[str]) -> set[str]:
        """Count a take-over of each run, and return those that may be carried on now."""
        now = self.clock()
        query = (
            sa.select(runs.c.id, runs.c.state, runs.c.updated_at, takeovers.c.taken_at)
            .add_columns(takeovers.c.count.label("times"), takeovers.c.updated_at.label("seen"))
            .outerjoin(takeovers, takeovers.c.run_id == runs.c.id)
            .where(runs.c.id.in_(run_ids))
        )
        may = set(run_ids)  # those of which we know nothing any more end by themselves
        for row in await tx.execute(query):
            stuck = row.times is not None and row.seen == row.updated_at and row.state in _AT_WORK
            if stuck and row.times >= _OFTEN and row.taken_at > now - _REST:
                may.discard(row.id)
                continue
            count = row.times + 1 if stuck else 1
            if count >= _OFTEN:
                _log.error("the run %s was taken over %d times and got nowhere: does it end servers?", row.id, count)
            values = {"count": count, "updated_at": row.updated_at, "taken_at": now}
            statement = insert(takeovers).values(run_id=row.id, **values)
            await tx.execute(statement.on_conflict_do_update(index_elements=["run_id"], set_=values))
        return may
