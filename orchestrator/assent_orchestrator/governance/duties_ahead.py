"""What the policies of memory will say of what is to be remembered of a plan's steps, as far as it is known before."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from assent_orchestrator.governance.foretell import with_steps
from assent_orchestrator.governance.gate import Gate
from assent_orchestrator.governance.judging import UNFULFILLED, refusal
from assent_orchestrator.governance.keepsake import misnamed, subject_of, unallowed
from assent_orchestrator.governance.obligations import sort_out
from assent_orchestrator.plan.forecast import declared_labels
from assent_orchestrator.plan.label import foreseen, names
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.pointer import split
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.memory_facts import facts_of
from assent_sidecar.catalogue.memory_flaw import label_flaws
from assent_sidecar.catalogue.own import REMEMBER
from assent_sidecar.decision import Decided, Reason, Remember, StepForecast, Verdict
from assent_sidecar.facts import PlanFacts, PlanStep, StepFacts
from assent_sidecar.question import Kind, Question

MOST_DUTIES = 50
"""Of as many duties of a plan's steps the policies of memory are asked, each in a question of its own."""


@dataclass(frozen=True, slots=True)
class Duty:
    """What is to be remembered of a step; ``labels`` are those that it may have, ``flaw`` why it never can be."""

    step: PlanStep
    wanted: Remember
    labels: frozenset[str]
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class DutiesAhead:
    """Asks about duties as the run will be asked, once it has a result."""

    gate: Gate

    async def told(
        self, about: Question, plan: Plan, decided: Decided, catalogue: Catalogue, *, within: float | None = None
    ) -> tuple[Decided, frozenset[str]]:
        """Return the foretold decision on a plan with what becomes of its duties, and the steps that fail for them.

        ``about`` is the question about the plan. Each decision is recorded, for it is one. The size of what is to be
        remembered is not known, and told as 0.

        Raises:
            BusyError: as many decisions wait as may.
            UnavailableError: a decision could not be recorded.
        """
        assert about.plan is not None
        steps = dict(decided.decision.steps)
        refused: dict[str, StepForecast] = {}
        found = await asyncio.to_thread(lambda: list(_duties(about.plan, plan, decided, catalogue)))
        asked = 0
        for one in found:
            if one.step.id in refused:
                continue
            reasons: tuple[Reason, ...] = ()
            if one.flaw:
                reasons = (Reason(code=UNFULFILLED, message=one.flaw),)
            elif asked < MOST_DUTIES:
                asked += 1
                reasons = await self._ask(about, one, catalogue, within)
            if reasons:
                said = steps[one.step.id]
                refused[one.step.id] = said.model_copy(update={"verdict": Verdict.DENY, "reasons": reasons})
        return with_steps(decided, {**steps, **refused}), frozenset(refused)

    async def _ask(self, about: Question, duty: Duty, catalogue: Catalogue, within: float | None) -> tuple[Reason, ...]:
        """Return why it will not be remembered, or nothing."""
        wanted, step = duty.wanted, duty.step
        facts = facts_of(
            "remember",
            catalogue.memory,
            name=wanted.memory_class,
            purpose=wanted.purpose,
            subject=subject_of(wanted, step.action),
            labels=duty.labels,
        )
        changed: dict[str, object] = {
            "kind": Kind.MEMORY,
            "plan": None,
            "ledgers": {},
            "step": StepFacts(id=step.id, attempt=1, depends_on=step.depends_on),
            "agent": step.agent,
            "memory": facts,
        }
        decided = await self.gate.decide(about.model_copy(update=changed), within=within)
        code = refusal(decided)
        if not code:
            return ()
        said = () if code not in decided.codes else decided.decision.reasons
        return Reason(code=UNFULFILLED, message=unallowed(code)), *said


def _duties(facts: PlanFacts | None, plan: Plan, decided: Decided, catalogue: Catalogue) -> Iterator[Duty]:
    """Yield what is to be remembered of steps that will be done, people willing, in the order of the plan."""
    planned = {step.id: step for step in plan.steps}
    for step in facts.steps if facts is not None else ():
        said = decided.decision.steps.get(step.id)
        if said is None or said.verdict not in {Verdict.ALLOW, Verdict.REQUIRE_APPROVAL}:
            continue
        for wanted in sort_out(said.obligations).remembers:
            declared = declared_labels(planned[step.id], catalogue)
            labels = names(foreseen(declared, split(wanted.path)))
            flaw = next(label_flaws(REMEMBER, {"/value": labels}, catalogue.memory), None)
            why = f"what is to be remembered {flaw.message} ({flaw.code})" if flaw else misnamed(wanted, step.action)
            yield Duty(step, wanted, labels, why)
