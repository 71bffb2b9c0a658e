"""``assent`` as people and scripts run it: a process with arguments, output and an exit code."""

import asyncio
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assent_sidecar.opa.folder import SOCKET
from assent_sidecar.opa.process import LONGEST_SOCKET_PATH

SECONDS = 60.0
ASSENT = (sys.executable, "-m", "assent_orchestrator")
TEMPLATE = Path(__file__).parents[3] / "orchestrator/assent_orchestrator/cli/template"


@dataclass(frozen=True)
class Said:
    """What a command wrote, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        [line] = self.out.splitlines()
        return json.loads(line)


def clean_environ(**more: str) -> dict[str, str]:
    """The environment without anything that is ours; a test says what it wants."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ASSENT_", "OTEL_"))}
    return {**kept, "PYTHONWARNINGS": "error", **more}


def assent(*arguments: str | Path, stdin: str = "", cwd: Path | None = None, **environ: str) -> Said:
    """Run a command to its end."""
    done = subprocess.run(
        [*ASSENT, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=clean_environ(**environ),
        cwd=cwd,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


class Server:
    """``assent serve`` as a process, and what it has written to stderr."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.first = ""
        self._lines: list[str] = []
        self._written = asyncio.Condition()

    async def collect(self) -> None:
        """Keep what it writes to stderr."""
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            async with self._written:
                self._lines.append(line.decode())
                self._written.notify_all()

    async def ready(self) -> str:
        """Return the one line that says where it serves."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), SECONDS)
        self.first = line.decode().rstrip("\n")
        assert self.first, f"it ended with {await self.ended()}: {self.log}"
        return self.first

    @property
    def log(self) -> str:
        return "".join(self._lines)

    @property
    def address(self) -> str:
        return self.first.rpartition(" ")[2]

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ended(self) -> int:
        return await asyncio.wait_for(self.process.wait(), SECONDS)

    async def logged(self, text: str) -> str:
        """Wait, bounded, until the log holds a text; return the log."""
        async with asyncio.timeout(SECONDS), self._written:
            await self._written.wait_for(lambda: text in self.log)
        return self.log


@contextlib.asynccontextmanager
async def serving(
    workspace: Path, data: Path, *arguments: str, listen: str = "127.0.0.1:0", **environ: str
) -> AsyncIterator[Server]:
    """Start ``assent serve``; it is not ready yet. Whatever the test did, nothing of it is left afterwards."""
    process = await asyncio.create_subprocess_exec(
        *(*ASSENT, "serve", "--workspace", str(workspace), "--data", str(data), "--listen", listen, *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=clean_environ(**environ),
    )
    server = Server(process)
    collecting = asyncio.create_task(server.collect())
    try:
        yield server
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), SECONDS)
        finally:
            if process.returncode is None:
                process.kill()
            await asyncio.wait_for(collecting, SECONDS)


def wait_until_gone(data: Path) -> None:
    """Wait, bounded, until no process names the data folder any more; the kernel says when each has ended."""
    for pid, command in processes_of(data):
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            try:
                assert select.select([descriptor], [], [], SECONDS)[0], f"still there: {command}"
            finally:
                os.close(descriptor)


def left_behind(data: Path) -> list[str]:
    """Return the command lines of processes that name the data folder."""
    return [command for _, command in processes_of(data)]


def processes_of(data: Path) -> Iterator[tuple[int, str]]:
    """Yield the processes that name the data folder, with their command lines."""
    longest = data / "engine-4194304-12345678" / SOCKET
    assert len(os.fsencode(longest)) <= LONGEST_SOCKET_PATH, "what listens elsewhere names another folder"
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_text(errors="replace").replace("\0", " ")
                if str(data) in command:
                    yield int(entry.name), command


def write_tokens(path: Path, callers: Mapping[str, list[str]]) -> dict[str, str]:
    """Write a token file with these callers and their roles; return their tokens."""
    tokens = {name: f"{name}-{'x' * 43}"[:60] for name in callers}
    content = {"callers": [{"id": name, "roles": roles, "token": tokens[name]} for name, roles in callers.items()]}
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(content), encoding="utf-8")
    return tokens


@dataclass(frozen=True)
class Desk:
    """Commands against one server; ``sam`` submits, ``lea`` approves, ``olga`` operates and audits."""

    workspace: Path
    data: Path
    server: Server
    tokens: Mapping[str, str] = field(repr=False)

    def __call__(self, *arguments: str | Path, stdin: str = "", **environ: str) -> Said:
        return assent(*arguments, stdin=stdin, cwd=self.workspace, **{**self.environ, **environ})

    @property
    def environ(self) -> dict[str, str]:
        return {"ASSENT_SERVER": self.server.address, "ASSENT_DATA": str(self.data)}

    def run(self, order: str = "ORD-1001", *more: str) -> str:
        """Submit a refund, do not wait for it, and return the id of the run."""
        said = self("plan", "run", "plans/refund.yaml", "--input", f"order={order}", "--no-watch", "--json", *more)
        assert said.code == 0, said.err
        return str(said.json["name"]).rpartition("/")[2]

    def waiting(self) -> tuple[str, str]:
        """Return a run that waits for a service lead, and the id of its approval."""
        run = self.run("ORD-1002")
        watching = subprocess.Popen(
            [*ASSENT, "runs", "watch", run, "--json"],
            env=clean_environ(**self.environ),
            stdout=subprocess.PIPE,
            text=True,
        )
        with watching:
            assert watching.stdout is not None
            for line in watching.stdout:
                if json.loads(line)["event"] == "run.waiting":
                    break
            watching.terminate()
        said = self("approvals", "list", "--as", "lea", "--run", run, "--json")
        [approval] = said.json["approvals"]
        return run, approval["name"].rpartition("/")[2]
