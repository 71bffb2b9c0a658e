"""What a process says of its choices: every name exists, and no step can only be taken where another branch is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from assent_sidecar.bundle.policies import RESERVED
from assent_sidecar.bundle.source import Location
from assent_sidecar.catalogue.process import Alternative, Choice, Process, Step
from assent_sidecar.model import Json

Flaw = tuple[Location, str]
"""Where in the process something is wrong, and what."""


def check_choices(process: Process) -> Iterator[Flaw]:
    """Yield what is wrong with the choices of a process, the branches of its steps, and its limit of steps."""
    ids = {step.id for step in process.steps}
    if len(process.steps) > process.max_steps:
        yield ("max_steps",), f"the process has {len(process.steps)} steps already"
    for name, choice in process.choices.items():
        yield from _check_choice(("choices", name), choice, ids, _used(process, name))
    for index, step in enumerate(process.steps):
        if step.branch is None:
            continue
        choice_name, _, branch = step.branch.partition(".")
        where = ("steps", index, "branch")
        if choice_name not in process.choices:
            yield where, f"there is no choice {choice_name!r}"
        elif branch not in process.choices[choice_name].names:
            yield where, f"the choice {choice_name!r} has no branch {branch!r}"
    yield from _contradictions(process)


def _used(process: Process, choice: str) -> frozenset[str]:
    return frozenset(step.branch for step in process.steps if step.branch and step.branch.startswith(f"{choice}."))


def _check_choice(at: Location, choice: Choice, steps: set[str], used: frozenset[str]) -> Iterator[Flaw]:
    for place, name in enumerate(choice.after):
        if name not in steps:
            yield (*at, "after", place), f"there is no step {name!r}"
    seen: set[str] = set()
    for place, branch in enumerate(choice.branches):
        if branch.name in seen:
            yield (*at, "branches", place, "name"), f"there are two branches {branch.name!r}"
        seen.add(branch.name)
        if branch.when in RESERVED:
            yield (*at, "branches", place, "when"), f"{branch.when!r} is a set of findings, not a condition"
    if choice.otherwise and choice.otherwise not in seen and f"{at[-1]}.{choice.otherwise}" not in used:
        yield (*at, "otherwise"), f"there is no branch {choice.otherwise!r}, and no step is in it"


@dataclass(frozen=True, slots=True)
class Need:
    """What one step needs of others: of ``candidates`` one must have succeeded; ``place`` says where it is written."""

    place: Location
    candidates: tuple[str, ...]


def needs(process: Process) -> dict[str, tuple[Need, ...]]:
    """Return, by step, what it cannot be taken without: the steps it is bound to and those it stands in for."""
    found: dict[str, list[Need]] = {step.id: [] for step in process.steps}
    for index, step in enumerate(process.steps):
        at = ("steps", index)
        found[step.id].extend(bound(step.args, (*at, "args")))
        if step.for_each is not None:
            found[step.id].extend(bound(step.for_each.items, (*at, "for_each", "items")))
        if isinstance(step.on_failure, Alternative) and step.on_failure.alternative in found:
            where = (*at, "on_failure", "alternative")
            found[step.on_failure.alternative].append(Need(where, (step.id,)))
    return {name: tuple(each) for name, each in found.items()}


def bound(value: Json, path: Location) -> Iterator[Need]:
    """Yield what a value needs: the steps that it is bound to, and where that is written."""
    if isinstance(value, list):
        for index, element in enumerate(value):
            yield from bound(element, (*path, index))
    if not isinstance(value, dict):
        return
    for key, member in value.items():
        where = (*path, key)
        if key == "$ref" and (step := _step_of(member)):
            yield Need(where, (step,))
        elif key == "$first" and isinstance(member, list):
            named = (_step_of(one.get("$ref")) if isinstance(one, dict) else "" for one in member)
            yield Need(where, tuple(filter(None, named)))
        elif key != "$ref":
            yield from bound(member, where)


def _step_of(reference: Json) -> str:
    parts = reference.split(".") if isinstance(reference, str) else []
    return parts[1] if len(parts) > 1 and parts[0] == "steps" else ""


def _contradictions(process: Process) -> Iterator[Flaw]:
    """Yield what a step needs although it is never there when the step is, and what waits for itself."""
    steps: dict[str, Step] = {}
    for step in process.steps:
        steps.setdefault(step.id, step)
    needed = needs(process)
    try:
        order = tuple(TopologicalSorter(_edges(process, steps, needed)).static_order())
    except CycleError as error:
        circle = [name.removeprefix(_CHOICE) for name in error.args[1][:-1]]
        yield _place_of(process, error.args[1]), f"these wait for one another: {', '.join(sorted(circle))}"
        return
    demands: dict[str, dict[str, str]] = {}
    for name in order:
        if name not in steps:
            continue
        own = steps[name].branch
        demanded = dict([own.split(".")]) if own else {}
        for need in needed[name]:
            candidates = [demands[one] for one in need.candidates if one in demands]
            possible = [one for one in candidates if all(demanded.get(key, it) == it for key, it in one.items())]
            if candidates and not possible:
                choice, branch = next((key, it) for key, it in candidates[0].items() if demanded.get(key, it) != it)
                only = f"{choice}.{demanded[choice]}"
                yield need.place, f"the step {name!r} is taken with {only} only, and this with {choice}.{branch}"
            elif len(possible) == 1:
                demanded |= possible[0]
        demands[name] = demanded


_CHOICE = "choice "


def _edges(process: Process, steps: Mapping[str, Step], needed: Mapping[str, tuple[Need, ...]]) -> dict[str, list[str]]:
    """Return what each step and each choice waits for; names of what is not there are left out."""
    replaces: dict[str, set[str]] = {}
    for step in steps.values():
        if isinstance(step.on_failure, Alternative):
            replaces.setdefault(step.on_failure.alternative, set()).add(step.id)
    edges: dict[str, list[str]] = {}
    for name, step in steps.items():
        waits = [one for need in needed[name] for one in need.candidates]
        waits += [one for one in step.after if one not in replaces.get(name, ())]
        edges[name] = [one for one in waits if one in steps]
        choice = step.branch.partition(".")[0] if step.branch else ""
        if choice in process.choices:
            edges[name].append(f"{_CHOICE}{choice}")
    for name, choice_ in process.choices.items():
        edges[f"{_CHOICE}{name}"] = [one for one in choice_.after if one in steps]
    return edges


def before(process: Process) -> dict[str, frozenset[str]]:
    """Return, by step, all the steps that have come to rest when its turn comes; empty where some wait in a circle."""
    steps: dict[str, Step] = {}
    for step in process.steps:
        steps.setdefault(step.id, step)
    edges = _edges(process, steps, needs(process))
    found: dict[str, frozenset[str]] = {}
    try:
        for name in TopologicalSorter(edges).static_order():
            found[name] = frozenset(edges[name]).union(*(found[one] for one in edges[name]))
    except CycleError:
        return {}
    return {name: found[name] & steps.keys() for name in steps}


def waits(process: Process) -> dict[str, tuple[str, ...]]:
    """Return, by step, the steps that it waits for directly; of its choice, those that the choice comes after."""
    steps: dict[str, Step] = {}
    for step in process.steps:
        steps.setdefault(step.id, step)
    edges = _edges(process, steps, needs(process))
    return {name: tuple(dict.fromkeys(_resolved(edges, name))) for name in steps}


def _resolved(edges: Mapping[str, list[str]], name: str) -> Iterator[str]:
    for other in edges[name]:
        if other.startswith(_CHOICE):
            yield from (one for one in edges[other] if one != name)
        else:
            yield other


def _place_of(process: Process, circle: list[str]) -> Location:
    """Return where a circle is best looked for: at one of its choices, otherwise at the first of its steps."""
    for name in circle:
        if name.startswith(_CHOICE):
            return ("choices", name.removeprefix(_CHOICE), "after")
    return ("steps", min(index for index, step in enumerate(process.steps) if step.id in circle))
