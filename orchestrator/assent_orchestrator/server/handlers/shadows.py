"""``assent.v1.ShadowService``."""

# ruff: noqa: ARG002, N802 -- names and signatures of the methods are the protocol's

from assent.v1 import shadows_pb2 as wire
from assent.v1.shadows_pb2_grpc import ShadowServiceServicer
from assent_orchestrator.carry import carry_through
from assent_orchestrator.server import names
from assent_orchestrator.server.caller_context import current_caller
from assent_orchestrator.server.interceptors.around import Context
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.translate.shadow import write_report, write_shadow


class ShadowHandlers(ShadowServiceServicer):
    """Tries policies beside those in force."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def StartShadow(self, request: wire.StartShadowRequest, context: Context) -> wire.Shadow:
        """Start a shadow."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        starting = self._parts.shadows.start(caller, archive=request.archive, revision=request.revision)
        return write_shadow(await carry_through(starting), caller.tenant)

    async def GetShadowReport(self, request: wire.GetShadowReportRequest, context: Context) -> wire.ShadowReport:
        """Return what a shadow found."""
        caller = current_caller()
        report = await self._parts.shadows.report(caller, names.shadow_id(request.name, caller))
        return write_report(report, caller.tenant)

    async def StopShadow(self, request: wire.StopShadowRequest, context: Context) -> wire.Shadow:
        """End a shadow."""
        caller = current_caller()
        stopping = self._parts.shadows.stop(caller, names.shadow_id(request.name, caller))
        return write_shadow(await carry_through(stopping), caller.tenant)
