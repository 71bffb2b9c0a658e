import asyncio
from contextlib import AsyncExitStack

import pytest
import sqlalchemy as sa

from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.audit.record import Draft

LONG = 60.0  # seconds that nothing here should ever take
SHORT = 0.05  # seconds in which nothing is expected


@pytest.fixture
async def listener(database):
    async with Listener(database.sync_url) as listener, asyncio.timeout(LONG):
        await listener.connected()
        yield listener


async def record(trail, tenant: str, *runs: str) -> None:
    async with trail.recording() as tx:
        await trail.append(tx, tenant, [Draft(event="run.created", run=run) for run in runs])


async def test_who_waits_for_a_run_hears_of_its_records_and_of_no_others(listener, trail, fresh_tenant):
    one, two = f"{fresh_tenant}-1", f"{fresh_tenant}-2"
    async with listener.subscribe(one) as first, listener.subscribe(one) as again, listener.subscribe(two) as second:
        await record(trail, fresh_tenant, one)
        assert await first.wait(LONG)
        assert await again.wait(LONG)
        assert not await second.wait(SHORT)
        assert not await first.wait(SHORT)
        await record(trail, fresh_tenant, one, two)
        assert await first.wait(LONG)
        assert await second.wait(LONG)


async def test_what_is_not_committed_wakes_nobody(listener, trail, database, fresh_tenant):
    async with listener.subscribe(fresh_tenant) as wakeups:
        async with database.engine.connect() as tx:
            await trail.append(tx, fresh_tenant, [Draft(event="run.created", run=fresh_tenant)])
            await tx.rollback()
        assert not await wakeups.wait(SHORT)


async def test_a_note_that_comes_between_two_waits_is_not_lost(listener, trail, fresh_tenant):
    async with listener.subscribe(fresh_tenant) as wakeups, listener.subscribe(fresh_tenant) as witness:
        await record(trail, fresh_tenant, fresh_tenant)
        assert await witness.wait(LONG)
        assert await wakeups.wait(0)


async def test_a_lost_connection_comes_back_and_wakes_everybody(listener, trail, database, fresh_tenant):
    async with listener.subscribe(fresh_tenant) as wakeups:
        async with database.engine.connect() as connection:
            killed = await connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'assent-listener'"
                )
            )
            # Others may listen on the same database: all of them are to come back.
            assert set(killed.scalars().all()) == {True}
        assert await wakeups.wait(LONG)  # something may have been missed
        async with asyncio.timeout(LONG):
            await listener.connected()
        await record(trail, fresh_tenant, fresh_tenant)
        assert await wakeups.wait(LONG)


async def test_a_listener_without_a_database_waits_in_peace_and_ends_when_told():
    nowhere = "postgresql://nobody@/nothing?host=/nonexistent"
    async with Listener(nowhere) as listener, listener.subscribe("r1") as wakeups:
        assert not await wakeups.wait(SHORT)


async def test_nothing_is_kept_of_subscriptions_that_ended(listener):
    async with AsyncExitStack() as stack:
        for number in range(100):
            await stack.enter_async_context(listener.subscribe(f"r{number % 10}"))
        assert len(listener._waiters) == 10
    assert listener._waiters == {}
