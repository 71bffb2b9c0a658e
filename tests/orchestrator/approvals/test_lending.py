"""What somebody sees and answers by delegations, as the database finds them."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import Approval
from assent_orchestrator.approvals.delegation import Delegation
from assent_orchestrator.approvals.lending import lent_by, lent_here
from assent_orchestrator.approvals.request import insert_request
from assent_orchestrator.approvals.sought import seen_by
from assent_orchestrator.caller import Caller
from assent_orchestrator.store.approval_tables import approvals, delegations
from assent_orchestrator.store.tables import runs
from tests.orchestrator.approvals.test_delegation import GIVEN, WEEK
from tests.orchestrator.approvals.test_moments import asked
from tests.orchestrator.approvals.test_requirement import NOON

MANY = 70_000
"""More than a statement can have parameters."""


@pytest.fixture
async def tx(database) -> AsyncIterator[AsyncConnection]:
    """A transaction that leaves nothing behind."""
    async with database.engine.connect() as connection:
        yield connection


async def put(tx: AsyncConnection, tenant: str, process: str) -> Approval:
    """Put a question to the role ``boss``."""
    run = {
        "tenant": tenant, "id": f"{tenant}/{process}", "process": process, "process_version": "",
        "request_digest": "", "revision": "", "plan": {}, "plan_digest": "",
        "principal": {"id": "paul", "roles": []}, "submitter": "sam", "state": "waiting",
        "created_at": NOON, "updated_at": NOON,
    }  # fmt: skip
    await tx.execute(sa.insert(runs).values(run))
    approval = replace(asked(), tenant=tenant, id=f"{tenant}/{process}", run_id=f"{tenant}/{process}", process=process)
    await insert_request(tx, approval)
    return approval


async def give(tx: AsyncConnection, *given: Delegation) -> None:
    for at, one in enumerate(given):
        values = {column.name: getattr(one, column.name, None) for column in delegations.c} | {
            "id": f"{one.tenant}{at}"
        }
        await tx.execute(sa.insert(delegations).values(values | {"roles": list(one.roles)}))


async def seen(tx: AsyncConnection, tenant: str, person: str) -> set[str]:
    caller = Caller(person, tenant, frozenset({"clerk"}))
    found = await tx.execute(sa.select(approvals.c.process).where(seen_by(caller, NOON)))
    return set(found.scalars())


@pytest.mark.requirement("orchestrator.delegation")
async def test_what_is_lent_for_one_process_is_nothing_in_another_one(tx, fresh_tenant):
    renewal, hiring = await put(tx, fresh_tenant, "renewal"), await put(tx, fresh_tenant, "hiring")
    here = replace(GIVEN, tenant=fresh_tenant)
    await give(tx, here, replace(here, giver="carl", taker="eve", roles=("boss",), processes=()))
    assert await seen(tx, fresh_tenant, "bea") == {"renewal"}
    assert await seen(tx, fresh_tenant, "eve") == {"renewal", "hiring"}
    assert await seen(tx, fresh_tenant, "dana") == set()
    assert await lent_here(tx, renewal, "bea", NOON) == {"dana": {"boss", "director"}}
    assert await lent_here(tx, hiring, "bea", NOON) == {}
    assert await lent_here(tx, hiring, "eve", NOON) == {"carl": {"boss"}}
    assert await lent_by(tx, renewal, "bea", "dana", NOON) == {"boss", "director"}
    assert await lent_by(tx, hiring, "bea", "dana", NOON) == frozenset()
    assert await lent_by(tx, renewal, "bea", "carl", NOON) == frozenset()


async def test_what_is_over_or_of_another_tenant_or_role_lends_nothing(tx, fresh_tenant):
    renewal = await put(tx, fresh_tenant, "renewal")
    here = replace(GIVEN, tenant=fresh_tenant)
    await give(
        tx,
        replace(here, until=NOON),
        replace(here, revoked_at=NOON, revoked_by="dana"),
        replace(here, tenant=f"{fresh_tenant}x", until=WEEK),
    )
    assert await seen(tx, fresh_tenant, "bea") == set()
    assert await lent_here(tx, renewal, "bea", NOON) == {}
    assert await lent_by(tx, renewal, "bea", "dana", NOON) == frozenset()
    await tx.execute(sa.update(delegations).values(revoked_at=None, until=WEEK, roles=["clerk"]))
    assert await seen(tx, fresh_tenant, "bea") == set()


@pytest.mark.requirement("orchestrator.delegations-are-few")
async def test_what_somebody_sees_is_found_however_many_delegations_name_them(tx, fresh_tenant):
    renewal = await put(tx, fresh_tenant, "renewal")
    here = replace(GIVEN, tenant=fresh_tenant)
    await give(tx, here)
    copies = sa.text(
        "INSERT INTO assent.delegations (tenant, id, giver, taker, roles, processes, reason, until, created_at)"
        " SELECT tenant, id || n, 'carl', taker, '{clerk}', processes, reason, until, created_at"
        " FROM assent.delegations, generate_series(1, :many) AS n WHERE tenant = :tenant"
    )
    await tx.execute(copies, {"many": MANY, "tenant": fresh_tenant})
    assert await seen(tx, fresh_tenant, "bea") == {"renewal"}
    assert await lent_here(tx, renewal, "bea", NOON) == {"carl": {"clerk"}, "dana": {"boss", "director"}}
    assert await lent_by(tx, renewal, "bea", "dana", NOON) == {"boss", "director"}
