"""Replacing the master key: everything that it wraps is wrapped by a new one, in one transaction, and nothing is lost.

What is remembered is not encrypted anew: the keys of subjects stay what they are, and so do the names of subjects and
all digests. Either all of it is wrapped by the new master key or none is, whenever this process ends.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.memory import note
from assent_orchestrator.memory.locks import master_lock
from assent_orchestrator.memory.vault import Vault
from assent_orchestrator.store.memory_tables import memory_master, subjects

AT_ONCE = 1000
"""How many keys of subjects are wrapped and written together."""

_log = logging.getLogger("assent.memory")


async def settle_master(trail: Trail, vault: Vault) -> Vault:
    """Return the vault as this database names subjects; its master key is replaced by the first one of the vault.

    It is when that is another one of the vault by now. One that was replaced before never comes back: then the vault
    opens what is there, and wraps as the database does. Of a database with a master key that is not in the vault
    nothing is touched: every use of memory is refused (``MEMORY_KEY_WRONG``). While keys are wrapped, what would make
    a key waits, and whoever has both master keys goes on reading.

    Raises:
        UnavailableError: it could not be recorded; nothing was replaced.
    """
    async with trail.recording() as tx:
        await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(master_lock())))
        # A new database is ours here: whoever starts beside this server names subjects as it does, or not at all.
        ours = insert(memory_master).values(fingerprint=vault.fingerprint).on_conflict_do_nothing()
        await tx.execute(ours)
        row = (await tx.execute(sa.select(memory_master))).mappings().one()
        if not vault.knows(row["fingerprint"]):
            return vault
        vault = vault.named_by(row["fingerprint"], row["naming_key"])
        before, after = row["fingerprint"], vault.fingerprint
        if before == after:
            return vault
        if after in row["replaced"]:
            _log.warning("the first master key was replaced before by another one, which stays the one that is used")
            return vault
        digest_key = row["digest_key"]
        values = {
            "fingerprint": after,
            "replaced": [*row["replaced"], before],
            "naming_key": vault.naming_key(),
            "digest_key": vault.rewrapped_digest_key(digest_key) if digest_key is not None else None,
        }
        await tx.execute(sa.update(memory_master).values(values))
        wrapped = await _rewrap(tx, vault)
        for tenant in sorted(wrapped):
            await trail.append(tx, tenant, (note.rewrapped(wrapped[tenant], before, after),))
    _log.info("the master key was replaced: the keys of %d subjects are wrapped by the new one", wrapped.total())
    return vault


async def _rewrap(tx: AsyncConnection, vault: Vault) -> Counter[str]:
    """Wrap the key of every subject anew; return how many there are of each tenant."""
    place = sa.tuple_(subjects.c.tenant, subjects.c.subject_key)
    query = sa.select(subjects.c.tenant, subjects.c.subject_key, subjects.c.wrapped_key).order_by(*place.clauses)
    done: Counter[str] = Counter()
    last: tuple[str, str] | None = None
    change = sa.update(subjects).where(
        subjects.c.tenant == sa.bindparam("of"), subjects.c.subject_key == sa.bindparam("whose")
    )
    while True:
        page = query if last is None else query.where(place > sa.tuple_(*map(sa.literal, last)))
        rows = (await tx.execute(page.limit(AT_ONCE).with_for_update())).all()
        if not rows:
            return done
        await tx.execute(change.values(wrapped_key=sa.bindparam("key")), await asyncio.to_thread(_anew, vault, rows))
        done.update(row.tenant for row in rows)
        last = rows[-1].tenant, rows[-1].subject_key


def _anew(vault: Vault, rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {
            "of": row.tenant,
            "whose": row.subject_key,
            "key": vault.rewrapped(row.tenant, row.subject_key, row.wrapped_key),
        }
        for row in rows
    ]
