"""Whether Assent can do its work: asked of the application, told in full, and in a word (``grpc.health.v1``)."""

# ruff: noqa: ARG002, N802 -- names and signatures of the methods are the protocol's

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from typing import Protocol

from grpc_health.v1 import health_pb2, health_pb2_grpc

from assent_orchestrator.errors import NotFoundError
from assent_orchestrator.server.interceptors.around import Context

_log = logging.getLogger("assent.server")


@dataclass(frozen=True, slots=True)
class ComponentView:
    """One part. ``detail`` says what is wrong and what to do about it; no secrets, no internals."""

    name: str
    ready: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class HealthView:
    """All parts; ready when each of them is."""

    ready: bool
    components: tuple[ComponentView, ...]
    engine_version: str
    engine_origin: str
    revision: str
    server_version: str


class HealthCheck(Protocol):
    """Looks at every part."""

    async def __call__(self, tenant: str = "") -> HealthView:
        """Return how every part is that a tenant depends on; without one, how the server is."""
        ...


class Readiness:
    """The one word: may callers be sent here? Not before somebody said so."""

    def __init__(self) -> None:
        self._ready = False
        self._changed = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Whether callers may be sent here."""
        return self._ready

    def tell(self, *, ready: bool) -> None:
        """Say it, and wake everybody who watches."""
        if ready != self._ready:
            _log.info("ready" if ready else "not ready")
            self._ready = ready
            self._changed.set()
            self._changed = asyncio.Event()

    async def change(self) -> None:
        """Wait until it is said otherwise."""
        await self._changed.wait()

    async def follow(self, check: HealthCheck, interval: float) -> None:
        """Look every ``interval`` seconds, for ever. A look that fails or takes as long is a no."""
        while True:
            self.tell(ready=await look(check, interval))
            await asyncio.sleep(interval)


async def look(check: HealthCheck, patience: float) -> bool:
    """Return whether every part says within ``patience`` seconds that it is ready."""
    try:
        async with asyncio.timeout(patience):
            return (await check()).ready
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is not readiness
        _log.warning("the health could not be looked at: %s", type(error).__name__)
        return False


class Probes(health_pb2_grpc.HealthServicer):  # type: ignore[misc] # the package has no types
    """``grpc.health.v1`` for the server ("") and each service; unlike gRPC's own, slow watchers hold nobody up."""

    def __init__(self, readiness: Readiness, services: Iterable[str]) -> None:
        self._readiness = readiness
        self._services = frozenset(services) | {""}

    async def Check(self, request: health_pb2.HealthCheckRequest, context: Context) -> health_pb2.HealthCheckResponse:
        """Say whether a service can be called now."""
        if request.service not in self._services:
            raise NotFoundError("there is no such service here", service=request.service)
        return self._answer()

    async def List(self, request: health_pb2.HealthListRequest, context: Context) -> health_pb2.HealthListResponse:
        """Say it of every service."""
        answer = self._answer()
        return health_pb2.HealthListResponse(statuses=dict.fromkeys(sorted(self._services), answer))

    async def Watch(
        self, request: health_pb2.HealthCheckRequest, context: Context
    ) -> AsyncGenerator[health_pb2.HealthCheckResponse, None]:
        """Say it now and whenever it changes."""
        if request.service not in self._services:
            yield health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVICE_UNKNOWN)
        while True:
            told = self._readiness.ready
            if request.service in self._services:
                yield self._answer()
            while self._readiness.ready == told:
                await self._readiness.change()

    def _answer(self) -> health_pb2.HealthCheckResponse:
        kinds = health_pb2.HealthCheckResponse
        return kinds(status=kinds.SERVING if self._readiness.ready else kinds.NOT_SERVING)
