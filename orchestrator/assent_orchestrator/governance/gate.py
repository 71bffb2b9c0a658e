"""The gate: nobody gets a permit but here, and nobody gets one without its decision and intent being committed.

Deciding and recording are one function on purpose: a caller can have no ruling that the trail does not hold.
"""

import asyncio
import hashlib
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit import spans
from assent_orchestrator.audit.record import Draft, StateNote
from assent_orchestrator.audit.share import OutdatedError, Share, Under
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import BusyError
from assent_orchestrator.governance import handed_out, intent, minutes
from assent_orchestrator.governance.barrier import IN_FORCE, Barrier
from assent_orchestrator.governance.ledgers import Ledgers, ShortfallError, exhausted
from assent_orchestrator.governance.obligations import OURS, Duties, sort_out
from assent_orchestrator.governance.own_decision import own_decision
from assent_orchestrator.governance.permit import Permit, PermitIssuer
from assent_orchestrator.governance.ruling import Allowed, Deferred, Held, Refused, Ruling, Stopped
from assent_orchestrator.governance.stop import Stop, Subject, applying, foreseen, is_stopped, stop_ids, stopped
from assent_orchestrator.governance.terms import Answer, Terms
from assent_orchestrator.governance.till import Booking, Till, open_till
from assent_orchestrator.plan.action import make_action
from assent_orchestrator.plan.derived import row_id
from assent_orchestrator.plan.redaction import RedactionError, redact
from assent_orchestrator.store.tables import runs
from assent_sidecar.canonical import NotCanonicalError, digest
from assent_sidecar.decision import Decided, Verdict
from assent_sidecar.errors import EngineBusyError
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


_INLINE = 100
"""Actions that are ruled on and permitted on the event loop, at a fifth of a millisecond each; more go to a thread."""

_SHARE = 0.8
"""How much of a caller's time the engine gets; the rest is for committing the record and for the way back."""

Transition = Callable[[AsyncConnection, Ruling], Awaitable[Followed]]
"""Writes the state that follows from a ruling, in the transaction that commits the ruling."""

Sequel = Callable[[AsyncConnection, Decided], Awaitable[Followed]]
"""The same for a decision that permits nothing by itself (a plan's, a condition's)."""


NO_BOOKINGS: Mapping[str, Booking] = MappingProxyType({})
NO_SHORTFALLS: Mapping[str, ShortfallError] = MappingProxyType({})

OUTSIDE = "outside"
"""In the place of a run, in permits of callers that act themselves."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What a caller that acts itself asked and was decided; ``keys`` are the idempotency keys of its actions."""

    question: Question
    terms: Terms
    owns: Sequence[tuple[BatchAction, Decided]]
    keys: Mapping[str, str]
    in_force: tuple[Stop, ...]


