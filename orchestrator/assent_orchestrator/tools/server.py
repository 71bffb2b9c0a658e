"""The client of tool servers (``assent.tool.v1.ToolService``): no call without a permit for exactly the action."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from opentelemetry import propagate

from assent.tool.v1 import tools_pb2
from assent_orchestrator.clock import Clock, utc_now
from assent_orchestrator.governance.permit import Permit
from assent_orchestrator.tools import outcome
from assent_orchestrator.tools.answer import read_description, read_found, read_response
from assent_orchestrator.tools.connection import Connections
from assent_orchestrator.tools.outcome import Description, Failure, Found, Success
from assent_orchestrator.tools.value import ValueFaultError, to_struct
from assent_sidecar.facts import Action

_SMALL_BYTES = 16 * 1024
"""An answer up to this size is read at once; a larger one in a thread, so that meanwhile everybody else is served."""


class ToolServers:
    """Every tool server that the settings name.

    ``addresses`` are gRPC targets by the name of the tool server. What leaves this machine is encrypted. Timeouts are
    arguments, not scopes around a call, because they travel to the tool server.
    """

    def __init__(self, addresses: Mapping[str, str], *, clock: Clock = utc_now) -> None:
        self._connections = Connections(addresses)
        self._clock = clock

    async def invoke(self, permit: Permit, action: Action, *, tool_server: str, timeout: float) -> Success | Failure:  # noqa: ASYNC109 - see the class
        """Perform ``action`` once, within ``timeout`` seconds.

        Only when nothing was sent, or the server itself says so, is the effect of a failure ``none``; otherwise it is
        ``unknown``, except for operations that only read. The result is not yet checked against the operation's schema.

        Raises:
            PermitError: ``permit`` is not for what ``action`` really is, or has expired. Nothing was sent.

        """
        now = self._clock()
        permit.check_action(action, now)
        reads = action.effect == "read"
        context = _context()
        try:
            args = to_struct(action.args)
        except ValueFaultError as error:
            return Failure(outcome.ARGUMENTS_INVALID, str(error), retryable=False, effect="none")
        deadline = Timestamp()
        deadline.FromDatetime(now + timedelta(seconds=timeout))
        request = tools_pb2.InvokeRequest(
            system=action.system,
            operation=action.operation,
            args=args,
            idempotency_key=permit.idempotency_key,
            permit=permit.token,
            deadline=deadline,
            traceparent=context.get("traceparent", ""),
            labels={pointer: tools_pb2.LabelSet(labels=names) for pointer, names in action.labels.items()},
            action_digest=permit.claimed,
        )
        answer = await self._connections.send(
            "Invoke", request, tool_server=tool_server, within=timeout, metadata=context, reads=reads
        )
        if isinstance(answer, Failure):
            return answer
        if len(answer) <= _SMALL_BYTES:
            return read_response(answer, reads=reads)
        return await asyncio.to_thread(read_response, answer, reads=reads)

    async def lookup(self, idempotency_key: str, action: Action, *, tool_server: str, timeout: float) -> Found:  # noqa: ASYNC109 - see the class
        """Ask whether the effect with ``idempotency_key`` happened.

        Whatever goes wrong, the answer is ``unknown``; ``never`` when the server has no Lookup at all.
        """
        request = tools_pb2.LookupRequest(
            system=action.system, operation=action.operation, idempotency_key=idempotency_key
        )
        answer = await self._connections.send(
            "Lookup", request, tool_server=tool_server, within=timeout, metadata=_context(), reads=True
        )
        if isinstance(answer, Failure):
            return Found("never" if answer.code == outcome.TOOL_UNIMPLEMENTED else "unknown")
        return read_found(answer) if len(answer) <= _SMALL_BYTES else await asyncio.to_thread(read_found, answer)

    async def describe(self, tool_server: str, *, timeout: float = 5.0) -> Description | Failure:  # noqa: ASYNC109 - see the class
        """Ask a tool server which operations it has, within ``timeout`` seconds."""
        answer = await self._connections.send(
            "Describe",
            tools_pb2.DescribeRequest(),
            tool_server=tool_server,
            within=timeout,
            metadata=_context(),
            reads=True,
        )
        return answer if isinstance(answer, Failure) else read_description(answer)

    async def close(self) -> None:
        """Close every connection; calls under way end as lost."""
        await self._connections.close()


def _context() -> dict[str, str]:
    """Return the W3C trace context of here and now, as headers."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier
