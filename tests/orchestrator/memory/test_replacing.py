"""A new master key: everything is readable before, while and after it takes over, and not by the old one alone."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.errors import MemoryKeyWrongError
from assent_orchestrator.memory import replacing
from assent_orchestrator.memory.digest_key import open_digests
from assent_orchestrator.memory.memories import Memories
from assent_orchestrator.memory.replacing import settle_master
from assent_orchestrator.memory.vault import Vault
from assent_orchestrator.plan.digests import NO_KEY
from assent_orchestrator.store.memory_tables import memories, memory_master, subjects
from assent_orchestrator.store.migrate import migrate
from assent_orchestrator.store.postgres import Database, open_database
from tests.orchestrator.memory.entries import Place, fingerprints

pytestmark = pytest.mark.requirement("orchestrator.memory-master-replaced")

FIRST, SECOND, THIRD = (bytes([number]) * 32 for number in (1, 2, 3))


@pytest.fixture
async def other(database: Database) -> AsyncIterator[Database]:
    """A database of its own: there is one master key in each."""
    name = f"keys_{uuid.uuid4().hex[:12]}"
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(f"CREATE DATABASE {name}"))
        url = sa.make_url(database.url).set(database=name).render_as_string(hide_password=False)
        async with open_database(url, Path("/nonexistent")) as opened:
            await migrate(opened)
            yield opened
        await connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


async def server(database: Database, *masters: bytes, tenant: str = "acme") -> Place:
    """The memory of a server that starts with these master keys."""
    vault = await settle_master(Trail(database.engine), Vault(*masters))
    return Place(database.engine, tenant, Memories(vault))


async def snapshot(database: Database) -> list[Any]:
    async with database.engine.connect() as tx:
        return [
            (await tx.execute(sa.select(table).order_by(*table.primary_key))).all()
            for table in (memory_master, subjects)
        ]


async def test_what_is_remembered_stays_and_only_the_new_key_opens_it(
    other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replacing, "AT_ONCE", 2)
    before = await server(other, FIRST)
    digests = await open_digests(other.engine, before.memories)
    for number in range(5):
        await before.remember(number, subject=f"client {number}")
    await Place(other.engine, "zoo", before.memories).remember("z")
    names = [row["subject_key"] for row in await before.rows(subjects)]
    after = await server(other, SECOND, FIRST)
    assert await fingerprints(other.engine) == [Vault(SECOND).fingerprint]
    alone = await server(other, SECOND)
    for place in (after, alone):
        assert [await place.values(subject=f"client {number}") for number in range(5)] == [[n] for n in range(5)]
        assert await open_digests(other.engine, place.memories) == digests
    assert [row["subject_key"] for row in await alone.rows(subjects)] == names
    for row in await alone.rows(subjects):
        Vault(SECOND).unwrap("acme", row["subject_key"], row["wrapped_key"])
        with pytest.raises(MemoryKeyWrongError):
            Vault(FIRST).unwrap("acme", row["subject_key"], row["wrapped_key"])
    records = {tenant: await Trail(other.engine).read(tenant, limit=9) for tenant in ("acme", "zoo")}
    told = {tenant: [(one.record["event"], one.record["detail"]) for one in found] for tenant, found in records.items()}
    keys = {"from": Vault(FIRST).fingerprint, "to": Vault(SECOND).fingerprint}
    assert told == {
        "acme": [("memory.rewrapped", {"subjects": 5, **keys})],
        "zoo": [("memory.rewrapped", {"subjects": 1, **keys})],
    }


async def test_who_has_both_keys_goes_on_and_who_has_the_old_one_is_refused(other: Database) -> None:
    old, both = await server(other, FIRST), await server(other, FIRST, SECOND)
    await both.remember("a")
    assert await fingerprints(other.engine) == [Vault(FIRST).fingerprint], "the first one is what it was"
    await server(other, SECOND, FIRST)
    assert await both.values() == ["a"]
    await both.remember("b", subject="made since")
    assert await (await server(other, SECOND)).values(subject="made since") == ["b"], "it is wrapped by the new one"
    started_again = await server(other, FIRST, SECOND)
    assert await started_again.values() == ["a"]
    assert await fingerprints(other.engine) == [Vault(SECOND).fingerprint], "what was replaced does not come back"
    for stranger in (old, await server(other, FIRST), await server(other, THIRD)):
        with pytest.raises(MemoryKeyWrongError):
            await stranger.values()
        with pytest.raises(MemoryKeyWrongError):
            await stranger.remember("c")
        assert await open_digests(other.engine, stranger.memories) == NO_KEY
    assert len(await both.rows(memories)) == 2


async def test_servers_that_start_together_on_a_new_database_name_subjects_alike(other: Database) -> None:
    one, another = await server(other, FIRST, SECOND), await server(other, SECOND, FIRST)
    await one.remember("a")
    assert await another.values() == ["a"]
    await another.forget()
    assert await one.values() == []


async def test_it_is_replaced_again_and_subjects_keep_the_names_of_the_first(other: Database) -> None:
    await (await server(other, FIRST)).remember("a")
    await server(other, SECOND, FIRST)
    third = await server(other, THIRD, SECOND)
    assert await third.values() == ["a"]
    await third.remember("b")
    assert len(await third.rows(subjects)) == 1
    assert sorted(await (await server(other, THIRD)).values()) == ["a", "b"]


@pytest.mark.parametrize("after", [1, 2])
async def test_whenever_it_is_interrupted_everything_is_as_it_was_and_it_can_be_done_again(
    other: Database, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(replacing, "AT_ONCE", 1)
    before = await server(other, FIRST)
    await open_digests(other.engine, before.memories)
    for number in range(3):
        await before.remember(number, subject=f"client {number}")
    found = await snapshot(other)
    rewrapped, wrapped = Vault.rewrapped, []

    def interrupted(self: Vault, tenant: str, subject_key: str, key: bytes) -> bytes:
        wrapped.append(subject_key)
        if len(wrapped) > after:
            raise asyncio.CancelledError
        return rewrapped(self, tenant, subject_key, key)

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "rewrapped", interrupted)
        with pytest.raises(asyncio.CancelledError):
            await server(other, SECOND, FIRST)
    assert len(wrapped) == after + 1
    assert await snapshot(other) == found
    assert await before.values(subject="client 2") == [2]
    again = await server(other, SECOND, FIRST)
    assert [await again.values(subject=f"client {number}") for number in range(3)] == [[0], [1], [2]]


async def test_while_keys_are_wrapped_readers_go_on_and_writers_wait(
    other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = await server(other, FIRST, SECOND)
    await both.remember("a")
    begun, go_on = asyncio.Event(), asyncio.Event()
    rewrap = replacing._rewrap

    async def slow(*args: Any) -> Any:
        begun.set()
        await go_on.wait()
        return await rewrap(*args)

    monkeypatch.setattr(replacing, "_rewrap", slow)
    async with asyncio.timeout(60):
        taking_over = asyncio.create_task(server(other, SECOND, FIRST))
        await begun.wait()
        assert await both.values() == ["a"]
        writing = asyncio.create_task(both.remember("b", subject="new"))
        await asyncio.wait({writing}, timeout=0.2)
        assert not writing.done()
        go_on.set()
        alone = await taking_over
        await writing
        assert await alone.values(subject="new") == ["b"]
        assert await (await server(other, SECOND)).values(subject="new") == ["b"]
