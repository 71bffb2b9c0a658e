"""Deciding what callers ask who act themselves, outside of runs: each allow is a permit in their hands.

The gate decides and issues; here is what a batch is, which of it is held up, and that all of it is one commit.
"""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from assent_orchestrator.audit.record import Draft
from assent_orchestrator.audit.share import OutdatedError, Share, Under
from assent_orchestrator.governance import handed_out, minutes
from assent_orchestrator.governance.barrier import IN_FORCE
from assent_orchestrator.governance.gate import Gate, digest_of
from assent_orchestrator.governance.judging import rule, taken
from assent_orchestrator.governance.ledgers import ShortfallError
from assent_orchestrator.governance.mandate import Room
from assent_orchestrator.governance.obligations import sort_out
from assent_orchestrator.governance.own_decision import own_decision
from assent_orchestrator.governance.permit import Permit, claim_of
from assent_orchestrator.governance.ruling import Allowed, Refused
from assent_orchestrator.governance.stop import Stop, Subject, applying, stopped
from assent_orchestrator.governance.terms import Answer, Terms
from assent_orchestrator.governance.till import Booking, Till, open_till
from assent_orchestrator.governance.under_way import hold
from assent_orchestrator.plan.label import names
from assent_sidecar.decision import Decided, Verdict
from assent_sidecar.facts import Action, BatchAction, StepFacts
from assent_sidecar.question import Kind, Question

_INLINE = 100
"""Actions that are ruled on and permitted on the event loop, at a fifth of a millisecond each; more go to a thread."""

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
    room: Room | None = None


