"""Hears from PostgreSQL that something is new about a topic (a run by its id, shadows...), and wakes who waits for it.

What is heard is a hint: notes are lost while the connection is away, so waiters look at the tables whenever they wake.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from assent_orchestrator.audit.trail import CHANNEL
from assent_orchestrator.meanwhile import end

_log = logging.getLogger(__name__)

_FIRST_PAUSE = 0.1  # seconds before connecting again, doubled up to the longest
_LONGEST_PAUSE = 5.0
_QUIET = 30.0  # seconds without a note after which the connection is tried


class Wakeups:
    """The notes for one waiter."""

    def __init__(self) -> None:
        """Begin with none."""
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake the waiter, now or when it next waits."""
        self._rung.set()

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 -- a bounded wait is what this is
        """Wait until something may have happened since the last wait: True, or False after ``timeout`` seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


class Listener:
    """One listening connection for the whole process; connects again by itself when it is lost."""

    def __init__(self, url: str) -> None:
        """Name the database, as ``postgresql://…``."""
        self._url = url
        self._waiters: dict[str, set[Wakeups]] = {}
        self._connected = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._listen(), name="assent-trail-listener")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            await end(self._task)

    async def connected(self) -> None:
        """Wait until the connection stands."""
        await self._connected.wait()

    @contextlib.asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[Wakeups]:
        """Hear of what is new about a topic for as long as the block lasts.

        Subscribe before looking at the tables, so that nothing falls between.
        """
        wakeups = Wakeups()
        self._waiters.setdefault(topic, set()).add(wakeups)
        try:
            yield wakeups
        finally:
            waiters = self._waiters[topic]
            waiters.discard(wakeups)
            if not waiters:
                del self._waiters[topic]

    async def _listen(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=10, application_name="assent-listener"
                ) as connection:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    pause = _FIRST_PAUSE
                    self._ring_all()  # whatever was said while we were away
                    self._connected.set()
                    await self._hear(connection)
            except (psycopg.Error, OSError):
                _log.warning("the listening connection is lost; connecting again in %.1f s", pause)
            finally:
                self._connected.clear()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _hear(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            async for note in connection.notifies(timeout=_QUIET):
                for wakeups in self._waiters.get(note.payload, ()):
                    wakeups.ring()
            await connection.execute("SELECT 1")  # raises when the other end is gone

    def _ring_all(self) -> None:
        for waiters in self._waiters.values():
            for wakeups in waiters:
                wakeups.ring()
