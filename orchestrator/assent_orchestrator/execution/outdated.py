"""Questions to people that policies asked which are not in force any more, and waking the steps that wait on them."""

import asyncio
from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.approvals.approval import Approval, ApprovalKind, ApprovalState
from assent_orchestrator.execution.durable import Durable
from assent_orchestrator.plan.state import StepState
from assent_orchestrator.store.approval_tables import approvals
from assent_orchestrator.store.tables import steps
from assent_sidecar.bundle.archive import Bundle

_AT_ONCE = 20


def is_outdated(approval: Approval, revision: str) -> bool:
    """Say whether a question is worth nothing under the bundle in force, whatever anybody answers."""
    return approval.revision != revision and approval.requirement.on_revision == "void"


@dataclass(frozen=True, slots=True)
class Outdated:
    """Finds open questions that are worth nothing any more."""

    engine: AsyncEngine
    durable: Durable

    async def look(self, bundle: Bundle, tenant: str | None = None) -> int:
        """Wake every step that waits for answers to such a question: it closes it, and asks anew; return how many."""
        # A question about a hand-over has other steps wait, too, that would take over the same.
        asked = sa.or_(
            sa.and_(approvals.c.kind == str(ApprovalKind.ACTION), steps.c.id == approvals.c.step_id),
            sa.and_(approvals.c.kind == str(ApprovalKind.HANDOFF), steps.c.state == str(StepState.AWAITING_APPROVAL)),
        )
        query = sa.select(approvals.c.run_id, steps.c.id.label("step_id")).where(
            steps.c.run_id == approvals.c.run_id,
            asked,
            approvals.c.state == str(ApprovalState.PENDING),
            approvals.c.revision != bundle.revision,
            approvals.c.requirement["on_revision"].astext == "void",
        )
        if tenant is not None:
            query = query.where(approvals.c.tenant == tenant)
        async with self.engine.connect() as tx:
            rows = (await tx.execute(query.order_by(approvals.c.run_id))).all()
        runs = [(run, tuple(row.step_id for row in mine)) for run, mine in groupby(rows, key=lambda row: row.run_id)]
        for first in range(0, len(runs), _AT_ONCE):
            await asyncio.gather(*(self.durable.wake(*one) for one in runs[first : first + _AT_ONCE]))
        return len(rows)
