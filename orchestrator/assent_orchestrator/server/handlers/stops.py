"""``assent.v1.StopService``."""

# ruff: noqa: ARG002, N802 -- names and signatures of the methods are the protocol's

from assent.v1 import stops_pb2 as wire
from assent.v1.stops_pb2_grpc import StopServiceServicer
from assent_orchestrator.carry import carry_through
from assent_orchestrator.governance.stop import Scope
from assent_orchestrator.server import names
from assent_orchestrator.server.caller_context import current_caller
from assent_orchestrator.server.filters import choice, read_filter
from assent_orchestrator.server.interceptors.around import Context
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.translate.stop import StopState, read_order, write_stop

_FILTERS = frozenset({"state", "scope"})


class StopHandlers(StopServiceServicer):
    """Stops what agents do, and lets it go on."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def CreateStop(self, request: wire.CreateStopRequest, context: Context) -> wire.Stop:
        """Stop."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        order = read_order(request)
        return write_stop(await carry_through(self._parts.stops.create(caller, order)), caller.tenant)

    async def ListStops(self, request: wire.ListStopsRequest, context: Context) -> wire.ListStopsResponse:
        """Return a page of stops."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        wanted = read_filter(request.filter, _FILTERS)
        page = await self._parts.stops.list(
            caller,
            in_force=choice(wanted["state"], StopState) is StopState.IN_FORCE if "state" in wanted else None,
            scope=choice(wanted["scope"], Scope) if "scope" in wanted else None,
            size=request.page_size,
            token=request.page_token,
        )
        stops = [write_stop(stop, caller.tenant) for stop in page.items]
        return wire.ListStopsResponse(stops=stops, next_page_token=page.next_token)

    async def GetStop(self, request: wire.GetStopRequest, context: Context) -> wire.Stop:
        """Return one stop."""
        caller = current_caller()
        return write_stop(await self._parts.stops.get(caller, names.stop_id(request.name, caller)), caller.tenant)

    async def LiftStop(self, request: wire.LiftStopRequest, context: Context) -> wire.Stop:
        """Lift a stop."""
        caller = current_caller()
        lifting = self._parts.stops.lift(
            caller, names.stop_id(request.name, caller), request.reason, request.request_id
        )
        return write_stop(await carry_through(lifting), caller.tenant)
