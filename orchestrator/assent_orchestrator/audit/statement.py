"""Records and rows in one statement: one way to the database and back, where one after the other they take five.

The driver is asked directly: for one known statement, what SQLAlchemy does around it takes longer than the statement.

It holds only if the trail still ends where the writer thinks and what it is written under still holds: the head is
moved from exactly that record, and whatever else the statement writes hangs on that. Otherwise nothing is written.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
import sqlalchemy as sa

from assent_orchestrator.audit.chain import Head, Link
from assent_orchestrator.audit.share import Under
from assent_orchestrator.store.tables import heads, trail

_UNDER = "SELECT coalesce(array_agg(id ORDER BY id), '{{}}') = %(seen)s::text[] FROM ({query}) AS found"
_MOVE = f"""
WITH moved AS (
    UPDATE {heads.fullname} SET seq = %(seq)s, hash = %(hash)s
    WHERE tenant = %(tenant)s AND seq = %(old_seq)s AND hash = %(old_hash)s AND ({{under}}) RETURNING seq
), recorded AS (
    INSERT INTO {trail.fullname} (tenant, seq, run_id, event, recorded_at, record, hash)
    SELECT %(tenant)s, one.* FROM moved, unnest(
        %(seqs)b::bigint[], %(runs)b::text[], %(events)b::text[], %(times)b::timestamptz[],
        %(records)b::bytea[], %(hashes)b::bytea[]
    ) AS one
)"""  # noqa: S608 - names of our own tables
_DONE = "\nSELECT seq FROM moved"
_TELL = "\nSELECT seq, (SELECT count(pg_notify(%(channel)s, one)) FROM unnest(%(told)s::text[]) AS one) FROM moved"
"""Notes ride along, and PostgreSQL sends them when it commits."""

_OF_RUN = f"""
SELECT seq, hash, record FROM {trail.fullname}
WHERE tenant = %(tenant)s AND run_id = %(run)s AND seq > %(after)s ORDER BY seq LIMIT %(limit)s
"""  # noqa: S608 - the name of our own table


def approvals_topic(tenant: str) -> str:
    """Return what those listen to who follow the approvals of a tenant."""
    return f"approvals/{tenant}"


async def write_at_once(
    connection: psycopg.AsyncConnection[Any],
    tenant: str,
    before: Head,
    links: Sequence[Link],
    *,
    rows: Mapping[sa.Table, Sequence[Mapping[str, object]]],
    under: Under | None,
) -> bool:
    """Write links that follow ``before``, and rows; say whether they still did under ``under``, or nothing was written.

    It is a transaction by itself when the connection commits by itself. What ``under`` looks at must bring its own
    snapshot along, as a volatile function does: that of the statement is older than any lock taken in it.

    Raises:
        psycopg.errors.IntegrityError: one of the rows is there already; nothing was written.
        psycopg.Error: the database is away.
    """
    values = parameters(tenant, before, links)
    statement = _MOVE.format(under=_UNDER.format(query=under.query) if under else "TRUE")
    if under:
        values["seen"] = sorted(under.seen)
    for number, (table, content) in enumerate(rows.items()):
        columns = ", ".join(content[0])
        statement += f""", rows_{number} AS (
    INSERT INTO {table.fullname} ({columns})
    SELECT {columns} FROM moved, jsonb_populate_recordset(NULL::{table.fullname}, %(rows_{number})s::jsonb)
)"""  # noqa: S608 - names of our own tables and columns
        values[f"rows_{number}"] = json.dumps([dict(row) for row in content], default=as_moment)
    done = await connection.execute(statement + _DONE, values, prepare=True)
    return await done.fetchone() is not None


async def write_in_transaction(
    connection: psycopg.AsyncConnection[Any], tenant: str, before: Head, links: Sequence[Link], channel: str
) -> bool:
    """Write links that follow ``before`` in the transaction under way, and tell of their runs on ``channel``.

    False: they do not follow it (any more), and nothing was written. The head stays locked until the transaction ends.

    Raises:
        psycopg.Error: the database is away; the transaction is lost.
    """
    told = [link.run_id for link in links if link.run_id]
    told += [approvals_topic(tenant) for link in links if link.event.startswith("approval.")]
    values = parameters(tenant, before, links)
    values |= {"channel": channel, "told": list(dict.fromkeys(told))}
    done = await connection.execute(_MOVE.format(under="TRUE") + _TELL, values, prepare=True)
    return await done.fetchone() is not None


async def read_of_run(
    connection: psycopg.AsyncConnection[Any], tenant: str, run_id: str, *, after_seq: int, limit: int
) -> list[tuple[int, bytes, bytes]]:
    """Return numbers, hashes and records of a run after ``after_seq``: what its followers ask for after each of them.

    Raises:
        psycopg.Error: the database is away.
    """
    values = {"tenant": tenant, "run": run_id, "after": after_seq, "limit": limit}
    return await (await connection.execute(_OF_RUN, values, prepare=True, binary=True)).fetchall()


def parameters(tenant: str, before: Head, links: Sequence[Link]) -> dict[str, object]:
    """Return what a statement needs to write links that follow ``before``, by its parameters' names."""
    last = links[-1]
    return {
        "tenant": tenant,
        "old_seq": before.seq,
        "old_hash": before.hash,
        "seq": last.seq,
        "hash": last.hash,
        "seqs": [link.seq for link in links],
        "runs": [link.run_id for link in links],
        "events": [link.event for link in links],
        "times": [link.recorded_at for link in links],
        "records": [link.record for link in links],
        "hashes": [link.hash for link in links],
    }


def as_moment(value: object) -> str:
    """Write a moment that JSON has no form for."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} has no place in a row")
