"""What is remembered: encrypted for each subject, bound to what it says of itself, and gone when its time is over."""

import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.errors import AlreadyExistsError, InvalidError, MemoryKeyWrongError, StateError
from assent_orchestrator.memory import expiry as expiry_module
from assent_orchestrator.memory.errors import ForgottenError, HeldError, MemoryUnreadableError
from assent_orchestrator.memory.expiry import Expiry
from assent_orchestrator.memory.holds import Holds, held_by
from assent_orchestrator.memory.memories import Memories
from assent_orchestrator.memory.vault import Vault
from assent_orchestrator.store.memory_tables import memories, receipts, subjects
from assent_orchestrator.store.tables import runs
from tests.orchestrator.memory.entries import NOW, PREFERENCES, SCRATCH, Place, fingerprints

SECRET = "Q-7731 short notes, no Latin"


async def test_a_value_is_recalled_with_the_labels_of_its_parts(place: Place) -> None:
    made = await place.remember({"style": SECRET, "mail": "x@y"}, labels={"/mail": ("pii",), "/style": ("client",)})
    found = await place.recall()
    (one,) = found.values
    assert (one.value, one.labels) == (
        {"style": SECRET, "mail": "x@y"},
        {"/mail": ("pii",), "/style": ("client",)},
    )
    assert (one.known, made.labels, found.withheld) == (made, ("client", "pii"), 0)
    assert made.expires_at == NOW + timedelta(days=30)


async def test_what_is_remembered_in_a_class_carries_its_labels(place: Place) -> None:
    declared = PREFERENCES.model_copy(update={"labels": ("confidential",)})
    await place.remember("x", declared=declared)
    (one,) = (await place.recall()).values
    assert one.labels == {"": ("client", "confidential")}


@pytest.mark.requirement("orchestrator.memory-encrypted")
async def test_neither_a_value_nor_its_subject_is_in_any_row(place: Place) -> None:
    await place.remember({"style": SECRET})
    await place.forget(subject="Somebody Else AG")
    for table in (memories, subjects, receipts):
        for row in await place.rows(table):
            text = repr(dict(row))
            for word in ("Q-7731", "ACME", "Somebody", "style"):
                assert word not in text


@pytest.mark.requirement("orchestrator.memory-encrypted")
async def test_each_subject_has_a_key_of_its_own(place: Place) -> None:
    await place.remember("a")
    await place.remember("b", subject="Other Ltd")
    first, second = await place.rows(subjects)
    assert first["wrapped_key"] != second["wrapped_key"]
    await place.change(memories, subject_key=first["subject_key"])
    with pytest.raises(MemoryUnreadableError):
        await place.recall()


