"""The PostgreSQL of the suite: the embedded one, on its own, so that servers come and go without it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import psutil

from assent_orchestrator.store.embedded import EmbeddedServer

_SECONDS = 60.0


class Postgres:
    """One PostgreSQL in a folder of its own, for whoever has its ``url``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = EmbeddedServer(folder)

    @property
    def url(self) -> str:
        """The address for libpq."""
        return self._server.url.set(drivername="postgresql").render_as_string()

    async def start(self) -> None:
        """Start it, and make what was committed before it was killed good."""
        before, self._server = self._server, EmbeddedServer(self._folder)
        await asyncio.to_thread(self._server.start)
        await asyncio.to_thread(before.stop)  # only leaves: this one uses it now

    async def stop(self) -> None:
        """Stop it."""
        await asyncio.to_thread(self._server.stop)

    async def kill(self) -> None:
        """Kill every process of it with -9."""
        await asyncio.to_thread(self._kill)

    def _kill(self) -> None:
        lines = (self._folder / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        postmaster = psutil.Process(int(lines[0]))
        # Stopped first: it would end the others in an orderly way when it sees one of them die.
        postmaster.suspend()
        processes = [*postmaster.children(recursive=True), postmaster]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        _, alive = psutil.wait_procs(processes, timeout=_SECONDS)
        # Nobody waits for the postmaster but the first process of the machine, which may take its time.
        left = [process for process in alive if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
        assert not left, left


@contextlib.asynccontextmanager
async def postgres(folder: Path) -> AsyncIterator[Postgres]:
    """Run it for as long as the block lasts."""
    one = Postgres(folder)
    await one.start()
    try:
        yield one
    finally:
        await one.stop()
