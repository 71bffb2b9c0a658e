"""Completes the question of a case from the catalogue, so that a case says only what it is about."""

from collections.abc import Iterator
from datetime import UTC, datetime

from assent_sidecar.canonical import digest
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.memory_facts import facts_of, memory_facts
from assent_sidecar.catalogue.process import Process, Step
from assent_sidecar.facts import (
    Action,
    AgentFacts,
    AmendmentFacts,
    ApprovalFacts,
    ConditionFacts,
    HandoffFacts,
    LedgerFacts,
    MemoryFacts,
    Principal,
    ProcessFacts,
    RunFacts,
    StepFacts,
    WorkItemFacts,
)
from assent_sidecar.policy.cases import (
    CaseAgent,
    CaseCondition,
    CasePlan,
    CaseProcess,
    CaseQuestion,
    CaseStep,
)
from assent_sidecar.policy.names import CompletionError, Names
from assent_sidecar.policy.plan_completion import PlanCompletion
from assent_sidecar.question import Kind, Question

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""When a question without a time is asked."""


def complete(case: CaseQuestion, catalogue: Catalogue) -> Question:
    """Return the whole question.

    Raises:
        CompletionError: a name is unknown, or a part is missing that has no default.
    """
    return _Completion(case, catalogue).question()


class _Completion:
    """One question being completed."""

    def __init__(self, case: CaseQuestion, catalogue: Catalogue) -> None:
        self._case = case
        self._catalogue = catalogue
        self._process, self._process_facts = self._find_process()
        self._steps = {step.id: step for step in self._process.steps}
        self._names = Names(catalogue)
        self._plans = PlanCompletion(self._process, catalogue)

    def question(self) -> Question:
        case = self._case
        time = case.time or NOON
        kind = case.kind or self._kind()
        step = self._step(kind)
        action = self._action(kind, step)
        agent = self._agent(kind, step)
        plan = self._plans.plan(case.plan or CasePlan()) if kind in {Kind.PLAN, Kind.AMENDMENT} else None
        handoff = self._handoff()
        if kind is Kind.CONDITION and case.condition is None:
            raise CompletionError((), "a question of kind condition says which: condition")
        return Question(
            kind=kind,
            time=time,
            tenant=case.tenant,
            principal=Principal(id=case.principal.id, roles=case.principal.roles, authn=case.principal.authn),
            agent=agent,
            process=self._process_facts,
            run=RunFacts(
                id=case.run.id,
                plan_digest=case.run.plan_digest or (plan.digest if plan else digest({})),
                steps=case.run.steps,
                totals=case.run.totals,
            ),
            step=self._step_facts(step, kind),
            action=action,
            plan=plan,
            condition=self._condition(),
            approvals=tuple(self._approvals(time, handoff or action)),
            ledgers={name: LedgerFacts.model_validate(one.model_dump()) for name, one in case.ledgers.items()},
            memory=self._memory() or (memory_facts(action, self._catalogue.memory) if action else None),
            work_item=self._work_item(step),
            handoff=handoff,
            amendment=case.amendment or (AmendmentFacts() if kind is Kind.AMENDMENT else None),
            under=case.under,
            inputs=case.inputs,
            context=case.context,
        )

    def _kind(self) -> Kind:
        given = {
            Kind.AMENDMENT: self._case.amendment,
            Kind.PLAN: self._case.plan,
            Kind.CONDITION: self._case.condition,
            Kind.MEMORY: self._case.memory,
            Kind.HANDOFF: self._case.handoff,
            Kind.APPROVAL: self._case.work_item,
        }
        return next((kind for kind, part in given.items() if part is not None), Kind.ACTION)

    def _find_process(self) -> tuple[Process, ProcessFacts]:
        given = self._case.process
        wanted = CaseProcess(name=given) if isinstance(given, str) else given
        process = self._catalogue.processes.get(wanted.name)
        if process is None:
            raise CompletionError(("process",), f"there is no process {wanted.name!r}")
        facts = ProcessFacts(
            name=process.name,
            version=wanted.version or process.version,
            owner=wanted.owner or process.owner,
            department=wanted.department or process.department,
        )
        return process, facts

    def _step(self, kind: Kind) -> Step | None:
        """Return the step of the process: the one that is named, or else the first that does the action."""
        given = self._case.step
        if given is not None:
            name = given if isinstance(given, str) else given.id
            if name not in self._steps:
                raise CompletionError(("step",), f"the process {self._process.name!r} has no step {name!r}")
            return self._meant(self._steps[name], CaseStep(id=name) if isinstance(given, str) else given)
        action = self._case.action
        if kind is not Kind.ACTION or action is None:
            return None
        name = action if isinstance(action, str) else f"{action.system}.{action.operation}"
        agent = self._case.agent.id if isinstance(self._case.agent, CaseAgent) else self._case.agent
        return next((step for step in self._process.steps if step.action == name and agent in (None, step.agent)), None)

    def _meant(self, step: Step, given: CaseStep) -> Step:
        """Return what is done in a step, or what undoes it."""
        if given.item is not None and (step.for_each is None or given.item >= step.for_each.cap):
            reason = "is not done for a list" if step.for_each is None else f"is done at most {step.for_each.cap} times"
            raise CompletionError(("step", "item"), f"the step {step.id!r} {reason}")
        if not given.compensates:
            return step
        if step.compensation is None:
            raise CompletionError(("step", "compensates"), f"nothing undoes the step {step.id!r}: no compensation")
        undo = step.compensation
        return Step(id=step.id, agent=undo.agent or step.agent, action=undo.action, args=undo.args)

    def _step_facts(self, step: Step | None, kind: Kind) -> StepFacts | None:
        given = self._case.step
        if step is None:
            return StepFacts(id="case", attempt=1) if kind is Kind.ACTION else None
        wanted = given if isinstance(given, CaseStep) else CaseStep(id=step.id)
        # What undoes a step waits for what the step itself waited for.
        depends_on = self._plans.depends_on(self._steps[step.id]) if wanted.depends_on is None else wanted.depends_on
        return StepFacts(
            id=step.id,
            attempt=wanted.attempt,
            depends_on=depends_on,
            item=wanted.item,
            compensates=wanted.compensates,
        )

    def _agent(self, kind: Kind, step: Step | None) -> AgentFacts | None:
        given = self._case.agent
        if given is None and step is not None:
            given = step.agent
        if given is None and self._case.handoff is not None:
            return self._names.agent_facts(self._case.handoff.target, ("handoff", "to"))
        if given is None:
            if kind is Kind.ACTION:
                raise CompletionError((), "an action is somebody's: name the agent, or the step")
            return None
        return self._names.agent_facts(given, ("agent",))

    def _action(self, kind: Kind, step: Step | None) -> Action | None:
        given = self._case.action
        if given is None:
            if kind is not Kind.ACTION:
                return None
            if step is None:
                raise CompletionError((), "a question of kind action says which: action, or step")
        return self._names.action_facts(given, step, ("action",), forecast=False)

    def _condition(self) -> ConditionFacts | None:
        given = self._case.condition
        if given is None:
            return None
        wanted = CaseCondition(name=given) if isinstance(given, str) else given
        choices = self._process.choices
        if wanted.choice is not None and wanted.choice not in choices:
            reason = f"the process {self._process.name!r} has no choice {wanted.choice!r}"
            raise CompletionError(("condition", "choice"), reason)
        asking = [name for name, one in choices.items() if any(wanted.name == branch.when for branch in one.branches)]
        of_a_step = any(step.when == wanted.name for step in self._process.steps)
        choice = wanted.choice or (asking[0] if asking and not of_a_step else None)
        return ConditionFacts(name=wanted.name, outputs=wanted.outputs, choice=choice)

    def _approvals(self, time: datetime, asked: Action | HandoffFacts | None) -> Iterator[ApprovalFacts]:
        for index, given in enumerate(self._case.approvals):
            own_digest = given.digest or (asked.digest if asked else None)
            if own_digest is None:
                reason = "without an action or a hand-over, an approval says its digest"
                raise CompletionError(("approvals", index), reason)
            yield ApprovalFacts(
                stage=index if given.stage is None else given.stage,
                role=given.role,
                approver=given.approver,
                roles=(given.role,) if given.roles is None else given.roles,
                at=given.at or time,
                digest=own_digest,
                asked_at=given.asked_at or given.at or time,
                stands_for=given.stands_for,
                edits=given.edits,
                break_glass=given.break_glass,
            )

    def _memory(self) -> MemoryFacts | None:
        given = self._case.memory
        if given is None:
            return None
        memory, name = self._catalogue.memory, given.memory_class or ""
        declared = memory.classes.get(name)
        if name and declared is None:
            raise CompletionError(("memory", "class"), f"there is no memory class {name!r}")
        return facts_of(
            given.operation,
            memory,
            name=name,
            purpose=given.purpose or (declared.purpose if declared else ""),
            subject=given.subject,
            labels=given.labels,
            ttl=given.ttl,
            size=given.size,
        )

    def _work_item(self, step: Step | None) -> WorkItemFacts | None:
        given = self._case.work_item
        if given is None:
            return None
        if step is None:
            raise CompletionError((), "what is chosen is for a step: name it")
        settles = given.choice == "reconcile"
        return WorkItemFacts(
            id=given.id,
            choice=given.choice,
            role=given.role,
            action=given.action or step.action,
            state=given.state or ("unknown" if settles else "awaiting_choice"),
            code=given.code,
            attempts=given.attempts,
            settlement=given.settlement or ("done" if settles else None),
            stands_for=given.stands_for,
        )

    def _handoff(self) -> HandoffFacts | None:
        given = self._case.handoff
        if given is None:
            return None
        for name, place in ((given.source, "from"), (given.target, "to")):
            if name not in self._catalogue.agents:
                raise CompletionError(("handoff", place), f"there is no agent {name!r}")
        return given if given.digest else given.sealed()
