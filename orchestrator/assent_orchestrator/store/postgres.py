"""Where state and trail live: the user's own PostgreSQL, or the embedded one."""

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from assent_orchestrator.meanwhile import meanwhile
from assent_orchestrator.store.absence import DatabaseUnavailableError
from assent_orchestrator.store.embedded import EmbeddedServer
from assent_orchestrator.store.engine import EngineByTenant, confine
from assent_orchestrator.store.numbers import read_json

__all__ = ["Database", "DatabaseUnavailableError", "open_database"]

_DRIVER = "postgresql+psycopg"
_MINIMUM_VERSION = 140000
_LONGEST_IDLE = "5s"
_CONNECTIONS = 40
"""Half of them for what the server does by itself, half in the names of callers."""
_LONGEST_WAIT = 30.0  # seconds for a connection: no call that is not given longer waits longer by itself
_RESTED_SECONDS = 0.1
_SEVERAL = re.compile(r"postgres(ql)?://[^/?]*,")
_USED = "assent.used"
_MEND_EVERY = 1.0

_log = logging.getLogger(__name__)


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
            await stack.enter_async_context(meanwhile(_mend(server), "assent-embedded"))
            address = server.url
        else:
            address = _address(url)
        confined = _engine(address)
        confine(confined)
        engine = EngineByTenant(_engine(address), confined)
        stack.push_async_callback(engine.dispose)
        await _check(engine)
        yield Database(
            url=address.render_as_string(hide_password=False),
            engine=engine,
            sync_url=_for_libpq(address),
        )


def _engine(address: sa.URL) -> sa.Engine:
    engine = create_async_engine(
        address,
        pool_size=_CONNECTIONS // 2,
        max_overflow=0,  # what overflows is closed and made again for every transaction of a crowd
        pool_timeout=_LONGEST_WAIT,
        pool_use_lifo=True,  # the one that was used last has the statements prepared, and its memory is warm
        # Whatever the server's default is: governance/barrier.py relies on statements that see what was committed.
        isolation_level="READ COMMITTED",
        json_deserializer=read_json,
        connect_args={"connect_timeout": 10, "application_name": "assent"},
    ).sync_engine
    sa.event.listen(engine, "connect", _commit_durably)
    _check_what_rested(engine)
    return engine


def _for_libpq(address: sa.URL) -> str:
    """Return the URL as libpq reads it: SQLAlchemy writes a space in a query as ``+``, which libpq takes as it is."""
    before, mark, query = address.set(drivername="postgresql").render_as_string(hide_password=False).partition("?")
    return before + mark + query.replace("+", "%20")


def _of_several(url: str) -> sa.URL:
    """Return the URL of a server and its standbys: SQLAlchemy reads ``a:5432,b:5432`` nowhere but in a query."""
    query = {part: str(value) for part, value in conninfo_to_dict(url).items()}
    user, password, name = (query.pop(part, None) for part in ("user", "password", "dbname"))
    return sa.URL.create("postgresql", username=user, password=password, database=name, query=query)


def _address(url: str) -> sa.URL:
    try:
        address = _of_several(url) if _SEVERAL.match(url) else sa.make_url(url)
    except (sa.exc.ArgumentError, psycopg.ProgrammingError, ValueError) as error:
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


def _check_what_rested(engine: sa.Engine) -> None:
    """Ask a connection whether it is still there when it has not been used for a while; the pool replaces a lost one.

    The pool's own ``pool_pre_ping`` asks every time, which costs as much as the one statement of a decision.
    """
    dialect, pool = engine.dialect, engine.pool

    def put_back(_connection: Any, record: sa.pool.ConnectionPoolEntry) -> None:
        record.info[_USED] = time.monotonic()

    def taken(connection: Any, record: sa.pool.ConnectionPoolEntry, _proxy: Any) -> None:
        used = record.info.get(_USED)
        if used is None or time.monotonic() - used < _RESTED_SECONDS:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise sa.exc.InvalidatePoolError from error  # as all of them are lost when the server has restarted

    sa.event.listen(pool, "checkin", put_back)
    sa.event.listen(pool, "checkout", taken)


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


async def _mend(server: EmbeddedServer) -> None:
    """Start the embedded server again whenever it is gone."""
    while True:
        await asyncio.sleep(_MEND_EVERY)
        try:
            await _to_the_end(server.mend)
        except DatabaseUnavailableError as error:
            _log.error("%s", error.message)


async def _to_the_end(call: Callable[[], object]) -> None:
    """Run a blocking call on a thread; when cancelled meanwhile, wait for its end so that nothing is left half done."""
    work = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        raise
