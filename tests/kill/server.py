"""The server under test: started, killed with -9, started again; whoever calls it waits meanwhile."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import grpc
from grpc import aio

from assent_orchestrator.cli.stage.desk import open_channel
from assent_orchestrator.cli.stage.ground import Ground, serving
from assent_orchestrator.cli.stage.program import Program
from tests.kill.caller import Caller

T = TypeVar("T")

_AGAIN = 0.1
_PASSING = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.ABORTED})
"""What says nothing about whether it was done: the caller looks, or asks again with the same request id."""


@dataclass(slots=True)
class Server:
    """``assent serve`` on a PostgreSQL of its own."""

    ground: Ground
    database_url: str
    tool_server: str
    workspace: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    executor: str = "demo"
    up: asyncio.Event = field(default_factory=asyncio.Event)
    log: list[str] = field(default_factory=list)
    last: str = ""
    _program: Program | None = None
    _channel: aio.Channel | None = None
    _running: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    _next: "Server | None" = None
    _lines: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def start(self) -> None:
        """Start it and wait until it takes calls."""
        started = serving(
            self.ground,
            *("--workspace", str(self.workspace)),
            tool_server=self.tool_server,
            environ={**self.environ, "ASSENT_DATABASE_URL": self.database_url},
            executor=self.executor,
        )
        self._program = await self._running.enter_async_context(started)
        # The line to an earlier server stays open till the end: closing it would cancel whoever still waits on it.
        self._channel = await self._lines.enter_async_context(open_channel(self._program.address))
        self.up.set()

    async def kill(self) -> None:
        """Kill it with -9; the block that it began in is over, and nothing of it runs."""
        assert self._program is not None
        self.up.clear()
        await self._program.kill()
        await self._running.aclose()
        self.log += await asyncio.to_thread(_lines_of, self._program.log)

    async def stand_by(self) -> None:
        """Start another one beside it, which nobody calls yet."""
        other = "demo" if self.executor != "demo" else "other"
        self._next = replace(self, executor=other, up=asyncio.Event(), _running=contextlib.AsyncExitStack())
        await self._next.start()

    def hand_over(self) -> None:
        """Have whoever called the one that was killed call the one that stands by."""
        assert self._next is not None
        following, self._next = self._next, None
        self.executor, self._program, self._channel = following.executor, following._program, following._channel
        self._running = following._running
        self.up.set()

    async def close(self) -> None:
        """End it in an orderly way, if it runs, and every line to it."""
        self.up.clear()
        if self._next is not None:
            await self._next._running.aclose()
        await self._running.aclose()
        await self._lines.aclose()

    async def insist(self, tenant: str, person: str, ask: Callable[[Caller], Awaitable[T]]) -> T:
        """Ask as somebody until there is an answer, over every kill."""
        while True:
            await self.up.wait()
            channel = self._channel
            assert channel is not None
            try:
                return await ask(Caller(channel, tenant, self.ground.people.token_of(f"{person}.{tenant}")))
            except aio.AioRpcError as error:
                if error.code() not in _PASSING:
                    raise
                self.last = str(error.details())
            await asyncio.sleep(_AGAIN)


def _lines_of(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").splitlines()
