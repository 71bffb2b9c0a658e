import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from assent_orchestrator.store import cluster, postgres
from assent_orchestrator.store.postgres import DatabaseUnavailableError, open_database
from assent_sidecar.canonical import canonical

NOT_NEEDED = Path("/nonexistent")

RUN_A_WORKFLOW = """
import sys
from dbos import DBOS
@DBOS.workflow()
def greet(name: str) -> str:
    return f"hello {name}"
DBOS(config={"name": "assent-test", "system_database_url": sys.argv[1], "dbos_system_schema": "engine_test"})
DBOS.launch()
print(greet("world"))
DBOS.destroy()
"""


@pytest.mark.requirement("orchestrator.database-by-url")
@pytest.mark.parametrize("form", ["url", "sync_url"])
async def test_a_database_of_the_users_own_is_used_by_its_url(database, form):
    async with open_database(getattr(database, form), NOT_NEEDED) as opened, opened.engine.connect() as connection:
        assert (opened.url, opened.sync_url) == (database.url, database.sync_url)
        assert (await connection.execute(sa.text("SELECT current_database()"))).scalar_one() == "assent"


async def test_a_folder_with_a_space_in_its_name_is_reached_through_libpq_too(database):
    socket = str(sa.make_url(database.url).query["host"])
    with tempfile.TemporaryDirectory(prefix="a space + ") as folder:
        link = Path(folder) / "run"
        link.symlink_to(str(socket))
        url = sa.make_url(database.url).update_query_dict({"host": str(link)})
        async with (
            open_database(url.render_as_string(hide_password=False), NOT_NEEDED) as opened,
            await psycopg.AsyncConnection.connect(opened.sync_url) as connection,
        ):
            assert connection.info.host == str(link)


@pytest.mark.requirement("orchestrator.failover")
@pytest.mark.parametrize(
    "hosts", ["@{a},{b}/assent?", "@{a}:5432,{b}:5432/assent?", "@/assent?host={a},{b}&port=5432,5432&"]
)
async def test_of_a_server_and_its_standby_whichever_takes_writes_is_used(database, hosts):
    socket = str(sa.make_url(database.url).query["host"])
    places = {"a": quote("/nowhere", safe=""), "b": quote(socket, safe="")}
    url = f"postgresql://assent{hosts.format_map(places)}target_session_attrs=read-write"
    async with (
        open_database(url, NOT_NEEDED) as opened,
        opened.engine.connect() as connection,
        await psycopg.AsyncConnection.connect(opened.sync_url) as other,
    ):
        assert (await connection.execute(sa.text("SHOW unix_socket_directories"))).scalar_one().strip('"') == socket
        assert other.info.host == socket


@pytest.mark.parametrize(
    "url",
    [
        "mysql://localhost/x",
        "sqlite:///x",
        "not a url",
        "postgresql+asyncpg://h/x",
        "postgresql://h:port/x",
        "postgresql://a:1,b:2/x?nonsense=1",
    ],
)
async def test_what_is_not_postgresql_is_refused(url):
    with pytest.raises(DatabaseUnavailableError, match="postgresql://"):
        async with open_database(url, NOT_NEEDED):
            pass


async def test_a_database_that_is_away_is_named_without_its_password():
    with pytest.raises(DatabaseUnavailableError, match="cannot be reached") as caught:
        async with open_database("postgresql://me:hunter2@/x?host=/nonexistent", NOT_NEEDED):
            pass
    assert "hunter2" not in str(caught.value)


async def test_an_open_database_does_not_show_its_password(database):
    url = sa.make_url(database.url).set(password="hunter2").render_as_string(hide_password=False)
    async with open_database(url, NOT_NEEDED) as opened:  # trusted on the socket: the password is not asked for
        assert "hunter2" in opened.url
        assert "hunter2" not in repr(opened)


async def test_a_database_that_does_not_keep_its_commits_is_refused(monkeypatch):
    monkeypatch.setitem(cluster._SETTINGS, "fsync", "off")
    with (
        tempfile.TemporaryDirectory(prefix="assent-") as folder,
        pytest.raises(DatabaseUnavailableError, match="fsync"),
    ):
        async with open_database(None, Path(folder) / "postgres"):
            pass


async def test_commits_are_durable_even_where_the_default_is_not(database):
    url = sa.make_url(database.url)
    async with database.engine.begin() as tx:
        await tx.execute(sa.text("CREATE ROLE careless LOGIN"))
        await tx.execute(sa.text("ALTER ROLE careless SET synchronous_commit = off"))
    careless = url.set(username="careless").render_as_string()
    async with open_database(careless, NOT_NEEDED) as opened, opened.engine.connect() as connection:
        assert (await connection.execute(sa.text("SHOW synchronous_commit"))).scalar_one() == "on"


@pytest.mark.requirement("orchestrator.embedded-postgres")
async def test_the_durable_engine_takes_the_same_database(database):
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", RUN_A_WORKFLOW, database.sync_url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines()[-1:] == ["hello world"], done.stderr


async def test_a_connection_that_was_lost_while_it_rested_is_replaced(database, monkeypatch):
    monkeypatch.setattr(postgres, "_RESTED_SECONDS", 0.0)
    async with open_database(database.url, NOT_NEEDED) as ours:
        async with ours.engine.connect() as connection:
            first = (await connection.execute(sa.text("SELECT pg_backend_pid()"))).scalar_one()
        async with database.engine.begin() as other:
            await other.execute(sa.select(sa.func.pg_terminate_backend(first, 5000)))
        async with ours.engine.connect() as connection:
            assert (await connection.execute(sa.text("SELECT pg_backend_pid()"))).scalar_one() != first


EXACT = 2**53 - 1
NUMBERS = [0, -1, EXACT, -EXACT, 0.1 + 0.2, 1.5e-9, 5e-324, 2.0**53, -(2.0**60), 1e16, 1e22, 1.7976931348623157e308]


async def test_numbers_come_back_as_what_they_were_when_they_went_in(database):
    kept = {"numbers": NUMBERS, "text": "12345678901234567890", "12345678901234567890": [{"n": 1e22}]}
    async with open_database(database.url, NOT_NEEDED) as opened, opened.engine.connect() as connection:
        back = (await connection.execute(sa.select(sa.cast(kept, JSONB)))).scalar_one()
    assert back == kept
    assert [type(number) for number in back["numbers"]] == [type(number) for number in NUMBERS]
    assert canonical(back) == canonical(kept)
