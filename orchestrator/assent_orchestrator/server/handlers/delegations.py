"""``assent.v1.DelegationService``."""

# ruff: noqa: ARG002, N802 -- names and signatures of the methods are the protocol's

from assent.v1 import delegations_pb2 as wire
from assent.v1.delegations_pb2_grpc import DelegationServiceServicer
from assent_orchestrator.approvals.delegation import DelegationState
from assent_orchestrator.carry import carry_through
from assent_orchestrator.server import names
from assent_orchestrator.server.caller_context import current_caller
from assent_orchestrator.server.filters import choice, read_filter
from assent_orchestrator.server.interceptors.around import Context
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.translate.delegation import read_handing, write_delegation

_FILTERS = frozenset({"state", "giver", "taker"})


class DelegationHandlers(DelegationServiceServicer):
    """Lets people hand their answers to somebody else for a while."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def CreateDelegation(self, request: wire.CreateDelegationRequest, context: Context) -> wire.Delegation:
        """Hand answers over."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        given = await carry_through(self._parts.delegations.create(caller, read_handing(request)))
        return write_delegation(given, self._parts.clock())

    async def ListDelegations(
        self, request: wire.ListDelegationsRequest, context: Context
    ) -> wire.ListDelegationsResponse:
        """Return a page of delegations."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        wanted = read_filter(request.filter, _FILTERS)
        page = await self._parts.delegations.list(
            caller,
            state=choice(wanted["state"], DelegationState) if "state" in wanted else None,
            giver=wanted.get("giver", ""),
            taker=wanted.get("taker", ""),
            size=request.page_size,
            token=request.page_token,
        )
        found = [write_delegation(one, self._parts.clock()) for one in page.items]
        return wire.ListDelegationsResponse(delegations=found, next_page_token=page.next_token)

    async def GetDelegation(self, request: wire.GetDelegationRequest, context: Context) -> wire.Delegation:
        """Return one delegation."""
        caller = current_caller()
        found = await self._parts.delegations.get(caller, names.delegation_id(request.name, caller))
        return write_delegation(found, self._parts.clock())

    async def RevokeDelegation(self, request: wire.RevokeDelegationRequest, context: Context) -> wire.Delegation:
        """End a delegation."""
        caller = current_caller()
        ending = self._parts.delegations.revoke(caller, names.delegation_id(request.name, caller))
        return write_delegation(await carry_through(ending), self._parts.clock())
