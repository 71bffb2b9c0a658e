"""What finished runs say about a process: steps that could go side by side, and steps that nobody ever needs. Pure.

Only suggestions come of it: they are put before the owner as any planner's, and adopted by a new bundle only.
"""

import statistics
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.reference import references_of, scan
from assent_orchestrator.plan.state import StepState
from assent_sidecar.catalogue.process import Alternative, Process, Step

LEAST_RUNS = 5
"""With fewer runs nothing is suggested: that is no habit yet."""


@dataclass(frozen=True, slots=True)
class Passage:
    """How a step came to rest in one run; ``seconds`` it took, None where it was not begun."""

    state: StepState
    seconds: float | None = None


class Sort(StrEnum):
    """What is suggested for a step."""

    BESIDE = "beside"
    UNNEEDED = "unneeded"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing that could be otherwise.

    ``beside``: ``step`` need not wait for ``other``; that many ``runs`` had both, and would have been shorter by a
    median of ``seconds``. ``unneeded``: ``step`` was skipped in all ``runs``, and nobody uses what it returns.
    """

    sort: Sort
    step: str
    runs: int
    other: str = ""
    seconds: float = 0.0


def mine(process: Process, seen: Sequence[Mapping[str, Passage]], least: int = LEAST_RUNS) -> tuple[Suggestion, ...]:
    """Return what finished runs of this version suggest, each run by its steps.

    A step with ``when`` is left where it is: its rule may look at what came before it. So is what a choice comes after.
    """
    return (*_beside(process, seen, least), *_unneeded(process, seen, least))


def amended(process: Process, suggestions: Iterable[Suggestion]) -> Plan:
    """Return the process with everything that is suggested, as the plan that proposes it."""
    graph = Graph.of(process.steps, process.choices)
    suggestions = tuple(suggestions)
    gone = {one.step for one in suggestions if one.sort is Sort.UNNEEDED}
    beside: dict[str, set[str]] = {}
    for one in suggestions:
        if one.sort is Sort.BESIDE:
            beside.setdefault(one.step, set()).add(one.other)
    present = {step.id for step in process.steps} - gone
    steps = []
    for step in process.steps:
        if step.id in gone:
            continue
        left = beside.get(step.id, set())
        after = graph.through(step.after, present - left) - {step.id}
        kept = tuple(name for name in step.after if name in after)
        steps.append(step.model_copy(update={"after": (*kept, *sorted(after - set(kept)))}))
    written = {step.id: frozenset(step.after) for step in process.steps}
    now = Graph.of(steps, process.choices)
    shorter = tuple(step.model_copy(update={"after": _needed(step, now, written[step.id])}) for step in steps)
    return Plan(process=process.name, process_version=process.version, steps=shorter, choices=process.choices)


def _needed(step: Step, graph: Graph, written: Collection[str]) -> tuple[str, ...]:
    """Return what a step says that it comes after, without what its bindings or others say already."""
    bound = {reference.source.step for reference in references_of(step)}
    implied = frozenset[str]().union(*(graph.precede(one) for one in graph.depends_on(step.id)))
    return tuple(name for name in step.after if name in written or name not in implied | bound)


def _beside(process: Process, seen: Sequence[Mapping[str, Passage]], least: int) -> Iterator[Suggestion]:
    steps = {step.id: step for step in process.steps}
    graph = Graph.of(process.steps, process.choices)
    for step in process.steps:
        if step.when is not None:
            continue
        for name in step.after:
            other = steps.get(name)
            if other is None or name in _used_by(step) or isinstance(other.on_failure, Alternative):
                continue
            others = [one for one in graph.depends_on(step.id) if one != name]
            if any(name in graph.precede(one) for one in others):
                continue  # it would have to wait all the same
            shorter = [
                min(run[name].seconds or 0.0, run[step.id].seconds or 0.0)
                for run in seen
                if all(one in run and run[one].state is StepState.SUCCEEDED for one in (name, step.id))
            ]
            if len(shorter) >= least:
                yield Suggestion(Sort.BESIDE, step.id, len(shorter), name, statistics.median(shorter))


def _unneeded(process: Process, seen: Sequence[Mapping[str, Passage]], least: int) -> Iterator[Suggestion]:
    needed = {name for step in process.steps for name in _used_by(step)}
    needed |= {name for choice in process.choices.values() for name in choice.after}
    # What rules of other steps look at, what stands in for another step, and what a choice may still take.
    needed |= {name for step in process.steps if step.when is not None for name in step.after}
    needed |= {step.on_failure.alternative for step in process.steps if isinstance(step.on_failure, Alternative)}
    for step in process.steps:
        if step.id in needed or step.branch is not None or len(process.steps) == 1:
            continue
        passages = [run[step.id].state for run in seen if step.id in run]
        if len(passages) >= least and all(state is StepState.SKIPPED for state in passages):
            yield Suggestion(Sort.UNNEEDED, step.id, len(passages))


def _used_by(step: Step) -> frozenset[str]:
    """Return the steps whose results a step, or what undoes it, is bound to; of itself it may be."""
    undo = scan(step.compensation.args).references if step.compensation is not None else ()
    bound = {one.source.step for one in (*references_of(step), *undo) if one.source.step is not None}
    return frozenset(bound - {step.id})
