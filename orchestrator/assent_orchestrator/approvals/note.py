"""What the trail holds of a question to humans: who asked or answered what, by digests."""

import itertools

from assent_orchestrator.approvals.approval import Approval, ApprovalState
from assent_orchestrator.approvals.requirement import Answer
from assent_orchestrator.audit.record import Actor, ApprovalNote, Draft
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.caller import Caller
from assent_orchestrator.governance.minutes import SYSTEM
from assent_sidecar.canonical import digest
from assent_sidecar.model import Json

_ROOM = 24 * 1024
"""Bytes that names of steps take in a record at most, half of one. The digest of what was shown is of all of them."""


def note_state(approval: Approval, state: ApprovalState, *, why: str = "") -> Draft:
    """Return the record of a transition that no person made; ``why`` is a code."""
    event = "approval.requested" if state is ApprovalState.PENDING else f"approval.{state}"
    draft = note_event(event, approval, state)
    return draft.model_copy(update={"detail": {**(draft.detail or {}), "reason": why}}) if why else draft


def note_event(event: str, approval: Approval, outcome: str, *, role: str | None = None) -> Draft:
    """Return the record of something that happened to a question by itself; ``role`` is the one it concerns."""
    return Draft(
        event=event,
        run=approval.run_id,
        step=approval.step_id,
        actor=SYSTEM,
        approval=ApprovalNote(
            id=approval.id,
            outcome=str(outcome),
            roles=approval.roles if role is None else (role,),
            presented_digest=approval.presented_digest,
            action_digest=approval.action_digest,
            revision=approval.revision,
            expires_at=approval.expires_at.isoformat(),
            about=approval.about,
        ),
        detail=_passing(approval),
        trace=trace_note(),
    )


def note_answer(event: str, approval: Approval, caller: Caller, given: Answer, *, outcome: str | None = None) -> Draft:
    """Return the record of what a person did; ``outcome`` is what they answered unless it says something else."""
    return Draft(
        event=event,
        run=approval.run_id,
        step=approval.step_id,
        actor=Actor.of(caller),
        on_behalf_of=given.stands_for,
        approval=ApprovalNote(
            id=approval.id,
            stage=given.stage,
            outcome=outcome or ("approved" if given.approved else "rejected"),
            approver=given.approver,
            roles=(given.role,),
            presented_digest=approval.presented_digest,
            action_digest=approval.action_digest,
            revision=approval.revision,
            rationale_digest=digest(given.rationale) if given.rationale else None,
            edits=tuple(sorted(given.edits)) or None,
            edited_digest=given.digest if given.edits else None,
            about=approval.about,
        ),
        detail=_answered(approval),
        trace=trace_note(),
    )


def _answered(approval: Approval) -> dict[str, Json] | None:
    """Return who hands over to whom and for which steps the answer holds, as many as a record has room for."""
    passing = _passing(approval)
    if passing is None:
        return None
    sizes = itertools.accumulate(len(taker) + 3 for taker in approval.takers)  # with quotes and comma
    told = [taker for taker, size in zip(approval.takers, sizes, strict=True) if size <= _ROOM]
    more = len(approval.takers) - len(told)
    return {**passing, "takers": told, **({"more_takers": more} if more else {})}


def _passing(approval: Approval) -> dict[str, Json] | None:
    """Return who hands over to whom, where that is what people are asked about."""
    told = approval.presented.get("handoff")
    return None if told is None else {"from": told["from"], "to": told["to"]}
