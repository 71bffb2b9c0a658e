"""Finds out what makes a plan fail by asking what would be said without this or that, many trials in one question.

Trials are no decisions: nothing follows from them and nothing is written down. A search that meets a bound, or a
question without an answer, gives up and says so.
"""

import asyncio
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from assent_orchestrator.governance.decision_point import DecisionPoint
from assent_orchestrator.governance.foretell import REFUSALS, foretold
from assent_orchestrator.governance.stop import STOPPED, is_stopped
from assent_orchestrator.plan.culprit import Search, Searching, arguments, minimal, roots
from assent_orchestrator.plan.withhold import Argument, without
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.process import Step
from assent_sidecar.decision import Decided, StepForecast, Verdict
from assent_sidecar.evaluator import MAX_QUESTION
from assent_sidecar.facts import PlanFacts, PlanStep, Trial
from assent_sidecar.question import Kind, Question

SECONDS = 2.0
"""What finding out may take at most, however long whoever asked still waits."""
QUESTIONS = 24
"""Questions that finding out may take."""
TRIALS = 500
"""Trials in one question."""
SEEN = 40_000
"""Steps that one question's trials of whole plans may show to the policies."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Culprit:
    """A step whose refusal makes the plan fail, and what in its arguments does.

    ``search`` is None where nothing was searched for. ``sufficient``: without these the step is not refused. Otherwise
    it still is, but its first reason is another one.
    """

    step: str
    said: StepForecast
    search: Search | None
    arguments: tuple[Argument, ...] = ()
    sufficient: bool = False


@dataclass(frozen=True, slots=True)
class PlanCulprits:
    """The steps without which the plan as a whole would be allowed; with any one of them it would not be."""

    search: Search
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a plan would fail. ``plan`` is None when the plan as a whole is allowed."""

    culprits: tuple[Culprit, ...]
    plan: PlanCulprits | None


@dataclass(frozen=True, slots=True)
class Trials:
    """Asks the decision point; ``longest`` is what finding out may take at most, in seconds.

    What policies want remembered goes into the classes of ``memory``.
    """

    decision_point: DecisionPoint
    longest: float = SECONDS
    memory: Memory = field(default_factory=Memory)

    async def failure(
        self,
        question: Question,
        decided: Decided,
        steps: Sequence[Step],
        *,
        within: float,
        unkept: Container[str] = (),
    ) -> Failure | None:
        """Return why the plan of ``question``, decided and foretold, would fail; None when nothing makes it fail.

        It takes ``within`` seconds at most, and never more than ``longest``. Nothing is searched for in the steps
        ``unkept``: the policies of memory refuse what their actions return, and a trial does not ask these.
        """
        plan, said = question.plan, decided.decision.steps
        if plan is None or decided.fault or is_stopped(decided):
            return None
        refused = {step: one for step, one in said.items() if one.verdict in REFUSALS}
        halted = {step for step, one in refused.items() if one.verdict is Verdict.HALT}
        found = await asyncio.to_thread(roots, steps, refused, halted)
        whole = decided.verdict is not Verdict.ALLOW
        if not found and not whole:
            return None
        until = asyncio.get_running_loop().time() + min(within, self.longest)
        asking = _Asking(self.decision_point, question, plan, decided.provenance.revision, until, self.memory)
        planned = {step.id: step for step in plan.steps}
        return Failure(
            culprits=await _of_steps(asking, {name: planned[name] for name in found}, refused, unkept),
            plan=await _of_plan(asking) if whole else None,
        )


async def _of_steps(
    asking: "_Asking", steps: Mapping[str, PlanStep], refused: Mapping[str, StepForecast], unkept: Container[str]
) -> tuple[Culprit, ...]:
    """Search in the arguments of all steps at once: first what lifts the refusal, then what changes its reason."""
    facts = asking.plan.model_copy(update={"steps": tuple(steps.values())})
    trials = _Trying[Argument](asking, facts, lambda name, gone: (_of_step(steps[name], gone), 1))
    open_ = {name: step for name, step in steps.items() if _reason(refused[name]) != STOPPED and name not in unkept}

    def lifted(_: str, said: StepForecast) -> bool:
        return said.verdict not in REFUSALS

    def moved(name: str, said: StepForecast) -> bool:
        return _reason(said) != _reason(refused[name])

    lifting = await trials.search({name: arguments(step.action) for name, step in open_.items()}, lifted)
    left = {name: step for name, step in open_.items() if not lifting[name]}
    moving = await trials.search({name: arguments(step.action) for name, step in left.items()}, moved)
    found = {name: lifting.get(name) or moving.get(name) for name in steps}
    return tuple(
        Culprit(
            step=name,
            said=refused[name],
            search=None if name in unkept else trials.ended(name, found[name]),
            arguments=found[name] or (),
            sufficient=bool(lifting.get(name)),
        )
        for name in steps
    )


