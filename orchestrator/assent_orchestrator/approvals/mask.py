"""Leaving out of arguments what policy does not show to approvers. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from assent_orchestrator.plan.edit import edited
from assent_orchestrator.plan.label import join, place
from assent_orchestrator.plan.pointer import Tokens, render, split
from assent_orchestrator.plan.unretained import labels_of_never, places_of_never, shown
from assent_sidecar.bundle.schema import declares
from assent_sidecar.decision import ApprovalRequirement
from assent_sidecar.facts import Action
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
    left = _shown(whole, (), doomed, hidden)
    return (left if isinstance(left, dict) else {}), tuple(sorted(hidden))


def names_nothing(requirement: ApprovalRequirement, arguments: Json) -> tuple[Pointer, ...]:
    """Return the pointers of a requirement that lead to nothing that an operation with this schema can ever be given.

    An argument that is only left out this time is not among them.
    """
    pointers = dict.fromkeys([*requirement.mask, *requirement.editable])
    return tuple(pointer for pointer in pointers if not declares(arguments, split(pointer)))


def masked_by(
    requirement: ApprovalRequirement, args: Mapping[str, Json], carried: Mapping[Pointer, Iterable[str]]
) -> tuple[dict[str, Json], tuple[Pointer, ...]]:
    """Return arguments as those are shown them whom a requirement asks, and where something is masked."""
    return masked(args, carried, pointers=requirement.mask, labels=requirement.mask_labels)


def hushed(requirement: ApprovalRequirement, action: Action, never: Collection[str]) -> ApprovalRequirement:
    """Return a requirement that masks, beside what the policy masks, what is never retained of an action."""
    more = labels_of_never(action.labels, never) - frozenset(requirement.mask_labels)
    if not more:
        return requirement
    return requirement.model_copy(update={"mask_labels": (*requirement.mask_labels, *sorted(more))})


def spoken(
    args: Mapping[str, Json], carried: Mapping[Pointer, Iterable[str]], never: Collection[str]
) -> tuple[dict[str, Json], tuple[Pointer, ...]]:
    """Return arguments with words in the place of what is never retained, and where that was."""
    whole = dict(args)
    places = places_of_never(whole, carried, never)
    if "" in places:
        return {}, ("",)
    return edited(whole, {at: shown(label) for at, label in places.items()}), tuple(sorted(places))


def without(args: Mapping[str, Json], places: Iterable[Pointer]) -> dict[str, Json]:
    """Return the arguments without what is at these places, in the way in which what is masked is left out."""
    left = _shown(dict(args), (), set(places), set())
    return left if isinstance(left, dict) else {}


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
