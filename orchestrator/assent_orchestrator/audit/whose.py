"""Whose a run is: who submitted it, and the person on whose behalf it acts."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.caller import Caller
from assent_orchestrator.store.tables import runs


def own_runs(caller: Caller) -> sa.ColumnElement[bool]:
    """Return the condition on the table of runs under which one is the caller's own."""
    theirs = sa.or_(runs.c.submitter == caller.id, runs.c.principal["id"].astext == caller.id)
    return sa.and_(runs.c.tenant == caller.tenant, theirs)


def visible_runs(caller: Caller) -> sa.ColumnElement[bool]:
    """Return the condition under which the caller may know of a run: their own; operators and auditors, all."""
    return runs.c.tenant == caller.tenant if caller.sees_all() else own_runs(caller)


async def is_own(tx: AsyncConnection, caller: Caller, run_id: str) -> bool:
    """Say whether there is such a run, and it is the caller's own."""
    return bool(await tx.scalar(sa.select(sa.exists().where(runs.c.id == run_id, own_runs(caller)))))
