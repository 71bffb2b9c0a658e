"""What the files of a workspace say about each other: every name that is used must exist."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from assent_sidecar.bundle.asking import check_asking
from assent_sidecar.bundle.bindings import Bindings
from assent_sidecar.bundle.choices import check_choices
from assent_sidecar.bundle.documents import Documents, Loaded
from assent_sidecar.bundle.fault import WorkspaceFault
from assent_sidecar.bundle.policies import RESERVED
from assent_sidecar.bundle.schema import check_names, check_schema, declares
from assent_sidecar.bundle.source import Location
from assent_sidecar.bundle.succession import check_succession
from assent_sidecar.bundle.undoing import check_undoing
from assent_sidecar.bundle.variation import check_variation
from assent_sidecar.catalogue.agent import Agent
from assent_sidecar.catalogue.ledger import Ledger, Ledgers
from assent_sidecar.catalogue.memory_flaw import memory_flaws
from assent_sidecar.catalogue.own import OWN_SERVER
from assent_sidecar.catalogue.process import Alternative, Process, Step
from assent_sidecar.catalogue.system import Operation, System


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
    bindings = Bindings(process.value, ids, documents)
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


def _check_step(process: Loaded[Process], at: Location, step: Step, bindings: Bindings) -> Iterator[WorkspaceFault]:
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
                yield process.fault((*where, "args", *path), f"{action}: {flaw.message} ({flaw.code})")
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
