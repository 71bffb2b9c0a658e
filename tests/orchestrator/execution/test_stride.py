"""Steps that go on in one way to the database and back: what they write, and when they write nothing."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from assent_orchestrator.audit.chain import GENESIS
from assent_orchestrator.audit.stride import Stride
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.audit.verify import verify_trail
from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.store.tables import effects, runs, steps
from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.facts import Action
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import World, reaches

_STEPS: list[dict[str, Any]] = [
    {"id": "a", "action": "box.get", "args": {"say": "é"}},
    {"id": "b", "action": "box.put", "args": {"n": {"$ref": "steps.a.output.n"}}},
    {"id": "c", "action": "box.put", "after": ["a"]},
]
_OWN = (
    "decision",
    "decision_id",
    "trace_id",
    "started_at",
    "finished_at",
    "permit_id",
    "done",
    "intended_at",
    "settled_at",
)
"""Columns of which no two runs have the same."""


class Watched:
    """Strides as they are asked for, and what came of each; ``before`` is called with one before it is tried."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, closed: bool = False) -> None:
        self.asked: list[Stride] = []
        self.told: list[bool] = []
        real = Trail.stride

        async def stride(trail: Trail, tenant: str, one: Stride) -> bool:
            self.asked.append(one)
            self.told.append(not closed and await real(trail, tenant, await self.before(one)))
            return self.told[-1]

        monkeypatch.setattr(Trail, "stride", stride)

    async def before(self, one: Stride) -> Stride:
        return one


async def _written(world: World, run: str) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    async with world.parts.reader.connect() as tx:
        for table, key in ((steps, steps.c.id), (effects, effects.c.step_id)):
            rows = (await tx.execute(sa.select(table).where(table.c.run_id == run).order_by(key))).mappings()
            kept = [{name: _kept(name, value) for name, value in row.items()} for row in rows]
            found[table.name] = kept
    records = [entry.record for entry in await world.trail.read(world.tenant, Wanted(run=run))]
    found["events"] = sorted((one["event"], one.get("step", ""), str(one.get("state"))) for one in records)
    return found


def _kept(name: str, value: object) -> object:
    if name in ("run_id", "idempotency_key"):
        return None
    return value is not None if name in _OWN else value


@pytest.mark.requirement("speed.outright")
async def test_what_is_written_in_one_way_is_what_the_longer_way_writes(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(_STEPS)
    written: list[Mapping[str, Any]] = []
    for closed in (False, True):
        with monkeypatch.context() as patch:
            watched = Watched(patch, closed=closed)
            run = await world.submit()
            assert (await world.end_of(run)).run.state == "succeeded"
            assert watched.told == [not closed] * 2 * len(_STEPS)
        written.append(await _written(world, run))
    assert written[0] == written[1]


@pytest.mark.requirement("speed.outright")
@pytest.mark.parametrize(
    "change", [{"driver": "another"}, {"state": "deferred"}, {"attempt": 7}, {"seen": ("a stop",)}]
)
async def test_a_stride_whose_ground_moved_writes_nothing_and_the_longer_way_is_gone(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    world = await make_world(_STEPS[:1])
    watched = Watched(monkeypatch)

    async def other(one: Stride) -> Stride:
        return replace(one, **change) if one.status == "intended" else one

    monkeypatch.setattr(watched, "before", other)
    run = await world.submit()
    assert (await world.end_of(run)).run.state == "succeeded"
    assert watched.told == [False, True]
    assert [entry.record["event"] for entry in await world.trail.read(world.tenant, Wanted(run=run))].count(
        "action.intended"
    ) == 1
    assert world.tools.times("box.get") == 1


@pytest.mark.requirement("speed.outright")
async def test_a_run_that_is_cancelled_before_the_commit_does_nothing(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(_STEPS[:1])
    watched = Watched(monkeypatch)

    async def cancelled(one: Stride) -> Stride:
        await world.cancellations.cancel(world.alice, one.run, "")
        return one

    monkeypatch.setattr(watched, "before", cancelled)
    run = await world.submit()
    assert (await world.end_of(run)).run.state == "cancelled"
    assert watched.told == [False]
    assert world.tools.calls == []


@pytest.mark.requirement("speed.outright")
async def test_a_trail_that_moved_meanwhile_is_followed(make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await make_world(_STEPS[:1])
    watched = Watched(monkeypatch)

    async def moved(one: Stride) -> Stride:
        world.parts.trail._heads.moved(world.tenant, GENESIS)
        return one

    monkeypatch.setattr(watched, "before", moved)
    run = await world.submit()
    assert (await world.end_of(run)).run.state == "succeeded"
    assert watched.told == [True, True]
    assert (await verify_trail(world.parts.engine, world.tenant)).fault is None


@pytest.mark.requirement("speed.outright")
async def test_a_run_that_somebody_holds_on_to_keeps_no_other_run_from_going_on(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(_STEPS[:1])
    first, both = asyncio.Event(), asyncio.Event()
    watched = Watched(monkeypatch)

    async def together(one: Stride) -> Stride:
        (both if first.is_set() else first).set()
        await both.wait()
        return one

    monkeypatch.setattr(watched, "before", together)
    held = await world.submit()
    await asyncio.wait_for(first.wait(), 60)
    async with world.parts.engine.connect() as tx:
        await tx.execute(sa.select(runs.c.id).where(runs.c.id == held).with_for_update())
        other = await world.submit()
        assert (await world.end_of(other, within=60)).run.state == "succeeded"
        await tx.rollback()
    assert (await world.end_of(held)).run.state == "succeeded"
    assert watched.told.count(False) == 1


@pytest.mark.requirement("orchestrator.work-items-meanwhile")
async def test_a_run_waits_as_soon_as_nothing_but_a_choice_is_under_way(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = {"role": "boss", "choices": ["skip"], "expires_in": "1h"}
    asking = [_STEPS[0], {"id": "b", "action": "box.put", "on_failure": {"ask": ask}}]

    def answers(action: Action) -> Success | Failure:
        return Success({"n": 1}) if action.operation == "get" else Failure("NO_ROOM", "full", False, "none")

    world = await make_world(asking, tool=answers)
    watched = Watched(monkeypatch)

    async def after_the_other(one: Stride) -> Stride:
        if one.step == "a" and one.status == "succeeded":
            await reaches(world, one.run, "b", "awaiting_choice")
        return one

    monkeypatch.setattr(watched, "before", after_the_other)
    run = await world.submit()
    await world.until(run, "run.waiting")
    assert [one.step for one, told in zip(watched.asked, watched.told, strict=True) if not told] == ["a"]
