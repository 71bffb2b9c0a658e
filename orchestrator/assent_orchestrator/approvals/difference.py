"""What is different in an action from what was presented of it before. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assent_orchestrator.plan.pointer import Tokens, render
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


def changes_between(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[Change]:
    """Return the differences of two presentations' arguments.

    When nothing that is shown is different, and the action is another one all the same, what is masked changed.
    """
    found: list[Change] = []
    for change in _differences(before.get("args", {}), after.get("args", {}), ()):
        if len(found) == MOST_CHANGES:
            break
        found.append(change)
    if not found and before.get("action_digest") != after.get("action_digest"):
        hidden = [*before.get("masked", ()), *after.get("masked", ())]
        found = [Change(pointer, seen=False) for pointer in sorted(set(hidden))[:MOST_CHANGES]]
    return found


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
