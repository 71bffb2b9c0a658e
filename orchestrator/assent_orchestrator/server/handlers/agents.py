"""``assent.v1.AgentService``."""

# ruff: noqa: ARG002, N802 -- names and signatures of the methods are the protocol's

from assent.v1 import agents_pb2 as wire
from assent.v1.agents_pb2_grpc import AgentServiceServicer
from assent_orchestrator.server import names
from assent_orchestrator.server.caller_context import current_caller
from assent_orchestrator.server.interceptors.around import Context
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.translate.agent import write_agent


class AgentHandlers(AgentServiceServicer):
    """Shows agents."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def ListAgents(self, request: wire.ListAgentsRequest, context: Context) -> wire.ListAgentsResponse:
        """Return all agents."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        found, revision = self._parts.agents.list(caller)
        return wire.ListAgentsResponse(agents=[write_agent(caller.tenant, one, revision) for one in found])

    async def GetAgent(self, request: wire.GetAgentRequest, context: Context) -> wire.Agent:
        """Return one agent."""
        caller = current_caller()
        found, revision = self._parts.agents.get(caller, names.agent_id(request.name, caller))
        return write_agent(caller.tenant, found, revision)
