"""A witness before the tool server: writes down every call and what was committed when it came, then lets it pass."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format
from grpc import aio

from assent.tool.v1 import tools_pb2, tools_pb2_grpc
from assent_orchestrator.cli.chaos.trail import TrailReader
from assent_orchestrator.cli.stage.desk import open_channel
from assent_orchestrator.governance.permit import Claims, PermitError, verify_permit
from assent_orchestrator.plan.action import action_digest


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it arrived. ``digest`` is of what was really sent.

    ``permit`` is what the permit says, None where there was none for this very action and key. ``committed`` is the
    number of the last record that was in the trail when the call came; None: the trail could not be read, and the call
    went no further.
    """

    action: str
    digest: str
    key: str
    permit: Claims | None
    committed: int | None


class Witness(tools_pb2_grpc.ToolServiceServicer):
    """The tool service of the server under test: ``calls`` has each call that it received."""

    def __init__(
        self, behind: "tools_pb2_grpc.ToolServiceAsyncStub", trail: TrailReader, permit_key: Mapping[str, Any]
    ) -> None:
        """Let pass to ``behind``, and look into ``trail``; ``permit_key`` is the public JWK of the permits."""
        self.calls: list[Call] = []
        self._behind = behind
        self._trail = trail
        self._permit_key = permit_key

    async def Describe(  # noqa: N802 - the protocol's name
        self, request: tools_pb2.DescribeRequest, context: Any
    ) -> tools_pb2.DescribeResponse:
        """Let pass."""
        return await self._behind.Describe(request, timeout=context.time_remaining())

    async def Lookup(  # noqa: N802 - as above
        self, request: tools_pb2.LookupRequest, context: Any
    ) -> tools_pb2.LookupResponse:
        """Let pass: it asks and does nothing."""
        return await self._behind.Lookup(request, timeout=context.time_remaining())

    async def Invoke(  # noqa: N802 - as above
        self, request: tools_pb2.InvokeRequest, context: Any
    ) -> tools_pb2.InvokeResponse:
        """Write down and let pass, once it is known what is committed by now."""
        action = f"{request.system}.{request.operation}"
        digest = digest_of(request)
        permit = self._permit(request, digest)
        try:
            committed = await self._trail.read()
        except aio.AioRpcError:
            self.calls.append(Call(action, digest, request.idempotency_key, permit, None))
            return _refused("the trail cannot be read at the moment")
        self.calls.append(Call(action, digest, request.idempotency_key, permit, committed))
        return await self._behind.Invoke(request, timeout=context.time_remaining())

    def _permit(self, request: tools_pb2.InvokeRequest, digest: str) -> Claims | None:
        try:
            return verify_permit(request.permit, self._permit_key, digest, idempotency_key=request.idempotency_key)
        except PermitError:
            return None


@dataclass(frozen=True, slots=True)
class Witnessing:
    """A witness that listens at ``address``."""

    witness: Witness
    address: str
    channel: aio.Channel = field(repr=False)

    @property
    def tools(self) -> "tools_pb2_grpc.ToolServiceAsyncStub":
        """The tool service, for agents that call it themselves."""
        stub: tools_pb2_grpc.ToolServiceAsyncStub = tools_pb2_grpc.ToolServiceStub(self.channel)
        return stub


@contextlib.asynccontextmanager
async def witnessing(tool_server: str, trail: TrailReader, permit_key: Mapping[str, Any]) -> AsyncIterator[Witnessing]:
    """Stand in front of the tool server for as long as the block lasts."""
    async with open_channel(tool_server) as behind:
        witness = Witness(tools_pb2_grpc.ToolServiceStub(behind), trail, permit_key)
        server = aio.server(options=(("grpc.so_reuseport", 0),))
        tools_pb2_grpc.add_ToolServiceServicer_to_server(witness, server)
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        await server.start()
        try:
            async with open_channel(address) as channel:
                yield Witnessing(witness, address, channel)
        finally:
            await server.stop(1.0)


def digest_of(request: tools_pb2.InvokeRequest) -> str:
    """Return the digest of what was really sent, whatever the request says of itself."""
    labels = {pointer: tuple(named.labels) for pointer, named in request.labels.items()}
    return action_digest(request.system, request.operation, json_format.MessageToDict(request.args), labels)


def _refused(message: str) -> tools_pb2.InvokeResponse:
    failure = tools_pb2.Failure(
        code="NOT_WITNESSED", message=message, retryable=True, effect=tools_pb2.FAILURE_EFFECT_NONE
    )
    return tools_pb2.InvokeResponse(failure=failure)
