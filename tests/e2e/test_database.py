"""A database that is gone, or takes no writes or no connections: nothing happens meanwhile, and nothing is lost."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import grpc
import grpc.aio
import psycopg
import pytest

from tests.e2e.deployment import Deployment, deployment, state, states
from tests.e2e.test_crashes import effects
from tests.e2e.test_takeover import database

SLOW = "product_analytics.get_usage=slow:2s"
CERTAIN = "-c default_transaction_read_only=off"


def postmaster(folder: Path) -> int:
    pid_file = folder / "data" / "postgres" / "data" / "postmaster.pid"
    return int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0])


async def refused(deployed: Deployment) -> str:
    """Submit, which must fail; the code of the failure."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await deployed.submit("ACC-1001")
    return caught.value.code().name


async def goes_on(deployed: Deployment, folder: Path, run: str) -> None:
    ended = await deployed.end_of(run)
    assert state(ended) == "succeeded", states(ended)
    assert len(deployed.mails()) == 1
    assert effects(folder)["notification"] == 1
    assert await deployed.intact()


async def fill(url: str, crowd: contextlib.ExitStack) -> None:
    """Connect until nobody can any more."""
    try:
        while True:
            crowd.enter_context(await asyncio.to_thread(lambda: psycopg.connect(url)))
    except psycopg.OperationalError as error:
        assert "too many clients" in str(error)  # noqa: PT017 - how many there is room for is not known


@pytest.mark.timeout(300)
@pytest.mark.requirement("bad-input.embedded-database-dies")
async def test_an_embedded_database_that_is_killed_is_started_again_and_runs_go_on(tmp_path: Path) -> None:
    async with deployment(tmp_path, SLOW) as deployed:
        run = (await deployed.submit("ACC-1001")).name
        await deployed.until(run, "action.intended", "usage")
        before = postmaster(tmp_path)
        os.kill(before, signal.SIGKILL)
        await deployed.says("the embedded PostgreSQL is gone; starting it again")
        await deployed.says("has its seat again")
        assert postmaster(tmp_path) != before
        await goes_on(deployed, tmp_path, run)


@pytest.mark.timeout(300)
@pytest.mark.requirement("bad-input.database-read-only")
async def test_while_the_database_is_read_only_nothing_happens_and_runs_wait(tmp_path: Path) -> None:
    async with deployment(tmp_path, SLOW) as deployed:
        run = (await deployed.submit("ACC-1001")).name
        await deployed.until(run, "action.intended", "usage")
        with psycopg.connect(database(tmp_path), autocommit=True, options=CERTAIN) as connection:
            connection.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            connection.execute("SELECT pg_reload_conf()")
            await deployed.says("waiting for the database: ")
            assert await refused(deployed) == "UNAVAILABLE"
            assert deployed.mails() == []
            connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
            connection.execute("SELECT pg_reload_conf()")
        await goes_on(deployed, tmp_path, run)


@contextlib.contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """Put a file system of its own there."""
    place.mkdir(parents=True, mode=0o700)
    place.parent.chmod(0o700)
    if os.geteuid() != 0:
        pytest.skip("only root makes a file system to be filled up")
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=192m,mode=0700", "tmpfs", place], check=False, capture_output=True
    )
    if made.returncode != 0:
        pytest.skip(f"this machine lets nobody make a file system: {made.stderr.decode()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill_up(file: Path) -> None:
    """Take all the room there is."""
    with file.open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(bytes(4096))


async def until_refused(deployed: Deployment, runs: list[str]) -> grpc.StatusCode:
    """Submit until it is refused: what PostgreSQL has room for already it still takes."""
    while True:
        try:
            runs.append((await deployed.submit("ACC-1001")).name)
        except grpc.aio.AioRpcError as error:
            return error.code()


@pytest.mark.timeout(300)
@pytest.mark.requirement("bad-input.disk-full")
async def test_while_the_disk_is_full_nothing_happens_and_runs_wait(tmp_path: Path) -> None:
    place = tmp_path / "data" / "postgres"
    with small_disk(place):
        async with deployment(tmp_path, SLOW) as deployed:
            runs = [(await deployed.submit("ACC-1001")).name]
            await deployed.until(runs[0], "action.intended", "usage")
            await asyncio.to_thread(fill_up, place / "ballast")
            assert await until_refused(deployed, runs) is grpc.StatusCode.UNAVAILABLE
            await deployed.says("waiting for the database: ")
            (place / "ballast").unlink()
            for run in runs:
                ended = await deployed.end_of(run)
                assert state(ended) == "succeeded", states(ended)
            assert len(deployed.mails()) == len(runs) == effects(tmp_path)["notification"]
            assert await deployed.intact()


@pytest.mark.timeout(300)
@pytest.mark.requirement("bad-input.connections-exhausted")
async def test_while_the_database_takes_no_connections_nothing_happens_and_runs_wait(tmp_path: Path) -> None:
    async with deployment(tmp_path, SLOW) as deployed, contextlib.AsyncExitStack() as held:
        run = (await deployed.submit("ACC-1001")).name
        await deployed.until(run, "action.intended", "usage")
        url = database(tmp_path)
        control = held.enter_context(psycopg.connect(url, autocommit=True))
        with contextlib.ExitStack() as crowd:
            await fill(url, crowd)
            # Those of the server have a name, and those of the crowd have none.
            control.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name <> ''")
            await fill(url, crowd)
            assert await refused(deployed) == "UNAVAILABLE"
        await goes_on(deployed, tmp_path, run)
