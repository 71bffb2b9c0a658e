"""PostgreSQL keeps tenants apart, whatever a query forgets to say: on connections taken in the name of one."""

import asyncio
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import ProgrammingError

from assent_orchestrator.store.absence import DatabaseUnavailableError
from assent_orchestrator.store.confinement import confined_to, unconfined
from assent_orchestrator.store.engine import ROLE
from assent_orchestrator.store.migrate import migrate
from assent_orchestrator.store.postgres import Database, open_database
from assent_orchestrator.store.role import SHARED

SERVERS_OWN = {"alembic_version", "executors", "activations", "bundles", "shadows"}
"""Tables of the server itself, of which callers see nothing at all."""

WHO = sa.text("SELECT current_user::text, current_setting('assent.tenant', TRUE)")
RUNS = sa.text("SELECT id FROM assent.runs ORDER BY id")
RUN = sa.text("""
    INSERT INTO assent.runs (tenant, id, request_digest, process, process_version, revision, plan, plan_digest,
        principal, submitter, state, created_at, updated_at)
    VALUES (:tenant, :id, '', '', '', '', '{}', '', '{}', '', 'planned', now(), now())
""")
STEP = sa.text(
    "INSERT INTO assent.steps (run_id, id, position, action, agent, state) VALUES (:run, 'a', 0, '', '', '')"
)


async def made(database: Database, tenant: str) -> str:
    run = uuid.uuid4().hex
    async with database.engine.begin() as tx:
        await tx.execute(RUN, {"tenant": tenant, "id": run})
        await tx.execute(STEP, {"run": run})
    return run


@pytest.mark.requirement("orchestrator.row-level-security")
async def test_every_table_has_a_policy_or_is_nobodys_own(database: Database) -> None:
    query = """
        SELECT relname, relrowsecurity, EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid),
            has_table_privilege(:role, oid, 'SELECT, INSERT, UPDATE, DELETE')
        FROM pg_class WHERE relnamespace = 'assent'::regnamespace AND relkind IN ('r', 'p')
    """
    async with database.engine.connect() as tx:
        found = {name: rest for name, *rest in await tx.execute(sa.text(query), {"role": ROLE})}
    secured = {name for name, (enabled, policy, _) in found.items() if enabled and policy}
    missing = set(found) - secured - SERVERS_OWN - set(SHARED)
    assert not missing, f"enable row-level security on {missing}, with a policy, in the migration that makes them"
    assert {name for name, (_, _, reached) in found.items() if reached} == secured | set(SHARED)


@pytest.mark.requirement("orchestrator.row-level-security")
async def test_a_query_without_a_tenant_finds_and_changes_nothing_of_another(
    database: Database, fresh_tenant: str
) -> None:
    ours, theirs = await made(database, fresh_tenant), await made(database, f"{fresh_tenant}-other")
    with confined_to(fresh_tenant):
        async with database.engine.begin() as tx:
            assert [row.id for row in await tx.execute(RUNS)] == [ours]
            assert [run for (run,) in await tx.execute(sa.text("SELECT run_id FROM assent.steps"))] == [ours]
            assert (await tx.execute(sa.text("UPDATE assent.runs SET state = 'failed'"))).rowcount == 1
            assert (await tx.execute(sa.text("UPDATE assent.steps SET state = 'failed'"))).rowcount == 1
            assert (
                await tx.execute(sa.text("DELETE FROM assent.steps WHERE run_id = :run"), {"run": theirs})
            ).rowcount == 0
    async with database.engine.connect() as tx:
        query = sa.text("SELECT state FROM assent.runs WHERE id = :run")
        assert (await tx.execute(query, {"run": theirs})).scalar_one() == "planned"
        assert (await tx.execute(query, {"run": ours})).scalar_one() == "failed"


WRITTEN = {
    "a row": RUN,
    "a child": sa.text("INSERT INTO assent.takeovers VALUES (:theirs, 1, now(), now())"),
    "a move": sa.text("UPDATE assent.runs SET tenant = :tenant"),
}


@pytest.mark.requirement("orchestrator.row-level-security")
@pytest.mark.parametrize("what", sorted(WRITTEN))
async def test_nothing_is_written_for_another_tenant(database: Database, fresh_tenant: str, what: str) -> None:
    await made(database, fresh_tenant)
    other = f"{fresh_tenant}-other"
    values = {"tenant": other, "id": uuid.uuid4().hex, "theirs": await made(database, other)}
    with confined_to(fresh_tenant):
        async with database.engine.connect() as tx:
            with pytest.raises(ProgrammingError, match="row-level security"):
                await tx.execute(WRITTEN[what], values)


@pytest.mark.requirement("orchestrator.row-level-security")
async def test_in_nobodys_name_nothing_is_seen_and_tables_of_the_server_are_out_of_reach(
    database: Database, fresh_tenant: str
) -> None:
    await made(database, fresh_tenant)
    with confined_to(fresh_tenant):
        async with database.engine.connect() as tx:
            await tx.execute(sa.text("SET LOCAL assent.tenant = ''"))
            assert (await tx.execute(RUNS)).all() == []
        async with database.engine.connect() as tx:
            await tx.execute(sa.text("RESET assent.tenant"))
            assert (await tx.execute(RUNS)).all() == []
        for table in sorted(SERVERS_OWN):
            async with database.engine.connect() as tx:
                with pytest.raises(ProgrammingError, match="permission denied"):
                    await tx.execute(sa.text(f"SELECT * FROM assent.{table}"))


