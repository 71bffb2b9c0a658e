"""What is looked for again and again is found by an index, however much there ever was."""

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import ApprovalState
from assent_orchestrator.approvals.sought import Sought
from assent_orchestrator.store.approval_tables import approvals, notices, open_approvals
from tests.orchestrator.approvals.test_lending import put, tx
from tests.orchestrator.approvals.test_requirement import NOON

__all__ = ["tx"]

PENDING = next(Sought(state=ApprovalState.PENDING).conditions(NOON))


async def plan(tx: AsyncConnection, query: sa.Select[tuple[str]]) -> str:
    """Return how the database would look for it; it has to look, as all there is fits one page here."""
    await tx.execute(sa.text("SET LOCAL enable_seqscan = off"))
    text = query.compile(tx.engine.sync_engine, compile_kwargs={"render_postcompile": True})
    rows = await tx.exec_driver_sql(f"EXPLAIN {text}", text.params)
    return "\n".join(rows.scalars())


@pytest.mark.parametrize("condition", [PENDING, open_approvals], ids=["pending", "open"])
async def test_what_is_open_is_found_among_all_that_was_ever_asked(tx, fresh_tenant, condition):
    await put(tx, fresh_tenant, "renewal")
    copies = sa.text(
        "INSERT INTO assent.approvals SELECT (jsonb_populate_record(one, jsonb_build_object("
        "'id', one.id || :state || n, 'step_id', n, 'tenant', one.tenant || :suffix, 'state', :state))).*"
        " FROM assent.approvals AS one, generate_series(1, 2000) AS n WHERE one.id = :id"
    )
    for state, suffix in (("consumed", ""), ("pending", "-other")):
        await tx.execute(copies, {"id": f"{fresh_tenant}/renewal", "state": state, "suffix": suffix})
    await tx.execute(sa.text("ANALYZE assent.approvals"))
    query = sa.select(approvals.c.id).where(approvals.c.tenant == fresh_tenant, condition)
    ordered = query.order_by(approvals.c.requested_at, approvals.c.id).limit(50)
    assert "approvals_unsettled" in await plan(tx, ordered)


async def test_reviews_and_settled_notices_are_found(tx):
    assert "approvals_about" in await plan(tx, sa.select(approvals.c.id).where(approvals.c.about == "a1"))
    assert "notices_settled" in await plan(tx, sa.select(notices.c.id).where(notices.c.settled_at < NOON))
