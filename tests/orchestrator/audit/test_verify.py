import asyncio
import hashlib
import json
from itertools import pairwise

import pytest
import sqlalchemy as sa

from assent_orchestrator.audit.chain import Head
from assent_orchestrator.audit.record import Actor, Draft
from assent_orchestrator.audit.verify import verify_trail
from assent_sidecar.canonical import canonical

EDIT = (
    "UPDATE assent.trail SET record = convert_to(replace(convert_from(record, 'UTF8'), 'alice', 'mallory'), 'UTF8')"
    " WHERE tenant = :tenant AND seq = {seq}"
)
REHASH = "UPDATE assent.trail SET hash = sha256(record) WHERE tenant = :tenant AND seq = {seq}"
MOVE = "UPDATE assent.trail SET seq = {after} WHERE tenant = :tenant AND seq = {before}"
COPY = (
    "INSERT INTO assent.trail (tenant, seq, run_id, event, recorded_at, record, hash)"
    " SELECT tenant, {after}, run_id, event, recorded_at, record, hash FROM assent.trail"
    " WHERE tenant = :tenant AND seq = {before}"
)
DELETE = "DELETE FROM assent.trail WHERE tenant = :tenant AND seq = {seq}"
FORGE = "UPDATE assent.trail SET {change} WHERE tenant = :tenant AND seq = 3"

TAMPERINGS = {
    "edited": ([EDIT.format(seq=3)], 3, "EDITED"),
    "edited, hash made to fit": ([EDIT.format(seq=3), REHASH.format(seq=3)], 4, "NOT_LINKED"),
    "newest edited, hash made to fit": ([EDIT.format(seq=6), REHASH.format(seq=6)], 6, "HEAD_DIFFERS"),
    "hash edited": (["UPDATE assent.trail SET hash = sha256('') WHERE tenant = :tenant AND seq = 2"], 2, "EDITED"),
    "deleted first": ([DELETE.format(seq=1)], 1, "MISSING"),
    "deleted": ([DELETE.format(seq=4)], 4, "MISSING"),
    "deleted, gap closed": (
        [DELETE.format(seq=4), MOVE.format(before=5, after=4), MOVE.format(before=6, after=5)], 4, "MOVED",
    ),
    "reordered": (
        [MOVE.format(before=2, after=99), MOVE.format(before=3, after=2), MOVE.format(before=99, after=3)], 2, "MOVED",
    ),
    "inserted at the end": ([COPY.format(before=2, after=7)], 7, "MOVED"),
    "inserted in the middle": (
        [MOVE.format(before=6, after=7), MOVE.format(before=5, after=6), COPY.format(before=2, after=5)], 5, "MOVED",
    ),
    "truncated": ([DELETE.format(seq=6), DELETE.format(seq=5)], 5, "TRUNCATED"),
    "emptied": (["DELETE FROM assent.trail WHERE tenant = :tenant"], 1, "TRUNCATED"),
    "head set back": (["UPDATE assent.heads SET seq = 4 WHERE tenant = :tenant"], 5, "BEYOND_HEAD"),
    "head hash changed": (["UPDATE assent.heads SET hash = sha256('') WHERE tenant = :tenant"], 6, "HEAD_DIFFERS"),
    "head deleted": (["DELETE FROM assent.heads WHERE tenant = :tenant"], 6, "HEAD_MISSING"),
    "run column forged": ([FORGE.format(change="run_id = 'other'")], 3, "INDEX_FORGED"),
    "run column emptied": ([FORGE.format(change="run_id = NULL")], 3, "INDEX_FORGED"),
    "event column forged": ([FORGE.format(change="event = 'run.finished'")], 3, "INDEX_FORGED"),
    "time column forged": ([FORGE.format(change="recorded_at = recorded_at + interval '1 us'")], 3, "INDEX_FORGED"),
    "not JSON": (
        ["UPDATE assent.trail SET record = 'x', hash = sha256('x') WHERE tenant = :tenant AND seq = 3"],
        3, "UNREADABLE",
    ),
}  # fmt: skip


async def six_records(trail, tenant: str):
    draft = Draft(event="run.created", run="r1", actor=Actor(kind="user", id="alice"))
    async with trail.recording() as tx:
        return await trail.append(tx, tenant, [draft] * 6)


