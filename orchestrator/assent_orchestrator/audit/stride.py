"""One step of a run goes on, with its records: committed with others in one way to the database and back.

Step by step the same takes eight statements and as many ways. What is asked for is bound to how things were when it was
thought out; whatever is not so any more is left to the longer way, which looks and waits under locks of its own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from assent_orchestrator.audit.chain import Head, Link
from assent_orchestrator.audit.record import Draft
from assent_orchestrator.audit.statement import as_moment, parameters

INTENDED = "intended"

_STRIDE = (
    "SELECT assent.stride(%(tenant)s, %(seen)s::text[], %(at)s, %(strides)s::jsonb,"
    " %(old_seq)s, %(old_hash)s, %(seq)s, %(hash)s, %(seqs)b::bigint[], %(runs)b::text[], %(events)b::text[],"
    " %(times)b::timestamptz[], %(records)b::bytea[], %(hashes)b::bytea[], %(channel)s)"
)


@dataclass(frozen=True, slots=True)
class Stride:
    """What becomes of a step of a run that runs, if both still are as they were.

    ``driver`` drives the run, which nobody paused; ``state`` and ``attempt`` are the step's as they were, ``values``
    its new ones. ``status`` is that of its effect: intended, then with the columns ``effect`` of its new row and only
    under the stops with the ids ``seen``, or what became of it.
    """

    run: str
    driver: str | None
    step: str
    state: str
    attempt: int
    values: Mapping[str, object]
    status: str
    drafts: tuple[Draft, ...]
    effect: Mapping[str, object] | None = None
    seen: tuple[str, ...] | None = None

    def to_json(self) -> dict[str, object]:
        """Return what the database is told."""
        told: dict[str, object] = {
            "run": self.run,
            "driver": self.driver,
            "id": self.step,
            "state": self.state,
            "attempt": self.attempt,
            "step": dict(self.values),
            "status": self.status,
        }
        return told if self.effect is None else told | {"effect": dict(self.effect)}


async def write_strides(
    connection: psycopg.AsyncConnection[Any],
    tenant: str,
    before: Head,
    links: Sequence[Link],
    *,
    strides: Sequence[Stride],
    now: datetime,
    channel: str,
) -> list[int] | None:
    """Write strides with their ``links``, which follow ``before``, and tell of their runs on ``channel``.

    Return an empty list when they are written. Else nothing is: the numbers of those that are not as they were, or None
    when it is the trail that does not end at ``before``. It is a transaction by itself when the connection commits by
    itself. All must have been thought out under the same stops, or all under none.

    Raises:
        psycopg.Error: the database is away, or cannot keep a value.
    """
    seen = sorted(strides[0].seen) if strides[0].seen is not None else None
    told = json.dumps([one.to_json() for one in strides], default=as_moment)
    values = parameters(tenant, before, links)
    values |= {"seen": seen, "at": now, "strides": told, "channel": channel}
    row = await (await connection.execute(_STRIDE, values, prepare=True)).fetchone()
    assert row is not None
    refused: list[int] | None = row[0]
    return refused
