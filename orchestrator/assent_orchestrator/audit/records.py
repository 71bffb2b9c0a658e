"""The trail as callers may read it: all of it for auditors, a run's part for those whose run it is."""

import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.audit.chain import Head
from assent_orchestrator.audit.trail import AuditUnavailableError, Entry, Trail
from assent_orchestrator.audit.verify import Verification, verify_trail
from assent_orchestrator.audit.wanted import EVERYTHING, Wanted
from assent_orchestrator.audit.whose import is_own
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.errors import NotFoundError
from assent_orchestrator.page import Page, page_size, read_number, read_token, write_token


@dataclass(frozen=True, slots=True)
class Records:
    """Reads and proves the trail of a caller's tenant.

    ``verifying`` waits for a tenant's turn to verify. That takes as long as the trail is, on one connection of those
    that all callers share: as many at once as there are connections would keep everybody else from anything.
    """

    engine: AsyncEngine
    trail: Trail
    verifying: Callable[[str], AbstractAsyncContextManager[None]] = lambda _: contextlib.nullcontext()

    async def list(
        self, caller: Caller, wanted: Wanted = EVERYTHING, *, after_seq: int = 0, size: int = 0, token: str = ""
    ) -> Page[Entry]:
        """Return the records that are wanted, oldest first.

        Raises:
            ForbiddenError: without a run, the caller is no auditor.
            NotFoundError: with one, the caller is no auditor and the run is not theirs, or is none.
            InvalidError: the token is not one of ours.
            AuditUnavailableError: the trail cannot be read.
        """
        if Role.AUDITOR not in caller.roles:
            if wanted.run is None:
                caller.require(Role.AUDITOR)
            elif not await self._is_own(caller, wanted.run):
                raise NotFoundError("there is no such run", run=wanted.run)
        position = read_token(token, 1)
        if position is not None:
            after_seq = max(after_seq, read_number(position[0]))
        limit = page_size(size)
        found = await self.trail.read(caller.tenant, wanted, after_seq=after_seq, limit=limit + 1)
        entries = found[:limit]
        return Page(entries, write_token(str(entries[-1].seq)) if len(found) > limit else "")

    async def verify(self, caller: Caller, remembered: Head | None = None) -> Verification:
        """Read the whole trail and say whether it is what was written, and has a head that somebody ``remembered``.

        Raises:
            ForbiddenError: the caller is no auditor.
            AuditUnavailableError: the trail cannot be read.
        """
        caller.require(Role.AUDITOR)
        async with self.verifying(caller.tenant):
            return await verify_trail(self.engine, caller.tenant, remembered=remembered)

    async def _is_own(self, caller: Caller, run_id: str) -> bool:
        try:
            async with self.engine.connect() as tx:
                return await is_own(tx, caller, run_id)
        except (sa.exc.SQLAlchemyError, OSError) as error:
            raise AuditUnavailableError("the trail cannot be read") from error
