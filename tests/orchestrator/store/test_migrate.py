import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from assent_orchestrator.store.migrate import migrate
from assent_orchestrator.store.postgres import Database, DatabaseUnavailableError, open_database
from assent_orchestrator.store.tables import metadata


@pytest.fixture
async def empty(database: Database) -> AsyncIterator[Database]:
    """A database without tables."""
    name = f"empty_{uuid.uuid4().hex[:12]}"
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(f"CREATE DATABASE {name}"))
        url = sa.make_url(database.url).set(database=name).render_as_string(hide_password=False)
        async with open_database(url, Path("/nonexistent")) as opened:
            yield opened
        await connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


def _differences(connection: sa.Connection) -> list[object]:
    context = MigrationContext.configure(
        connection,
        opts={
            "include_schemas": True,
            "include_name": lambda name, kind, _: kind != "schema" or name == metadata.schema,
            "version_table_schema": metadata.schema,
            "compare_server_default": True,
        },
    )
    return list(compare_metadata(context, metadata))


async def test_the_revisions_make_exactly_the_tables_that_the_code_speaks_of(database):
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_migrating_again_changes_nothing(database):
    await migrate(database)
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_servers_that_start_at_once_take_turns(empty):
    await asyncio.gather(*(migrate(empty) for _ in range(4)))
    async with empty.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_a_database_of_a_newer_version_is_left_alone(empty):
    await migrate(empty)
    async with empty.engine.begin() as tx:
        await tx.execute(sa.text("UPDATE assent.alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnavailableError, match="newer"):
        await migrate(empty)


async def test_a_role_that_may_not_make_tables_is_told_so(empty):
    async with empty.engine.begin() as tx:
        await tx.execute(sa.text("CREATE ROLE guest LOGIN"))
    url = sa.make_url(empty.url).set(username="guest").render_as_string()
    async with open_database(url, Path("/nonexistent")) as guest:
        with pytest.raises(DatabaseUnavailableError, match="role"):
            await migrate(guest)
