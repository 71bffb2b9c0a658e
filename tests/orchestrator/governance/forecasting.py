"""Forecasts in the office: everything of a simulation but the server, the database and the trail."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from assent_orchestrator.governance.decision_point import DecisionPoint
from assent_orchestrator.governance.enquiry import Matter, plan_question
from assent_orchestrator.governance.foretell import ApprovalAhead, approvals_ahead, foretell
from assent_orchestrator.governance.trials import Failure, Trials
from assent_orchestrator.plan.forecast import forecast
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.withhold import Argument, without
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.process import Step
from assent_sidecar.decision import Decided, Verdict
from assent_sidecar.facts import PlanFacts, Principal, StepFacts
from assent_sidecar.question import Kind, Question

SECONDS = 20.0
"""The machine may be busy, and no test here is about speed."""
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    """One forecast."""

    question: Question
    facts: PlanFacts
    steps: tuple[Step, ...]
    decided: Decided
    approvals: tuple[ApprovalAhead, ...]
    failure: Failure | None


@dataclass
class Counting:
    """Counts what the decision point is asked."""

    decision_point: DecisionPoint
    asked: list[Kind] = field(default_factory=list)

    async def decide(self, question: Question, *, budget: float) -> Decided:
        self.asked.append(question.kind)
        return await self.decision_point.decide(question, budget=budget)


@dataclass
class Office:
    """The office and whoever decides in it."""

    catalogue: Catalogue
    decision_point: DecisionPoint

    def question(self, steps: Iterable[Mapping[str, Any]], inputs: Mapping[str, Any]) -> tuple[Question, Plan]:
        """Return the question about a plan of these steps, each done by the clerk."""
        plan = Plan.from_json(
            {"process": "work", "inputs": dict(inputs), "steps": [{"agent": "clerk", **step} for step in steps]}
        )
        principal = Principal(id="paul", authn="token")
        facts = forecast(plan, self.catalogue)
        process = self.catalogue.processes["work"]
        return plan_question(Matter("office", "run-1", facts.digest, principal, process, inputs), NOON, facts), plan

    async def foresee(
        self,
        steps: Iterable[Mapping[str, Any]],
        inputs: Mapping[str, Any] | None = None,
        *,
        decision_point: DecisionPoint | None = None,
    ) -> Seen:
        """Forecast a plan."""
        asked = decision_point or self.decision_point
        question, plan = self.question(steps, inputs or {})
        assert question.plan is not None
        decided = foretell(await asked.decide(question, budget=SECONDS), question.plan, self.catalogue.memory)
        trials = Trials(asked, SECONDS, self.catalogue.memory)
        failure = await trials.failure(question, decided, plan.steps, within=SECONDS)
        return Seen(question, question.plan, plan.steps, decided, approvals_ahead(decided, question.plan), failure)

    async def refuses(self, seen: Seen, step: str, gone: Collection[Argument]) -> bool:
        """Ask about one step alone, as a run does and not as trials do, without some arguments."""
        planned = next(one for one in seen.facts.steps if one.id == step)
        asked = seen.question.model_copy(
            update={
                "kind": Kind.ACTION,
                "plan": None,
                "agent": planned.agent,
                "step": StepFacts(id=step, attempt=1, depends_on=planned.depends_on),
                "action": without(planned.action, gone),
            }
        )
        decided = await self.decision_point.decide(asked, budget=SECONDS)
        assert not decided.fault
        return decided.verdict in {Verdict.DENY, Verdict.HALT}

    async def allows(self, seen: Seen, gone: Collection[str]) -> bool:
        """Ask about the plan anew, without some steps."""
        depends_on = {step.id: step.depends_on for step in seen.facts.steps}

        def left(names: Iterable[str]) -> set[str]:
            return {last for name in names for last in (left(depends_on[name]) if name in gone else {name})}

        steps = tuple(
            step.model_copy(update={"depends_on": tuple(sorted(left(step.depends_on)))})
            for step in seen.facts.steps
            if step.id not in gone
        )
        asked = seen.question.model_copy(update={"plan": seen.facts.model_copy(update={"steps": steps})})
        decided = await self.decision_point.decide(asked, budget=SECONDS)
        assert not decided.fault
        return decided.verdict is Verdict.ALLOW
