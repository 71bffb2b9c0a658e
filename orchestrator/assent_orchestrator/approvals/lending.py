"""By which delegations somebody sees approvals, and answers them: one look at an index, however many there are."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import Approval
from assent_orchestrator.approvals.delegation import DelegationState, lent
from assent_orchestrator.approvals.delegations import delegation_of, stands
from assent_orchestrator.caller import Caller
from assent_orchestrator.store.approval_tables import approvals, delegations

Lent = Mapping[str, frozenset[str]]
"""With which roles somebody may answer in whose place."""


def seen_by_delegation(caller: Caller, now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition on the table of approvals under which one asks a role that was lent to the caller."""
    everywhere = sa.cast([None], ARRAY(sa.Text))
    processes = sa.case((delegations.c.processes == [], everywhere), else_=delegations.c.processes)
    scopes = sa.select(delegations.c.roles, sa.func.unnest(processes).label("process"))
    scope = scopes.where(*_to(caller.tenant, caller.id, now)).subquery()
    # Evaluated once a query, before any approval is looked at; what remains are a few roles and processes.
    pairs = (
        sa.select(sa.func.unnest(scope.c.roles).label("role"), scope.c.process)
        .distinct()
        .cte("lent")
        .prefix_with("MATERIALIZED")
    )
    everywhere_or_here = sa.or_(pairs.c.process.is_(None), pairs.c.process == approvals.c.process)
    return sa.exists().where(pairs.c.role == sa.any_(approvals.c.roles), everywhere_or_here)


async def lent_here(tx: AsyncConnection, approval: Approval, taker: str, now: datetime) -> Lent:
    """Return with which roles somebody may answer an approval now, by whom they may answer for."""
    query = sa.select(delegations.c.giver, sa.func.unnest(delegations.c.roles).label("role")).distinct()
    here = sa.or_(delegations.c.processes == [], delegations.c.processes.contains([approval.process]))
    rows = (await tx.execute(query.where(*_to(approval.tenant, taker, now), here))).all()
    return {giver: frozenset(row.role for row in rows if row.giver == giver) for giver in {row.giver for row in rows}}


async def lent_by(
    tx: AsyncConnection, approval: Approval, taker: str, giver: str, now: datetime, *, lock: bool = False
) -> frozenset[str]:
    """Return with which roles somebody answers an approval in one person's place.

    With ``lock`` the delegations stay as they are until the transaction ends: one that is revoked meanwhile is either
    used before or not at all.
    """
    query = sa.select(delegations).where(*_to(approval.tenant, taker, now), delegations.c.giver == giver)
    rows = (await tx.execute(query.with_for_update(read=True) if lock else query)).mappings().all()
    return lent(map(delegation_of, rows), approval.process, now)


def _to(tenant: str, taker: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    in_force = stands(DelegationState.IN_FORCE, now)
    return delegations.c.tenant == tenant, delegations.c.taker == taker, in_force
