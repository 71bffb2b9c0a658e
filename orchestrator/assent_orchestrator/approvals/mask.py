"""Leaving out of arguments what policy does not show to approvers. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from assent_orchestrator.plan.label import join, place
from assent_orchestrator.plan.pointer import Tokens, render, split
from assent_sidecar.decision import ApprovalRequirement
from assent_sidecar.model import Json, Pointer

_DEEPEST = 200
"""What is nested deeper is masked: nobody could read it, and whether there is something to hide cannot be seen."""


def masked(
    args: Mapping[str, Json],
    carried: Mapping[Pointer, Iterable[str]],
    *,
    pointers: Sequence[Pointer],
    labels: Sequence[str],
) -> tuple[dict[str, Json], tuple[Pointer, ...]]:
    """Return the arguments without what is at one of the pointers or carries one of the labels, and where that was.

    A member that is masked is left out; an element of an array is null, so that the others keep their places. A pointer
    that leads through a value that has no members masks that value: what was meant is in it.
    """
    whole = dict(args)
    doomed = {place(pointer, whole) for pointer in pointers} - {None}
    unwelcome = frozenset(labels)
    placed = join(*({place(pointer, whole) or pointer: names} for pointer, names in carried.items()))
    doomed |= {pointer for pointer, names in placed.items() if unwelcome & frozenset(names)}
    hidden: set[Pointer] = set()
    shown = _shown(whole, (), doomed, hidden)
    return (shown if isinstance(shown, dict) else {}), tuple(sorted(hidden))


def masked_by(
    requirement: ApprovalRequirement, args: Mapping[str, Json], carried: Mapping[Pointer, Iterable[str]]
) -> tuple[dict[str, Json], tuple[Pointer, ...]]:
    """Return arguments as those are shown them whom a requirement asks, and where something is masked."""
    return masked(args, carried, pointers=requirement.mask, labels=requirement.mask_labels)


def without(args: Mapping[str, Json], places: Iterable[Pointer]) -> dict[str, Json]:
    """Return the arguments without what is at these places, in the way in which what is masked is left out."""
    shown = _shown(dict(args), (), set(places), set())
    return shown if isinstance(shown, dict) else {}


def _shown(node: Json, at: Tokens, doomed: AbstractSet[Pointer | None], hidden: set[Pointer]) -> Json:
    """Return a value without what is doomed in it; null for one that is doomed itself, which is noted."""
    pointer = render(at)
    if pointer in doomed or len(at) > _DEEPEST:
        hidden.add(pointer)
        return None
    if isinstance(node, dict):
        members = {name: _shown(value, (*at, name), doomed, hidden) for name, value in node.items()}
        return {name: value for name, value in members.items() if render((*at, name)) not in hidden}
    if isinstance(node, list):
        return [_shown(value, (*at, str(number)), doomed, hidden) for number, value in enumerate(node)]
    return node


def is_masked(pointer: Pointer, hidden: Iterable[Pointer]) -> bool:
    """Return whether a place is not shown: it is masked, in what is masked, or holds something that is."""
    tokens = split(pointer)
    return any(tokens[: len(other)] == other or other[: len(tokens)] == tokens for other in map(split, hidden))
