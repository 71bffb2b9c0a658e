"""What the files of a workspace say about each other: every name that is used must exist."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from assent_sidecar.bundle.asking import check_asking
from assent_sidecar.bundle.choices import check_choices
from assent_sidecar.bundle.fault import WorkspaceFault
from assent_sidecar.bundle.policies import RESERVED
from assent_sidecar.bundle.schema import check_names, check_schema, declares, may_be_list, part
from assent_sidecar.bundle.source import Location, Source
from assent_sidecar.bundle.succession import check_succession
from assent_sidecar.bundle.undoing import check_undoing
from assent_sidecar.bundle.variation import check_variation
from assent_sidecar.catalogue.agent import Agent
from assent_sidecar.catalogue.ledger import Ledger, Ledgers
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.memory_flaw import memory_flaws
from assent_sidecar.catalogue.own import OWN_SERVER, own_systems
from assent_sidecar.catalogue.process import Alternative, Process, Step
from assent_sidecar.catalogue.system import Operation, System
from assent_sidecar.model import Document, Json

T = TypeVar("T", bound=Document)

_BINDINGS = frozenset({"$ref", "$concat", "$first"})


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """One document and where it was read."""

    value: T
    source: Source

    def fault(self, path: Location, reason: str) -> WorkspaceFault:
        """Return a fault of one part of the document."""
        return self.source.fault(path, reason)


@dataclass(frozen=True, slots=True)
class Documents:
    """Every document that could be read; ``broken`` holds the names of those that could not.

    A name whose file is broken is no unknown name: its own file carries the fault.
    """

    systems: Mapping[str, Loaded[System]]
    agents: Mapping[str, Loaded[Agent]]
    processes: Mapping[str, Loaded[Process]]
    broken: Mapping[str, frozenset[str]]
    ledgers: Loaded[Ledgers] | None = None
    memory: Loaded[Memory] | None = None

    @property
    def own(self) -> Mapping[str, System]:
        """The systems that Assent adds."""
        return own_systems(self.memory.value) if self.memory is not None else {}

    def is_broken(self, folder: str, name: str) -> bool:
        """Return whether ``folder`` holds an unreadable document of that name."""
        return name in self.broken.get(folder, frozenset())

    def operation(self, action: str) -> Operation | str | None:
        """Return the operation ``system.operation``, why there is none, or None when nobody can know."""
        system, _, name = action.partition(".")
        if self.is_broken("systems", system):
            return None
        loaded = self.systems.get(system)
        declared = loaded.value if loaded is not None else self.own.get(system)
        if declared is None:
            return f"there is no system {system!r}"
        found = declared.operations.get(name)
        return found or f"the system {system!r} has no operation {name!r}"


def check_references(documents: Documents) -> Iterator[WorkspaceFault]:
    """Yield every name that names nothing, and every schema that is none."""
    for system in documents.systems.values():
        yield from _check_own(system, documents)
        for name, operation in system.value.operations.items():
            for key, schema in (("arguments", operation.arguments), ("result", operation.result)):
                for path, reason in check_schema(schema):
                    yield system.fault(("operations", name, key, *path), reason)
            if not _is_marked(system.value, operation):
                reason = f"what is read from {system.value.content} was written by others: label it untrusted"
                yield system.fault(("operations", name), reason)
        acting = system.value.agent
        if acting is not None and acting not in documents.agents and not documents.is_broken("agents", acting):
            yield system.fault(("agent",), f"there is no agent {acting!r}")
    for agent in documents.agents.values():
        yield from _check_agent(agent, documents)
    for process in documents.processes.values():
        yield from _check_process(process, documents)
    if documents.ledgers is not None:
        yield from _check_ledgers(documents.ledgers, documents)


def _check_own(system: Loaded[System], documents: Documents) -> Iterator[WorkspaceFault]:
    """Yield that somebody declares what is Assent's own: it would be reached in the name of something else."""
    if system.value.name in documents.own:
        yield system.fault(("name",), f"the system {system.value.name!r} is Assent's own; use another name")
    if system.value.tool_server == OWN_SERVER:
        yield system.fault(("tool_server",), f"{OWN_SERVER!r} is Assent itself, and no tool server")


