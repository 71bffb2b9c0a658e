"""One live server for each executor name on a database: two of them would each carry on with the other's runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import psycopg

from assent_orchestrator.errors import ExecutorError
from assent_orchestrator.store.embedded import DatabaseUnavailableError

_LINGERING = 5.0  # seconds in which PostgreSQL notices that the one who had the name was killed
_PAUSE = 0.2


@contextlib.asynccontextmanager
async def take_seat(url: str, executor: str) -> AsyncIterator[None]:
    """Hold an executor name on the database at ``url`` (``postgresql://…``); PostgreSQL takes it back however we end.

    Raises:
        ExecutorError: another server holds it.
        DatabaseUnavailableError: the database is away.
    """
    try:
        connection = await psycopg.AsyncConnection.connect(url, autocommit=True, application_name="assent seat")
    except psycopg.Error as error:
        raise DatabaseUnavailableError("the database cannot be reached") from error
    async with connection:
        try:
            async with asyncio.timeout(_LINGERING):
                while not await _taken(connection, executor):  # noqa: ASYNC110 - PostgreSQL tells nobody that it is free
                    await asyncio.sleep(_PAUSE)
        except TimeoutError as error:
            raise ExecutorError(
                f"a server with the executor name {executor!r} runs on this database already; "
                "stop it, or give this one a name of its own with --executor"
            ) from error
        yield


async def _taken(connection: psycopg.AsyncConnection[tuple[object, ...]], executor: str) -> bool:
    query = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
    row = await (await connection.execute(query, (f"assent executor {executor}",))).fetchone()
    return row is not None and row[0] is True
