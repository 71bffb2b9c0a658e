"""What the trail is told of what became of an action of a step; also of one that is not taken again."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import ActionNote, Actor, Draft, EffectNote
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.execution.situation import Situation
from assent_orchestrator.governance import intent
from assent_orchestrator.governance.intent import EffectStatus
from assent_sidecar.facts import Action

OUTCOME_LOST = "OUTCOME_LOST"
"""Why nobody knows what became of a call: the server ended, or the answer got lost, before anybody did."""


def became(situation: Situation, action: Action | None, attempt: int, note: EffectNote) -> Draft:
    """Return the record of what became of an attempt. Pure, but for the span."""
    return Draft(
        event=f"action.{note.status}",
        run=situation.run.id,
        step=situation.step.id,
        attempt=attempt,
        actor=Actor(kind="agent", id=situation.step.agent),
        on_behalf_of=situation.run.principal.id,
        action=ActionNote.of(action) if action else None,
        effect=note,
        trace=trace_note(),
    )


async def give_up(tx: AsyncConnection, situation: Situation, now: datetime, *, repeatable: bool) -> tuple[Draft, ...]:
    """Settle a read whose answer got lost, for its step comes to rest without reading again; return what to record.

    Nobody is asked what became of what is ``repeatable``, so nobody else would ever settle it; it did nothing, that is
    certain. The run must be locked.
    """
    if situation.intent is None or not repeatable:
        return ()
    newest = await intent.read(tx, situation.run.id, situation.step.id)
    if newest is None or newest.status is not EffectStatus.UNKNOWN:
        return ()
    settled = await intent.settle(tx, situation.run.id, situation.step.id, EffectStatus.FAILED, now)
    draft = became(situation, None, newest.attempt, EffectNote(status="failed", error=OUTCOME_LOST))
    return (draft.model_copy(update={"ledgers": settled.notes or None}),)
