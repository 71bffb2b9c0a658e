"""The gate: nobody gets a permit but here, and nobody gets one without its decision and intent being committed.

Deciding and recording are one function on purpose: a caller can have no ruling that the trail does not hold.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from assent_sidecar.decision import Decided, Verdict
from assent_sidecar.question import Kind, Question
from opentelemetry.trace import Span
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.audit import record, spans
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.clock import Clock
from assent_orchestrator.governance import intent
from assent_orchestrator.governance.obligations import Duties, sort_out
from assent_orchestrator.governance.permit import Permit, PermitIssuer
from assent_orchestrator.governance.ruling import Allowed, Deferred, Held, Refused, Ruling
from assent_orchestrator.plan.action import make_action
from assent_orchestrator.plan.redaction import RedactionError, redact


class DecisionPoint(Protocol):
    """Whoever answers questions; it fails closed and raises nothing."""

    async def decide(self, question: Question, *, budget: float) -> Decided:
        """Answer within ``budget`` seconds."""
        ...


Transition = Callable[[AsyncConnection, Ruling], Awaitable[Sequence[record.Draft]]]
"""Writes the state that follows from a ruling, in the ruling's own transaction; returns what more to record."""


class OvertakenError(Exception):
    """The world moved on between the question and its commit (cancelled, say): the ruling is void."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Asks, records, and only then permits."""

    decision_point: DecisionPoint
    engine: AsyncEngine
    trail: Trail
    issuer: PermitIssuer
    clock: Clock
    budget: float = 2.0

    async def ask(self, question: Question) -> Decided:
        """Ask a question in a span of its own. What comes back is not recorded yet: hand it to ``write``."""
        with spans.decision_span(question.kind, run=question.run.id) as span:
            decided = await self.decision_point.decide(question, budget=self.budget)
            _describe(span, question, decided)
            return decided

    async def rule(self, question: Question, transition: Transition) -> Ruling:
        """Decide one action and commit the decision, the intent (when allowed) and the state that follows.

        Raises:
            OvertakenError: ``transition`` found that the ruling came too late; nothing is written.
            UnavailableError: the trail could not be written; nothing is permitted.
        """
        if question.kind is not Kind.ACTION or question.action is None or question.step is None:
            raise ValueError("the gate rules on actions")
        decided = await self.ask(question)
        async with self.engine.begin() as tx:
            ruling = self._rule(question, decided)
            if isinstance(ruling, Allowed):
                await intent.write(tx, question.run.id, question.step, ruling.permit, self.clock())
            more = await transition(tx, ruling)
            drafts = [decision_draft(question, decided, ruling), *more]
            if isinstance(ruling, Allowed):
                drafts.append(_intent_draft(question, ruling))
            await self.trail.append(tx, question.tenant, drafts)
        return ruling

    def _rule(self, question: Question, decided: Decided) -> Ruling:
        decision, action, step = decided.decision, question.action, question.step
        assert action is not None
        assert step is not None
        if decided.verdict is Verdict.REQUIRE_APPROVAL and decision.approval is not None:
            return Held(decided, decision.approval)
        if decided.verdict is Verdict.DEFER and decision.defer_until is not None:
            return Deferred(decided, decision.defer_until)
        if decided.verdict is not Verdict.ALLOW:
            reason = decision.reasons[0] if decision.reasons else None
            return Refused(
                decided,
                code=reason.code if reason else "DENIED",
                message=reason.message if reason else "",
                halt=decided.verdict is Verdict.HALT,
            )
        duties = sort_out(decision.obligations)
        if duties.unmet:
            return Refused(decided, "OBLIGATION_UNSUPPORTED", f"nobody here can fulfil: {', '.join(duties.unmet)}")
        return self._permit(question, decided, duties)

    def _permit(self, question: Question, decided: Decided, duties: Duties) -> Ruling:
        action, step = question.action, question.step
        assert action is not None
        assert step is not None
        if duties.redactions:
            try:
                redacted = redact(action.args, action.labels, duties.redactions)
            except RedactionError:
                return Refused(decided, "OBLIGATION_UNFULFILLED", "a redaction names a place that is not there")
            action = make_action(
                f"{action.system}.{action.operation}", action.effect, redacted.args, redacted.labels
            )
        permit = self.issuer.issue(
            action_digest=action.digest,
            action=f"{action.system}.{action.operation}",
            decision_id=decided.provenance.decision_id,
            run=question.run.id,
            step=step.id,
            attempt=step.attempt,
            idempotency_key=idempotency_key(question.run.id, step.id),
            now=self.clock(),
        )
        return Allowed(decided, permit, action, duties.timeout, duties.retry, intent_seq=0)


def idempotency_key(run: str, step: str) -> str:
    """Return the key under which a tool server knows an effect: one for each step of a run, over all its attempts."""
    return hashlib.sha256(f"{run}\n{step}".encode()).hexdigest()
