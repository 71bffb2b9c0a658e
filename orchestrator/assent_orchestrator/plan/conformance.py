"""Whether a plan is its process, or varies only where the process says it may."""

import functools
import json
from collections.abc import Iterator, Mapping

from assent_orchestrator.errors import Fault
from assent_orchestrator.plan.choice import choices_of
from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.pointer import field
from assent_orchestrator.plan.reach import Reach
from assent_orchestrator.plan.reference import CONCAT, FIRST, BindingError, is_binding, parse, references_of
from assent_orchestrator.plan.variation import (
    Varied,
    narrows,
    once_more,
    taken_instead,
    time_before,
)
from assent_sidecar.canonical import NotCanonicalError, canonical
from assent_sidecar.catalogue.process import Alternative, Compensation, Process, Step
from assent_sidecar.model import Json

_FIXED = ("agent", "action", "when", "branch", "on_failure", "deadline", "retry")


def conformance(plan: Plan, process: Process) -> tuple[Fault, ...]:
    """Return every difference that the process does not allow, as ``AMENDMENT``: those of the plan, then step by step.

    The order in which steps are listed means nothing. A step that ``may.skip`` names may be left out: who came after
    it comes after what it came after, and it is no candidate of a ``$first`` any more. With ``may.reorder`` the
    ``after`` of every step is free; arguments, and so the bindings, never are. Of a choice that ``may.choose`` names
    only some branches may be left, each behind its rule, and of a step that it names the alternative may be taken at
    once. A step that ``may.repeat`` names may be done several times, one behind the other, as ``step-2`` and so on.
    """
    return tuple(_Comparison(plan, process).faults())


def varied(plan: Plan, process: Process) -> Varied:
    """Return how an expanded plan that conforms to its process differs from it; bindings order by themselves."""
    return _Comparison(plan, process).varied()


