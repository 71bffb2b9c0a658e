import asyncio
import os
import signal
import stat
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from assent_orchestrator.store import cluster
from assent_orchestrator.store.absence import DatabaseUnavailableError
from assent_orchestrator.store.embedded import EmbeddedServer
from assent_orchestrator.store.postgres import open_database

HOLD_OPEN = str(Path(__file__).with_name("hold_open.py"))
LONG = 60.0  # seconds that nothing here should ever take


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not pytest's own folder: its path may be too long for a socket.
    with tempfile.TemporaryDirectory(prefix="assent-", ignore_cleanup_errors=True) as scratch:
        yield Path(scratch) / "postgres"


async def hold(folder: Path) -> tuple[Process, int]:
    """Open the database in a process of its own; return it and the server's process id."""
    process = await asyncio.create_subprocess_exec(sys.executable, HOLD_OPEN, str(folder), stdin=PIPE, stdout=PIPE)
    assert process.stdout is not None
    return process, int(await asyncio.wait_for(process.stdout.readline(), LONG))


async def let_go(process: Process) -> int:
    assert process.stdin is not None
    process.stdin.close()
    return await asyncio.wait_for(process.wait(), LONG)


def server_pid(folder: Path) -> int | None:
    try:
        return int((folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except FileNotFoundError:
        return None


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def count(folder: Path) -> int:
    async with open_database(None, folder) as database, database.engine.connect() as connection:
        return int((await connection.execute(sa.text("SELECT count(*) FROM kept"))).scalar_one())


@pytest.mark.requirement("orchestrator.embedded-postgres")
async def test_it_is_reached_by_us_alone_and_keeps_what_it_commits(database):
    async with database.engine.connect() as connection:
        settings = {
            name: (await connection.execute(sa.text(f"SHOW {name}"))).scalar_one()
            for name in ("listen_addresses", "fsync", "synchronous_commit", "full_page_writes", "max_connections")
        }
        where = Path((await connection.execute(sa.text("SHOW unix_socket_directories"))).scalar_one().strip('"'))
    assert settings == {
        "listen_addresses": "",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "max_connections": "200",
    }
    folder = where.parent
    for path in (folder, where, folder / "data"):
        assert mode(path) == 0o700
    for path in (folder / "server.log", folder / "users.lock", folder / "turn.lock"):
        assert mode(path) == 0o600


@pytest.mark.requirement("orchestrator.embedded-postgres")
async def test_it_outlives_a_kill_of_our_process_and_the_next_start_attaches_to_it(folder):
    process, before = await hold(folder)
    process.kill()
    await asyncio.wait_for(process.wait(), LONG)
    async with open_database(None, folder) as database, database.engine.connect() as connection:
        assert server_pid(folder) == before
        assert (await connection.execute(sa.text("SELECT count(*) FROM kept"))).scalar_one() == 1
    # The killed one does not count as a user any more.
    assert server_pid(folder) is None


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
async def test_a_signal_ends_our_process_soon_and_harms_no_data(folder, sign):
    process, _ = await hold(folder)
    process.send_signal(sign)
    assert process.stdin is not None
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), LONG) != 0
    assert await count(folder) == 1


async def test_the_last_one_to_leave_stops_it(folder):
    first, pid = await hold(folder)
    second, same = await hold(folder)
    assert pid == same
    assert await let_go(first) == 0
    assert server_pid(folder) == pid
    assert await let_go(second) == 0
    assert server_pid(folder) is None
    assert await count(folder) == 2


async def test_processes_that_start_at_once_share_one(folder):
    held = await asyncio.gather(*(hold(folder) for _ in range(3)))
    assert len({pid for _, pid in held}) == 1
    assert await asyncio.gather(*(let_go(process) for process, _ in held)) == [0, 0, 0]
    assert server_pid(folder) is None


async def test_a_server_that_was_killed_recovers_what_it_had_committed(folder):
    process, pid = await hold(folder)
    os.kill(pid, signal.SIGKILL)
    process.kill()
    await asyncio.wait_for(process.wait(), LONG)
    assert await count(folder) == 1


async def test_a_pid_file_that_names_another_program_does_not_keep_it_from_starting(folder):
    process, pid = await hold(folder)
    os.kill(pid, signal.SIGKILL)
    process.kill()
    await asyncio.wait_for(process.wait(), LONG)
    pid_file = folder / "data" / "postmaster.pid"
    pid_file.write_text(pid_file.read_text(encoding="utf-8").replace(str(pid), str(os.getpid()), 1), encoding="utf-8")
    assert await count(folder) == 1


async def test_being_cancelled_while_it_starts_leaves_nothing_running(folder):
    async def open_and_wait():
        async with open_database(None, folder):
            await asyncio.Event().wait()

    opening = asyncio.create_task(open_and_wait())
    await asyncio.wait({opening}, timeout=0.05)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(opening, LONG)
    assert server_pid(folder) is None


async def test_a_path_too_long_for_a_socket_gets_a_private_place_for_it(folder):
    deep = folder / ("x" * 120)
    async with open_database(None, deep) as database:
        sockets = Path(str(database.engine.url.query["host"]))
        assert sockets.parent == Path(tempfile.gettempdir())
        assert mode(sockets) == 0o700
    assert not await asyncio.to_thread(sockets.exists), "nobody would look for it there"


async def test_a_place_for_the_socket_that_is_not_ours_alone_is_refused(folder):
    deep = folder / ("x" * 120)
    server = EmbeddedServer(deep)
    server._prepare()
    sockets = server._sockets
    sockets.symlink_to(folder.parent)
    try:
        with pytest.raises(DatabaseUnavailableError, match="0700"):
            server.start()
    finally:
        sockets.unlink()


async def test_a_server_that_cannot_start_is_named_with_where_to_look(folder, monkeypatch):
    monkeypatch.setitem(cluster._SETTINGS, "max_connections", "none")
    with pytest.raises(DatabaseUnavailableError, match=r"server\.log") as caught:
        async with open_database(None, folder):
            pass
    assert caught.value.code == "DATABASE_UNAVAILABLE"


async def test_a_half_made_cluster_is_never_taken_for_one(folder, monkeypatch):
    server = EmbeddedServer(folder)
    ran = server._cluster._run
    monkeypatch.setattr(
        server._cluster, "_run", lambda program, *arguments: ran(program, *arguments) and program != "initdb"
    )
    with pytest.raises(DatabaseUnavailableError):
        await asyncio.to_thread(server.start)
    assert not (folder / "data").exists()
    async with open_database(None, folder):
        assert server_pid(folder) is not None
