"""One program of a throw-away deployment: started, waited for until it listens, stopped, never left behind."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.problem import Problem

_LEASH = Path(__file__).with_name("leash.py")
_LISTENING = re.compile(rb"^(?:listening|serving on) (\S+:[0-9]+)$")
_START_SECONDS = 60.0
_STOP_SECONDS = 25.0
_SHOWN = 12
"""Lines of a program's log that are shown when it fails."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that listens at ``address`` and writes what it has to say to ``log``."""

    name: str
    address: str
    log: Path
    process: asyncio.subprocess.Process

    async def ended(self) -> int:
        """Wait until it ends by itself; return its status."""
        return await self.process.wait()

    async def kill(self) -> int:
        """Kill it with -9, not the leash that it is on; return its process id when it is gone."""
        [program] = psutil.Process(self.process.pid).children()
        program.kill()
        await self.process.wait()
        return program.pid

    def last_words(self) -> tuple[str, ...]:
        """Return the end of its log."""
        return last_words(self.log)


def last_words(log: Path) -> tuple[str, ...]:
    """Return the end of a log."""
    with contextlib.suppress(FileNotFoundError):
        return tuple(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_SHOWN:])
    return ()


@contextlib.asynccontextmanager
async def running(
    name: str, arguments: Sequence[str], *, environ: Mapping[str, str], log: Path
) -> AsyncIterator[Program]:
    """Run Python with these arguments for as long as the block lasts; it tells where it listens once it is ready.

    Raises:
        Problem: it ends, or does not listen in time; the end of its log is told.
    """
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as written:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(_LEASH)),
            *(sys.executable, *arguments),
            stdin=asyncio.subprocess.PIPE,  # whoever holds the other end lives
            stdout=asyncio.subprocess.PIPE,
            stderr=written,
            env=dict(environ),
            start_new_session=True,  # the terminal's Ctrl-C is for us: we stop things in their order
        )
    reading: asyncio.Task[None] | None = None
    try:
        address = await _listening(name, process, log)
        reading = asyncio.create_task(_drain(process), name=f"output-{name}")
        yield Program(name, address, log, process)
    finally:
        await _stop(process)
        if reading is not None:
            await reading


async def _listening(name: str, process: asyncio.subprocess.Process, log: Path) -> str:
    if process.stdout is None:
        raise RuntimeError("a program was started without a pipe")
    try:
        async with asyncio.timeout(_START_SECONDS):
            async for line in process.stdout:
                if found := _LISTENING.match(line.rstrip()):
                    return found[1].decode()
    except TimeoutError as error:
        raise _failure(f"{name} did not get ready within {_START_SECONDS:.0f} s", log) from error
    raise _failure(f"{name} ended while it started, with status {await process.wait()}", log)


def _failure(message: str, log: Path) -> Problem:
    return Problem(f"{message}; it said:", ExitCode.UNAVAILABLE, code="NOT_STARTED", details=last_words(log))


async def _drain(process: asyncio.subprocess.Process) -> None:
    """Read what it prints, so that it never waits for us to do so."""
    while process.stdout is not None and await process.stdout.read(4096):
        pass


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # the leash and the program
        await process.wait()
