"""What happens to a question because time passes, and when. Pure. None of it ever approves anything."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from assent_orchestrator.approvals.approval import Approval, ApprovalKind
from assent_orchestrator.clock import later
from assent_sidecar.decision import ApprovalRequirement, Escalation
from assent_sidecar.model import seconds


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that is due: ``role`` may answer from now on, people are reminded, or a review is overdue."""

    event: Literal["approval.escalated", "approval.reminded", "approval.review_overdue"]
    role: str | None = None


def ladder(requirement: ApprovalRequirement) -> tuple[Escalation, ...]:
    """Return the rungs of the escalation ladder, the first one first."""
    return tuple(sorted(requirement.escalate, key=lambda rung: seconds(rung.after)))


def may_extend(approval: Approval) -> bool:
    """Say whether a question that nobody answered in time is put once more, to the roles of its ladder."""
    asked = approval.requirement
    return asked.on_expiry == "escalate" and bool(asked.escalate) and not approval.extended


def extended(approval: Approval, now: datetime) -> Approval:
    """Return a question as it is put once more, for as long as the first time, to all of its ladder."""
    roles = [rung.role for rung in ladder(approval.requirement)]
    again = replace(
        approval,
        extended=True,
        rungs=len(roles),
        roles=_also(approval, roles),
        expires_at=later(now, seconds(approval.requirement.expires_in)),
    )
    return replace(again, due_at=next_due(again))


def next_due(approval: Approval) -> datetime | None:
    """Return when the next of these things happens to a pending question, or None: never."""
    if approval.kind is ApprovalKind.REVIEW:
        return approval.expires_at
    rungs = ladder(approval.requirement)
    moments = [] if approval.rungs >= len(rungs) else [_since(approval, seconds(rungs[approval.rungs].after))]
    every = approval.requirement.remind
    if every is not None:
        moments.append(_since(approval, (approval.reminders + 1) * seconds(every)))
    return min((moment for moment in moments if moment < approval.expires_at), default=None)


def happened(approval: Approval, now: datetime) -> tuple[Approval, Sequence[Happening]]:
    """Return a pending question as it is now, and what happened to it; however late it is, people are reminded once."""
    if approval.due_at is None or approval.due_at > now:
        return approval, ()
    if approval.kind is ApprovalKind.REVIEW:
        return replace(approval, due_at=None), (Happening("approval.review_overdue"),)
    rungs, until = ladder(approval.requirement), min(now, approval.expires_at)
    climbed = [rung.role for rung in rungs[approval.rungs :] if _since(approval, seconds(rung.after)) <= until]
    happenings = [Happening("approval.escalated", role) for role in climbed]
    reminders, every = approval.reminders, approval.requirement.remind
    if every is not None and _since(approval, (reminders + 1) * seconds(every)) <= until:
        age = (until - approval.requested_at).total_seconds()
        reminders = max(reminders + 1, int(age // seconds(every)))
        happenings.append(Happening("approval.reminded"))
    after = replace(approval, rungs=approval.rungs + len(climbed), reminders=reminders, roles=_also(approval, climbed))
    return replace(after, due_at=next_due(after)), happenings


def _also(approval: Approval, roles: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*approval.roles, *roles)))


def _since(approval: Approval, after: float) -> datetime:
    return later(approval.requested_at, after)
