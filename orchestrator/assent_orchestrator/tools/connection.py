"""Connections to tool servers, and what is known about an effect when one fails."""

import asyncio
from collections.abc import Mapping
from typing import Final

import grpc
from google.protobuf.message import Message
from grpc import aio

from assent.tool.v1 import tools_pb2
from assent_orchestrator.tools import outcome
from assent_orchestrator.tools.address import MAX_MESSAGE_BYTES, RECONNECT_WITHIN, open_channel
from assent_orchestrator.tools.outcome import Failure

CONNECT_WITHIN: Final = 3.0
"""Seconds in which a connection must be had."""

_SERVICE = tools_pb2.DESCRIPTOR.services_by_name["ToolService"].full_name
# Said before any effect: the caller or its permit is not accepted, or (below) no such method. tools.proto has it so.
_REFUSALS = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)


class Connections:
    """One channel a tool server, opened when first needed and kept."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = dict(addresses)
        self._channels: dict[str, aio.Channel] = {}
        self._closed = False

    async def send(
        self,
        rpc: str,
        request: Message,
        *,
        tool_server: str,
        within: float,
        metadata: Mapping[str, str],
        reads: bool,
    ) -> bytes | Failure:
        """Call ``rpc`` within so many seconds and return the bytes of the answer.

        The effect of a failure is ``none`` when nothing was sent, when the server refused, or when the call only
        ``reads``; otherwise it is ``unknown``.
        """
        if tool_server not in self._addresses:
            what = f"no address is configured for the tool server {tool_server}; give assent serve a --tool-server"
            return _unsent(outcome.TOOL_SERVER_UNKNOWN, what)
        if request.ByteSize() > MAX_MESSAGE_BYTES:
            return _unsent(outcome.ARGUMENTS_TOO_LARGE, f"the call is larger than {MAX_MESSAGE_BYTES} bytes")
        clock = asyncio.get_running_loop().time
        ends = clock() + within
        channel = self._channel(tool_server)
        if channel is None or not await _connect(channel, min(within, CONNECT_WITHIN)):
            return _unreachable(tool_server)
        # The answer stays bytes until we read it ourselves: what cannot be parsed is an answer, too.
        method: aio.UnaryUnaryMultiCallable[Message, bytes] = channel.unary_unary(
            f"/{_SERVICE}/{rpc}", request_serializer=_serialize
        )
        try:
            answer = await _awaited(method(request, timeout=ends - clock(), metadata=tuple(metadata.items())))
        except aio.UsageError:  # closed between the connection and the call: not sent
            return _unreachable(tool_server)
        return answer if isinstance(answer, bytes) else _failure(answer, tool_server, reads=reads)

    def _channel(self, tool_server: str) -> aio.Channel | None:
        if not self._closed and tool_server not in self._channels:
            self._channels[tool_server] = open_channel(self._addresses[tool_server])
        return self._channels.get(tool_server)

    async def close(self) -> None:
        """Close every channel; calls under way end as lost, later ones find nobody."""
        self._closed = True
        channels, self._channels = list(self._channels.values()), {}
        for channel in channels:
            await channel.close()


async def _connect(channel: aio.Channel, within: float) -> bool:
    """Return whether the channel is connected: a call is only made when it is, so that a refusal is known as one."""
    state = channel.get_state(try_to_connect=True)
    # A channel that failed before waits a moment until it tries again; one that fails now has had its try.
    failed_before = state is grpc.ChannelConnectivity.TRANSIENT_FAILURE
    try:
        async with asyncio.timeout(min(within, RECONNECT_WITHIN) if failed_before else within):
            while state is not grpc.ChannelConnectivity.READY:
                if state is grpc.ChannelConnectivity.SHUTDOWN:
                    return False
                if state is grpc.ChannelConnectivity.TRANSIENT_FAILURE and not failed_before:
                    return False
                await channel.wait_for_state_change(state)
                state = channel.get_state(try_to_connect=True)
    except (TimeoutError, aio.UsageError):
        return False
    return True


async def _awaited(call: aio.UnaryUnaryCall[Message, bytes]) -> bytes | grpc.StatusCode:
    """Return the answer, or the status of a call that did not end well."""
    try:
        return await call
    except aio.AioRpcError as error:
        return error.code()
    except asyncio.CancelledError:
        # Closing a channel cancels its calls, which looks as if we had been cancelled ourselves.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return grpc.StatusCode.CANCELLED


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()


def _unsent(code: str, message: str) -> Failure:
    return Failure(code, message, retryable=False, effect="none")


def _unreachable(tool_server: str) -> Failure:
    message = f"the tool server {tool_server} cannot be reached"
    return Failure(outcome.TOOL_UNAVAILABLE, message, retryable=True, effect="none")


def _failure(status: grpc.StatusCode, tool_server: str, *, reads: bool) -> Failure:
    effect: outcome.EffectKnown = "none" if reads else "unknown"
    match status:
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            message = f"the tool server {tool_server} did not answer in time"
            return Failure(outcome.TOOL_TIMEOUT, message, retryable=True, effect=effect)
        case grpc.StatusCode.UNAVAILABLE | grpc.StatusCode.CANCELLED:
            message = f"the connection to the tool server {tool_server} was lost"
            return Failure(outcome.TOOL_LOST, message, retryable=True, effect=effect)
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            message = f"the tool server {tool_server} answered more than is taken in, or has no room for calls"
            return Failure(outcome.TOOL_EXHAUSTED, message, retryable=False, effect=effect)
        case grpc.StatusCode.UNIMPLEMENTED:
            message = f"the tool server {tool_server} has no such method"
            return Failure(outcome.TOOL_UNIMPLEMENTED, message, retryable=False, effect="none")
        case refusal if refusal in _REFUSALS:
            message = f"the tool server {tool_server} refused the call: {status.name}"
            return Failure(outcome.TOOL_REFUSED, message, retryable=False, effect="none")
        case _:
            message = f"the tool server {tool_server} failed: {status.name}"
            return Failure(outcome.TOOL_ERROR, message, retryable=False, effect=effect)
