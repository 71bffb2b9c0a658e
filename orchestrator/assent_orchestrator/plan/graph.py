"""In which order the steps of a plan may happen, read from what they depend on.

Everything here is pure: the states are a snapshot, the graph is built once a run and never changes.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Self

from assent_orchestrator.plan.choice import as_steps, choice_of, choice_of_step, choice_row
from assent_orchestrator.plan.component import components
from assent_orchestrator.plan.reference import Reference, references_of
from assent_orchestrator.plan.state import TERMINAL_STEPS, UNSUCCESSFUL_STEPS, RunState, SkipReason, StepState
from assent_sidecar.catalogue.process import Alternative, Asking, Choice, Step

States = Mapping[str, StepState]


def failures(steps: Iterable[Step], states: States) -> tuple[str, ...]:
    """Return the steps that fail the run, sorted.

    These are the steps that came to rest without success, unless their process goes on without them or another step
    was taken, or can still be taken, in their place.
    """
    return tuple(sorted(step.id for step in steps if states[step.id] in UNSUCCESSFUL_STEPS and _fatal(step, states)))


def _fatal(step: Step, states: States) -> bool:
    if isinstance(step.on_failure, Alternative):
        return states.get(step.on_failure.alternative, StepState.SKIPPED) is StepState.SKIPPED
    if isinstance(step.on_failure, Asking) and states[step.id] is not StepState.FAILED:
        # Nobody was asked about what was denied; of what failed, going on without it is a state of its own.
        return step.on_failure.ask.otherwise != "skip"
    return step.on_failure != "skip"


class Graph:
    """The steps of a plan and what each waits for.

    A choice is a node like a step: those of its branches wait for it, and whoever writes down what it chose skips the
    steps of the others. Building it accepts any steps: of two with one id the first counts, names of steps that do not
    exist are left out, and ``cycles`` lists what waits for itself. ``check`` refuses
    such plans; a step on a cycle is never ready.
    """

    def __init__(self, steps: Mapping[str, Step], bindings: Mapping[str, Sequence[Reference]]) -> None:
        """Take the steps by id, in the order of the plan, and the references of each."""
        self._steps = steps
        self._instead = {
            step.id: step.on_failure.alternative
            for step in steps.values()
            if isinstance(step.on_failure, Alternative) and step.on_failure.alternative in steps
        }
        self._replaces: dict[str, list[str]] = {}
        for original, alternative in self._instead.items():
            self._replaces.setdefault(alternative, []).append(original)
        self._needed: dict[str, frozenset[str]] = {}
        self._choices: dict[str, tuple[frozenset[str], ...]] = {}
        self._after: dict[str, frozenset[str]] = {}
        for step in steps.values():
            self._link(step, bindings.get(step.id, ()))
        groups = components([*steps, *(_rest(name) for name in self._instead)], self._edges)
        self.cycles = _cycles(groups, steps, self._edges)
        self._order = tuple(name for group in groups for name in group if name in steps)

    @classmethod
    def of(cls, steps: Iterable[Step], choices: Mapping[str, Choice] | None = None) -> Self:
        """Return the graph of some steps and choices; without the choices, their branches count as taken."""
        by_id: dict[str, Step] = {}
        for step in steps:
            by_id.setdefault(step.id, step)
        for node in as_steps(choices or {}):
            by_id[node.id] = node
        return cls(by_id, {step.id: references_of(step) for step in by_id.values() if choice_of(step.id) is None})

    @property
    def order(self) -> tuple[str, ...]:
        """Every step, each behind all that it depends on."""
        return self._order

    def depends_on(self, step: str) -> tuple[str, ...]:
        """Return the steps that a step waits for directly, sorted; of its choice, those that the choice waits for."""
        waits: set[str] = set()
        for name in self._direct(step):
            waits |= self._after[name] if choice_of(name) is not None else {name}
        return tuple(sorted(waits - {step}))

    def through(self, names: Iterable[str], present: Collection[str]) -> set[str]:
        """Return these steps; in place of each that is not ``present``, those that are and that it depends on."""
        found: set[str] = set()
        pending, seen = list(names), set[str]()
        while pending:
            name = pending.pop()
            if name in present:
                found.add(name)
            elif name in self._steps and name not in seen:
                pending.extend(self.depends_on(name))
            seen.add(name)
        return found

    def _direct(self, node: str) -> frozenset[str]:
        """Return the steps and choices that one of them waits for."""
        return frozenset(self._needed[node] | self._after[node]).union(
            *self._choices[node], self._replaces.get(node, ())
        )

    def precede(self, step: str) -> frozenset[str]:
        """Return all that a step waits for, directly or not; itself only when it waits in a circle."""
        found: set[str] = set()
        pending = list(self.depends_on(step))
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending.extend(self.depends_on(name))
        return frozenset(found)

    def ready(self, states: States) -> tuple[str, ...]:
        """Return the pending steps that may start now, sorted. None once the run has failed.

        Whether a step with ``when`` is taken is asked when it is ready.
        """
        if self.failures(states):
            return ()
        return tuple(
            sorted(
                name
                for name in self._order
                if states[name] is StepState.PENDING
                and self._settled(name, states)
                and self.obstacle(name, states) is None
            )
        )

    def settle(self, states: States) -> dict[str, SkipReason]:
        """Return the pending steps that will never start, and why; what follows from that is included."""
        now = dict(states)
        skipped: dict[str, SkipReason] = {}
        failures = self.failures(now)
        for name in self._order if not failures else ():
            if now[name] is not StepState.PENDING or not self._settled(name, now):
                continue
            obstacle = self.obstacle(name, now)
            if obstacle is not None:
                now[name], skipped[name] = StepState.SKIPPED, obstacle
        failures = failures or self.failures(now)
        if failures:
            skipped |= self._abandon(now, failures)
        return skipped

    def obstacle(self, name: str, states: States) -> SkipReason | None:
        """Return why a step whose dependencies are at rest, in a run that goes on, will not be taken."""
        originals = self._replaces.get(name, ())
        if originals and not any(states[original] in UNSUCCESSFUL_STEPS for original in originals):
            return SkipReason.NOT_NEEDED
        succeeded = StepState.SUCCEEDED
        if any(states[other] is not succeeded for other in self._needed[name]):
            return SkipReason.DEPENDENCY_SKIPPED
        if any(all(states[other] is not succeeded for other in candidates) for candidates in self._choices[name]):
            return SkipReason.DEPENDENCY_SKIPPED
        return None

    def failures(self, states: States) -> tuple[str, ...]:
        """Return the steps that fail the run, as ``failures`` has it."""
        return failures(self._steps.values(), states)

    def result(self, states: States) -> RunState | None:
        """Return how the run ended by its steps alone, or None while one of them is not at rest."""
        if any(state not in TERMINAL_STEPS for state in states.values()):
            return None
        return RunState.FAILED if self.failures(states) else RunState.SUCCEEDED

    def _link(self, step: Step, bound: Sequence[Reference]) -> None:
        needed: set[str] = set()
        choices: dict[int, set[str]] = {}
        for reference in bound:
            source = reference.source.step
            if source is None or source not in self._steps:
                continue
            if reference.choice is None:
                needed.add(source)
            else:
                choices.setdefault(reference.choice, set()).add(source)
        self._needed[step.id] = frozenset(needed)
        self._choices[step.id] = tuple(frozenset(candidates) for candidates in choices.values())
        chosen = choice_of_step(step)
        after = {*step.after, *([choice_row(chosen)] if chosen else ())}
        self._after[step.id] = frozenset(name for name in after if name in self._steps) - self._replaced_by(step.id)

    def _replaced_by(self, step: str) -> set[str]:
        """Return the steps that this one stands in for, directly or at the end of a chain of alternatives."""
        replaced: set[str] = set()
        pending = list(self._replaces.get(step, ()))
        while pending:
            name = pending.pop()
            if name not in replaced and name != step:
                replaced.add(name)
                pending.extend(self._replaces.get(name, ()))
        return replaced

    def _edges(self, node: str) -> Iterable[str]:
        """Return what a node waits for. The node ``_rest(x)`` is x together with whatever is taken in its place."""
        if node not in self._steps:
            original = node.removesuffix(_REST)
            return (original, self._rest_of(self._instead[original]))
        waits = dict.fromkeys(sorted(self._needed[node].union(*self._choices[node])))
        waits |= dict.fromkeys(self._rest_of(name) for name in sorted(self._after[node]))
        return waits | dict.fromkeys(self._replaces.get(node, ()))

    def _rest_of(self, step: str) -> str:
        return _rest(step) if step in self._instead else step

    def _settled(self, name: str, states: States) -> bool:
        """Whether everything a step waits for has come to rest."""
        return (
            all(states[other] in TERMINAL_STEPS for other in self._replaces.get(name, ()))
            and all(states[other] in TERMINAL_STEPS for other in self._needed[name])
            and all(states[other] in TERMINAL_STEPS for candidates in self._choices[name] for other in candidates)
            and all(self._at_rest(other, states) for other in self._after[name])
        )

    def _at_rest(self, name: str, states: States) -> bool:
        """Whether a step, and whatever is taken in its place, has come to rest."""
        seen: set[str] = set()
        while states[name] in TERMINAL_STEPS:
            if states[name] not in UNSUCCESSFUL_STEPS or name not in self._instead or name in seen:
                return True
            seen.add(name)
            name = self._instead[name]
        return False

    def _abandon(self, states: States, failures: Sequence[str]) -> dict[str, SkipReason]:
        """Return every pending step with the reason it has in a run that failed."""
        below = set(failures).union(*(self._replaced_by(name) for name in failures))
        abandoned: dict[str, SkipReason] = {}
        for name in self._order:
            if not below.isdisjoint(self._direct(name)):
                below.add(name)
            if states[name] is StepState.PENDING:
                abandoned[name] = SkipReason.DEPENDENCY_FAILED if name in below else SkipReason.RUN_FAILED
        return abandoned


_REST = ".rest"


def _rest(step: str) -> str:
    return f"{step}{_REST}"


def _cycles(
    groups: Iterable[tuple[str, ...]], steps: Mapping[str, Step], edges: Callable[[str], Iterable[str]]
) -> tuple[tuple[str, ...], ...]:
    """Return the steps of every group that waits for itself, each and all in the order of the plan."""
    place = {name: at for at, name in enumerate(steps)}
    groups = (group for group in groups if len(group) > 1 or group[0] in edges(group[0]))
    members = (sorted((name for name in group if name in steps), key=place.__getitem__) for group in groups)
    found = [tuple(cycle) for cycle in members if cycle]
    return tuple(sorted(found, key=lambda cycle: place[cycle[0]]))