@dataclass(frozen=True, slots=True)
class Outside:
    """Has the gate decide what is asked outside of runs, or in them by services that act as agents."""

    gate: Gate

    async def permit(self, question: Question, terms: Terms, *, within: float | None = None) -> tuple[Answer, ...]:
        """Decide what is asked outside of runs, one action or a batch in one query, and commit every decision.

        Each allow is committed with its intent, and the permit goes to ``terms.holder``; nothing else happens here.
        An action that a stop holds up as its answer is committed is denied, whatever the policies say of it. What is
        asked under a permit is committed only while what that one was given for is under way, and as far as its agent
        has room.

        Raises:
            BusyError: as many decisions wait as may; nothing was asked, nothing is written.
            UnderPermitOverError, RunPausedError: what is above is over by now, or paused; nothing is written.
            ClaimedError: ``terms.request_id`` was used by the same caller meanwhile; nothing is written.
            UnavailableError: the trail could not be written; nothing is permitted.

        """
        question = await self.gate.informed(question)
        wished = _wished(question, terms)
        keys = {one.id: terms.key(one) or uuid.uuid4().hex for one in wished}
        decided: Decided | None = None
        in_force = self.gate.barrier.last_seen(question.tenant)
        while True:
            held = {one.id: found for one in wished if (found := _holding(in_force, question, terms, one))}
            if decided is None and len(held) < len(wished):
                decided = await self.gate.ask(question, self.gate.budget_for(within, len(question.actions)), look=False)
            if decided is not None:
                input_digest = decided.provenance.input_digest
            else:
                input_digest = await asyncio.to_thread(digest_of, question, self.gate.digests)
            owns = [
                (one, stopped(question, held[one.id], input_digest=input_digest))
                if decided is None or one.id in held
                else (one, own_decision(question, decided, one))
                for one in wished
            ]
            work = _Work(question, terms, owns, keys, in_force)
            try:
                reserving = any(one.type == "reserve" for _, own in owns for one in own.decision.obligations)
                if reserving or terms.mandate is not None:
                    return await self._commit_under_locks(work)
                answers, share = await self._answer(work)
                await self.gate.trail.commit(question.tenant, share)
            except OutdatedError:
                # A stop was given or lifted since anybody looked, and nothing was written.
                in_force = await self.gate.barrier.seen(question.tenant)
            else:
                return answers

    async def _commit_under_locks(self, work: _Work) -> tuple[Answer, ...]:
        """Commit answers of which some reserve, or that are under a permit: what there is room for shows under locks.

        Raises:
            OutdatedError: other stops are in force by now; nothing is written.
            UnderPermitOverError, RunPausedError: what is above is over by now, or paused; nothing is written.

        """
        tenant, mandate = work.question.tenant, work.terms.mandate
        async with self.gate.trail.recording() as tx:
            in_force = await self.gate.barrier.in_force(tx, tenant)
            if {stop.id for stop in in_force} != {stop.id for stop in work.in_force}:
                raise OutdatedError
            if mandate is not None:
                work = replace(work, room=await hold(tx, tenant, mandate, self.gate.clock()))
            bookings, refused = self._bookings(work)
            repeated = mandate is not None  # by another attempt at the step
            till = await open_till(tx, tuple(bookings.values()), repeated=repeated) if bookings else None
            answers, share = await self._answer(work, bookings, refused, till)
            await self.gate.trail.write(tx, share)
            if till is not None:
                await till.close(tx, self.gate.clock())
            await self.gate.trail.append(tx, tenant, share.drafts)
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
                booking = self.gate.ledgers.booking(
                    work.question, reserves, key, step=asked.id, agent=asked.agent, action=asked.action
                )
                bookings[asked.id] = replace(booking, attempt=1)
            except ShortfallError as shortfall:
                refused[asked.id] = shortfall
        return bookings, refused

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
                return self.gate.issue(action, own, question.tenant, OUTSIDE, step, key)

            ruling = rule(asked.action, own, terms.fulfilled, permitted, digests=self.gate.digests)
            full = work.room.refusal() if isinstance(ruling, Allowed) and work.room is not None else None
            if full is not None:
                ruling = Refused(own, *full)
            if isinstance(ruling, Allowed) and ruling.reserves:
                ruling = taken(ruling, bookings.get(asked.id), refused.get(asked.id), till)
            drafts.append(minutes.decided_for_caller(question, asked, ruling, terms))
            report_by = None
            if isinstance(ruling, Allowed):
                report_by = terms.report_by(ruling)
                rows.append(handed_out.row(question, asked, ruling, terms, report_by))
                drafts.append(minutes.intended_by_caller(question, asked, ruling, terms, till))
                if work.room is not None:
                    work.room.take()
            answers.append(Answer(asked.id, ruling, report_by))
            if terms.enough(ruling):
                break
        claim = terms.claim(question.tenant, answers, self.gate.clock())
        under = Under(IN_FORCE, tuple(stop.id for stop in work.in_force))
        return tuple(answers), Share(tuple(drafts), handed_out.TABLE, tuple(rows), claim, under)

    def permit_again(
        self, tenant: str, decided: Decided, item: str, permit: handed_out.Issued, action: Action
    ) -> Permit:
        """Return a permit for ``action`` that was issued before, as it was: its row is committed, its time goes on."""
        return self.gate.issuer.issue(
            tenant=tenant,
            action_digest=permit.action_digest,
            claimed=claim_of(action, permit.action_digest),
            action=permit.action,
            decision_id=decided.provenance.decision_id,
            run=OUTSIDE,
            step=item,
            attempt=1,
            idempotency_key=permit.idempotency_key,
            labels=names(action.labels),
            now=permit.issued_at,
            identifier=permit.id,
        )


def _wished(question: Question, terms: Terms) -> tuple[BatchAction, ...]:
    """Return what is asked for, outside of runs or under a permit."""
    if question.run is not None and terms.mandate is None:
        raise ValueError("what is asked in a run is for the gate itself, unless it is asked under a permit")
    if question.kind is Kind.BATCH:
        return tuple(question.actions)
    if question.action is None or question.step is None or question.agent is None:
        raise ValueError("the gate permits actions of agents")
    return (BatchAction(id=terms.item or question.step.id, agent=question.agent, action=question.action),)


def _holding(in_force: tuple[Stop, ...], question: Question, terms: Terms, one: BatchAction) -> tuple[Stop, ...]:
    """Return the stops that hold an action up: itself, or something that it is asked under."""
    above = terms.mandate.subjects(question.tenant) if terms.mandate is not None else ()
    found = {stop.id: stop for subject in (_subject(question, one), *above) for stop in applying(in_force, subject)}
    return tuple(found.values())


def _subject(question: Question, one: BatchAction) -> Subject:
    return replace(Subject.of(question), agent=one.agent.id, system=one.action.system)
