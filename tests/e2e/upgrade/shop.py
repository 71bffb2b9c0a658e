"""The tool server of the upgrade recordings: in this process, so that a test says what was done and what hangs."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Value
from grpc import aio

from assent.tool.v1 import tools_pb2, tools_pb2_grpc

EFFECTS = {
    "look": tools_pb2.OPERATION_EFFECT_READ,
    "pay": tools_pb2.OPERATION_EFFECT_WRITE,
    "tell": tools_pb2.OPERATION_EFFECT_IRREVERSIBLE,
}


@dataclass
class Shop(tools_pb2_grpc.ToolServiceServicer):
    """Remembers what was done under which key. Of orders that begin with ``HANG``, effects never answer."""

    done: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    hangs: bool = False
    hanging: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    address: str = ""

    async def Describe(self, request, context) -> tools_pb2.DescribeResponse:  # noqa: N802 - a method of the service
        del request, context
        offered = [
            tools_pb2.Operation(system="shop", operation=name, effect=effect, idempotent=True)
            for name, effect in EFFECTS.items()
        ]
        return tools_pb2.DescribeResponse(name="company", version="1", operations=offered)

    async def Invoke(self, request, context) -> tools_pb2.InvokeResponse:  # noqa: N802 - a method of the service
        del context
        args = json_format.MessageToDict(request.args)
        if request.operation == "look":
            order = args["order"]
            return tools_pb2.InvokeResponse(
                result=_value({"order": order, "email": f"{order.lower()}@customers.example"})
            )
        about = str(args.get("order") or args.get("to"))
        if self.hangs and about.lower().startswith("hang"):
            await self.hanging.put(request.operation)
            await asyncio.Event().wait()
        assert request.idempotency_key not in self.done, "an effect was asked for twice"
        self.done[request.idempotency_key] = (request.operation, args)
        return tools_pb2.InvokeResponse(result=_value({"done": True}))

    async def Lookup(self, request, context) -> tools_pb2.LookupResponse:  # noqa: N802 - a method of the service
        del context
        if request.idempotency_key not in self.done:
            return tools_pb2.LookupResponse(state=tools_pb2.LOOKUP_STATE_NOT_DONE)
        return tools_pb2.LookupResponse(state=tools_pb2.LOOKUP_STATE_DONE, result=_value({"done": True}))

    def orders(self, operation: str) -> list[str]:
        """What was paid, or who was told, in alphabetical order."""
        return sorted(
            str(args.get("order") or args.get("to")) for name, args in self.done.values() if name == operation
        )


def _value(content: dict[str, Any]) -> Value:
    return json_format.ParseDict(content, Value())


@asynccontextmanager
async def open_shop(*, hangs: bool = False) -> AsyncIterator[Shop]:
    """Serve on a free port of this machine."""
    shop = Shop(hangs=hangs)
    server = aio.server()
    tools_pb2_grpc.add_ToolServiceServicer_to_server(shop, server)
    shop.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        yield shop
    finally:
        await server.stop(None)
