"""An approval is over: what people said yes to is done now, or it is worth nothing any more, and so is the wait."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import Approval, ApprovalState
from assent_orchestrator.approvals.note import note_state
from assent_orchestrator.approvals.request import resolve
from assent_orchestrator.audit import spans
from assent_orchestrator.audit.record import Draft

REVISED = "REVISION_CHANGED"
"""Why a question to people is void: another bundle is in force."""

ASKED_ANEW = "ASKED_ANEW"
"""Why a question to people is void: what is asked is another thing, or the policies want more, or ask nobody."""


async def use_up(tx: AsyncConnection, approval: Approval, now: datetime) -> Draft:
    """Close a request that people said yes to: what they allowed is done now; return what to record.

    Raises:
        OvertakenError: somebody changed it meanwhile.
    """
    await resolve(tx, approval, ApprovalState.CONSUMED, now)
    trace_wait(approval, ApprovalState.APPROVED, now)
    return note_state(approval, ApprovalState.CONSUMED)


async def void(tx: AsyncConnection, approval: Approval, now: datetime, why: str) -> Draft:
    """Close a request that is worth nothing, as it was seen; return what to record.

    Raises:
        OvertakenError: somebody changed it meanwhile.
    """
    await resolve(tx, approval, ApprovalState.VOID, now)
    trace_wait(approval, ApprovalState.VOID, now)
    return note_state(approval, ApprovalState.VOID, why=why)


def trace_wait(approval: Approval, outcome: ApprovalState, now: datetime) -> None:
    """Write the span of a wait for people, once it is over."""
    spans.approval_span(
        approval.id,
        run=approval.run_id,
        step=approval.step_id,
        outcome=str(outcome),
        requested_at=approval.requested_at,
        resolved_at=approval.resolved_at or now,
        traceparent=approval.traceparent,
        approver_kind="user",
    )
