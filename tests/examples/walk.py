"""The example's process walked step by step with the real parts, but without runs, storage or permits.

What the whole orchestrator makes of it is tested elsewhere; this says whether the workspace, its policies and the
company's programs fit together.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from assent_orchestrator.plan.action import make_action
from assent_orchestrator.plan.binding import resolve
from assent_orchestrator.plan.choice import choice_of, choice_of_step, choice_row
from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.schema import validate
from assent_orchestrator.plan.state import RunState, SkipReason, StepState
from assent_sidecar.canonical import digest
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.process import Process, Step
from assent_sidecar.decision import Decision, Verdict
from assent_sidecar.facts import (
    Action,
    AgentFacts,
    ApprovalFacts,
    ConditionFacts,
    Principal,
    ProcessFacts,
    RunFacts,
    StepFacts,
)
from assent_sidecar.facts import StepState as StepFact
from assent_sidecar.question import Kind, Question
from tests.examples.programs import Company

Decide = Callable[[Question], Awaitable[Decision]]
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


@dataclass
class Walk:
    """One walk through the process, for one account."""

    catalogue: Catalogue
    decide: Decide
    company: Company
    account: str
    director: str | None = None
    """Who answers when a sales director is asked; nobody by default."""
    states: dict[str, StepState] = field(default_factory=dict)
    skipped: dict[str, SkipReason] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    starts: list[tuple[str, ...]] = field(default_factory=list)
    """What could start at once, round by round."""

    @property
    def process(self) -> Process:
        return self.catalogue.processes["contract_renewal"]

    async def go(self) -> RunState | None:
        """Walk until nothing can start any more; return how it ended, or None when somebody has to answer first."""
        choices = self.process.choices
        graph = Graph.of(self.process.steps, choices)
        steps = {step.id: step for step in self.process.steps}
        self.states = dict.fromkeys([*steps, *map(choice_row, choices)], StepState.PENDING)
        while ready := graph.ready(self.states):
            self.starts.append(ready)
            for name in ready:
                chosen = choice_of(name)
                self.states[name] = await (self._choose(chosen) if chosen else self._take(steps[name]))
            settled = graph.settle(self.states)
            self.skipped |= settled
            self.states |= dict.fromkeys(settled, StepState.SKIPPED)
        return graph.result(self.states)

    async def _choose(self, name: str) -> StepState:
        for branch in self.process.choices[name].branches:
            if await self._taken(branch.when, name):
                others = [
                    step.id
                    for step in self.process.steps
                    if choice_of_step(step) == name and step.branch != f"{name}.{branch.name}"
                ]
                self.skipped |= dict.fromkeys(others, SkipReason.BRANCH_NOT_CHOSEN)
                self.states |= dict.fromkeys(others, StepState.SKIPPED)
                return StepState.SUCCEEDED
        return StepState.FAILED

    async def _take(self, step: Step) -> StepState:
        operation = self.catalogue.operation(step.action)
        assert operation is not None
        labels = {one.id: done.labels for one in self.process.steps if (done := self.catalogue.operation(one.action))}
        inputs = {"account": self.account}
        resolved = resolve(step.args, inputs=inputs, outputs=self.outputs, output_labels=labels)
        assert resolved.complete, (step.id, resolved)
        assert not validate(resolved.args, operation.arguments), step.id
        action = make_action(step.action, operation.effect, resolved.args, resolved.labels)
        decision = await self.decide(self._question(Kind.ACTION, step, action))
        if decision.verdict is Verdict.REQUIRE_APPROVAL and self.director:
            decision = await self.decide(self._question(Kind.ACTION, step, action, self.director))
        self.decisions[step.id] = decision
        if decision.verdict is Verdict.REQUIRE_APPROVAL:
            return StepState.AWAITING_APPROVAL
        if decision.verdict is not Verdict.ALLOW:
            return StepState.DENIED
        output = await self.company.do(step.action, action.args, key=f"{self.account}/{step.id}")
        assert not validate(output, operation.result), step.id
        self.outputs[step.id] = output
        return StepState.SUCCEEDED

    async def _taken(self, name: str, choice: str) -> bool:
        question = self._question(Kind.CONDITION)
        condition = ConditionFacts(name=name, outputs=self.outputs, choice=choice)
        decision = await self.decide(question.model_copy(update={"condition": condition}))
        assert decision.verdict is Verdict.ALLOW
        assert decision.taken is not None
        return decision.taken

    def _question(
        self, kind: Kind, step: Step | None = None, action: Action | None = None, approver: str | None = None
    ) -> Question:
        agent = self.catalogue.agents[step.agent] if step else None
        process = self.process
        approvals: tuple[ApprovalFacts, ...] = ()
        if approver and action:
            role = "sales_director"
            answer = ApprovalFacts(stage=0, role=role, approver=approver, roles=(role,), at=NOW, digest=action.digest)
            approvals = (answer,)
        return Question(
            kind=kind,
            time=NOW,
            tenant="demo",
            principal=Principal(id="rob", authn="token"),
            agent=AgentFacts(id=agent.name, department=agent.department, owner=agent.owner) if agent else None,
            process=ProcessFacts(
                name=process.name, version=process.version, owner=process.owner, department=process.department
            ),
            run=RunFacts(
                id=f"run-{self.account}",
                plan_digest=digest({}),
                steps=tuple(StepFact(id=one.id, action=one.action, state=self.states[one.id]) for one in process.steps),
            ),
            step=StepFacts(id=step.id, attempt=1) if step else None,
            action=action,
            approvals=approvals,
        )
