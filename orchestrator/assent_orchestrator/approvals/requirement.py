"""Who may answer, and when the answers are enough. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assent_sidecar.decision import ApprovalRequirement


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's yes or no to one stage. ``digest`` is that of the action the person was shown."""

    stage: int
    approver: str
    roles: frozenset[str]
    approved: bool
    at: datetime
    digest: str
    rationale: str = ""


@dataclass(frozen=True, slots=True)
class Involved:
    """Those whose own business this is: they never answer their own question, whatever a policy says."""

    principal: str
    submitter: str
    process_owner: str


def current_stage(requirement: ApprovalRequirement, answers: Sequence[Answer]) -> int | None:
    """Return the first stage whose quorum is not met, or None when every stage is."""
    for number, stage in enumerate(requirement.stages):
        yes = {answer.approver for answer in answers if answer.stage == number and answer.approved}
        if len(yes) < stage.quorum:
            return number
    return None


def objection(
    requirement: ApprovalRequirement,
    answers: Sequence[Answer],
    *,
    approver: str,
    roles: frozenset[str],
    involved: Involved,
) -> str | None:
    """Return why this person may not answer now, as a reason code, or None."""
    number = current_stage(requirement, answers)
    if number is None:
        return "ALREADY_APPROVED"
    if requirement.stages[number].role not in roles:
        return "ROLE_MISSING"
    if approver in (involved.principal, involved.submitter):
        return "OWN_REQUEST"
    if "process_owner" in requirement.excluded and approver == involved.process_owner:
        return "PROCESS_OWNER_EXCLUDED"
    if "previous_stage" in requirement.excluded and any(
        answer.approver == approver and answer.stage < number for answer in answers
    ):
        return "ANSWERED_EARLIER_STAGE"
    if any(answer.approver == approver and answer.stage == number for answer in answers):
        return "ANSWERED_ALREADY"
    return None
