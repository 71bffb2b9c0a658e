"""``assent.v1.DecisionService``."""

# ruff: noqa: ARG002, N802 -- names and signatures of the methods are the protocol's

from assent.v1 import permits_pb2 as wire
from assent.v1.permits_pb2_grpc import DecisionServiceServicer
from assent_orchestrator.audit.traceparent import current_trace_id
from assent_orchestrator.carry import carry_through
from assent_orchestrator.governance.handed_out import PermitStatus
from assent_orchestrator.server import names
from assent_orchestrator.server.caller_context import current_caller
from assent_orchestrator.server.filters import choice, read_filter
from assent_orchestrator.server.interceptors.around import Context
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.time_left import time_left
from assent_orchestrator.server.translate.permit import read_outcome, read_request, write_permit, write_reply

_FILTERS = frozenset({"state", "agent", "run"})


class DecisionHandlers(DecisionServiceServicer):
    """Decides for agents that act themselves, and looks after what they were permitted."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def Decide(self, request: wire.DecideRequest, context: Context) -> wire.DecideResponse:
        """Decide one action."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        asked = read_request([request.action], request.terms, request.request_id, batch=False)
        (reply,) = await self._parts.desk.decide(caller, asked, within=time_left())
        return write_reply(caller.tenant, reply, current_trace_id() or "")

    async def DecideBatch(self, request: wire.DecideBatchRequest, context: Context) -> wire.DecideBatchResponse:
        """Decide many actions."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        asked = read_request(request.actions, request.terms, request.request_id, batch=True)
        replies = await self._parts.desk.decide(caller, asked, within=time_left())
        trace_id = current_trace_id() or ""
        return wire.DecideBatchResponse(answers=[write_reply(caller.tenant, reply, trace_id) for reply in replies])

    async def ReportOutcome(self, request: wire.ReportOutcomeRequest, context: Context) -> wire.Permit:
        """Take what became of a permitted action."""
        caller = current_caller()
        permit_id = names.permit_id(request.name, caller)
        reporting = self._parts.permits.report(caller, permit_id, read_outcome(request))
        return write_permit(await carry_through(reporting))

    async def GetPermit(self, request: wire.GetPermitRequest, context: Context) -> wire.Permit:
        """Return one permit."""
        caller = current_caller()
        return write_permit(await self._parts.permits.get(caller, names.permit_id(request.name, caller)))

    async def ListPermits(self, request: wire.ListPermitsRequest, context: Context) -> wire.ListPermitsResponse:
        """Return a page of permits."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        wanted = read_filter(request.filter, _FILTERS)
        page = await self._parts.permits.list(
            caller,
            status=choice(wanted["state"], PermitStatus) if "state" in wanted else None,
            agent=wanted.get("agent", ""),
            run=wanted.get("run", ""),
            size=request.page_size,
            token=request.page_token,
        )
        permits = [write_permit(permit) for permit in page.items]
        return wire.ListPermitsResponse(permits=permits, next_page_token=page.next_token)
