"""Plans of runs under way, kept as they were read: a plan never changes, and reading it takes longer than acting.

Ids of runs are random, and a plan that was stored under one is never replaced.

Every attempt needs it several times; of a plan of a thousand steps each reading would cost tens of milliseconds.
"""

import json
from collections import OrderedDict
from dataclasses import dataclass

from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.handover import HandOvers
from assent_orchestrator.plan.model import Plan

_AS_A_STEP = 256
"""Characters of inputs, written as JSON, that count as a step: they are as large as callers like."""


@dataclass(slots=True)
class _Kept:
    plan: Plan
    size: int
    graph: Graph | None = None
    hand_overs: HandOvers | None = None


class Plans:
    """The plans that were used last, by the run's id; together they are at most as large as ``most`` steps."""

    def __init__(self, most: int = 50_000) -> None:
        self._most = most
        self._size = 0
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, run_id: str) -> Plan | None:
        """Return the plan of a run, if it is known here."""
        kept = self._kept.get(run_id)
        if kept is None:
            return None
        self._kept.move_to_end(run_id)
        return kept.plan

    def keep(self, run_id: str, plan: Plan) -> None:
        """Know the plan of a run from now on; those not used for longest are forgotten."""
        if run_id in self._kept:
            return
        kept = _Kept(plan, len(plan.steps) + len(json.dumps(plan.inputs)) // _AS_A_STEP)
        self._kept[run_id] = kept
        self._size += kept.size
        while self._size > self._most and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self._size -= gone.size

    def graph(self, run_id: str, plan: Plan) -> Graph:
        """Return the graph of a run's plan."""
        self.keep(run_id, plan)
        kept = self._kept[run_id]
        if kept.graph is None:
            kept.graph = Graph.of(kept.plan.steps, kept.plan.choices)
        return kept.graph

    def hand_overs(self, run_id: str, plan: Plan) -> HandOvers:
        """Return the hand-overs of a run's plan."""
        graph = self.graph(run_id, plan)
        kept = self._kept[run_id]
        if kept.hand_overs is None:
            kept.hand_overs = HandOvers(kept.plan.steps, graph)
        return kept.hand_overs
