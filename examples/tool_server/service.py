"""Systems behind one ``assent.tool.v1.ToolService``."""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event, Lock
from time import time
from typing import Any

import grpc
import rfc8785
from google.protobuf import json_format, struct_pb2

from assent.tool.v1 import tools_pb2, tools_pb2_grpc
from tool_server import ledger
from tool_server.arguments import Arguments
from tool_server.errors import CallError
from tool_server.fault import Fault
from tool_server.permit import PermitCheck
from tool_server.system import Operation, Result, System

_log = logging.getLogger(__name__)
_NONE, _UNKNOWN = tools_pb2.FAILURE_EFFECT_NONE, tools_pb2.FAILURE_EFFECT_UNKNOWN
_EFFECTS = {
    "read": tools_pb2.OPERATION_EFFECT_READ,
    "write": tools_pb2.OPERATION_EFFECT_WRITE,
    "irreversible": tools_pb2.OPERATION_EFFECT_IRREVERSIBLE,
}
_STATES: Mapping[ledger.State, tools_pb2.LookupState.ValueType] = {
    "done": tools_pb2.LOOKUP_STATE_DONE,
    "not_done": tools_pb2.LOOKUP_STATE_NOT_DONE,
    "unknown": tools_pb2.LOOKUP_STATE_UNKNOWN,
}


class Service(tools_pb2_grpc.ToolServiceServicer):
    """Checks the permit, does the operation, and remembers under its key what came of it."""

    def __init__(
        self,
        name: str,
        systems: Sequence[System],
        *,
        permits: PermitCheck | None,
        faults: Sequence[Fault],
        stopping: Event,
    ) -> None:
        self._name = name
        self._systems = {system.name: system for system in systems}
        self._permits = permits
        self._faults = {fault.action: fault for fault in faults}
        self._stopping = stopping
        self._under_way: set[str] = set()
        self._lock = Lock()

    def Describe(  # noqa: N802 - the protocol's name
        self, request: tools_pb2.DescribeRequest, context: grpc.ServicerContext
    ) -> tools_pb2.DescribeResponse:
        """Return every operation of every system."""
        del request, context
        return tools_pb2.DescribeResponse(
            name=self._name,
            version="1",
            operations=[
                tools_pb2.Operation(
                    system=system.name, operation=name, effect=_EFFECTS[operation.effect], idempotent=True
                )
                for system in self._systems.values()
                for name, operation in system.operations.items()
            ],
        )

    def Invoke(  # noqa: N802 - the protocol's name
        self, request: tools_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> tools_pb2.InvokeResponse:
        """Do one operation."""
        try:
            operation = self._operation(request.system, request.operation)
            with self._call(request.idempotency_key, operation):
                result = self._perform(request, operation, context)
        except CallError as error:
            return _failed(error)
        except Exception:  # noqa: BLE001 - every failure needs an answer
            # Whatever it was, the caller must not take it for "nothing happened".
            _log.exception("%s.%s failed", request.system, request.operation)
            return _failed(CallError("INTERNAL", "the system failed", effect="unknown"))
        return tools_pb2.InvokeResponse(result=_value(result))

    def Lookup(  # noqa: N802 - the protocol's name
        self, request: tools_pb2.LookupRequest, context: grpc.ServicerContext
    ) -> tools_pb2.LookupResponse:
        """Return whether the call with this key was done; while one is under way nobody knows."""
        system = self._systems.get(request.system)
        operation = system.operations.get(request.operation) if system else None
        if system is None or operation is None:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such operation")
        if operation.effect == "read":
            return tools_pb2.LookupResponse(state=tools_pb2.LOOKUP_STATE_NOT_DONE)
        with self._lock:
            if request.idempotency_key in self._under_way:
                return tools_pb2.LookupResponse(state=tools_pb2.LOOKUP_STATE_UNKNOWN)
        with system.database.read() as tx:
            state, result = ledger.find(tx, request.idempotency_key)
        return tools_pb2.LookupResponse(state=_STATES[state], result=None if result is None else _value(result))

    def _perform(self, request: tools_pb2.InvokeRequest, operation: Operation, context: grpc.ServicerContext) -> Result:
        action = f"{request.system}.{request.operation}"
        if not context.is_active() or (
            request.HasField("deadline") and request.deadline.ToMicroseconds() < time() * 1e6
        ):
            raise CallError("TOO_LATE", "nobody waits for this call any more", retryable=True)
        arguments: dict[str, Any] = json_format.MessageToDict(request.args)
        if self._permits is not None:
            digest = _digest(request, arguments)
            expected = {"digest": digest, "action": action, "key": request.idempotency_key}
            self._permits.redeem(request.permit, expected=expected)
        fault = self._faults.get(action)
        if fault:
            fault.before_effect(self._stopping)
        result = operation.perform(Arguments(arguments, request.permit), request.idempotency_key)
        if fault:
            fault.after_effect()
        return result

    def _operation(self, system: str, name: str) -> Operation:
        known = self._systems.get(system)
        operation = known.operations.get(name) if known else None
        if operation is None:
            raise CallError("NO_SUCH_OPERATION", "there is no such operation here")
        return operation

    @contextmanager
    def _call(self, key: str, operation: Operation) -> Iterator[None]:
        """Hold the key while the call is under way: a second one is turned away instead of racing it."""
        if operation.effect == "read":
            yield
            return
        if not key:
            raise CallError("INVALID_ARGUMENTS", "a call that changes something needs an idempotency key")
        with self._lock:
            if key in self._under_way:
                raise CallError("UNDER_WAY", "a call with this key is under way", retryable=True, effect="unknown")
            self._under_way.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._under_way.discard(key)


def _digest(request: tools_pb2.InvokeRequest, arguments: dict[str, Any]) -> str:
    """Return the digest of what was really sent; what the request says of itself proves nothing."""
    labels = {pointer: sorted(named.labels) for pointer, named in request.labels.items()}
    action: dict[str, Any] = {
        "system": request.system,
        "operation": request.operation,
        "args": arguments,
        "labels": labels,
    }
    try:
        return f"sha256:{hashlib.sha256(rfc8785.dumps(action)).hexdigest()}"
    except rfc8785.CanonicalizationError as error:
        raise CallError("INVALID_ARGUMENTS", "the arguments have no canonical form") from error


def _failed(error: CallError) -> tools_pb2.InvokeResponse:
    failure = tools_pb2.Failure(
        code=error.code,
        message=error.message,
        retryable=error.retryable,
        effect=_NONE if error.effect == "none" else _UNKNOWN,
    )
    return tools_pb2.InvokeResponse(failure=failure)


def _value(result: Result) -> struct_pb2.Value:
    return json_format.ParseDict(result, struct_pb2.Value())
