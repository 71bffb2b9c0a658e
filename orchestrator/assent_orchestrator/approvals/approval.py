"""A question to humans: bound to one action, one revision, one run and step, and a time. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assent_orchestrator.approvals.requirement import Age, Answer
from assent_orchestrator.plan.derived import whole_id
from assent_sidecar.decision import ApprovalRequirement
from assent_sidecar.model import Json


class ApprovalKind(StrEnum):
    """What people are asked.

    Whether an ``action`` may happen, or a ``handoff``: work passing from one agent to another. A ``review`` is of what
    somebody approved alone, a ``work_item`` of a step that failed or is unknown.
    """

    ACTION = "action"
    HANDOFF = "handoff"
    WORK_ITEM = "work_item"
    REVIEW = "review"


BY_POLICY = frozenset({ApprovalKind.ACTION, ApprovalKind.HANDOFF})
"""What policies have people asked, before it happens."""


class ApprovalState(StrEnum):
    """Where a question to humans stands.

    ``void``: the world changed under it, it is worth nothing. ``edited``: somebody said yes to something else.
    """

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOID = "void"
    CONSUMED = "consumed"
    EDITED = "edited"


LIVE = frozenset({ApprovalState.PENDING, ApprovalState.APPROVED, ApprovalState.EDITED})
"""Of which something may still come; nobody can take back a yes to any other."""

REFUSING = frozenset({ApprovalState.REJECTED, ApprovalState.EXPIRED})
"""Where a question about a hand-over stands that denies all steps it names: somebody said no, or nobody answered."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One question to humans and the answers so far. ``version`` is its etag.

    ``action_digest`` is that of what is asked about: of a hand-over, its own.
    ``rungs`` and ``reminders`` count what happened because time passed, ``extended`` says that it was put once more
    when nobody had answered in time, ``due_at`` when something of that kind happens next.
    """

    tenant: str
    id: str
    run_id: str
    step_id: str
    process: str
    state: ApprovalState
    version: int
    roles: tuple[str, ...]
    action_digest: str
    revision: str
    decision_id: str
    requirement: ApprovalRequirement
    presented: dict[str, Json]
    presented_digest: str
    requested_at: datetime
    expires_at: datetime
    resolved_at: datetime | None
    traceparent: str | None
    kind: ApprovalKind = ApprovalKind.ACTION
    about: str | None = None
    rungs: int = 0
    reminders: int = 0
    extended: bool = False
    due_at: datetime | None = None
    answers: tuple[Answer, ...] = ()

    @property
    def takers(self) -> tuple[str, ...]:
        """The steps that an answer holds for, whatever item of them: of a hand-over, those that the card names."""
        # What was asked by a version that named none holds for the step that it was asked for.
        named = tuple(one["step"] for one in self.presented.get("takers", ()))
        return named or (whole_id(self.step_id),)

    @property
    def lapses(self) -> bool:
        """Whether it cannot be answered any more once it has expired; what is unknown, or to be reviewed, stays it."""
        if self.kind is ApprovalKind.WORK_ITEM:
            return bool(self.presented["failure"]["otherwise"])
        return self.kind in BY_POLICY


def age_of(approval: Approval, now: datetime) -> Age:
    """Return how long a question has stood."""
    return Age((now - approval.requested_at).total_seconds(), extended=approval.extended)