async def _of_plan(asking: "_Asking") -> PlanCulprits:
    names = [step.id for step in asking.plan.steps]
    trials = _Trying[str](asking, asking.plan, lambda _, gone: (Trial(id="t", without=tuple(sorted(gone))), len(names)))
    found = (await trials.search({"": minimal(names)}, lambda _, said: said.verdict is Verdict.ALLOW))[""]
    return PlanCulprits(trials.ended("", found), found or ())


@dataclass(slots=True)
class _Asking:
    """What is asked about, and what is left of the bounds."""

    decision_point: DecisionPoint
    question: Question
    plan: PlanFacts
    revision: str
    until: float
    memory: Memory
    questions: int = QUESTIONS

    async def ask(self, plan: PlanFacts, trials: Sequence[Trial]) -> Mapping[str, StepForecast] | None:
        """Return what is said in each trial; None when there is no time or no answer, or other policies answer."""
        left = self.until - asyncio.get_running_loop().time()
        if self.questions == 0 or left <= 0:
            return None
        self.questions -= 1
        asked = self.question.model_copy(update={"kind": Kind.TRIAL, "plan": plan, "trials": tuple(trials)})
        decided = await self.decision_point.decide(asked, budget=left)
        return None if decided.fault or decided.provenance.revision != self.revision else decided.decision.steps


@dataclass(slots=True)
class _Trying(Generic[T]):
    """Drives searches in step with one another, so that what all of them try next is one question.

    ``trial`` makes a trial of what a search withholds, with how much of ``SEEN`` it takes.
    """

    asking: _Asking
    plan: PlanFacts
    trial: Callable[[str, frozenset[T]], tuple[Trial, int]]
    known: dict[tuple[str, frozenset[T]], StepForecast] = field(default_factory=dict)
    unfinished: set[str] = field(default_factory=set)

    async def search(
        self, searches: Mapping[str, Searching[T]], passes: Callable[[str, StepForecast], bool]
    ) -> dict[str, tuple[T, ...] | None]:
        """Return what each search found; those that had to give up found nothing and are ``unfinished``."""
        found: dict[str, tuple[T, ...] | None] = dict.fromkeys(searches)
        wanted: dict[str, list[frozenset[T]]] = {}

        def go_on(name: str, answers: list[bool] | None) -> None:
            search = searches[name]
            try:
                wanted[name] = next(search) if answers is None else search.send(answers)
            except StopIteration as end:
                wanted.pop(name, None)
                found[name] = end.value

        for name in searches:
            go_on(name, None)
        while wanted:
            await self._try([(name, one) for name, sets in wanted.items() for one in sets])
            for name, sets in list(wanted.items()):
                if all((name, one) in self.known for one in sets):
                    go_on(name, [passes(name, self.known[name, one]) for one in sets])
                else:
                    self.unfinished.add(name)
                    del wanted[name]
        return found

    def ended(self, name: str, found: tuple[T, ...] | None) -> Search:
        """Return how a search ended."""
        return Search.FOUND if found else Search.GAVE_UP if name in self.unfinished else Search.NOTHING

    async def _try(self, wanted: Sequence[tuple[str, frozenset[T]]]) -> None:
        """Ask what is not known yet, in as few questions as the bounds of one allow, until there is no answer."""
        ledgers = {step.id: step.ledgers for step in self.plan.steps}
        new = [one for one in dict.fromkeys(wanted) if one not in self.known]
        for portion in await asyncio.to_thread(self._portions, new):
            said = await self.asking.ask(self.plan, [trial for _, trial in portion])
            if said is None:
                return
            for one, trial in portion:
                answer = said[trial.id]
                counted, memory = ledgers.get(trial.step or "", {}), self.asking.memory
                self.known[one] = foretold(trial.action, answer, counted, memory) if trial.action else answer

    def _portions(
        self, wanted: Sequence[tuple[str, frozenset[T]]]
    ) -> list[list[tuple[tuple[str, frozenset[T]], Trial]]]:
        room = MAX_QUESTION // 2 - len(self.plan.model_dump_json())
        portions: list[list[tuple[tuple[str, frozenset[T]], Trial]]] = []
        bytes_ = steps = 0
        for one in wanted:
            trial, shown = self.trial(*one)
            size = len(trial.model_dump_json())
            bytes_, steps = bytes_ + size, steps + shown
            if not portions or bytes_ > room or steps > SEEN or len(portions[-1]) == TRIALS:
                portions.append([])
                bytes_, steps = size, shown
            portions[-1].append((one, trial.model_copy(update={"id": f"t{len(portions[-1])}"})))
        return portions


def _of_step(step: PlanStep, gone: frozenset[Argument]) -> Trial:
    return Trial(id="t", step=step.id, action=without(step.action, gone))


def _reason(said: StepForecast) -> str:
    return said.reasons[0].code if said.reasons else ""
