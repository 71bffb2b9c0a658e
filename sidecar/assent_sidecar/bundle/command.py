"""Runs one OPA command to its end."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from pathlib import Path

from assent_sidecar.opa.binary import Binary

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

    ``niceness`` is how far it stands back behind other processes, 0 to 19.

    Raises:
        CommandError: it cannot be started, or does not end within ``timeout`` seconds (it is killed then).
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *(("nice", "-n", str(niceness)) if niceness else ()),
            binary.path,
            *arguments,
            cwd=cwd,
            env={},
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
