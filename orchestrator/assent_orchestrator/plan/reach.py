"""Which steps of a plan come before which, over any number of edges. Pure."""

from collections.abc import Iterable

from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.variation import repeated_step
from assent_sidecar.catalogue.process import Process


class Reach:
    """What all steps of a plan wait for, directly or not; further times of a step count as that step."""

    def __init__(self, plan: Plan, process: Process) -> None:
        """Look at each edge once: a set of steps is a number with a bit for each of them."""
        bits: dict[str, int] = {}
        graph = Graph.of(plan.steps, plan.choices)
        self._own = {step.id: bits.setdefault(repeated_step(process, step.id), 1 << len(bits)) for step in plan.steps}
        self._above: dict[str, int] = {}
        for name in graph.order:
            if name in self._own:
                self._above[name] = self.of(graph.depends_on(name))

    def of(self, names: Iterable[str]) -> int:
        """Return these steps of the plan and all that they wait for; two of these numbers are equal or not."""
        found = 0
        for name in names:
            found |= self._own.get(name, 0) | self._above.get(name, 0)
        return found
