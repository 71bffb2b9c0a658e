"""Something wrong inside that does not go away: a run rests and says so, keeps nobody busy, and goes on afterwards."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from assent_orchestrator.execution import advancing, work
from assent_orchestrator.execution import durable as durable_module
from assent_orchestrator.execution.attempt import Attempts
from assent_orchestrator.execution.compensation import Compensations
from assent_orchestrator.execution.driven import Pause
from assent_orchestrator.execution.durable import Durable, DurableSettings
from assent_orchestrator.execution.insistence import REST_SECONDS, Insistence, StuckError
from assent_orchestrator.execution.journal import RunRow, graph_of
from assent_orchestrator.execution.plans import Plans
from assent_orchestrator.execution.turnstile import Turnstile
from assent_orchestrator.plan.graph import Graph
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.test_fence import Server, stored
from tests.orchestrator.execution.world import states

STEPS = [{"id": "look", "action": "box.get"}, {"id": "tell", "action": "box.send", "after": ["look"]}]

SECRET = "what a caller sent"
UNIQUE = IntegrityError(SECRET, {}, psycopg.errors.UniqueViolation(SECRET))


@dataclass
class Bug:
    """Goes off each time it is passed from some pass on, until it is mended; of one tenant, if said."""

    tenant: str = ""
    after: int = 0
    times: int = 0
    passed: int = 0
    mended: bool = False
    error: Exception = field(default_factory=lambda: LookupError(SECRET))
    gone_off: asyncio.Event = field(default_factory=asyncio.Event)

    def pass_by(self) -> None:
        self.passed += 1
        if self.passed > self.after and not self.mended:
            self.times += 1
            self.gone_off.set()
            raise self.error


def in_advance(monkeypatch: pytest.MonkeyPatch, bug: Bug) -> None:
    def broken(run: RunRow, plans: Plans) -> Graph:
        if bug.tenant in ("", run.tenant):
            bug.pass_by()
        return graph_of(run, plans)

    monkeypatch.setattr(advancing, "graph_of", broken)


def in_end(monkeypatch: pytest.MonkeyPatch, bug: Bug) -> None:
    following = Compensations.following

    async def broken(self: Compensations, *arguments: Any) -> str:
        bug.pass_by()
        return await following(self, *arguments)

    monkeypatch.setattr(Compensations, "following", broken)


def in_attempt(monkeypatch: pytest.MonkeyPatch, bug: Bug, name: str, step: str) -> None:
    inner = getattr(Attempts, name)

    async def broken(self: Attempts, run_id: str, step_id: str, *tries: int) -> Pause:
        if step_id == step:
            bug.pass_by()
        paused: Pause = await inner(self, run_id, step_id, *tries)
        return paused

    monkeypatch.setattr(Attempts, name, broken)


@pytest.mark.requirement("orchestrator.poison-run-rests")
@pytest.mark.parametrize("broken", [in_advance, in_end])
@pytest.mark.parametrize("error", [LookupError(SECRET), UNIQUE], ids=["code", "constraint"])
async def test_a_run_that_cannot_be_moved_rests_says_so_and_goes_on_when_it_can(
    make_world: MakeWorld,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    broken: Any,
    error: Exception,
) -> None:
    world, bug = await make_world(STEPS), Bug(error=error)
    bug.tenant = world.tenant  # runs of other tests may still be under way
    server = Server(world, await stored(world, monkeypatch), {})
    broken(monkeypatch, bug)
    for walks in (1, 2):
        leg = await server.walk()
        assert (leg["over"], leg["seconds"], bug.times) == (False, REST_SECONDS, 3 * walks)
    rests = await world.runs.get(world.alice, server.run)
    assert (rests.run.state, rests.run.reason) == ("running", "INTERNAL")
    assert f"the run {server.run} got nowhere" in caplog.text
    assert SECRET not in caplog.text
    bug.mended = True
    await server.finish()
    over = await world.runs.get(world.alice, server.run)
    assert (over.run.state, over.run.reason) == ("succeeded", None)
    assert sorted(server.done.values()) == ["box.get", "box.send"]


@pytest.mark.requirement("orchestrator.poison-run-rests")
async def test_whoever_wakes_a_run_that_rests_has_it_looked_at_again(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, bug, rests = await make_world(STEPS), Bug(), asyncio.Event()
    in_advance(monkeypatch, bug)
    rest = work.RunWork.rest

    async def resting(self: work.RunWork, run_id: str) -> None:
        await rest(self, run_id)
        rests.set()

    monkeypatch.setattr(work.RunWork, "rest", resting)
    run = await world.submit()
    await asyncio.wait_for(rests.wait(), 60)
    bug.mended = True
    await world.durable.wake(run)
    assert (await world.end_of(run)).run.state == "succeeded"


@pytest.mark.requirement("orchestrator.poison-run-rests")
async def test_what_is_under_way_when_its_run_gets_stuck_is_written_down(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [{"id": "quick", "action": "box.get"}, {"id": "slow", "action": "box.send"}]
    world, bug = await make_world(steps), Bug(after=1)
    server = Server(world, await stored(world, monkeypatch), {})
    in_advance(monkeypatch, bug)

    async def until_it_went_off() -> None:
        await bug.gone_off.wait()

    # The first that calls goes through; the other comes back when the run is stuck already.
    server.gates.at, server.gates.then = 8, until_it_went_off
    leg = await server.walk()
    assert (leg["seconds"], bug.times) == (REST_SECONDS, 3)
    assert set(states(await world.runs.get(world.alice, server.run)).values()) == {"succeeded"}


@pytest.mark.requirement("orchestrator.poison-run-rests")
async def test_a_step_that_cannot_even_be_given_up_rests_and_the_others_go_on(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [{"id": "odd", "action": "box.put"}, {"id": "look", "action": "box.get"}]
    world, bug = await make_world(steps), Bug()
    server = Server(world, await stored(world, monkeypatch), {})
    for name in ("attempt", "abandon"):
        in_attempt(monkeypatch, bug, name, "odd")
    leg = await server.walk()
    assert leg["over"] is False
    assert REST_SECONDS - 60 < leg["seconds"] <= REST_SECONDS
    assert bug.times == 6  # as often as it was tried, it was tried to be given up
    assert states(await world.runs.get(world.alice, server.run)) == {"odd": "pending", "look": "succeeded"}
    bug.mended = True
    await server.finish()
    over = await world.runs.get(world.alice, server.run)
    assert (over.run.state, over.run.reason) == ("succeeded", None)


@dataclass
class StuckOnce:
    """The work of a run of a former version that gets stuck once."""

    rested: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)

    async def rest(self, run_id: str) -> None:
        self.rested.append(run_id)

    async def finish(self, run_id: str) -> None:
        if not self.rested:
            raise StuckError
        self.finished.append(run_id)


@pytest.mark.requirement("orchestrator.poison-run-rests")
async def test_a_run_of_a_former_version_rests_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable_module, "REST_SECONDS", 0.0)
    stuck: Any = StuckOnce()
    nobody: Any = None
    durable = Durable(DurableSettings("postgresql://nowhere", "tests"), stuck, nobody, nobody)
    await durable._resting(stuck.finish, "run")
    assert (stuck.rested, stuck.finished) == (["run"], ["run"])


async def test_what_works_in_the_end_is_not_given_up() -> None:
    bug = Bug()

    async def work_() -> str:
        if bug.times == 2:
            bug.mended = True
        bug.pass_by()
        return "done"

    assert await Insistence().insist(work_) == "done"
    assert bug.times == 2


@pytest.mark.requirement("orchestrator.poison-run-rests")
async def test_who_waits_for_the_database_is_in_nobody_elses_way() -> None:
    turnstile, tried, back = Turnstile(places=1), asyncio.Event(), asyncio.Event()

    async def away() -> str:
        tried.set()
        if not back.is_set():
            raise psycopg.OperationalError
        return "done"

    async def insists() -> str:
        async with turnstile.turn("one"):
            return await Insistence(turnstile.aside).insist(away)

    waiting = asyncio.create_task(insists())
    async with asyncio.timeout(60):
        await tried.wait()
        async with turnstile.turn("one"):
            back.set()
        assert await waiting == "done"
