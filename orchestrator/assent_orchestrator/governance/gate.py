"""The gate: nobody gets a permit but here, and nobody gets one without its decision and intent being committed.

What runs ask is decided here, what callers ask who act themselves in ``outside``, which has this ask and issue.
Deciding and recording are one function on purpose: a caller can have no ruling that the trail does not hold.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit import spans
from assent_orchestrator.audit.record import StateNote
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import BusyError, MemoryKeyWrongError
from assent_orchestrator.governance import intent, minutes
from assent_orchestrator.governance.barrier import Barrier
from assent_orchestrator.governance.decision_point import DecisionPoint
from assent_orchestrator.governance.followed import Followed, Outright, Sequel, Transition
from assent_orchestrator.governance.intent import idempotency_key
from assent_orchestrator.governance.judging import rule
from assent_orchestrator.governance.ledgers import Ledgers, ShortfallError, exhausted
from assent_orchestrator.governance.obligations import OURS
from assent_orchestrator.governance.permit import Permit, PermitIssuer, claim_of
from assent_orchestrator.governance.ruling import Allowed, Refused, Ruling
from assent_orchestrator.governance.stop import Stop, Subject, applying, stopped, under_stops
from assent_orchestrator.governance.till import Till, open_till
from assent_orchestrator.plan.derived import row_id
from assent_orchestrator.plan.digests import Digests
from assent_orchestrator.plan.label import names
from assent_orchestrator.store.tables import runs
from assent_sidecar.canonical import NotCanonicalError, digest
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.decision import Decided
from assent_sidecar.errors import EngineBusyError
from assent_sidecar.evaluator import PER_ACTION
from assent_sidecar.facts import Action, StepFacts
from assent_sidecar.question import Question

_AT_ONCE = 4
"""Questions of one call that are asked at a time: the engine has other callers, too."""

_BUSY = "too many decisions are waiting; nothing was decided and nothing was done"

_SHARE = 0.8
"""How much of a caller's time the engine gets; the rest is for committing the record and for the way back."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Asks, records, and only then permits.

    ``budget`` is how long a decision may take when nobody says, ``longest`` whatever anybody says; both in seconds.
    ``memory`` returns the classes of memory of the bundle in force for a tenant. ``digests`` are how what is confided
    is named where it is written down.
    """

    decision_point: DecisionPoint
    trail: Trail
    issuer: PermitIssuer
    clock: Clock
    barrier: Barrier
    ledgers: Ledgers
    memory: Callable[[str], Memory]
    digests: Digests
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
            asked = await self.ask(question, self.budget_for(within, question.several))
            async with self.trail.recording() as tx:
                decided = under_stops(await self.barrier.in_force(tx, question.tenant), question, asked)
                if decided is None:
                    continue
                followed = await sequel(tx, decided) if sequel else Followed()
                draft = minutes.decision_made(question, decided, followed.state, followed.ruling, step=followed.step)
                await self.trail.append(tx, question.tenant, (draft, *followed.drafts))
            return decided

    async def decide_each(self, questions: Sequence[Question], *, within: float | None = None) -> tuple[Decided, ...]:
        """Decide several things of one tenant as ``decide`` does one, a few at a time, and commit them together.

        They are recorded in their order. Nobody looks beforehand whether they are stopped: the commit does.

        Raises:
            BusyError: as many decisions wait as may; nothing is written.
            UnavailableError: the trail could not be written; none of the decisions counts for anything.

        """
        if not questions:
            return ()
        tenant = questions[0].tenant
        questions = [await self.informed(one) for one in questions]
        asked = await self._ask_each(questions, within)
        async with self.trail.recording() as tx:
            in_force = await self.barrier.in_force(tx, tenant)
            # What was asked without looking at stops is no word of a stop that could have been lifted since.
            found = [under_stops(in_force, *one) or one[1] for one in zip(questions, asked, strict=True)]
            drafts = [minutes.decision_made(*one) for one in zip(questions, found, strict=True)]
            await self.trail.append(tx, tenant, drafts)
        return tuple(found)

    async def informed(self, question: Question) -> Question:
        """Return the question with the ledgers that concern it; what has them already is left as it is.

        Raises:
            UnavailableError: the database is away.

        """
        if question.ledgers:
            return question
        effect = None
        own = question.under is None
        if own and question.run is not None and question.step is not None and question.step.attempt > 1:
            effect = idempotency_key(question.run.id, row_id(question.step))
        return await self.ledgers.informed(question, effect=effect)

    async def rule(
        self, question: Question, transition: Transition, *, repeatable: bool, outright: Outright | None = None
    ) -> Ruling:
        """Decide one action and commit the decision, the intent (when allowed) and the state that follows.

        ``repeatable`` says that doing the effect again under the same key is doing it once. ``outright`` says what a
        plain allow comes to, which is tried before ``transition``.

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
            # What stops were in force when anybody last looked is only a guess: the commit makes sure of it.
            guess = None if outright is None else self.barrier.last_seen(question.tenant)
            hopeful = guess is not None and not applying(guess, Subject.of(question))
            asked = await self.ask(question, self.budget_for(None), look=not hopeful)
            if outright is not None and guess is not None and hopeful:
                allowed = await self._outright(question, asked, guess, outright)
                if allowed is not None:
                    return allowed
                await self.barrier.seen(question.tenant)
                outright = None
            async with self.trail.recording() as tx:
                decided = under_stops(await self.barrier.in_force(tx, question.tenant), question, asked)
                if decided is None:
                    continue
                memory = self.memory(question.tenant)
                ruling = rule(action, decided, OURS, self._permitting(question, decided), memory, digests=self.digests)
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

    async def _outright(
        self, question: Question, asked: Decided, in_force: tuple[Stop, ...], outright: Outright
    ) -> Allowed | None:
        """Commit a plain allow, all of it in one way to the database and back; None: it is none, or things moved."""
        assert question.action is not None
        assert question.step is not None
        assert question.run is not None
        permitting, memory = self._permitting(question, asked), self.memory(question.tenant)
        allowed = rule(question.action, asked, OURS, permitting, memory, digests=self.digests)
        if not isinstance(allowed, Allowed) or allowed.reserves:
            return None
        stride = outright(allowed)
        if stride is None:
            return None
        moved = StateNote(before=stride.state, after=str(stride.values["state"]))
        permit = allowed.permit
        stride = replace(
            stride,
            drafts=(minutes.decision_made(question, asked), minutes.action_intended(question, allowed, moved)),
            effect={
                "idempotency_key": permit.idempotency_key,
                "action_digest": permit.action_digest,
                "permit_id": permit.id,
            },
            seen=tuple(sorted(stop.id for stop in in_force)),
        )
        return allowed if await self.trail.stride(question.tenant, stride) else None

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

    async def stops(self, subject: Subject) -> tuple[Stop, ...]:
        """Return the stops that hold this up right now; a hint about whether asking makes sense.

        Raises:
            UnavailableError: the database is away.

        """
        return applying(await self.barrier.seen(subject.tenant), subject)

    def budget_for(self, within: float | None, actions: int = 0) -> float:
        """Return the seconds a decision may take; ``within`` is how long whoever asks still waits, if they said."""
        more = PER_ACTION * actions
        return min(self.budget + more if within is None else within * _SHARE, self.longest + more)

    def _permitting(self, question: Question, decided: Decided) -> Callable[[Action], Permit]:
        assert question.run is not None
        assert question.step is not None
        tenant, run, step = question.tenant, question.run.id, question.step
        return lambda action: self.issue(action, decided, tenant, run, step, idempotency_key(run, row_id(step)))

    async def ask(self, question: Question, budget: float, *, look: bool = True) -> Decided:
        """Answer a question within ``budget`` seconds; with ``look``, a stop that is in force answers first.

        Raises:
            BusyError: as many decisions wait as may; nothing was asked.
            UnavailableError: the database is away, so nobody can say what is stopped.
        """
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
            raise BusyError(_BUSY)
        return decided

    async def _ask_each(self, questions: Sequence[Question], within: float | None) -> list[Decided]:
        """Answer questions, ``_AT_ONCE`` at a time; the first that there is no room for is the end of all.

        Raises:
            BusyError: as many decisions wait as may.
        """
        room = asyncio.Semaphore(_AT_ONCE)

        async def ask(question: Question) -> Decided:
            async with room:
                return await self.ask(question, self.budget_for(within, question.several), look=False)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(ask(question)) for question in questions]
        except* BusyError as several:
            busy = several.exceptions[0]
        else:
            return [task.result() for task in tasks]
        raise BusyError(_BUSY) from busy

    async def _stopped(self, question: Question) -> Decided | None:
        """Answer without the decision point when a stop is in force."""
        started = time.perf_counter_ns()
        found = await self.stops(Subject.of(question))
        if not found:
            return None
        input_digest = await asyncio.to_thread(digest_of, question, self.digests)
        return stopped(
            question, found, input_digest=input_digest, duration_us=(time.perf_counter_ns() - started) // 1000
        )

    def issue(  # noqa: PLR0917 - what a permit says
        self, action: Action, decided: Decided, tenant: str, run: str, step: StepFacts, key: str
    ) -> Permit:
        """Issue a permit for what was decided; whoever asked for it commits both before anybody has it."""
        return self.issuer.issue(
            tenant=tenant,
            action_digest=action.digest,
            claimed=claim_of(action, action.digest),
            action=f"{action.system}.{action.operation}",
            decision_id=decided.provenance.decision_id,
            run=run,
            step=row_id(step),
            attempt=step.attempt,
            idempotency_key=key,
            labels=names(action.labels),
            now=self.clock(),
        )


def digest_of(question: Question, digests: Digests) -> str:
    """Return the digest of a question that the decision point does not see; empty where it has none."""
    try:
        return digests.written(digest(question.to_json()), confided=question.confided)
    except MemoryKeyWrongError:
        return ""  # which nothing can be found from
    except (NotCanonicalError, ValueError, TypeError, RecursionError):
        return ""  # what cannot be written out; without a stop it would be QUESTION_INVALID
