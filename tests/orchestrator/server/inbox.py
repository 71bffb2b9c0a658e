"""The inbox as the handlers call it: it answers as told, and remembers what it was asked."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from assent_orchestrator.approvals.approval import Approval, ApprovalState
from assent_orchestrator.approvals.following import Change
from assent_orchestrator.approvals.reply import Reply
from assent_orchestrator.approvals.report import (
    ApprovalReport,
    ApproverCounts,
    BrokenGlass,
    Pair,
    ProcessCounts,
    Promptness,
    Span,
)
from assent_orchestrator.approvals.sought import Sought
from assent_orchestrator.caller import Caller
from assent_orchestrator.execution.work_items import Pick
from assent_orchestrator.page import Page
from tests.orchestrator.server.specimens import APPROVAL, NOON

APPROVAL_REPORT = ApprovalReport(
    span=Span(NOON - timedelta(days=30), NOON, "renewal", 10.0),
    processes=(ProcessCounts("renewal", 9, 1, 2, 3, 4, 5),),
    promptness=(Promptness("renewal", "director", 9, 61.5, 7200.0),),
    approvers=(ApproverCounts("dana", 9, 8, 1, 2, 3, 12.5), ApproverCounts("dora", 1, 0, 0, 1, 0, None)),
    pairs=(Pair("dana", "sam", 9, 8, 5),),
    broken_glass=(
        BrokenGlass(
            approval="a1",
            run="r1",
            step="pay",
            process="renewal",
            approver="gus",
            at=NOON,
            review="a2",
            reviewed_at=NOON + timedelta(hours=2),
            found_fault=True,
            due=NOON + timedelta(hours=1),
            overdue=True,
        ),
    ),
    cut=True,
)


@dataclass
class Approvals:
    """The inbox; what is ``open`` is what it lists."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)
    open: list[Approval] = field(default_factory=lambda: [APPROVAL])

    async def get(self, caller: Caller, approval_id: str) -> Approval:
        self.calls.append(("get", caller, approval_id))
        return APPROVAL

    async def list(self, caller: Caller, sought: Sought, **page: Any) -> Page[Approval]:
        self.calls.append(("list", caller, sought, page))
        return Page(self.open, "")

    async def watch(self, caller: Caller, sought: Sought, after_seq: int) -> AsyncGenerator[Change, None]:
        self.calls.append(("watch", caller, sought, after_seq))
        yield Change(0, NOON, approval=APPROVAL)
        yield Change(5, NOON)
        yield Change(7, NOON, "approval.approved", replace(APPROVAL, state=ApprovalState.APPROVED))

    async def decide(self, caller: Caller, approval_id: str, reply: Reply) -> Approval:
        self.calls.append(("decide", caller, approval_id, reply))
        return replace(APPROVAL, state=ApprovalState.APPROVED, resolved_at=NOON)

    async def report(self, caller: Caller, span: Span) -> ApprovalReport:
        self.calls.append(("report", caller, span))
        return APPROVAL_REPORT

    async def choose(self, caller: Caller, approval_id: str, pick: Pick) -> Approval:
        self.calls.append(("choose", caller, approval_id, pick))
        return replace(APPROVAL, state=ApprovalState.CONSUMED, resolved_at=NOON)

    async def withdraw(self, caller: Caller, approval_id: str, etag: str) -> Approval:
        self.calls.append(("withdraw", caller, approval_id, etag))
        withdrawn = replace(APPROVAL.answers[0], withdrawn_at=NOON)
        return replace(APPROVAL, answers=(withdrawn,))
