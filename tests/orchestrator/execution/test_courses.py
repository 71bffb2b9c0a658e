"""What is known of a run by heart: that it is right, and when it is let go of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.stride import Stride
from assent_orchestrator.execution import advancing
from assent_orchestrator.execution.courses import Course, Courses
from assent_orchestrator.execution.journal import RunRow, StepRow, read_run, read_steps
from assent_orchestrator.execution.work import RunWork
from assent_orchestrator.plan.state import RunState, StepState
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.test_stride import Watched
from tests.orchestrator.execution.world import World, states

_CHAIN: list[dict[str, Any]] = [
    {"id": "a", "action": "box.get"},
    {"id": "b", "action": "box.put", "args": {"n": {"$ref": "steps.a.output.n"}}},
    {"id": "c", "action": "box.put", "after": ["b"]},
    {"id": "d", "action": "box.put", "after": ["b"]},
]


class Readings:
    """How often the run was read to see what follows, and what was known by heart of it after each attempt."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read = 0
        self.known: list[dict[str, StepRow]] = []
        roused, attempt = advancing.roused, RunWork.attempt

        async def counted(tx: AsyncConnection, *arguments: Any) -> RunRow:
            self.read += 1
            return await roused(tx, *arguments)

        async def attempted(work: RunWork, run_id: str, step_id: str, tries: int) -> Any:
            pause = await attempt(work, run_id, step_id, tries)
            course = work.parts.courses.get(run_id)
            self.known.append(dict(course.rows) if course is not None else {})
            return pause

        monkeypatch.setattr(advancing, "roused", counted)
        monkeypatch.setattr(RunWork, "attempt", attempted)


async def _rows(world: World, run: str) -> dict[str, StepRow]:
    async with world.parts.reader.connect() as tx:
        return await read_steps(tx, run)


@pytest.mark.requirement("speed.by-heart")
async def test_what_is_known_by_heart_is_what_is_written_and_is_not_read_again(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(_CHAIN)
    readings = Readings(monkeypatch)
    run = await world.submit()
    assert (await world.end_of(run)).run.state == "succeeded"
    assert readings.read == 1
    assert readings.known[-1] == await _rows(world, run)
    assert len(world.parts.courses) == 0


@pytest.mark.requirement("speed.by-heart")
async def test_what_is_written_the_longer_way_is_read_again(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(_CHAIN[:3])
    readings, _ = Readings(monkeypatch), Watched(monkeypatch, closed=True)
    assert (await world.end_of(await world.submit())).run.state == "succeeded"
    assert readings.read == 3 + 1
    assert not any(readings.known)


@pytest.mark.requirement("speed.by-heart")
async def test_a_hint_has_the_run_read_again(make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await make_world(_CHAIN)
    readings, watched = Readings(monkeypatch), Watched(monkeypatch)

    async def cancelled(one: Stride) -> Stride:
        if one.step == "a" and one.status != "intended":
            await world.cancellations.cancel(world.alice, one.run, "")
        return one

    monkeypatch.setattr(watched, "before", cancelled)
    view = await world.end_of(await world.submit())
    assert view.run.state == "cancelled"
    assert states(view) == {"a": "succeeded", "b": "cancelled", "c": "cancelled", "d": "cancelled"}
    assert readings.read > 1
    assert (world.tools.times("box.get"), world.tools.times("box.put")) == (1, 0)


@pytest.fixture
async def course(make_world: MakeWorld) -> Course:
    world = await make_world(_CHAIN)
    run = await world.submit()
    await world.end_of(run)
    async with world.parts.reader.connect() as tx:
        read, rows = await read_run(tx, run, world.parts.plans), await read_steps(tx, run)
    begun = {row.id: replace(row, state=StepState.PENDING) for row in rows.values()}
    return Course(replace(read, state=RunState.RUNNING), begun)


def _stride(run: str, step: str, state: str) -> Stride:
    return Stride(run, None, step, "pending", 0, {"state": state}, "intended", ())


@pytest.mark.requirement("speed.by-heart")
def test_what_was_written_while_it_was_read_is_not_overwritten(course: Course) -> None:
    courses, run = Courses(), course.run
    meanwhile: tuple[Callable[[], object], ...] = (
        lambda: courses.follow(_stride(run.id, "a", "dispatched")),
        lambda: courses.forget(run.id),
        lambda: courses.settle(run.id, "a"),
        lambda: courses.look(run.id),
    )
    for write in meanwhile:
        token = courses.look(run.id)
        write()
        courses.keep(token, run, course.rows)
        assert courses.get(run.id) is None
    courses.keep(courses.look(run.id), run, course.rows)
    courses.follow(_stride(run.id, "a", "dispatched"))
    found = courses.get(run.id)
    assert found is not None
    assert {row.id: str(row.state) for row in found.rows.values()} == {
        "a": "dispatched",
        "b": "pending",
        "c": "pending",
        "d": "pending",
    }


@pytest.mark.requirement("speed.by-heart")
@pytest.mark.parametrize(
    "change",
    [
        {"state": RunState.WAITING},
        {"state": RunState.STOPPING},
        {"reason": "INTERNAL"},
        {"cancel_requested": "carol"},
        {"paused_at": datetime.now(UTC)},
    ],
)
def test_a_run_that_is_not_plainly_running_is_read_each_time(course: Course, change: dict[str, Any]) -> None:
    courses = Courses()
    run = replace(course.run, **change)
    courses.keep(courses.look(run.id), run, course.rows)
    assert len(courses) == 0


@pytest.mark.requirement("speed.by-heart")
@pytest.mark.parametrize(
    "change", [{"state": StepState.ITERATING}, {"origin": "b", "item": 0}, {"undo": True, "origin": "b"}]
)
def test_a_run_with_rows_that_hang_on_others_is_read_each_time(course: Course, change: dict[str, Any]) -> None:
    courses = Courses()
    courses.keep(courses.look(course.run.id), course.run, {**course.rows, "a": replace(course.rows["a"], **change)})
    assert len(courses) == 0
