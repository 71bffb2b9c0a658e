"""``assent.v1.PolicyService``."""

# ruff: noqa: ARG002, N802 -- names and signatures of the methods are the protocol's

from assent.v1 import policies_pb2 as wire
from assent.v1.policies_pb2_grpc import PolicyServiceServicer
from assent_orchestrator.carry import carry_through
from assent_orchestrator.server import names
from assent_orchestrator.server.caller_context import current_caller
from assent_orchestrator.server.interceptors.around import Context
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.translate.policy import write_policies


class PolicyHandlers(PolicyServiceServicer):
    """Shows the policies, and brings others into force."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def GetPolicyStatus(self, request: wire.GetPolicyStatusRequest, context: Context) -> wire.PolicyStatus:
        """Return how the policies are."""
        caller = current_caller()
        names.own_policies(request.name, caller)
        return write_policies(await self._parts.policies.status(caller), caller.tenant)

    async def ActivatePolicy(self, request: wire.ActivatePolicyRequest, context: Context) -> wire.PolicyStatus:
        """Bring the bundle that waits into force."""
        caller = current_caller()
        names.own_policies(request.name, caller)
        activating = self._parts.policies.activate(caller, request.revision, request.reason, request.request_id)
        return write_policies(await carry_through(activating), caller.tenant)

    async def RollBackPolicy(self, request: wire.RollBackPolicyRequest, context: Context) -> wire.PolicyStatus:
        """Go back to a bundle."""
        caller = current_caller()
        names.own_policies(request.name, caller)
        going_back = self._parts.policies.roll_back(caller, request.revision, request.reason, request.request_id)
        return write_policies(await carry_through(going_back), caller.tenant)
