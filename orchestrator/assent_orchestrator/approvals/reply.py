"""A person's answer as it comes in: whether it is to what is asked, and what it comes to. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from assent_orchestrator.approvals.approval import Approval, ApprovalKind, ApprovalState
from assent_orchestrator.approvals.requirement import Answer, Person, Seat, unmet_stages
from assent_orchestrator.errors import ConflictError, Fault, InvalidError, StateError
from assent_sidecar.model import Json, Pointer


class PresentationError(StateError):
    """The answer is to something else than what is asked."""

    code = "PRESENTED_DIFFERS"


class RationaleError(StateError):
    """The answer needs a reason."""

    code = "RATIONALE_MISSING"


class UnansweredError(StateError):
    """There is nothing to take back."""

    code = "NOT_ANSWERED"


@dataclass(frozen=True, slots=True)
class Reply:
    """A person's answer: yes or no to exactly what was shown.

    ``on_behalf_of``: whom they stand in for, if anybody. ``break_glass``: they say yes alone. ``edits``: they say yes
    to the same with these values in it, by pointer. ``choice`` is what they choose for a work item, which is neither.
    """

    approve: bool
    rationale: str
    etag: str
    presented_digest: str
    on_behalf_of: str = ""
    break_glass: bool = False
    edits: Mapping[Pointer, Json] = field(default_factory=dict)
    choice: str = ""

    @property
    def says_yes(self) -> bool:
        """Whether it is a yes to an action: only such an answer breaks the glass or changes anything."""
        return self.approve and not self.choice


def check_reply(approval: Approval, reply: Reply, now: datetime) -> None:
    """Make sure that a question can be answered by this reply.

    Raises:
        StateError: it is answered, expired or void, what was shown is not what is asked, or the reason is missing.
        ConflictError: the etag is not the newest.
        InvalidError: what comes along belongs to another kind of answer.
    """
    check_state(approval, ApprovalState.PENDING)
    if approval.lapses and approval.expires_at <= now:
        raise StateError("the approval has expired", approval=approval.id, state="expired")
    check_etag(approval, reply.etag)
    _check_choice(approval, reply)
    if reply.presented_digest != approval.presented_digest:
        raise PresentationError("what you saw is not what is asked; look again", approval=approval.id)
    if reply.break_glass and (reply.on_behalf_of or not reply.says_yes):
        fault = Fault("break_glass", "NOT_ALONE", "the glass is broken to say yes, by oneself; otherwise leave it out")
        raise InvalidError("the glass cannot be broken for this", (fault,))
    if reply.edits and (reply.break_glass or not reply.says_yes):
        fault = Fault("edits", "NOT_AN_APPROVAL", "something is changed to say yes to it, as one of those asked")
        raise InvalidError("nothing can be changed with this answer", (fault,))
    needed = reply.break_glass or approval.requirement.rationale == "required"
    if needed and not reply.rationale.strip():
        raise RationaleError("an answer needs a reason in words", approval=approval.id)


def _check_choice(approval: Approval, reply: Reply) -> None:
    offered = approval.presented["failure"]["choices"] if approval.kind is ApprovalKind.WORK_ITEM else [""]
    if reply.choice in offered:
        return
    if offered == [""]:
        fault = Fault("choice", "NO_WORK_ITEM", "this is no work item: say yes or no")
    else:
        fault = Fault("choice", "NOT_OFFERED", f"this is a work item; choose one of: {', '.join(offered)}")
    raise InvalidError("the approval cannot be answered so", (fault,))


def check_state(approval: Approval, *states: ApprovalState) -> None:
    """Make sure that a question stands where something can be done to it.

    Raises:
        StateError: it does not.
    """
    if approval.state not in states:
        raise StateError(f"the approval is {approval.state}", approval=approval.id, state=str(approval.state))


def check_etag(approval: Approval, etag: str) -> None:
    """Make sure that the caller saw a question as it is.

    Raises:
        ConflictError: it changed since.
    """
    if etag != str(approval.version):
        raise ConflictError("the approval changed since you saw it; look again", approval=approval.id)


def answer_of(approval: Approval, person: Person, seat: Seat, reply: Reply, now: datetime) -> Answer:
    """Return the answer that a reply is, once a seat for it was found."""
    return Answer(
        stage=seat.stage,
        role=seat.role,
        approver=person.id,
        roles=person.roles,
        stands_for=person.stands_for,
        approved=reply.approve,
        at=now,
        digest=approval.action_digest,
        rationale=reply.rationale,
        break_glass=reply.break_glass,
        number=len(approval.answers) + 1,
        presented_digest=approval.presented_digest,
        edits=reply.edits,
        choice=reply.choice or None,
    )


def state_after(approval: Approval, given: Answer) -> ApprovalState:
    """Return where an approval stands with one answer more, as long as nothing is changed by it."""
    if not given.approved:
        return ApprovalState.REJECTED
    unmet = unmet_stages(approval.requirement, (*approval.answers, given))
    return ApprovalState.PENDING if unmet else ApprovalState.APPROVED


def events_of(approval: Approval, given: Answer, state: ApprovalState) -> Iterator[str]:
    """Yield what happened by an answer after which the approval stands at ``state``, as the trail calls it."""
    if approval.kind is ApprovalKind.REVIEW:
        yield "approval.reviewed"
        return
    yield "approval.answered"
    if given.break_glass:
        yield "approval.broke_glass"
    if state is not ApprovalState.PENDING:
        yield f"approval.{state}"