async def tamper(database, tenant: str, *statements: str, **parameters: object) -> None:
    """Change the trail as somebody with all rights on the database would."""
    async with database.engine.begin() as tx:
        await tx.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            await tx.execute(sa.text(statement), {"tenant": tenant, **parameters})


async def test_an_untouched_trail_holds(database, trail, fresh_tenant):
    appended = await six_records(trail, fresh_tenant)
    verification = await verify_trail(database.engine, fresh_tenant)
    assert verification.fault is None
    assert verification.records == 6
    assert verification.head == Head(6, bytes.fromhex(appended[-1].hash.removeprefix("sha256:")))


async def test_a_trail_that_never_began_holds(database, fresh_tenant):
    verification = await verify_trail(database.engine, fresh_tenant)
    assert (verification.records, verification.fault) == (0, None)


@pytest.mark.requirement("audit.verify-finds-tampering")
@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS.keys())
async def test_tampering_is_found_at_its_first_record(database, trail, fresh_tenant, tampering):
    statements, seq, code = tampering
    await six_records(trail, fresh_tenant)
    await tamper(database, fresh_tenant, *statements)
    fault = (await verify_trail(database.engine, fresh_tenant)).fault
    assert fault is not None
    assert (fault.seq, fault.code) == (seq, code)
    assert fault.why


async def test_a_record_of_another_tenant_is_found_out(database, trail, fresh_tenant):
    await six_records(trail, fresh_tenant)
    await six_records(trail, f"{fresh_tenant}-other")
    await tamper(
        database,
        fresh_tenant,
        DELETE.format(seq=1),
        "UPDATE assent.trail SET tenant = :tenant WHERE tenant = :other AND seq = 1",
        other=f"{fresh_tenant}-other",
    )
    fault = (await verify_trail(database.engine, fresh_tenant)).fault
    assert fault is not None
    assert (fault.seq, fault.code) == (1, "MOVED")


async def test_a_trail_rewritten_as_a_whole_is_found_out_by_who_remembers_its_head(database, trail, fresh_tenant):
    appended = await six_records(trail, fresh_tenant)
    remembered = Head(4, bytes.fromhex(appended[3].hash.removeprefix("sha256:")))
    assert (await verify_trail(database.engine, fresh_tenant, remembered=remembered)).fault is None
    content, before = b"", "sha256:" + "0" * 64
    for entry in await trail.read(fresh_tenant):
        content = canonical(entry.record | {"prev": before, "actor": {"kind": "user", "id": "mallory"}})
        before = f"sha256:{hashlib.sha256(content).hexdigest()}"
        await tamper(
            database,
            fresh_tenant,
            "UPDATE assent.trail SET record = :record, hash = sha256(:record) WHERE tenant = :tenant AND seq = :seq",
            record=content,
            seq=entry.seq,
        )
    await tamper(
        database, fresh_tenant, "UPDATE assent.heads SET hash = sha256(:record) WHERE tenant = :tenant", record=content
    )
    assert (await verify_trail(database.engine, fresh_tenant)).fault is None
    fault = (await verify_trail(database.engine, fresh_tenant, remembered=remembered)).fault
    assert fault is not None
    assert (fault.seq, fault.code) == (4, "REWRITTEN")


async def test_verification_holds_while_others_append(database, trail, fresh_tenant):
    await six_records(trail, fresh_tenant)
    appending = asyncio.gather(*(six_records(trail, fresh_tenant) for _ in range(10)))
    verifications = [await verify_trail(database.engine, fresh_tenant) for _ in range(5)]
    await appending
    assert [verification.fault for verification in verifications] == [None] * 5
    assert (await verify_trail(database.engine, fresh_tenant)).records == 66


async def test_what_is_stored_is_what_docs_say_to_check_by_hand(database, trail, fresh_tenant):
    await six_records(trail, fresh_tenant)
    async with database.engine.connect() as connection:
        rows = (
            await connection.execute(
                sa.text("SELECT convert_from(record, 'UTF8') AS line, hash FROM assent.trail WHERE tenant = :t"),
                {"t": fresh_tenant},
            )
        ).all()
    for before, after in pairwise(rows):
        assert hashlib.sha256(before.line.encode()).digest() == before.hash
        assert json.loads(after.line)["prev"] == f"sha256:{before.hash.hex()}"
