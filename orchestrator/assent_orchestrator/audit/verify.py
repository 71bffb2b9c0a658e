"""Verification of a stored trail, while others append to it."""

import asyncio
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.audit.chain import Break, Head, Link, Verifier
from assent_orchestrator.audit.trail import AuditUnavailableError
from assent_orchestrator.store.look import one_look
from assent_orchestrator.store.tables import heads, trail

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Verification:
    """How many records hold, the head after them, and the first fault; without a fault the whole trail holds."""

    records: int
    head: Head
    fault: Break | None


async def verify_trail(engine: AsyncEngine, tenant: str, *, remembered: Head | None = None) -> Verification:
    """Read a tenant's whole trail in one snapshot and check every record, the links and the head.

    ``remembered`` is a head somebody noted earlier, outside of this database: with it, a trail that was rewritten from
    some record on, head and all, is found out, too.

    Raises:
        AuditUnavailableError: the database is away.
    """
    verifier = Verifier(tenant)
    kept: Head | None = None
    query = sa.select(*(trail.c[name] for name in Link.__slots__)).where(trail.c.tenant == tenant).order_by(trail.c.seq)
    try:
        async with one_look(engine) as connection:
            told = await connection.execute(sa.select(heads.c.seq, heads.c.hash).where(heads.c.tenant == tenant))
            head = next((Head(row.seq, row.hash) for row in told), None)
            async with connection.stream(query, execution_options={"yield_per": _BATCH}) as rows:
                async for part in rows.partitions(_BATCH):
                    links = [Link(*row) for row in part]
                    if remembered is not None:
                        kept = next((link.head for link in links if link.seq == remembered.seq), kept)
                    # On a thread: hashing and canonical JSON of a batch take longer than the loop may be held.
                    fault = await asyncio.to_thread(verifier.take, links)
                    if fault is not None:
                        return Verification(verifier.head.seq, verifier.head, fault)
    except (sa.exc.SQLAlchemyError, OSError) as error:
        raise AuditUnavailableError("the trail cannot be read") from error
    fault = verifier.close(head)
    if fault is None and remembered is not None and kept != remembered:
        fault = Break(remembered.seq, "REWRITTEN", "the record that was remembered is not in the trail any more")
    return Verification(verifier.head.seq, verifier.head, fault)
