"""Carrying on with the runs of a server that is gone, and what is done about one that ends servers."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from assent_orchestrator.clock import utc_now
from assent_orchestrator.execution.takeover import TakeOvers
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.store.tables import runs
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.test_fence import stored

STEPS = [{"id": "look", "action": "box.get"}]
GONE = "gone"


@dataclass
class Engine:
    """What the durable engine is asked for; nobody carries anything on, as if each server died of it at once."""

    left: list[str]
    resumed: list[str] = field(default_factory=list)
    away: bool = False

    async def unfinished(self, executor: str) -> list[str]:
        assert executor == GONE
        return self.left

    async def resume(self, workflow_ids: list[str]) -> None:
        if self.away:
            raise ConnectionError
        self.resumed += workflow_ids


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@pytest.mark.requirement("orchestrator.poison-run-rests")
async def test_a_run_that_ends_each_server_that_takes_it_rests_and_holds_up_no_other(
    make_world: MakeWorld, database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = await make_world(STEPS)
    poison, other = await stored(world, monkeypatch), await stored(world, monkeypatch)
    engine: Any = Engine([poison])
    clock = Clock(utc_now())
    take_overs = TakeOvers(database.engine, engine, clock)
    for times in (1, 2, 3):
        assert ("got nowhere" in caplog.text) is False
        assert await take_overs.take_over(GONE)
        assert engine.resumed == [poison] * times
    assert f"the run {poison} was taken over 3 times and got nowhere" in caplog.text
    engine.left = [poison, other]
    clock.now += timedelta(minutes=9)
    assert not await take_overs.take_over(GONE), "something is left, and is looked at again"
    assert engine.resumed == [poison, poison, poison, other]
    clock.now += timedelta(minutes=2)
    engine.left = [poison]
    assert await take_overs.take_over(GONE)
    assert engine.resumed[-1] == poison
    assert not await take_overs.take_over(GONE), "it rests again"
    assert "taken over 4 times" in caplog.text


@pytest.mark.requirement("orchestrator.takeover")
async def test_a_run_that_could_not_be_given_to_anybody_was_not_taken_over(
    make_world: MakeWorld, database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = await make_world(STEPS)
    run = await stored(world, monkeypatch)
    engine: Any = Engine([run], away=True)
    take_overs = TakeOvers(database.engine, engine, utc_now)
    for _ in range(5):
        assert not await take_overs.take_over(GONE)
    assert "got nowhere" not in caplog.text
    engine.away = False
    assert await take_overs.take_over(GONE)
    assert engine.resumed == [run]


@pytest.mark.requirement("orchestrator.takeover")
async def test_a_run_that_gets_somewhere_is_carried_on_however_often_its_servers_end(
    make_world: MakeWorld, database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = await make_world(STEPS)
    run = await stored(world, monkeypatch)
    engine: Any = Engine([run])
    woken: list[int] = []
    take_overs = TakeOvers(database.engine, engine, utc_now, lambda: woken.append(len(engine.resumed)))
    for times in range(1, 8):
        assert await take_overs.take_over(GONE)
        assert len(engine.resumed) == times
        # Only when the run is somebody's again is it woken: what the gone server committed it told nobody.
        assert woken[-1] == times
        async with database.engine.begin() as tx:
            await tx.execute(sa.update(runs).where(runs.c.id == run).values(updated_at=utc_now()))
    assert "got nowhere" not in caplog.text


@pytest.mark.requirement("orchestrator.takeover")
async def test_when_the_database_is_away_it_is_tried_again(database: Database) -> None:
    class Away(Engine):
        async def unfinished(self, executor: str) -> list[str]:
            raise ConnectionError(executor)

    engine: Any = Away([])
    assert not await TakeOvers(database.engine, engine, utc_now).take_over(GONE)