@pytest.mark.requirement("orchestrator.memory-encrypted")
@pytest.mark.parametrize(
    "change",
    [
        {"labels": []},
        {"expires_at": NOW + timedelta(days=3000)},
        {"created_by": "nobody"},
        {"created_at": NOW - timedelta(seconds=1)},
        {"ciphertext": b"x" * 40},
        {"nonce": b"0" * 12},
        {"id": uuid.uuid4().hex},
        {"run_id": "r-1"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_what_somebody_changed_in_the_database_is_not_returned(place: Place, change: dict[str, Any]) -> None:
    await place.remember("a")
    await place.change(memories, **change)
    with pytest.raises(MemoryUnreadableError):
        await place.recall()


async def test_a_value_of_another_tenant_opens_nowhere_else(place: Place, database) -> None:
    await place.remember("a")
    other = Place(database.engine, f"{place.tenant}-b")
    await other.remember("b")
    assert await other.values() == ["b"]
    moved = other.memories.vault.subject_key(other.tenant, "ACME Ltd")
    await place.change(memories, tenant=other.tenant, subject_key=moved)
    with pytest.raises(MemoryUnreadableError):
        await other.recall()


async def test_a_subject_is_the_same_in_every_writing_of_unicode(place: Place) -> None:
    await place.remember("a", subject="Mu\u0308ller")
    assert await place.values(subject="M\u00fcller") == ["a"]


@pytest.mark.requirement("orchestrator.memory-ttl")
async def test_what_has_expired_is_not_returned(place: Place) -> None:
    await place.remember("short", ttl=60)
    await place.remember("long", ttl=10**9)
    assert sorted(await place.values()) == ["long", "short"]
    assert await place.values(at=NOW + timedelta(seconds=60)) == ["long"]
    assert await place.values(at=NOW + timedelta(days=30)) == []  # longer than the class says is as long as it says


@pytest.mark.requirement("orchestrator.memory-ttl")
async def test_a_shorter_ttl_of_the_bundle_holds_for_what_was_remembered_before(place: Place) -> None:
    await place.remember("a")
    shorter = PREFERENCES.model_copy(update={"ttl": "1h"})
    assert await place.values(declared=shorter, at=NOW + timedelta(minutes=59)) == ["a"]
    assert await place.values(declared=shorter, at=NOW + timedelta(minutes=60)) == []


@pytest.mark.requirement("orchestrator.memory-purpose")
async def test_what_was_remembered_for_another_purpose_is_not_recalled(place: Place) -> None:
    await place.remember("a")
    assert await place.values(declared=PREFERENCES.model_copy(update={"purpose": "Advertising"})) == []


@pytest.mark.requirement("orchestrator.memory-labels")
async def test_values_with_labels_that_are_not_granted_are_withheld_and_counted(place: Place) -> None:
    await place.remember("open")
    await place.remember("hidden", labels={"": ("client", "pii")})
    found = await place.recall(labels=frozenset({"client"}))
    assert [one.value for one in found.values] == ["open"]
    assert found.withheld == 1


@pytest.mark.requirement("orchestrator.memory-labels")
async def test_the_limit_is_of_what_is_granted_and_all_that_is_withheld_is_counted(place: Place) -> None:
    for day, (value, labels) in enumerate([("old", ()), ("open", ("client",)), *[("hidden", ("client", "pii"))] * 3]):
        await place.remember(value, labels={"": labels} if labels else {}, at=NOW + timedelta(hours=day))
    later = {"at": NOW + timedelta(days=1), "limit": 1}
    found = await place.recall(labels=frozenset({"client"}), **later)
    assert ([one.value for one in found.values], found.withheld) == (["open"], 3)
    found = await place.recall(labels=frozenset(), **later)
    assert ([one.value for one in found.values], found.withheld) == (["old"], 4)
    found = await place.recall(**later)
    assert ([one.value for one in found.values], found.withheld) == (["hidden"], 0)


@pytest.mark.requirement("orchestrator.memory-run-scoped")
async def test_what_is_remembered_for_a_run_is_there_in_that_run_alone_and_only_while_it_lasts(
    place: Place, database
) -> None:
    run = f"{place.tenant}-run"
    row = {
        "tenant": place.tenant, "id": run, "request_digest": "", "process": "p", "process_version": "1",
        "revision": "", "plan": {}, "plan_digest": "", "principal": {}, "submitter": "x", "state": "running",
        "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    async with database.engine.begin() as tx:
        await tx.execute(sa.insert(runs).values(row))
    made = await place.remember("a", declared=SCRATCH, name="scratch", run=run)
    assert (made.run_scoped, made.expires_at) == (True, None)
    here: dict[str, Any] = {"declared": SCRATCH, "name": "scratch"}
    assert await place.values(**here, run=run) == ["a"]
    assert await place.values(**here) == await place.values(**here, run="another") == []
    async with database.engine.begin() as tx:
        await tx.execute(sa.update(runs).where(runs.c.id == run).values(finished_at=NOW, state="succeeded"))
    assert await place.values(**here, run=run) == []


async def test_remembering_twice_under_one_key_is_remembering_once(place: Place) -> None:
    first = await place.remember("a", key="k")
    again = await place.remember("a", key="k")
    assert again == replace(first, again=True)
    assert len(await place.rows(memories)) == 1
    with pytest.raises(AlreadyExistsError):
        await place.remember("b", key="k")
    await place.remember("b", key="k", author="somebody-else")
    assert len(await place.rows(memories)) == 2


async def test_remembering_at_once_under_one_key_is_remembering_once(place: Place) -> None:
    done = await asyncio.gather(*(place.remember("a", key="k") for _ in range(8)))
    assert len({one.id for one in done}) == len(await place.rows(memories)) == 1


async def test_a_value_that_is_too_long_is_refused(place: Place) -> None:
    with pytest.raises(InvalidError) as caught:
        await place.remember("x" * 70_000)
    assert caught.value.code == "TOO_LARGE"
    assert await place.rows(subjects) == []


@pytest.mark.requirement("orchestrator.memory-key-wrong")
async def test_a_server_with_another_master_key_reads_and_writes_nothing(place: Place, database) -> None:
    await place.remember("a")
    before = await place.rows(subjects), await fingerprints(database.engine)
    stranger = Place(database.engine, place.tenant, Memories(Vault(b"x" * 32)))
    for attempt in (stranger.remember("b"), stranger.recall(), stranger.forget()):
        with pytest.raises(MemoryKeyWrongError):
            await attempt
    assert (await place.rows(subjects), await fingerprints(database.engine)) == before
    assert await place.values() == ["a"]


@pytest.mark.requirement("orchestrator.memory-forget")
async def test_forgetting_takes_the_values_and_the_key_and_gives_a_receipt(place: Place) -> None:
    await place.remember("a")
    await place.remember("b", name="other")
    await place.remember("c", subject="Other Ltd")
    kept = (await place.rows(subjects), await place.rows(memories))
    receipt = await place.forget()
    assert (receipt.forgotten, receipt.key_destroyed) == ({"other": 1, "preferences": 1}, True)
    assert [row["subject_key"] for row in await place.rows(subjects)] != [receipt.subject_key]
    assert await place.values() == []
    assert await place.values(subject="Other Ltd") == ["c"]
    # A copy of the row that somebody kept is worth nothing once the key is gone.
    (row,) = [row for row in kept[1] if row["class"] == "preferences" and row["subject_key"] == receipt.subject_key]
    async with place.engine.begin() as tx:
        await tx.execute(sa.insert(memories).values(dict(row)))
    with pytest.raises(MemoryUnreadableError):
        await place.recall()


@pytest.mark.requirement("orchestrator.memory-forget")
async def test_forgetting_one_class_leaves_the_others_and_the_key(place: Place) -> None:
    await place.remember("a")
    await place.remember("b", name="other")
    receipt = await place.forget(name="other")
    assert (receipt.forgotten, receipt.key_destroyed) == ({"other": 1}, False)
    assert await place.values() == ["a"]


async def test_forgetting_twice_under_one_key_gives_the_same_receipt(place: Place) -> None:
    await place.remember("a")
    first = await place.forget(key="k")
    await place.remember("b")
    assert await place.forget(key="k") == replace(first, again=True)
    assert await place.values() == ["b"]
    with pytest.raises(AlreadyExistsError):
        await place.forget(key="k", subject="Other Ltd")


@pytest.mark.requirement("orchestrator.memory-forgotten-for-good")
@pytest.mark.parametrize("by", ["forget", "sweep"])
async def test_a_retry_brings_nothing_back_that_is_gone(place: Place, by: str) -> None:
    await place.remember("a", key="k", ttl=1)
    later = NOW + timedelta(seconds=5)
    if by == "forget":
        await place.forget()
    else:
        await Expiry(place.engine, Trail(place.engine), lambda: later).sweep()
    assert await place.rows(memories) == []
    for value in ("a", "b"):
        with pytest.raises(ForgottenError):
            await place.remember(value, key="k", at=later)
    assert (await place.rows(memories), await place.rows(subjects)) == ([], [])
    await place.remember("a", key="k", author="somebody-else")
    await place.remember("a", key="another")
    assert len(await place.rows(memories)) == 2


@pytest.mark.requirement("orchestrator.memory-hold")
async def test_nothing_is_forgotten_while_a_hold_is_in_force(place: Place) -> None:
    holds = Holds(place.memories)
    await place.remember("a")
    async with place.engine.begin() as tx:
        first = await holds.place(tx, place.tenant, "ACME Ltd", reason="case 7", by="carmen", at=NOW, key="k")
        again = await holds.place(tx, place.tenant, "ACME Ltd", reason="case 7", by="carmen", at=NOW, key="k")
        second = await holds.place(tx, place.tenant, "ACME Ltd", reason="case 8", by="carmen", at=NOW, key=None)
    assert again == replace(first, again=True)
    for hold in (first, second):
        with pytest.raises(HeldError):
            await place.forget()
        async with place.engine.begin() as tx:
            assert hold.id in await held_by(tx, place.tenant, hold.subject_key)
            await holds.lift(tx, hold, reason="over", by="carmen", at=NOW)
    with pytest.raises(StateError):
        async with place.engine.begin() as tx:
            await holds.lift(tx, first, reason="over", by="carmen", at=NOW)
    assert (await place.forget()).forgotten == {"preferences": 1}


@pytest.mark.requirement("orchestrator.memory-hold")
async def test_a_hold_and_an_order_to_forget_take_turns(place: Place) -> None:
    await place.remember("a")
    async with place.engine.begin() as tx:
        await Holds(place.memories).place(tx, place.tenant, "ACME Ltd", reason="c", by="carmen", at=NOW, key=None)
        forgetting = asyncio.create_task(place.forget())
        await _until_somebody_waits(place)
        assert not forgetting.done()
    with pytest.raises(HeldError):
        await forgetting


@pytest.mark.requirement("orchestrator.memory-forget", "orchestrator.memory-ttl")
async def test_remembering_forgetting_and_expiring_at_once_leave_nothing_that_cannot_be_opened(place: Place) -> None:
    """Bounded, and in whatever order they come: a value without its key, or a key without a value, is never left."""
    expiry = Expiry(place.engine, Trail(place.engine), lambda: NOW + timedelta(seconds=1))
    async with asyncio.timeout(60):
        for _ in range(4):
            work = [place.remember(number, ttl=1 + number % 2) for number in range(6)]
            await asyncio.gather(*work, place.forget(), place.forget(name="preferences"), expiry.sweep())
    kept = await place.recall()
    assert len(kept.values) == len(await place.rows(memories))
    assert len(await place.rows(subjects)) == (1 if kept.values else 0)


@pytest.mark.requirement("orchestrator.memory-ttl")
async def test_a_subject_that_cannot_be_swept_holds_up_nobody_behind_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for ttl, subject in enumerate(("first", "second", "third"), 1):
        await place.remember(subject, subject=subject, ttl=ttl)
    keys = {one: place.memories.vault.subject_key(place.tenant, one) for one in ("first", "second", "third")}
    swept: list[str] = []

    async def held(tx: Any, tenant: str, subject_key: str) -> tuple[str, ...]:
        if tenant == place.tenant:
            swept.append(subject_key)
        if subject_key == keys["first"]:
            raise OperationalError("select", {}, Exception("lock timeout"))
        return await held_by(tx, tenant, subject_key)

    monkeypatch.setattr(expiry_module, "held_by", held)
    expiry = Expiry(place.engine, Trail(place.engine), lambda: NOW + timedelta(seconds=9))
    await expiry.sweep()
    assert swept == list(keys.values()), "who waits longest comes first"
    (left,) = await place.rows(memories)
    assert left["subject_key"] == keys["first"], "and stays, with its key, for the next round"
    monkeypatch.undo()
    await expiry.sweep()
    assert await place.rows(memories) == await place.rows(subjects) == []


async def _until_somebody_waits(place: Place) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    async with asyncio.timeout(60), place.engine.connect() as tx:
        while not await tx.scalar(sa.text(waiting)):
            await tx.rollback()
