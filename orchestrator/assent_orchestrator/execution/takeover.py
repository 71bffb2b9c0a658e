"""Carrying on with the runs of a server that is gone."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.clock import Clock
from assent_orchestrator.execution.durable import Durable
from assent_orchestrator.plan.state import BUSY_RUNS
from assent_orchestrator.store.tables import runs, takeovers

_AT_ONCE = 100
_OFTEN = 3
"""How often a run may be carried on at once without getting anywhere: it may be what ends the servers."""
_REST = timedelta(minutes=10)
"""How long such a run is left alone before it is carried on once more."""

_log = logging.getLogger(__name__)


class _Count(TypedDict):
    """How often a run was taken over while it stood as it did at ``updated_at``: a row."""

    run_id: str
    count: int
    updated_at: datetime
    taken_at: datetime


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
        of_run: dict[str, list[str]] = {}
        for workflow in left:
            of_run.setdefault(workflow.partition("/")[0], []).append(workflow)
        run_ids, taken, going = sorted(of_run), 0, 0
        for first in range(0, len(run_ids), _AT_ONCE):
            may = await self._counts(run_ids[first : first + _AT_ONCE])
            workflows = [workflow for run_id in may for workflow in of_run[run_id]]
            for start in range(0, len(workflows), _AT_ONCE):
                await self.durable.resume(workflows[start : start + _AT_ONCE])
            # Only what was carried on counts: should the engine refuse, nobody got anywhere or nowhere.
            await self._count(may.values())
            taken, going = taken + len(may), going + len(workflows)
        self.resume()
        if going:
            _log.warning("the executor %s is gone; runs taken over: %d", executor, taken)
        return going == len(left)

    async def _counts(self, run_ids: list[str]) -> dict[str, _Count | None]:
        """Return those runs that may be carried on now, with what is to be counted of them.

        None is for what we know nothing of any more: it ends by itself.
        """
        now = self.clock()
        query = (
            sa.select(runs.c.id, runs.c.state, runs.c.updated_at, takeovers.c.taken_at)
            .add_columns(takeovers.c.count.label("times"), takeovers.c.updated_at.label("seen"))
            .outerjoin(takeovers, takeovers.c.run_id == runs.c.id)
            .where(runs.c.id.in_(run_ids))
        )
        may: dict[str, _Count | None] = dict.fromkeys(run_ids)
        async with self.engine.connect() as tx:
            for row in await tx.execute(query):
                stuck = row.times is not None and row.seen == row.updated_at and row.state in BUSY_RUNS
                if stuck and row.times >= _OFTEN and row.taken_at > now - _REST:
                    del may[row.id]
                else:
                    times = row.times + 1 if stuck else 1
                    may[row.id] = _Count(run_id=row.id, count=times, updated_at=row.updated_at, taken_at=now)
        return may

    async def _count(self, counts: Iterable[_Count | None]) -> None:
        """Write down that runs were taken over."""
        written = [count for count in counts if count is not None]
        for count in written:
            if count["count"] >= _OFTEN:
                what = "the run %s was taken over %d times and got nowhere: does it end servers?"
                _log.error(what, count["run_id"], count["count"])
        if not written:
            return
        statement = insert(takeovers)
        new = {name: statement.excluded[name] for name in ("count", "updated_at", "taken_at")}
        async with self.engine.begin() as tx:
            await tx.execute(statement.on_conflict_do_update(index_elements=["run_id"], set_=new), written)
