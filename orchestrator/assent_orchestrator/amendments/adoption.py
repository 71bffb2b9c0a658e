"""Amendments that a bundle has taken up: what comes into force with the steps that somebody proposed adopts them."""

import asyncio
from dataclasses import dataclass

import sqlalchemy as sa

from assent_orchestrator.amendments.amendment import Amendment, AmendmentState, adopts
from assent_orchestrator.amendments.rows import amendment_of
from assent_orchestrator.audit.record import Actor, Draft
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.clock import Clock
from assent_orchestrator.store.amendment_tables import amendments
from assent_sidecar.bundle.archive import Bundle

_SYSTEM = Actor(kind="system", id="assent")


@dataclass(frozen=True, slots=True)
class Adoptions:
    """Marks what a bundle has adopted."""

    trail: Trail
    clock: Clock

    async def look(self, bundle: Bundle, tenant: str | None = None) -> int:
        """Mark every open amendment that a process of the bundle is like by now; return how many.

        ``tenant`` is whose bundle it is; None: everybody's.

        Raises:
            UnavailableError: it could not be recorded; they are still open.
        """
        async with self.trail.recording() as tx:
            query = sa.select(amendments).where(amendments.c.state == AmendmentState.OPEN)
            if tenant is not None:
                query = query.where(amendments.c.tenant == tenant)
            rows = (await tx.execute(query.with_for_update(skip_locked=True))).mappings().all()
            adopted = await asyncio.to_thread(_adopted, [amendment_of(row) for row in rows], bundle)
            for one in adopted:
                closed = {
                    "state": str(AmendmentState.ADOPTED),
                    "closed_by": _SYSTEM.id,
                    "closed_at": self.clock(),
                    "revision": bundle.revision,
                }
                await tx.execute(sa.update(amendments).where(amendments.c.id == one.id).values(closed))
                detail = {"amendment": one.id, "process": one.process, "revision": bundle.revision}
                draft = Draft(event="amendment.adopted", actor=_SYSTEM, detail={**detail})
                await self.trail.append(tx, one.tenant, (draft,))
            return len(adopted)


def _adopted(found: list[Amendment], bundle: Bundle) -> list[Amendment]:
    processes = bundle.catalogue.processes
    return [one for one in found if one.process in processes and adopts(processes[one.process], one)]
