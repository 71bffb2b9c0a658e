"""Where state and trail live: the user's own PostgreSQL, or the embedded one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from assent_orchestrator.store.embedded import DatabaseUnavailableError, EmbeddedServer

__all__ = ["Database", "DatabaseUnavailableError", "open_database"]

_DRIVER = "postgresql+psycopg"
_MINIMUM_VERSION = 140000
_LONGEST_IDLE = "5s"


@dataclass(frozen=True, slots=True)
class Database:
    """An open database.

    ``url`` is for SQLAlchemy (``postgresql+psycopg://…``), ``sync_url`` for libpq, psycopg and the durable engine
    (``postgresql://…``). Both may hold a password: they never go to a log.
    """

    url: str
    engine: AsyncEngine
    sync_url: str

    def __repr__(self) -> str:
        return f"Database({self.engine.url!r})"


@contextlib.asynccontextmanager
async def open_database(url: str | None, folder: Path) -> AsyncIterator[Database]:
    """Open the database at ``url``, or the embedded one in ``folder`` (made with mode 0700) when there is no URL.

    Raises:
        DatabaseUnavailableError: it cannot be reached or started, or does not keep what it has committed.
    """
    async with contextlib.AsyncExitStack() as stack:
        if url is None:
            server = EmbeddedServer(folder)
            stack.push_async_callback(_to_the_end, server.stop)
            await _to_the_end(server.start)
            address = server.url
        else:
            address = _address(url)
        engine = create_async_engine(
            address,
            pool_size=20,
            max_overflow=20,
            pool_timeout=10,
            pool_pre_ping=True,
            # Whatever the server's default is: governance/barrier.py relies on statements that see what was committed.
            isolation_level="READ COMMITTED",
            connect_args={"connect_timeout": 10, "application_name": "assent"},
        )
        stack.push_async_callback(engine.dispose)
        sa.event.listen(engine.sync_engine, "connect", _commit_durably)
        await _check(engine)
        yield Database(
            url=address.render_as_string(hide_password=False),
            engine=engine,
            sync_url=_for_libpq(address),
        )


def _for_libpq(address: sa.URL) -> str:
    """Return the URL as libpq reads it: SQLAlchemy writes a space in a query as ``+``, which libpq takes as it is."""
    before, mark, query = address.set(drivername="postgresql").render_as_string(hide_password=False).partition("?")
    return before + mark + query.replace("+", "%20")


def _address(url: str) -> sa.URL:
    try:
        address = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise DatabaseUnavailableError("The database URL cannot be read; it looks like postgresql://…") from error
    if address.drivername not in ("postgresql", "postgres", _DRIVER):
        raise DatabaseUnavailableError("The database URL must begin with postgresql://", driver=address.drivername)
    return address.set(drivername=_DRIVER)


def _commit_durably(connection: Any, _record: object) -> None:
    """On each new connection: a commit is on disk when it returns, and a frozen process holds no lock for long.

    Our transactions never wait for anything but the database; one that does belongs to a process that hangs.
    """
    with connection.cursor() as cursor:
        # Only "off" is raised to "on": stricter settings than ours are the operator's choice.
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{_LONGEST_IDLE}'")
    connection.commit()


async def _check(engine: AsyncEngine) -> None:
    try:
        async with engine.connect() as connection:
            fsync = (await connection.execute(sa.text("SHOW fsync"))).scalar_one()
            version = int((await connection.execute(sa.text("SHOW server_version_num"))).scalar_one())
    except (sa.exc.SQLAlchemyError, OSError) as error:
        raise DatabaseUnavailableError(
            f"The database at {engine.url.render_as_string()} cannot be reached; is it running?"
        ) from error
    if fsync != "on":
        raise DatabaseUnavailableError("The database runs with fsync off and would lose the trail; switch it on.")
    if version < _MINIMUM_VERSION:
        raise DatabaseUnavailableError("The database is older than PostgreSQL 14.", version=str(version))


async def _to_the_end(call: Callable[[], None]) -> None:
    """Run a blocking call on a thread; when cancelled meanwhile, wait for its end so that nothing is left half done."""
    work = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        raise
