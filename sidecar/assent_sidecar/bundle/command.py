"""Runs one OPA command to its end, tied to us and within the memory of an engine."""

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from assent_sidecar.opa.binary import Binary
from assent_sidecar.opa.memory import GO_VARIABLE, read_memory
from assent_sidecar.opa.process import TETHER

_TIMEOUT = 120.0


class CommandError(Exception):
    """OPA did not do what it was started for; the message is for the log and for people who build bundles."""


@dataclass(frozen=True, slots=True)
class Completed:
    """What a command left: its exit status and what it wrote."""

    status: int
    stdout: bytes = field(repr=False)
    stderr: str = field(repr=False)


async def run(
    binary: Binary,
    *arguments: str,
    cwd: Path,
    stdin: bytes = b"",
    niceness: int = 0,
    timeout: float = _TIMEOUT,  # noqa: ASYNC109 - a bound on the process, which is killed
) -> Completed:
    """Run ``opa <arguments>`` in ``cwd``, without anything of our environment (``OPA_*`` are its flags).

    It may take as much memory as an engine unless told otherwise (``ASSENT_OPA_MEMORY`` or ``GOMEMLIMIT`` of ours), and
    dies when we do. ``niceness`` is how far it stands back behind other processes, 0 to 19.

    Raises:
        CommandError: it cannot be started, or does not end within ``timeout`` seconds (it is killed then).
    """
    if not os.access(binary.path, os.X_OK):
        raise CommandError(f"{binary.path} cannot be started: it is no executable file")
    memory = read_memory(os.environ)
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(TETHER)),
            *(str(os.getpid()), str(memory.hard), str(niceness), str(binary.path)),
            *arguments,
            cwd=cwd,
            env={GO_VARIABLE: str(memory.soft)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise CommandError(f"{binary.path} cannot be started: {error.strerror}") from error
    try:
        async with asyncio.timeout(timeout):
            stdout, stderr = await process.communicate(stdin)
    except TimeoutError as error:
        raise CommandError(f"opa {arguments[0]} did not end within {timeout:g} s") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    assert process.returncode is not None
    return Completed(process.returncode, stdout, stderr.decode(errors="replace"))
