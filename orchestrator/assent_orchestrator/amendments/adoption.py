"""Amendments that a bundle has taken up: what comes into force with the steps that somebody proposed adopts them."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from assent_orchestrator.amendments.amendment import Amendment, AmendmentState, adopts
from assent_orchestrator.amendments.rows import amendment_of
from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.audit.record import Actor, Draft
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import AssentError
from assent_orchestrator.governance.activation import TOPIC
from assent_orchestrator.meanwhile import meanwhile
from assent_orchestrator.store.amendment_tables import amendments
from assent_sidecar.bundle.archive import Bundle

_LOOK_EVERY = 5.0
_SYSTEM = Actor(kind="system", id="assent")

InForce = Callable[[], Mapping[str | None, Bundle]]
"""Returns the bundles in force, by tenant; or one, of None, where all have the same."""

_log = logging.getLogger("assent.amendments")


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


@contextlib.asynccontextmanager
async def adopting(adoptions: Adoptions, listener: Listener, bundles: InForce) -> AsyncIterator[None]:
    """Look whenever another bundle is in force, for as long as the block lasts; what fails is tried again."""
    async with meanwhile(_follow(adoptions, listener, bundles), "assent-amendments"):
        yield


async def _follow(adoptions: Adoptions, listener: Listener, bundles: InForce) -> None:
    seen: dict[str | None, str] = {}
    async with listener.subscribe(TOPIC) as wakeups:
        while True:
            try:
                for tenant, now in bundles().items():
                    if seen.get(tenant) != now.revision:
                        await adoptions.look(now, tenant)
                        seen[tenant] = now.revision
            except (AssentError, SQLAlchemyError) as error:
                code = error.code if isinstance(error, AssentError) else type(error).__name__
                _log.warning("amendments could not be looked through, and will be again: %s", code)
            await wakeups.wait(_LOOK_EVERY)


def _adopted(found: list[Amendment], bundle: Bundle) -> list[Amendment]:
    processes = bundle.catalogue.processes
    return [one for one in found if one.process in processes and adopts(processes[one.process], one)]
