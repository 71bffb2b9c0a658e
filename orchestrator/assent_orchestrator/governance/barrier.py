"""Where stops and dispatches meet: one lock in PostgreSQL that every commit of a decision shares and every stop takes.

The lock lives until the commit is visible, so of any two one is first. A decision that is first is part of what
was dispatched before the stop; one that is second reads the stop, on whichever server it is. When a stop has been
committed there is no decision left under way that does not know of it.
"""

import asyncio
import contextlib
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.errors import UnavailableError
from assent_orchestrator.governance.stop import Scope, Stop
from assent_orchestrator.store.confinement import unconfined
from assent_orchestrator.store.tables import stops

LOCK = 0x73746F7073  # "stops"; the migration that makes the function has the same number

_SOFT_SECONDS, _HARD_SECONDS, _PACE_SECONDS = 0.2, 0.4, 0.05
"""How long commits that are under way are waited for: after the first, the connections of those that do not move are
cut; after the second, of all. Their work is undone, and tried again by whoever it belongs to."""

IN_FORCE = "SELECT * FROM assent.stops_in_force(%(tenant)s)"
"""What is in force for a tenant, under the lock. The function reads with a snapshot of its own, made after the lock."""

_SHUT = sa.select(sa.func.pg_advisory_xact_lock(LOCK))
_CUT = sa.text(
    "SELECT pg_terminate_backend(held.pid) FROM pg_locks held JOIN pg_stat_activity USING (pid)"
    " WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1"
    " AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND held.classid = :high AND held.objid = :low"
    " AND (state_change < clock_timestamp() - interval '200 ms' OR (:all AND held.mode = 'ShareLock'))"
).bindparams(high=LOCK >> 32, low=LOCK & 0xFFFFFFFF)


class Barrier:
    """Reads what is in force, and closes the way for as long as a stop is written."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Look with ``engine``; whoever commits brings a transaction along."""
        self._reader = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._last: dict[str, tuple[Stop, ...]] = {}

    def last_seen(self, tenant: str) -> tuple[Stop, ...]:
        """Return what was in force when this process last looked; it may be long ago, so commit under it or look."""
        return self._last.get(tenant, ())

    async def seen(self, tenant: str) -> tuple[Stop, ...]:
        """Return what is in force for a tenant right now: good for not asking in vain, not for permitting.

        Raises:
            UnavailableError: the database is away.
        """
        query = sa.select(stops).where(stops.c.lifted_at.is_(None))
        query = query.where(sa.or_(stops.c.tenant == tenant, stops.c.scope == str(Scope.ALL)))
        try:
            async with self._reader.connect() as tx:
                rows = (await tx.execute(query.order_by(stops.c.created_at, stops.c.id))).mappings().all()
        except (sa.exc.SQLAlchemyError, OSError) as error:
            raise UnavailableError("nobody can say what is stopped; nothing was done") from error
        self._last[tenant] = tuple(stop_of(row) for row in rows)
        return self._last[tenant]

    @staticmethod
    async def in_force(tx: AsyncConnection, tenant: str) -> tuple[Stop, ...]:
        """Return what is in force for a tenant; it stays so until the transaction ends. Do this first in it."""
        rows = (await tx.exec_driver_sql(IN_FORCE, {"tenant": tenant})).mappings().all()
        return tuple(stop_of(row) for row in rows)

    @staticmethod
    async def shut(tx: AsyncConnection) -> None:
        """Wait for the commits of decisions that are under way, and let no other begin until the transaction ends.

        A server that is frozen, or cut off, in the middle of a commit holds nobody up for long: its connection is cut.
        Do this first in the transaction.

        Raises:
            sqlalchemy.exc.DBAPIError: it cannot be had.
        """
        await tx.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
        # Had beforehand: whoever waits behind us may have taken every other connection.
        with unconfined():  # who cuts others off is the server
            cutter = tx.engine.execution_options(isolation_level="AUTOCOMMIT").connect()
        async with cutter as second:
            cutting = asyncio.create_task(_cut(second))
            try:
                await tx.execute(_SHUT)
            finally:
                cutting.cancel()
                with contextlib.suppress(asyncio.CancelledError, sa.exc.SQLAlchemyError, OSError):
                    await cutting


async def _cut(connection: AsyncConnection) -> None:
    """Cut off who stands in the way for too long, until we are stopped: nobody new comes in meanwhile."""
    begun = time.monotonic()
    await asyncio.sleep(_SOFT_SECONDS)
    while True:
        await connection.execute(_CUT, {"all": time.monotonic() - begun >= _HARD_SECONDS})
        await asyncio.sleep(_PACE_SECONDS)


def stop_of(row: Any) -> Stop:
    """Return a stored row as a stop."""
    return Stop(
        tenant=row["tenant"],
        id=row["id"],
        scope=Scope(row["scope"]),
        value=row["value"],
        reason=row["reason"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        lifted_by=row["lifted_by"],
        lifted_at=row["lifted_at"],
        lift_reason=row["lift_reason"],
    )
