"""Amendments as rows of the table."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.amendments.amendment import Amendment, AmendmentState
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.errors import NotFoundError
from assent_orchestrator.plan.difference import Change, Sort
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.store.amendment_tables import amendments


def row_of(amendment: Amendment) -> dict[str, Any]:
    """Return an open amendment as it is inserted."""
    return {
        "tenant": amendment.tenant,
        "id": amendment.id,
        "process": amendment.process,
        "version": amendment.version,
        "owner": amendment.owner,
        "proposer": amendment.proposer,
        "plan": amendment.plan.to_json(),
        "plan_digest": amendment.plan_digest,
        "changes": [
            {"path": one.path, "sort": str(one.sort), "before": one.before, "after": one.after}
            for one in amendment.changes
        ],
        "state": str(amendment.state),
        "decision_id": amendment.decision_id,
        "revision": amendment.revision,
        "proposed_at": amendment.proposed_at,
    }


def amendment_of(row: sa.RowMapping) -> Amendment:
    """Return a row as an amendment."""
    changes = (Change(one["path"], Sort(one["sort"]), one["before"], one["after"]) for one in row["changes"])
    state = AmendmentState(row["state"])
    return Amendment(**{**row, "plan": Plan.from_json(row["plan"]), "changes": tuple(changes), "state": state})


def visible(caller: Caller) -> sa.ColumnElement[bool]:
    """Return the condition under which a caller may know of an amendment.

    Its proposer, the owner of the process, whoever sees all: operators and auditors; and who may dismiss any of them:
    compliance officers.
    """
    own = amendments.c.tenant == caller.tenant
    if caller.sees_all() or Role.COMPLIANCE_OFFICER in caller.roles:
        return own
    return sa.and_(own, sa.or_(amendments.c.owner == caller.id, amendments.c.proposer == caller.id))


async def read(tx: AsyncConnection, caller: Caller, amendment_id: str, *, lock: bool = False) -> Amendment:
    """Return one amendment; with ``lock`` nobody else changes it until the transaction ends.

    Raises:
        NotFoundError: there is none that this caller may know of.
    """
    query = sa.select(amendments).where(amendments.c.id == amendment_id, visible(caller))
    row = (await tx.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    if row is None:
        raise NotFoundError("there is no such amendment", amendment=amendment_id)
    return amendment_of(row)
