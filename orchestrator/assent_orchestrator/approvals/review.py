"""A look afterwards at what somebody approved alone: an item of the inbox by itself, which never expires."""

import uuid
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import Approval, ApprovalKind, ApprovalState
from assent_orchestrator.approvals.note import note_event
from assent_orchestrator.approvals.request import insert_request
from assent_orchestrator.approvals.requirement import Answer
from assent_orchestrator.audit.record import Draft
from assent_orchestrator.clock import later
from assent_orchestrator.store.approval_tables import approvals
from assent_sidecar.canonical import digest
from assent_sidecar.decision import ApprovalRequirement, Review
from assent_sidecar.model import Json, seconds

_AHEAD = frozenset({"on_yes", "more_on_yes", "on_no"})
"""What follows from an answer to the question itself: from the review nothing follows."""


async def open_review(tx: AsyncConnection, approval: Approval, given: Answer, asked: Review, now: datetime) -> Draft:
    """Put what somebody approved alone before those who review it, and let them see the approval itself."""
    due = later(now, seconds(asked.within))
    what = {name: shown for name, shown in approval.presented.items() if name not in _AHEAD}
    presented: dict[str, Json] = {
        **what,
        "broke_glass": {
            "approval": approval.id,
            "approver": given.approver,
            "role": given.role,
            "stage": given.stage,
            "at": given.at.isoformat(),
            "rationale": given.rationale,
            "presented_digest": approval.presented_digest,
        },
    }
    review = replace(
        approval,
        id=uuid.uuid4().hex,
        kind=ApprovalKind.REVIEW,
        about=approval.id,
        state=ApprovalState.PENDING,
        version=1,
        roles=(asked.role,),
        requirement=_requirement(approval, asked),
        presented=presented,
        presented_digest=digest(presented),
        requested_at=now,
        expires_at=due,
        resolved_at=None,
        rungs=0,
        reminders=0,
        extended=False,
        due_at=due,
        answers=(),
    )
    await insert_request(tx, review)
    seen = tuple(dict.fromkeys((*approval.roles, asked.role)))
    await tx.execute(sa.update(approvals).where(approvals.c.id == approval.id).values(roles=list(seen)))
    return note_event("approval.review_requested", review, str(review.state))


def reviewed(review: Approval) -> Answer | None:
    """Return the answer that is reviewed; None where this is no review."""
    if review.kind is not ApprovalKind.REVIEW:
        return None
    given = review.presented["broke_glass"]
    return Answer(
        stage=given["stage"],
        role=given["role"],
        approver=given["approver"],
        roles=frozenset({given["role"]}),
        approved=True,
        at=datetime.fromisoformat(given["at"]),
        digest=review.action_digest,
        rationale=given["rationale"],
        break_glass=True,
        presented_digest=given["presented_digest"],
    )


def alone(review: Approval) -> frozenset[str]:
    """Return who approved alone what is reviewed: they never review it themselves."""
    given = reviewed(review)
    return given.persons if given is not None else frozenset()


def _requirement(approval: Approval, asked: Review) -> ApprovalRequirement:
    """Return what a review needs: one person, of whom whoever could not answer the question is none."""
    excluded = [who for who in approval.requirement.excluded if who != "previous_stage"]
    return ApprovalRequirement.from_json(
        {"stages": [{"role": asked.role}], "not": excluded, "expires_in": asked.within}
    )
