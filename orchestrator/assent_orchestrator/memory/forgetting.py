"""Forgetting: the values go and, when nothing of a subject is left, the key that could open copies of them."""

import uuid
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.errors import AlreadyExistsError
from assent_orchestrator.memory.entry import Oblivion, Receipt
from assent_orchestrator.memory.errors import HeldError
from assent_orchestrator.memory.holds import held_by
from assent_orchestrator.memory.memories import Memories, spend
from assent_orchestrator.store.memory_tables import memories, receipts, subjects
from assent_sidecar.canonical import digest

_LEFT = (memories.c.tenant, memories.c.id, memories.c["class"], memories.c.created_by, memories.c.request_id)
"""What is known of a row for as long as it is being removed."""


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Forgets what was decided to be forgotten, in the transaction of whoever had it decided."""

    memories: Memories

    async def forget(self, tx: AsyncConnection, order: Oblivion) -> Receipt:
        """Forget a subject and return the receipt, which is kept; the same key by the same author is the same order.

        Raises:
            HeldError: a legal hold is in force; nothing is forgotten.
            AlreadyExistsError: the key was used for another order.
            MemoryKeyWrongError: this server has not got the master key of the database.
        """
        subject_key = await self.memories.take_subject(tx, order.tenant, order.subject)
        earlier = await _earlier(tx, order, subject_key)
        if earlier is not None:
            return earlier
        held = await held_by(tx, order.tenant, subject_key)
        if held:
            raise HeldError("a legal hold is in force; nothing was forgotten", hold=held[0])
        own = sa.and_(memories.c.tenant == order.tenant, memories.c.subject_key == subject_key)
        doomed = sa.and_(own, memories.c["class"] == order.name) if order.name else own
        gone = (await tx.execute(sa.delete(memories).where(doomed).returning(*_LEFT))).mappings().all()
        await spend(tx, gone, order.at)
        receipt = Receipt(
            tenant=order.tenant,
            id=uuid.uuid4().hex,
            subject_key=subject_key,
            name=order.name,
            forgotten=dict(sorted(Counter(row["class"] for row in gone).items())),
            ids_digest=digest(sorted(row["id"] for row in gone)),
            key_destroyed=await destroy_key(tx, order.tenant, subject_key),
            reason=order.reason,
            forgotten_by=order.author,
            forgotten_at=order.at,
        )
        written = insert(receipts).values(_row(receipt, order.key)).on_conflict_do_nothing().returning(receipts.c.id)
        if (await tx.execute(written)).one_or_none() is None:  # at the same time, about somebody else
            raise AlreadyExistsError("the request id was used to forget something else", request_id=str(order.key))
        return receipt


async def destroy_key(tx: AsyncConnection, tenant: str, subject_key: str) -> bool:
    """Remove the key of a subject of whom nothing is left; say whether there was one. The subject must be taken."""
    own = sa.and_(subjects.c.tenant == tenant, subjects.c.subject_key == subject_key)
    left = sa.exists().where(memories.c.tenant == tenant, memories.c.subject_key == subject_key)
    return (await tx.execute(sa.delete(subjects).where(own, ~left))).rowcount > 0


async def _earlier(tx: AsyncConnection, order: Oblivion, subject_key: str) -> Receipt | None:
    if order.key is None:
        return None
    query = sa.select(receipts).where(
        receipts.c.tenant == order.tenant,
        receipts.c.forgotten_by == order.author,
        receipts.c.request_id == order.key,
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    found = receipt_of(row)
    if (found.subject_key, found.name) != (subject_key, order.name):
        raise AlreadyExistsError("the request id was used to forget something else", request_id=order.key)
    return replace(found, again=True)


def receipt_of(row: sa.RowMapping) -> Receipt:
    """Return a row as a receipt."""
    return Receipt(
        tenant=row["tenant"],
        id=row["id"],
        subject_key=row["subject_key"],
        name=row["class"],
        forgotten=row["forgotten"],
        ids_digest=row["ids_digest"],
        key_destroyed=row["key_destroyed"],
        reason=row["reason"],
        forgotten_by=row["forgotten_by"],
        forgotten_at=row["forgotten_at"],
    )


def _row(receipt: Receipt, key: str | None) -> dict[str, Any]:
    return {
        "tenant": receipt.tenant,
        "id": receipt.id,
        "subject_key": receipt.subject_key,
        "class": receipt.name,
        "forgotten": dict(receipt.forgotten),
        "ids_digest": receipt.ids_digest,
        "key_destroyed": receipt.key_destroyed,
        "reason": receipt.reason,
        "forgotten_by": receipt.forgotten_by,
        "forgotten_at": receipt.forgotten_at,
        "request_id": key,
    }
