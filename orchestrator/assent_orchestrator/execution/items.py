"""A step that is done for every element of a list: the rows of its items, which of them may go on, and how it ends."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Draft
from assent_orchestrator.execution.element import is_spoilt, items_of_step
from assent_orchestrator.execution.ending import leave_out
from assent_orchestrator.execution.journal import RunRow, StepRow, change_step, insert_steps
from assent_orchestrator.governance.minutes import step_moved
from assent_orchestrator.plan.binding import Item
from assent_orchestrator.plan.choice import choice_row
from assent_orchestrator.plan.derived import Derived
from assent_orchestrator.plan.label import gather
from assent_orchestrator.plan.state import ASLEEP_STEPS, TERMINAL_STEPS, UNSUCCESSFUL_STEPS, SkipReason, StepState
from assent_orchestrator.store.tables import elements, steps
from assent_sidecar.catalogue.agent import Agent
from assent_sidecar.catalogue.process import MAX_STEPS, Step

TOO_MANY_STEPS = "TOO_MANY_STEPS"
TOO_MANY_ACTIONS = "TOO_MANY_ACTIONS"

RESULTS_TOO_LARGE = "RESULTS_TOO_LARGE"
"""Why a step failed although all of its items were done: nobody could take the list of what they returned."""

MAX_LIST_BYTES = 8 * 1024 * 1024
"""How large that list may be, as JSON: as large as a question. More would be no use to anybody, and costs memory."""

Ended = tuple[StepState, str]
"""How what has not begun ends, and why."""


@dataclass(frozen=True, slots=True)
class Tended:
    """What may go on of the items of some steps. ``ended`` are the steps that came to rest, and how."""

    ready: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    wake: tuple[str, ...] = ()
    drafts: tuple[Draft, ...] = ()
    ended: Mapping[str, StepState] = field(default_factory=dict)

    def __add__(self, other: "Tended") -> "Tended":
        """Return what may go on of the items of both."""
        return Tended(
            (*self.ready, *other.ready),
            (*self.open, *other.open),
            (*self.wake, *other.wake),
            (*self.drafts, *other.drafts),
            {**self.ended, **other.ended},
        )


async def room(tx: AsyncConnection, run: RunRow, limit: int) -> int:
    """Return how many rows a run may still have: its steps and items count, choices and what undoes do not."""
    choices = [choice_row(name) for name in run.plan.choices]
    counted = sa.select(sa.func.count()).where(
        steps.c.run_id == run.id, sa.not_(steps.c.undo), steps.c.id.not_in(choices)
    )
    return limit - int(await tx.scalar(counted) or 0)


async def room_of_agent(tx: AsyncConnection, run: RunRow, agent: Agent) -> int:
    """Return how many items an agent may still do in a run; each is an action, and so are its steps without a list."""
    if agent.limits.actions >= MAX_STEPS:
        return MAX_STEPS  # no run has more
    plain = sum(step.agent == agent.name and step.for_each is None for step in run.plan.steps)
    counted = sa.select(sa.func.count()).where(
        steps.c.run_id == run.id, steps.c.agent == agent.name, steps.c.item.is_not(None), sa.not_(steps.c.undo)
    )
    return agent.limits.actions - plain - int(await tx.scalar(counted) or 0)


async def begin_items(
    tx: AsyncConnection, row: StepRow, spec: Step, items: Sequence[Item], now: datetime
) -> tuple[Draft, ...]:
    """Write the rows of the items; return what to record. The run is locked. Without any, the step has succeeded."""
    started = {"started_at": row.started_at or now, "reason": None, "message": None, "not_before": None}
    if not items:
        ended = {"output": [], "labels": {}, "finished_at": now}
        await change_step(tx, row.run_id, row.id, state=str(StepState.SUCCEEDED), **started, **ended)
        return (step_moved(row.run_id, row.id, row.state, StepState.SUCCEEDED, detail={"items": 0}),)
    derived = [Derived(row.id, number) for number in range(len(items))]
    await insert_steps(tx, row.run_id, [(row.position, one, spec) for one in derived])
    values = [
        {
            "run_id": row.run_id,
            "step_id": one.id,
            "element": item.value,
            "labels": {pointer: list(names) for pointer, names in item.labels.items()},
        }
        for one, item in zip(derived, items, strict=True)
    ]
    await tx.execute(sa.insert(elements), values)
    await change_step(tx, row.run_id, row.id, state=str(StepState.ITERATING), **started)
    return (step_moved(row.run_id, row.id, row.state, StepState.ITERATING, detail={"items": len(items)}),)


async def tend_items(
    tx: AsyncConnection,
    row: StepRow,
    spec: Step,
    under_way: Collection[str],
    *,
    ended: Ended | None,
    now: datetime,
) -> Tended:
    """Say which items may go on, or bring the step to rest when all of them are. The run is locked.

    ``ended`` says how items end that have not begun, when nothing of the run is begun any more. As many may be under
    way as ``for_each.at_once`` says: those that are not at rest, the first ones first.
    """
    spoilt = ended is None and await is_spoilt(tx, row.run_id, spec)
    if spoilt:
        ended = (StepState.SKIPPED, SkipReason.ITEM_FAILED)
    drafts: tuple[Draft, ...] = ()
    if ended is not None:
        open_ = sa.select(steps.c.id).where(*items_of_step(row.run_id, row.id), steps.c.state == str(StepState.PENDING))
        names = [one.id for one in await tx.execute(open_.order_by(steps.c.item)) if one.id not in under_way]
        drafts = await leave_out(tx, row.run_id, names, state=ended[0], code=ended[1], now=now)
    window = (
        sa.select(steps.c.id, steps.c.state)
        .where(*items_of_step(row.run_id, row.id), sa.not_(_rests(ending=ended is not None and not spoilt)))
        .order_by(steps.c.item)
        .limit(spec.for_each.at_once if spec.for_each else 1)
    )
    found = {one.id: StepState(one.state) for one in await tx.execute(window)}
    if not found:
        draft, state = await _end_items(tx, row, spec, None if spoilt else ended, now)
        return Tended(drafts=(*drafts, draft), ended={row.id: state})
    pending = {name for name, state in found.items() if state is StepState.PENDING}
    return Tended(
        ready=tuple(name for name in found if name in pending and name not in under_way),
        open=tuple(name for name in found if name not in pending and name not in under_way),
        wake=tuple(name for name, state in found.items() if state in ASLEEP_STEPS) if ended is not None else (),
        drafts=drafts,
    )


def _rests(*, ending: bool) -> sa.ColumnElement[bool]:
    """Return what is true of rows for which nothing is to be done any more, as ``standing.at_rest`` has it."""
    rests = steps.c.state.in_([str(state) for state in TERMINAL_STEPS])
    given_up = sa.and_(steps.c.state == str(StepState.UNKNOWN), steps.c.finished_at.is_not(None))
    return sa.or_(rests, given_up) if ending else rests


async def _end_items(
    tx: AsyncConnection, row: StepRow, spec: Step, ended: Ended | None, now: datetime
) -> tuple[Draft, StepState]:
    """Bring a step to rest whose items are: with the list of what they returned, or with the first that failed."""
    mine = items_of_step(row.run_id, row.id)
    query = sa.select(steps.c.id, steps.c.state, steps.c.reason).where(*mine)
    rows = (await tx.execute(query.order_by(steps.c.item))).all()
    whole = all(one.state == StepState.SUCCEEDED for one in rows)
    failed = next((one for one in rows if StepState(one.state) in UNSUCCESSFUL_STEPS), None)
    values: dict[str, Any] = {"finished_at": now, "not_before": None}
    if not whole and ended is not None:
        state, values["reason"] = ended
    elif failed is not None and spec.on_failure != "skip":
        state = StepState.FAILED
        values |= {"reason": failed.reason, "message": f"{failed.id} is {failed.state}"}
    elif (size := await _size(tx, mine)) > MAX_LIST_BYTES:
        state = StepState.FAILED
        message = f"its items were done and returned {size} bytes; at most {MAX_LIST_BYTES} are taken together"
        values |= {"reason": RESULTS_TOO_LARGE, "message": message}
    else:
        state = StepState.SUCCEEDED
        values |= await _gathered(tx, mine)
    await change_step(tx, row.run_id, row.id, state=str(state), **values)
    detail = {"items": len(rows)} | ({"reason": str(values["reason"])} if values.get("reason") else {})
    return step_moved(row.run_id, row.id, row.state, state, detail=detail), state


async def _size(tx: AsyncConnection, mine: tuple[sa.ColumnElement[bool], ...]) -> int:
    """Return the bytes of what items returned, without fetching it."""
    size = sa.func.sum(sa.func.octet_length(sa.cast(steps.c.output, sa.Text)))
    return int(await tx.scalar(sa.select(size).where(*mine, steps.c.state == str(StepState.SUCCEEDED))) or 0)


async def _gathered(tx: AsyncConnection, mine: tuple[sa.ColumnElement[bool], ...]) -> dict[str, Any]:
    """Return the list of what items returned, null for those that were left out, and its labels."""
    query = sa.select(steps.c.state, steps.c.output, steps.c.labels).where(*mine)
    rows = (await tx.execute(query.order_by(steps.c.item))).all()
    returned = [one.labels or {} if one.state == StepState.SUCCEEDED else {} for one in rows]
    return {
        "output": [one.output if one.state == StepState.SUCCEEDED else None for one in rows],
        "labels": {pointer: list(names) for pointer, names in gather(returned).items()},
    }
