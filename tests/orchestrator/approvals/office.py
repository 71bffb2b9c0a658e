"""Where cases are played: a server of its own process, with real OPA and PostgreSQL, and a clock that can be moved."""

import asyncio
import contextlib
import json
import secrets
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from grpc import aio

from assent.tool.v1 import tools_pb2_grpc
from assent_orchestrator.clock import utc_now
from assent_orchestrator.server.tokens import Person as ActedFor
from assent_orchestrator.server.tokens import TokenEntry, write_tokens
from tests.orchestrator.approvals.box import Box
from tests.orchestrator.approvals.case import Case
from tests.orchestrator.approvals.workspace import TOOL_SERVER, Workspace

SECONDS = 60.0
_SERVER = Path(__file__).with_name("server.py")
_LOG_LINES = 40


class OfficeError(AssertionError):
    """The server does not do what it is told; the message has the end of its log."""


@dataclass
class Server:
    """One process of the server, which can be killed and started again on what it left."""

    settings: dict[str, Any]
    log: Path
    greeting: dict[str, Any] = field(default_factory=dict)
    _process: asyncio.subprocess.Process | None = None
    _channel: aio.Channel | None = None

    async def start(self, ahead: float) -> None:
        """Start it, with a clock that is so many seconds ahead, and wait until it takes calls."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, str(_SERVER), json.dumps({**self.settings, "ahead": ahead})),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        self.greeting = await self._hear()
        self._channel = aio.insecure_channel(self.greeting["address"])

    @property
    def channel(self) -> aio.Channel:
        assert self._channel is not None
        return self._channel

    async def tell(self, **what: Any) -> Any:
        """Have it do something, and return what came of it."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        said = await self._hear()
        if "failed" in said:
            raise OfficeError(f"{what} failed: {said['failed']}")
        return said["done"]

    async def _hear(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), SECONDS)
        if not line:
            raise OfficeError("the server ended:\n" + "\n".join(self.last_lines()))
        said: dict[str, Any] = json.loads(line)
        return said

    def last_lines(self) -> list[str]:
        """Return the end of its log."""
        return self.log.read_text(errors="replace").splitlines()[-_LOG_LINES:]

    async def kill(self) -> None:
        """Kill it with -9."""
        assert self._process is not None
        self._process.kill()
        await self._gone()

    async def stop(self) -> None:
        """Have it end in an orderly way."""
        self.greeting = {}
        if self._process is None or self._process.returncode is not None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await self._gone()
        finally:
            if self._process.returncode is None:
                self._process.kill()

    async def _gone(self) -> None:
        assert self._process is not None
        if self._channel is not None:
            await self._channel.close()
        await asyncio.wait_for(self._process.wait(), SECONDS)


@dataclass
class Office:
    """The servers on one database, the tool server, and everybody's tokens."""

    workspace: Workspace
    box: Box
    servers: list[Server]
    tokens: dict[tuple[str, str], str]
    """By the slug of the case, and the name that the case gives a caller."""
    ahead: float = 0.0

    def now(self) -> datetime:
        return utc_now() + timedelta(seconds=self.ahead)

    def metadata(self, case: Case, who: str) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.tokens[case.slug, who]}"),)

    async def channel(self, via: int) -> aio.Channel:
        """Return the line to a server; the second one is started when it is first needed."""
        server = self.servers[via]
        if not server.greeting:
            await server.start(self.ahead)
        return server.channel

    async def move_to(self, moment: datetime) -> None:
        """Move the clock, and wait until all that waits has looked at it."""
        self.ahead = max(self.ahead, (moment - utc_now()).total_seconds())
        for number, server in enumerate(self._started()):
            # Runs are submitted to the first, and so it is the first that goes on with them.
            await server.tell(do="clock", ahead=self.ahead, look=number == 0)

    async def reload(self) -> None:
        """Bring what the workspace has now into force."""
        for server in self._started():
            await server.tell(do="reload")

    async def kill(self, *, down: float = 0.0) -> None:
        """Kill the first server and start it again; the second one would take its runs over, and ends before.

        ``down`` is how long nobody runs, in seconds of the clock that is moved.
        """
        await self.servers[1].stop()
        await self.servers[0].kill()
        self.ahead += down
        await self.servers[0].start(self.ahead)
        self.box.jwk = self.servers[0].greeting["jwk"]

    async def replace(self) -> None:
        """Kill the first server; the second one, which was there before, is the first one from now on."""
        await self.channel(1)
        await self.servers[0].kill()
        self.servers[0].greeting = {}
        self.servers.reverse()
        self.box.jwk = self.servers[0].greeting["jwk"]

    def _started(self) -> list[Server]:
        return [server for server in self.servers if server.greeting]


def _entries(cases: Iterable[Case]) -> dict[tuple[str, str], TokenEntry]:
    return {
        (case.slug, name): TokenEntry(
            id=person.id,
            tenant=case.slug,
            roles=person.roles,
            acts_for=tuple(ActedFor(id=one, roles=roles) for one, roles in person.acts_for.items()),
            token=secrets.token_urlsafe(32),
        )
        for case in cases
        for name, person in case.callers.items()
    }


@contextlib.asynccontextmanager
async def open_office(folder: Path, cases: tuple[Case, ...], **settings: Any) -> AsyncIterator[Office]:
    """Open everything for some cases, each in a tenant of its own; ``settings`` are more of the servers'."""
    workspace = Workspace(folder / "workspace")
    workspace.write(cases)
    entries = _entries(cases)
    write_tokens(folder / "data/tokens.json", tuple(entries.values()))
    box = Box(utc_now)
    tools = aio.server()
    tools_pb2_grpc.add_ToolServiceServicer_to_server(box, tools)
    address = f"127.0.0.1:{tools.add_insecure_port('127.0.0.1:0')}"
    await tools.start()
    common = {"workspace": str(workspace.root), "data": str(folder / "data"), "tool_servers": {TOOL_SERVER: address}}
    common |= settings
    servers = [Server({**common, "executor": f"cases-{n}"}, folder / f"server-{n}.log") for n in range(2)]
    office = Office(workspace, box, servers, {key: entry.token for key, entry in entries.items()})
    box.now = office.now
    try:
        await servers[0].start(0.0)
        box.jwk = servers[0].greeting["jwk"]
        yield office
    finally:
        for server in reversed(servers):
            await server.stop()
        await tools.stop(None)
