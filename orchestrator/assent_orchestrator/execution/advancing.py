"""What follows from what has happened in a run, and what may start: read and written under its lock, or by heart."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.execution.deadline import expire
from assent_orchestrator.execution.driven import SAFETY_NET_SECONDS, Move
from assent_orchestrator.execution.driver import hold
from assent_orchestrator.execution.ending import leave_out
from assent_orchestrator.execution.insistence import INTERNAL
from assent_orchestrator.execution.items import Ended, Tended, tend_items
from assent_orchestrator.execution.journal import RunRow, StepRow, change_run, graph_of, is_undoing, read_steps
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.patience import until
from assent_orchestrator.execution.standing import at_rest
from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.state import (
    ASLEEP_STEPS,
    GOING_RUNS,
    IDLE_STEPS,
    TERMINAL_STEPS,
    RunState,
    SkipReason,
    StepState,
)

_ENDING = Move(ready=[], open=[], outstanding=[], over=True, wake=[], seconds=SAFETY_NET_SECONDS)
"""Its steps are at rest, and what it did is being undone."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """How the steps of a run stand. ``ending``: nothing more is begun; ``under_way``: outstanding and not at rest."""

    run: RunRow
    rows: Mapping[str, StepRow]
    states: Mapping[str, StepState]
    under_way: Sequence[str]
    graph: Graph
    ending: bool

    def move(self, tended: Tended, seconds: float) -> Move:
        """Return where the run stands."""
        run, states, under_way = self.run, self.states, self.under_way
        unsettled = [
            step_id
            for step_id, row in self.rows.items()
            if states[step_id] not in TERMINAL_STEPS and not at_rest(row, ending=self.ending)
        ]
        begins = not self.ending and not run.paused
        ready = [step_id for step_id in self.graph.ready(states) if step_id not in under_way] if begins else []
        begun = [name for name in unsettled if states[name] not in IDLE_STEPS]
        asleep = [step_id for step_id in under_way if states[step_id] in ASLEEP_STEPS] if self.ending else []
        return Move(
            ready=[*ready, *(() if run.paused else tended.ready)],
            open=[*(name for name in begun if name not in under_way), *tended.open],
            outstanding=list(under_way),
            over=not ready and not under_way and not unsettled,
            wake=list(dict.fromkeys([*asleep, *tended.wake])),
            seconds=seconds,
        )


@dataclass(frozen=True, slots=True)
class Advances:
    """Takes runs from one step to the next."""

    parts: Parts

    async def advance(self, run_id: str, outstanding: Sequence[str]) -> Move:
        """Settle what follows from what has happened, and say what may start.

        Raises:
            FencedError: somebody else drives the run.
        """
        known = self._by_heart(run_id, outstanding)
        return known if known is not None else await self._advance(run_id, outstanding)

    def _by_heart(self, run_id: str, outstanding: Sequence[str]) -> Move | None:
        """Return where a run stands that is known; None: it is not, or something is to be written."""
        course, now = self.parts.courses.get(run_id), self.parts.clock()
        if course is None or course.run.overdue(now) or not course.rows.keys() >= set(outstanding):
            return None
        run, rows = course.run, course.rows
        graph, states = graph_of(run, self.parts.plans), {step_id: row.state for step_id, row in rows.items()}
        if graph.failures(states) or graph.settle(states):
            return None
        under_way = [one for one in dict.fromkeys(outstanding) if not at_rest(rows[one], ending=False)]
        standing = _Standing(run, rows, states, under_way, graph, ending=False)
        return standing.move(Tended(), _seconds(run, self.parts, ending=False))

    async def _advance(self, run_id: str, outstanding: Sequence[str]) -> Move:
        token = self.parts.courses.look(run_id)
        async with self.parts.trail.recording() as tx:
            run = await roused(tx, self.parts, run_id)
            now = self.parts.clock()
            expired = await expire(tx, run, now)
            if expired:
                await self.parts.trail.append(tx, run.tenant, expired)
                run = await hold(tx, run_id, self.parts)
            if run.state is RunState.STOPPING and await is_undoing(tx, run_id):
                return _ENDING
            rows = await read_steps(tx, run_id, derived=False, also=outstanding)
            states = {step_id: row.state for step_id, row in rows.items()}
            graph = graph_of(run, self.parts.plans)
            stopping = run.cancel_requested is not None or run.state is RunState.STOPPING
            ending = stopping or bool(graph.failures(states))
            under_way = dict.fromkeys(one for one in outstanding if not at_rest(rows[one], ending=ending))
            code = "CANCELLED" if run.cancel_requested is not None else (run.reason or "RUN_HALTED")
            end: Ended = (StepState.CANCELLED, code) if stopping else (StepState.SKIPPED, SkipReason.RUN_FAILED)
            now = self.parts.clock()
            tended = await self._tend(tx, run, rows, under_way, ended=end if ending else None)
            states |= tended.ended
            if stopping:
                ended = {
                    step_id: end
                    for step_id, state in states.items()
                    if state is StepState.PENDING and step_id not in under_way
                }
            else:
                ended = {
                    step_id: (StepState.SKIPPED, str(reason))
                    for step_id, reason in graph.settle(states).items()
                    if step_id not in under_way
                }
            drafts = list(tended.drafts)
            for (state, code), named in groupby(ended, key=ended.__getitem__):
                drafts += await leave_out(tx, run_id, list(named), state=state, code=code, now=now)
            states |= {step_id: state for step_id, (state, _) in ended.items()}
            if drafts:
                await self.parts.trail.append(tx, run.tenant, drafts)
        if not drafts:
            self.parts.courses.keep(token, run, rows)
        ending = stopping or bool(graph.failures(states))
        standing = _Standing(run, rows, states, list(under_way), graph, ending)
        return standing.move(tended, _seconds(run, self.parts, ending=ending))

    async def _tend(
        self,
        tx: AsyncConnection,
        run: RunRow,
        rows: Mapping[str, StepRow],
        under_way: Collection[str],
        *,
        ended: Ended | None,
    ) -> Tended:
        """Look after every step that is done for the elements of a list."""
        found = Tended()
        for step in run.plan.steps:
            if rows[step.id].state is StepState.ITERATING:
                now = self.parts.clock()
                found += await tend_items(tx, rows[step.id], step, under_way, ended=ended, now=now)
        return found


async def roused(tx: AsyncConnection, parts: Parts, run_id: str) -> RunRow:
    """Lock the run; one that rested goes on.

    Raises:
        FencedError: somebody else drives it.
    """
    run = await hold(tx, run_id, parts)
    if run.reason != INTERNAL or run.state not in GOING_RUNS:  # one that goes has that reason while it rests
        return run
    await change_run(tx, run_id, parts.clock(), reason=None)
    return replace(run, reason=None)


def _seconds(run: RunRow, parts: Parts, *, ending: bool) -> float:
    """Return the seconds until the run is to be looked at again though nothing happened."""
    return SAFETY_NET_SECONDS if ending or run.deadline_at is None else until(run.deadline_at, parts.clock())
