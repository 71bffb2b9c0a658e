"""What makes a plan fail: the smallest lists, found by trying what would be said without this or that. Pure.

A search is a generator. It yields lists of sets, each to be withheld by itself, is sent for each whether that passes,
and returns a list that is sufficient and minimal: with all of it withheld it passes, with any one of it given back it
does not. What has been shown by no trial is never said.
"""

from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.state import StepState
from assent_orchestrator.plan.withhold import Argument, finer, labelled, values
from assent_sidecar.catalogue.process import Step
from assent_sidecar.facts import Action

T = TypeVar("T")

Searching = Generator[list[frozenset[T]], list[bool], "tuple[T, ...] | None"]
"""Yields what to withhold, is sent whether that passes, returns the minimal list; None: there is nothing to find."""

SINGLES = 32
"""Of so many and fewer, each is tried alone first: what passes only when nothing else is missing is found so, too."""

_FATAL = frozenset({"fail", "compensate"})
"""What ``on_failure`` says where the run fails with the step."""

_CHUNKS = 8
"""Parts that a list is divided into at first; many trials are one question, so that wide is cheaper than deep."""


class Search(StrEnum):
    """How a search ended."""

    FOUND = "found"
    NOTHING = "nothing"
    GAVE_UP = "gave_up"


def minimal(elements: Sequence[T]) -> Searching[T]:
    """Search a minimal list of elements without which it passes, given that it fails with all of them.

    Delta debugging (Zeller and Hildebrandt, 2002) in whole rounds. None: it fails without all of them, and, if they are
    ``SINGLES`` or fewer, without any one of them.
    """
    if not elements:
        return None
    alone = [frozenset({one}) for one in elements] if len(elements) <= SINGLES else []
    passes, *each = yield [frozenset(elements), *alone]
    for one, passing in zip(elements, each, strict=False):
        if passing:
            return (one,)
    return (yield from _shrink(elements)) if passes else None


def _shrink(current: Sequence[T]) -> Searching[T]:
    """Narrow down what passes as a whole."""
    parts = min(_CHUNKS, len(current))
    while len(current) > 1:
        chunks = [frozenset(chunk) for chunk in _divided(current, parts)]
        rests = [frozenset(current) - chunk for chunk in chunks]
        chunk = yield from _first(chunks)
        rest = (yield from _first(rests)) if chunk is None else None
        if chunk is not None:
            current, parts = _only(current, chunk), _CHUNKS
        elif rest is not None:
            current, parts = _only(current, rest), max(parts - 1, 2)
        elif parts == len(current):
            break  # no element can be given back
        else:
            parts *= 2
        parts = min(parts, len(current))
    return tuple(current)


def _first(tried: list[frozenset[T]]) -> Generator[list[frozenset[T]], list[bool], frozenset[T] | None]:
    """Try several and return the first that passes."""
    passing = yield tried
    return next((one for one, passes in zip(tried, passing, strict=True) if passes), None)


def _only(elements: Sequence[T], left: frozenset[T]) -> list[T]:
    return [one for one in elements if one in left]


def _divided(elements: Sequence[T], parts: int) -> list[list[T]]:
    size, more = divmod(len(elements), parts)
    starts = (number * size + min(number, more) for number in range(parts + 1))
    return [list(elements[start:end]) for start, end in pairwise(starts)]


def arguments(action: Action) -> Searching[Argument]:
    """Search what in the arguments of an action makes it fail: labels if they alone do, otherwise values.

    Values are named as exactly as trials can tell: the member of an object, not the object.
    """
    found = yield from minimal(labelled(action))
    if found is not None:
        return found
    found = yield from minimal(values(action))
    while found is not None and (parts := finer(action, found)):
        narrower = yield from minimal(parts)
        if narrower is None:
            break
        found = narrower
    return found


def roots(steps: Iterable[Step], refused: Collection[str], halted: Collection[str]) -> tuple[str, ...]:
    """Return the fewest steps whose refusal makes a plan fail, each behind all that it depends on.

    A step that would never be begun is none, and none is one without which its process goes on, or in whose place
    another step is taken; unless it halts the run. Every condition counts as true and every call as a success. Were
    none of these refused the plan would not fail, and were any one of them it would.
    """
    by_id = {step.id: step for step in steps}
    course = _Course(by_id, Graph.of(by_id.values()), refused, halted)
    found = frozenset[str]()
    while more := course.failures(found):
        found |= more
    if any(name not in halted and by_id[name].on_failure not in _FATAL for name in found):
        # Whether a step has an alternative depends on what else is mended: some may not be needed any more.
        before = None
        while before != found:
            before = found
            for one in sorted(before):
                found = found if course.failures(found - {one}) else found - {one}
    return tuple(name for name in course.graph.order if name in found)


@dataclass(frozen=True, slots=True)
class _Course:
    """What a run would come to by its verdicts alone."""

    steps: Mapping[str, Step]
    graph: Graph
    refused: Collection[str]
    halted: Collection[str]

    def failures(self, mended: Collection[str]) -> frozenset[str]:
        """Return steps that make it fail when those that are ``mended`` are not refused; none only if nothing does.

        What is found counts as mended for what comes after it.
        """
        states = dict.fromkeys(self.steps, StepState.PENDING)
        found: set[str] = set()
        for name in self.graph.order:
            if self.graph.obstacle(name, states) is not None:
                states[name] = StepState.SKIPPED
            elif name in mended or name not in self.refused:
                states[name] = StepState.SUCCEEDED
            elif name in self.halted or self.steps[name].on_failure in _FATAL:
                found.add(name)
                states[name] = StepState.SUCCEEDED
            else:
                states[name] = StepState.DENIED
        # Those are left whose alternative will not be taken either.
        return frozenset(found).union(self.graph.failures(states))
