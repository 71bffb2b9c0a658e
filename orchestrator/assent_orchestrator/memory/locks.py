"""Who changes what is kept of a subject, or makes keys, keeps the others waiting: locks of PostgreSQL, by numbers."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection


async def lock_subject(tx: AsyncConnection, tenant: str, subject_key: str) -> None:
    """Have nobody else change what is kept of a subject until the transaction ends."""
    await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(subject_lock(tenant, subject_key))))


def master_lock() -> sa.Function[Any]:
    """Return the number by which those who make keys let nobody replace the master key meanwhile."""
    return sa.func.hashtextextended("memory master", 0)


def subject_lock(tenant: str, subject_key: str) -> sa.Function[Any]:
    """Return the number by which those who change what is kept of a subject take turns."""
    return sa.func.hashtextextended(f"memory/{tenant}/{subject_key}", 0)
