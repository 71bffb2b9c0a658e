"""One attempt at one step: look, find out what is open, wait, take over, ask, act.

Every way through it may be cut off by a crash and is safe to repeat: what was meant and what became of it are read
first.
"""

import asyncio
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import LIVE, ApprovalState
from assent_orchestrator.approvals.latest import waiting_for
from assent_orchestrator.audit import spans
from assent_orchestrator.errors import BusyError
from assent_orchestrator.execution import arguments, bulk
from assent_orchestrator.execution.acting import FROZEN, Acting, without_decision
from assent_orchestrator.execution.calling import called, subjects
from assent_orchestrator.execution.choosing import Choosing
from assent_orchestrator.execution.circuits import Circuits
from assent_orchestrator.execution.deadline import expire, within_deadline
from assent_orchestrator.execution.driven import SETTLED, Pause
from assent_orchestrator.execution.driver import fence, hold
from assent_orchestrator.execution.ending import Ending, ending_of
from assent_orchestrator.execution.handed import could_be_done, narrowed
from assent_orchestrator.execution.handing import Awaited, Handing, NotYet, Passes
from assent_orchestrator.execution.handovers import taken_over
from assent_orchestrator.execution.lists import begin_list
from assent_orchestrator.execution.outcome import Outcomes
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.patience import patience
from assent_orchestrator.execution.pending import Pending
from assent_orchestrator.execution.rest import BROKEN, VALUE_LOST, bring_to_rest
from assent_orchestrator.execution.sequel import Sequels
from assent_orchestrator.execution.situation import (
    Seen,
    Situation,
    UncataloguedError,
    appoint,
    read_situation,
)
from assent_orchestrator.execution.turn import Turn
from assent_orchestrator.execution.waiting import waits
from assent_orchestrator.governance.enquiry import condition_question
from assent_orchestrator.governance.entrusted import WITHHELD
from assent_orchestrator.governance.followed import Followed, OvertakenError
from assent_orchestrator.governance.intent import EffectStatus
from assent_orchestrator.governance.stop import is_stopped, named_in
from assent_orchestrator.plan.choice import choice_of
from assent_orchestrator.plan.redaction import RedactionError
from assent_orchestrator.plan.state import TERMINAL_RUNS, TERMINAL_STEPS, StepState
from assent_sidecar.decision import Decided
from assent_sidecar.facts import Action


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
        pause = within_deadline(await self._attempt(situation, tries), situation.run, self.parts.clock())
        return await self._waking(situation, pause)

    async def _waking(self, situation: Situation, pause: Pause) -> Pause:
        """Have those looked at again that wait for what people were asked about this step: it may be over by now."""
        if situation.handoff is None or situation.handoff.state not in LIVE:
            return pause
        async with self.parts.reader.connect() as tx:
            beside = [row for row in await waiting_for(tx, situation.handoff) if row != situation.step.id]
        return {**pause, "wake": beside} if beside else pause

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
        return await self._end(situation, BROKEN)

    @property
    def _acting(self) -> Acting:
        return Acting(self.parts, self.outcomes, self.sequels)

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
            return await Pending(self.parts, self.sequels).choice(situation, ending)
        if ending is not None:
            return await self._end(situation, ending)
        ahead = waits(situation, self.parts.catalogue(situation.run.tenant), now)
        if ahead is not None:
            return Pause(settled=False, seconds=ahead)
        open_ = next((one for one in situation.requests if one.state is ApprovalState.PENDING), None)
        if open_ is not None:
            came = await Pending(self.parts, self.sequels).question(situation, open_, tries)
            return await self._end(situation, came) if isinstance(came, Ending) else came
        if situation.run.paused or await self._still_stopped(situation):
            return FROZEN
        return await self._ask(situation, tries)

    async def _expire(self, run_id: str) -> None:
        async with self.parts.trail.recording() as tx:
            run = await hold(tx, run_id, self.parts)
            drafts = await expire(tx, run, self.parts.clock())
            await self.parts.trail.append(tx, run.tenant, drafts)

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
            return await self._end(situation, VALUE_LOST)
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
        return await self._taken(taken, situation) if isinstance(taken, Turn) else taken

    async def _take_over(self, turn: Turn) -> Turn | Pause:
        """Return the turn with what may pass of the work that the step takes over, or what follows if it may not."""
        situation = turn.situation
        ahead, handing = taken_over(situation, self.parts.plans), Handing(self.parts, self.sequels)
        try:
            came = await handing.take_over(turn, ahead) if ahead else Passes()
        except BusyError:
            return Pause(settled=False, seconds=patience(turn.tries))
        if not isinstance(came, Passes):
            return await self._not_passed(turn, came)
        turn = _answered(turn, came)
        situation = turn.situation
        if await handing.withheld(situation):
            return await self._withheld(situation, situation.spec.agent)
        if not came.narrow:
            return turn
        try:
            return replace(turn, situation=await bulk.aside(narrowed, situation.values(), situation, came.narrow))
        except RedactionError:
            unsure = "what must not be handed over cannot be taken away with certainty"
            return await self._end(situation, Ending(StepState.DENIED, WITHHELD, unsure))

    async def _taken(self, turn: Turn, situation: Situation) -> Pause:
        """Go on with a step that is taken; ``situation`` is that of the turn with what is not handed over to it."""
        if turn.situation.spec.for_each is not None and situation.step.item is None:
            return await self._begin_items(turn, situation)
        try:
            action = await bulk.aside(arguments.bound_action, situation.values(), turn.situation, turn.appointed)
        except arguments.UnfitError as error:
            return await self._unfit(turn, situation, error)
        called = await self._call(turn, action)
        if not isinstance(called, Turn):
            return called
        turn = called
        circuits = Circuits(self.parts)
        entry = await circuits.enter(situation, turn.appointed)
        if entry.pause is not None:
            return entry.pause
        try:
            return await self._acting.act(turn, action, entry.probe)
        finally:
            if entry.probe is not None:
                await circuits.leave(situation, entry.probe)

    async def _call(self, turn: Turn, action: Action) -> Turn | Pause:
        """Return the turn where a service may take the action over that it is called for, or what follows if not."""
        facts = called(turn.situation, self.parts, action)
        if facts is None:
            return turn
        handing = Handing(self.parts, self.sequels)
        try:
            came = await handing.call(turn, facts)
        except BusyError:
            return Pause(settled=False, seconds=patience(turn.tries))
        if not isinstance(came, Passes):
            return await self._not_passed(turn, came)
        turn = _answered(turn, came)
        kept = await handing.withheld(turn.situation, facts.target)
        return await self._withheld(turn.situation, facts.target) if kept else turn

    async def _not_passed(self, turn: Turn, came: NotYet) -> Pause:
        """Do what it comes to that work does not pass, or not yet."""
        match came:
            case Ending():
                return await self._end(turn.situation, came)
            case Awaited(seconds=ahead):
                return Pause(settled=False, seconds=ahead)
            case _:
                return await self._acting.go_by(turn, came)

    async def _withheld(self, situation: Situation, agent: str) -> Pause:
        kept = f"needs memory of a class that is not handed over to {agent!r}"
        return await self._end(situation, Ending(StepState.DENIED, WITHHELD, kept))

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
            return FROZEN
        if decided.fault:
            return without_decision(turn)
        return None if decided.decision.taken else SETTLED

    async def _end(self, situation: Situation, ending: Ending) -> Pause:
        await bring_to_rest(self.parts, situation, ending)
        return SETTLED


def _answered(turn: Turn, came: Passes) -> Turn:
    """Return the turn with who let work pass, without what people were asked about it just now: it is used up."""
    turn = replace(turn, let=turn.let | came.let)
    return replace(turn, situation=replace(turn.situation, handoff=None)) if came.asked else turn
