import asyncio
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from assent_orchestrator.audit.chain import AuditError
from assent_orchestrator.audit.record import Actor, Draft
from assent_orchestrator.audit.share import Share
from assent_orchestrator.audit.trail import AuditUnavailableError, Trail
from assent_orchestrator.audit.verify import verify_trail
from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.errors import UnavailableError
from assent_orchestrator.store import postgres
from assent_orchestrator.store.confinement import confined_to
from assent_orchestrator.store.tables import heads, permits
from assent_orchestrator.store.tables import trail as trail_table

CREATED = Draft(event="run.created", run="r1", actor=Actor(kind="user", id="alice"))


async def append(trail: Trail, tenant: str, *drafts: Draft):
    async with trail.recording() as tx:
        return await trail.append(tx, tenant, drafts)


async def test_records_are_numbered_from_one_and_read_back_in_order(trail, fresh_tenant):
    first = await append(trail, fresh_tenant, CREATED, Draft(event="run.started", run="r2"))
    second = await append(trail, fresh_tenant, Draft(event="run.finished", run="r1"))
    assert [one.seq for one in (*first, *second)] == [1, 2, 3]
    entries = await trail.read(fresh_tenant)
    assert [(entry.seq, entry.record["event"]) for entry in entries] == [
        (1, "run.created"), (2, "run.started"), (3, "run.finished"),
    ]  # fmt: skip
    assert entries[1].record["prev"] == entries[0].hash == first[0].hash
    assert entries[0].record["record_id"] == first[0].record_id
    assert [entry.seq for entry in await trail.read(fresh_tenant, Wanted(run="r1"))] == [1, 3]
    assert [entry.seq for entry in await trail.read(fresh_tenant, after_seq=1, limit=1)] == [2]


async def test_a_tenant_never_sees_the_records_of_another(trail, fresh_tenant):
    await append(trail, fresh_tenant, CREATED)
    assert await trail.read(f"{fresh_tenant}-other", Wanted(run="r1")) == []


@pytest.mark.requirement("audit.one-transaction")
async def test_the_record_and_the_state_change_live_or_die_together(database, trail, fresh_tenant):
    class OvertakenError(Exception):
        pass

    async def overtaken():
        async with trail.recording() as tx:
            await tx.execute(sa.text("CREATE TABLE assent.half_done (id int)"))
            await trail.append(tx, fresh_tenant, [CREATED])
            raise OvertakenError

    with pytest.raises(OvertakenError):
        await overtaken()
    assert await trail.read(fresh_tenant) == []
    async with database.engine.connect() as connection:
        assert (await connection.execute(sa.text("SELECT to_regclass('assent.half_done')"))).scalar() is None
    # The number was not used up: the next record is the first.
    assert [one.seq for one in await append(trail, fresh_tenant, CREATED)] == [1]


@pytest.mark.requirement("audit.append-only")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE assent.trail SET event = 'run.finished' WHERE tenant = :tenant",
        "DELETE FROM assent.trail WHERE tenant = :tenant",
        "TRUNCATE assent.trail",
        "DELETE FROM assent.heads WHERE tenant = :tenant",
        "TRUNCATE assent.heads",
        "UPDATE assent.heads SET seq = seq - 1 WHERE tenant = :tenant",
        "UPDATE assent.heads SET hash = decode('00', 'hex') WHERE tenant = :tenant",
    ],
)
async def test_the_database_refuses_to_change_what_is_recorded(database, trail, fresh_tenant, statement):
    await append(trail, fresh_tenant, CREATED, CREATED)
    parameters = {"tenant": fresh_tenant} if ":tenant" in statement else {}
    with pytest.raises(sa.exc.ProgrammingError, match="append-only"):
        async with database.engine.begin() as tx:
            await tx.execute(sa.text(statement), parameters)
    assert (await verify_trail(database.engine, fresh_tenant)).records == 2


@pytest.mark.requirement("audit.gapless")
async def test_twenty_appenders_at_once_leave_no_gap(database, trail, fresh_tenant):
    await asyncio.gather(*(append(trail, fresh_tenant, CREATED, CREATED) for _ in range(20)))
    verification = await verify_trail(database.engine, fresh_tenant)
    assert (verification.records, verification.fault) == (40, None)