class _Comparison:
    def __init__(self, plan: Plan, process: Process) -> None:
        self._plan = plan
        self._process = process
        self._wanted = {step.id: step for step in process.steps}
        self._present = frozenset(step.id for step in plan.steps)
        self._left_out = [name for name in self._wanted if name not in self._present]
        self._graph = Graph.of(process.steps, process.choices)
        self._choices_wanted = choices_of(process, self._present)
        self._narrowed = tuple(
            name for name in process.may.choose if narrows(plan.choices.get(name), self._choices_wanted.get(name))
        )
        self._instead = taken_instead(process, self._present)

    def faults(self) -> Iterator[Fault]:
        for name in self._left_out:
            if name not in self._process.may.skip and not self._is_not_chosen(name):
                yield _amendment("steps", f"leaves out the step {name!r}, which the process does not let a plan skip")
        yield from self._choices()
        seen: set[str] = set()
        for at, step in enumerate(self._plan.steps):
            if step.id not in seen:
                yield from self._step(f"steps[{at}]", step)
            seen.add(step.id)

    def varied(self) -> Varied:
        alternatives = {name: self._wanted[name].on_failure for name in self._left_out if name in self._instead}
        return Varied(
            skipped=tuple(name for name in self._left_out if not self._is_not_chosen(name)),
            reordered=tuple(
                step.id for step in self._plan.steps if not self._is_in_place(step, self._as_wanted(step.id))
            ),
            chosen=(
                *(f"{name}.{way}" for name in self._narrowed for way in self._plan.choices[name].names),
                *(one.alternative for one in alternatives.values() if isinstance(one, Alternative)),
            ),
            repeated=tuple(step.id for step in self._plan.steps if step.id not in self._wanted),
        )

    def _step(self, root: str, step: Step) -> Iterator[Fault]:
        wanted = self._as_wanted(step.id)
        if wanted is None:
            yield _amendment(f"{root}.id", "the process has no such step; a plan adds none of its own")
            return
        replaced = self._replaced_by(step.id)
        if replaced and not replaced & (self._present | self._instead):
            yield _amendment(f"{root}.id", "is only taken in place of a step that the plan leaves out")
        for name in _FIXED:
            if getattr(step, name) != getattr(wanted, name):
                yield _amendment(f"{root}.{name}", "is not what the process says")
        if not self._same_items(step, wanted):
            yield _amendment(f"{root}.for_each", "is not what the process says")
        yield from self._args(root, step.args, self._without_left_out(wanted.args))
        yield from self._compensation(f"{root}.compensation", step.compensation, wanted.compensation)
        if not (self._is_behind_itself(step) if self._process.may.reorder else self._is_in_place(step, wanted)):
            waits = ", ".join(sorted(self._after(wanted))) or "nothing"
            yield _amendment(f"{root}.after", f"the process has it wait for: {waits}")

    def _compensation(self, root: str, given: Compensation | None, wanted: Compensation | None) -> Iterator[Fault]:
        if given is None or wanted is None:
            if given is not wanted:
                yield _amendment(root, "is not what the process says")
            return
        for name in ("agent", "action"):
            if getattr(given, name) != getattr(wanted, name):
                yield _amendment(f"{root}.{name}", "is not what the process says")
        yield from self._args(root, given.args, self._without_left_out(wanted.args))

    def _choices(self) -> Iterator[Fault]:
        wanted = self._choices_wanted
        for name in dict.fromkeys([*self._plan.choices, *wanted]):
            if self._plan.choices.get(name) != wanted.get(name) and name not in self._narrowed:
                yield _amendment(f"choices.{name}", "is not what the process says")

    def _same_items(self, step: Step, wanted: Step) -> bool:
        if step.for_each is None or wanted.for_each is None:
            return step.for_each is wanted.for_each
        limits = {"items": wanted.for_each.items}
        return step.for_each.model_copy(update=limits) == wanted.for_each and same(
            step.for_each.items, self._without_left_out(wanted.for_each.items)
        )

    def _replaced_by(self, name: str) -> frozenset[str]:
        return frozenset(
            step.id
            for step in self._process.steps
            if isinstance(step.on_failure, Alternative) and step.on_failure.alternative == name
        )

    def _args(self, root: str, args: Mapping[str, Json], wanted: Mapping[str, Json]) -> Iterator[Fault]:
        for name in dict.fromkeys([*args, *wanted]):
            if name not in args or name not in wanted or not same(args[name], wanted[name]):
                yield _amendment(field(f"{root}.args", {}, (name,)), "is not the argument that the process gives")

    def _as_wanted(self, name: str) -> Step | None:
        """Return a step as the process has it, also one that is done once more behind the time before."""
        if name in self._wanted:
            return self._wanted[name]
        again = once_more(self._process, name)
        return again if again is not None and time_before(name) in self._present else None

    def _is_not_chosen(self, name: str) -> bool:
        """Say whether a step is left out because of what the plan chooses: its branch is closed, or replaced."""
        choice, _, branch = (self._wanted[name].branch or "").partition(".")
        return name in self._instead or (choice in self._narrowed and branch not in self._plan.choices[choice].names)

    def _is_in_place(self, step: Step, wanted: Step | None) -> bool:
        """Say whether a step comes after what its process has it wait for, and after nothing else.

        It makes no difference whether it says so itself or what it comes after does.
        """
        if wanted is None:
            return True
        bound = {one.source.step for one in references_of(wanted) if one.choice is None and one.source.step is not None}
        after = self._after(wanted)
        if not self._is_behind_itself(step):
            return False
        if set(step.after) - bound == after - bound:
            return True
        if not self._present.issuperset(step.after):
            return False
        return self._reach.of(bound.union(step.after)) == self._reach.of(bound | after)

    def _is_behind_itself(self, step: Step) -> bool:
        """Say whether a step that is done once more comes after the time before, however free the order is."""
        return step.id in self._wanted or time_before(step.id) in step.after

    @functools.cached_property
    def _reach(self) -> Reach:
        return Reach(self._plan, self._process)

    def _after(self, wanted: Step) -> set[str]:
        """Return what a step comes after; in place of steps that are left out, what these depend on."""
        instead_of = self._replaced_by(wanted.id) & self._instead
        return self._graph.through({*wanted.after, *instead_of}, self._present) - {wanted.id}

    def _without_left_out(self, value: Json) -> Json:
        """Return arguments of the process without candidates that the plan leaves out; one candidate always stays."""
        if isinstance(value, list):
            return [self._without_left_out(element) for element in value]
        if not isinstance(value, dict):
            return value
        if is_binding(value) and FIRST in value:
            candidates = value[FIRST]
            return {FIRST: [one for one in candidates if self._is_present(one)] or candidates}
        return {
            name: self._without_left_out(member) if name == CONCAT or not is_binding(value) else member
            for name, member in value.items()
        }

    def _is_present(self, candidate: Json) -> bool:
        try:
            return parse(candidate["$ref"]).step in self._present
        except (BindingError, KeyError, TypeError):
            return True


def same(one: Json, other: Json) -> bool:
    """Whether two values have one canonical form: 1 is 1.0 and not true."""
    try:
        return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True) or canonical(one) == canonical(
            other
        )
    except (NotCanonicalError, TypeError, ValueError, RecursionError):
        return False


def _amendment(path: str, description: str) -> Fault:
    return Fault(path, "AMENDMENT", description)