class OvertakenError(Exception):
    """The world moved on between the question and its commit (cancelled, say): the ruling is void."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Asks, records, and only then permits.

    ``budget`` is how long a decision may take when nobody says, ``longest`` whatever anybody says; both in seconds.
    """

    decision_point: DecisionPoint
    trail: Trail
    issuer: PermitIssuer
    clock: Clock
    barrier: Barrier
    ledgers: Ledgers
    budget: float = 2.0
    longest: float = 10.0

    async def decide(self, question: Question, sequel: Sequel | None = None, *, within: float | None = None) -> Decided:
        """Decide something that permits nothing by itself, and commit the decision with what follows from it.

        ``within`` is how many seconds whoever asks still waits; None: no one said.

        Raises:
            BusyError: as many decisions wait as may; nothing was asked, nothing is written.
            UnavailableError: the trail could not be written; the decision counts for nothing.

        """
        question = await self.informed(question)
        while True:
            asked = await self._ask(question, self._budget(within, question.several))
            async with self.trail.recording() as tx:
                decided = await self._under_stops(tx, question, asked)
                if decided is None:
                    continue
                followed = await sequel(tx, decided) if sequel else Followed()
                draft = minutes.decision_made(question, decided, followed.state)
                await self.trail.append(tx, question.tenant, (draft, *followed.drafts))
            return decided

    async def informed(self, question: Question) -> Question:
        """Return the question with the ledgers that concern it; what has them already is left as it is.

        Raises:
            UnavailableError: the database is away.

        """
        if question.ledgers:
            return question
        effect = None
        if question.run is not None and question.step is not None and question.step.attempt > 1:
            effect = idempotency_key(question.run.id, row_id(question.step))
        return await self.ledgers.informed(question, effect=effect)

    async def rule(self, question: Question, transition: Transition, *, repeatable: bool) -> Ruling:
        """Decide one action and commit the decision, the intent (when allowed) and the state that follows.

        ``repeatable`` says that doing the effect again under the same key is doing it once.

        Raises:
            BusyError: as many decisions wait as may; nothing was asked, nothing is written.
            OvertakenError: ``transition`` found that the ruling came too late; nothing is written.
            DoubleIntentError: an earlier effect of the step may have happened; nothing is written.
            UnavailableError: the trail could not be written; nothing is permitted.

        """
        if question.action is None or question.step is None or question.run is None:
            raise ValueError("the gate rules on actions of runs")
        action, run, step = question.action, question.run.id, question.step
        question = await self.informed(question)
        while True:
            asked = await self._ask(question, self._budget(None))
            async with self.trail.recording() as tx:
                decided = await self._under_stops(tx, question, asked)
                if decided is None:
                    continue
                ruling = _rule(action, decided, OURS, self._permitting(decided, run, step))
                till = None
                if isinstance(ruling, Allowed) and ruling.reserves:
                    till, ruling = await self._reserved(tx, question, ruling)
                followed = await transition(tx, ruling)
                if isinstance(ruling, Allowed):
                    now, reserves = self.clock(), till is not None
                    await intent.write(tx, run, step, ruling.permit, now, repeatable=repeatable, reserves=reserves)
                    if till is not None:
                        await till.close(tx, now)
                    drafts = (
                        minutes.decision_made(question, decided),
                        *followed.drafts,
                        minutes.action_intended(question, ruling, followed.state, till),
                    )
                else:
                    drafts = (minutes.decision_made(question, decided, followed.state, ruling), *followed.drafts)
                await self.trail.append(tx, question.tenant, drafts)
            return ruling

    async def permit(self, question: Question, terms: Terms, *, within: float | None = None) -> tuple[Answer, ...]:
        """Decide what is asked outside of runs, one action or a batch in one query, and commit every decision.

        Each allow is committed with its intent, and the permit goes to ``terms.holder``; nothing else happens here.
        An action that a stop holds up as its answer is committed is denied, whatever the policies say of it.

        Raises:
            BusyError: as many decisions wait as may; nothing was asked, nothing is written.
            ClaimedError: ``terms.request_id`` was used by the same caller meanwhile; nothing is written.
            UnavailableError: the trail could not be written; nothing is permitted.

        """
        question = await self.informed(question)
        wished = _wished(question)
        keys = {one.id: terms.key(one.id) or uuid.uuid4().hex for one in wished}
        decided: Decided | None = None
        in_force = self.barrier.last_seen(question.tenant)
        while True:
            held = {one.id: found for one in wished if (found := applying(in_force, _subject(question, one)))}
            if decided is None and len(held) < len(wished):
                decided = await self._ask(question, self._budget(within, len(question.actions)), look=False)
            input_digest = decided.provenance.input_digest if decided else await asyncio.to_thread(_digest_of, question)
            owns = [
                (one, stopped(question, held[one.id], input_digest=input_digest))
                if decided is None or one.id in held
                else (one, own_decision(question, decided, one))
                for one in wished
            ]
            work = _Work(question, terms, owns, keys, in_force)
            try:
                if any(one.type == "reserve" for _, own in owns for one in own.decision.obligations):
                    return await self._commit_reserving(work)
                answers, share = await self._answer(work)
                await self.trail.commit(question.tenant, share)
            except OutdatedError:
                # A stop was given or lifted since anybody looked, and nothing was written.
                in_force = await self.barrier.seen(question.tenant)
            else:
                return answers

    async def _commit_reserving(self, work: _Work) -> tuple[Answer, ...]:
        """Commit answers of which some reserve: what is reserved is known only under the locks of its accounts.

        Raises:
            OutdatedError: other stops are in force by now; nothing is written.

        """
        tenant = work.question.tenant
        async with self.trail.recording() as tx:
            in_force = await self.barrier.in_force(tx, tenant)
            if {stop.id for stop in in_force} != {stop.id for stop in work.in_force}:
                raise OutdatedError
            bookings, refused = self._bookings(work)
            till = await open_till(tx, tuple(bookings.values())) if bookings else None
            answers, share = await self._answer(work, bookings, refused, till)
            await self.trail.write(tx, share)
            if till is not None:
                await till.close(tx, self.clock())
            await self.trail.append(tx, tenant, share.drafts)
        return answers

    def _bookings(self, work: _Work) -> tuple[dict[str, Booking], dict[str, ShortfallError]]:
        bookings: dict[str, Booking] = {}
        refused: dict[str, ShortfallError] = {}
        for asked, own in work.owns:
            reserves = sort_out(own.decision.obligations).reserves
            if own.verdict is not Verdict.ALLOW or not reserves:
                continue
            key = work.keys[asked.id]
            try:
                bookings[asked.id] = self.ledgers.booking(
                    work.question, reserves, key, step=asked.id, agent=asked.agent, action=asked.action
                )
            except ShortfallError as shortfall:
                refused[asked.id] = shortfall
        return bookings, refused

    async def _reserved(
        self, tx: AsyncConnection, question: Question, allowed: Allowed
    ) -> tuple[Till | None, Allowed | Refused]:
        """Reserve for an action of a run, or refuse it. The run is locked first, as by whoever settles."""
        assert question.run is not None
        assert question.step is not None
        assert question.action is not None
        await tx.execute(sa.select(runs.c.id).where(runs.c.id == question.run.id).with_for_update())
        row = row_id(question.step)
        try:
            booking = self.ledgers.booking(
                question,
                allowed.reserves,
                idempotency_key(question.run.id, row),
                step=row,
                agent=question.agent,
                action=question.action,
            )
            till = await open_till(tx, (booking,), repeated=question.step.attempt > 1)
            short = till.take(booking)
            if short is not None:
                raise exhausted(short)
        except ShortfallError as shortfall:
            return None, Refused(allowed.decided, shortfall.code, shortfall.message)
        return till, allowed

    async def _answer(
        self,
        work: _Work,
        bookings: Mapping[str, Booking] = NO_BOOKINGS,
        refused: Mapping[str, ShortfallError] = NO_SHORTFALLS,
        till: Till | None = None,
    ) -> tuple[tuple[Answer, ...], Share]:
        if len(work.owns) > _INLINE:
            return await asyncio.to_thread(self._answered, work, bookings, refused, till)
        return self._answered(work, bookings, refused, till)

    def _answered(
        self,
        work: _Work,
        bookings: Mapping[str, Booking],
        refused: Mapping[str, ShortfallError],
        till: Till | None,
    ) -> tuple[tuple[Answer, ...], Share]:
        """Return the answers, and what must be committed under just these stops before anybody hears them."""
        question, terms = work.question, work.terms
        answers: list[Answer] = []
        rows: list[dict[str, object]] = []
        drafts: list[Draft] = []
        for asked, own in work.owns:
            step, key = StepFacts(id=asked.id, attempt=1), work.keys[asked.id]

            def permitted(action: Action, own: Decided = own, step: StepFacts = step, key: str = key) -> Permit:
                return self._issue(action, own, OUTSIDE, step, key)

            ruling = _rule(asked.action, own, terms.fulfilled, permitted)
            if isinstance(ruling, Allowed) and ruling.reserves:
                ruling = _taken(ruling, bookings.get(asked.id), refused.get(asked.id), till)
            drafts.append(minutes.decided_for_caller(question, asked, ruling, terms.holder))
            report_by = None
            if isinstance(ruling, Allowed):
                report_by = terms.report_by(ruling)
                rows.append(handed_out.row(question, asked, ruling, terms.holder, report_by))
                drafts.append(minutes.intended_by_caller(question, asked, ruling, terms.holder, till))
            answers.append(Answer(asked.id, ruling, report_by))
            if terms.enough(ruling):
                break
        claim = terms.claim(question.tenant, answers, self.clock())
        under = Under(IN_FORCE, tuple(stop.id for stop in work.in_force))
        return tuple(answers), Share(tuple(drafts), handed_out.TABLE, tuple(rows), claim, under)

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

    async def stops(self, subject: Subject) -> tuple[Stop, ...]:
        """Return the stops that hold this up right now; a hint about whether asking makes sense.

        Raises:
            UnavailableError: the database is away.

        """
        return applying(await self.barrier.seen(subject.tenant), subject)

    async def _under_stops(self, tx: AsyncConnection, question: Question, asked: Decided) -> Decided | None:
        """Return the decision with the stops that are in force as it is committed; None: what stopped it is lifted."""
        in_force = await self.barrier.in_force(tx, question.tenant)
        found = applying(in_force, Subject.of(question))
        if found and tuple(stop.id for stop in found) == stop_ids(asked):
            return asked
        if found:
            source = asked.provenance
            return stopped(question, found, input_digest=source.input_digest, duration_us=source.duration_us)
        return None if is_stopped(asked) else foreseen(question, asked, in_force)

    def _budget(self, within: float | None, actions: int = 0) -> float:
        more = PER_ACTION * actions
        return min(self.budget + more if within is None else within * _SHARE, self.longest + more)

    def _permitting(self, decided: Decided, run: str, step: StepFacts) -> Callable[[Action], Permit]:
        return lambda action: self._issue(action, decided, run, step, idempotency_key(run, row_id(step)))

    async def _ask(self, question: Question, budget: float, *, look: bool = True) -> Decided:
        step, action = question.step, question.action
        with spans.decision_span(
            question.kind,
            run=question.run.id if question.run else None,
            step=row_id(step) if step else None,
            action=f"{action.system}.{action.operation}" if action else None,
            action_digest=action.digest if action else None,
        ) as span:
            decided = await self._stopped(question) if look else None
            if decided is None:
                decided = await self.decision_point.decide(question, budget=budget)
            spans.describe_decision(span, decided)
        if decided.fault and EngineBusyError.code in decided.codes:
            # Not a decision: to write it down would cost more than was asked for, just when there is too much to do.
            raise BusyError("too many decisions are waiting; nothing was decided and nothing was done")
        return decided

    async def _stopped(self, question: Question) -> Decided | None:
        """Answer without the decision point when a stop is in force."""
        started = time.perf_counter_ns()
        found = await self.stops(Subject.of(question))
        if not found:
            return None
        input_digest = await asyncio.to_thread(_digest_of, question)
        return stopped(
            question, found, input_digest=input_digest, duration_us=(time.perf_counter_ns() - started) // 1000
        )

    def _issue(self, action: Action, decided: Decided, run: str, step: StepFacts, key: str) -> Permit:
        return self.issuer.issue(
            action_digest=action.digest,
            action=f"{action.system}.{action.operation}",
            decision_id=decided.provenance.decision_id,
            run=run,
            step=row_id(step),
            attempt=step.attempt,
            idempotency_key=key,
            now=self.clock(),
        )


