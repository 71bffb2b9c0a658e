"""What a plan will ask for, as far as it is known before anything has happened."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assent_orchestrator.plan.action import make_action
from assent_orchestrator.plan.binding import Resolved, foreseen_item, resolve
from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.handover import HandOvers, called_with, foreseen_passed
from assent_orchestrator.plan.label import ANY, join
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.pointer import find, split
from assent_orchestrator.plan.reference import scan
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.memory_facts import memory_facts
from assent_sidecar.catalogue.own import RECALL
from assent_sidecar.catalogue.process import Step
from assent_sidecar.facts import AgentFacts, HandoffFacts, Labels, PlanFacts, PlanStep
from assent_sidecar.model import Json, Pointer


def forecast(plan: Plan, catalogue: Catalogue) -> PlanFacts:
    """Return the facts of a plan question: every step of an expanded plan that ``check`` found no fault with.

    No label of the run is missing: whatever the steps return, each label that the arguments of a step have then is at
    the same pointer here, as long as the catalogue stays as it is; those in the list that a step with ``for_each``
    returns are here on all of it. Labels that will turn out not to be there may be.

    Raises:
        KeyError: the catalogue does not know an agent or an operation of the plan.
        BindingError: the bindings of a step bring in more than they may.
    """
    labels = result_labels(plan.steps, catalogue)
    graph = Graph.of(plan.steps, plan.choices)
    steps = (_step(step, plan, catalogue, labels, graph.depends_on(step.id)) for step in plan.steps)
    return PlanFacts(digest=plan.digest(), steps=tuple(steps))


@dataclass(frozen=True, slots=True)
class Ahead:
    """A hand-over that is foreseen, and the steps that take over the same, in the order of the plan."""

    facts: HandoffFacts
    steps: tuple[str, ...]


def hand_overs_ahead(plan: Plan, catalogue: Catalogue) -> tuple[Ahead, ...]:
    """Return what passes between the agents of an expanded plan; every label that will pass is there.

    Those that pass the same are one, as a run asks about it once.

    Raises:
        BindingError: the bindings of a step bring in more than they may.
    """
    by_id = {step.id: step for step in plan.steps}
    labels = result_labels(plan.steps, catalogue)
    over = HandOvers(plan.steps, Graph.of(plan.steps, plan.choices))
    found: dict[str, tuple[HandoffFacts, list[str]]] = {}
    for step in plan.steps:
        passing = [one.facts(foreseen_passed(one, step, by_id, labels)) for one in over.of(step.id)]
        call = over.call(step, catalogue.acting(step.action))
        if call is not None:
            arguments = known(step, plan.inputs, plan.labels, labels).labels
            passing.append(call.facts(called_with(step, by_id, arguments)))
        for facts in passing:
            found.setdefault(facts.model_dump_json(), (facts, []))[1].append(step.id)
    return tuple(Ahead(facts, tuple(steps)) for facts, steps in found.values())


def known(
    step: Step,
    inputs: Mapping[str, Json],
    input_labels: Mapping[Pointer, Iterable[str]] | None = None,
    output_labels: Mapping[str, Mapping[Pointer, Iterable[str]]] | None = None,
) -> Resolved:
    """Return the arguments of a step as far as the inputs alone tell.

    All that comes from other steps is unknown, and all that comes from the element it is done for.

    Raises:
        BindingError: a binding is malformed, or too much is brought in.
    """
    item = foreseen_item(step.for_each, inputs, input_labels or {}, output_labels or {}) if step.for_each else None
    return resolve(
        step.args, inputs=inputs, outputs={}, input_labels=input_labels, output_labels=output_labels, item=item
    )


def result_labels(steps: Iterable[Step], catalogue: Catalogue) -> dict[str, Labels]:
    """Return, by step, the labels that its operation's result is declared to carry: with ``for_each``, each element."""
    found: dict[str, Labels] = {}
    for step in steps:
        if catalogue.operation(step.action) is not None:
            below = f"/{ANY}" if step.for_each else ""
            found[step.id] = {f"{below}{pointer}": names for pointer, names in declared_labels(step, catalogue).items()}
    return found


def declared_labels(step: Step, catalogue: Catalogue) -> Labels:
    """Return the labels that what a step, or an item of it, returns is declared to carry."""
    operation = catalogue.operation(step.action)
    return join(operation.labels, _recalled(step)) if operation is not None else {}


def _recalled(step: Step) -> Labels:
    """Return the labels that what is recalled may have: a value with another one is withheld."""
    labels = step.args.get("labels") if step.action == RECALL else None
    named = tuple(label for label in labels if isinstance(label, str)) if isinstance(labels, list) else ()
    return {"/values": named} if named else {}


def bindings(args: Mapping[str, Json]) -> dict[Pointer, Json]:
    """Return the bindings as they are written, by the place they fill."""
    return {place: find(args, split(place))[1] for place in scan(args).bound}


def _step(
    step: Step, plan: Plan, catalogue: Catalogue, labels: Mapping[str, Labels], depends_on: tuple[str, ...]
) -> PlanStep:
    agent = catalogue.agents[step.agent]
    operation = catalogue.operation(step.action)
    if operation is None:
        raise KeyError(step.action)
    resolved = known(step, plan.inputs, plan.labels, labels)
    unknown = (*resolved.unknown, *(missing.pointer for missing in resolved.missing))
    action = make_action(step.action, operation.effect, resolved.args, resolved.labels, unknown)
    return PlanStep(
        id=step.id,
        agent=AgentFacts(id=agent.name, department=agent.department, owner=agent.owner),
        action=action,
        after=step.after,
        depends_on=depends_on,
        on_failure=step.on_failure,
        when=step.when,
        branch=step.branch,
        for_each=step.for_each,
        bindings=bindings(step.args),
        memory=memory_facts(action, catalogue.memory),
    )
