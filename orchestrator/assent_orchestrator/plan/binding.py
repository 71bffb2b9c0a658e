"""Bindings become values, and labels go with them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assent_orchestrator.plan.label import ANY, fit, foreseen, join, names, of_inputs, rebase, spread
from assent_orchestrator.plan.model import MAX_RESOLVED_BYTES
from assent_orchestrator.plan.pointer import PointerError, Tokens, find, render
from assent_orchestrator.plan.reference import (
    CONCAT,
    FIRST,
    REF,
    BindingError,
    Reference,
    Source,
    is_binding,
    parse,
    read,
    references,
    scan,
)
from assent_sidecar.canonical import canonical
from assent_sidecar.catalogue.process import ForEach
from assent_sidecar.facts import Labels
from assent_sidecar.model import Json, Pointer

__all__ = [
    "BindingError",
    "Item",
    "ListError",
    "Missing",
    "Reference",
    "Resolved",
    "foreseen_item",
    "items_of",
    "references",
    "resolve",
]


@dataclass(frozen=True, slots=True)
class Item:
    """The element that a step is done for, with labels relative to it; not ``there``: those that it may have."""

    labels: Labels
    there: bool = False
    value: Json = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A value that cannot be had, though everything it depends on has come to rest."""

    pointer: Pointer
    description: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """Arguments with their bindings replaced.

    ``labels`` points into ``args``. ``unknown`` are the places whose values depend on steps without an output yet;
    every label that they may have is there already, wherever it may come to rest (``label.foreseen``). A member that is
    unknown or missing is left out; an element of an array is null, so that the others keep their places. The values are
    those of the inputs and outputs, not copies.
    """

    args: dict[str, Json]
    labels: Labels
    unknown: tuple[Pointer, ...] = ()
    missing: tuple[Missing, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every value is there: without this nothing may be done with the arguments."""
        return not self.unknown and not self.missing


def resolve(
    args: Mapping[str, Json],
    *,
    inputs: Mapping[str, Json],
    outputs: Mapping[str, Json],
    input_labels: Mapping[Pointer, Iterable[str]] | None = None,
    output_labels: Mapping[str, Mapping[Pointer, Iterable[str]]] | None = None,
    item: Item | None = None,
) -> Resolved:
    """Replace the bindings of one step.

    ``outputs`` holds the outputs of the steps that succeeded, and of no other. ``output_labels`` may name steps that
    have no output yet: what will be unknown is labelled all the same. Inputs carry ``untrusted`` whatever
    ``input_labels`` says. A ``$first`` takes the first of its references whose step succeeded. ``item`` is the
    element that the step is done for.

    Raises:
        BindingError: a binding is malformed, or more than ``MAX_RESOLVED_BYTES`` would be brought in.
    """
    flaw = next(iter(scan(args).flaws), None)
    if flaw is not None:
        raise BindingError(flaw.description)
    work = _Resolution(dict(inputs), outputs, of_inputs(input_labels or {}), output_labels or {}, item)
    _, resolved = work.value(dict(args), ())
    return Resolved(resolved, join(*work.labels), tuple(work.unknown), tuple(work.missing))


class ListError(ValueError):
    """What a step is to be done for is no list, or is not there."""


def items_of(
    for_each: ForEach,
    *,
    inputs: Mapping[str, Json],
    outputs: Mapping[str, Json],
    input_labels: Mapping[Pointer, Iterable[str]] | None = None,
    output_labels: Mapping[str, Mapping[Pointer, Iterable[str]]] | None = None,
) -> list[Item]:
    """Return the elements that a step is done for, each with the labels of the list and its own.

    Raises:
        BindingError: the binding is malformed, or too much is brought in.
        ListError: there is no list.
    """
    told = resolve(
        {"items": for_each.items},
        inputs=inputs,
        outputs=outputs,
        input_labels=input_labels,
        output_labels=output_labels,
    )
    found = told.args.get("items")
    if not told.complete:
        raise ListError("; ".join(one.description for one in told.missing) or "there is no list")
    if not isinstance(found, list):
        raise ListError("what it is done for is no list")
    several = spread(told.labels, ("items",), len(found))
    return [Item(labels, True, value) for labels, value in zip(several, found, strict=True)]


def foreseen_item(
    for_each: ForEach,
    inputs: Mapping[str, Json],
    input_labels: Mapping[Pointer, Iterable[str]],
    output_labels: Mapping[str, Mapping[Pointer, Iterable[str]]],
) -> Item:
    """Return what is known of any element before the list is there: every label that one of them may have.

    Raises:
        BindingError: the binding is malformed, or too much is brought in.
    """
    told = resolve(
        {"items": for_each.items}, inputs=inputs, outputs={}, input_labels=input_labels, output_labels=output_labels
    )
    return Item(foreseen(told.labels, ("items", ANY)))


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a binding stands for, with labels relative to it; not ``there``: unknown, or missing because of ``why``."""

    there: bool
    value: Json
    labels: Labels
    why: str = ""


class _Resolution:
    """One pass over the arguments of one step."""

    def __init__(
        self,
        inputs: dict[str, Json],
        outputs: Mapping[str, Json],
        input_labels: Labels,
        output_labels: Mapping[str, Mapping[Pointer, Iterable[str]]],
        item: Item | None,
    ) -> None:
        self._item = item
        self.labels: list[Labels] = []
        self.unknown: list[Pointer] = []
        self.missing: list[Missing] = []
        self._inputs = inputs
        self._outputs = outputs
        self._input_labels = input_labels
        self._output_labels = output_labels
        self._pieces: dict[Source, tuple[_Piece, int]] = {}
        self._fitted: dict[tuple[str | None, bool], Labels] = {}
        self._room = MAX_RESOLVED_BYTES

    def value(self, node: Json, place: Tokens) -> tuple[bool, Json]:
        """Return whether there is a value, and the value."""
        if is_binding(node):
            return self._fill(node, place)
        if isinstance(node, dict):
            pairs = ((name, self.value(member, (*place, name))) for name, member in node.items())
            return True, {name: member for name, (there, member) in pairs if there}
        if isinstance(node, list):
            return True, [self.value(element, (*place, str(at)))[1] for at, element in enumerate(node)]
        return True, node

    def _fill(self, binding: Mapping[str, Json], place: Tokens) -> tuple[bool, Json]:
        piece = self._piece(binding)
        self.labels.append(rebase(piece.labels, (), place))
        if piece.why:
            self.missing.append(Missing(render(place), piece.why))
        elif not piece.there:
            self.unknown.append(render(place))
        return piece.there, piece.value

    def _piece(self, binding: Mapping[str, Json]) -> _Piece:
        name, content = read(binding)
        if name == REF:
            return self._at(parse(content))
        if name == FIRST:
            return self._first([parse(candidate[REF]) for candidate in content])
        assert name == CONCAT
        return self._concat(content)

    def _at(self, source: Source) -> _Piece:
        known = self._pieces.get(source)
        if known is None:
            piece = self._look_up(source)
            known = self._pieces[source] = (piece, _size(piece.value) if piece.there else 0)
        piece, size = known
        self._room -= size
        if self._room < 0:
            raise BindingError(f"the bindings of a step bring in at most {MAX_RESOLVED_BYTES} bytes")
        return piece

    def _look_up(self, source: Source) -> _Piece:
        if source.item:
            if self._item is None or not self._item.there:
                return _Piece(False, None, foreseen(self._item.labels, source.path) if self._item else {})
            root, labels = self._item.value, self._item.labels
        elif source.step is None:
            root, labels = self._inputs, self._input_labels
        elif source.step in self._outputs:
            root, labels = self._outputs[source.step], join(self._output_labels.get(source.step, {}))
        else:
            return _Piece(False, None, foreseen(self._output_labels.get(source.step, {}), source.path))
        whose = (source.step, source.item)
        if whose not in self._fitted:
            self._fitted[whose] = fit(labels, root)
        labels = rebase(self._fitted[whose], source.path, ())
        try:
            there, value = find(root, source.path)
        except PointerError:
            there, value = False, None
        return _Piece(there, value, labels, "" if there else f"there is no {_spoken(source)}")

    def _first(self, candidates: list[Source]) -> _Piece:
        for candidate in candidates:
            if candidate.step in self._outputs:
                return self._at(candidate)
        return _Piece(False, None, join(*(self._at(candidate).labels for candidate in candidates)))

    def _concat(self, parts: list[Json]) -> _Piece:
        pieces = [self._piece(part) if is_binding(part) else _Piece(True, part, {}) for part in parts]
        labels = join({"": names(join(*(piece.labels for piece in pieces)))})
        why = next((piece.why for piece in pieces if piece.why), "")
        if why or not all(piece.there for piece in pieces):
            return _Piece(False, None, labels, why)
        if any(isinstance(piece.value, dict | list) or piece.value is None for piece in pieces):
            return _Piece(False, None, labels, "$concat joins texts, numbers, true and false only")
        return _Piece(True, "".join(_text(piece.value) for piece in pieces), labels)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else canonical(value).decode()


def _size(value: Json) -> int:
    try:
        return len(json.dumps(value, ensure_ascii=False, allow_nan=False))
    except (ValueError, TypeError, RecursionError) as error:
        raise BindingError("a value that is bound to is not JSON, or nested too deep") from error


def _spoken(source: Source) -> str:
    root = "item" if source.item else "inputs" if source.step is None else f"steps.{source.step}.output"
    return root + "".join(f".{token}" for token in source.path)
