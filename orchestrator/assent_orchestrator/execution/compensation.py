"""Undoing what a run did: what is undone next, and what could not be.

One at a time, the last first; which that is, no clock says: clocks differ between servers and are set back. Each
undoing is a row of its own that is decided, done and recorded like any other; here is only which one comes next and
what its end means for the step that it undoes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Draft
from assent_orchestrator.execution.journal import (
    RunRow,
    StepRow,
    change_run,
    change_step,
    graph_of,
    insert_steps,
    read_steps,
)
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.standing import at_rest, move
from assent_orchestrator.governance.intent import EffectStatus
from assent_orchestrator.governance.minutes import step_moved
from assent_orchestrator.plan.choice import nodes
from assent_orchestrator.plan.derived import Derived, parse, spec_of, undo_id, undone_id
from assent_orchestrator.plan.graph import Graph, failures
from assent_orchestrator.plan.state import RunState, StepState
from assent_orchestrator.store.tables import effects
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.process import Asking, Step
from assent_sidecar.decision import Verdict

NOT_UNDONE = "NOT_UNDONE"
"""Why a step succeeded still, or failed still, after it was tried to undo it."""

Effects = Mapping[str, EffectStatus]

Order = Mapping[str, int]
"""Rows whose effect was done, and a number of each: it grows with each that is known to be done."""

_Standing = tuple[StepState, str | None, str | None]
"""A state, its reason and its message."""


@dataclass(frozen=True, slots=True)
class Compensations:
    """Says what of a run is undone next."""

    parts: Parts

    async def following(self, tx: AsyncConnection, run: RunRow, rows: Mapping[str, StepRow]) -> str:
        """Write how the last undoing ended and which one comes next; return the id of its row, empty when none does.

        The run is locked, and none of its steps is under way.
        """
        if not wanted(run, rows):
            return ""
        drafts: list[Draft] = []
        if run.state is not RunState.STOPPING:
            drafts.append(await _begin(tx, run, rows, self.parts.clock()))
        done, catalogue, now = await read_effects(tx, run.id), self.parts.catalogue(run.tenant), dict(rows)
        for row in rows.values():
            if row.state is StepState.COMPENSATING:
                undo = rows[undo_id(row.id)]
                if not at_rest(undo, ending=True):
                    # A server died here, or a person said that it was not done and may be tried again.
                    await self.parts.trail.append(tx, run.tenant, drafts)
                    return undo.id
                drafts += await conclude(tx, now, undo, done, catalogue)
        chosen = None
        if not any(row.undo and row.verdict == Verdict.HALT for row in rows.values()):
            open_ = undoable(run.plan.steps, now, done, catalogue)
            chosen = last_done(open_, await read_order(tx, run.id), graph_of(run, self.parts.plans)) if open_ else None
        if chosen is not None:
            drafts.append(await _start(tx, run, chosen))
        await self.parts.trail.append(tx, run.tenant, drafts)
        return undo_id(chosen.id) if chosen is not None else ""


async def read_effects(tx: AsyncConnection, run_id: str) -> Effects:
    """Return what is known of the effects of a run, by the id of their row."""
    query = sa.select(effects.c.step_id, effects.c.status).where(effects.c.run_id == run_id)
    return {row.step_id: EffectStatus(row.status) for row in await tx.execute(query)}


async def read_order(tx: AsyncConnection, run_id: str) -> Order:
    """Return in which order the effects of a run were done, by the id of their row."""
    query = sa.select(effects.c.step_id, effects.c.done).where(effects.c.run_id == run_id, effects.c.done.is_not(None))
    return {row.step_id: row.done for row in await tx.execute(query)}


def undoable(
    steps: Sequence[Step], rows: Mapping[str, StepRow], done: Effects, catalogue: Catalogue
) -> tuple[StepRow, ...]:
    """Return the rows whose effect can be undone, and was not tried to be. Pure."""
    declared = {step.id for step in steps if step.compensation is not None}
    return tuple(
        row
        for row in _with_effect(rows, catalogue)
        if done.get(row.id) is EffectStatus.SUCCEEDED
        and undo_id(row.id) not in rows
        and parse(row.id).origin in declared
    )


def last_done(rows: Sequence[StepRow], order: Order, graph: Graph) -> StepRow:
    """Return which of some rows is undone first: the one done last of those that no other of them depends on. Pure.

    What a step depends on may be known to be done later than the step: when somebody had said that it was not.
    """
    needed = frozenset[str]().union(*(graph.precede(step) for step in {parse(row.id).origin for row in rows}))
    free = [row for row in rows if parse(row.id).origin not in needed]
    return max(free, key=lambda row: (order.get(row.id, 0), row.position, -1 if row.item is None else row.item))


def not_undone(rows: Mapping[str, StepRow], done: Effects, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the rows whose effect stays, or may have happened and stay, in the plan's order. Pure."""
    return tuple(
        row.id
        for row in _with_effect(rows, catalogue)
        if done.get(row.id) not in (None, EffectStatus.FAILED) and row.state is not StepState.COMPENSATED
    )


