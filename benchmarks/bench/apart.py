"""Servers in processes of their own, so that what they do is not mixed with what their clients do; and their time."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil

_FOLDER = Path(__file__).parents[1]


async def serve_until_left(facts: dict[str, Any]) -> None:
    """In the server: say what clients must know, and return when they are gone."""
    print(json.dumps(facts), flush=True)
    await asyncio.to_thread(sys.stdin.read)


@contextlib.asynccontextmanager
async def apart(module: str, *arguments: str) -> AsyncIterator[dict[str, Any]]:
    """In the clients: run a module until the block ends; yields what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        cwd=_FOLDER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    said, left = _pipes(process)
    try:
        yield json.loads(await said.readline())
    finally:
        left.close()
        print((await said.read()).decode(), end="")
        await process.wait()


def _pipes(process: asyncio.subprocess.Process) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if process.stdout is None or process.stdin is None:
        raise AssertionError("started with both")
    return process.stdout, process.stdin


class Meter:
    """How much of the processors' time each of some processes has used since it was made, in seconds."""

    def __init__(self, **pids: int) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._before = self._now()

    def _now(self) -> dict[str, float]:
        return {name: _of(one, family=name == "database") for name, one in self._processes.items()}

    def spent(self) -> dict[str, float]:
        """Return what each has used, in seconds of one processor."""
        return {name: now - self._before[name] for name, now in self._now().items()}


def _of(process: psutil.Process, *, family: bool) -> float:
    """The time of a process; with its family, that of its children, too: PostgreSQL has one for each connection."""
    own = process.cpu_times()
    total = own.user + own.system
    if family:
        total += own.children_user + own.children_system
        for one in process.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += sum(one.cpu_times()[:2])
    return total
