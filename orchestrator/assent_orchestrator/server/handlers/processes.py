"""``assent.v1.ProcessService``."""

# ruff: noqa: ARG002, N802 -- names and signatures of the methods are the protocol's

from assent.v1 import amendments_pb2
from assent.v1 import processes_pb2 as wire
from assent.v1.processes_pb2_grpc import ProcessServiceServicer
from assent_orchestrator.amendments.amendment import AmendmentState
from assent_orchestrator.audit.traceparent import current_trace_id
from assent_orchestrator.carry import carry_through
from assent_orchestrator.server import names
from assent_orchestrator.server.caller_context import current_caller
from assent_orchestrator.server.filters import choice, read_filter
from assent_orchestrator.server.interceptors.around import Context
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.time_left import time_left
from assent_orchestrator.server.translate.amendment import (
    read_proposal,
    write_amendment,
    write_effects,
    write_proposed,
)
from assent_orchestrator.server.translate.process import write_process

_FILTERS = frozenset({"state", "process"})


class ProcessHandlers(ProcessServiceServicer):
    """Shows processes, and takes suggestions of how they may change."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def ListProcesses(self, request: wire.ListProcessesRequest, context: Context) -> wire.ListProcessesResponse:
        """Return all processes."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        found, revision = self._parts.processes.list(caller)
        shown = [write_process(caller.tenant, one, revision, whole=False) for one in found]
        return wire.ListProcessesResponse(processes=shown)

    async def GetProcess(self, request: wire.GetProcessRequest, context: Context) -> wire.Process:
        """Return one process."""
        caller = current_caller()
        found, revision = self._parts.processes.get(caller, names.process_id(request.name, caller))
        return write_process(caller.tenant, found, revision)

    async def ProposePlan(
        self, request: amendments_pb2.ProposePlanRequest, context: Context
    ) -> amendments_pb2.ProposePlanResponse:
        """Take a plan from any planner."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        proposal = self._parts.proposals.propose(caller, read_proposal(request), within=time_left())
        return write_proposed(await carry_through(proposal), current_trace_id() or "")

    async def ListAmendments(
        self, request: amendments_pb2.ListAmendmentsRequest, context: Context
    ) -> amendments_pb2.ListAmendmentsResponse:
        """Return a page of amendments."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        wanted = read_filter(request.filter, _FILTERS)
        page = await self._parts.amendments.list(
            caller,
            state=choice(wanted["state"], AmendmentState) if "state" in wanted else None,
            process=wanted.get("process", ""),
            size=request.page_size,
            token=request.page_token,
        )
        shown = [write_amendment(one, whole=False) for one in page.items]
        return amendments_pb2.ListAmendmentsResponse(amendments=shown, next_page_token=page.next_token)

    async def GetAmendment(
        self, request: amendments_pb2.GetAmendmentRequest, context: Context
    ) -> amendments_pb2.Amendment:
        """Return one amendment."""
        caller = current_caller()
        found = await self._parts.amendments.get(caller, names.amendment_id(request.name, caller))
        return write_amendment(found)

    async def SimulateAmendment(
        self, request: amendments_pb2.SimulateAmendmentRequest, context: Context
    ) -> amendments_pb2.SimulateAmendmentResponse:
        """Say what an amendment would have changed."""
        caller = current_caller()
        amendment = names.amendment_id(request.name, caller)
        found = await self._parts.effects.simulate(caller, amendment, request.runs, within=time_left())
        return write_effects(caller.tenant, found)

    async def DismissAmendment(
        self, request: amendments_pb2.DismissAmendmentRequest, context: Context
    ) -> amendments_pb2.Amendment:
        """Put an amendment aside."""
        caller = current_caller()
        amendment = names.amendment_id(request.name, caller)
        return write_amendment(await carry_through(self._parts.amendments.dismiss(caller, amendment, request.reason)))
