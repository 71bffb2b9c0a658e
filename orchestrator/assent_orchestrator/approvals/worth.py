"""Which answers the gate is asked with: those that mean exactly this action, or hand-over. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from assent_orchestrator.approvals.approval import Approval, ApprovalState
from assent_orchestrator.approvals.requirement import NEW, Answer, Involved, Person, Seat, seat_of, unmet_stages
from assent_sidecar.decision import ApprovalRequirement
from assent_sidecar.facts import ApprovalFacts


def answers_worth(approval: Approval | None, asked: str, revision: str, now: datetime) -> tuple[Answer, ...]:
    """Return the answers that count: given to exactly what has the digest ``asked``, and not too long ago.

    They were given under the rules in force, or the policy that asked for them leaves it to whichever comes to force.
    Where somebody changed what was asked, only who changed it meant what is to be done now.
    """
    if approval is None or approval.state not in (ApprovalState.APPROVED, ApprovalState.EDITED):
        return ()
    if approval.expires_at <= now:
        return ()
    if approval.revision != revision and approval.requirement.on_revision == "void":
        return ()
    return tuple(answer for answer in approval.answers if answer.stands and answer.digest == asked)


def facts_of(approval: Approval, answers: Sequence[Answer]) -> tuple[ApprovalFacts, ...]:
    """Return answers as a question has them."""
    return tuple(
        ApprovalFacts(
            stage=answer.stage,
            role=answer.role,
            approver=answer.approver,
            roles=tuple(sorted(answer.roles)),
            at=answer.at,
            digest=answer.digest,
            asked_at=approval.requested_at,
            stands_for=answer.stands_for,
            edits=tuple(sorted(answer.edits)),
            break_glass=answer.break_glass,
        )
        for answer in answers
    )


def carried(requirement: ApprovalRequirement, answers: Sequence[Answer], involved: Involved) -> tuple[Answer, ...]:
    """Return the answers that stand in a new question about the same action, each in the stage that it counts for.

    None do when they alone would be enough: the policies were asked with them, and asked for more.
    """
    seated: list[Answer] = []
    for answer in answers:
        person = Person(answer.approver, answer.roles, answer.stands_for)
        seat = seat_of(requirement, seated, person, involved, NEW)
        if isinstance(seat, Seat):
            seated.append(replace(answer, stage=seat.stage, role=seat.role, number=len(seated) + 1))
    return tuple(seated) if unmet_stages(requirement, seated) else ()
