"""``assent.v1.ProcessService``."""

# ruff: noqa: ARG002, N802 -- names and signatures of the methods are the protocol's

from assent.v1 import processes_pb2 as wire
from assent.v1.processes_pb2_grpc import ProcessServiceServicer
from assent_orchestrator.server import names
from assent_orchestrator.server.caller_context import current_caller
from assent_orchestrator.server.interceptors.around import Context
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.translate.process import write_process


class ProcessHandlers(ProcessServiceServicer):
    """Shows processes."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def ListProcesses(self, request: wire.ListProcessesRequest, context: Context) -> wire.ListProcessesResponse:
        """Return all processes."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        found, revision = self._parts.processes.list()
        shown = [write_process(caller.tenant, one, revision, whole=False) for one in found]
        return wire.ListProcessesResponse(processes=shown)

    async def GetProcess(self, request: wire.GetProcessRequest, context: Context) -> wire.Process:
        """Return one process."""
        caller = current_caller()
        found, revision = self._parts.processes.get(names.process_id(request.name, caller))
        return write_process(caller.tenant, found, revision)
