"""The tool server of the cases: does what a case says, and only for a permit that is good, once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Value
from grpc import aio

from assent.tool.v1 import tools_pb2, tools_pb2_grpc
from assent_orchestrator.governance.permit import PermitError, verify_permit
from assent_orchestrator.plan.action import action_digest
from tests.orchestrator.approvals.case import Tool

Context = aio.ServicerContext[Any, Any]
_EFFECTS = {"none": tools_pb2.FAILURE_EFFECT_NONE, "unknown": tools_pb2.FAILURE_EFFECT_UNKNOWN}
REFUSED = "PERMIT_REFUSED"


@dataclass
class Box(tools_pb2_grpc.ToolServiceServicer):
    """``now`` is Assent's clock, and ``jwk`` the key of its permits."""

    now: Callable[[], datetime]
    jwk: Mapping[str, Any] = field(default_factory=dict)
    tools: dict[str, Tool] = field(default_factory=dict)
    done: list[tuple[str, str]] = field(default_factory=list)
    """The run and the operation of each call that was let through."""
    asked: list[tools_pb2.InvokeRequest] = field(default_factory=list)
    results: dict[str, Value] = field(default_factory=dict)
    """What was really done, by its idempotency key."""
    _used: set[str] = field(default_factory=set)

    def times(self, run: str, operation: str) -> int:
        return self.done.count((run, operation))

    async def Describe(self, request: Any, context: Context) -> tools_pb2.DescribeResponse:  # noqa: N802, ARG002 - a method of the service
        return tools_pb2.DescribeResponse(name="box", version="1")

    async def Invoke(self, request: tools_pb2.InvokeRequest, context: Context) -> tools_pb2.InvokeResponse:  # noqa: N802, ARG002 - a method of the service
        self.asked.append(request)
        operation = f"{request.system}.{request.operation}"
        try:
            self._admit(request, operation)
        except PermitError as error:
            return _failure(REFUSED, str(error))
        tool = self.tools.get(operation, Tool())
        if tool.fails is not None:
            return _failure(tool.fails, "the case says so", tool)
        returns = tool.returns if tool.returns is not None else MessageToDict(request.args)
        self.results[request.idempotency_key] = ParseDict(returns, Value())
        return tools_pb2.InvokeResponse(result=self.results[request.idempotency_key])

    async def Lookup(self, request: tools_pb2.LookupRequest, context: Context) -> tools_pb2.LookupResponse:  # noqa: N802 - a method of the service
        tool = self.tools.get(f"{request.system}.{request.operation}", Tool())
        if tool.lookup == "none":
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, "there is no Lookup")
        if tool.lookup == "truth":
            done = self.results.get(request.idempotency_key)
            became = tools_pb2.LOOKUP_STATE_NOT_DONE if done is None else tools_pb2.LOOKUP_STATE_DONE
            return tools_pb2.LookupResponse(state=became, result=done)
        state = tools_pb2.LookupState.Value(f"LOOKUP_STATE_{tool.lookup.upper()}")
        result = ParseDict(tool.returns or {}, Value()) if tool.lookup == "done" else None
        return tools_pb2.LookupResponse(state=state, result=result)

    def _admit(self, request: tools_pb2.InvokeRequest, operation: str) -> None:
        labels = {pointer: list(named.labels) for pointer, named in request.labels.items()}
        digest = action_digest(request.system, request.operation, MessageToDict(request.args), labels)
        claims = verify_permit(
            request.permit, self.jwk, digest, idempotency_key=request.idempotency_key, now=self.now()
        )
        if claims.id in self._used:
            raise PermitError("the permit was used before")
        self._used.add(claims.id)
        self.done.append((claims.run, operation))


def _failure(code: str, message: str, tool: Tool | None = None) -> tools_pb2.InvokeResponse:
    said = tool or Tool()
    failure = tools_pb2.Failure(code=code, message=message, retryable=said.retryable, effect=_EFFECTS[said.effect])
    return tools_pb2.InvokeResponse(failure=failure)
