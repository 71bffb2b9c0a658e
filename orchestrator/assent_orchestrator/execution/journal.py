"""What is written down of runs and steps: the read model that answers every caller, changed only with its record."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.errors import NotFoundError
from assent_orchestrator.execution.plans import Plans
from assent_orchestrator.plan.choice import nodes
from assent_orchestrator.plan.derived import Derived
from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.state import DONE_STEPS, OPEN_RUNS, RunState, StepState
from assent_orchestrator.store.tables import runs, steps
from assent_sidecar.catalogue.process import Step
from assent_sidecar.facts import Labels, Principal
from assent_sidecar.model import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """One run as it stands, without its plan: that may be large, and lists do not need it."""

    tenant: str
    id: str
    request_id: str | None
    request_digest: str
    process: str
    process_version: str
    revision: str
    plan_digest: str
    principal: Principal
    submitter: str
    state: RunState
    reason: str | None
    cancel_requested: str | None
    traceparent: str | None
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    compensate: bool = False
    not_undone: tuple[str, ...] | None = None
    paused_by: str | None = None
    paused_at: datetime | None = None
    pause_reason: str | None = None
    resumed_at: datetime | None = None
    deadline_at: datetime | None = None
    on_deadline: str | None = None
    driver: str | None = None

    @property
    def paused(self) -> bool:
        """Whether somebody paused it: nothing of it is begun until it is resumed."""
        return self.paused_at is not None

    def overdue(self, now: datetime) -> bool:
        """Say whether its deadline has passed while something of it was still to be done."""
        ending = self.state not in OPEN_RUNS or self.cancel_requested is not None
        return not ending and self.deadline_at is not None and now >= self.deadline_at


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow(RunFacts):
    """One run as it stands."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class StepRow:
    """One row of a run as it stands: a step, or what derives from one.

    ``output``, ``labels`` and ``decision`` are None unless they were asked for; ``verdict`` is that of the newest
    decision.
    """

    run_id: str
    id: str
    position: int
    action: str
    agent: str
    state: StepState
    attempt: int
    reason: str | None
    message: str | None
    decision_id: str | None
    trace_id: str | None
    not_before: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    origin: str | None = None
    item: int | None = None
    undo: bool = False
    failures: int = 0
    verdict: str | None = None
    decision: dict[str, Json] | None = None
    output: Json = None
    labels: Labels | None = None

    @property
    def derived(self) -> bool:
        """Whether it is not the row of a step itself, but of an item of one, or of an undoing."""
        return self.origin is not None


_STEP_FACTS = [column for column in steps.c if column.name not in ("decision", "output", "labels")]
_STEP_FACTS_PREFIXED = [column.label(f"step_{column.name}") for column in _STEP_FACTS]

WITHOUT_PLAN = [column for column in runs.c if column.name != "plan"]
"""The columns of a run but for its plan."""


def _columns(run_id: str, plans: Plans) -> tuple[Plan | None, list[sa.Column[Any]]]:
    """Return the plan of a run if it is known, and the columns that have to be read then."""
    plan = plans.get(run_id)
    return plan, list(runs.c) if plan is None else WITHOUT_PLAN


def run_of(row: Mapping[str, Any] | sa.RowMapping, plan: Plan | None = None) -> RunRow:
    """Return a stored row as a run; ``plan`` is its plan when that is known and was not read."""
    return RunRow(**_facts(row), plan=Plan.from_json(row["plan"]) if plan is None else plan)


def _facts(row: Mapping[str, Any] | sa.RowMapping) -> dict[str, Any]:
    facts = {name: value for name, value in row.items() if name != "plan"}
    return {
        **facts,
        "principal": Principal.from_json(row["principal"]),
        "state": RunState(row["state"]),
        "not_undone": None if row["not_undone"] is None else tuple(row["not_undone"]),
    }


def facts_of(row: Mapping[str, Any] | sa.RowMapping) -> RunFacts:
    """Return a row of ``WITHOUT_PLAN`` as a run."""
    return RunFacts(**_facts(row))


def _step(row: Mapping[str, Any] | sa.RowMapping) -> StepRow:
    labels = row.get("labels")
    return StepRow(
        **{
            **row,
            "state": StepState(row["state"]),
            "labels": {pointer: tuple(names) for pointer, names in labels.items()} if labels is not None else None,
        }
    )