@pytest.mark.requirement("orchestrator.row-level-security")
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    turns=st.lists(
        st.tuples(
            st.sampled_from([None, "a", "b", "c'; --"]),
            st.sampled_from(["commit", "roll back", "fail", "unwind", "at once", "cancel"]),
        ),
        max_size=12,
    )
)
async def test_no_connection_keeps_for_whom_it_was_taken(
    database: Database, turns: list[tuple[str | None, str]]
) -> None:
    """Whatever became of the transaction before: the pool hands the same connection out again and again."""
    for tenant, ending in turns:
        with confined_to(tenant) if tenant is not None else unconfined():
            engine = database.engine
            if ending == "at once":
                engine = engine.execution_options(isolation_level="AUTOCOMMIT")
            async with engine.connect() as tx:
                who, whose = (await tx.execute(WHO)).one()
                assert (who, whose or None) == ((ROLE, tenant) if tenant is not None else ("assent", None))
                if ending == "commit":
                    await tx.commit()
                elif ending == "roll back":
                    await tx.rollback()
                elif ending == "fail":
                    with pytest.raises(sa.exc.DBAPIError):
                        await tx.execute(sa.text("SELECT 1 / 0"))
                elif ending == "cancel":
                    with pytest.raises(TimeoutError):
                        await asyncio.wait_for(tx.execute(sa.text("SELECT pg_sleep(10)")), 0.02)


@pytest.mark.requirement("orchestrator.row-level-security")
async def test_what_was_begun_in_the_name_of_two_tenants_at_once_stays_apart(
    database: Database, fresh_tenant: str
) -> None:
    tenants = [f"{fresh_tenant}-{number}" for number in range(8)]
    runs = {tenant: await made(database, tenant) for tenant in tenants}

    async def look(tenant: str) -> None:
        for _ in range(10):
            with confined_to(tenant):
                async with database.engine.connect() as tx:
                    await asyncio.sleep(0)
                    assert [row.id for row in await tx.execute(RUNS)] == [runs[tenant]]

    await asyncio.gather(*(look(tenant) for tenant in tenants for _ in range(3)))


@pytest.mark.requirement("orchestrator.row-level-security")
async def test_who_may_not_make_the_role_is_told_what_to_have_done(database: Database) -> None:
    name = f"guest_{uuid.uuid4().hex[:12]}"
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as admin:
        await admin.execute(sa.text(f"CREATE ROLE {name} LOGIN"))
        await admin.execute(sa.text(f"CREATE DATABASE {name} OWNER {name}"))
        url = sa.make_url(database.url).set(username=name, database=name).render_as_string(hide_password=False)
        try:
            async with open_database(url, Path("/nonexistent")) as guest:
                with pytest.raises(DatabaseUnavailableError, match=f"GRANT {ROLE} TO {name};"):
                    await migrate(guest)
                await admin.execute(sa.text(f"GRANT {ROLE} TO {name}"))
                await migrate(guest)
                ours, _ = await made(guest, "a"), await made(guest, "b")
                with confined_to("a"):
                    async with guest.engine.connect() as tx:
                        assert [row.id for row in await tx.execute(RUNS)] == [ours]
        finally:
            await admin.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
            await admin.execute(sa.text(f"DROP ROLE {name}"))


@pytest.mark.requirement("orchestrator.row-level-security")
async def test_who_may_make_roles_makes_it_and_who_may_not_is_told_so(tmp_path: Path) -> None:
    async with open_database(None, tmp_path / "postgres") as fresh:
        async with fresh.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as admin:
            for name, rights in (("plain", ""), ("maker", "CREATEROLE")):
                await admin.execute(sa.text(f"CREATE ROLE {name} LOGIN {rights}"))
                await admin.execute(sa.text(f"CREATE DATABASE {name} OWNER {name}"))
        url = sa.make_url(fresh.url)
        for name, refused in (("plain", True), ("maker", False), ("plain", True)):
            own = url.set(username=name, database=name).render_as_string(hide_password=False)
            async with open_database(own, tmp_path) as opened:
                if refused:
                    with pytest.raises(DatabaseUnavailableError, match=f"CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO"):
                        await migrate(opened)
                    continue
                await migrate(opened)
                ours, _ = await made(opened, "a"), await made(opened, "b")
                with confined_to("a"):
                    async with opened.engine.connect() as tx:
                        assert [row.id for row in await tx.execute(RUNS)] == [ours]


@pytest.mark.requirement("orchestrator.row-level-security")
async def test_a_role_that_sees_everything_keeps_nobody_apart(tmp_path: Path) -> None:
    async with open_database(None, tmp_path / "postgres") as fresh:
        await migrate(fresh)
        async with fresh.engine.begin() as tx:
            await tx.execute(sa.text(f"ALTER ROLE {ROLE} BYPASSRLS"))
        with confined_to("a"), pytest.raises(DatabaseUnavailableError, match="BYPASSRLS"):
            await fresh.engine.connect().start()
        with pytest.raises(DatabaseUnavailableError, match="BYPASSRLS"):
            await migrate(fresh)


@pytest.mark.requirement("orchestrator.row-level-security")
async def test_a_server_that_would_be_blind_itself_does_not_start(database: Database) -> None:
    name = f"guest_{uuid.uuid4().hex[:12]}"
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as admin:
        await admin.execute(sa.text(f"CREATE ROLE {name} LOGIN IN ROLE {ROLE}"))
        await admin.execute(sa.text(f"GRANT CREATE ON DATABASE assent TO {name}"))
        await admin.execute(sa.text(f"GRANT SELECT ON assent.alembic_version TO {name}"))
        try:
            url = sa.make_url(database.url).set(username=name).render_as_string(hide_password=False)
            async with open_database(url, Path("/nonexistent")) as guest:
                with pytest.raises(DatabaseUnavailableError, match="must belong to"):
                    await migrate(guest)
        finally:
            await admin.execute(sa.text(f"DROP OWNED BY {name}"))
            await admin.execute(sa.text(f"DROP ROLE {name}"))
