"""The memories of one database: written and read in the transaction of whoever had it decided."""

import asyncio
import json
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.clock import later
from assent_orchestrator.errors import AlreadyExistsError, Fault, InvalidError, MemoryKeyWrongError
from assent_orchestrator.memory.entry import (
    MAX_VALUE_BYTES,
    MOST_RECALLED,
    Entry,
    Recalled,
    Recollection,
    Remembered,
    Sought,
)
from assent_orchestrator.memory.errors import ForgottenError, MemoryUnreadableError
from assent_orchestrator.memory.locks import lock_subject, master_lock
from assent_orchestrator.memory.rows import KNOWN, about, known_of, row_of
from assent_orchestrator.memory.vault import DataKey, Sealed, Vault
from assent_orchestrator.plan.label import fit, join, names
from assent_orchestrator.store.memory_tables import memories, memory_master, spent_requests, subjects
from assent_orchestrator.store.tables import runs
from assent_sidecar.canonical import canonical
from assent_sidecar.model import seconds

_AN_AGE = 300 * 366 * 86400.0
"""Seconds beyond which no ttl makes a difference, and no calendar is left."""


@dataclass(frozen=True, slots=True)
class Memories:
    """Remembers and recalls what was decided already; ``vault`` has the master key.

    Nothing here asks whether it may, and nothing is written to the trail: the keeper and steps of runs do that.
    """

    vault: Vault

    async def remember(self, tx: AsyncConnection, entry: Entry) -> Remembered:
        """Store a value, encrypted; the same key by the same author is the same memory.

        Raises:
            InvalidError: the value is too long (``TOO_LARGE``).
            AlreadyExistsError: the key was used for something else.
            ForgottenError: what was remembered by this key is gone; it is not remembered again.
            MemoryKeyWrongError: this server has not got the master key of the database.
        """
        declared = entry.declared
        labels = fit(join(entry.labels, {"": declared.labels}), entry.value)
        content = canonical({"value": entry.value, "labels": labels})
        if len(content) > MAX_VALUE_BYTES:
            told = f"a value has at most {MAX_VALUE_BYTES // 1024} KiB"
            raise InvalidError(told, (Fault("value", "TOO_LARGE", told),), code="TOO_LARGE")
        subject_key = await self.take_subject(tx, entry.tenant, entry.subject)
        key = await self._key_for_writing(tx, entry, subject_key)
        longest = seconds(declared.ttl) if declared.ttl is not None else None
        ttl = min((one for one in (entry.ttl, longest) if one is not None), default=None)
        made = Remembered(
            tenant=entry.tenant,
            id=uuid.uuid4().hex,
            name=entry.name,
            purpose=declared.purpose,
            subject_key=subject_key,
            labels=tuple(sorted(names(labels))),
            digest=key.digest(content),
            size=len(content),
            created_at=entry.at,
            created_by=entry.author,
            run=entry.run,
            run_scoped=declared.scope == "run",
            expires_at=later(entry.at, ttl) if ttl is not None else None,
        )
        earlier = await self._earlier(tx, entry, made)
        if earlier is not None:
            return earlier
        sealed = await asyncio.to_thread(key.seal, content, about(made))
        row = {**row_of(made), "ciphertext": sealed.ciphertext, "nonce": sealed.nonce, "request_id": entry.key}
        written = insert(memories).values(row).on_conflict_do_nothing().returning(memories.c.id)
        if (await tx.execute(written)).one_or_none() is None:  # at the same time, about somebody else
            raise AlreadyExistsError("the request id was used to remember something else", request_id=str(entry.key))
        return made

    async def recall(self, tx: AsyncConnection, sought: Sought) -> Recollection:
        """Return the values that are sought, opened.

        Raises:
            MemoryKeyWrongError: this server has not got the master key of the database.
            MemoryUnreadableError: one was changed by somebody else; nothing is returned.
        """
        there = await self.sets(tx, sought)
        withheld = sum(count for labels, count in there.items() if not sought.grants(labels))
        return Recollection(await self.open(tx, sought.tenant, await self.find(tx, sought)), withheld)

    async def sets(self, tx: AsyncConnection, sought: Sought) -> dict[tuple[str, ...], int]:
        """Return how many values are there with each set of labels, those of the newest value first.

        Neither the labels nor the limit of what is sought count.

        Raises:
            MemoryKeyWrongError: this server has not got the master key of the database.
        """
        await self.require_master(tx)
        labels = memories.c.labels
        query = sa.select(labels, sa.func.count()).where(*self._there(sought)).group_by(labels)
        rows = await tx.execute(query.order_by(sa.func.max(memories.c.created_at).desc(), labels))
        return {tuple(carried): count for carried, count in rows}

    async def find(
        self, tx: AsyncConnection, sought: Sought, sets: Collection[tuple[str, ...]] | None = None
    ) -> tuple[Remembered, ...]:
        """Return what is sought without opening anything, newest first; of ``sets`` only, unless all will do.

        Raises:
            MemoryKeyWrongError: this server has not got the master key of the database.
        """
        await self.require_master(tx)
        query = sa.select(*KNOWN).where(*self._there(sought))
        if sought.labels is not None:
            query = query.where(memories.c.labels.contained_by(sorted(sought.labels)))
        if sets is not None:
            query = query.where(sa.or_(sa.false(), *(memories.c.labels == list(one) for one in sets)))
        query = query.order_by(memories.c.created_at.desc(), memories.c.id.desc())
        rows = (await tx.execute(query.limit(min(sought.limit, MOST_RECALLED)))).mappings()
        return tuple(known_of(row) for row in rows)

    def _there(self, sought: Sought) -> Iterator[sa.ColumnElement[bool]]:
        """Yield the conditions of what is there, whatever its labels."""
        subject_key = self.vault.subject_key(sought.tenant, sought.subject)
        yield memories.c.tenant == sought.tenant
        yield memories.c.subject_key == subject_key
        yield memories.c["class"] == sought.name
        yield memories.c.purpose == sought.declared.purpose
        yield sa.or_(memories.c.expires_at.is_(None), memories.c.expires_at > sought.at)
        yield sa.or_(memories.c.run_scoped.is_(sa.false()), _of_live_run(sought.run))
        if sought.declared.ttl is not None:  # the bundle in force says it, also of what was remembered before
            longest = timedelta(seconds=min(seconds(sought.declared.ttl), _AN_AGE))
            yield memories.c.created_at > sought.at - longest

    async def open(self, tx: AsyncConnection, tenant: str, found: Sequence[Remembered]) -> tuple[Recalled, ...]:
        """Open values of one tenant that were found, in their order; what was forgotten meanwhile is left out.

        Raises:
            MemoryKeyWrongError: this server has not got the master key of the database.
            MemoryUnreadableError: one was changed by somebody else; nothing is returned.
        """
        if not found:
            return ()
        query = (
            sa.select(*KNOWN, memories.c.ciphertext, memories.c.nonce, subjects.c.wrapped_key)
            .select_from(memories)
            .outerjoin(
                subjects,
                sa.and_(subjects.c.tenant == memories.c.tenant, subjects.c.subject_key == memories.c.subject_key),
            )
            .where(memories.c.tenant == tenant, memories.c.id.in_([one.id for one in found]))
        )
        rows = {row["id"]: row for row in (await tx.execute(query)).mappings()}
        return await asyncio.to_thread(self._opened, [rows[one.id] for one in found if one.id in rows])

    def _opened(self, rows: Iterable[sa.RowMapping]) -> tuple[Recalled, ...]:
        return tuple(self._open(row) for row in rows)

    def _open(self, row: sa.RowMapping) -> Recalled:
        known = known_of(row)
        if row["wrapped_key"] is None:
            raise MemoryUnreadableError("the key of the subject is gone", memory=known.id)
        key = self.vault.unwrap(known.tenant, known.subject_key, row["wrapped_key"])
        content = json.loads(key.open(Sealed(row["nonce"], row["ciphertext"]), about(known)))
        labels = {pointer: tuple(each) for pointer, each in content["labels"].items()}
        return Recalled(known, content["value"], labels)

    async def take_subject(self, tx: AsyncConnection, tenant: str, subject: str) -> str:
        """Return the key by which a subject is stored; nobody else changes what is kept of it in this transaction.

        Raises:
            MemoryKeyWrongError: this server has not got the master key of the database.
        """
        # While the master key is replaced nobody makes keys; those who only look go on.
        await tx.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(master_lock())))
        await self.require_master(tx, claim=True)
        subject_key = self.vault.subject_key(tenant, subject)
        await lock_subject(tx, tenant, subject_key)
        return subject_key

    async def require_master(self, tx: AsyncConnection, *, claim: bool = False) -> str:
        """Return the fingerprint of the master key that wraps the keys of this database; with none yet, our first.

        Raises:
            MemoryKeyWrongError: they are wrapped by another one than ours.
        """
        query = sa.select(memory_master.c.fingerprint)
        fingerprint = await tx.scalar(query)
        if fingerprint is None and claim:
            first = insert(memory_master).values(fingerprint=self.vault.fingerprint).on_conflict_do_nothing()
            await tx.execute(first)
            fingerprint = await tx.scalar(query)
        fingerprint = fingerprint or self.vault.fingerprint
        if not self.vault.knows(fingerprint):
            raise MemoryKeyWrongError
        return fingerprint

    async def _key_for_writing(self, tx: AsyncConnection, entry: Entry, subject_key: str) -> DataKey:
        own = sa.and_(subjects.c.tenant == entry.tenant, subjects.c.subject_key == subject_key)
        wrapped = await tx.scalar(sa.select(subjects.c.wrapped_key).where(own))
        if wrapped is None:
            wrapped = self.vault.new_key(entry.tenant, subject_key, await self.require_master(tx))
            row = {"tenant": entry.tenant, "subject_key": subject_key, "wrapped_key": wrapped, "created_at": entry.at}
            await tx.execute(insert(subjects).values(row))
        return self.vault.unwrap(entry.tenant, subject_key, wrapped)

    async def _earlier(self, tx: AsyncConnection, entry: Entry, made: Remembered) -> Remembered | None:
        if entry.key is None:
            return None
        same = sa.and_(memories.c.created_by == entry.author, memories.c.request_id == entry.key)
        row = (await tx.execute(sa.select(*KNOWN).where(memories.c.tenant == entry.tenant, same))).mappings()
        found = row.one_or_none()
        if found is None:
            await _require_unspent(tx, entry.tenant, entry.author, entry.key)
            return None
        earlier = known_of(found)
        if _essence(earlier) != _essence(made):
            raise AlreadyExistsError("the request id was used to remember something else", request_id=entry.key)
        return replace(earlier, again=True)


