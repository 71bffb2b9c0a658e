"""Forgetting runs that have been over for long. The trail is never touched: it says what they did."""

import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from assent_orchestrator.audit.record import Draft
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import code_of
from assent_orchestrator.execution.durable import Durable
from assent_orchestrator.governance.minutes import SYSTEM
from assent_orchestrator.meanwhile import meanwhile, rounds
from assent_orchestrator.store.approval_tables import answers, approvals, openings
from assent_orchestrator.store.ledger_tables import balances, reservations
from assent_orchestrator.store.tables import effects, runs, steps, takeovers

AT_ONCE = 50
_EVERY = 600.0

_OPEN = sa.or_(
    sa.exists().where(effects.c.run_id == runs.c.id, effects.c.status.not_in(("succeeded", "failed"))),
    sa.exists().where(approvals.c.run_id == runs.c.id, approvals.c.kind == "review", approvals.c.state == "pending"),
)
"""Of what such a run did, something is still to be found out, or to be looked at by people: that is not forgotten."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Retention:
    """Deletes what the database holds of runs that ended longer ago than ``keep``, but for their records."""

    trail: Trail
    durable: Durable
    clock: Clock
    keep: timedelta

    async def prune(self) -> int:
        """Forget some runs of one tenant; return how many. Several servers may do so at once.

        Raises:
            AssentError: it could not be recorded; nothing of ours was deleted.
        """
        before = self.clock() - self.keep
        async with self.trail.recording() as tx:
            old = sa.select(runs.c.tenant, runs.c.id).where(runs.c.finished_at < before, ~_OPEN)
            oldest = (await tx.execute(old.order_by(runs.c.finished_at).limit(1))).one_or_none()
            if oldest is None:
                return 0
            some = old.where(runs.c.tenant == oldest.tenant).order_by(runs.c.finished_at).limit(AT_ONCE)
            found = [row.id for row in await tx.execute(some.with_for_update(skip_locked=True))]
            if not found:
                return 0
            # The engine first: what is left over when this transaction fails is deleted the next time.
            await self.durable.forget(found)
            asked = sa.select(approvals.c.id).where(approvals.c.run_id.in_(found))
            for given in (answers, openings):
                await tx.execute(sa.delete(given).where(given.c.approval_id.in_(asked)))
            for table in (approvals, effects, steps, takeovers, reservations):
                await tx.execute(sa.delete(table).where(table.c.run_id.in_(found)))
            # What these runs spent still counts in windows of time; those that were the runs themselves are over.
            await tx.execute(
                sa.delete(balances).where(balances.c.tenant == oldest.tenant, balances.c.period.in_(found))
            )
            await tx.execute(sa.delete(runs).where(runs.c.id.in_(found)))
            drafts = [Draft(event="run.forgotten", run=run, actor=SYSTEM) for run in found]
            await self.trail.append(tx, oldest.tenant, drafts)
        return len(found)


@contextlib.asynccontextmanager
async def pruning(retention: Retention | None) -> AsyncIterator[None]:
    """Forget what is old while the block lasts; nothing is forgotten without a retention."""
    if retention is None:
        yield
        return

    async def prune() -> bool:
        return await retention.prune() > 0

    async with meanwhile(rounds(prune, _EVERY, _complain), "assent-retention"):
        yield


def _complain(error: Exception) -> None:
    _log.warning("old runs could not be forgotten, and will be later: %s", code_of(error))
