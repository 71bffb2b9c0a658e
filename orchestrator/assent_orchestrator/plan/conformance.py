"""Whether a plan is its process, or varies only where the process says it may."""

import json
from collections.abc import Iterator, Mapping

from assent_orchestrator.errors import Fault
from assent_orchestrator.plan.choice import choices_of
from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.pointer import field
from assent_orchestrator.plan.reference import CONCAT, FIRST, BindingError, is_binding, parse, references_of
from assent_sidecar.canonical import NotCanonicalError, canonical
from assent_sidecar.catalogue.process import Alternative, Compensation, Process, Step
from assent_sidecar.model import Json

_FIXED = ("agent", "action", "when", "branch", "on_failure", "deadline", "retry")


def conformance(plan: Plan, process: Process) -> tuple[Fault, ...]:
    """Return every difference that the process does not allow, as ``AMENDMENT``: those of the plan, then step by step.

    The order in which steps are listed means nothing. A step that ``may.skip`` names may be left out: who came after
    it comes after what it came after, and it is no candidate of a ``$first`` any more. With ``may.reorder`` the
    ``after`` of every step is free; arguments, and so the bindings, never are, nor are choices and their branches.
    """
    return tuple(_Comparison(plan, process).faults())


class _Comparison:
    def __init__(self, plan: Plan, process: Process) -> None:
        self._plan = plan
        self._process = process
        self._wanted = {step.id: step for step in process.steps}
        self._present = frozenset(step.id for step in plan.steps)
        self._left_out = [name for name in self._wanted if name not in self._present]
        self._graph = Graph.of(process.steps, process.choices)

    def faults(self) -> Iterator[Fault]:
        for name in self._left_out:
            if name not in self._process.may.skip:
                yield _amendment("steps", f"leaves out the step {name!r}, which the process does not let a plan skip")
        yield from self._choices()
        seen: set[str] = set()
        for at, step in enumerate(self._plan.steps):
            if step.id not in seen:
                yield from self._step(f"steps[{at}]", step)
            seen.add(step.id)

    def _step(self, root: str, step: Step) -> Iterator[Fault]:
        wanted = self._wanted.get(step.id)
        if wanted is None:
            yield _amendment(f"{root}.id", "the process has no such step; a plan adds none of its own")
            return
        replaced = self._replaced_by(step.id)
        if replaced and not replaced & self._present:
            yield _amendment(f"{root}.id", "is only taken in place of a step that the plan leaves out")
        for name in _FIXED:
            if getattr(step, name) != getattr(wanted, name):
                yield _amendment(f"{root}.{name}", "is not what the process says")
        if not self._same_items(step, wanted):
            yield _amendment(f"{root}.for_each", "is not what the process says")
        yield from self._args(root, step.args, self._without_left_out(wanted.args))
        yield from self._compensation(f"{root}.compensation", step.compensation, wanted.compensation)
        after = self._after(wanted)
        bound = {reference.source.step for reference in references_of(wanted) if reference.choice is None}
        if not self._process.may.reorder and set(step.after) - bound != after - bound:
            waits = ", ".join(sorted(after)) or "nothing"
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
        wanted = choices_of(self._process, self._present)
        for name in dict.fromkeys([*self._plan.choices, *wanted]):
            if self._plan.choices.get(name) != wanted.get(name):
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

    def _after(self, wanted: Step) -> set[str]:
        """Return what a step comes after; in place of steps that are left out, what these depend on."""
        return self._graph.through(wanted.after, self._present) - {wanted.id}

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
