"""``assent.v1.AuditService``."""

# ruff: noqa: ARG002, N802 -- names and signatures of the methods are the protocol's

from assent.v1 import audit_pb2 as wire
from assent.v1.audit_pb2_grpc import AuditServiceServicer
from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.server import names
from assent_orchestrator.server.caller_context import current_caller
from assent_orchestrator.server.filters import read_filter
from assent_orchestrator.server.interceptors.around import Context
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.translate.audit import read_head, write_entry, write_verification

_FILTERS = frozenset({"run", "event", "decision"})


class AuditHandlers(AuditServiceServicer):
    """Reads the trail and proves it."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def ListAuditRecords(
        self, request: wire.ListAuditRecordsRequest, context: Context
    ) -> wire.ListAuditRecordsResponse:
        """Return a page of records."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        page = await self._parts.records.list(
            caller,
            Wanted(**read_filter(request.filter, _FILTERS)),
            after_seq=request.after_seq,
            size=request.page_size,
            token=request.page_token,
        )
        records = [write_entry(caller.tenant, entry) for entry in page.items]
        return wire.ListAuditRecordsResponse(audit_records=records, next_page_token=page.next_token)

    async def VerifyTrail(self, request: wire.VerifyTrailRequest, context: Context) -> wire.VerifyTrailResponse:
        """Prove the trail."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        return write_verification(await self._parts.records.verify(caller, read_head(request.remembered_head)))
