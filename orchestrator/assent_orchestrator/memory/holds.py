"""Legal holds: what is remembered of a subject neither goes nor ends until the hold is lifted."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.errors import AlreadyExistsError, NotFoundError, StateError
from assent_orchestrator.memory.locks import lock_subject
from assent_orchestrator.memory.memories import Memories
from assent_orchestrator.store.memory_tables import holds, memories


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold on a subject, in force until it is lifted."""

    tenant: str
    id: str
    subject_key: str
    reason: str
    placed_by: str
    placed_at: datetime
    lifted_by: str | None = None
    lifted_at: datetime | None = None
    lift_reason: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Holds:
    """Places and lifts what was decided, in the transaction of whoever had it decided."""

    memories: Memories

    async def place(
        self, tx: AsyncConnection, tenant: str, subject: str, *, reason: str, by: str, at: datetime, key: str | None
    ) -> Hold:
        """Place a hold; several on one subject are in force beside each other.

        Raises:
            AlreadyExistsError: the key was used for another hold.
            MemoryKeyWrongError: this server has not got the master key of the database.
        """
        subject_key = await self.memories.take_subject(tx, tenant, subject)
        same = sa.and_(holds.c.tenant == tenant, holds.c.placed_by == by, holds.c.request_id == key)
        row = (await tx.execute(sa.select(holds).where(same))).mappings().one_or_none() if key is not None else None
        if row is not None:
            if (row["subject_key"], row["reason"]) != (subject_key, reason):
                raise AlreadyExistsError("the request id was used for another hold", request_id=str(key))
            return replace(hold_of(row), again=True)
        placed = Hold(tenant, uuid.uuid4().hex, subject_key, reason, by, at)
        values = {
            "tenant": tenant,
            "id": placed.id,
            "subject_key": subject_key,
            "reason": reason,
            "placed_by": by,
            "placed_at": at,
            "request_id": key,
        }
        written = insert(holds).values(values).on_conflict_do_nothing().returning(holds.c.id)
        if (await tx.execute(written)).one_or_none() is None:  # at the same time, about somebody else
            raise AlreadyExistsError("the request id was used for another hold", request_id=str(key))
        return placed

    async def lift(self, tx: AsyncConnection, found: Hold, *, reason: str, by: str, at: datetime) -> Hold:
        """Lift a hold; what it kept beyond its end is looked at again by the next sweep.

        Raises:
            StateError: it is lifted already.
        """
        await lock_subject(tx, found.tenant, found.subject_key)
        own = sa.and_(holds.c.tenant == found.tenant, holds.c.id == found.id, holds.c.lifted_at.is_(None))
        lifted = {"lifted_by": by, "lifted_at": at, "lift_reason": reason}
        done = await tx.execute(sa.update(holds).where(own).values(lifted).returning(holds.c.id))
        if done.one_or_none() is None:
            raise already_lifted(found)
        if not await held_by(tx, found.tenant, found.subject_key):
            of_subject = sa.and_(memories.c.tenant == found.tenant, memories.c.subject_key == found.subject_key)
            await tx.execute(sa.update(memories).where(of_subject).values(kept_at=None))
        return replace(found, lifted_by=by, lifted_at=at, lift_reason=reason)


async def read_hold(tx: AsyncConnection, tenant: str, hold_id: str) -> Hold:
    """Return one hold.

    Raises:
        NotFoundError: the tenant has none of that id.
    """
    query = sa.select(holds).where(holds.c.tenant == tenant, holds.c.id == hold_id)
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFoundError("there is no such hold", hold=hold_id)
    return hold_of(row)


def already_lifted(hold: Hold) -> StateError:
    """Return the error that tells of a hold that is not in force any more."""
    return StateError("the hold is lifted already", hold=hold.id)


async def held_by(tx: AsyncConnection, tenant: str, subject_key: str) -> tuple[str, ...]:
    """Return the ids of the holds on a subject that are in force, oldest first."""
    own = sa.and_(holds.c.tenant == tenant, holds.c.subject_key == subject_key, holds.c.lifted_at.is_(None))
    return tuple((await tx.execute(sa.select(holds.c.id).where(own).order_by(holds.c.placed_at, holds.c.id))).scalars())


def hold_of(row: sa.RowMapping) -> Hold:
    """Return a row as a hold."""
    return Hold(**{name: value for name, value in row.items() if name != "request_id"})
