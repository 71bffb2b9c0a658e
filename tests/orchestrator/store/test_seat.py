"""One live server for each executor name on a database."""

import asyncio

import psycopg
import pytest

from assent_orchestrator.errors import ExecutorError
from assent_orchestrator.store import seat
from assent_orchestrator.store.migrate import migrate
from assent_orchestrator.store.postgres import Database


@pytest.mark.requirement("bad-input.two-servers-on-one-folder")
async def test_a_second_server_of_a_name_is_refused_with_what_to_do_and_may_have_it_when_the_first_is_gone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seat, "_LINGERING", 0.5)
    await migrate(database)
    async with seat.take_seat(database.sync_url, "twins"), seat.take_seat(database.sync_url, "another"):
        with pytest.raises(ExecutorError, match="'twins' runs on this database already; stop it, or give this one"):
            async with seat.take_seat(database.sync_url, "twins"):
                raise AssertionError
    async with seat.take_seat(database.sync_url, "twins") as taken:
        assert taken.held


async def _nobody(_executor: str) -> bool:
    return True


@pytest.mark.requirement("bad-input.two-servers-on-one-folder")
async def test_a_server_whose_name_another_has_taken_knows_that_it_has_no_seat_and_then_that_it_has_lost_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("_LINGERING", 10.0), ("_USURPED", 0.3), ("_LOOK_EVERY", 0.05)):
        monkeypatch.setattr(seat, name, seconds)
    await migrate(database)
    async with seat.take_seat(database.sync_url, "usurped") as first, asyncio.timeout(60):
        # Another one is quicker when the connection is lost, as after a long freeze.
        waiting = seat.take_seat(database.sync_url, "usurped")
        taking = asyncio.create_task(waiting.__aenter__())
        async with await psycopg.AsyncConnection.connect(database.sync_url, autocommit=True) as connection:
            await connection.execute("SELECT pg_terminate_backend(%s)", (first._connection.info.backend_pid,))
        second = await taking
        async with first.watching(_nobody):
            await first.lost()
            assert (first.held, second.held) == (False, True)
        await waiting.__aexit__(None, None, None)


@pytest.mark.requirement("orchestrator.connections-come-back")
async def test_a_server_that_gets_its_seat_again_has_not_lost_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("_USURPED", 0.0), ("_LOOK_EVERY", 0.05), ("_SETTLING", 0.0)):
        monkeypatch.setattr(seat, name, seconds)
    await migrate(database)
    async with seat.take_seat(database.sync_url, "regained") as mine, asyncio.timeout(60):
        left = mine._connection
        async with await psycopg.AsyncConnection.connect(database.sync_url, autocommit=True) as connection:
            await connection.execute("SELECT pg_terminate_backend(%s)", (left.info.backend_pid,))
        async with mine.watching(_nobody):
            lost = asyncio.create_task(mine.lost())
            while mine._connection is left or not mine.held:  # noqa: ASYNC110 - nobody tells, and it is bounded above
                await asyncio.sleep(0.01)
            assert not lost.done()
            lost.cancel()


@pytest.mark.requirement("orchestrator.connections-come-back")
async def test_a_server_that_takes_its_time_to_start_keeps_its_seat(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("_SILENCE", "1s"), ("_LOOK_EVERY", 0.05)):
        monkeypatch.setattr(seat, name, value)
    await migrate(database)
    age = "SELECT now() - backend_start > interval '2s' FROM pg_stat_activity WHERE pid = %s"
    async with (
        seat.take_seat(database.sync_url, "slow") as mine,
        await psycopg.AsyncConnection.connect(database.sync_url, autocommit=True) as looking,
        asyncio.timeout(60),
    ):
        pid = mine._connection.info.backend_pid
        while (row := await (await looking.execute(age, (pid,))).fetchone()) == (False,):  # noqa: ASYNC110 - PostgreSQL tells nobody how old a session is
            await asyncio.sleep(0.05)
        assert row == (True,)
