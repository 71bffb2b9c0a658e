"""Memories as rows of the table, and what binds each sealed value to its row. Pure."""

from typing import Any

import sqlalchemy as sa

from assent_orchestrator.memory.entry import Remembered
from assent_orchestrator.store.memory_tables import memories
from assent_sidecar.model import Json

KNOWN = tuple(one for one in memories.c if one.name not in ("ciphertext", "nonce", "request_id"))
"""The columns of what is known of a memory without opening it."""


def known_of(row: sa.RowMapping) -> Remembered:
    """Return a row without what is sealed in it."""
    return Remembered(
        tenant=row["tenant"],
        id=row["id"],
        name=row["class"],
        purpose=row["purpose"],
        subject_key=row["subject_key"],
        labels=tuple(row["labels"]),
        digest=row["digest"],
        size=row["bytes"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        run=row["run_id"],
        run_scoped=row["run_scoped"],
        expires_at=row["expires_at"],
        kept_at=row["kept_at"],
    )


def row_of(made: Remembered) -> dict[str, Any]:
    """Return a memory as a row, without what is sealed in it."""
    return {
        "tenant": made.tenant,
        "id": made.id,
        "class": made.name,
        "purpose": made.purpose,
        "subject_key": made.subject_key,
        "labels": list(made.labels),
        "digest": made.digest,
        "bytes": made.size,
        "created_at": made.created_at,
        "created_by": made.created_by,
        "run_id": made.run,
        "run_scoped": made.run_scoped,
        "expires_at": made.expires_at,
    }


def about(known: Remembered) -> list[Json]:
    """Return what a value is sealed with: who changes any of it in the database makes it unreadable."""
    return [
        known.tenant,
        known.id,
        known.name,
        known.purpose,
        known.subject_key,
        list(known.labels),
        known.created_by,
        known.run,
        known.run_scoped,
        *(moment.timestamp() if moment else None for moment in (known.created_at, known.expires_at)),
    ]
