"""What tool servers answer, read with suspicion: bounded, finite, complete, or not taken for a result. Pure."""

import re
from typing import Final, Literal

from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Value

from assent.tool.v1 import tools_pb2
from assent_orchestrator.tools import outcome
from assent_orchestrator.tools.outcome import Description, Failure, Found, Offered, Success
from assent_orchestrator.tools.value import ValueFaultError, from_value

MAX_RESULT_BYTES: Final = 1024 * 1024
"""How large an answer may be as it travels; results are kept, bound to other steps and shown to policies."""

MAX_MESSAGE_LENGTH: Final = 500

_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,62}")
_EFFECTS = {
    tools_pb2.OPERATION_EFFECT_READ: "read",
    tools_pb2.OPERATION_EFFECT_WRITE: "write",
    tools_pb2.OPERATION_EFFECT_IRREVERSIBLE: "irreversible",
}
_LOOKUPS: dict[int, Literal["done", "not_done"]] = {
    tools_pb2.LOOKUP_STATE_DONE: "done",
    tools_pb2.LOOKUP_STATE_NOT_DONE: "not_done",
}


def read_response(answer: bytes, *, reads: bool) -> Success | Failure:
    """Return what the answer to ``Invoke`` says; ``reads`` says that the operation has no effect anyway."""
    if len(answer) > MAX_RESULT_BYTES:
        return _invalid(f"the answer is larger than {MAX_RESULT_BYTES} bytes", reads=reads)
    try:
        response = tools_pb2.InvokeResponse.FromString(answer)
        match response.WhichOneof("outcome"):
            case "result":
                return Success(from_value(response.result))
            case "failure":
                return _failure(response.failure, reads=reads)
            case _:
                return _invalid("the answer holds neither a result nor a failure", reads=reads)
    except DecodeError:
        return _invalid("the answer is not an InvokeResponse", reads=reads)
    except ValueFaultError as error:
        return _invalid(f"the result cannot be used: {error}", reads=reads)


def read_found(answer: bytes) -> Found:
    """Return what the answer to ``Lookup`` says; an effect whose result cannot be used stays unknown."""
    if len(answer) > MAX_RESULT_BYTES:
        return Found("unknown")
    try:
        response = tools_pb2.LookupResponse.FromString(answer)
        status = _LOOKUPS.get(response.state)
        if status is None:
            return Found("unknown")
        return Found("done", _value(response)) if status == "done" else Found("not_done")
    except (DecodeError, ValueFaultError):
        return Found("unknown")


def read_description(answer: bytes) -> Description | Failure:
    """Return what the answer to ``Describe`` says."""
    try:
        response = tools_pb2.DescribeResponse.FromString(answer)
    except DecodeError:
        return _invalid("the answer is not a DescribeResponse", reads=True)
    offered = (
        Offered(f"{one.system}.{one.operation}", _EFFECTS.get(one.effect, ""), one.idempotent)
        for one in response.operations
    )
    return Description(response.name, response.version, tuple(sorted(offered, key=lambda one: one.action)))


def _value(response: tools_pb2.LookupResponse) -> object:
    return from_value(response.result if response.HasField("result") else Value())


def _failure(failure: tools_pb2.Failure, *, reads: bool) -> Failure:
    nothing_happened = reads or failure.effect == tools_pb2.FAILURE_EFFECT_NONE
    return Failure(
        code=failure.code if _CODE.fullmatch(failure.code) else outcome.TOOL_ERROR,
        message=failure.message.replace("\0", "")[:MAX_MESSAGE_LENGTH],
        retryable=failure.retryable,
        effect="none" if nothing_happened else "unknown",
    )


def _invalid(message: str, *, reads: bool) -> Failure:
    return Failure(outcome.RESULT_INVALID, message, retryable=False, effect="none" if reads else "unknown")
