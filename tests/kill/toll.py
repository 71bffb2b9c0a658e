"""Stands before the company's tool server: writes down every call, and holds the one that a trial is about."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from grpc import aio

from assent.tool.v1 import tools_pb2, tools_pb2_grpc
from assent_orchestrator.cli.chaos.witness import Call, digest_of
from assent_orchestrator.cli.stage.desk import open_channel
from assent_orchestrator.governance.permit import PermitError, verify_permit
from tests.kill.point import How, Strike

Where = Callable[[str], Awaitable[tuple[str, str]]]
"""Returns the tenant and the step whose idempotency key it is."""

Whose = Callable[[str], Awaitable[tuple[str, int]]]
"""Returns the tenant of a run, and the number of the last record that is committed in that tenant's trail."""


_REFUSED = tools_pb2.InvokeResponse(
    failure=tools_pb2.Failure(code="REFUSED", message="not today", effect=tools_pb2.FAILURE_EFFECT_NONE)
)


@dataclass(slots=True)
class Hold:
    """A call that is stopped. ``go`` is set when the kill is over."""

    strike: Strike
    kills: bool
    caught: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    late: tools_pb2.InvokeRequest | None = None


class Toll(tools_pb2_grpc.ToolServiceServicer):
    """The tool service of the server under test. ``calls`` has each call by the id of its run."""

    def __init__(
        self,
        behind: "tools_pb2_grpc.ToolServiceAsyncStub",
        whose: Whose,
        where: Where,
        permit_key: Mapping[str, Any],
    ) -> None:
        self.calls: dict[str, list[tuple[str, Call]]] = {}
        self.holds: dict[str, Hold] = {}
        self.fails: dict[str, str] = {}
        """By the tenant, the step that is refused without effect."""
        self.unseen: dict[str, str] = {}
        """By the tenant, the step of which nobody can be asked what became of it."""
        self._behind = behind
        self._whose = whose
        self._where = where
        self._permit_key = permit_key
        self._times: Counter[tuple[str, str]] = Counter()

    async def Describe(  # noqa: N802 - the protocol's name
        self, request: tools_pb2.DescribeRequest, context: Any
    ) -> tools_pb2.DescribeResponse:
        """Let pass."""
        return await self._behind.Describe(request, timeout=context.time_remaining())

    async def Lookup(  # noqa: N802 - as above
        self, request: tools_pb2.LookupRequest, context: Any
    ) -> tools_pb2.LookupResponse:
        """Let pass; a call that is late comes just behind the look."""
        answer = await self._behind.Lookup(request, timeout=context.time_remaining())
        await self._deliver(request.idempotency_key)
        tenant, step = await self._where(request.idempotency_key)
        if self.unseen.get(tenant) == step:
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, "there is no Lookup here")
        return answer

    async def Invoke(  # noqa: N802 - as above
        self, request: tools_pb2.InvokeRequest, context: Any
    ) -> tools_pb2.InvokeResponse:
        """Write down, and let pass or hold."""
        await self._deliver(request.idempotency_key)
        action, digest = f"{request.system}.{request.operation}", digest_of(request)
        try:
            permit = verify_permit(request.permit, self._permit_key, digest, idempotency_key=request.idempotency_key)
        except PermitError:
            # Its run is not known either: under no name, where the checks find it.
            self.calls.setdefault("", []).append(("", Call(action, digest, request.idempotency_key, None, 0)))
            return await self._behind.Invoke(request, timeout=context.time_remaining())
        tenant, committed = await self._whose(permit.run)
        call = Call(action, digest, request.idempotency_key, permit, committed)
        self.calls.setdefault(permit.run, []).append((permit.step, call))
        self._times[permit.run, permit.step] += 1
        if self.fails.get(tenant) == permit.step:
            return _REFUSED
        hold = self.holds.get(tenant)
        point = hold.strike.point if hold else None
        if hold is None or point is None or hold.caught.is_set() or point.name != permit.step:
            return await self._behind.Invoke(request, timeout=context.time_remaining())
        if point.nth != self._times[permit.run, permit.step]:
            return await self._behind.Invoke(request, timeout=context.time_remaining())
        return await self._hold(hold, request, context)

    async def _hold(self, hold: Hold, request: tools_pb2.InvokeRequest, context: Any) -> tools_pb2.InvokeResponse:
        answer: tools_pb2.InvokeResponse | None = None
        if hold.strike.how is How.LATE:
            hold.late = request
        elif hold.strike.how is How.UNHEARD:
            answer = await self._behind.Invoke(request, timeout=context.time_remaining())
        hold.caught.set()
        if hold.kills:
            await hold.go.wait()  # a server that is killed meanwhile ends the call, and this with it
            if answer is not None:
                return answer  # it was PostgreSQL that was killed: the answer comes when there is no database yet
        await context.abort(grpc.StatusCode.UNAVAILABLE, "the connection broke")
        raise AssertionError  # abort raises

    async def _deliver(self, key: str) -> None:
        for hold in self.holds.values():
            late = hold.late
            if late is not None and late.idempotency_key == key:
                hold.late = None
                await self._behind.Invoke(late, timeout=10)


@contextlib.asynccontextmanager
async def taking_toll(
    tool_server: str, whose: Whose, where: Where, permit_key: Mapping[str, Any]
) -> AsyncIterator[tuple[Toll, str]]:
    """Stand there for as long as the block lasts; give the address as well."""
    async with open_channel(tool_server) as behind:
        toll = Toll(tools_pb2_grpc.ToolServiceStub(behind), whose, where, permit_key)
        server = aio.server(options=(("grpc.so_reuseport", 0),))
        tools_pb2_grpc.add_ToolServiceServicer_to_server(toll, server)
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        await server.start()
        try:
            yield toll, address
        finally:
            await server.stop(0)
