"""``assent.v1.HealthService``."""

# ruff: noqa: ARG002, N802 -- names and signatures of the methods are the protocol's

from assent.v1 import health_pb2 as wire
from assent.v1.health_pb2_grpc import HealthServiceServicer
from assent_orchestrator.server.caller_context import current_caller
from assent_orchestrator.server.health import HealthView
from assent_orchestrator.server.interceptors.around import Context
from assent_orchestrator.server.parts import ServerParts


class HealthHandlers(HealthServiceServicer):
    """Says in detail what ``grpc.health.v1`` says with one word; to known callers only, for details help attackers."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def GetHealth(self, request: wire.GetHealthRequest, context: Context) -> wire.Health:
        """Return how every part is."""
        return write_health(await self._parts.health(current_caller().tenant))


def write_health(view: HealthView) -> wire.Health:
    """Return the health as callers read it."""
    return wire.Health(
        state=_state(view.ready),
        components=[
            wire.ComponentHealth(name=part.name, state=_state(part.ready), detail=part.detail)
            for part in view.components
        ],
        engine_version=view.engine_version,
        engine_origin=view.engine_origin,
        revision=view.revision,
        server_version=view.server_version,
    )


def _state(ready: bool) -> wire.HealthState.ValueType:
    return wire.HEALTH_STATE_READY if ready else wire.HEALTH_STATE_NOT_READY
