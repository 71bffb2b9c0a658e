"""Values that are never retained: what may be stored in their place, and what is lost without them. Pure.

Only labels say which they are. What is stored is a mark in the place of each such value, and the label
``not_retained`` on the mark: bindings carry it like any other label, so whatever is made of a mark tells that a value
is missing, and nothing is done with it.
"""

from collections.abc import Collection, Iterable, Mapping

from assent_orchestrator.plan.edit import replaced
from assent_orchestrator.plan.label import fit, join, names
from assent_orchestrator.plan.pointer import Tokens, find, render, split
from assent_sidecar.facts import Labels
from assent_sidecar.model import Json, Pointer

MARKED = "not_retained"
"""The label of a mark that stands for a value. No value itself ever carries it."""

MARK = "$not_retained"
"""The only member of a mark; it holds the label that the value is not retained for."""

_SHORTEST = 6
"""Characters of a text, or of a number as it is written, by which it is known again."""


def is_marked(labels: Mapping[Pointer, Iterable[str]]) -> bool:
    """Say whether something is a mark in what has these labels."""
    return any(MARKED in found for found in labels.values())


def withheld(
    value: Json, labels: Mapping[Pointer, Iterable[str]], never: Collection[str]
) -> tuple[Json, Labels] | None:
    """Return what may be stored of a value and its labels; None: all of it may.

    ``never`` are the labels of what is not retained. A label on a place holds for all that is in it, so that is gone,
    too, with the labels that it has of its own.
    """
    gone = {split(at): label for at, label in places_of_never(value, labels, never).items()}
    if not gone:
        return None
    kept = {at: said for at, said in fit(labels, value).items() if split(at) in gone or not _inside(split(at), gone)}
    for tokens, label in gone.items():
        value = replaced(value, tokens, {MARK: label})
    return value, join(kept, {render(tokens): (MARKED,) for tokens in gone})


def shown(label: str) -> str:
    """Return what people are shown in the place of a value that is not retained for a label."""
    return f"[not retained: {label}]"


def places_of_never(value: Json, labels: Mapping[Pointer, Iterable[str]], never: Collection[str]) -> dict[Pointer, str]:
    """Return the places of what is not retained, the outermost ones, each with the label for which it is not."""
    found: dict[Tokens, str] = {}
    if not labels_of_never(labels, never):
        return {}
    placed = {split(at): frozenset(said) & frozenset(never) for at, said in fit(labels, value).items()}
    for tokens in sorted(placed, key=len):
        if placed[tokens] and not _inside(tokens, found):
            found[tokens] = min(placed[tokens])
    return {render(tokens): label for tokens, label in found.items()}


def secrets_in(value: Json, labels: Mapping[Pointer, Iterable[str]], never: Collection[str]) -> frozenset[str]:
    """Return the texts, and numbers as they are written, that are not retained, as far as they can be known again."""
    found: set[str] = set()
    for at in places_of_never(value, labels, never):
        found.update(_scalars(find(value, split(at))[1]))
    return frozenset(one for one in found if len(one) >= _SHORTEST)


def repeating(value: Json, secrets: Collection[str], label: str) -> Labels:
    """Return ``label`` for each place of a value that repeats one of the secrets word for word.

    A member whose name does is no place of its own: then it is the object that repeats it.
    """
    found: dict[Pointer, tuple[str, ...]] = {}
    pending: list[tuple[Tokens, Json]] = [((), value)] if secrets else []
    while pending:
        tokens, node = pending.pop()
        if isinstance(node, dict):
            if any(_repeats(name, secrets) for name in node):
                found[render(tokens)] = (label,)
            else:
                pending += [((*tokens, name), member) for name, member in node.items()]
        elif isinstance(node, list):
            pending += [((*tokens, str(number)), one) for number, one in enumerate(node)]
        elif _repeats(_text(node), secrets):
            found[render(tokens)] = (label,)
    return join(found)


def labels_of_never(labels: Mapping[Pointer, Iterable[str]], never: Collection[str]) -> frozenset[str]:
    """Return those of the labels for which something is not retained."""
    return names(labels) & frozenset(never) if never else frozenset()


def _inside(tokens: Tokens, others: Collection[Tokens]) -> bool:
    return any(tokens[: len(other)] == other for other in others)


def _scalars(value: Json) -> Iterable[str]:
    pending: list[Json] = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield from node
            pending += node.values()
        elif isinstance(node, list):
            pending += node
        else:
            yield _text(node)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else "" if value is None or isinstance(value, bool) else str(value)


def _repeats(text: str, secrets: Collection[str]) -> bool:
    return any(secret in text for secret in secrets)
