"""Has happen what happens to questions because time passes, for as long as a server runs.

Who may answer does not hang on it: that follows from the time itself. Here it is written down, and who may is let in.
"""

import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import Approval, ApprovalState
from assent_orchestrator.approvals.moments import extended, happened, ladder
from assent_orchestrator.approvals.note import note_event
from assent_orchestrator.approvals.request import approval_of, change_request
from assent_orchestrator.audit.record import Draft
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import code_of
from assent_orchestrator.meanwhile import meanwhile, rounds
from assent_orchestrator.store.approval_tables import approvals

INTERVAL = 5.0
"""How often, in seconds, a server looks whether something is due."""

_log = logging.getLogger("assent.approvals")


@dataclass(frozen=True, slots=True)
class Passing:
    """Lets time pass for the questions of one database; several servers may do so at once."""

    trail: Trail
    clock: Clock

    async def look(self) -> int:
        """Have all happen that is due; return to how many questions something happened.

        Raises:
            AssentError: something could not be recorded, and did not happen.
        """
        count = 0
        while await self._look_at_one():
            count += 1
        return count

    async def _look_at_one(self) -> bool:
        now = self.clock()
        due = (
            sa.select(approvals)
            .where(approvals.c.state == str(ApprovalState.PENDING), approvals.c.due_at <= now)
            .order_by(approvals.c.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        async with self.trail.recording() as tx:
            row = (await tx.execute(due)).mappings().one_or_none()
            if row is None:
                return False
            before = approval_of(row, ())
            after, happenings = happened(before, now)
            await tx.execute(sa.update(approvals).where(approvals.c.id == before.id).values(**_passed(after)))
            drafts = [note_event(one.event, after, str(after.state), role=one.role) for one in happenings]
            await self.trail.append(tx, before.tenant, drafts)
        return True


async def extend(tx: AsyncConnection, approval: Approval, now: datetime) -> tuple[Draft, ...]:
    """Put a question once more that nobody answered in time; return what to record.

    Raises:
        OvertakenError: somebody changed it meanwhile, as an answer in the last moment does.
    """
    again = extended(approval, now)
    await change_request(tx, approval, extended=True, expires_at=again.expires_at, **_passed(again))
    return tuple(
        note_event("approval.escalated", again, str(again.state), role=rung.role) for rung in ladder(again.requirement)
    )


def _passed(after: Approval) -> dict[str, Any]:
    """Return what of a request changes with time; what its approvers saw of it stays, and its etag."""
    return {"roles": list(after.roles), "rungs": after.rungs, "reminders": after.reminders, "due_at": after.due_at}


@contextlib.asynccontextmanager
async def time_passing(passing: Passing, interval: float = INTERVAL) -> AsyncIterator[None]:
    """Look every ``interval`` seconds while the block lasts; what fails is tried again with the next round."""

    async def look() -> bool:
        await passing.look()
        return False

    async with meanwhile(rounds(look, interval, _complain), "assent-approvals"):
        yield


def _complain(error: Exception) -> None:
    _log.warning("approvals could not be looked through, and will be again: %s", code_of(error))
