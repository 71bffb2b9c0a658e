"""Hand-overs: a step of one agent that waits for steps of another takes work over from it. Pure.

A step that calls a service which acts as another agent hands its work over to that one, until the call returns.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.label import foreseen, names, rebase
from assent_orchestrator.plan.reference import references_of
from assent_orchestrator.plan.unretained import MARKED
from assent_sidecar.catalogue.own import MEMORY
from assent_sidecar.catalogue.process import Alternative, Step
from assent_sidecar.facts import HandoffFacts, PassedFacts
from assent_sidecar.model import Json, Pointer

Reason = Literal["next", "alternative", "compensation", "call"]


@dataclass(frozen=True, slots=True)
class HandOver:
    """Work that passes from the agent ``source`` to ``target``, which takes it over with the step ``step``.

    ``origins`` are the steps of the source that it takes over from, in the order of the plan. ``depth`` is how many
    hand-overs lead at most to a step of the target that takes over from the source, this one included; ``fan_out`` to
    how many agents a step of the source hands over at most. Both are the same for all hand-overs between the two, but
    for calls: with the reason ``call`` the step is the source's, and they are those of this step.
    """

    source: str
    target: str
    step: str
    origins: tuple[str, ...]
    reason: Reason = "next"
    depth: int = 1
    fan_out: int = 1

    def facts(self, passes: PassedFacts) -> HandoffFacts:
        """Return what a question says of it."""
        return HandoffFacts.from_json(
            {
                "from": self.source,
                "to": self.target,
                "reason": self.reason,
                "depth": self.depth,
                "fan_out": self.fan_out,
                "passes": passes.to_json(),
            }
        ).sealed()


class HandOvers:
    """The hand-overs of a plan, which never changes: they are found once. A plan of one agent has none."""

    def __init__(self, steps: Sequence[Step], graph: Graph) -> None:
        """Look at expanded steps and their graph."""
        self._by_id = {step.id: step for step in reversed(steps)}
        self._place = {step.id: at for at, step in enumerate(steps)}
        self._found: dict[str, tuple[HandOver, ...]] = {}
        self._deep: dict[str, int] = {}
        self._over: dict[str, set[str]] = {}
        several = self._several = len({step.agent for step in steps}) > 1
        self._of_undoing = {
            step.id
            for step in steps
            if step.compensation is not None and (several or step.compensation.agent not in (None, step.agent))
        }
        if several:
            self._look(steps, graph)

    @property
    def of_one(self) -> bool:
        """Whether all that the plan does, and undoes, is done by one agent."""
        return not self._several and not self._of_undoing

    def of(self, step_id: str) -> tuple[HandOver, ...]:
        """Return what a step takes over, by the name of the agent that it takes over from."""
        return self._found.get(step_id, ())

    def of_undoing(self, step_id: str, spec: Step) -> tuple[HandOver, ...]:
        """Return what the undoing ``spec`` of a step takes over: from who did it, and from those it is bound to."""
        if step_id not in self._of_undoing:
            return ()
        bound = {one.source.step for one in references_of(spec)}
        origins = {name for name in (*bound, step_id) if name is not None and name in self._by_id}
        return tuple(
            HandOver(source, spec.agent, step_id, mine, "compensation")
            for source, mine in sorted(self._by_source(origins, spec.agent).items())
        )

    def call(self, spec: Step, target: str) -> HandOver | None:
        """Return what a step hands over, or what undoes it, by calling a service that acts as ``target``.

        None: there is no such agent, or it is the agent of the step itself.
        """
        if target in ("", spec.agent):
            return None
        deep = self._deep.get(spec.id, 0) + (self._by_id[spec.id].agent != spec.agent)
        wide = len(self._over.get(spec.id, frozenset()) | {target})
        return HandOver(spec.agent, target, spec.id, (spec.id,), "call", deep + 1, wide)

    def all(self) -> Iterator[HandOver]:
        """Yield the hand-overs of the plan in the order of its steps, without calls and those of what is undone."""
        for found in self._found.values():
            yield from found

    def _by_source(self, origins: Iterable[str], target: str) -> dict[str, tuple[str, ...]]:
        """Return steps by their agent, those of ``target`` left out."""
        found: dict[str, list[str]] = {}
        for name in sorted(origins, key=self._place.__getitem__):
            source = self._by_id[name].agent
            if source != target:
                found.setdefault(source, []).append(name)
        return {source: tuple(mine) for source, mine in found.items()}

    def _look(self, steps: Sequence[Step], graph: Graph) -> None:
        deep = self._deep = depths(self._by_id, graph)
        taken: dict[str, dict[str, tuple[str, ...]]] = {}
        over = self._over
        for step in self._by_id:
            waits = (name for name in graph.depends_on(step) if name in self._by_id)
            taken[step] = self._by_source(waits, self._by_id[step].agent)
            for mine in taken[step].values():
                for name in mine:
                    over.setdefault(name, set()).add(self._by_id[step].agent)
        depth: dict[tuple[str, str], int] = {}
        fan_out: dict[str, int] = {}
        for step, sources in taken.items():
            target = self._by_id[step].agent
            for source, mine in sources.items():
                reached = 1 + max(deep.get(name, 0) for name in mine)
                depth[source, target] = max(depth.get((source, target), 1), reached)
        for name, targets in over.items():
            source = self._by_id[name].agent
            fan_out[source] = max(fan_out.get(source, 1), len(targets))
        stands_in = {
            (step.id, step.on_failure.alternative) for step in steps if isinstance(step.on_failure, Alternative)
        }
        for step in dict.fromkeys(one.id for one in steps):
            target = self._by_id[step].agent
            found = [
                HandOver(
                    source,
                    target,
                    step,
                    mine,
                    "alternative" if any((name, step) in stands_in for name in mine) else "next",
                    depth[source, target],
                    fan_out[source],
                )
                for source, mine in sorted(taken[step].items())
            ]
            if found:
                self._found[step] = tuple(found)


def depths(steps: Mapping[str, Step], graph: Graph) -> dict[str, int]:
    """Return, by step, how many hand-overs lead to it at most; what waits for itself counts what is known by then."""
    found: dict[str, int] = {}
    for name in graph.order:
        if name not in steps:
            continue
        own = steps[name].agent
        found[name] = max(
            (found[other] + (steps[other].agent != own) for other in graph.depends_on(name) if other in found),
            default=0,
        )
    return found


def passed(
    hand_over: HandOver, spec: Step, steps: Mapping[str, Step], labels: Mapping[str, Mapping[Pointer, Iterable[str]]]
) -> PassedFacts:
    """Return what passes with a hand-over to ``spec``: the labels of what it is bound to, and classes of memory.

    ``labels`` are those of what the origins returned.
    """
    return _passed(hand_over, spec, steps, labels, lambda known, path: names(rebase(known, path, ())))


def foreseen_passed(
    hand_over: HandOver, spec: Step, steps: Mapping[str, Step], labels: Mapping[str, Mapping[Pointer, Iterable[str]]]
) -> PassedFacts:
    """Return what may pass: ``labels`` are those that the operations of the origins declare."""
    return _passed(hand_over, spec, steps, labels, lambda known, path: names(foreseen(known, path)))


def called_with(spec: Step, steps: Mapping[str, Step], labels: Mapping[Pointer, Iterable[str]]) -> PassedFacts:
    """Return what passes to the service that a step calls; ``labels`` are those of its arguments."""
    bound = {one.source.step for one in references_of(spec)}
    carried = names(labels) - {MARKED}
    return PassedFacts(labels=tuple(sorted(carried)), memory=_classes(filter(None, bound), steps))


def _passed(
    hand_over: HandOver,
    spec: Step,
    steps: Mapping[str, Step],
    labels: Mapping[str, Mapping[Pointer, Iterable[str]]],
    at: Callable[[Mapping[Pointer, Iterable[str]], tuple[str, ...]], Iterable[str]],
) -> PassedFacts:
    carried: set[str] = set()
    bound: set[str] = set()
    for reference in references_of(spec):
        origin = reference.source.step
        if origin is not None and origin in hand_over.origins:
            bound.add(origin)
            carried.update(at(labels.get(origin, {}), reference.source.path))
    carried.discard(MARKED)  # the mark's, not the value's
    return PassedFacts(labels=tuple(sorted(carried)), memory=_classes(bound, steps))


def _classes(bound: Iterable[str], steps: Mapping[str, Step]) -> tuple[str, ...]:
    """Return the classes of memory that steps recall from, or remember in."""
    used = (steps[name] for name in bound if name in steps)
    found = {_memory_class(step.args) for step in used if _is_memory(step)}
    return tuple(sorted(filter(None, found)))


def memory_of(spec: Step, steps: Iterable[Step], edits: Mapping[Pointer, Json]) -> frozenset[str]:
    """Return the classes of memory that a step needs: its own, where it is one of memory, and those of what it uses.

    One that is not written out is the empty name. ``edits`` are what approvers changed in the arguments.
    """
    uses = {one.source.step for one in references_of(spec)}
    found = {_memory_class(one.args) for one in steps if one.id in uses and _is_memory(one)} if uses else set()
    if _is_memory(spec):
        found.add(_memory_class({**spec.args, **({"class": edits["/class"]} if "/class" in edits else {})}))
    return frozenset(found)


def _is_memory(step: Step) -> bool:
    return step.action.startswith(f"{MEMORY}.")


def _memory_class(args: Mapping[str, Json]) -> str:
    named = args.get("class")
    return named if isinstance(named, str) else ""
