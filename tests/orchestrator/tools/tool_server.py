"""Tool servers for the tests: a real one on loopback whose behaviour a test says, and a program that dies when called.

``python tool_server.py`` prints its port and exits with the first ``Invoke`` or ``Lookup``, before answering.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from google.protobuf.struct_pb2 import Value
from grpc import aio

from assent.tool.v1 import tools_pb2, tools_pb2_grpc

Context = aio.ServicerContext[tools_pb2.InvokeRequest, tools_pb2.InvokeResponse]
Behaviour = Callable[[tools_pb2.InvokeRequest, Context], Awaitable[tools_pb2.InvokeResponse | bytes]]
SIZES = (("grpc.max_send_message_length", -1),)


async def echo(request: tools_pb2.InvokeRequest, context: Context) -> tools_pb2.InvokeResponse:
    del context
    return tools_pb2.InvokeResponse(result=Value(struct_value=request.args))


async def hang(request: tools_pb2.InvokeRequest, context: Context) -> tools_pb2.InvokeResponse:
    del request, context
    await asyncio.Event().wait()
    raise AssertionError


@dataclass
class Tools(tools_pb2_grpc.ToolServiceServicer):
    """Does what ``behaviour`` says, and keeps what it was asked."""

    behaviour: Behaviour = echo
    found: tools_pb2.LookupResponse = field(default_factory=tools_pb2.LookupResponse)
    asked: list[tools_pb2.InvokeRequest] = field(default_factory=list)
    metadata: list[dict[str, str]] = field(default_factory=list)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    address: str = ""

    async def Describe(self, request, context) -> tools_pb2.DescribeResponse:  # noqa: N802 - a method of the service
        del request, context
        operation = tools_pb2.Operation(
            system="crm", operation="update", effect=tools_pb2.OPERATION_EFFECT_WRITE, idempotent=True
        )
        return tools_pb2.DescribeResponse(name="the company", version="1.2", operations=[operation])

    async def Invoke(self, request, context) -> tools_pb2.InvokeResponse | bytes:  # type: ignore[override] # noqa: N802 - bytes go out as they are
        self.asked.append(request)
        self.metadata.append({key: value for key, value in context.invocation_metadata() if isinstance(value, str)})
        self.called.set()
        return await self.behaviour(request, context)

    async def Lookup(self, request, context) -> tools_pb2.LookupResponse:  # noqa: N802 - a method of the service
        del request, context
        return self.found


@asynccontextmanager
async def serving(tools: Tools) -> AsyncIterator[aio.Server]:
    """Serve ``tools`` on loopback; an answer that is bytes already goes out as it is."""
    server = aio.server(options=SIZES)
    tools_pb2_grpc.add_ToolServiceServicer_to_server(tools, _Raw(server))  # type: ignore[arg-type] # what is used of a server
    tools.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        yield server
    finally:
        await server.stop(None)


class _Raw:
    """Registers handlers whose answers may be bytes already, so that a test can say anything."""

    def __init__(self, server: aio.Server) -> None:
        self._server = server

    def add_generic_rpc_handlers(self, handlers) -> None:
        self._server.add_generic_rpc_handlers(handlers)

    def add_registered_method_handlers(self, service, handlers) -> None:
        raw = {name: one._replace(response_serializer=_bytes) for name, one in handlers.items()}
        self._server.add_registered_method_handlers(service, raw)


def _bytes(answer: tools_pb2.InvokeResponse | bytes) -> bytes:
    return answer if isinstance(answer, bytes) else answer.SerializeToString()


async def _die(request: tools_pb2.InvokeRequest, context: Context) -> tools_pb2.InvokeResponse:
    del request, context
    os._exit(1)


async def _main() -> None:
    tools = Tools(_die)
    async with serving(tools) as server:
        print(tools.address, flush=True)  # noqa: T201 - this is how the test learns the port
        await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(_main())