def _is_marked(system: System, operation: Operation) -> bool:
    """Return whether what an operation reads is labelled as what it is: it may hold orders to machines."""
    untrusted = any("untrusted" in names for names in operation.labels.values())
    return system.content is None or operation.effect != "read" or untrusted


def _check_agent(agent: Loaded[Agent], documents: Documents) -> Iterator[WorkspaceFault]:
    for index, action in enumerate(agent.value.may):
        reason = documents.operation(action)
        if isinstance(reason, str):
            yield agent.fault(("may", index), reason)
        elif agent.value.systems and action.partition(".")[0] not in agent.value.systems:
            yield agent.fault(("may", index), f"{action!r} is of none of the agent's systems")
        elif (reason := _not_handed_over(agent.value, action, documents)) is not None:
            yield agent.fault(("may", index), reason)
    for index, name in enumerate(agent.value.systems):
        known = name in documents.systems or name in documents.own
        if not known and not documents.is_broken("systems", name):
            yield agent.fault(("systems", index), f"there is no system {name!r}")
    for index, name in enumerate(agent.value.hands_over_to):
        if name == agent.value.name:
            yield agent.fault(("hands_over_to", index), "an agent does not hand over to itself")
        if name not in documents.agents and not documents.is_broken("agents", name):
            yield agent.fault(("hands_over_to", index), f"there is no agent {name!r}")


def _not_handed_over(agent: Agent, action: str, documents: Documents) -> str | None:
    """Return why an agent may not call a service that acts as another one: it does not hand over to that one."""
    system = documents.systems.get(action.partition(".")[0])
    acting = system.value.agent if system is not None else None
    if acting is None or acting == agent.name or acting in agent.hands_over_to:
        return None
    return f"{action!r} acts as the agent {acting!r}, to which this one does not hand over"


