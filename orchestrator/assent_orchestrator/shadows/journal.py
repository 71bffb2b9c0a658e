"""The rows of shadows: which one runs, and what every server counted, added up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.audit.trail import CHANNEL
from assent_orchestrator.config import HOME
from assent_orchestrator.shadows.difference import Difference
from assent_orchestrator.shadows.shadow import Shadow, in_order
from assent_orchestrator.shadows.tally import MOST_DIFFERENCES, MOST_EXAMPLES, Example, Outcome, Seen, Tally
from assent_orchestrator.store.confinement import unconfined
from assent_orchestrator.store.look import one_look
from assent_orchestrator.store.shadow_tables import shadow_counts, shadow_differences, shadows

TOPIC = "shadows"
"""What servers listen for, among the ids of runs: another shadow may be running."""

LATEST = "latest"
"""In the place of an id: the shadow that was started last."""

_COLUMNS = tuple(column for column in shadows.c if column.name != "archive")

_ADD_DIFFERENCE = sa.text(
    f"""
    INSERT INTO assent.shadow_differences AS kept
        (shadow_id, tenant, digest, difference, count, first_seen, last_seen, examples)
    VALUES (:shadow_id, :tenant, :digest, :difference, :count, :first_seen, :last_seen, :examples)
    ON CONFLICT (shadow_id, tenant, digest) DO UPDATE SET
        count = kept.count + excluded.count,
        first_seen = least(kept.first_seen, excluded.first_seen),
        last_seen = greatest(kept.last_seen, excluded.last_seen),
        examples = jsonb_path_query_array(kept.examples || excluded.examples, '$[0 to {MOST_EXAMPLES - 1}]')
    """  # noqa: S608 - the number is ours
).bindparams(
    sa.bindparam("difference", type_=shadow_differences.c.difference.type),
    sa.bindparam("examples", type_=shadow_differences.c.examples.type),
)


@dataclass(frozen=True, slots=True)
class Journal:
    """The shadows of one database beside the policies of ``home``; what is counted of a tenant is the tenant's."""

    engine: AsyncEngine
    home: str = HOME

    async def running(self) -> Shadow | None:
        """Return the shadow that runs."""
        with unconfined():
            async with self.engine.connect() as tx:
                row = (
                    (await tx.execute(sa.select(*_COLUMNS).where(shadows.c.home == self.home, shadows.c.running)))
                    .mappings()
                    .one_or_none()
                )
        return _read(row) if row is not None else None

    async def find(self, shadow_id: str) -> Shadow | None:
        """Return a shadow by its id, or the ``latest``."""
        with unconfined():
            async with self.engine.connect() as tx:
                return await find(tx, self.home, shadow_id)

    async def archive(self, shadow_id: str) -> bytes | None:
        """Return the candidate; None when the shadow is over."""
        with unconfined():
            async with self.engine.connect() as tx:
                found = await tx.execute(sa.select(shadows.c.archive).where(shadows.c.id == shadow_id))
                archive: bytes | None = found.scalar_one_or_none()
        return archive

    async def add(self, shadow_id: str, taken: Tally) -> None:
        """Add what one server counted to what all of them did. Rows in one order: servers do not block each other."""
        counts = [
            {"shadow_id": shadow_id, "tenant": tenant, "outcome": str(outcome), "count": count}
            for (tenant, outcome), count in sorted(taken.outcomes.items())
        ]
        rows = [
            {
                "shadow_id": shadow_id,
                "tenant": tenant,
                "digest": digest,
                "difference": seen.difference.to_json(),
                "count": seen.count,
                "first_seen": seen.first,
                "last_seen": seen.last,
                "examples": [example.to_json() for example in seen.examples],
            }
            for (tenant, digest), seen in sorted(taken.differences.items())
        ]
        adding = insert(shadow_counts)
        adding = adding.on_conflict_do_update(
            index_elements=list(shadow_counts.primary_key),
            set_={"count": shadow_counts.columns["count"] + adding.excluded["count"]},
        )
        async with self.engine.begin() as tx:
            if counts:
                await tx.execute(adding, counts)
            if rows:
                await tx.execute(_ADD_DIFFERENCE, rows)

    async def counted(self, shadow_id: str, tenant: str) -> tuple[dict[Outcome, int], tuple[Seen, ...]]:
        """Return what was counted for a tenant: outcomes, and differences as they are to be read."""
        one, many = shadow_counts.c, shadow_differences.c
        outcomes = sa.select(shadow_counts).where(one.shadow_id == shadow_id, one.tenant == tenant)
        rows = sa.select(shadow_differences).where(many.shadow_id == shadow_id, many.tenant == tenant)
        async with one_look(self.engine) as tx:  # rows and sums go together
            counts = {Outcome(row["outcome"]): int(row["count"]) for row in (await tx.execute(outcomes)).mappings()}
            query = rows.order_by(shadow_differences.columns["count"].desc()).limit(MOST_DIFFERENCES)
            differences = [
                Seen(
                    difference=Difference.from_json(row["difference"]),
                    first=row["first_seen"],
                    last=row["last_seen"],
                    count=row["count"],
                    examples=[Example.from_json(example) for example in row["examples"]],
                )
                for row in (await tx.execute(query)).mappings()
            ]
        return counts, in_order(differences)


async def find(tx: AsyncConnection, home: str, shadow_id: str, *, lock: bool = False) -> Shadow | None:
    """Return a shadow by its id, or the ``latest``, of those beside the policies of ``home``."""
    query = sa.select(*_COLUMNS).where(shadows.c.home == home)
    if shadow_id == LATEST:
        query = query.order_by(shadows.c.started_at.desc(), shadows.c.id).limit(1)
    else:
        query = query.where(shadows.c.id == shadow_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    return _read(row) if row is not None else None


async def begin(tx: AsyncConnection, home: str, tenant: str, shadow: Shadow, archive: bytes) -> bool:
    """Write a shadow that runs from now on, and tell every server when it is committed; False: another one runs."""
    row = {
        "home": home,
        "tenant": tenant,
        "id": shadow.id,
        "revision": shadow.revision,
        "signed_by": shadow.signed_by,
        "archive": archive,
        "running": True,
        "started_by": shadow.started_by,
        "started_at": shadow.started_at,
    }
    begun = await tx.execute(insert(shadows).values(row).on_conflict_do_nothing().returning(shadows.c.id))
    if begun.one_or_none() is None:
        return False
    await _tell(tx)
    return True


async def end(tx: AsyncConnection, shadow_id: str, who: str, when: datetime) -> None:
    """Write that a shadow is over, and tell every server when it is committed."""
    over = sa.update(shadows).where(shadows.c.id == shadow_id, shadows.c.running)
    await tx.execute(over.values(running=None, archive=None, ended_by=who, ended_at=when))
    await _tell(tx)


async def _tell(tx: AsyncConnection) -> None:
    await tx.execute(sa.select(sa.func.pg_notify(CHANNEL, TOPIC)))


def _read(row: Any) -> Shadow:
    return Shadow(
        id=row["id"],
        revision=row["revision"],
        signed_by=row["signed_by"],
        started_by=row["started_by"],
        started_at=row["started_at"],
        tenant=row["tenant"],
        ended_by=row["ended_by"],
        ended_at=row["ended_at"],
    )
