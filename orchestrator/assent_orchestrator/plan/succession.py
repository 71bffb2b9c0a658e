"""What is wrong with how work passes between the agents of a plan: undeclared, in a loop, too deep, too wide."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from assent_orchestrator.errors import Fault
from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.handover import HandOver, HandOvers, depths
from assent_sidecar.catalogue.agent import Agent
from assent_sidecar.catalogue.process import Step

UNDECLARED, LOOP = "HANDOFF_NOT_DECLARED", "HANDOFF_LOOP"


class Succession:
    """The hand-overs of the steps of one plan, against what the catalogue lets its agents do.

    Agents that nobody appointed are a fault of their own, and nothing more is said of them here. ``undoing`` is what
    undoes a step, by the id of the step; ``acting`` says as which agent the system of an action acts.
    """

    def __init__(
        self,
        steps: Mapping[str, Step],
        graph: Graph,
        agents: Mapping[str, Agent],
        undoing: Mapping[str, Step],
        acting: Callable[[str], str],
    ) -> None:
        """Look at the steps by id, in the order of the plan."""
        self._steps = steps
        self._agents = agents
        self._undoing = undoing
        self._acting = acting
        self._found = HandOvers(tuple(steps.values()), graph)
        several = len({step.agent for step in steps.values()}) > 1
        self._depths = depths(steps, graph) if several else {}
        self._earlier = _earlier(steps, graph) if several else {}
        # What is undone may never be: whether it would be too much is known when the plan is.
        self._undone = {step_id: self._found.of_undoing(step_id, spec) for step_id, spec in undoing.items()}
        self._over_by = _handed_to(chain(self._found.all(), *self._undone.values()))
        self._taken: Counter[str] = Counter()
        self._acted: Counter[str] = Counter()

    def faults(self, root: str, step_id: str) -> Iterator[Fault]:
        """Yield what is wrong with the step at ``root``; ask for each step once, in the order of the plan."""
        step, where = self._steps[step_id], f"{root}.agent"
        own = self._agents.get(step.agent)
        if own is None:
            return
        yield from self._acts(where, step.agent)
        for hand_over in self._found.of(step_id):
            yield from self._undeclared(where, hand_over)
            yield from self._too_many(where, hand_over.source)
        if self._depths.get(step_id, 0) > own.limits.depth:
            deep = f"{self._depths[step_id]} hand-overs lead to it; the agent {step.agent!r} takes {own.limits.depth}"
            yield Fault(where, "HANDOFF_TOO_DEEP", deep)
        call = self._found.call(step, self._acting(step.action))
        if call is not None:
            yield from self._call(f"{root}.action", call)
        wide = len(self._over_by.get(step_id, frozenset()) | ({call.target} if call is not None else frozenset()))
        if wide > own.limits.fan_out:
            yield Fault(
                where, "HANDOFF_TOO_WIDE", f"it hands over to {wide} agents; at most {own.limits.fan_out} are taken"
            )
        if step_id in self._undoing:
            undoing, where = self._undoing[step_id], f"{root}.compensation.agent"
            if undoing.agent != step.agent:
                yield from self._acts(where, undoing.agent)
            for hand_over in self._undone[step_id]:
                yield from self._undeclared(where, hand_over, loops=False)
                yield from self._too_many(where, hand_over.source)
            call = self._found.call(undoing, self._acting(undoing.action))
            if call is not None:
                yield from self._call(f"{root}.compensation.action", call, counted=False)

    def _acts(self, where: str, agent: str) -> Iterator[Fault]:
        known = self._agents.get(agent)
        self._acted[agent] += 1
        if known is not None and self._acted[agent] == known.limits.actions + 1:
            yield Fault(
                where, "TOO_MANY_ACTIONS", f"the agent {agent!r} does at most {known.limits.actions} actions in a run"
            )

    def _call(self, where: str, call: HandOver, *, counted: bool = True) -> Iterator[Fault]:
        """Yield what is wrong with a call of a service; whose agent may not call it at all is told so elsewhere."""
        source, target = self._agents.get(call.source), self._agents.get(call.target)
        if source is None or target is None:
            return
        action = (self._steps if counted else self._undoing)[call.step].action
        if action in source.may and call.target not in source.hands_over_to:
            told = f"{action!r} acts as {call.target!r}, to whom {call.source!r} does not hand over"
            yield Fault(where, UNDECLARED, told)
        if counted:
            yield from self._too_many(where, call.source)
        if counted and call.depth > target.limits.depth:
            deep = f"{call.depth} hand-overs lead to it; the agent {call.target!r} takes {target.limits.depth}"
            yield Fault(where, "HANDOFF_TOO_DEEP", deep)

    def _undeclared(self, where: str, hand_over: HandOver, *, loops: bool = True) -> Iterator[Fault]:
        source, target = self._agents.get(hand_over.source), hand_over.target
        if source is None or target not in self._agents or target in source.hands_over_to:
            return
        origin = hand_over.origins[0]
        if loops and any(target in self._earlier.get(name, ()) for name in hand_over.origins):
            back = f"the work comes back from {source.name!r} (step {origin!r}), which does not hand over to {target!r}"
            yield Fault(where, LOOP, back)
        else:
            yield Fault(where, UNDECLARED, f"{source.name!r}, who does {origin!r}, does not hand over to {target!r}")

    def _too_many(self, where: str, source: str) -> Iterator[Fault]:
        known = self._agents.get(source)
        self._taken[source] += 1
        if known is not None and self._taken[source] == known.limits.hand_overs + 1:
            most = known.limits.hand_overs
            yield Fault(where, "HANDOFF_TOO_MANY", f"the agent {source!r} hands over to at most {most} steps in a run")


def _earlier(steps: Mapping[str, Step], graph: Graph) -> dict[str, frozenset[str]]:
    """Return, by step, the agents of the steps that lead to it; what waits in a circle leads to all of the circle."""
    found: dict[str, frozenset[str]] = {
        name: frozenset(steps[one].agent for one in cycle if one in steps) for cycle in graph.cycles for name in cycle
    }
    for name in graph.order:
        if name not in steps:
            continue
        before = [other for other in graph.depends_on(name) if other in steps]
        agents = frozenset(steps[other].agent for other in before)
        found[name] = found.get(name, frozenset()).union(agents, *(found.get(other, ()) for other in before))
    return found


def _handed_to(hand_overs: Iterable[HandOver]) -> dict[str, set[str]]:
    """Return, by step, the agents that take over from it."""
    found: dict[str, set[str]] = {}
    for one in hand_overs:
        for origin in one.origins:
            found.setdefault(origin, set()).add(one.target)
    return found
