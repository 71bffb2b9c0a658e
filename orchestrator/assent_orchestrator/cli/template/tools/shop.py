"""The shop's tool server: ``python tools/shop.py --port 7001``. It prints where it listens and stops on SIGTERM.

It knows three orders, and forgets everything when it stops. A real one stands before a real system; what it must keep
to is in tools.proto: the same idempotency key again is the same effect, and whatever went wrong is said as a failure.
"""

# ruff: noqa: ARG002, INP001, N802 -- a program, and methods as the protocol has them

import argparse
import asyncio
import signal
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Value
from grpc import aio

from assent.tool.v1 import tools_pb2 as wire
from assent.tool.v1.tools_pb2_grpc import ToolServiceServicer, add_ToolServiceServicer_to_server

ORDERS = {
    "ORD-1001": {"paid_eur": 59.9, "email": "ada@customers.example"},
    "ORD-1002": {"paid_eur": 480, "email": "bela@customers.example"},
    "ORD-1003": {"paid_eur": 12, "email": "chris@customers.example"},
}
OPERATIONS = {
    "get_order": wire.OPERATION_EFFECT_READ,
    "refund": wire.OPERATION_EFFECT_WRITE,
    "tell_customer": wire.OPERATION_EFFECT_IRREVERSIBLE,
}


class Shop(ToolServiceServicer):
    """Answers the same call the same way: results are kept by idempotency key."""

    def __init__(self) -> None:
        self._done: dict[str, wire.InvokeResponse] = {}

    async def Describe(self, request: wire.DescribeRequest, context: Any) -> wire.DescribeResponse:
        """Say what the shop can do."""
        offered = [
            wire.Operation(system="shop", operation=name, effect=effect, idempotent=True)
            for name, effect in OPERATIONS.items()
        ]
        return wire.DescribeResponse(name="shop", version="1", operations=offered)

    async def Invoke(self, request: wire.InvokeRequest, context: Any) -> wire.InvokeResponse:
        """Do it, once."""
        if request.idempotency_key not in self._done:
            self._done[request.idempotency_key] = self._do(request.operation, MessageToDict(request.args))
        return self._done[request.idempotency_key]

    async def Lookup(self, request: wire.LookupRequest, context: Any) -> wire.LookupResponse:
        """Say whether it was done."""
        done = self._done.get(request.idempotency_key)
        if done is None or done.HasField("failure"):
            return wire.LookupResponse(state=wire.LOOKUP_STATE_NOT_DONE)
        return wire.LookupResponse(state=wire.LOOKUP_STATE_DONE, result=done.result)

    def _do(self, operation: str, args: dict[str, Any]) -> wire.InvokeResponse:
        if operation not in OPERATIONS:
            return _failure("UNKNOWN_OPERATION", "the shop cannot do that")
        if operation == "tell_customer":
            return _success({"sent": True})
        order = ORDERS.get(args["order"])
        if order is None:
            return _failure("ORDER_UNKNOWN", "there is no such order")
        if operation == "get_order":
            return _success({"order": args["order"], **order})
        return _success({"refund": f"REF-{args['order'].removeprefix('ORD-')}"})


def _success(result: dict[str, Any]) -> wire.InvokeResponse:
    return wire.InvokeResponse(result=ParseDict(result, Value()))


def _failure(code: str, message: str) -> wire.InvokeResponse:
    failure = wire.Failure(code=code, message=message, retryable=False, effect=wire.FAILURE_EFFECT_NONE)
    return wire.InvokeResponse(failure=failure)


async def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(description="The shop's tool server.")
    parser.add_argument("--port", type=int, default=7001, help="port on 127.0.0.1; 0 takes a free one")
    server = aio.server()
    add_ToolServiceServicer_to_server(Shop(), server)
    port = server.add_insecure_port(f"127.0.0.1:{parser.parse_args().port}")
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await server.start()
    print(f"listening 127.0.0.1:{port}", flush=True)  # noqa: T201 -- whoever started it waits for this line
    await stopping.wait()
    await server.stop(1.0)


if __name__ == "__main__":
    asyncio.run(main())
