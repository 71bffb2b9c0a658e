"""One attempt at one step: look, ask, commit, act, write down what came of it.

Every way through it may be cut off by a crash and is safe to repeat: what was meant and what became of it are read
first.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import LIVE, Approval, ApprovalState
from assent_orchestrator.approvals.moments import may_extend
from assent_orchestrator.approvals.note import note_state
from assent_orchestrator.approvals.passing import extend
from assent_orchestrator.approvals.presented import Scene
from assent_orchestrator.approvals.request import resolve
from assent_orchestrator.approvals.worth import answers_worth, facts_of
from assent_orchestrator.audit import spans
from assent_orchestrator.audit.stride import Stride
from assent_orchestrator.errors import BusyError
from assent_orchestrator.execution import arguments, bulk
from assent_orchestrator.execution.askable import askable
from assent_orchestrator.execution.asking import lapse
from assent_orchestrator.execution.became import give_up
from assent_orchestrator.execution.calling import called, subjects
from assent_orchestrator.execution.choosing import Choosing
from assent_orchestrator.execution.circuits import Circuits
from assent_orchestrator.execution.deadline import expire, within_deadline
from assent_orchestrator.execution.driver import fence, hold, hold_step
from assent_orchestrator.execution.durable import SETTLED, Pause
from assent_orchestrator.execution.ending import Ending, end_step, ending_of
from assent_orchestrator.execution.handed import could_be_done, narrowed
from assent_orchestrator.execution.handing import WITHHELD, Handing
from assent_orchestrator.execution.handovers import taken_over
from assent_orchestrator.execution.journal import graph_of
from assent_orchestrator.execution.lists import begin_list
from assent_orchestrator.execution.outcome import Outcomes
from assent_orchestrator.execution.outdated import is_outdated
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.patience import HELD_SECONDS, patience, until
from assent_orchestrator.execution.scene import scene_of
from assent_orchestrator.execution.sequel import REVISED, Sequels, trace_wait
from assent_orchestrator.execution.situation import (
    Seen,
    Situation,
    UncataloguedError,
    appoint,
    read_situation,
)
from assent_orchestrator.execution.standing import keep
from assent_orchestrator.execution.turn import Turn
from assent_orchestrator.execution.unretained import NOT_RETAINED
from assent_orchestrator.execution.waiting import waits
from assent_orchestrator.governance.enquiry import action_question, condition_question
from assent_orchestrator.governance.gate import Followed, OvertakenError
from assent_orchestrator.governance.intent import EffectStatus
from assent_orchestrator.governance.ruling import Allowed, Deferred, Held, Refused, Ruling, Stopped
from assent_orchestrator.governance.stop import is_stopped, named_in
from assent_orchestrator.plan.choice import choice_of
from assent_orchestrator.plan.redaction import RedactionError
from assent_orchestrator.plan.state import TERMINAL_RUNS, TERMINAL_STEPS, StepState
from assent_orchestrator.plan.unretained import labels_of_never
from assent_sidecar.catalogue.memory_facts import memory_facts
from assent_sidecar.decision import Decided
from assent_sidecar.model import seconds
from assent_sidecar.question import Action

_BROKEN = Ending(StepState.FAILED, "INTERNAL", "something went wrong inside; the log of the server says where")
_LOST = Ending(StepState.FAILED, NOT_RETAINED, arguments.LOST)
_FROZEN = Pause(settled=False, seconds=HELD_SECONDS)
_UNUSED = (ApprovalState.REJECTED, ApprovalState.EXPIRED, ApprovalState.VOID)
"""How a wait for people ends without an action."""

_EXPIRED = Ending(StepState.DENIED, "APPROVAL_EXPIRED", "nobody answered in time")


@dataclass(frozen=True, slots=True)
class Attempts:
    """Makes attempts."""

    parts: Parts
    outcomes: Outcomes
    sequels: Sequels

    async def attempt(self, run_id: str, step_id: str, tries: int, seen: Seen | None = None) -> Pause:
        """Make one attempt; say whether the step is settled or when to look again. What was ``seen`` is not read again.

        Raises:
            FencedError: somebody else drives the run.
        """
        situation = await self._look(run_id, step_id, seen)
        if situation.step.state is StepState.ITERATING:
            return SETTLED  # it is its items' turn
        if situation.step.state in TERMINAL_STEPS or situation.run.state in TERMINAL_RUNS:
            return SETTLED
        if situation.run.overdue(self.parts.clock()):
            await self._expire(run_id)
            situation = await self._look(run_id, step_id)
        return within_deadline(await self._attempt(situation, tries), situation.run, self.parts.clock())

    async def _attempt(self, situation: Situation, tries: int) -> Pause:
        run_id, step_id = situation.run.id, situation.step.id
        with spans.step_span(run_id, step_id, situation.spec.action, situation.run.traceparent):
            if situation.intent is not None and situation.intent.status in (
                EffectStatus.INTENDED,
                EffectStatus.UNKNOWN,
            ):
                # A crash or a lost answer: find out what happened first, whatever else is wanted.
                pause = await self.outcomes.reconcile(situation, tries)
                if pause is not None:
                    return pause
                situation = await self._look(run_id, step_id)
            try:
                return await self._stand(situation, tries)
            except OvertakenError:
                # Cancelled meanwhile, say, or answered in the last moment: look again.
                return Pause(settled=False, seconds=0.0)

    async def abandon(self, run_id: str, step_id: str) -> Pause:
        """Bring a step to rest that cannot be dealt with; what may have happened is unknown until somebody knows."""
        situation = await self._look(run_id, step_id)
        if situation.step.state is StepState.ITERATING:
            return SETTLED  # it is its items' turn
        if situation.step.state in TERMINAL_STEPS or situation.run.state in TERMINAL_RUNS:
            return SETTLED
        if situation.intent is not None and situation.intent.status in (EffectStatus.INTENDED, EffectStatus.UNKNOWN):
            return await self.outcomes.leave(situation, situation.intent.attempt)
        return await self._end(situation, _BROKEN)

    async def _look(self, run_id: str, step_id: str, seen: Seen | None = None) -> Situation:
        async with self.parts.reader.connect() as tx:
            situation = await read_situation(
                tx, run_id, step_id, self.parts.plans, unretained=self.parts.unretained, seen=seen
            )
        fence(situation.run, self.parts.driver)
        return situation

    async def _stand(self, situation: Situation, tries: int) -> Pause:
        """Deal with everything that may end or delay the step before anybody is asked."""
        now = self.parts.clock()
        ending = ending_of(situation)
        if situation.step.state is StepState.AWAITING_CHOICE:
            return await self._await_choice(situation, ending)
        if ending is not None:
            return await self._end(situation, ending)
        ahead = waits(situation, self.parts.catalogue(situation.run.tenant), now)
        if ahead is not None:
            return Pause(settled=False, seconds=ahead)
        approval = situation.approval
        if approval is not None and approval.state is ApprovalState.PENDING:
            if situation.lost and self._cannot_be_done(situation):
                return await self._end(situation, _LOST)
            if is_outdated(approval, self.parts.revision(situation.run.tenant)) and not situation.run.paused:
                return await self._close(situation, approval, tries)
            if approval.expires_at > now:
                return Pause(settled=False, seconds=until(approval.expires_at, now))
            if not may_extend(approval):
                return await self._end(situation, _EXPIRED)
            return await self._put_once_more(situation, approval)
        if situation.run.paused or await self._still_stopped(situation):
            return _FROZEN
        return await self._ask(situation, tries)

    def _cannot_be_done(self, situation: Situation) -> bool:
        """Say whether what people are asked about could not be done whatever they say: something of it is lost."""
        if situation.lost_inputs:
            return True
        try:
            arguments.bound_action(situation, appoint(self.parts.catalogue(situation.run.tenant), situation))
        except arguments.UnfitError as error:
            return error.code == NOT_RETAINED
        except UncataloguedError:
            return False
        return False

    async def _await_choice(self, situation: Situation, ending: Ending | None) -> Pause:
        """Wait until a person says what follows from a failure, for as long as that may matter."""
        item, now = situation.work_item, self.parts.clock()
        if ending is None and item is not None and item.expires_at > now:
            return Pause(settled=False, seconds=until(item.expires_at, now))
        async with self.parts.trail.recording() as tx:
            run, step = await hold_step(tx, situation.run, situation.step.id, self.parts.plans)
            if step.state is not StepState.AWAITING_CHOICE:
                raise OvertakenError
            drafts = await lapse(tx, run, step, situation.spec, self.parts.clock(), ending=ending is not None)
            await self.parts.trail.append(tx, run.tenant, (*drafts, *await keep(tx, run, now)))
        return SETTLED

    async def _expire(self, run_id: str) -> None:
        async with self.parts.trail.recording() as tx:
            run = await hold(tx, run_id, self.parts)
            drafts = await expire(tx, run, self.parts.clock())
            await self.parts.trail.append(tx, run.tenant, drafts)

    async def _close(self, situation: Situation, approval: Approval, tries: int) -> Pause:
        """Close a question that is worth nothing under the bundle in force; the step is asked about anew."""
        async with self.parts.trail.recording() as tx:
            run = await self.sequels.still_wanted(tx, situation)
            await resolve(tx, approval, ApprovalState.VOID, self.parts.clock())
            await self.parts.trail.append(tx, run.tenant, (note_state(approval, ApprovalState.VOID, why=REVISED),))
        trace_wait(approval, ApprovalState.VOID, self.parts.clock())
        return Pause(settled=False, seconds=patience(tries))

    async def _put_once_more(self, situation: Situation, approval: Approval) -> Pause:
        async with self.parts.trail.recording() as tx:
            # Time passes for people whatever holds up the run.
            run = await self.sequels.still_wanted(tx, situation, though_paused=True)
            drafts = await extend(tx, approval, self.parts.clock())
            await self.parts.trail.append(tx, run.tenant, drafts)
        return Pause(settled=False, seconds=seconds(approval.requirement.expires_in))

    async def _still_stopped(self, situation: Situation) -> bool:
        """Say whether everything that stopped the step still does: then there is nothing new to record."""
        if situation.step.state is not StepState.DEFERRED:
            return False
        named = set(named_in(situation.decision))
        if not named:
            return False
        reached = [await self.parts.gate.stops(one) for one in subjects(situation, self.parts)]
        return named <= {stop.id for found in reached for stop in found}

    async def _ask(self, situation: Situation, tries: int) -> Pause:
        if situation.undecidable:
            return await self._end(situation, _LOST)
        if choice_of(situation.step.id) is not None:
            return await self._choose(situation, tries)
        try:
            turn = Turn(situation, appoint(self.parts.catalogue(situation.run.tenant), situation), tries)
        except UncataloguedError as error:
            return await self._end(situation, Ending(StepState.DENIED, error.code, error.message))
        if situation.asks_first and situation.spec.when is not None:
            pause = await self._condition(turn, situation.spec.when)
            if pause is not None:
                return pause
        taken = await self._take_over(turn)
        return await self._taken(taken, situation, tries) if isinstance(taken, Turn) else taken

    async def _take_over(self, turn: Turn) -> Turn | Pause:
        """Return the turn with what may pass of the work that the step takes over, or what follows if it may not."""
        situation = turn.situation
        ahead = taken_over(situation, self.parts.plans)
        if not ahead:
            return turn
        try:
            came = await Handing(self.parts, self.sequels).take_over(turn, ahead)
        except BusyError:
            return Pause(settled=False, seconds=patience(turn.tries))
        if not isinstance(came, tuple):
            return await self._go_by(turn, came, turn.tries, None)
        try:
            return replace(turn, situation=await bulk.aside(narrowed, situation.values(), situation, came))
        except RedactionError:
            unsure = "what must not be handed over cannot be taken away with certainty"
            return await self._end(situation, Ending(StepState.DENIED, WITHHELD, unsure))

    async def _taken(self, turn: Turn, situation: Situation, tries: int) -> Pause:
        """Go on with a step that is taken; ``situation`` is that of the turn with what is not handed over to it."""
        if turn.situation.spec.for_each is not None and situation.step.item is None:
            return await self._begin_items(turn, situation)
        try:
            action = await bulk.aside(arguments.bound_action, situation.values(), turn.situation, turn.appointed)
        except arguments.UnfitError as error:
            return await self._unfit(turn, situation, error)
        not_called = await self._call(turn, action)
        if not_called is not None:
            return not_called
        circuits = Circuits(self.parts)
        entry = await circuits.enter(situation, turn.appointed)
        if entry.pause is not None:
            return entry.pause
        try:
            return await self._act(turn, action, tries, entry.probe)
        finally:
            if entry.probe is not None:
                await circuits.leave(situation, entry.probe)

    async def _call(self, turn: Turn, action: Action) -> Pause | None:
        """Return what follows when a service may not take the action over that it is called for; None: it may."""
        facts = called(turn.situation, self.parts, action)
        if facts is None:
            return None
        try:
            came = await Handing(self.parts, self.sequels).call(turn, facts)
        except BusyError:
            return Pause(settled=False, seconds=patience(turn.tries))
        return await self._go_by(turn, came, turn.tries, None) if came is not None else None

    async def _choose(self, situation: Situation, tries: int) -> Pause:
        process = self.parts.catalogue(situation.run.tenant).processes.get(situation.run.process)
        if process is None:
            unknown = "the bundle in force does not know the process"
            return await self._end(situation, Ending(StepState.DENIED, "UNKNOWN_PROCESS", unknown))
        return await Choosing(self.parts, self.sequels).attempt(situation, process, tries)

    async def _unfit(self, turn: Turn, whole: Situation, error: arguments.UnfitError) -> Pause:
        """End a step whose arguments cannot be used; where they could be of the ``whole``, it was not handed over."""
        if turn.situation is not whole and await could_be_done(whole, turn.appointed):
            withheld = f"needs what is not handed over to {whole.spec.agent!r}: {error.message}"
            return await self._end(whole, Ending(StepState.DENIED, WITHHELD, withheld))
        return await self._end(whole, Ending(StepState.FAILED, error.code, error.message))

    async def _begin_items(self, turn: Turn, whole: Situation) -> Pause:
        """Make a row of each element, or end the step without having done anything for any of them.

        ``whole`` is the situation with what was not handed over.
        """
        situation = turn.situation
        try:
            items = await asyncio.to_thread(arguments.bound_items, situation)
        except arguments.UnfitError as error:
            return await self._unfit(turn, whole, error)
        ending = await begin_list(self.parts, self.sequels, turn, items)
        return SETTLED if ending is None else await self._end(situation, ending)

    async def _condition(self, turn: Turn, name: str) -> Pause | None:
        """Ask whether the step is taken; None: it is."""
        situation, appointed = turn.situation, turn.appointed
        question = condition_question(
            situation.matter(appointed.process),
            self.parts.clock(),
            step=situation.facts(),
            agent=appointed.agent,
            name=name,
            outputs={step_id: row.output for step_id, row in situation.outputs.items()},
        )

        async def sequel(tx: AsyncConnection, decided: Decided) -> Followed:
            return await self.sequels.of_condition(tx, turn, decided)

        try:
            decided = await self.parts.gate.decide(question, sequel)
        except BusyError:
            return Pause(settled=False, seconds=patience(turn.tries))
        if is_stopped(decided):
            return _FROZEN
        if decided.fault:
            return _without_decision(turn)
        return None if decided.decision.taken else SETTLED

    async def _act(self, turn: Turn, action: Action, tries: int, probe: datetime | None) -> Pause:
        situation, appointed = turn.situation, turn.appointed
        approval = situation.approval
        heard = answers_worth(approval, action, self.parts.revision(situation.run.tenant), self.parts.clock())
        question = action_question(
            situation.matter(appointed.process),
            self.parts.clock(),
            step=situation.facts(),
            agent=appointed.agent,
            action=action,
            approvals=facts_of(approval, heard) if approval is not None else (),
            memory=memory_facts(action, appointed.memory),
        )
        if labels_of_never(action.labels, appointed.never):
            question = question.confidentially()
        # Before anybody is asked: people are shown where the ledgers stood for the policy.
        question = await self.parts.gate.informed(question)

        def scene() -> Scene:
            graph = graph_of(situation.run, self.parts.plans)
            return scene_of(situation, graph, question.ledgers, self.parts.catalogue(situation.run.tenant).ledgers)

        taken: Stride | None = None

        def outright(allowed: Allowed) -> Stride | None:
            nonlocal taken
            taken = self.sequels.outright(turn, allowed)
            return taken

        async def transition(tx: AsyncConnection, ruling: Ruling) -> Followed:
            nonlocal taken
            taken = None
            self.parts.courses.forget(situation.run.id)
            can_be = askable(ruling, appointed.operation)
            return await self.sequels.of_ruling(tx, turn, action, can_be, scene, heard=heard)

        try:
            ruling = await self.parts.gate.rule(
                question,
                transition,
                repeatable=appointed.repeatable,
                outright=outright,
            )
        except BusyError:
            return Pause(settled=False, seconds=patience(turn.tries))
        if taken is not None:
            self.parts.courses.follow(taken)
        return await self._go_by(turn, askable(ruling, appointed.operation), tries, probe)

    async def _go_by(self, turn: Turn, ruling: Ruling, tries: int, probe: datetime | None) -> Pause:
        """Do what a ruling that is committed comes to."""
        match ruling:
            case Allowed():
                return await self.outcomes.perform(turn.situation, turn.appointed, ruling, probe)
            case Held(requirement=requirement):
                return Pause(settled=False, seconds=seconds(requirement.expires_in))
            case Deferred(until=moment):
                # A moment that has passed is no reason to ask over and over.
                return Pause(settled=False, seconds=max(until(moment, self.parts.clock()), patience(tries)))
            case Stopped():
                return _FROZEN
            case Refused(fault=fault):
                return _without_decision(turn) if fault else SETTLED

    async def _end(self, situation: Situation, ending: Ending) -> Pause:
        """Bring the step to rest without asking anybody; a question to humans ends with it."""
        async with self.parts.trail.recording() as tx:
            now = self.parts.clock()
            drafts = await end_step(tx, self.parts, situation, ending)
            if drafts:
                operation = self.parts.catalogue(situation.run.tenant).operation(situation.spec.action)
                reads = operation is not None and operation.effect == "read"
                drafts = (*await give_up(tx, situation, now, repeatable=reads), *drafts)
            approval = situation.approval
            outcome = approval.state if approval is not None and drafts else None
            if approval is not None and approval.state in LIVE:
                outcome = ApprovalState.EXPIRED if ending is _EXPIRED else ApprovalState.VOID
                await resolve(tx, approval, outcome, now)
                drafts = (note_state(approval, outcome, why=ending.code), *drafts)
            await self.parts.trail.append(tx, situation.run.tenant, drafts)
        if approval is not None and outcome in _UNUSED:
            trace_wait(approval, outcome, now)
        return SETTLED


def _without_decision(turn: Turn) -> Pause:
    if turn.appointed.process.on_no_decision == "wait":
        return Pause(settled=False, seconds=patience(turn.tries))
    return SETTLED
