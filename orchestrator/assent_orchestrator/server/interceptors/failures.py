"""No error leaves but as a status that says what callers may know of it, and no other text ever."""

import logging
import secrets
import traceback
from typing import Any

import grpc
import sqlalchemy as sa
from grpc import aio
from grpc_status import rpc_status

from assent_orchestrator.errors import AssentError
from assent_orchestrator.server.interceptors.around import Around, Call, Context, Handler, Proceed, wrap
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
        """Put ``around`` around the handler, and around what has none; that, too, waits for no request."""
        served = handler if handler is not None else grpc.stream_unary_rpc_method_handler(_unknown)
        return wrap(served, method, self.around)

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


async def _unknown(_requests: Any, _context: Context) -> Any:
    raise UnknownMethodError("there is no such service or method")
