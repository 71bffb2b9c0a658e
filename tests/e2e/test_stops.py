"""Stops over several server processes: given through one, in force on the other, whatever dies meanwhile."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assent_orchestrator.store.postgres import Database, open_database
from tests.e2e.deployment import Deployment, deployment, state, states

BOUND = 15.0
"""Seconds for a stop even on a starved machine; that nothing slips past it is in the order of the trail."""
RUNS = 6


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    """A PostgreSQL of the test's own: the servers are told its URL."""
    async with open_database(None, tmp_path / "store") as opened:
        yield opened


@contextlib.asynccontextmanager
async def two_servers(folder: Path, store: Database) -> AsyncIterator[tuple[Deployment, Deployment]]:
    """Two server processes on one database, each with a data folder and an executor of its own."""
    environ = {"ASSENT_DATABASE_URL": store.sync_url}
    async with deployment(folder, environ=environ, arguments=("--executor", "one")) as one:
        two = replace(one, folder=folder / "two", arguments=("--executor", "two"), log=[], _heard=asyncio.Event())
        two.folder.mkdir()
        tokens = two.folder / "tokens.json"
        tokens.touch(mode=0o600)
        tokens.write_bytes((folder / "tokens.json").read_bytes())
        await two.start()
        try:
            yield one, two
        finally:
            await two.stop()


def when(record: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(record["time"])


def of(records: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    return [record for record in records if record["event"] == event]


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.stops-are-effective-at-once", "orchestrator.stops-freeze")
async def test_a_stop_given_through_one_server_holds_on_the_other_at_once(tmp_path: Path, store: Database) -> None:
    async with two_servers(tmp_path, store) as (one, two):
        runs = [(await two.submit("ACC-1001")).name for _ in range(RUNS)]
        await two.until(runs[0], "action.intended", "usage")
        asked = time.monotonic()
        stop = await one.stop_all_of("tenant")
        took, returned = time.monotonic() - asked, datetime.now(UTC)
        assert took < BOUND
        await asyncio.gather(*(two.until_stopped(run) for run in runs))
        later = (await two.submit("ACC-1001")).name
        await two.until_stopped(later)
        records = await one.trail()
        [created] = of(records, "stop.created")
        intended = of(records, "action.intended")
        assert intended, "something was under way"
        assert [record for record in intended if when(record) > returned] == []
        assert [record for record in intended if int(record["seq"]) > int(created["seq"])] == []
        await two.lift(stop)
        for run in (*runs, later):
            ended = await two.end_of(run)
            assert state(ended) == "succeeded", states(ended)
        assert await one.intact()


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.stops-are-durable")
async def test_a_stop_survives_every_server_and_is_lifted_by_another(tmp_path: Path, store: Database) -> None:
    async with two_servers(tmp_path, store) as (one, two):
        stop = await one.stop_all_of("agent", "renewal_analyst")
        run = (await two.submit("ACC-1001")).name
        await two.until_stopped(run)
        await one.kill()
        await two.kill()
        await two.start()
        later = (await two.submit("ACC-1001")).name
        await two.until_stopped(later)
        assert of(await two.trail(), "action.intended") == []
        await one.start()
        await one.lift(stop)
        for name in (run, later):
            assert state(await two.end_of(name)) == "succeeded"


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.stops-are-effective-at-once")
async def test_a_server_that_is_frozen_delays_no_stop_and_slips_past_none(tmp_path: Path, store: Database) -> None:
    async with two_servers(tmp_path, store) as (one, two):
        runs = [(await two.submit("ACC-1001")).name for _ in range(RUNS)]
        await two.until(runs[0], "action.intended", "usage")
        two.send(signal.SIGSTOP)
        try:
            asked = time.monotonic()
            stop = await one.stop_all_of("system", "email")
            await one.stop_all_of("tenant")
            assert time.monotonic() - asked < BOUND
        finally:
            two.send(signal.SIGCONT)
        await asyncio.gather(*(two.until_stopped(run) for run in runs))
        records = await one.trail()
        tenant_wide = int(of(records, "stop.created")[-1]["seq"])
        assert [one for one in of(records, "action.intended") if int(one["seq"]) > tenant_wide] == []
        assert stop.name
