"""``assent.v1.ApprovalService``."""

# ruff: noqa: ARG002, N802 -- names and signatures of the methods are the protocol's

import contextlib
from collections.abc import AsyncGenerator, Mapping

from assent.v1 import approval_reports_pb2 as report_wire
from assent.v1 import approvals_pb2 as wire
from assent.v1.approvals_pb2_grpc import ApprovalServiceServicer
from assent_orchestrator.approvals.approval import ApprovalKind, ApprovalState
from assent_orchestrator.approvals.reply import Reply
from assent_orchestrator.approvals.sought import Sought
from assent_orchestrator.carry import carry_through
from assent_orchestrator.server import names
from assent_orchestrator.server.caller_context import current_caller
from assent_orchestrator.server.filters import age, choice, read_filter
from assent_orchestrator.server.interceptors.around import Context
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.translate.approval import (
    read_edits,
    read_pick,
    write_approval,
    write_approvals,
    write_change,
)
from assent_orchestrator.server.translate.approval_report import read_span, write_approval_report

_FILTERS = frozenset({"kind", "process", "role", "run", "state"})


class ApprovalHandlers(ApprovalServiceServicer):
    """Shows what waits for a human answer, and takes the answer."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def ListApprovals(self, request: wire.ListApprovalsRequest, context: Context) -> wire.ListApprovalsResponse:
        """Return a page of approvals."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        sought = _sought(read_filter(request.filter, _FILTERS, aged=True))
        page = await self._parts.inbox.list(caller, sought, size=request.page_size, token=request.page_token)
        return wire.ListApprovalsResponse(approvals=write_approvals(page.items), next_page_token=page.next_token)

    async def GetApproval(self, request: wire.GetApprovalRequest, context: Context) -> wire.Approval:
        """Return one approval."""
        caller = current_caller()
        return write_approval(await self._parts.inbox.get(caller, names.approval_id(request.name, caller)))

    async def WatchApprovals(
        self, request: wire.WatchApprovalsRequest, context: Context
    ) -> AsyncGenerator[wire.ApprovalEvent, None]:
        """Follow approvals until the caller has enough."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        sought = _sought(read_filter(request.filter, _FILTERS - {"state"}))
        changes = self._parts.following.watch(caller, sought, request.after_seq)
        async with contextlib.aclosing(changes):
            async for change in changes:
                yield write_change(change)

    async def ReportApprovals(
        self, request: report_wire.ReportApprovalsRequest, context: Context
    ) -> report_wire.ApprovalReport:
        """Return how people answer."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        return write_approval_report(await self._parts.reports.report(caller, read_span(request)), caller.tenant)

    async def DecideApproval(self, request: wire.DecideApprovalRequest, context: Context) -> wire.Approval:
        """Take the caller's answer."""
        caller = current_caller()
        approval_id = names.approval_id(request.name, caller)
        reply = Reply(
            approve=request.answer == wire.DecideApprovalRequest.ANSWER_APPROVE,
            rationale=request.rationale,
            etag=request.etag,
            presented_digest=request.presented_digest,
            on_behalf_of=request.on_behalf_of,
            break_glass=request.break_glass,
            edits=read_edits(request.edits),
        )
        if request.choice:
            pick = read_pick(request, reply)
            return write_approval(await carry_through(self._parts.work_items.choose(caller, approval_id, pick)))
        return write_approval(await carry_through(self._parts.inbox.decide(caller, approval_id, reply)))

    async def WithdrawApproval(self, request: wire.WithdrawApprovalRequest, context: Context) -> wire.Approval:
        """Take back the caller's own yes."""
        caller = current_caller()
        approval_id = names.approval_id(request.name, caller)
        return write_approval(await carry_through(self._parts.inbox.withdraw(caller, approval_id, request.etag)))


def _sought(wanted: Mapping[str, str]) -> Sought:
    return Sought(
        state=choice(wanted["state"], ApprovalState) if "state" in wanted else None,
        kind=choice(wanted["kind"], ApprovalKind) if "kind" in wanted else None,
        process=wanted.get("process", ""),
        run=wanted.get("run", ""),
        role=wanted.get("role", ""),
        over=age(wanted.get("age>")),
        under=age(wanted.get("age<")),
    )
