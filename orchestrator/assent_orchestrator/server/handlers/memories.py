"""``assent.v1.MemoryService``."""

# ruff: noqa: ARG002, N802 -- names and signatures of the methods are the protocol's

from assent.v1 import memories_pb2 as wire
from assent.v1 import memory_classes_pb2
from assent.v1.memories_pb2_grpc import MemoryServiceServicer
from assent_orchestrator.audit.traceparent import current_trace_id
from assent_orchestrator.carry import carry_through
from assent_orchestrator.server import names
from assent_orchestrator.server.caller_context import current_caller
from assent_orchestrator.server.interceptors.around import Context
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.time_left import time_left
from assent_orchestrator.server.translate import memory as translate
from assent_orchestrator.server.translate.memory_class import write_classes


class MemoryHandlers(MemoryServiceServicer):
    """Remembers, recalls and forgets."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def Remember(self, request: wire.RememberRequest, context: Context) -> wire.RememberResponse:
        """Remember a value."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        wish = translate.read_remember(request, caller)
        answer, made = await carry_through(self._parts.keeper.remember(caller, wish, within=time_left()))
        return translate.write_remembered(answer, made, current_trace_id() or "")

    async def Recall(self, request: wire.RecallRequest, context: Context) -> wire.RecallResponse:
        """Return what is remembered."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        wish = translate.read_recall(request, caller)
        answer, found = await self._parts.recalling.recall(caller, wish, within=time_left())
        return translate.write_recalled(answer, found, current_trace_id() or "")

    async def Forget(self, request: wire.ForgetRequest, context: Context) -> wire.ForgetResponse:
        """Forget a subject."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        wish = translate.read_forget(request, caller)
        answer, found = await carry_through(self._parts.keeper.forget(caller, wish, within=time_left()))
        return translate.write_forgotten(answer, found, current_trace_id() or "")

    async def ListMemories(self, request: wire.ListMemoriesRequest, context: Context) -> wire.ListMemoriesResponse:
        """Return a page of what is remembered."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        wish = translate.read_list(request, caller)
        answer, page = await self._parts.keeper.list(caller, wish, token=request.page_token, within=time_left())
        return translate.write_list(answer, page, current_trace_id() or "")

    async def PlaceHold(self, request: wire.PlaceHoldRequest, context: Context) -> wire.PlaceHoldResponse:
        """Place a legal hold."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        wish = translate.read_hold(request, caller)
        answer, hold = await carry_through(self._parts.custody.place(caller, wish, within=time_left()))
        return translate.write_placed(answer, hold, current_trace_id() or "")

    async def LiftHold(self, request: wire.LiftHoldRequest, context: Context) -> wire.LiftHoldResponse:
        """Lift a legal hold."""
        caller = current_caller()
        hold_id, wish = names.hold_id(request.name, caller), translate.read_lift(request, caller)
        answer, hold = await carry_through(self._parts.custody.lift(caller, hold_id, wish, within=time_left()))
        return translate.write_lifted(answer, hold, current_trace_id() or "")

    async def ListHolds(self, request: wire.ListHoldsRequest, context: Context) -> wire.ListHoldsResponse:
        """Return a page of legal holds."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        page = await self._parts.custody.list(
            caller,
            subject=request.subject,
            in_force=True if request.in_force else None,
            size=request.page_size,
            token=request.page_token,
        )
        shown = [translate.write_hold(one) for one in page.items]
        return wire.ListHoldsResponse(holds=shown, next_page_token=page.next_token)

    async def ListMemoryClasses(
        self, request: memory_classes_pb2.ListMemoryClassesRequest, context: Context
    ) -> memory_classes_pb2.ListMemoryClassesResponse:
        """Return all classes of memory."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        found, revision = self._parts.memory_classes.list(caller)
        return write_classes(caller.tenant, found, revision)
