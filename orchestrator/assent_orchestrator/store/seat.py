"""One live server for each executor name on a database, and noticing when one is gone.

A seat is a session lock: PostgreSQL takes it back however a server ends. A server that is frozen loses it, too, because
PostgreSQL ends a session that has been silent for too long. Who loses its seat takes it again; what it drove meanwhile
may have been carried on by others, and the durable engine fences it.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import psycopg

from assent_orchestrator.errors import ExecutorError
from assent_orchestrator.meanwhile import meanwhile
from assent_orchestrator.store.absence import DatabaseUnavailableError

_log = logging.getLogger(__name__)

_LINGERING = 12.0  # seconds in which PostgreSQL notices that the one who had the name is gone
_USURPED = 24.0  # seconds after which who has our name is no server that carries on with our runs, but one of that name
_PAUSE = 0.2
_LOOK_EVERY = 1.0
_SILENCE = "8s"  # of a frozen server, before PostgreSQL takes its seat
_MISSES = 3  # how often a seat is found empty before its runs are carried on by others
_SETTLING = 5.0  # seconds after the database came back in which everybody takes their seats again

_KEY = "hashtextextended('assent executor ' || %s, 0)"
_EMPTY = """
    SELECT name FROM assent.executors WHERE name <> %s AND NOT EXISTS (
        SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND ((classid::bigint << 32) | objid::bigint) = hashtextextended('assent executor ' || name, 0)
    )
"""

Vacated = Callable[[str], Awaitable[bool]]
"""Told the executor whose seat is empty, while we hold it; says whether nothing of its is left."""

_Connection = psycopg.AsyncConnection[tuple[object, ...]]


class Seat:
    """The executor name of this server, and its view of the other seats."""

    def __init__(self, url: str, executor: str, connection: _Connection) -> None:
        self._url = url
        self._executor = executor
        self._connection = connection
        self.held = True
        self._lost = asyncio.Event()
        self._watched = False

    async def lost(self) -> None:
        """Wait until the name has been another server's for so long that this one will not have it again."""
        await self._lost.wait()

    @contextlib.asynccontextmanager
    async def watching(self, vacated: Vacated) -> AsyncIterator[None]:
        """Keep the seat, and say whose seat is empty, for as long as the block lasts."""
        self._watched = True
        async with meanwhile(self._keep(vacated), "assent-seat"):
            yield

    async def known(self, executors: set[str]) -> None:
        """Write down names that work is left of, so that their seats are looked at."""
        for name in sorted(executors):
            await _write_down(self._connection, name)

    async def close(self) -> None:
        """Leave the seat."""
        await self._connection.close()

    async def stay_awake(self) -> None:
        """Keep the session from being silent for too long until the seat is watched: starting may take its time.

        A seat that is lost meanwhile is found lost by whoever watches it.
        """
        with contextlib.suppress(psycopg.Error, OSError):
            while not self._watched:
                await self._connection.execute("SELECT 1")
                await asyncio.sleep(_LOOK_EVERY)

    async def _keep(self, vacated: Vacated) -> None:
        settling = 0.0
        while True:
            try:
                await asyncio.sleep(settling / 2)  # well below the longest silence
                await self._connection.execute("SELECT 1")
                await asyncio.sleep(settling / 2)
                await self._look(vacated)
            except (psycopg.Error, OSError):
                self.held = False
                _log.warning("the seat of the executor %s is lost with its connection; taking it again", self._executor)
                await self._take_again()
                settling = _SETTLING

    async def _look(self, vacated: Vacated) -> None:
        misses: Counter[str] = Counter()
        while True:
            rows = await (await self._connection.execute(_EMPTY, (self._executor,))).fetchall()
            empty = {str(row[0]) for row in rows}
            misses = Counter({name: misses[name] + 1 for name in empty})
            for name in sorted(name for name in empty if misses[name] >= _MISSES):
                await self._carry_on(name, vacated)
            await asyncio.sleep(_LOOK_EVERY)

    async def _carry_on(self, name: str, vacated: Vacated) -> None:
        """Hold the empty seat while its work is given away: one server at a time, and never beside its owner."""
        if not await _taken(self._connection, name):
            return
        work = asyncio.ensure_future(vacated(name))
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=_LOOK_EVERY)
                await self._connection.execute("SELECT 1")
            if work.result():
                await self._connection.execute("DELETE FROM assent.executors WHERE name = %s", (name,))
        finally:
            work.cancel()
            await asyncio.wait({work})
            await self._connection.execute(f"SELECT pg_advisory_unlock({_KEY})", (name,))

    async def _take_again(self) -> None:
        with contextlib.suppress(psycopg.Error, OSError):
            await self._connection.close()
        refused: float | None = None  # since when it is somebody else's
        while True:
            try:
                connection = await _connect(self._url)
                try:
                    if await _taken(connection, self._executor):
                        await _write_down(connection, self._executor)
                        break
                except BaseException:
                    await connection.close()
                    raise
                await connection.close()  # somebody carries on with our runs at this moment, or has our name
                refused = time.monotonic() if refused is None else refused
                if time.monotonic() - refused > _USURPED and not self._lost.is_set():
                    _log.error("the executor name %s is another server's; this one cannot go on", self._executor)
                    self._lost.set()
            except (psycopg.Error, OSError):
                refused = None  # the database is still away
            await asyncio.sleep(_PAUSE)
        self._connection, self.held = connection, True
        _log.info("the executor %s has its seat again", self._executor)


@contextlib.asynccontextmanager
async def take_seat(url: str, executor: str) -> AsyncIterator[Seat]:
    """Hold an executor name on the database at ``url`` (``postgresql://…``); PostgreSQL takes it back however we end.

    Raises:
        ExecutorError: another server holds it.
        DatabaseUnavailableError: the database is away.
    """
    try:
        connection = await _connect(url)
    except psycopg.Error as error:
        raise DatabaseUnavailableError("the database cannot be reached") from error
    seat = Seat(url, executor, connection)
    try:
        try:
            async with asyncio.timeout(_LINGERING):
                while not await _taken(connection, executor):  # noqa: ASYNC110 - PostgreSQL tells nobody that it is free
                    await asyncio.sleep(_PAUSE)
        except TimeoutError as error:
            raise ExecutorError(
                f"a server with the executor name {executor!r} runs on this database already; "
                "stop it, or give this one a name of its own with --executor"
            ) from error
        await _write_down(connection, executor)
        async with meanwhile(seat.stay_awake(), "assent-seat-awake"):
            yield seat
    finally:
        await seat.close()


async def _connect(url: str) -> _Connection:
    return await psycopg.AsyncConnection.connect(
        url, autocommit=True, connect_timeout=10, application_name="assent seat",
        options=f"-c idle_session_timeout={_SILENCE}",
    )  # fmt: skip


async def _write_down(connection: _Connection, executor: str) -> None:
    await connection.execute("INSERT INTO assent.executors (name) VALUES (%s) ON CONFLICT DO NOTHING", (executor,))


async def _taken(connection: _Connection, executor: str) -> bool:
    row = await (await connection.execute(f"SELECT pg_try_advisory_lock({_KEY})", (executor,))).fetchone()
    return row is not None and row[0] is True
