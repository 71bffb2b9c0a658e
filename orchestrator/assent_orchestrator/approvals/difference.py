"""What is different in an action from what was presented of it before. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from assent_orchestrator.approvals.mask import is_masked, masked_by, without
from assent_orchestrator.errors import MemoryKeyWrongError
from assent_orchestrator.plan.action import action_digest
from assent_orchestrator.plan.digests import Digests
from assent_orchestrator.plan.edit import is_at_or_below
from assent_orchestrator.plan.pointer import PointerError, Tokens, find, render, split, step_down
from assent_sidecar.decision import ApprovalRequirement
from assent_sidecar.facts import Action
from assent_sidecar.model import Json, Pointer

MOST_CHANGES = 100
"""So many are named, in the order of their places; whoever reads that many reads the arguments themselves."""

_LONGEST_TEXT = 500
"""Characters of a text, or elements of a container, that a change repeats; the whole new value is in the arguments."""

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One place whose value is another one, came or went; neither value: it changed, and is not shown."""

    pointer: Pointer
    before: Json = None
    after: Json = None
    came: bool = False
    went: bool = False
    seen: bool = True

    def to_json(self) -> dict[str, Json]:
        """Return the change with the values that there are."""
        told: dict[str, Json] = {"pointer": self.pointer}
        if self.seen and not self.came:
            told["before"] = _brief(self.before)
        if self.seen and not self.went:
            told["after"] = _brief(self.after)
        return told


def changes_between(
    before: Mapping[str, Json], action: Action, requirement: ApprovalRequirement, digests: Digests
) -> list[Change]:
    """Return what is different in an action from what was presented before, for those who are asked now.

    ``before`` has the digest of the action then, whether it was shown or not. Of what is masked, then or now, only the
    place is named, before all others; values that were masked then and are
    other ones now are told from the digest, which does not say which of several it was: all of these are named.
    """
    earlier, then = before.get("args", {}), tuple(before.get("masked", ()))
    now = masked_by(requirement, action.args, action.labels)[1]
    since = masked_by(requirement, earlier, before.get("labels", {}))[1]
    hidden = _outermost(_above_arrays(pointer, earlier, action.args) for pointer in {*then, *now, *since})
    whole = _filled(earlier, then, action.args)
    changed = then if whole is None or _is_other(before, whole, then, digests) else ()
    found = [
        Change(pointer, seen=False)
        for pointer in hidden
        if is_masked(pointer, changed) or not same_at(pointer, earlier if whole is None else whole, action.args)
    ]
    shown = _differences(without(earlier, hidden), without(action.args, hidden), ())
    return [*found[:MOST_CHANGES], *islice(shown, max(MOST_CHANGES - len(found), 0))]


def same_at(pointer: Pointer, before: Json, after: Json) -> bool:
    """Say whether there is the same value at a place in both, or none in either."""
    (there, value), (there_too, other) = _find(before, pointer), _find(after, pointer)
    return there == there_too and next(_differences(value, other, ()), None) is None


def _find(value: Json, pointer: Pointer) -> tuple[bool, Json]:
    try:
        return find(value, split(pointer))
    except PointerError:
        return False, None


def _is_other(before: Mapping[str, Json], whole: Mapping[str, Json], then: Sequence[Pointer], digests: Digests) -> bool:
    """Say whether what was masked is another one now; ``whole`` is what was presented, with what is there now in it."""
    system, _, operation = before.get("action", "").partition(".")
    plain = action_digest(system, operation, whole, before.get("labels", {}))
    try:
        return bool(then) and not digests.same(before["action_digest"], plain)
    except MemoryKeyWrongError:
        return True  # nobody here can say that it is the same


def _filled(args: Mapping[str, Json], places: Iterable[Pointer], source: Json) -> dict[str, Json] | None:
    """Return the arguments with what ``source`` has at these places; None where one of them cannot be filled."""
    whole: Json = dict(args)
    try:
        for place in places:
            there, value = find(source, split(place))
            if not there:
                return None
            whole = _put(whole, split(place), value)
    except PointerError:
        return None
    return whole if isinstance(whole, dict) else None


def _put(whole: Json, tokens: Tokens, value: Json) -> Json:
    """Return a value with another one in a place; as a new member, too, of an object that is there.

    Raises:
        PointerError: there is nothing that could have it.
    """
    if not tokens:
        return value
    first, rest = tokens[0], tokens[1:]
    there, inner = step_down(whole, first)
    if isinstance(whole, dict) and (there or not rest):
        return {**whole, first: _put(inner, rest, value)}
    if not there or not isinstance(whole, list):
        raise PointerError("there is no such place")
    return [_put(one, rest, value) if str(number) == first else one for number, one in enumerate(whole)]


def _above_arrays(pointer: Pointer, *values: Json) -> Pointer:
    """Return the place, or the array that it is in: an element that is masked may have stood in another place."""
    tokens = split(pointer)
    for depth in range(len(tokens)):
        if any(isinstance(_find(value, render(tokens[:depth]))[1], list) for value in values):
            return render(tokens[:depth])
    return pointer


def _outermost(pointers: Iterable[Pointer]) -> list[Pointer]:
    """Return the pointers in order, without those into what another one points at."""
    kept: list[Pointer] = []
    for pointer in sorted(set(pointers), key=split):
        if not is_at_or_below(pointer, kept):
            kept.append(pointer)
    return kept


def _differences(before: Json, after: Json, at: Tokens) -> Iterator[Change]:
    pairs: list[tuple[str, Json, Json]] = []
    if isinstance(before, dict) and isinstance(after, dict):
        names = sorted(before.keys() | after.keys())
        pairs = [(name, before.get(name, _ABSENT), after.get(name, _ABSENT)) for name in names]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = [(str(place), *both) for place, both in enumerate(zip(before, after, strict=True))]
    elif not _same(before, after):
        yield Change(render(at), before, after, came=before is _ABSENT, went=after is _ABSENT)
    for name, old, new in pairs:
        yield from _differences(old, new, (*at, name))


def _same(before: Json, after: Json) -> bool:
    """Say whether two values are one; to Python, true is the number 1."""
    return before == after and isinstance(before, bool) == isinstance(after, bool)


def _brief(value: Json) -> Json:
    match value:
        case str() if len(value) > _LONGEST_TEXT:
            return f"{value[:_LONGEST_TEXT]}…"
        case dict() | list() if len(str(value)) > _LONGEST_TEXT:
            return f"{len(value)} {'members' if isinstance(value, dict) else 'elements'}"
        case _:
            return value
