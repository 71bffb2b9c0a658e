"""What the trail is told: drafts of the records that go with decisions, effects and states. Pure, but for the span."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from assent_orchestrator.audit.record import (
    ActionNote,
    Actor,
    DecisionNote,
    Draft,
    EffectNote,
    LedgerNote,
    ObligationNote,
    StateNote,
)
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.governance.entrusted import Entrusted
from assent_orchestrator.governance.ruling import Allowed, Refused, Ruling
from assent_orchestrator.governance.settlement import plain
from assent_orchestrator.governance.stop import stop_ids
from assent_orchestrator.governance.terms import Terms
from assent_orchestrator.governance.till import Till
from assent_orchestrator.plan.choice import choice_row
from assent_orchestrator.plan.derived import row_id
from assent_orchestrator.plan.label import names
from assent_orchestrator.plan.state import StepState
from assent_sidecar.decision import Decided, Entrust, Redact
from assent_sidecar.facts import Action, BatchAction, HandoffFacts
from assent_sidecar.model import Json
from assent_sidecar.question import Question

_MOST_PATHS = 50
"""So many paths of redactions are named; all of them are bound by the digests of their obligations."""

SYSTEM = Actor(kind="system", id="assent")

_MOST_NAMES = 100
"""As many labels, classes and ledgers are in the record of a hand-over; the digest of the question binds all."""

_log = logging.getLogger("assent.ledgers")


def decision_made(
    question: Question,
    decided: Decided,
    state: StateNote | None = None,
    ruling: Ruling | None = None,
    *,
    step: str | None = None,
) -> Draft:
    """Return the record of a decision. One that a stop made names the stop: ``detail.stops``.

    Where the gate refuses what the policies allowed, ``detail.refused`` says why. ``step`` is the row that it is about,
    where the question names none.
    """
    detail: dict[str, Json] = {}
    if question.handoff is not None:
        detail |= _passing(question.handoff)
        entrusted = Entrusted.of(one for one in decided.decision.obligations if isinstance(one, Entrust)).names()
        if entrusted:
            detail["entrusted"] = entrusted
    if named := stop_ids(decided):
        detail["stops"] = list(named)
    if question.work_item is not None:
        detail |= {"choice": question.work_item.choice, "item": question.work_item.id}
    if isinstance(ruling, Refused) and ruling.code not in decided.codes:
        detail["refused"] = ruling.code
    return Draft(
        event="decision.made" if question.handoff is None else "handoff.decided",
        run=question.run.id if question.run else None,
        step=step or _row_of(question),
        attempt=question.step.attempt if question.step else None,
        actor=_actor_of(question),
        on_behalf_of=question.principal.id,
        action=ActionNote.of(question.action) if question.action else None,
        decision=DecisionNote.of(decided, kind=str(question.kind)),
        obligations=tuple(ObligationNote.of(one) for one in decided.decision.obligations) or None,
        state=state,
        detail=detail or None,
        trace=trace_note(),
    )


def _passing(handoff: HandoffFacts) -> dict[str, Json]:
    """Return who hands over to whom, and what passes: names only."""
    return {
        "from": handoff.source,
        "to": handoff.target,
        "reason": handoff.reason,
        "depth": handoff.depth,
        "fan_out": handoff.fan_out,
        "labels": list(handoff.passes.labels[:_MOST_NAMES]),
        "memory": list(handoff.passes.memory[:_MOST_NAMES]),
        "ledgers": dict(list(handoff.passes.ledgers.items())[:_MOST_NAMES]),
    }


def _actor_of(question: Question) -> Actor:
    """Return who wants it: an agent (one that hands over, where one does), or the person who chooses for its step."""
    if question.handoff is not None:
        return Actor(kind="agent", id=question.handoff.source)
    if question.work_item is not None:
        return Actor(kind="user", id=question.principal.id, authn=question.principal.authn)
    return Actor(kind="agent", id=question.agent.id) if question.agent else SYSTEM


def _row_of(question: Question) -> str | None:
    if question.condition is not None and question.condition.choice is not None:
        return choice_row(question.condition.choice)
    return row_id(question.step) if question.step else None


def reserved_notes(till: Till | None, effect: str) -> tuple[LedgerNote, ...] | None:
    """Return what was reserved for an effect, as the trail is told."""
    notes = tuple(
        LedgerNote(
            ledger=one.account.ledger,
            account=one.account.key[:32],
            period=one.account.period,
            entry="reserved",
            amount=plain(one.amount),
        )
        for booking, one in (till.taken if till else ())
        if booking.effect == effect
    )
    return notes or None


def _lowered(asked: Action | None, allowed: Allowed) -> dict[str, Json]:
    """Return what redactions took away, if anything: at which paths, and the labels that are gone with it."""
    duties = [one for one in allowed.decided.decision.obligations if isinstance(one, Redact)]
    if asked is None or not duties or asked.digest == allowed.action.digest:
        return {}
    paths = sorted({one.path for one in duties})
    gone = names(asked.labels) - names(allowed.action.labels)
    return {"redacted": paths[:_MOST_PATHS], "lowered": sorted(gone)}


def action_intended(question: Question, allowed: Allowed, state: StateNote | None, till: Till | None = None) -> Draft:
    """Return the record that stands before an effect."""
    assert question.step is not None
    assert question.agent is not None
    return Draft(
        event="action.intended",
        run=question.run.id if question.run else None,
        step=row_id(question.step),
        attempt=question.step.attempt,
        actor=Actor(kind="agent", id=question.agent.id),
        on_behalf_of=question.principal.id,
        action=ActionNote.of(allowed.action),
        effect=EffectNote(status="intended", permit=allowed.permit.id, idempotency_key=allowed.permit.idempotency_key),
        ledgers=reserved_notes(till, allowed.permit.idempotency_key),
        state=state,
        detail=_lowered(question.action, allowed) or None,
        trace=trace_note(),
    )


def decided_for_caller(question: Question, asked: BatchAction, ruling: Ruling, terms: Terms) -> Draft:
    """Return the record of a decision for a caller that acts itself."""
    decided = ruling.decided
    detail = _detail(asked, terms)
    if isinstance(ruling, Refused) and ruling.code not in decided.codes:
        detail["refused"] = ruling.code  # by the gate: the policies' own words are in the decision
    if named := stop_ids(decided):
        detail["stops"] = list(named)
    return Draft(
        event="decision.made",
        **_place(question, asked),
        actor=Actor(kind="agent", id=asked.agent.id),
        on_behalf_of=question.principal.id,
        action=ActionNote.of(asked.action),
        decision=DecisionNote.of(decided, kind=str(question.kind)),
        obligations=tuple(ObligationNote.of(one) for one in decided.decision.obligations) or None,
        trace=trace_note(),
        detail=detail,
    )


def intended_by_caller(
    question: Question, asked: BatchAction, allowed: Allowed, terms: Terms, till: Till | None = None
) -> Draft:
    """Return the record of a permit that a caller is given."""
    return Draft(
        event="action.intended",
        **_place(question, asked),
        actor=Actor(kind="agent", id=asked.agent.id),
        on_behalf_of=question.principal.id,
        action=ActionNote.of(allowed.action),
        effect=EffectNote(status="intended", permit=allowed.permit.id, idempotency_key=allowed.permit.idempotency_key),
        ledgers=reserved_notes(till, allowed.permit.idempotency_key),
        trace=trace_note(),
        detail={**_detail(asked, terms), **_lowered(asked.action, allowed)},
    )


def _place(question: Question, asked: BatchAction) -> dict[str, Any]:
    """Return where it happens: in the step of the run in which a service asks, or nowhere, as the caller calls it."""
    if question.run is None or question.step is None:
        return {"step": asked.id}
    return {"run": question.run.id, "step": row_id(question.step), "attempt": question.step.attempt}


def _detail(asked: BatchAction, terms: Terms) -> dict[str, Json]:
    under = terms.mandate.detail(asked) if terms.mandate is not None else {}
    return {"caller": terms.holder, **under}


def step_moved(
    run: str,
    step: str,
    before: StepState,
    after: StepState,
    *,
    attempt: int | None = None,
    detail: Mapping[str, Json] | None = None,
) -> Draft:
    """Return the record of a step's coming to another state of itself, and not because of a ruling or an outcome.

    ``step`` is the row; ``attempt`` is how many were made, if any.
    """
    return Draft(
        event=f"step.{after}",
        run=run,
        step=step,
        attempt=attempt or None,
        actor=SYSTEM,
        state=StateNote(before=str(before), after=str(after)),
        detail=dict(detail) if detail is not None else None,
        trace=trace_note(),
    )


def alarmed(cause: Draft, alarms: Sequence[LedgerNote]) -> tuple[Draft, ...]:
    """Return a record that takes nobody by surprise: more was spent than had been reserved, or nobody can tell."""
    if not alarms:
        return ()
    _log.warning("a ledger was charged what was not reserved: %s", ", ".join(sorted({one.ledger for one in alarms})))
    return (
        Draft(
            event="ledger.exceeded",
            run=cause.run,
            step=cause.step,
            attempt=cause.attempt,
            actor=SYSTEM,
            action=cause.action,
            ledgers=tuple(alarms),
            trace=trace_note(),
        ),
    )
