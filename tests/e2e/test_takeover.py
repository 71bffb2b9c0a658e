"""Several servers on one database: whichever is gone, the others carry on, and nothing is done twice."""

import asyncio
import signal
import time
from pathlib import Path

import psycopg
import pytest

from assent_orchestrator.store.embedded import EmbeddedServer
from tests.e2e.deployment import Deployment, state, states
from tests.e2e.dump import libpq
from tests.e2e.servers import servers
from tests.e2e.test_crashes import effects

SLOW = ("product_analytics.get_usage=slow:2s", "cpq.create_proposal=slow:2s")
WITHIN = 15.0  # seconds until others carry on


def database(folder: Path) -> str:
    server = EmbeddedServer(folder / "data" / "postgres")
    server._prepare()
    return libpq(server.url)


async def settled(survivor: Deployment, run: str) -> None:
    """The run succeeds, with every effect that was begun ended, in an unbroken trail."""
    ended = await survivor.end_of(run)
    assert state(ended) == "succeeded", states(ended)
    records = await survivor.trail(run)
    intended = [one["step"] for one in records if one["event"] == "action.intended"]
    done = [one["step"] for one in records if one["event"] in ("action.succeeded", "action.failed")]
    assert set(intended) == set(done)
    assert await survivor.intact()


async def carried_on(survivor: Deployment, run: str, after: int) -> float:
    """Seconds until something more is recorded of a run."""
    begun = time.monotonic()
    async for _ in survivor.events(run, after):
        return time.monotonic() - begun
    raise AssertionError("nothing happened")


@pytest.mark.timeout(400)
@pytest.mark.requirement(
    "orchestrator.takeover", "orchestrator.no-server-is-special", "bad-input.two-servers-on-one-folder"
)
async def test_whichever_server_is_killed_the_others_carry_on_within_seconds(tmp_path: Path) -> None:
    async with servers(tmp_path, 3, *SLOW) as all_of_them:
        for index, victim in enumerate(all_of_them):
            survivor = all_of_them[(index + 1) % 3]
            run = (await victim.submit("ACC-1001")).name
            waits = (await victim.submit("ACC-1002")).name
            at = await survivor.until(run, "action.intended", "usage")
            await survivor.until(waits, "approval.requested", "offer_at_risk")
            await victim.kill()
            assert await carried_on(survivor, run, at.seq) < WITHIN
            await settled(survivor, run)
            # Asked through the one that was killed, answered through another one.
            await survivor.approve(waits)
            await settled(survivor, waits)
            await victim.start()
        assert len(all_of_them[0].mails()) == 6
        assert effects(tmp_path)["notification"] == 6


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.frozen-server-is-fenced")
async def test_the_runs_of_a_frozen_server_are_carried_on_and_it_is_fenced_when_it_wakes_up(tmp_path: Path) -> None:
    async with servers(tmp_path, 3, *SLOW) as (victim, survivor, _):
        run = (await victim.submit("ACC-1001")).name
        await survivor.until(run, "action.intended", "usage")
        victim.send(signal.SIGSTOP)
        try:
            await settled(survivor, run)
        finally:
            victim.send(signal.SIGCONT)
        await victim.says("has its seat again")
        assert len(victim.mails()) == 1
        await settled(survivor, (await victim.submit("ACC-1001")).name)
        assert len(victim.mails()) == 2


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.connections-come-back")
async def test_when_all_connections_drop_runs_go_on_and_nobody_is_taken_for_dead(tmp_path: Path) -> None:
    async with servers(tmp_path, 3, *SLOW) as all_of_them:
        runs = [(await one.submit("ACC-1001")).name for one in all_of_them]
        for one, run in zip(all_of_them, runs, strict=True):
            await one.until(run, "action.intended", "usage")
        with psycopg.connect(database(tmp_path), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        await asyncio.gather(*(one.says("has its seat again") for one in all_of_them))
        for one, run in zip(all_of_them, runs, strict=True):
            await settled(one, run)
        assert not [line for one in all_of_them for line in one.log if "taken over" in line]
        assert len(all_of_them[0].mails()) == 3


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.requirement("orchestrator.rolling-restart-finishes-old-runs")
async def test_a_rolling_restart_under_runs_loses_none_of_them_and_does_nothing_twice(tmp_path: Path) -> None:
    async with servers(tmp_path, 3, *SLOW) as all_of_them:
        runs = [(await one.submit("ACC-1001")).name for one in all_of_them]
        waits = (await all_of_them[0].submit("ACC-1002")).name
        for one in all_of_them:
            await one.stop()
            # More work comes while one of them is not there.
            runs.append((await next(other for other in all_of_them if other is not one).submit("ACC-1001")).name)
            await one.start()
        await all_of_them[2].approve(waits)
        for run in (*runs, waits):
            await settled(all_of_them[1], run)
        assert len(all_of_them[0].mails()) == len(runs) + 1 == effects(tmp_path)["notification"]
