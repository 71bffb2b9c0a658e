"""Which parts of a step's arguments are bound to what: read from the arguments as written, values unseen.

The bindings are a closed set: ``{"$ref": "inputs.account"}``, ``{"$ref": "steps.risk.output.level"}``,
``{"$concat": [...]}`` and ``{"$first": [{"$ref": ...}, ...]}``; in a step with ``for_each`` also
``{"$ref": "item.name"}``. There is no expression language, and an object with
any other name that begins with ``$`` is refused.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from assent_orchestrator.plan.model import MAX_DEPTH, MAX_REFERENCE_DEPTH
from assent_orchestrator.plan.pointer import Tokens, render
from assent_sidecar.catalogue.process import Step
from assent_sidecar.model import Json, Pointer

REF, CONCAT, FIRST = "$ref", "$concat", "$first"

_SEGMENT = r"[A-Za-z0-9_-]{1,128}"
_REFERENCE = re.compile(
    rf"(?:inputs|(?P<item>item)|steps\.(?P<step>[a-z][a-z0-9_-]{{0,62}})\.output)(?P<path>(?:\.{_SEGMENT})*)"
)


class BindingError(ValueError):
    """The arguments hold something that looks like a binding and is none, or bring in more than they may."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: the run's inputs, the output of ``step``, or the element that a step is done for.

    ``path`` leads down into it.
    """

    step: str | None
    path: Tokens
    item: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """One ``$ref``: ``pointer`` is the place in the arguments that the outermost binding around it fills.

    ``choice`` is None for a value that must be there; references of one ``$first`` share a number.
    """

    pointer: Pointer
    source: Source
    choice: int | None = None


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with the arguments as written."""

    tokens: Tokens
    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What one look over the arguments found, in document order."""

    references: tuple[Reference, ...]
    bound: tuple[Pointer, ...]
    flaws: tuple[Flaw, ...]


def references(args: Mapping[str, Json]) -> tuple[Reference, ...]:
    """Return every ``$ref`` in the arguments, in document order."""
    return scan(args).references


def references_of(step: Step) -> tuple[Reference, ...]:
    """Return every ``$ref`` of a step: of its arguments, then of the list that it is done for."""
    if step.for_each is None:
        return references(step.args)
    # What one choice numbers must not be taken for another's.
    items = (replace(one, choice=-one.choice if one.choice else None) for one in items_scan(step).references)
    return (*references(step.args), *items)


def items_scan(step: Step) -> Scan:
    """Look over what a step is done for, which is ``{"$ref": ...}`` or ``{"$first": [...]}``; empty when it is not."""
    if step.for_each is None:
        return Scan((), (), ())
    items = step.for_each.items
    if not (len(items) == 1 and (REF in items or FIRST in items)):
        return Scan((), (), (Flaw(("items",), "BAD_BINDING", "is a $ref or a $first that leads to a list"),))
    found = scan({"items": items})
    if any(one.source.item for one in found.references):
        return Scan((), (), (Flaw(("items",), "BAD_BINDING", "there is no item yet"),))
    return found


def is_binding(value: Json) -> bool:
    """Return whether a value stands for another one, or pretends to."""
    return isinstance(value, dict) and any(isinstance(name, str) and name.startswith("$") for name in value)


def parse(text: Json) -> Source:
    """Read what a ``$ref`` says.

    Raises:
        BindingError: it is not a reference.
    """
    match = _REFERENCE.fullmatch(text) if isinstance(text, str) and len(text) <= 2048 else None
    if match is None:
        raise BindingError("a reference reads inputs.<name>..., steps.<id>.output.<name>... or item.<name>...")
    path = tuple(match["path"].split(".")[1:])
    if len(path) > MAX_REFERENCE_DEPTH:
        raise BindingError(f"a reference goes down at most {MAX_REFERENCE_DEPTH} names")
    return Source(match["step"], path, match["item"] is not None)


def read(binding: Mapping[str, Json]) -> tuple[str, Json]:
    """Return the one name of a binding and what it holds.

    Raises:
        BindingError: it is none of the closed set, or its parts are not of the right kind.
    """
    if len(binding) != 1:
        raise BindingError("a binding has exactly one name")
    ((name, content),) = binding.items()
    if name == REF:
        parse(content)
    elif name not in (CONCAT, FIRST):
        raise BindingError("the bindings are $ref, $concat and $first")
    elif not isinstance(content, list) or not content:
        raise BindingError(f"{name} holds a list that is not empty")
    return name, content


def scan(args: Mapping[str, Json]) -> Scan:
    """Look over the arguments once, without recursion: they may come from anybody."""
    found: list[Reference] = []
    bound: list[Pointer] = []
    flaws: list[Flaw] = []
    if is_binding(args):
        flaw = Flaw((), "BAD_BINDING", "arguments are bound one by one, not as a whole")
        return Scan((), (), (flaw,))
    pending: list[tuple[Tokens, Json]] = [((), args)]
    while pending:
        tokens, value = pending.pop()
        if is_binding(value):
            bound.append(render(tokens))
            try:
                found.extend(_within(value, bound[-1], len(found)))
            except BindingError as error:
                flaws.append(Flaw(tokens, "BAD_BINDING", str(error)))
        elif isinstance(value, dict | list) and len(tokens) > MAX_DEPTH:
            flaws.append(Flaw(tokens[:1], "TOO_DEEP", f"values are nested at most {MAX_DEPTH} deep"))
        elif isinstance(value, dict):
            pending.extend(reversed([((*tokens, str(name)), member) for name, member in value.items()]))
        elif isinstance(value, list):
            pending.extend(reversed([((*tokens, str(place)), element) for place, element in enumerate(value)]))
    return Scan(tuple(found), tuple(bound), tuple(dict.fromkeys(flaws)))


def _within(binding: Mapping[str, Json], place: Pointer, number: int) -> Iterator[Reference]:
    """Yield the references inside one outermost binding; recursion is bounded by the nesting allowed."""
    yield from (Reference(place, source, choice) for source, choice in _sources(binding, [number], 1))


def _sources(binding: Mapping[str, Json], counter: list[int], nesting: int) -> Iterator[tuple[Source, int | None]]:
    if nesting > MAX_REFERENCE_DEPTH:
        raise BindingError(f"bindings are nested at most {MAX_REFERENCE_DEPTH} deep")
    name, content = read(binding)
    if name == REF:
        yield parse(content), None
    elif name == FIRST:
        counter[0] += 1
        choice = counter[0]
        for candidate in content:
            yield _candidate(candidate), choice
    else:
        for part in content:
            if is_binding(part):
                yield from _sources(part, counter, nesting + 1)
            elif not isinstance(part, str | int | float):
                raise BindingError("$concat joins texts, numbers, true, false and bindings")


def _candidate(candidate: Json) -> Source:
    source = parse(candidate[REF]) if isinstance(candidate, dict) and candidate.keys() == {REF} else None
    if source is None or source.step is None:
        raise BindingError('$first chooses among {"$ref": "steps.<id>.output..."}')
    return source