def _digest_of(question: Question) -> str:
    try:
        return digest(question.to_json())
    except (NotCanonicalError, ValueError, TypeError, RecursionError):
        return ""  # what cannot be written out; without a stop it would be QUESTION_INVALID


def _wished(question: Question) -> tuple[BatchAction, ...]:
    """Return what is asked for outside of runs."""
    if question.kind is Kind.BATCH:
        return tuple(question.actions)
    if question.action is None or question.step is None or question.agent is None or question.run is not None:
        raise ValueError("the gate permits what is asked outside of runs")
    return (BatchAction(id=question.step.id, agent=question.agent, action=question.action),)


def _subject(question: Question, one: BatchAction) -> Subject:
    return replace(Subject.of(question), agent=one.agent.id, system=one.action.system)


def _rule(action: Action, decided: Decided, fulfilled: frozenset[str], permitted: Callable[[Action], Permit]) -> Ruling:
    decision = decided.decision
    if is_stopped(decided):
        return Stopped(decided)
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
    return Allowed(decided, permitted(action), action, duties.timeout, duties.retry, duties.reserves)


def _taken(
    allowed: Allowed, booking: Booking | None, shortfall: ShortfallError | None, till: Till | None
) -> Allowed | Refused:
    """Reserve what an allowed action needs, or refuse it."""
    if shortfall is None and booking is not None and till is not None:
        short = till.take(booking)
        if short is None:
            return allowed
        shortfall = exhausted(short)
    shortfall = shortfall or ShortfallError("LEDGER_UNKNOWN", "nothing could be reserved")
    return Refused(allowed.decided, shortfall.code, shortfall.message)


def redacted(action: Action, duties: Duties) -> Action:
    """Return the action with every redaction carried out.

    Raises:
        RedactionError: one cannot be carried out with certainty.

    """
    if not duties.redactions:
        return action
    left = redact(action.args, action.labels, duties.redactions)
    return make_action(f"{action.system}.{action.operation}", action.effect, left.args, left.labels)


def idempotency_key(run: str, step: str) -> str:
    """Return the key under which a tool server knows an effect: one for each step of a run, over all its attempts."""
    return hashlib.sha256(f"{run}\n{step}".encode()).hexdigest()
