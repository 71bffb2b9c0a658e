"""The engine that everybody is given: its connections see all rows, or those of one tenant, as ``confinement`` has it.

PostgreSQL does the confining: what comes from the second pool has the role ``assent_tenant``, for which the tables have
row-level security. A query that forgets to name the tenant, or is made to, finds nothing of another one's.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.store.absence import DatabaseUnavailableError
from assent_orchestrator.store.confinement import confined

ROLE = "assent_tenant"
"""Who PostgreSQL holds us to be in the name of a tenant; nobody can log in as it."""

SETTING = "assent.tenant"
"""What the policies of the tables read; empty or unset, they let nothing pass."""

_CONFINED_TO = "assent.confined_to"


class EngineByTenant(AsyncEngine):
    """Takes connections from the one pool or the other."""

    def __init__(self, all_rows: sa.Engine, own_rows: sa.Engine, options: dict[str, Any] | None = None) -> None:
        """Take what sees ``all_rows`` and what sees ``own_rows``; ``options`` are not yet those of the latter."""
        super().__init__(all_rows)
        self._own_rows = own_rows
        self._options = options or {}

    def connect(self) -> AsyncConnection:
        """Return a connection, which sees what we may see now, whenever it is entered."""
        if confined() is None:
            return super().connect()
        own = self._own_rows.execution_options(**self._options) if self._options else self._own_rows
        connection = AsyncConnection(AsyncEngine(own))
        connection.engine = self  # so that who asks a connection for its engine can leave the confinement
        return connection

    def execution_options(self, **opt: Any) -> "EngineByTenant":
        """Return one with options, as ``isolation_level``, for both."""
        return EngineByTenant(self.sync_engine.execution_options(**opt), self._own_rows, {**self._options, **opt})

    async def dispose(self, close: bool = True) -> None:
        """Close what is open of both."""
        await super().dispose(close)
        await AsyncEngine(self._own_rows).dispose(close)


def confine(engine: sa.Engine) -> None:
    """Have every connection of an engine see the rows of the tenant only that it was taken for."""
    sa.event.listen(engine, "connect", _take_role)
    sa.event.listen(engine.pool, "checkout", _confine)


def _take_role(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {ROLE}")
        cursor.execute("SELECT row_security_active('assent.runs')")
        (active,) = cursor.fetchone()
    if not active:
        raise DatabaseUnavailableError(f"The role {ROLE} sees the rows of all tenants; it may not have BYPASSRLS.")
    connection.commit()


def _confine(connection: Any, record: sa.pool.ConnectionPoolEntry, _proxy: object) -> None:
    """Say for whom the connection is taken, unless it was taken for the same tenant before.

    It is said outside of any transaction, so that none takes it back, and to each connection that is taken: what was
    said for whoever had it before counts for nothing.
    """
    tenant = confined()
    if tenant is not None and record.info.get(_CONFINED_TO) == tenant:
        return
    record.info.pop(_CONFINED_TO, None)
    before, connection.autocommit = connection.autocommit, True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, %s, false)", (SETTING, tenant or ""))
    finally:
        connection.autocommit = before
    if tenant is not None:
        record.info[_CONFINED_TO] = tenant
