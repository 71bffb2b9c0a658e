"""What has to be gone: looked for by what the database says, for as long as a server runs."""

import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import AssentError, code_of
from assent_orchestrator.meanwhile import meanwhile, rounds
from assent_orchestrator.memory import note
from assent_orchestrator.memory.forgetting import destroy_key
from assent_orchestrator.memory.holds import held_by
from assent_orchestrator.memory.locks import subject_lock
from assent_orchestrator.memory.memories import spend
from assent_orchestrator.memory.rows import known_of
from assent_orchestrator.store.memory_tables import memories
from assent_orchestrator.store.tables import runs

INTERVAL = 5.0

SUBJECTS_AT_ONCE = 100
"""How many subjects a sweep looks at, each in a transaction of its own."""

_log = logging.getLogger("assent.memory")


@dataclass(frozen=True, slots=True)
class Expiry:
    """Removes what has expired, and what was for a run that is over; what a hold keeps is recorded, once."""

    engine: AsyncEngine
    trail: Trail
    clock: Clock

    async def sweep(self) -> int:
        """Return of how many subjects something was removed or kept. Every server may do this at any time.

        A subject of whom it cannot be done is logged and left as it was: the others of the round have their turn.

        Raises:
            SQLAlchemyError: the database cannot say what is over.
        """
        subject = memories.c.tenant, memories.c.subject_key
        # Those that wait longest first; without an end, of a run that is over, those that are oldest.
        since = sa.func.min(sa.func.coalesce(memories.c.expires_at, memories.c.created_at))
        query = sa.select(*subject).where(self._due()).group_by(*subject).order_by(since, *subject)
        async with self.engine.connect() as tx:
            subjects = (await tx.execute(query.limit(SUBJECTS_AT_ONCE))).all()
        done = 0
        for tenant, subject_key in subjects:
            try:
                done += await self._of_subject(tenant, subject_key)
            except (AssentError, SQLAlchemyError) as error:
                _complain(error)
        return done

    async def _of_subject(self, tenant: str, subject_key: str) -> bool:
        async with self.trail.recording() as tx:
            mine = await tx.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(subject_lock(tenant, subject_key))))
            if not mine:  # somebody remembers, forgets or holds at this moment: the next sweep will see what came of it
                return False
            own = sa.and_(memories.c.tenant == tenant, memories.c.subject_key == subject_key, self._due())
            holds = await held_by(tx, tenant, subject_key)
            if holds:
                keeping = sa.update(memories).where(own).values(kept_at=self.clock()).returning(memories)
                found = [known_of(row) for row in (await tx.execute(keeping)).mappings()]
                drafts = (note.kept(found, holds),) if found else ()
            else:
                removing = sa.delete(memories).where(own).returning(memories)
                rows = (await tx.execute(removing)).mappings().all()
                await spend(tx, rows, self.clock())
                found = [known_of(row) for row in rows]
                gone = await destroy_key(tx, tenant, subject_key)
                drafts = (note.expired(found, key_destroyed=gone),) if found else ()
            await self.trail.append(tx, tenant, drafts)
        return bool(found)

    def _due(self) -> sa.ColumnElement[bool]:
        lives = sa.exists().where(runs.c.id == memories.c.run_id, runs.c.finished_at.is_(None))
        over = sa.or_(memories.c.expires_at <= self.clock(), sa.and_(memories.c.run_scoped, ~lives))
        return sa.and_(memories.c.kept_at.is_(None), over)


@contextlib.asynccontextmanager
async def expiring(expiry: Expiry, interval: float = INTERVAL) -> AsyncIterator[None]:
    """Sweep every ``interval`` seconds while the block lasts; what fails is tried again with the next round."""

    async def sweep() -> bool:
        return await expiry.sweep() >= SUBJECTS_AT_ONCE

    async with meanwhile(rounds(sweep, interval, _complain), "assent-memory"):
        yield


def _complain(error: Exception) -> None:
    _log.warning("what has expired could not be removed, and will be: %s", code_of(error))