def _with_effect(rows: Mapping[str, StepRow], catalogue: Catalogue) -> Iterable[StepRow]:
    """Yield the rows that do something: a read needs no undoing, and what undoes is not undone itself."""
    for row in rows.values():
        operation = catalogue.operation(row.action)
        if not row.undo and (operation is None or operation.effect != "read"):
            yield row


def wanted(run: RunRow, rows: Mapping[str, StepRow]) -> bool:
    """Say whether what a run did is to be undone. Pure."""
    if run.compensate:
        return True
    if run.cancel_requested is not None or run.state is RunState.STOPPING:
        return False  # whoever cancelled wants it left as it is, and what is halted does nothing more
    failed = set(failures(nodes(run.plan), {name: row.state for name, row in rows.items()}))
    return any(step.id in failed and _undoes(step, rows[step.id]) for step in run.plan.steps)


def _undoes(step: Step, row: StepRow) -> bool:
    """Say whether the failure of a step is followed by undoing; where a person was asked, the run says it."""
    if isinstance(step.on_failure, Asking) and row.state is not StepState.FAILED:
        return step.on_failure.ask.otherwise == "compensate"
    return step.on_failure == "compensate"


async def _begin(tx: AsyncConnection, run: RunRow, rows: Mapping[str, StepRow], now: datetime) -> Draft:
    reason: str | None = "CANCELLED"
    if run.cancel_requested is None:
        failed = failures(nodes(run.plan), {name: row.state for name, row in rows.items()})
        reason = rows[failed[0]].reason if failed else run.reason
    await change_run(tx, run.id, now, compensate=True)
    return await move(tx, run, RunState.STOPPING, now, reason=reason)


async def _start(tx: AsyncConnection, run: RunRow, row: StepRow) -> Draft:
    derived = parse(row.id)
    undo = Derived(derived.origin, derived.item, undo=True)
    spec = spec_of(run.plan.steps, undo.id)
    await insert_steps(tx, run.id, [(row.position, undo, spec)])
    await change_step(tx, run.id, row.id, state=str(StepState.COMPENSATING))
    return _moved(row, StepState.COMPENSATING)


async def conclude(
    tx: AsyncConnection, rows: dict[str, StepRow], undo: StepRow, done: Effects, catalogue: Catalogue
) -> tuple[Draft, ...]:
    """Write what an undoing that came to rest, or was taken up again, means for what it undoes; return what to record.

    It may be said a second time: when a person found out what became of it. ``rows`` is kept as the rows are then.
    """
    row = rows[undone_id(undo.id)]
    drafts = await _become(tx, rows, row, _after(row, undo))
    if row.item is not None and not _left_of(row, rows, done, catalogue):
        # Of the step whose items they are nothing is left either.
        step = rows[parse(row.id).origin]
        if step.state is StepState.SUCCEEDED:
            drafts += await _become(tx, rows, step, (StepState.COMPENSATED, None, None))
    return drafts


async def tell_left(
    tx: AsyncConnection, run: RunRow, step_id: str, catalogue: Catalogue, now: datetime
) -> tuple[Draft, ...]:
    """Write what follows from a truth that was found out late, for what the step undoes and for what is left of a run.

    The run is locked, and the truth is in the rows. Returns what to record.
    """
    rows, done = await read_steps(tx, run.id), await read_effects(tx, run.id)
    drafts = await conclude(tx, rows, rows[step_id], done, catalogue) if rows[step_id].undo else ()
    left = not_undone(rows, done, catalogue)
    told = {} if run.not_undone in (None, left) else {"not_undone": list(left)}
    await change_run(tx, run.id, now, **told)
    return drafts


def _after(row: StepRow, undo: StepRow) -> _Standing:
    """Return what becomes of a row that was undone, or not."""
    # What failed although it was done (its result was not what was agreed) is no success afterwards.
    own = None if row.reason == NOT_UNDONE else row.reason
    if undo.state is StepState.SUCCEEDED or not at_rest(undo, ending=True):
        state = StepState.COMPENSATED if undo.state is StepState.SUCCEEDED else StepState.COMPENSATING
        return state, own, row.message if row.state is StepState.COMPENSATING else None
    why = f"{undo.id} is {undo.state}" + (f" because of {undo.reason}" if undo.reason else "")
    return StepState.SUCCEEDED if own is None else StepState.FAILED, own or NOT_UNDONE, why


def _left_of(row: StepRow, rows: Mapping[str, StepRow], done: Effects, catalogue: Catalogue) -> bool:
    origin = parse(row.id).origin
    return any(parse(name).origin == origin for name in not_undone(rows, done, catalogue))


async def _become(
    tx: AsyncConnection, rows: dict[str, StepRow], row: StepRow, standing: _Standing
) -> tuple[Draft, ...]:
    state, reason, message = standing
    await change_step(tx, row.run_id, row.id, state=str(state), reason=reason, message=message)
    rows[row.id] = replace(row, state=state, reason=reason, message=message)
    undone = state in (StepState.COMPENSATED, StepState.COMPENSATING)
    return (_moved(row, state, None if undone else NOT_UNDONE),) if state is not row.state else ()


def _moved(row: StepRow, after: StepState, reason: str | None = None) -> Draft:
    detail = {"reason": reason} if reason else None
    return step_moved(row.run_id, row.id, row.state, after, attempt=row.attempt, detail=detail)
