"""What PostgreSQL itself lets somebody see and change of another tenant, of whom there is something of everything."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any
from unittest.mock import patch

import pytest
import sqlalchemy as sa

from assent_orchestrator.execution import runs
from assent_orchestrator.store import engine
from assent_orchestrator.store.confinement import confined_to
from tests.e2e.isolation.house import OURS, THEIRS, House, open_house

STRANGER = "stranger"
UNUSED = {
    "answers",
    "circuits",
    "elements",
    "handoffs",
    "notices",
    "openings",
    "receipts",
    "spent_requests",
    "shadow_counts",
    "shadow_differences",
    "takeovers",
}
"""Tables of which the house may have nothing: that a stranger sees none of it proves nothing of them."""

TABLES = sa.text("""
    SELECT relname, (
        SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
        WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    ) AS columns
    FROM pg_class WHERE relnamespace = 'assent'::regnamespace AND relkind = 'r' AND relrowsecurity ORDER BY 1
""")


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@contextlib.asynccontextmanager
async def undone(house: House, tenant: str | None) -> AsyncIterator[Any]:
    """A transaction in the name of a tenant, or of nobody in particular, of which nothing stays."""
    with confined_to(tenant) if tenant else contextlib.nullcontext():
        async with house.app.database.engine.connect() as tx:
            yield tx
            await tx.rollback()


async def rows(house: House, tenant: str | None, statement: str) -> list[Any]:
    async with undone(house, tenant) as tx:
        return list((await tx.execute(sa.text(statement))).all())


async def changed(house: House, statement: str) -> int:
    """How many rows a stranger changes; none where a table refuses it altogether."""
    async with undone(house, STRANGER) as tx:
        try:
            return int((await tx.execute(sa.text(statement))).rowcount)
        except sa.exc.DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != "42501":
                raise
            return 0


async def faults_of(house: House, table: str, columns: str) -> AsyncIterator[str]:
    last = columns.rsplit(", ", maxsplit=1)[-1]
    if found := await rows(house, STRANGER, f"SELECT * FROM assent.{table}"):
        yield f"a stranger sees {found}"
    if await changed(house, f"UPDATE assent.{table} SET {last} = {last}"):
        yield "a stranger changes something"
    if await changed(house, f"DELETE FROM assent.{table}"):
        yield "a stranger deletes something"
    every = f"INSERT INTO assent.{table} ({columns}) SELECT {columns} FROM"
    for row in await rows(house, None, f"SELECT to_jsonb(one)::text FROM assent.{table} AS one"):
        async with undone(house, STRANGER) as tx:
            copy = f"{every} jsonb_populate_record(NULL::assent.{table}, CAST(:row AS jsonb))"
            with pytest.raises(sa.exc.DBAPIError) as refused:
                await tx.execute(sa.text(copy), {"row": row[0]})
        if getattr(refused.value.orig, "sqlstate", None) != "42501":
            yield f"a stranger is refused a row for another reason: {refused.value.orig}"
            return


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.row-level-security")
async def test_no_table_shows_a_stranger_a_row_or_takes_one(house: House) -> None:
    tables = [(row.relname, row.columns) for row in await _tables(house)]
    faults = [f"{table}: {fault}" for table, columns in tables async for fault in faults_of(house, table, columns)]
    assert not faults, "\n".join(faults)


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.row-level-security")
async def test_those_whose_rows_they_are_see_them_all(house: House) -> None:
    """Without it, tables that show nothing to anybody would pass."""
    empty = set()
    for row in await _tables(house):
        query = f"SELECT count(*) FROM assent.{row.relname}"
        [(theirs,)], [(everything,)] = await rows(house, THEIRS, query), await rows(house, None, query)
        if not everything:
            empty.add(row.relname)
        # The server itself keeps a trail of what it activated, in the tenant that is its own.
        assert theirs == everything or row.relname in {"trail", "heads"}, row.relname
        assert theirs or not everything, row.relname
    assert empty <= UNUSED, empty - UNUSED


async def _tables(house: House) -> list[Any]:
    async with house.app.database.engine.connect() as tx:
        return list((await tx.execute(TABLES)).all())


@contextlib.contextmanager
def forgetful() -> Iterator[None]:
    """The query of runs forgets whose they are."""
    with patch.object(runs, "visible_runs", lambda _: sa.true()):
        yield


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.row-level-security")
async def test_a_query_that_forgets_the_tenant_finds_nothing_of_another(house: House) -> None:
    request = {"parent": f"tenants/{OURS}"}
    with forgetful():
        assert "runs" not in await house.say("RunService/ListRuns", request, OURS)
    with forgetful(), patch.object(engine, "confined", lambda: None):
        listed = await house.say("RunService/ListRuns", request, OURS)
    assert house.known["run"] in {one["name"].rpartition("/")[2] for one in listed["runs"]}
