"""No error leaves but as a status that says what callers may know of it, and no other text ever."""

import contextlib
import logging
import secrets
import traceback
from typing import Any

import grpc
import sqlalchemy as sa
from google.protobuf.message import DecodeError
from grpc import aio
from grpc_status import rpc_status

from assent_orchestrator.errors import AssentError, Fault, InvalidError
from assent_orchestrator.server.interceptors.around import (
    Around,
    Call,
    Context,
    Handler,
    Proceed,
    behaviour_of,
    with_behaviour,
    wrap,
)
from assent_orchestrator.server.refusal import UnknownMethodError
from assent_orchestrator.server.status import internal_status, status_of
from assent_orchestrator.store.absence import DatabaseUnavailableError

_log = logging.getLogger("assent.server")

_DATABASE_AWAY = DatabaseUnavailableError(
    "the database is away; try again with the same request id, or look whether it was done"
)


class Failures(Around):
    """Turns errors into statuses. gRPC itself would send the text of any exception to the caller."""

    def serving(self, handler: Handler | None, method: str) -> Handler:
        """Put ``around`` around the handler, the reading of the request, and what has no handler."""
        readable = _reading_inside(handler) if handler is not None else grpc.unary_unary_rpc_method_handler(_unknown)
        return wrap(readable, method, self.around)

    async def around(self, call: Call, proceed: Proceed) -> Any:
        """Serve the call; abort it with a status when it fails."""
        try:
            return await proceed(call.request)
        except aio.BaseError:
            # gRPC's own: aborted already, or the caller is gone.
            raise
        except AssentError as error:
            status = status_of(error) or _incident(call.method, error)
            if error.__cause__ is not None:
                _log.warning("%s: %s, because of %s", call.method, error.code, _kinds(error.__cause__))
        except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
            _log.warning("%s: the database is away: %s", call.method, _kinds(error))
            status = status_of(_DATABASE_AWAY)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the caller must not see it
            status = _incident(call.method, error)
        await call.context.abort_with_status(rpc_status.to_status(status))
        return None


def _incident(method: str, error: BaseException) -> Any:
    """Log where an error came from under a number, and return the status that tells the caller the number.

    The text of the exception is left out: it may quote what a caller sent. The debug log has it.
    """
    incident = secrets.token_hex(8)
    frames = "".join(traceback.format_tb(error.__traceback__))
    _log.error("incident %s in %s: %s\n%s", incident, method, _kinds(error), frames)
    _log.debug("incident %s", incident, exc_info=error)
    return internal_status(incident)


def _kinds(error: BaseException) -> str:
    names: list[str] = []
    found: BaseException | None = error
    while found is not None and len(names) < 10:
        names.append(f"{type(found).__module__}.{type(found).__qualname__}")
        found = found.__cause__ or found.__context__
    return " from ".join(names)


def _reading_inside(handler: Handler) -> Handler:
    """Return a handler that reads the request's bytes inside the call: what is wrong with them is an answer, too."""
    read = handler.request_deserializer
    if handler.request_streaming or read is None:
        return handler
    inner = behaviour_of(handler)

    async def behaviour(request: bytes, context: Context) -> Any:
        message = None
        with contextlib.suppress(DecodeError):
            message = read(request)
        if message is None:
            fault = Fault("", "NOT_THIS_MESSAGE", "the bytes are not a message of this method, or nested too deeply")
            raise InvalidError("the request cannot be read", (fault,))
        return await inner(message, context)

    return with_behaviour(handler, behaviour, deserializer=None)


async def _unknown(_request: bytes, _context: Context) -> Any:
    raise UnknownMethodError("there is no such service or method")
