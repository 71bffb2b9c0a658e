"""Redaction: values leave the arguments before the call, and their labels with them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assent_orchestrator.plan.label import carried, join, place
from assent_orchestrator.plan.model import MAX_DEPTH
from assent_orchestrator.plan.pointer import PointerError, Tokens, find, render, split
from assent_sidecar.decision import Redact
from assent_sidecar.facts import Labels
from assent_sidecar.model import Json, Pointer

_DEEPEST = 3 * MAX_DEPTH
"""Arguments as written and the outputs put into them."""


class RedactionError(ValueError):
    """A redaction cannot be carried out with certainty; whatever was allowed under it is not."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """Arguments without the redacted values; ``pointers`` are the places they had before, sorted."""

    args: dict[str, Json]
    labels: Labels
    pointers: tuple[Pointer, ...]


def redact(
    args: Mapping[str, Json], labels: Mapping[Pointer, Iterable[str]], obligations: Sequence[Redact]
) -> Redacted:
    """Carry out every redaction on the arguments as they are now.

    Without ``labels`` a redaction removes the value at its path; with ``labels`` it removes those scalars and empty
    containers in it that carry one of them. An array closes up behind a removed element, and the labels of the
    elements after it move with them. A path at which there is nothing is fine unless a label says that there is.

    Raises:
        RedactionError: a path does not fit the arguments, or a label that is to go sits where there is no value.
    """
    whole = dict(args)
    labels = join(*({place(pointer, whole) or pointer: names} for pointer, names in labels.items()))
    doomed: set[Tokens] = set()
    lowered: list[tuple[Tokens, frozenset[str]]] = []
    for obligation in obligations:
        try:
            path = split(obligation.path)
            there, value = find(whole, path)
        except PointerError as error:
            raise RedactionError(f"the path of a redaction does not fit the arguments: {error}") from error
        wanted = frozenset(obligation.labels)
        if not there:
            _refuse_phantom(labels, path, wanted)
            continue
        if wanted:
            doomed.update(_leaves(value, path, labels, wanted))
            lowered.append((path, wanted))
        else:
            doomed.add(path)
    remaining = _without(whole, (), doomed)
    moved = _follow(_lower(labels, lowered), whole, doomed)
    return Redacted(remaining if () not in doomed else {}, moved, tuple(sorted(render(tokens) for tokens in doomed)))


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What redactions leave of arguments that are not all known: ``unknown`` are the places that still are not."""

    args: dict[str, Json]
    labels: Labels
    unknown: tuple[Pointer, ...]


def redact_known(
    args: Mapping[str, Json],
    labels: Mapping[Pointer, Iterable[str]],
    unknown: Iterable[Pointer],
    obligations: Sequence[Redact],
) -> Foreseen:
    """Carry out every redaction as far as that can be told, for a forecast; with nothing unknown, as ``redact`` does.

    What is unknown is gone where all of it will be: its place is at or in that of a redaction, and whatever is there
    carries one of its labels, if it names any. Of what may be gone in part, the rest stays unknown.

    Raises:
        RedactionError: one cannot be carried out on what is known.
    """
    missing, whole = [split(pointer) for pointer in unknown], dict(args)
    nowhere = [at for at in missing if place(render(at), whole) != render(at)]  # elements have null in their place
    paths = [(split(one.path), frozenset(one.labels), one) for one in obligations]
    gone = {
        at
        for at in missing
        for path, wanted, _ in paths
        if at[: len(path)] == path and (not wanted or wanted & carried(labels, at))
    }
    within = [
        one for path, _, one in paths if any(path[: len(at)] == at and (path != at or at in nowhere) for at in missing)
    ]
    left = redact(args, labels, [one for one in obligations if one not in within])
    doomed = {split(pointer) for pointer in left.pointers}
    moved = {at: now for at in missing if (now := _now(at, whole, doomed)) is not None}
    empty = [now for at, now in moved.items() if at in gone]
    kept = {
        pointer: names
        for pointer, names in lowered(left.labels, within).items()
        if not any(split(pointer)[: len(at)] == at for at in empty)
    }
    return Foreseen(left.args, join(kept), tuple(sorted(render(now) for at, now in moved.items() if at not in gone)))


def lowered(labels: Mapping[Pointer, Iterable[str]], obligations: Sequence[Redact]) -> Labels:
    """Return the labels that redactions leave, wherever their values will be found in the end: for a forecast."""
    every = frozenset(name for names in labels.values() for name in names)
    return _by_pointer(_lower(labels, [(split(one.path), frozenset(one.labels) or every) for one in obligations]))


def _refuse_phantom(labels: Mapping[Pointer, Iterable[str]], path: Tokens, wanted: frozenset[str]) -> None:
    for pointer, names in labels.items():
        if split(pointer)[: len(path)] == path and (wanted & frozenset(names) or not wanted):
            raise RedactionError("a label that is to be redacted sits where there is no value")


def _leaves(
    value: Json, path: Tokens, labels: Mapping[Pointer, Iterable[str]], wanted: frozenset[str]
) -> Iterable[Tokens]:
    pending: list[tuple[Tokens, Json, frozenset[str]]] = [(path, value, carried(labels, path))]
    while pending:
        tokens, node, carries = pending.pop()
        if len(tokens) > _DEEPEST:
            raise RedactionError("the arguments are nested too deep")
        members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        if not members and carries & wanted and tokens:
            yield tokens
        for name, member in members:
            below = (*tokens, str(name))
            pending.append((below, member, carries.union(labels.get(render(below), ()))))


def _without(node: Json, path: Tokens, doomed: set[Tokens]) -> Json:
    if not doomed or not isinstance(node, dict | list):
        return node
    if len(path) > _DEEPEST:
        raise RedactionError("the arguments are nested too deep")
    members = node.items() if isinstance(node, dict) else enumerate(node)
    kept = {
        name: _without(member, (*path, str(name)), doomed)
        for name, member in members
        if (*path, str(name)) not in doomed
    }
    return kept if isinstance(node, dict) else list(kept.values())


def _lower(
    labels: Mapping[Pointer, Iterable[str]], lowered: Sequence[tuple[Tokens, frozenset[str]]]
) -> dict[Tokens, frozenset[str]]:
    """Take off the labels whose carriers are all gone; what sits above a path may have others."""
    remaining = {}
    for pointer, names in labels.items():
        tokens = split(pointer)
        gone = (wanted for path, wanted in lowered if tokens[: len(path)] == path)
        remaining[tokens] = frozenset(names).difference(*gone)
    return remaining


def _by_pointer(labels: Mapping[Tokens, frozenset[str]]) -> Labels:
    return join(*({render(tokens): names} for tokens, names in labels.items()))


def _follow(labels: Mapping[Tokens, frozenset[str]], whole: Json, doomed: set[Tokens]) -> Labels:
    """Move labels to where their values are now; those of removed values go."""
    return join(
        *({render(now): names} for tokens, names in labels.items() if (now := _now(tokens, whole, doomed)) is not None)
    )


def _now(tokens: Tokens, node: Json, doomed: set[Tokens]) -> Tokens | None:
    now: list[str] = []
    for depth, token in enumerate(tokens):
        if tokens[:depth] in doomed:
            return None
        if isinstance(node, list) and token.isdecimal():
            gone = sum((*tokens[:depth], str(at)) in doomed for at in range(min(int(token), len(node))))
            now.append(str(int(token) - gone))
            node = node[int(token)] if int(token) < len(node) else None
        else:
            now.append(token)
            node = node.get(token) if isinstance(node, dict) else None
    return None if tokens in doomed else tuple(now)