def _check_ledgers(ledgers: Loaded[Ledgers], documents: Documents) -> Iterator[WorkspaceFault]:
    for name, ledger in ledgers.value.ledgers.items():
        at = ("ledgers", name)
        for index, action in enumerate(ledger.actions):
            reason = documents.operation(action)
            if isinstance(reason, str):
                yield ledgers.fault((*at, "actions", index), reason)
        if ledger.per.startswith("argument:"):
            yield from _check_counted(ledgers, (*at, "per"), ledger, documents)
        if len(ledger.limit.partition(".")[2]) > ledger.scale:
            yield ledgers.fault((*at, "limit"), f"the limit has more decimals than the scale of {ledger.scale}")
        try:
            ZoneInfo(ledger.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield ledgers.fault((*at, "time_zone"), f"there is no time zone {ledger.time_zone!r}")


def _check_counted(
    ledgers: Loaded[Ledgers], at: Location, ledger: Ledger, documents: Documents
) -> Iterator[WorkspaceFault]:
    """Yield that what is counted by an argument has none of that name: each such action would be refused."""
    names = tuple(part.replace("~1", "/").replace("~0", "~") for part in ledger.per.partition(":")[2].split("/")[1:])
    every = [f"{system}.{name}" for system, one in documents.systems.items() for name in one.value.operations]
    known = {action: documents.operation(action) for action in ledger.actions or every}
    taking = {
        action: declares(one.arguments, names) or one.arguments.get("additionalProperties", True) is not False
        for action, one in known.items()
        if isinstance(one, Operation)
    }
    lacking = [action for action, takes in taking.items() if not takes]
    # Without actions it is for whatever reserves on it: then one that has the argument is enough.
    if lacking and (ledger.actions or not any(taking.values())):
        yield ledgers.fault(at, f"{', '.join(lacking[:5])} has no argument {'.'.join(names)!r} to count by")


def _check_process(process: Loaded[Process], documents: Documents) -> Iterator[WorkspaceFault]:
    for path, reason in check_schema(process.value.inputs):
        yield process.fault(("inputs", *path), reason)
    ids: dict[str, Step] = {}
    for index, step in enumerate(process.value.steps):
        if step.id in ids:
            yield process.fault(("steps", index, "id"), f"there are two steps {step.id!r}")
        ids.setdefault(step.id, step)
    bindings = _Bindings(process.value, ids, documents)
    for index, step in enumerate(process.value.steps):
        yield from _check_step(process, ("steps", index), step, bindings)
    for path, name in _step_names(process.value):
        if name not in ids:
            yield process.fault(path, f"there is no step {name!r}")
    yield from (process.fault(path, reason) for path, reason in check_choices(process.value))
    yield from (process.fault(path, reason) for path, reason in check_undoing(process.value))
    yield from (process.fault(path, reason) for path, reason in check_asking(process.value))
    yield from (process.fault(path, reason) for path, reason in check_variation(process.value))
    # Of an agent that names others that there are not, that is the fault.
    agents = {
        name: loaded.value
        for name, loaded in documents.agents.items()
        if all(other in documents.agents for other in loaded.value.hands_over_to)
    }
    yield from (process.fault(path, reason) for path, reason in check_succession(process.value, agents))


def _check_step(process: Loaded[Process], at: Location, step: Step, bindings: "_Bindings") -> Iterator[WorkspaceFault]:
    done = [(at, step.action, step.agent, step.args)]
    if (undo := step.compensation) is not None:
        done.append(((*at, "compensation"), undo.action, undo.agent or step.agent, undo.args))
    for path, reason in bindings.of_items(step):
        yield process.fault((*at, *path), reason)
    within = bindings.within(step)
    for where, action, agent, args in done:
        yield from _check_assignment(process, where, action, agent, bindings.documents)
        found = within if where == at else within.undoing(step)
        for path, reason in found.check(args, ("args",)):
            yield process.fault((*where, *path), reason)
        operation = bindings.documents.operation(action)
        if isinstance(operation, Operation):
            for path, reason in check_names(args, operation.arguments, action):
                yield process.fault((*where, "args", *path), reason)
        if (memory := bindings.documents.memory) is not None:
            for flaw in memory_flaws(action, args, memory.value):
                path = (flaw.member,) if flaw.member in args else ()
                yield process.fault((*where, "args", *path), f"{action} {flaw.message} ({flaw.code})")
    if step.when in RESERVED:
        yield process.fault((*at, "when"), f"{step.when!r} is a set of findings, not a condition")


def _step_names(process: Process) -> Iterator[tuple[Location, str]]:
    """Yield each place outside of arguments that names a step, and the name."""
    for index, step in enumerate(process.steps):
        for place, name in enumerate(step.after):
            yield ("steps", index, "after", place), name
        if isinstance(step.on_failure, Alternative):
            yield ("steps", index, "on_failure", "alternative"), step.on_failure.alternative


def _check_assignment(
    process: Loaded[Process], at: Location, action: str, by: str, documents: Documents
) -> Iterator[WorkspaceFault]:
    reason = documents.operation(action)
    if isinstance(reason, str):
        yield process.fault((*at, "action"), reason)
    if documents.is_broken("agents", by):
        return
    agent = documents.agents.get(by)
    if agent is None:
        yield process.fault((*at, "agent"), f"there is no agent {by!r}")
    elif action not in agent.value.may:
        yield process.fault((*at, "action"), f"the agent {by!r} may not do {action!r}")


@dataclass(frozen=True, slots=True)
class _Bindings:
    """Finds the references in the arguments of one process's steps. ``item`` is the schema of the element, if any."""

    process: Process
    steps: Mapping[str, Step]
    documents: Documents
    item: Json = None

    def within(self, step: Step) -> "_Bindings":
        """Return what may be bound to inside a step: with ``for_each`` also the element."""
        if step.for_each is None:
            return self
        return replace(self, item=part(self._leads_to(step.for_each.items.get("$ref")), ("0",)))

    def undoing(self, step: Step) -> "_Bindings":
        """Return what may be bound to where it is undone: item by item, with the output of that one."""
        return replace(self, steps={**self.steps, step.id: step.model_copy(update={"for_each": None})})

    def of_items(self, step: Step) -> Iterator[tuple[Location, str]]:
        """Yield what is wrong with the list that a step is done for."""
        if step.for_each is None:
            return
        items, where = step.for_each.items, ("for_each", "items")
        if len(items) != 1 or next(iter(items)) not in ("$ref", "$first"):
            yield where, "this is {$ref: ...} or {$first: [...]}, and leads to a list"
        else:
            yield from self.check(items, where)
        if not may_be_list(self._leads_to(items.get("$ref"))):
            yield where, "this does not lead to a list"

    def _leads_to(self, reference: Json) -> Json:
        """Return the schema of what a reference leads to; True where nothing is known of it."""
        match reference.split(".") if isinstance(reference, str) else []:
            case ["inputs", *names]:
                return part(self.process.inputs, tuple(names))
            case ["steps", step, "output", *names] if step in self.steps:
                operation = self.documents.operation(self.steps[step].action)
                result = operation.result if isinstance(operation, Operation) else True
                if self.steps[step].for_each is not None:
                    result = {"type": "array", "items": result}
                return part(result, tuple(names))
            case _:
                return True

    def check(self, value: Json, path: Location) -> Iterator[tuple[Location, str]]:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.check(item, (*path, index))
        if not isinstance(value, dict):
            return
        special = [key for key in value if key.startswith("$")]
        if special and (len(value) > 1 or special[0] not in _BINDINGS):
            yield path, "a binding is exactly one of $ref, $concat or $first"
            return
        for key, item in value.items():
            where = (*path, key)
            if key == "$ref":
                yield from self._reference(item, where)
            elif key in _BINDINGS and (not isinstance(item, list) or not item):
                yield where, f"{key} takes a list that is not empty"
            elif key == "$first":
                yield from self._first(item, where)
            else:
                yield from self.check(item, where)

    def _output(self, step: str, names: list[str]) -> str:
        """Return why there is nothing at ``names`` in what a step returns, or nothing."""
        if step not in self.steps:
            return f"there is no step {step!r}"
        if self.steps[step].for_each is not None and names:
            if not names[0].isdecimal():
                return f"the output of {step!r} is a list: {names[0]!r} is no place in it"
            names = names[1:]
        operation = self.documents.operation(self.steps[step].action)
        if isinstance(operation, Operation) and not declares(operation.result, tuple(names)):
            return f"the result of {self.steps[step].action} has no {'.'.join(names)!r}"
        return ""

    def _first(self, items: list[Json], path: Location) -> Iterator[tuple[Location, str]]:
        for index, item in enumerate(items):
            reference = item.get("$ref") if isinstance(item, dict) and len(item) == 1 else None
            if isinstance(reference, str) and reference.startswith("steps."):
                yield from self._reference(reference, (*path, index))
            else:
                yield (*path, index), "$first chooses among {$ref: steps.<id>.output...}"

    def _reference(self, reference: Json, path: Location) -> Iterator[tuple[Location, str]]:
        match reference.split(".") if isinstance(reference, str) else []:
            case ["inputs", *names] if all(names):
                if not declares(self.process.inputs, tuple(names)):
                    yield path, f"the inputs of this process have no {'.'.join(names)!r}"
            case ["steps", step, "output", *names] if all(names):
                reason = self._output(step, names)
                if reason:
                    yield path, reason
            case ["item", *names] if all(names):
                if self.item is None:
                    yield path, "there is no item here: it is the element of a step with for_each"
                elif not declares(self.item, tuple(names)):
                    yield path, f"the items have no {'.'.join(names)!r}"
            case _:
                known = "inputs.<name>, steps.<id>.output.<name>, or item.<name> in a step with for_each"
                yield path, f"{reference!r} is not a reference: {known}"
