"""Completes the plan of a case from the process that it is a plan of."""

from assent_sidecar.canonical import digest
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.memory_facts import memory_facts
from assent_sidecar.catalogue.process import Alternative, Process, Step
from assent_sidecar.facts import PlanFacts, PlanStep
from assent_sidecar.policy.cases import CasePlan, CasePlanStep
from assent_sidecar.policy.names import CompletionError, Names, Place
from assent_sidecar.policy.written import bound_to, is_bound, pointer


class PlanCompletion:
    """What a process says of the steps of a plan, and of what they wait for."""

    def __init__(self, process: Process, catalogue: Catalogue) -> None:
        self._process = process
        self._catalogue = catalogue
        self._names = Names(catalogue)
        self._steps = {step.id: step for step in process.steps}

    def plan(self, plan: CasePlan) -> PlanFacts:
        """Return a whole plan: all steps of the process where the case names none.

        Raises:
            CompletionError: a name is unknown, or an agent is missing.
        """
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
            bindings = {pointer(name): value for name, value in written.items() if is_bound(value)}
        action = self._names.action_facts(wanted.action, step, (*place, "action"), forecast=True)
        return PlanStep(
            id=wanted.id,
            agent=self._names.agent_facts(agent, (*place, "agent")),
            action=action,
            after=(step.after if step else ()) if wanted.after is None else wanted.after,
            depends_on=self.depends_on(step) if wanted.depends_on is None else wanted.depends_on,
            on_failure=step.on_failure if step else "fail",
            when=wanted.when or (step.when if step else None),
            branch=step.branch if step else None,
            for_each=step.for_each if step else None,
            bindings=bindings,
            memory=memory_facts(action, self._catalogue.memory),
        )

    def depends_on(self, step: Step | None) -> tuple[str, ...]:
        """Return what a step of the process waits for: as written, by its bindings, and what it stands in for."""
        if step is None:
            return ()
        replaced = {
            other.id
            for other in self._process.steps
            if isinstance(other.on_failure, Alternative) and other.on_failure.alternative == step.id
        }
        items = bound_to(step.for_each.items) if step.for_each else ()
        chosen = self._process.choices.get(step.branch.partition(".")[0]) if step.branch else None
        before = chosen.after if chosen else ()
        return tuple(sorted({*step.after, *bound_to(step.args), *items, *before, *replaced}))