async def spend(tx: AsyncConnection, gone: Iterable[sa.RowMapping], at: datetime) -> None:
    """Keep the request ids of rows that are removed, so that no retry remembers anew what they held."""
    spent = [
        {"tenant": row["tenant"], "created_by": row["created_by"], "request_id": row["request_id"], "gone_at": at}
        for row in gone
        if row["request_id"] is not None
    ]
    if spent:
        await tx.execute(insert(spent_requests).on_conflict_do_nothing(), spent)


async def _require_unspent(tx: AsyncConnection, tenant: str, author: str, key: str) -> None:
    same = spent_requests.c.created_by == author, spent_requests.c.request_id == key
    if await tx.scalar(sa.select(spent_requests.c.gone_at).where(spent_requests.c.tenant == tenant, *same)) is not None:
        told = "what was remembered by this request id is gone; use another one to have it remembered anew"
        raise ForgottenError(told, request_id=key)


def _essence(known: Remembered) -> tuple[object, ...]:
    return known.name, known.purpose, known.subject_key, known.digest, known.run


def _of_live_run(run: str | None) -> sa.ColumnElement[bool]:
    if run is None:
        return sa.false()
    live = sa.select(runs.c.id).where(runs.c.id == run, runs.c.finished_at.is_(None)).exists()
    return sa.and_(memories.c.run_id == run, live)
