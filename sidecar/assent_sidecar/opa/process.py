"""One engine as a child: started on a Unix socket, waited for, restarted when it dies, stopped with us."""

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from assent_sidecar.errors import EngineUnavailableError
from assent_sidecar.model import Json
from assent_sidecar.opa.binary import Binary
from assent_sidecar.opa.memory import GO_LAZINESS, GO_VARIABLE, Memory
from assent_sidecar.opa.output import Output
from assent_sidecar.opa.tcp import TcpDoor

LONGEST_SOCKET_PATH = 100
"""Bytes; the kernel's limit is 108 on Linux and 104 on macOS, the closing zero included."""

TETHER = Path(__file__).with_name("tether.py")
"""The program that every OPA of ours is started by: PARENT MEMORY NICENESS PROGRAM ARGUMENT..."""

_POLL = 0.02
_STOP_GRACE = 3.0
_SETTLED = 30.0
"""Seconds after which an engine that dies counts as having been well: the back-off begins anew."""

_log = logging.getLogger(__name__)


class OpaProcess:
    """An OPA that listens on ``socket`` (0600, in a folder 0700), and nowhere else unless a ``door`` is asked for.

    It does not listen before its bundles are active, so an engine that answers has policies. What it writes is kept
    out of the terminal; ``lines`` has the end of it.
    """

    def __init__(
        self,
        binary: Binary,
        config: Mapping[str, Json],
        socket: Path,
        *,
        environ: Mapping[str, str] | None = None,
        memory: Memory | None = None,
        door: TcpDoor | None = None,
        niceness: int = 0,
        start_timeout: float = 30.0,
        backoff: tuple[float, float] = (0.05, 5.0),
    ) -> None:
        """Prepare the process.

        Args:
            binary: which engine.
            config: OPA's configuration; it may hold secrets and is written to a file 0600 beside the socket.
            socket: where it listens; at most ``LONGEST_SOCKET_PATH`` bytes.
            environ: all that the engine sees of the environment. OPA reads its own flags from ``OPA_*``, so nothing
                is inherited.
            memory: how much of it the engine may take; without limits when None.
            door: where it listens beside its socket; then it wants a token on both.
            niceness: from 0 to 19: how far it lets others go first when the processor is short.
            start_timeout: seconds until it must be listening.
            backoff: seconds before the first restart, and at most.
        """
        self._binary = binary
        self._config = config
        self._socket = socket.absolute()  # its folder is where the engine works
        self._environ = dict(environ or {})
        self._memory = memory.hard if memory is not None else 0
        if memory is not None:
            self._environ |= {GO_VARIABLE: str(memory.soft), **GO_LAZINESS}
        self._door = door
        self._niceness = niceness
        self._start_timeout = start_timeout
        self._first_delay, self._longest_delay = backoff
        self._process: asyncio.subprocess.Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._output = Output()
        self._restarts = 0

    @property
    def pid(self) -> int | None:
        """The process id of the engine that is running."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self._socket

    @property
    def running(self) -> bool:
        """Whether there is a process; it may still be starting."""
        return self._process is not None and self._process.returncode is None

    @property
    def restarts(self) -> int:
        """How often it was started again after having died."""
        return self._restarts

    @property
    def lines(self) -> tuple[str, ...]:
        """The last lines it wrote, without inputs."""
        return self._output.lines

    async def start(self) -> None:
        """Start the engine, wait until it listens, and keep it alive from then on.

        Raises:
            EngineUnavailableError: it ends or does not listen in time; the message has its last lines.
        """
        if self._supervisor is not None:
            raise RuntimeError("the engine is already started")
        if len(os.fsencode(self._socket)) > LONGEST_SOCKET_PATH:
            raise EngineUnavailableError(f"the path of the engine's socket is too long for a socket: {self._socket}")
        await asyncio.to_thread(self._write_config)
        try:
            await self._spawn()
            await self._listening()
        except BaseException:
            await self._end()
            raise
        self._supervisor = asyncio.create_task(self._supervise(), name="assent-engine")

    async def stop(self) -> None:
        """End the engine; stopping twice is stopping once."""
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is not None:
            supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await supervisor
        await self._end()

    def kill(self) -> None:
        """End the engine at once, whatever it does; it is started again."""
        if self._process is not None and self.running:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _supervise(self) -> None:
        delay = self._first_delay
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            if self._process is not None:
                code = await self._process.wait()
                last = f"; the last it said: {self.lines[-1]}" if self.lines else ""
                _log.error("the engine ended with status %s; starting it again%s", code, last)
            if loop.time() - started > _SETTLED:
                delay = self._first_delay
            await asyncio.sleep(delay)
            delay = min(delay * 2, self._longest_delay)
            self._restarts += 1
            try:
                await self._spawn()
            except OSError as error:
                _log.error("the engine could not be started: %s", type(error).__name__)
                self._process = None

    async def _spawn(self) -> None:
        if self._reader is not None:
            await self._reader  # the pipe of the one before is at its end
        self._socket.unlink(missing_ok=True)
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(TETHER)),
            *(str(os.getpid()), str(self._memory), str(self._niceness), str(self._binary.path)),
            *("run", "--server", "--skip-version-check", "--log-level", "error", "--log-format", "json"),
            *("--addr", f"unix://{self._socket}", "--unix-socket-perm", "600"),
            *("--config-file", str(self._config_file), "--ready-timeout", str(max(1, int(self._start_timeout)))),
            *(self._door.arguments if self._door is not None else ()),
            cwd=self._socket.parent,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self._environ,
            start_new_session=True,  # the terminal's Ctrl-C is for us; we end it when we are done
        )
        if process.stdout is None:
            raise RuntimeError("the engine was started without a pipe")
        self._reader = asyncio.create_task(self._output.drain(process.stdout), name="assent-engine-output")

    async def _listening(self) -> None:
        try:
            async with asyncio.timeout(self._start_timeout):
                while self.running:
                    try:
                        _, writer = await asyncio.open_unix_connection(self._socket)
                    except OSError:
                        await asyncio.sleep(_POLL)
                        continue
                    writer.close()
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()
                    return
        except TimeoutError as error:
            raise EngineUnavailableError(self._why("did not get ready in time")) from error
        if self._reader is not None:
            await self._reader
        raise EngineUnavailableError(self._why("ended while starting"))

    async def _end(self) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(_STOP_GRACE):
                    await process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if self._reader is not None:
            await self._reader
            self._reader = None
        await asyncio.to_thread(self._remove_files)

    @property
    def _config_file(self) -> Path:
        return self._socket.with_name("opa.json")

    def _write_config(self) -> None:
        folder = self._socket.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._config_file.unlink(missing_ok=True)
        with open(os.open(self._config_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123 - the mode is set at birth
            json.dump(self._config, file)
        if self._door is not None:
            self._door.write(folder)

    def _remove_files(self) -> None:
        self._socket.unlink(missing_ok=True)
        self._config_file.unlink(missing_ok=True)
        if self._door is not None:
            self._door.remove(self._socket.parent)

    def _why(self, what: str) -> str:
        said = "; ".join(self.lines[-5:])
        return f"the engine {what}" + (f"; it said: {said}" if said else "")
