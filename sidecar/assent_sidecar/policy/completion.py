"""Completes the question of a case from the catalogue, so that a case says only what it is about."""

from collections.abc import Iterator
from datetime import UTC, datetime

from assent_sidecar.canonical import NotCanonicalError, digest
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.memory_facts import memory_facts
from assent_sidecar.catalogue.process import Alternative, Process, Step
from assent_sidecar.facts import (
    Action,
    AgentFacts,
    AmendmentFacts,
    ApprovalFacts,
    ConditionFacts,
    HandoffFacts,
    LedgerFacts,
    MemoryFacts,
    PlanFacts,
    PlanStep,
    Principal,
    ProcessFacts,
    RunFacts,
    StepFacts,
    WorkItemFacts,
)
from assent_sidecar.model import Json
from assent_sidecar.policy.cases import (
    CaseAction,
    CaseAgent,
    CaseCondition,
    CasePlan,
    CasePlanStep,
    CaseProcess,
    CaseQuestion,
    CaseStep,
)
from assent_sidecar.question import Kind, Question

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""When a question without a time is asked."""

Place = tuple[str | int, ...]


class CompletionError(Exception):
    """The question names something that is not in the catalogue, or leaves out what nothing can fill in."""

    def __init__(self, place: Place, reason: str) -> None:
        """Say where in the question, and why."""
        super().__init__(reason)
        self.place = place
        self.reason = reason


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

    def question(self) -> Question:
        case = self._case
        time = case.time or NOON
        kind = case.kind or self._kind()
        step = self._step(kind)
        action = self._action(kind, step)
        agent = self._agent(kind, step)
        plan = self._plan(case.plan or CasePlan()) if kind in {Kind.PLAN, Kind.AMENDMENT} else None
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
        depends_on = self._depends_on(self._steps[step.id]) if wanted.depends_on is None else wanted.depends_on
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
            return self._agent_facts(self._case.handoff.target, ("handoff", "to"))
        if given is None:
            if kind is Kind.ACTION:
                raise CompletionError((), "an action is somebody's: name the agent, or the step")
            return None
        return self._agent_facts(given, ("agent",))

    def _agent_facts(self, given: str | CaseAgent, place: Place) -> AgentFacts:
        wanted = CaseAgent(id=given) if isinstance(given, str) else given
        agent = self._catalogue.agents.get(wanted.id)
        if agent is None:
            raise CompletionError(place, f"there is no agent {wanted.id!r}")
        return AgentFacts(
            id=agent.name, department=wanted.department or agent.department, owner=wanted.owner or agent.owner
        )

    def _action(self, kind: Kind, step: Step | None) -> Action | None:
        given = self._case.action
        if given is None:
            if kind is not Kind.ACTION:
                return None
            if step is None:
                raise CompletionError((), "a question of kind action says which: action, or step")
        return self._action_facts(given, step, ("action",), forecast=False)

    def _action_facts(
        self, given: str | CaseAction | None, step: Step | None, place: Place, *, forecast: bool
    ) -> Action:
        wanted = _named(given) if isinstance(given, str) else given or CaseAction()
        defaults = step.action.split(".") if step else (None, None)
        system, operation = wanted.system or defaults[0], wanted.operation or defaults[1]
        declared = self._catalogue.operation(f"{system}.{operation}") if system and operation else None
        if system is None or operation is None or declared is None:
            raise CompletionError(place, f"there is no operation {system or ''}.{operation or ''}")
        same = step is not None and step.action == f"{system}.{operation}"
        written = step.args if step is not None and same else {}
        bound = {name: value for name, value in written.items() if _is_bound(value)}
        args = wanted.args
        if args is None:
            args = {name: value for name, value in written.items() if name not in bound}
        unknown = wanted.unknown
        if unknown is None:
            unknown = tuple(sorted(_pointer(name) for name in bound if name not in args)) if forecast else ()
        labels = {pointer: tuple(sorted(set(names))) for pointer, names in wanted.labels.items()}
        content = {"system": system, "operation": operation, "args": args, "labels": _listed(labels)}
        try:
            own_digest = wanted.digest or digest(content)
        except NotCanonicalError as error:
            raise CompletionError(place, str(error)) from error
        return Action(
            system=system,
            operation=operation,
            effect=wanted.effect or declared.effect,
            args=args,
            labels=labels,
            unknown=unknown,
            digest=own_digest,
        )

    def _plan(self, plan: CasePlan) -> PlanFacts:
        wanted = plan.steps
        if wanted is None:
            wanted = tuple(CasePlanStep(id=step.id) for step in self._process.steps)
        steps = tuple(self._plan_step(index, step) for index, step in enumerate(wanted))
        return PlanFacts(digest=plan.digest or digest([step.to_json() for step in steps]), steps=steps)

    def _plan_step(self, index: int, wanted: CasePlanStep) -> PlanStep:
        place: Place = ("plan", "steps", index)
        step = self._steps.get(wanted.id)
        agent = wanted.agent or (step.agent if step else None)
        if agent is None:
            raise CompletionError(place, f"the process has no step {wanted.id!r}, so its agent must be named")
        bindings = wanted.bindings
        if bindings is None:
            written = step.args if step else {}
            bindings = {_pointer(name): value for name, value in written.items() if _is_bound(value)}
        action = self._action_facts(wanted.action, step, (*place, "action"), forecast=True)
        return PlanStep(
            id=wanted.id,
            agent=self._agent_facts(agent, (*place, "agent")),
            action=action,
            after=(step.after if step else ()) if wanted.after is None else wanted.after,
            depends_on=self._depends_on(step) if wanted.depends_on is None else wanted.depends_on,
            on_failure=step.on_failure if step else "fail",
            when=wanted.when or (step.when if step else None),
            branch=step.branch if step else None,
            for_each=step.for_each if step else None,
            bindings=bindings,
            memory=memory_facts(action, self._catalogue.memory),
        )

    def _depends_on(self, step: Step | None) -> tuple[str, ...]:
        """Return what a step of the process waits for: as written, by its bindings, and what it stands in for."""
        if step is None:
            return ()
        replaced = {
            other.id
            for other in self._process.steps
            if isinstance(other.on_failure, Alternative) and other.on_failure.alternative == step.id
        }
        items = _bound_to(step.for_each.items) if step.for_each else ()
        chosen = self._process.choices.get(step.branch.partition(".")[0]) if step.branch else None
        before = chosen.after if chosen else ()
        return tuple(sorted({*step.after, *_bound_to(step.args), *items, *before, *replaced}))

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
        facts = {
            "operation": given.operation,
            "class": given.memory_class,
            "purpose": given.purpose or "",
            "subject": given.subject,
            "labels": list(given.labels),
            "ttl": given.ttl,
            "size": given.size,
        }
        if given.memory_class is None:
            return MemoryFacts.from_json(facts)
        declared = self._catalogue.memory.classes.get(given.memory_class)
        if declared is None:
            raise CompletionError(("memory", "class"), f"there is no memory class {given.memory_class!r}")
        facts |= {"purpose": given.purpose or declared.purpose, "retention": declared.retention}
        if given.operation == "remember":
            facts["ttl"] = given.ttl or declared.ttl
        return MemoryFacts.from_json(facts)

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


def _named(action: str) -> CaseAction:
    system, _, operation = action.partition(".")
    return CaseAction(system=system, operation=operation)


def _is_bound(value: Json) -> bool:
    """Return whether a value, or a part of it, is a binding."""
    if isinstance(value, dict):
        return any(key.startswith("$") or _is_bound(item) for key, item in value.items())
    return isinstance(value, list) and any(_is_bound(item) for item in value)


def _bound_to(value: Json) -> Iterator[str]:
    """Yield the steps whose outputs a value is bound to."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    reference = value.get("$ref") if isinstance(value, dict) else None
    if isinstance(reference, str) and reference.startswith("steps."):
        yield reference.split(".")[1]
    for one in inner:
        yield from _bound_to(one)


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _listed(labels: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {pointer: list(names) for pointer, names in labels.items()}
