"""Putting other values in the place of some of an action's arguments. Pure."""

from collections.abc import Iterable, Mapping

from assent_orchestrator.plan.pointer import PointerError, Tokens, find, index, render, split
from assent_sidecar.model import Json, Pointer


class MisplacedError(ValueError):
    """There is nothing at a pointer that could be replaced, or the whole would be no object."""


def is_at_or_below(pointer: Pointer, others: Iterable[Pointer]) -> bool:
    """Say whether a pointer is one of the others, or points into what one of them points at."""
    tokens = split(pointer)
    return any(tokens[: len(other)] == other for other in map(split, others))


def edited(args: Mapping[str, Json], edits: Mapping[Pointer, Json]) -> dict[str, Json]:
    """Return the arguments with other values at some pointers; of two that nest, the inner one is applied last.

    Raises:
        MisplacedError: there is no value at a pointer.
    """
    whole: Json = dict(args)
    for pointer in sorted(edits, key=lambda one: len(split(one))):
        tokens = split(pointer)
        try:
            there, _ = find(whole, tokens)
        except PointerError:
            there = False
        if not there:
            raise MisplacedError(f"there is nothing at {pointer}")
        whole = replaced(whole, tokens, edits[pointer])
    if not isinstance(whole, dict):
        raise MisplacedError("arguments are an object")
    return whole


def labels_after(labels: Mapping[Pointer, Iterable[str]], edits: Iterable[Pointer]) -> dict[Pointer, tuple[str, ...]]:
    """Return the labels of edited arguments: those of what stood at a pointer, or below it, stay on what stands there.

    A person who writes a value over another one has seen that one; nobody knows what of it is in the new value.
    """
    kept = {pointer: tuple(names) for pointer, names in labels.items()}
    for edit in edits:
        inner = {name for pointer, names in kept.items() if is_at_or_below(pointer, (edit,)) for name in names}
        if inner:
            kept[render(split(edit))] = tuple(sorted(inner))
    return kept


def replaced(value: Json, tokens: Tokens, new: Json) -> Json:
    """Return a value with another one in a place that is there."""
    if not tokens:
        return new
    first, rest = tokens[0], tokens[1:]
    if isinstance(value, dict):
        return {**value, first: replaced(value[first], rest, new)}
    position = index(first)
    return [replaced(one, rest, new) if number == position else one for number, one in enumerate(value)]
