"""From an error to what the wire shows: a gRPC status with exactly one ErrorInfo (AIP-193)."""

from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details
from google.rpc.status_pb2 import Status

from assent_orchestrator.errors import (
    AlreadyExistsError,
    AssentError,
    BusyError,
    ConflictError,
    Fault,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StateError,
    UnauthenticatedError,
    UnavailableError,
)
from assent_orchestrator.server.refusal import DeadlineError, SlowReaderError, SlowSenderError, UnknownMethodError

DOMAIN = "assent"

MAX_STATUS_BYTES = 5 * 1024
"""A status travels as a header, in Base64 and with its message twice; clients take 8 KiB without being asked."""

_RETRY_AFTER = Duration(seconds=1)

_CODES: tuple[tuple[type[AssentError], grpc.StatusCode], ...] = (
    (InvalidError, grpc.StatusCode.INVALID_ARGUMENT),
    (NotFoundError, grpc.StatusCode.NOT_FOUND),
    (ForbiddenError, grpc.StatusCode.PERMISSION_DENIED),
    (UnauthenticatedError, grpc.StatusCode.UNAUTHENTICATED),
    (ConflictError, grpc.StatusCode.ABORTED),
    (AlreadyExistsError, grpc.StatusCode.ALREADY_EXISTS),
    (StateError, grpc.StatusCode.FAILED_PRECONDITION),
    (UnavailableError, grpc.StatusCode.UNAVAILABLE),
    (DeadlineError, grpc.StatusCode.DEADLINE_EXCEEDED),
    (BusyError, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (SlowReaderError, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (SlowSenderError, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (UnknownMethodError, grpc.StatusCode.UNIMPLEMENTED),
)


def code_of(error: AssentError) -> grpc.StatusCode | None:
    """Return the status code of an error; None when callers are not meant to be told of it."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), None)


def status_of(error: AssentError) -> Status | None:
    """Return what the wire shows of an error; None when callers are not meant to be told of it."""
    code = code_of(error)
    if code is None:
        return None
    if isinstance(error, InvalidError):
        return _faulty(error, code)
    return _status(code, error.message, _info(error), *_advice(error))


def internal_status(incident: str) -> Status:
    """Return what the wire shows of an error that is none of the caller's business: a number to ask the operator by."""
    info = details.ErrorInfo(reason="INTERNAL", domain=DOMAIN, metadata={"incident": incident})
    message = f"something went wrong inside; tell the operator of this server the incident {incident}"
    return _status(grpc.StatusCode.INTERNAL, message, info)


def _faulty(error: InvalidError, code: grpc.StatusCode) -> Status:
    """Name every fault; when they do not fit, leave the sentences out, then name as many as fit and count them."""
    whole = [_violation(fault) for fault in error.faults]
    brief = [details.BadRequest.FieldViolation(field=one.field, reason=one.reason) for one in whole]
    for violations in (whole, brief):
        status = _with_violations(error, code, violations)
        if status.ByteSize() <= MAX_STATUS_BYTES:
            return status
    room = MAX_STATUS_BYTES - _with_violations(error, code, []).ByteSize()
    shown = 0
    while shown < len(brief) and room >= (size := brief[shown].ByteSize() + 4):
        room -= size
        shown += 1
    return _with_violations(error, code, brief[:shown])


def _with_violations(error: InvalidError, code: grpc.StatusCode, violations: list[Any]) -> Status:
    info = _info(error)
    info.metadata["faults"] = str(len(error.faults))
    info.metadata["shown"] = str(len(violations))
    return _status(code, error.message, info, details.BadRequest(field_violations=violations))


def _violation(fault: Fault) -> Any:
    return details.BadRequest.FieldViolation(field=fault.field, description=fault.description, reason=fault.code)


def _info(error: AssentError) -> Any:
    metadata = {_lower_camel(name): value for name, value in error.metadata.items()}
    return details.ErrorInfo(reason=error.code, domain=DOMAIN, metadata=metadata)


def _advice(error: AssentError) -> tuple[Message, ...]:
    if isinstance(error, StateError):
        subject = next((f"{name}/{value}" for name, value in error.metadata.items()), "")
        violation = details.PreconditionFailure.Violation(type=error.code, subject=subject, description=error.message)
        return (details.PreconditionFailure(violations=[violation]),)
    if isinstance(error, (UnavailableError, BusyError, SlowReaderError, SlowSenderError)):
        return (details.RetryInfo(retry_delay=_RETRY_AFTER),)
    return ()


def _status(code: grpc.StatusCode, message: str, *notes: Message) -> Status:
    status = Status(code=code.value[0], message=message)
    for note in notes:
        packed = AnyMessage()
        packed.Pack(note)
        status.details.append(packed)
    return status


def _lower_camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
