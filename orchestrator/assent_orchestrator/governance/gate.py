"""The gate: nobody gets a permit but here, and nobody gets one without its decision and intent being committed.

Deciding and recording are one function on purpose: a caller can have no ruling that the trail does not hold.
"""

import hashlib
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit import spans
from assent_orchestrator.audit.record import Draft, StateNote
from assent_orchestrator.audit.share import Share
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.clock import Clock
from assent_orchestrator.governance import handed_out, intent, minutes
from assent_orchestrator.governance.obligations import OURS, Duties, sort_out
from assent_orchestrator.governance.permit import Permit, PermitIssuer
from assent_orchestrator.governance.ruling import Allowed, Deferred, Held, Refused, Ruling
from assent_orchestrator.governance.terms import Answer, Terms
from assent_orchestrator.plan.action import make_action
from assent_orchestrator.plan.redaction import RedactionError, redact
from assent_sidecar.decision import Decided, Decision, StepForecast, Verdict
from assent_sidecar.evaluator import PER_ACTION
from assent_sidecar.question import Action, BatchAction, Kind, Question, StepFacts


class DecisionPoint(Protocol):
    """Whoever answers questions; it fails closed and raises nothing."""

    async def decide(self, question: Question, *, budget: float) -> Decided:
        """Answer within ``budget`` seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Followed:
    """What followed from a ruling: the transition of the step or run, and what more to record."""

    state: StateNote | None = None
    drafts: tuple[Draft, ...] = ()


Transition = Callable[[AsyncConnection, Ruling], Awaitable[Followed]]
"""Writes the state that follows from a ruling, in the transaction that commits the ruling."""

Sequel = Callable[[AsyncConnection, Decided], Awaitable[Followed]]
"""The same for a decision that permits nothing by itself (a plan's, a condition's)."""


OUTSIDE = "outside"
"""In the place of a run, in permits of callers that act themselves."""


class OvertakenError(Exception):
    """The world moved on between the question and its commit (cancelled, say): the ruling is void."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Asks, records, and only then permits. ``budget`` is how long a decision may take, in seconds."""

    decision_point: DecisionPoint
    trail: Trail
    issuer: PermitIssuer
    clock: Clock
    budget: float = 2.0

    async def decide(self, question: Question, sequel: Sequel | None = None) -> Decided:
        """Decide something that permits nothing by itself, and commit the decision with what follows from it.

        Raises:
            UnavailableError: the trail could not be written; the decision counts for nothing.

        """
        decided = await self._ask(question)
        async with self.trail.recording() as tx:
            followed = await sequel(tx, decided) if sequel else Followed()
            draft = minutes.decision_made(question, decided, followed.state)
            await self.trail.append(tx, question.tenant, (draft, *followed.drafts))
        return decided

    async def rule(self, question: Question, transition: Transition, *, repeatable: bool) -> Ruling:
        """Decide one action and commit the decision, the intent (when allowed) and the state that follows.

        ``repeatable`` says that doing the effect again under the same key is doing it once.

        Raises:
            OvertakenError: ``transition`` found that the ruling came too late; nothing is written.
            DoubleIntentError: an earlier effect of the step may have happened; nothing is written.
            UnavailableError: the trail could not be written; nothing is permitted.

        """
        if question.action is None or question.step is None or question.run is None:
            raise ValueError("the gate rules on actions of runs")
        run, step = question.run.id, question.step
        decided = await self._ask(question)

        def permitted(action: Action) -> Permit:
            return self._issue(action, decided, run, step, idempotency_key(run, step.id))

        ruling = _rule(question.action, decided, OURS, permitted)
        async with self.trail.recording() as tx:
            followed = await transition(tx, ruling)
            if isinstance(ruling, Allowed):
                await intent.write(tx, run, step, ruling.permit, self.clock(), repeatable=repeatable)
                drafts = (
                    minutes.decision_made(question, decided),
                    *followed.drafts,
                    minutes.action_intended(question, ruling, followed.state),
                )
            else:
                drafts = (minutes.decision_made(question, decided, followed.state), *followed.drafts)
            await self.trail.append(tx, question.tenant, drafts)
        return ruling

    async def permit(self, question: Question, terms: Terms) -> tuple[Answer, ...]:
        """Decide what is asked outside of runs, one action or a batch in one query, and commit every decision.

        Each allow is committed with its intent, and the permit goes to ``terms.holder``; nothing else happens here.

        Raises:
            ClaimedError: ``terms.request_id`` was used by the same caller meanwhile; nothing is written.
            UnavailableError: the trail could not be written; nothing is permitted.

        """
        decided = await self._ask(question)
        answers: list[Answer] = []
        rows: list[dict[str, object]] = []
        drafts: list[Draft] = []
        for asked, own in _one_by_one(question, decided):
            step, key = StepFacts(id=asked.id, attempt=1), terms.key(asked.id) or uuid.uuid4().hex

            def permitted(action: Action, own: Decided = own, step: StepFacts = step, key: str = key) -> Permit:
                return self._issue(action, own, OUTSIDE, step, key)

            ruling = _rule(asked.action, own, terms.fulfilled, permitted)
            drafts.append(minutes.decided_for_caller(question, asked, ruling, terms.holder))
            report_by = None
            if isinstance(ruling, Allowed):
                report_by = terms.report_by(ruling)
                rows.append(handed_out.row(question, asked, ruling, terms.holder, report_by))
                drafts.append(minutes.intended_by_caller(question, asked, ruling, terms.holder))
            answers.append(Answer(asked.id, ruling, report_by))
            if terms.enough(ruling):
                break
        claim = terms.claim(question.tenant, answers, self.clock())
        await self.trail.commit(question.tenant, Share(tuple(drafts), handed_out.TABLE, tuple(rows), claim))
        return tuple(answers)

    def permit_again(self, decided: Decided, item: str, permit: handed_out.Issued) -> Permit:
        """Return a permit that was issued before, as it was: its row is committed, and its time goes on."""
        return self.issuer.issue(
            action_digest=permit.action_digest,
            action=permit.action,
            decision_id=decided.provenance.decision_id,
            run=OUTSIDE,
            step=item,
            attempt=1,
            idempotency_key=permit.idempotency_key,
            now=permit.issued_at,
            identifier=permit.id,
        )

    async def _ask(self, question: Question) -> Decided:
        step, action = question.step, question.action
        with spans.decision_span(
            question.kind,
            run=question.run.id if question.run else None,
            step=step.id if step else None,
            action=f"{action.system}.{action.operation}" if action else None,
            action_digest=action.digest if action else None,
        ) as span:
            budget = self.budget + PER_ACTION * len(question.actions)
            decided = await self.decision_point.decide(question, budget=budget)
            spans.describe_decision(span, decided)
            return decided

    def _issue(self, action: Action, decided: Decided, run: str, step: StepFacts, key: str) -> Permit:
        return self.issuer.issue(
            action_digest=action.digest,
            action=f"{action.system}.{action.operation}",
            decision_id=decided.provenance.decision_id,
            run=run,
            step=step.id,
            attempt=step.attempt,
            idempotency_key=key,
            now=self.clock(),
        )


