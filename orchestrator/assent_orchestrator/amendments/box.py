"""What was proposed, as those whom it concerns look at it and put it aside."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.amendments.amendment import Amendment, AmendmentState
from assent_orchestrator.amendments.rows import amendment_of, read, visible
from assent_orchestrator.audit.record import Actor, Draft
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import ForbiddenError, StateError
from assent_orchestrator.page import Page
from assent_orchestrator.store.amendment_tables import amendments
from assent_orchestrator.store.keyset import window


@dataclass(frozen=True, slots=True)
class Amendments:
    """The amendments of one database. They are adopted by a bundle, and by nothing else."""

    engine: AsyncEngine
    trail: Trail
    clock: Clock

    async def get(self, caller: Caller, amendment_id: str) -> Amendment:
        """Return one amendment.

        Raises:
            NotFoundError: there is none that this caller may know of.
        """
        async with self.engine.connect() as tx:
            return await read(tx, caller, amendment_id)

    async def list(
        self, caller: Caller, *, state: AmendmentState | None = None, process: str = "", size: int = 0, token: str = ""
    ) -> Page[Amendment]:
        """Return the amendments that the caller may know of, newest first."""
        query = sa.select(amendments).where(visible(caller))
        if state is not None:
            query = query.where(amendments.c.state == state)
        if process:
            query = query.where(amendments.c.process == process)
        page = window(amendments.c.proposed_at, amendments.c.id, size=size, token=token)
        async with self.engine.connect() as tx:
            return await page.read(tx, query, amendment_of)

    async def dismiss(self, caller: Caller, amendment_id: str, reason: str) -> Amendment:
        """Put an amendment aside.

        Raises:
            NotFoundError: there is none that this caller may know of.
            ForbiddenError: the caller is neither the owner of the process nor a compliance officer.
            StateError: it is not open any more.
            UnavailableError: it could not be recorded; it is still open.
        """
        caller.require_person()
        async with self.trail.recording() as tx:
            found = await read(tx, caller, amendment_id, lock=True)
            if found.owner != caller.id and Role.COMPLIANCE_OFFICER not in caller.roles:
                who = f"only {found.owner}, who owns the process, and the role {Role.COMPLIANCE_OFFICER}"
                raise ForbiddenError(f"{who} may put it aside", roles=Role.COMPLIANCE_OFFICER)
            if found.state is not AmendmentState.OPEN:
                raise StateError(f"the amendment is {found.state} already", amendment=found.id, state=str(found.state))
            closed = {
                "state": str(AmendmentState.DISMISSED),
                "closed_by": caller.id,
                "closed_at": self.clock(),
                "reason": reason,
            }
            await tx.execute(sa.update(amendments).where(amendments.c.id == found.id).values(closed))
            draft = Draft(
                event="amendment.dismissed",
                actor=Actor.of(caller),
                detail={"amendment": found.id, "process": found.process, "rationale": reason},
                trace=trace_note(),
            )
            await self.trail.append(tx, caller.tenant, (draft,))
            return await read(tx, caller, found.id)