async def read_run(tx: AsyncConnection, run_id: str, plans: Plans, *, lock: bool = False) -> RunRow:
    """Return a run; with ``lock``, nobody else changes it or its steps until the transaction ends.

    Its plan is not read if it is among ``plans``, where it is from then on, unless the run is over.

    Raises:
        NotFoundError: there is none.

    """
    plan, columns = _columns(run_id, plans)
    query = sa.select(*columns).where(runs.c.id == run_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    if row is None:
        raise NotFoundError("there is no such run", run=run_id)
    run = run_of(row, plan)
    if run.finished_at is None:
        plans.keep(run_id, run.plan)
    return run


def graph_of(run: RunRow, plans: Plans) -> Graph:
    """Return the graph of a run's plan."""
    return plans.graph(run.id, run.plan)


async def read_steps(
    tx: AsyncConnection,
    run_id: str,
    *,
    derived: bool = True,
    also: Collection[str] = (),
    decided: Collection[str] | None = (),
) -> dict[str, StepRow]:
    """Return the rows of a run, without their outputs: the plan's order, each step before what is derived from it.

    Without ``derived`` they are those of the plan, and those of the ids ``also``: their number does not grow with
    the elements of a list. Those of the ids ``decided``, or with None all, have their newest decisions, which are long.
    """
    order = (steps.c.position, steps.c.item.asc().nulls_first(), steps.c.undo)
    columns: list[sa.ColumnElement[Any]] = [*_STEP_FACTS]
    if decided is None:
        columns.append(steps.c.decision)
    elif decided:
        columns.append(sa.case((steps.c.id.in_(decided), steps.c.decision)).label("decision"))
    query = sa.select(*columns).where(steps.c.run_id == run_id).order_by(*order)
    if not derived:
        query = query.where(sa.or_(steps.c.origin.is_(None), steps.c.id.in_(also)))
    rows = await tx.execute(query)
    return {row["id"]: _step(row) for row in rows.mappings()}


async def is_undoing(tx: AsyncConnection, run_id: str) -> bool:
    """Say whether it was begun to undo what a run did."""
    return bool(await tx.scalar(sa.select(sa.exists().where(steps.c.run_id == run_id, steps.c.undo))))


async def lock_step(tx: AsyncConnection, run_id: str, step_id: str, plans: Plans) -> tuple[RunRow, StepRow]:
    """Return a run and one of its steps; nobody else changes the run or its steps until the transaction ends.

    Raises:
        NotFoundError: there is none.
    """
    plan, columns = _columns(run_id, plans)
    query = (
        sa.select(*columns, *_STEP_FACTS_PREFIXED)
        .join(steps, steps.c.run_id == runs.c.id)
        .where(runs.c.id == run_id, steps.c.id == step_id)
        # The step, too, and after the run: of what is not locked PostgreSQL returns the row as it was before it waited.
        .with_for_update(of=[runs, steps])
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFoundError("there is no such step", run=run_id, step=step_id)
    run = {column.name: row[column.name] for column in columns}
    step = {column.name: row[f"step_{column.name}"] for column in _STEP_FACTS}
    return run_of(run, plan), _step(step)


async def read_outputs(tx: AsyncConnection, run_id: str, step_ids: Iterable[str] | None = None) -> dict[str, StepRow]:
    """Return steps of a run that succeeded, undone meanwhile or not, with their outputs and labels: these, or all."""
    query = sa.select(steps).where(steps.c.run_id == run_id, steps.c.state.in_(DONE_STEPS))
    if step_ids is not None:
        query = query.where(steps.c.id.in_(list(step_ids)))
    return {row["id"]: _step(row) for row in (await tx.execute(query)).mappings()}


async def read_output_sizes(tx: AsyncConnection, run_id: str) -> dict[str, int]:
    """Return of steps that have an output how many bytes it and its labels are as JSON."""
    output, labels = (sa.func.octet_length(sa.cast(part, sa.Text)) for part in (steps.c.output, steps.c.labels))
    size = sa.func.coalesce(output, 0) + sa.func.coalesce(labels, 0)
    query = sa.select(steps.c.id, size.label("size")).where(steps.c.run_id == run_id, steps.c.state.in_(DONE_STEPS))
    return {row.id: row.size for row in await tx.execute(query)}


async def insert_run(tx: AsyncConnection, run: RunRow) -> bool:
    """Write a new run and its pending steps; False when its request id is taken (nothing is written then)."""
    values = {column.name: getattr(run, column.name) for column in runs.c}
    values |= {"plan": run.plan.to_json(), "principal": run.principal.to_json(), "state": str(run.state)}
    values["not_undone"] = None if run.not_undone is None else list(run.not_undone)
    written = await tx.execute(insert(runs).values(values).on_conflict_do_nothing().returning(runs.c.id))
    if written.one_or_none() is None:
        return False
    await insert_steps(tx, run.id, [(at, Derived(step.id), step) for at, step in enumerate(nodes(run.plan))])
    return True


async def insert_steps(tx: AsyncConnection, run_id: str, rows: Iterable[tuple[int, Derived, Step]]) -> None:
    """Write pending rows: the position of their step in the plan, what each is, and what it does."""
    values = [
        {
            "run_id": run_id,
            "id": derived.id,
            "position": position,
            "action": spec.action,
            "agent": spec.agent,
            "state": StepState.PENDING,
            "origin": None if derived.plain else derived.origin,
            "item": derived.item,
            "undo": derived.undo,
        }
        for position, derived, spec in rows
    ]
    await tx.execute(sa.insert(steps), values)


async def change_run(tx: AsyncConnection, run_id: str, now: datetime, **values: Any) -> None:
    """Write new values of a run's columns."""
    await tx.execute(sa.update(runs).where(runs.c.id == run_id).values(updated_at=now, **values))


async def touch_run(tx: AsyncConnection, run_id: str, now: datetime) -> frozenset[StepState]:
    """Note that a run changed; return the states that its steps are in, this transaction's changes included."""
    found = sa.select(sa.func.array_agg(steps.c.state.distinct())).where(steps.c.run_id == run_id).scalar_subquery()
    touched = sa.update(runs).where(runs.c.id == run_id).values(updated_at=now).returning(found)
    return frozenset(StepState(state) for state in (await tx.execute(touched)).scalar_one())


async def change_step(tx: AsyncConnection, run_id: str, step_id: str, **values: Any) -> None:
    """Write new values of a step's columns."""
    await tx.execute(sa.update(steps).where(steps.c.run_id == run_id, steps.c.id == step_id).values(**values))
