"""The one request of a call is taken in when its caller is known and let in, and it does not keep the server waiting.

gRPC itself would wait for it before it asks anybody here: then whoever sends none would stay, and would be nobody. So
to gRPC the requests of every call are a stream, of which this takes the first.
"""

import asyncio
from typing import Any

from google.protobuf.message import DecodeError

from assent_orchestrator.errors import Fault, InvalidError
from assent_orchestrator.server.interceptors.around import Context, Handler, behaviour_of, streamed
from assent_orchestrator.server.refusal import SlowSenderError
from assent_orchestrator.store.confinement import confined

STRANGERS = 100
"""How many callers who are nobody are waited for at once."""

_LAST_SECONDS = 0.2
"""How long after the end of what a caller sends it is known whether the caller hung up."""


class Arrival:
    """A layer that waits for the request of a call ``patience`` seconds.

    When ``STRANGERS`` callers who are nobody (of the services that are open to everybody) are waited for, the next one
    takes the place of the one who waits longest. Whoever sends the request with the call is hardly ever it.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._waiting: dict[asyncio.Timeout, None] = {}

    def serving(self, handler: Handler | None, method: str) -> Handler | None:
        """Take over the reading of a single request."""
        del method
        if handler is None or handler.request_streaming:
            return handler
        inner, read = behaviour_of(handler), handler.request_deserializer

        async def behaviour(_: Any, context: Context) -> Any:
            return await inner(_message(await self._arrived(context), read), context)

        return streamed(handler, behaviour)

    async def _arrived(self, context: Context) -> bytes:
        # To the end, whoever hangs up: it comes with the end of the call, and what gRPC has for it is given back then.
        coming = asyncio.create_task(_first(context))
        coming.add_done_callback(_heard)
        scope = asyncio.timeout(self._patience)
        try:
            async with scope:
                self._let_in(scope)
                try:
                    sent = await asyncio.shield(coming)
                finally:
                    self._waiting.pop(scope, None)
        except TimeoutError:
            if not scope.expired():
                raise
            # Without what it came from, which would be logged: strangers could fill the log.
            told = "the request did not come in time; send it with the call"
            raise SlowSenderError(told, patience_seconds=f"{self._patience:g}") from None
        if not isinstance(sent, bytes):
            # So it looks when the caller hangs up, too, and then the call is cancelled at once.
            await asyncio.sleep(_LAST_SECONDS)
            raise _unreadable("NO_MESSAGE", "the call ended without one")
        return sent

    def _let_in(self, scope: asyncio.Timeout) -> None:
        if confined() is not None:
            return
        if len(self._waiting) >= STRANGERS:
            longest = next(iter(self._waiting))
            del self._waiting[longest]
            if not longest.expired():
                longest.reschedule(asyncio.get_running_loop().time())
        self._waiting[scope] = None


async def _first(context: Context) -> Any:
    return await context.read()


def _heard(coming: "asyncio.Task[Any]") -> None:
    if not coming.cancelled():
        coming.exception()


def _message(sent: bytes, read: Any) -> Any:
    """Return the message; what is wrong with its bytes is an answer, too."""
    try:
        message = read(sent)
    except DecodeError:
        message = None
    if message is None:
        raise _unreadable("NOT_THIS_MESSAGE", "the bytes are not a message of this method, or nested too deeply")
    return message


def _unreadable(code: str, description: str) -> InvalidError:
    return InvalidError("the request cannot be read", (Fault("", code, description),))
