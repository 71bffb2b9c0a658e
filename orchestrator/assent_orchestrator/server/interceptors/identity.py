"""Who is calling: from the bearer token or the client certificate, never from a field of the request."""

import asyncio
from datetime import datetime
from typing import Any, Protocol

from opentelemetry import trace

from assent_orchestrator.audit import spans
from assent_orchestrator.caller import Caller
from assent_orchestrator.clock import utc_now
from assent_orchestrator.errors import UnauthenticatedError
from assent_orchestrator.server.caller_context import serving
from assent_orchestrator.server.identities.certificate import Peer, peer_of
from assent_orchestrator.server.interceptors.around import Around, Call, Proceed


class Identities(Protocol):
    """Knows whose a bearer token or a client certificate is."""

    def authenticate(self, token: str) -> Caller:
        """Return the caller.

        Raises:
            UnauthenticatedError: the token is nobody's.
        """
        ...

    def recognise(self, peer: Peer) -> Caller:
        """Return the caller who has a certificate.

        Raises:
            UnauthenticatedError: it is nobody's, or there is none.
        """
        ...


class Identity(Around):
    """Lets nobody in who is not known. ``open_services`` (``package.Service``) are for everybody."""

    def __init__(self, identities: Identities, open_services: frozenset[str]) -> None:
        self._identities = identities
        self._open = open_services

    async def around(self, call: Call, proceed: Proceed) -> Any:
        """Serve the call in the name of its caller."""
        if call.method.rpartition("/")[0].removeprefix("/") in self._open:
            return await proceed(call.request)
        sent = call.headers("authorization")
        # A token goes before the certificate of whoever passes it on, as a gateway does with those of its users.
        caller = (
            self._identities.authenticate(_bearer_token(sent))
            if sent
            else self._identities.recognise(peer_of(call.context.auth_context()))
        )
        trace.get_current_span().set_attribute(spans.TENANT, caller.tenant)
        with serving(caller):
            if call.response_streaming and caller.known_until is not None:
                return await _while_known(caller.known_until, call, proceed)
            return await proceed(call.request)


async def _while_known(until: datetime, call: Call, proceed: Proceed) -> Any:
    """Serve a stream for as long as its caller would be let in again.

    Raises:
        UnauthenticatedError: that is over.
    """
    scope = asyncio.timeout((until - utc_now()).total_seconds())
    try:
        async with scope:
            return await proceed(call.request)
    except TimeoutError as error:
        if not scope.expired():
            raise
        told = "the bearer token has expired; get a new one, and go on after the last that you have"
        raise UnauthenticatedError(told) from error


def _bearer_token(headers: tuple[str, ...]) -> str:
    if len(headers) != 1:
        raise UnauthenticatedError("send exactly one header 'authorization: Bearer <token>'")
    scheme, _, token = headers[0].partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthenticatedError("the header 'authorization' must be 'Bearer <token>'")
    return token.strip()
