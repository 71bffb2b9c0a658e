"""The loopback HTTP port: AuthZEN's evaluation endpoints, with the same answers as the gRPC services."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

import sqlalchemy as sa
from aiohttp import web

from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import (
    AlreadyExistsError,
    AssentError,
    BusyError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StateError,
    UnauthenticatedError,
    UnavailableError,
)
from assent_orchestrator.server.address import Address, ListenError, read_address, require_loopback
from assent_orchestrator.server.authzen import Asked, metadata, read_evaluation, read_evaluations, write_evaluation
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.refusal import DeadlineError
from assent_orchestrator.store.confinement import confined_to

MAX_BODY_BYTES = 4 * 1024 * 1024
LONGEST = 30.0
"""Seconds that one request may take."""

_STATUSES: tuple[tuple[type[AssentError], int], ...] = (
    (InvalidError, 400),
    (UnauthenticatedError, 401),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (AlreadyExistsError, 409),
    (StateError, 409),
    (BusyError, 429),
    (UnavailableError, 503),
    (DeadlineError, 503),
)
_ID = "X-Request-ID"

_log = logging.getLogger("assent.http")


@contextlib.asynccontextmanager
async def listening_http(parts: ServerParts, address: str) -> AsyncIterator[Address]:
    """Listen at a loopback address for as long as the block lasts; yields it with the port it got.

    Raises:
        ListenError: the address is not one, is not of this machine only, or is taken.
    """
    wanted = read_address(address)
    require_loopback(wanted)
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_safely])
    endpoints = _Endpoints(parts)
    app.router.add_get("/.well-known/authzen-configuration", endpoints.configuration)
    app.router.add_post("/access/v1/evaluation", endpoints.evaluation)
    app.router.add_post("/access/v1/evaluations", endpoints.evaluations)
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        site = web.TCPSite(runner, wanted.host, wanted.port)
        try:
            await site.start()
        except OSError as error:
            raise ListenError(f"{wanted} cannot be listened at: is the port taken?") from error
        port = runner.addresses[0][1]
        endpoints.origin = f"http://{Address(wanted.host, port)}"
        yield Address(wanted.host, port)
    finally:
        await runner.cleanup()


class _Endpoints:
    """The three endpoints."""

    def __init__(self, parts: ServerParts) -> None:
        self.origin = ""
        self._parts = parts

    async def configuration(self, request: web.Request) -> web.Response:
        """Say where the endpoints are."""
        del request
        return web.json_response(metadata(self.origin))

    async def evaluation(self, request: web.Request) -> web.Response:
        """Answer one evaluation."""
        caller = self._caller(request)
        asked = read_evaluation(await _body(request))
        (answer,) = await self._answers(caller, asked)
        return web.json_response(answer)

    async def evaluations(self, request: web.Request) -> web.Response:
        """Answer several evaluations; one where there is no list, as the specification has it."""
        caller = self._caller(request)
        asked = read_evaluations(await _body(request))
        answers = await self._answers(caller, asked)
        return web.json_response({"evaluations": answers} if asked.request.batch else answers[0])

    async def _answers(self, caller: Caller, asked: Asked) -> list[dict[str, object]]:
        with confined_to(caller.tenant):
            replies = await self._parts.desk.decide(caller, asked.request, enough=asked.enough)
        return [write_evaluation(caller.tenant, reply) for reply in replies]

    def _caller(self, request: web.Request) -> Caller:
        headers = request.headers.getall("Authorization", [])
        scheme, _, token = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
        if scheme.lower() != "bearer" or not token.strip():
            raise UnauthenticatedError("send exactly one header 'Authorization: Bearer <token>'")
        return self._parts.identities.authenticate(token.strip())


async def _body(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.RequestPayloadError as error:
        raise web.HTTPBadRequest(reason="the body cannot be read") from error
    except ConnectionResetError as error:
        # The caller is gone and hears nothing; it is no fault of ours.
        raise web.HTTPBadRequest(reason="the body did not come") from error


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def _safely(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever is raised into a status and a code; no other text of an error ever leaves."""
    try:
        if request.method == "POST" and request.content_type != "application/json":
            # Browsers send such bodies across origins only after asking, and nobody here says yes.
            response: web.StreamResponse = _error(415, "INVALID_REQUEST", "send application/json")
        else:
            async with asyncio.timeout(LONGEST):
                response = await handler(request)
    except web.HTTPException as error:
        response = _error(error.status, "INVALID_REQUEST", error.reason)
    except TimeoutError:
        response = _error(503, "DEADLINE_EXCEEDED", "the request took too long; look whether it was done")
    except AssentError as error:
        status = next((number for kind, number in _STATUSES if isinstance(error, kind)), 500)
        response = _error(status, error.code, error.message, error) if status != 500 else _incident(error)
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError):
        response = _error(503, "DATABASE_UNAVAILABLE", "the database is away; nothing is known to be done")
    except Exception as error:  # noqa: BLE001 -- whatever it is, the caller must not see it
        response = _incident(error)
    if _ID in request.headers:
        response.headers[_ID] = request.headers[_ID]
    return response


def _error(status: int, code: str, message: str, error: AssentError | None = None) -> web.Response:
    content: dict[str, object] = {"code": code, "message": message}
    if isinstance(error, InvalidError):
        content["faults"] = [
            {"field": one.field, "code": one.code, "description": one.description} for one in error.faults
        ]
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return web.json_response({"error": content}, status=status, headers=headers)


def _incident(error: Exception) -> web.Response:
    incident = secrets.token_hex(8)
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    _log.error("incident %s over HTTP: %s", incident, kind)
    _log.debug("incident %s", incident, exc_info=error)
    return _error(500, "INTERNAL", f"something went wrong inside; tell the operator of this server {incident}")
