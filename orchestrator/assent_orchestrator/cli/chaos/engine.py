"""The engine of a deployment as somebody from outside gets at it: killed, stopped, or lied for."""

import asyncio
import contextlib
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil

_INTERPOSER = "assent_orchestrator.cli.chaos.interposer"
_POLL = 0.02


class Engine:
    """The engine that the server at ``server`` (a process above it) starts as ``program``.

    ``program`` is OPA itself, by ``exec``, unless ``interposed`` says otherwise when it is started.
    """

    def __init__(self, folder: Path, opa: Path) -> None:
        """Write the program into ``folder``."""
        self.program = folder / "opa"
        self._word = folder / "engine-fault"
        python = shlex.join((sys.executable, "-I", "-m", _INTERPOSER))
        with os.fdopen(os.open(self.program, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o700), "w") as file:
            file.write(
                "#!/bin/sh\n"
                f'if [ "$1" = run ] && [ -e {shlex.quote(str(self._word))} ]; then\n'
                f'\texec {python} {shlex.quote(str(self._word))} {shlex.quote(str(opa))} "$@"\n'
                "fi\n"
                f'exec {shlex.quote(str(opa))} "$@"\n'
            )

    @property
    def is_interposed(self) -> bool:
        """Whether the next start puts somebody between the engine and whoever asks it."""
        return self._word.exists()

    def interpose(self, server: int, *, wanted: bool) -> None:
        """Have somebody between, or not; the engine is started again for it, unless it is so already."""
        if wanted == self.is_interposed:
            return
        if wanted:
            self._word.write_text("")
        else:
            self._word.unlink()
        self.send(server, signal.SIGKILL)

    def is_as_wanted(self, server: int) -> bool:
        """Return whether the engine that runs has somebody before it, or not, as the last ``interpose`` said."""
        process = self.process(server)
        return process is not None and (_INTERPOSER in process.cmdline()) == self.is_interposed

    @contextlib.contextmanager
    def lying(self, word: str) -> Iterator[None]:
        """Damage every decision for as long as the block lasts; see ``interposer.FAULTS``."""
        self._say(word)
        try:
            yield
        finally:
            self._say("")

    @contextlib.asynccontextmanager
    async def frozen(self, server: int) -> AsyncIterator[None]:
        """Have the engine live, and do nothing, for as long as the block lasts."""
        process = self.process(server)
        if process is None:
            raise RuntimeError("there is no engine to be stopped")
        process.send_signal(signal.SIGSTOP)
        try:
            while process.status() != psutil.STATUS_STOPPED:  # noqa: ASYNC110 - the kernel tells nobody
                await asyncio.sleep(_POLL)
            yield
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):  # the server ended it, which is right, too
                process.send_signal(signal.SIGCONT)

    def send(self, server: int, number: signal.Signals) -> bool:
        """Send a signal to the engine; False: there is none at the moment."""
        process = self.process(server)
        if process is None:
            return False
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
            return True
        return False

    def process(self, server: int) -> psutil.Process | None:
        """Return the engine that runs below the process ``server``: the one that the server started itself."""
        with contextlib.suppress(psutil.NoSuchProcess):
            below = psutil.Process(server).children(recursive=True)
            found = [process for process in below if _is_engine(process)]
            started = {process.pid for process in found}
            return next((process for process in found if process.ppid() not in started), None)
        return None

    def _say(self, word: str) -> None:
        scratch = self._word.with_suffix(".new")
        scratch.write_text(word)
        scratch.replace(self._word)


def _is_engine(process: psutil.Process) -> bool:
    try:
        line = process.cmdline()
    except psutil.Error:
        return False
    return "run" in line and "--server" in line