@pytest.mark.requirement("audit.gapless")
async def test_appenders_in_several_processes_leave_no_gap(database, fresh_tenant):
    program = str(Path(__file__).with_name("append_many.py"))
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, program, database.url, fresh_tenant, writer, "25")
        for writer in ("a", "b")
    ]
    assert await asyncio.wait_for(asyncio.gather(*(process.wait() for process in processes)), 60) == [0, 0]
    verification = await verify_trail(database.engine, fresh_tenant)
    assert (verification.records, verification.fault) == (50, None)


async def test_a_failed_append_among_others_leaves_no_gap(database, trail, fresh_tenant):
    too_long = Draft(event="run.created", detail={"text": "x" * 60_000})
    results = await asyncio.gather(
        *(append(trail, fresh_tenant, CREATED, *([too_long] if number % 3 == 0 else [])) for number in range(9)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, AuditError) for result in results) == 3
    verification = await verify_trail(database.engine, fresh_tenant)
    assert (verification.records, verification.fault) == (6, None)


@pytest.mark.requirement("audit.unavailable")
async def test_a_trail_that_cannot_be_written_says_so_in_one_way(fresh_tenant):
    nowhere = create_async_engine("postgresql+psycopg://nobody@/nothing?host=/nonexistent")
    with pytest.raises(UnavailableError) as caught:
        await append(Trail(nowhere), fresh_tenant, CREATED)
    assert caught.value.code == "AUDIT_UNAVAILABLE"
    with pytest.raises(AuditUnavailableError):
        await Trail(nowhere).read(fresh_tenant)
    with pytest.raises(AuditUnavailableError):
        await verify_trail(nowhere, fresh_tenant)
    await nowhere.dispose()


@pytest.mark.requirement("audit.unavailable")
async def test_a_connection_that_breaks_before_the_commit_is_a_trail_that_cannot_be_written(
    database, trail, fresh_tenant
):
    async def cut_off():
        async with trail.recording() as tx:
            await trail.append(tx, fresh_tenant, [CREATED])
            own = (await tx.execute(sa.text("SELECT pg_backend_pid()"))).scalar_one()
            async with database.engine.connect() as other:
                await other.execute(sa.select(sa.func.pg_terminate_backend(own)))

    with pytest.raises(AuditUnavailableError):
        await cut_off()
    assert await trail.read(fresh_tenant) == []


@pytest.mark.requirement("audit.unavailable")
async def test_a_connection_that_breaks_in_the_one_statement_writes_nothing_and_is_replaced(
    database, fresh_tenant, monkeypatch
):
    monkeypatch.setattr(postgres, "_RESTED_SECONDS", 3600.0)  # nobody asks beforehand whether it is there
    share = Share((Draft(event="decision.made", actor=Actor(kind="agent", id="bot")),), permits)
    async with postgres.open_database(database.url, Path("unused")) as ours:
        trail = Trail(ours.engine)
        await trail.commit(fresh_tenant, share)
        await trail.commit(fresh_tenant, share)
        with confined_to(fresh_tenant):  # as what is committed together is
            async with ours.engine.connect() as connection:
                own = (await connection.execute(sa.text("SELECT pg_backend_pid()"))).scalar_one()
        async with database.engine.begin() as other:
            await other.execute(sa.select(sa.func.pg_terminate_backend(own, 5000)))
        with pytest.raises(AuditUnavailableError):
            await trail.commit(fresh_tenant, share)
        assert len(await trail.read(fresh_tenant)) == 2
        await trail.commit(fresh_tenant, share)
        verification = await verify_trail(ours.engine, fresh_tenant)
    assert (verification.fault, verification.records) == (None, 3)


async def test_a_head_is_there_from_the_first_record_on(database, trail, fresh_tenant):
    (appended,) = await append(trail, fresh_tenant, CREATED)
    async with database.engine.connect() as connection:
        head = (await connection.execute(sa.select(heads).where(heads.c.tenant == fresh_tenant))).one()
        row = (await connection.execute(sa.select(trail_table).where(trail_table.c.tenant == fresh_tenant))).one()
    assert (head.seq, head.hash) == (row.seq, row.hash)
    assert appended.hash == f"sha256:{head.hash.hex()}"


async def test_nothing_to_append_is_nothing_done(trail, fresh_tenant):
    assert await append(trail, fresh_tenant) == ()
    assert await trail.read(fresh_tenant) == []
