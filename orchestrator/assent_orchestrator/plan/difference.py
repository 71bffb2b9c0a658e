"""What differs between two versions of a process, or between a process and a plan. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from assent_orchestrator.plan.conformance import conformance, same
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.pointer import field
from assent_sidecar.catalogue.process import Process, Step
from assent_sidecar.model import Json

_AS_A_WHOLE = (
    "version",
    "title",
    "owner",
    "department",
    "max_steps",
    "on_no_decision",
    "deadline",
    "on_deadline",
    "inputs",
    "may",
)


class Sort(StrEnum):
    """What happened to a part."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One part that differs: ``owner``, ``steps.mail``, ``steps.mail.args.to``. None where there is nothing."""

    path: str
    sort: Sort
    before: Json = None
    after: Json = None


def difference(before: Process, after: Process) -> tuple[Change, ...]:
    """Return every part that differs: the process as a whole, its choices, its steps.

    The order in which steps are listed means nothing, nor that in which a step names what it comes after.
    """
    return tuple(_changes(before, after))


def with_plan(process: Process, plan: Plan) -> Process:
    """Return a process as it would be with the steps and choices of an expanded plan."""
    return process.model_copy(update={"steps": plan.steps, "choices": plan.choices})


def as_plan(process: Process, like: Process) -> Plan:
    """Return the steps and choices of a process as a plan for (the version of) another one."""
    return Plan(process=like.name, process_version=like.version, steps=process.steps, choices=process.choices)


def may_vary(before: Process, after: Process) -> bool:
    """Say whether a plan may make the difference of steps and choices by itself."""
    return not conformance(as_plan(after, before), before)


def _changes(before: Process, after: Process) -> Iterator[Change]:
    old, new = before.to_json(), after.to_json()
    for name in _AS_A_WHOLE:
        yield from _part(name, old.get(name), new.get(name))
    for name in dict.fromkeys([*before.choices, *after.choices]):
        yield from _part(f"choices.{name}", _choice(before, name), _choice(after, name))
    was, now = ({step.id: step for step in side.steps} for side in (before, after))
    for name in dict.fromkeys([*was, *now]):
        if name not in now or name not in was:
            yield from _part(f"steps.{name}", *(_written(side.get(name)) for side in (was, now)))
        else:
            yield from _step(f"steps.{name}", was[name], now[name])


def _step(root: str, before: Step, after: Step) -> Iterator[Change]:
    old, new = _written(before) or {}, _written(after) or {}
    for name in dict.fromkeys([*old, *new]):
        if name != "args":
            yield from _part(f"{root}.{name}", old.get(name), new.get(name))
    for name in dict.fromkeys([*before.args, *after.args]):
        path = field(f"{root}.args", {}, (name,))
        if name in before.args and name in after.args:
            yield from _part(path, before.args[name], after.args[name])
        else:
            sort = Sort.ADDED if name in after.args else Sort.REMOVED
            yield Change(path, sort, before.args.get(name), after.args.get(name))


def _part(path: str, before: Json, after: Json) -> Iterator[Change]:
    if same(before, after):
        return
    sort = Sort.ADDED if before is None else Sort.REMOVED if after is None else Sort.CHANGED
    yield Change(path, sort, before, after)


def _choice(process: Process, name: str) -> Json:
    found = process.choices.get(name)
    return None if found is None else {**found.to_json(), "after": sorted(found.after)}


def _written(step: Step | None) -> dict[str, Json] | None:
    """Return a step as it would be written, without what nobody said; what it comes after is a set."""
    if step is None:
        return None
    written = {name: value for name, value in step.to_json().items() if value not in (None, [], {})}
    if step.after:
        written["after"] = sorted(step.after)
    return written
