"""Everything that is wrong with a plan, found before anything is stored."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from assent_orchestrator.errors import Fault
from assent_orchestrator.plan.adapting import choice_faults, for_each_faults
from assent_orchestrator.plan.argument import Surroundings, argument_faults
from assent_orchestrator.plan.binding import BindingError, resolve
from assent_orchestrator.plan.choice import as_steps, choice_of, choice_of_step
from assent_orchestrator.plan.conformance import conformance
from assent_orchestrator.plan.derived import spec_of, undo_id
from assent_orchestrator.plan.expand import expand
from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.hidden import HIDDEN, HIDDEN_STEP, hidden_steps
from assent_orchestrator.plan.label import place
from assent_orchestrator.plan.model import MAX_DEPTH, MAX_FAULTS, MAX_INPUT_BYTES, MAX_INPUT_LABELS, MAX_STEPS, Plan
from assent_orchestrator.plan.pointer import field, split
from assent_orchestrator.plan.reference import Scan, references_of, scan
from assent_orchestrator.plan.schema import validate
from assent_orchestrator.plan.succession import Succession
from assent_orchestrator.plan.unretained import labels_of_never
from assent_sidecar.canonical import NotCanonicalError, canonical
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.memory_flaw import label_flaws, memory_flaws
from assent_sidecar.catalogue.process import Alternative, Process, Step
from assent_sidecar.facts import Labels
from assent_sidecar.model import Json


def check(plan: Plan, catalogue: Catalogue, *, given: bool = True) -> tuple[Fault, ...]:
    """Return every fault: those of the plan as a whole first, then step by step, always in the same order.

    Only three things keep others from being looked for, because the work must stay in proportion: of more than
    ``MAX_STEPS`` steps none is looked at, what is too large or too deep is not held against its schema, and behind
    ``MAX_FAULTS`` there is one that says so. A difference from the process is not reported where something else is
    wrong with the same field. Without ``given`` nobody knows yet what the inputs will be: they are not looked at.
    """
    process = catalogue.processes.get(plan.process)
    faults = [*_of_the_process(plan, process), *(_of_the_inputs(plan, process) if given else ())]
    if process is not None:
        plan = expand(plan, process)
    if len(plan.steps) > MAX_STEPS:
        return (*faults, Fault("steps", "TOO_MANY_STEPS", f"a plan has at most {MAX_STEPS} steps"))
    if process is not None and len(plan.steps) > process.max_steps:
        faults.append(Fault("steps", "TOO_MANY_STEPS", f"the process has at most {process.max_steps} steps"))
    faults += choice_faults(plan)
    sound = given and not any(fault.field.startswith("inputs") for fault in faults)
    steps = _Steps(plan, catalogue, sound_inputs=sound)
    faults += islice(steps.faults(), MAX_FAULTS)
    if process is not None and plan.process_version == process.version:
        wrong = {fault.field for fault in faults}
        explained = steps.waiting_in_circles().union(*map(_whole, wrong))
        differences = (
            fault
            for fault in conformance(plan, process)
            if fault.field not in explained and _arguments(fault.field) not in wrong
        )
        faults += islice(differences, MAX_FAULTS)
    if len(faults) > MAX_FAULTS:
        faults[MAX_FAULTS:] = [Fault("", "TOO_LARGE", f"there are more than {MAX_FAULTS} faults; no more are listed")]
    return tuple(sorted(faults, key=_position))


def _of_the_process(plan: Plan, process: Process | None) -> Iterator[Fault]:
    if process is None:
        yield Fault("process", "UNKNOWN_PROCESS", "there is no process of this name")
    elif plan.process_version not in ("", process.version):
        yield Fault("process_version", "PROCESS_VERSION", f"the version in force is {process.version}")


def _of_the_inputs(plan: Plan, process: Process | None) -> Iterator[Fault]:
    deep = _too_deep(plan.inputs)
    if deep is not None:
        yield Fault(field("inputs", {}, (deep,)), "TOO_DEEP", f"values are nested at most {MAX_DEPTH} deep")
        return
    try:
        size = len(canonical(plan.inputs))
    except NotCanonicalError:
        yield Fault("inputs", "INPUTS_SCHEMA", "hold a number or a text that JSON readers do not agree on (RFC 8785)")
        return
    if size > MAX_INPUT_BYTES:
        yield Fault("inputs", "TOO_LARGE", f"have {size} bytes; at most {MAX_INPUT_BYTES} are taken")
        return
    for violation in validate(plan.inputs, process.inputs) if process is not None else ():
        yield Fault(field("inputs", plan.inputs, split(violation.pointer)), "INPUTS_SCHEMA", violation.message)
    if len(plan.labels) > MAX_INPUT_LABELS:
        yield Fault("labels", "TOO_LARGE", f"at most {MAX_INPUT_LABELS} inputs are classified")
        return
    for pointer in plan.labels:
        if place(pointer, plan.inputs) is None:
            why = f"classifies {field('inputs', {}, split(pointer))}, which is not there"
            yield Fault(field("labels", {}, (pointer,)), "DANGLING_REFERENCE", why)


def _too_deep(inputs: Mapping[str, Json]) -> str | None:
    """Return the name of an input that is nested too deep, without recursion."""
    pending: list[tuple[str, int, Json]] = [(name, 1, value) for name, value in reversed(list(inputs.items()))]
    while pending:
        name, depth, value = pending.pop()
        if not isinstance(value, dict | list):
            continue
        if depth > MAX_DEPTH:
            return name
        pending.extend((name, depth + 1, member) for member in (value.values() if isinstance(value, dict) else value))
    return None


class _Steps:
    """The steps of one plan; of two with one id the first is meant wherever the id is used."""

    def __init__(self, plan: Plan, catalogue: Catalogue, *, sound_inputs: bool) -> None:
        self._plan = plan
        self._catalogue = catalogue
        process = catalogue.processes.get(plan.process)
        self._place: dict[str, int] = {}
        for at, step in enumerate(plan.steps):
            self._place.setdefault(step.id, at)
        self._scans: tuple[Scan, ...] = tuple(scan(step.args) for step in plan.steps)
        self._undoing = {
            at: spec_of((step,), undo_id(step.id))
            for at, step in enumerate(plan.steps)
            if step.compensation is not None
        }
        operations = {step.action: catalogue.operation(step.action) for step in (*plan.steps, *self._undoing.values())}
        self._arguments = {name: known.arguments if known else None for name, known in operations.items()}
        self._results = results = {name: known.result if known else None for name, known in operations.items()}
        self._around = Surroundings(
            inputs=plan.inputs if sound_inputs else None,
            results={name: _returned(plan.steps[at], results) for name, at in self._place.items()},
            schema=process.inputs if process else None,
        )
        self._room = (process.max_steps if process else MAX_STEPS) - len(plan.steps)
        self._graph = Graph(
            {name: plan.steps[at] for name, at in self._place.items()}
            | {node.id: node for node in as_steps(plan.choices)},
            {name: references_of(plan.steps[at]) for name, at in self._place.items()},
        )
        self._succession = Succession(
            {name: plan.steps[at] for name, at in self._place.items()},
            self._graph,
            catalogue.agents,
            {name: self._undoing[at] for name, at in self._place.items() if at in self._undoing},
            catalogue.acting,
        )

    def faults(self) -> Iterator[Fault]:
        for at, step in enumerate(self._plan.steps):
            yield from self._step(at, step)
        yield from self._cycles()

    def _step(self, at: int, step: Step) -> Iterator[Fault]:
        root = f"steps[{at}]"
        if self._place[step.id] != at:
            yield Fault(f"{root}.id", "DUPLICATE_ID", f"steps[{self._place[step.id]}] has this id already")
        yield from self._agent(root, step)
        if self._place[step.id] == at:
            yield from self._succession.faults(root, step.id)
        yield from self._action(root, step)
        yield from argument_faults(f"{root}.args", step, self._scans[at], self._arguments[step.action], self._around)
        yield from self._hidden(f"{root}.args", step.args)
        if step.for_each is not None:
            yield from self._hidden(f"{root}.for_each.items", step.for_each.items)
        yield from self._memory(root, step)
        yield from for_each_faults(root, step, self._around, self._room)
        chosen = choice_of_step(step)
        if chosen is not None and (chosen not in self._plan.choices or not _is_branch(self._plan, step)):
            why = f"there is no choice with the branch {step.branch!r} in the plan"
            yield Fault(f"{root}.branch", "DANGLING_REFERENCE", why)
        for number, name in enumerate(step.after):
            if name not in self._place:
                why = f"there is no step {name!r} in the plan"
                yield Fault(f"{root}.after[{number}]", "DANGLING_REFERENCE", why)
        if isinstance(step.on_failure, Alternative) and step.on_failure.alternative not in self._place:
            why = f"there is no step {step.on_failure.alternative!r} in the plan"
            yield Fault(f"{root}.on_failure.alternative", "DANGLING_REFERENCE", why)
        if at in self._undoing:
            yield from self._compensation(f"{root}.compensation", self._undoing[at], step)

    def _compensation(self, root: str, undoing: Step, step: Step) -> Iterator[Fault]:
        """Yield what is wrong with the action that undoes a step: the same as with that of any other.

        What a step did for the elements of a list is undone item by item: the element is there, and its output is that
        of one item.
        """
        found, around = scan(undoing.args), self._around
        if step.for_each is not None:
            undoing = undoing.model_copy(update={"for_each": step.for_each})
            around = replace(around, results={**around.results, step.id: self._results[step.action]})
        yield from self._agent(root, undoing)
        yield from self._action(root, undoing)
        yield from argument_faults(f"{root}.args", undoing, found, self._arguments[undoing.action], around)
        yield from self._hidden(f"{root}.args", undoing.args)
        yield from self._memory(root, undoing)
        bound = [one for one in found.references if one.source.step in self._place]
        if not bound:
            return
        led_to_it = self._graph.precede(undoing.id) | {undoing.id}
        for reference in bound:
            if reference.source.step not in led_to_it:
                path = field(f"{root}.args", undoing.args, split(reference.pointer))
                why = f"refers to the step {reference.source.step!r}, which this one does not depend on"
                yield Fault(path, "NOT_A_DEPENDENCY", why)

    def _agent(self, root: str, step: Step) -> Iterator[Fault]:
        agent = self._catalogue.agents.get(step.agent)
        if agent is None:
            yield Fault(f"{root}.agent", "UNKNOWN_AGENT", "nobody appointed an agent of this name")
        elif step.action not in agent.may and self._arguments[step.action] is not None:
            yield Fault(f"{root}.agent", "AGENT_MAY_NOT", f"this agent is not given {step.action}")

    def _hidden(self, root: str, written: Mapping[str, Json]) -> Iterator[Fault]:
        for tokens in hidden_steps(written, self._catalogue.systems):
            yield Fault(field(root, written, tokens), HIDDEN_STEP, HIDDEN)

    def _action(self, root: str, step: Step) -> Iterator[Fault]:
        if step.action.partition(".")[0] not in self._catalogue.systems:
            yield Fault(f"{root}.action", "UNKNOWN_SYSTEM", "there is no system of this name")
        elif self._arguments[step.action] is None:
            yield Fault(f"{root}.action", "UNKNOWN_OPERATION", "the system has no such operation")

    def _memory(self, root: str, step: Step) -> Iterator[Fault]:
        if self._arguments[step.action] is None:
            return
        for flaw in memory_flaws(step.action, step.args, self._catalogue.memory):
            yield Fault(field(f"{root}.args", {}, (flaw.member,)), flaw.code, flaw.message)
        for flaw in label_flaws(step.action, self._certain_labels(step), self._catalogue.memory):
            yield Fault(field(f"{root}.args", {}, (flaw.member,)), flaw.code, flaw.message)

    def _certain_labels(self, step: Step) -> Labels:
        """Return the labels that what memory is given has for certain: those of inputs, as far as they are sound.

        What steps return, and elements of lists, may turn out not to be there, or be withheld: forecasts tell of them.
        """
        given, never = self._plan.labels, self._catalogue.memory.never
        if self._around.inputs is None or len(given) > MAX_INPUT_LABELS or not labels_of_never(given, never):
            return {}
        try:
            return resolve(step.args, inputs=self._around.inputs, outputs={}, input_labels=given).labels
        except BindingError:  # that is a fault of its own
            return {}

    def waiting_in_circles(self) -> set[str]:
        """Return the fields that make the steps of cycles come after others: their fault is the cycle."""
        return {
            f"steps[{self._place[name]}].after" for cycle in self._graph.cycles for name in cycle if name in self._place
        }

    def _cycles(self) -> Iterator[Fault]:
        """Yield one fault a cycle, at what makes its first step wait."""
        for cycle in self._graph.cycles:
            shown = ", ".join(choice_of(name) or name for name in cycle[:10]) + (", ..." if len(cycle) > 10 else "")
            yield Fault(self._edge(frozenset(cycle), cycle[0]), "CYCLE", f"these steps wait for one another: {shown}")

    def _edge(self, cycle: frozenset[str], first: str) -> str:
        at = self._place[first]
        step = self._plan.steps[at]
        for number, name in enumerate(step.after):
            if name in cycle:
                return f"steps[{at}].after[{number}]"
        for reference in self._scans[at].references:
            if reference.source.step in cycle:
                return field(f"steps[{at}].args", step.args, split(reference.pointer))
        if any(reference.source.step in cycle for reference in references_of(step)):
            return f"steps[{at}].for_each.items"
        return f"steps[{at}].branch" if step.branch else f"steps[{at}]"


def _returned(step: Step, results: Mapping[str, Mapping[str, Json] | None]) -> Mapping[str, Json] | None:
    """Return the schema of what a step returns: with ``for_each``, a list."""
    result = results[step.action]
    return {"type": "array", "items": result} if step.for_each is not None and result is not None else result


def _is_branch(plan: Plan, step: Step) -> bool:
    choice, _, branch = (step.branch or "").partition(".")
    return branch in plan.choices[choice].names


def _whole(path: str) -> Iterator[str]:
    """Yield a field and everything it is part of, except for the list of all steps."""
    yield path
    yield from (path[:end] for end, character in enumerate(path) if character in ".[" and path[:end] != "steps")


def _arguments(path: str) -> str:
    """Return the field of all arguments that a field is one of."""
    step, name, _ = path.partition(".args")
    return step + name


def _position(fault: Fault) -> tuple[int, int]:
    """Sort by step; within a step faults stay in the order they were found."""
    head, _, rest = fault.field.partition("[")
    return (1, int(rest.partition("]")[0])) if head == "steps" and rest else (0, 0)
