"""``assent demo`` as a test runs it: in a folder for temporary files of its own, so that whatever is left is found."""

import asyncio
import contextlib
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 90.0
ASSENT = ("-c", "from assent_orchestrator.cli.main import main; main()")


@dataclass
class Demonstration:
    """A demo that was started. ``folder`` is its folder for temporary files."""

    process: asyncio.subprocess.Process
    folder: Path

    async def until(self, text: str) -> str:
        """Return what it prints up to the line that holds ``text``."""
        assert self.process.stdout is not None
        read = ""
        async with asyncio.timeout(SECONDS):
            while text not in read:
                line = (await self.process.stdout.readline()).decode()
                assert line, f"it ended without {text!r}: {read}"
                read += line
        return read

    async def ended(self) -> tuple[int, str, str]:
        """Return its exit code, and the rest of its output and of its errors."""
        output, errors = await asyncio.wait_for(self.process.communicate(), SECONDS)
        assert self.process.returncode is not None
        return self.process.returncode, output.decode(), errors.decode()

    def processes(self) -> dict[int, str]:
        """Return what runs of it, itself left out: everything it starts has its folder on the command line."""
        listed = subprocess.run(("ps", "-ww", "-eo", "pid=,args="), capture_output=True, text=True, check=True)
        found = (line.split(maxsplit=1) for line in listed.stdout.splitlines())
        return {int(pid): args for pid, args in found if str(self.folder) in args}

    def left(self) -> list[str]:
        """Return everything that is left of it."""
        return [*self.processes().values(), *(path.name for path in self.folder.iterdir())]


@contextlib.asynccontextmanager
async def demonstration(
    folder: Path, *options: str, start: tuple[str, ...] = (*ASSENT, "demo"), **variables: str
) -> AsyncIterator[Demonstration]:
    known = {name: value for name, value in os.environ.items() if not name.startswith(("ASSENT_", "OTEL_"))}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *start, *options),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**known, "TMPDIR": str(folder), **variables},
    )
    try:
        yield Demonstration(process, folder)
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.communicate(), SECONDS)


def wait_for_the_end_of(pids: dict[int, str]) -> None:
    """Wait until none of these processes runs, ours or not."""
    deadline = time.monotonic() + SECONDS
    for pid, args in pids.items():
        with contextlib.suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            try:
                ready, _, _ = select.select([handle], [], [], max(0.0, deadline - time.monotonic()))
            finally:
                os.close(handle)
            assert ready, f"still running: {args}"


@dataclass
class Performed:
    """A demo that is over."""

    code: int
    output: str
    errors: str
    left: list[str]

    def part(self, title: str) -> str:
        """Return the part of the page under a heading."""
        found = re.search(
            rf"^{re.escape(title)}[^\n]* ─+\n(.*?)(?=^[^\n]+ ──+\n|\Z)", self.output, re.MULTILINE | re.DOTALL
        )
        assert found, f"no part {title!r}: {self.output}"
        return found[1]


async def perform(folder: Path, *options: str, **more: Any) -> Performed:
    async with demonstration(folder, *options, **more) as one:
        code, output, errors = await one.ended()
        return Performed(code, output, errors, one.left())