def _one_by_one(question: Question, decided: Decided) -> list[tuple[BatchAction, Decided]]:
    """Return what was asked, each with the decision on it alone."""
    if question.kind is Kind.BATCH:
        if decided.fault:
            return [(one, of_batch(decided, one.id, decided.decision)) for one in question.actions]
        steps = decided.decision.steps
        return [(one, of_batch(decided, one.id, steps[one.id])) for one in question.actions]
    if question.action is None or question.step is None or question.agent is None or question.run is not None:
        raise ValueError("the gate permits what is asked outside of runs")
    return [(BatchAction(id=question.step.id, agent=question.agent, action=question.action), decided)]


def _rule(action: Action, decided: Decided, fulfilled: frozenset[str], permitted: Callable[[Action], Permit]) -> Ruling:
    decision = decided.decision
    if decided.verdict is Verdict.REQUIRE_APPROVAL and decision.approval is not None:
        return Held(decided, decision.approval)
    if decided.verdict is Verdict.DEFER and decision.defer_until is not None:
        return Deferred(decided, decision.defer_until)
    if decided.verdict is not Verdict.ALLOW or decided.fault:
        reason = decision.reasons[0] if decision.reasons else None
        return Refused(
            decided,
            code=reason.code if reason else "DENIED",
            message=reason.message if reason else "",
            halt=decided.verdict is Verdict.HALT,
        )
    duties = sort_out(decision.obligations, fulfilled)
    if duties.unmet:
        return Refused(decided, "OBLIGATION_UNSUPPORTED", f"nobody here can fulfil: {', '.join(duties.unmet)}")
    try:
        action = redacted(action, duties)
    except RedactionError:
        return Refused(decided, "OBLIGATION_UNFULFILLED", "a redaction cannot be carried out with certainty")
    return Allowed(decided, permitted(action), action, duties.timeout, duties.retry)


def redacted(action: Action, duties: Duties) -> Action:
    """Return the action with every redaction carried out.

    Raises:
        RedactionError: one cannot be carried out with certainty.

    """
    if not duties.redactions:
        return action
    left = redact(action.args, action.labels, duties.redactions)
    return make_action(f"{action.system}.{action.operation}", action.effect, left.args, left.labels)


def of_batch(decided: Decided, item: str, own: StepForecast | Decision) -> Decided:
    """Return the decision on one action of a batch, under an id of its own.

    Its controls are those that its own reasons name: the rules that fired, fired for the batch as a whole.
    """
    source = decided.provenance
    controls = tuple(sorted({reason.control for reason in own.reasons if reason.control is not None}))
    provenance = source.model_copy(update={"decision_id": f"{source.decision_id}/{item}", "controls": controls})
    decision = Decision(
        verdict=own.verdict,
        reasons=own.reasons,
        obligations=own.obligations,
        approval=own.approval,
        defer_until=own.defer_until,
    )
    return Decided(decision=decision, provenance=provenance, fault=decided.fault)


def idempotency_key(run: str, step: str) -> str:
    """Return the key under which a tool server knows an effect: one for each step of a run, over all its attempts."""
    return hashlib.sha256(f"{run}\n{step}".encode()).hexdigest()
