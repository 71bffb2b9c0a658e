"""A tool server that has secrets, and says more of them than it should."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import grpc
from google.protobuf import json_format, struct_pb2

from assent.tool.v1 import tools_pb2, tools_pb2_grpc

_NONE = tools_pb2.FAILURE_EFFECT_NONE
_DONE, _NOT_DONE = tools_pb2.LOOKUP_STATE_DONE, tools_pb2.LOOKUP_STATE_NOT_DONE


class Safe(tools_pb2_grpc.ToolServiceServicer):
    """Answers as the argument ``mode`` says; ``calls`` are what it was given.

    ``digests`` are those of what it was given, each with whether something in it carries a label that is not retained.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self.secrets = secrets
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.digests: dict[str, bool] = {}
        self.hanging = asyncio.Event()
        self._done: dict[str, Any] = {}

    async def Describe(  # noqa: N802 - the protocol's name
        self, request: tools_pb2.DescribeRequest, context: Any
    ) -> tools_pb2.DescribeResponse:
        del request, context
        return tools_pb2.DescribeResponse(name="safe", version="1")

    async def Invoke(  # noqa: N802 - the protocol's name
        self, request: tools_pb2.InvokeRequest, context: Any
    ) -> tools_pb2.InvokeResponse:
        del context
        args = json_format.MessageToDict(request.args)
        self.calls.append((request.operation, args))
        carried = {label for named in request.labels.values() for label in named.labels}
        self.digests[request.action_digest.removeprefix("sha256:")] = "private" in carried
        if request.operation == "fetch":
            many = [self.secrets["first"], self.secrets["second"]]
            return _result({"secret": self.secrets["fetched"], "plain": "seen", "many": many})
        again = sum(known == (request.operation, args) for known in self.calls) > 1
        match args.get("mode"):
            case "fail":
                return _failure(args, retryable=False)
            case "flaky" if not again:
                return _failure(args, retryable=True)
            case "odd":
                return _result({"done": args["secret"], args["secret"]: [args["secret"]]})
            case "echo":
                return _result({"done": True, "said": f"with {args['secret']}", args["secret"]: 1})
            case "hang":
                self._done[request.idempotency_key] = {"secret": self.secrets["exchanged"]}
                self.hanging.set()
                await asyncio.Event().wait()
        if request.operation == "exchange":
            return _result({"secret": self.secrets["exchanged"]})
        return _result({"done": True, "plain": args.get("plain", "")})

    async def Lookup(  # noqa: N802 - the protocol's name
        self, request: tools_pb2.LookupRequest, context: Any
    ) -> tools_pb2.LookupResponse:
        del context
        if request.idempotency_key not in self._done:
            return tools_pb2.LookupResponse(state=_NOT_DONE)
        return tools_pb2.LookupResponse(state=_DONE, result=_value(self._done[request.idempotency_key]))


@contextlib.asynccontextmanager
async def open_safe(secrets: Mapping[str, str]) -> AsyncIterator[tuple[Safe, str]]:
    """Serve a safe; return it and its address."""
    server, safe = grpc.aio.server(), Safe(secrets)
    tools_pb2_grpc.add_ToolServiceServicer_to_server(safe, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        yield safe, address
    finally:
        await server.stop(0)


def _failure(args: Mapping[str, Any], *, retryable: bool) -> tools_pb2.InvokeResponse:
    code = "NO_" + "".join(one if one.isalnum() and one.isascii() else "_" for one in args["secret"].upper())
    failure = tools_pb2.Failure(code=code[:63], message=f"not with {args}", retryable=retryable, effect=_NONE)
    return tools_pb2.InvokeResponse(failure=failure)


def _result(value: Any) -> tools_pb2.InvokeResponse:
    return tools_pb2.InvokeResponse(result=_value(value))


def _value(value: Any) -> struct_pb2.Value:
    return json_format.ParseDict(value, struct_pb2.Value())
