"""Actions with something of them withheld: the same question, asked as if an argument or a label were not there."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from assent_orchestrator.plan.action import make_action
from assent_orchestrator.plan.pointer import PointerError, Tokens, find, render, split, step_down
from assent_sidecar.facts import Action, Labels
from assent_sidecar.model import Json, Pointer


@dataclass(frozen=True, slots=True, order=True)
class Argument:
    """A part of an action's arguments: the value at ``pointer``, or only the label that it or something in it has."""

    pointer: Pointer
    label: str | None = None


def labelled(action: Action) -> tuple[Argument, ...]:
    """Return the labels of each argument, sorted; a label of all arguments is one of the empty pointer."""
    return tuple(
        sorted({Argument(render(split(at)[:1]), name) for at, names in action.labels.items() for name in names})
    )


def values(action: Action) -> tuple[Argument, ...]:
    """Return each argument, sorted; unknown ones are withheld already."""
    return tuple(sorted(Argument(render((name,))) for name in action.args))


def finer(action: Action, arguments: Collection[Argument]) -> tuple[Argument, ...] | None:
    """Return the arguments with the members of objects and arrays in their place; None when there are none."""
    inside = {one: tuple(_members(action.args, one)) for one in arguments}
    if not any(inside.values()):
        return None
    return tuple(part for one, parts in inside.items() for part in parts or (one,))


def without(action: Action, arguments: Collection[Argument]) -> Action:
    """Return the action as if some of its arguments were not known yet, labels and all, or lacked some labels.

    As in every forecast, a member that is withheld is left out and an element of an array is null.
    """
    if not arguments:
        return action
    withheld = sorted({one.pointer for one in arguments if one.label is None})
    args = dict(action.args)
    for pointer in withheld:
        args = _left(args, split(pointer))
    gone = {(one.pointer, one.label) for one in arguments if one.label is not None}
    places = [split(pointer) for pointer in withheld]
    labels: Labels = {
        at: tuple(name for name in names if (render(split(at)[:1]), name) not in gone)
        for at, names in action.labels.items()
        if not any(split(at)[: len(place)] == place for place in places)
    }
    name = f"{action.system}.{action.operation}"
    return make_action(name, action.effect, args, labels, {*action.unknown, *withheld})


def _members(args: Json, one: Argument) -> Iterator[Argument]:
    there, value = find(args, split(one.pointer)) if one.label is None else (False, None)
    names = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list | tuple) else ()
    if there:
        yield from (Argument(render((*split(one.pointer), str(name)))) for name in sorted(names))


def _left(value: Json, tokens: Tokens) -> Json:
    """Return a copy without what is at ``tokens``; where nothing is, nothing is taken away."""
    token, *rest = tokens
    try:
        there, inner = step_down(value, token)
    except PointerError:
        return value
    if not there:
        return value
    if isinstance(value, dict):
        if not rest:
            return {name: member for name, member in value.items() if name != token}
        return {**value, token: _left(inner, tuple(rest))}
    changed = list(value)
    changed[int(token)] = _left(inner, tuple(rest)) if rest else None
    return changed
