"""A notice: what one address or program is told of an approval. Pure. No argument's value is ever in one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from assent_orchestrator.approvals.approval import Approval, ApprovalKind
from assent_orchestrator.audit.record import Draft
from assent_sidecar.model import Json

Event = Literal[
    "approval.requested",
    "approval.answered",
    "approval.broke_glass",
    "approval.withdrawn",
    "approval.approved",
    "approval.rejected",
    "approval.edited",
    "approval.expired",
    "approval.void",
    "approval.consumed",
    "approval.escalated",
    "approval.reminded",
    "approval.review_requested",
    "approval.reviewed",
    "approval.review_overdue",
    "approval.choice_requested",
    "approval.chosen",
]
"""What can be told: the events of the trail that are about approvals."""

_SETTLING = ("approval.approved", "approval.rejected", "approval.edited")

EVENTS: frozenset[str] = frozenset(get_args(Event))

SENTENCES: dict[str, str] = {
    "approval.requested": "An approval is asked for",
    "approval.answered": "Somebody said yes; others are still asked",
    "approval.broke_glass": "Somebody approved alone",
    "approval.withdrawn": "A yes was taken back",
    "approval.approved": "It is approved; nobody is asked any more",
    "approval.rejected": "Somebody said no",
    "approval.edited": "Somebody said yes to something else; the policies are asked about that",
    "approval.expired": "Nobody answered in time; it is denied",
    "approval.void": "The question is void: the action, the policies or the run changed",
    "approval.escalated": "Nobody answered yet; your role may answer now",
    "approval.reminded": "An approval still waits for an answer",
    "approval.review_requested": "Somebody approved alone; a review is asked for",
    "approval.review_overdue": "A review of what somebody approved alone is overdue",
    "approval.choice_requested": "A step did not get on; somebody has to choose what follows",
    "approval.chosen": "Somebody chose what follows from a step that did not get on",
}
"""What people are told by mail, and in which words; programs are told of every event."""

_OF_KINDS = {
    "work_item": {
        "approval.expired": "Nobody chose in time; what the process says follows",
        "approval.void": "There is nothing to choose any more",
    },
    "handoff": {
        "approval.requested": "An approval is asked for: work is to pass from one agent to another",
        "approval.void": "The question is void: what would pass, the policies or the run changed",
    },
}
"""What is said in other words: of a step that did not get on nobody was asked to approve anything."""


_MOST_PLACES = 20
"""As many places that will be redacted are named: the question itself names all."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one ``target``: an address, or the name of a webhook. ``id`` is the same however often it is sent.

    ``tries`` counts the times that somebody began to send it, this one included.
    """

    id: str
    tenant: str
    approval_id: str
    event: str
    channel: Literal["mail", "webhook"]
    target: str
    content: dict[str, Json]
    created_at: datetime
    tries: int = 0


def sentence_of(notice: Notice) -> str:
    """Return what a person is told happened.

    Raises:
        KeyError: it is nothing that people are told of.
    """
    own = _OF_KINDS.get(notice.content["kind"], {})
    return own.get(notice.event) or SENTENCES[notice.event]


def told_of(drafts: Iterable[Draft]) -> Sequence[Draft]:
    """Return the records that are about approvals; of an answer that settled a question, only the others."""
    ours = [draft for draft in drafts if draft.approval is not None and draft.event in EVENTS]
    settled = {draft.approval.id for draft in ours if draft.approval is not None and draft.event in _SETTLING}
    return [
        one for one in ours if one.event != "approval.answered" or (one.approval and one.approval.id not in settled)
    ]


def content_of(draft: Draft, about: Approval, roles: Sequence[str], now: datetime) -> dict[str, Json]:
    """Return what is told: what happened, to which question of which run, who is asked, until when, where to look.

    Of arguments, the places that will be redacted are named; of a hand-over, the steps that an answer holds for.
    """
    redacted = about.presented.get("redacted", ())[:_MOST_PLACES]
    return {
        **({"redacted": redacted} if redacted else {}),
        "event": draft.event,
        "approval": f"tenants/{about.tenant}/approvals/{about.id}",
        "kind": str(about.kind),
        "action": about.presented["action"],
        "process": about.process,
        "run": f"tenants/{about.tenant}/runs/{about.run_id}",
        "step": about.step_id,
        **({"takers": list(about.takers)} if about.kind is ApprovalKind.HANDOFF else {}),
        "asked": list(roles),
        "until": about.expires_at.isoformat(),
        "at": now.isoformat(),
        "look": f"assent approvals show {about.id}",
    }
