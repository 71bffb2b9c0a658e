"""What is forgotten of runs that have been over for long, and what never is."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from dbos import DBOS

from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.clock import utc_now
from assent_orchestrator.errors import NotFoundError
from assent_orchestrator.execution.retention import Retention
from assent_orchestrator.store.approval_tables import approvals
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.store.tables import effects, runs, steps
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import for_actions


def held(question):
    del question
    return {
        "verdict": "require_approval",
        "reasons": [{"code": "ASK", "message": "ask"}],
        "approval": {"stages": [{"role": "boss", "quorum": 1}], "expires_in": "1h", "on_expiry": "deny"},
    }


@pytest.mark.requirement("orchestrator.retention")
async def test_a_run_that_is_over_for_long_is_forgotten_but_for_its_records(
    make_world: MakeWorld, database: Database
) -> None:
    world = await make_world(
        [{"id": "get", "action": "box.get"}, {"id": "send", "action": "box.send", "after": ["get"]}],
        ruler=for_actions(lambda question: held(question) if question.inputs.get("ask") else {"verdict": "allow"}),
    )
    over = await world.submit()
    await world.end_of(over)
    waits = await world.submit(inputs={"ask": True})
    await world.until(waits, "approval.requested")
    before = await world.trail.read(world.tenant, Wanted(run=over), limit=1000)

    young = Retention(world.trail, world.durable, utc_now, timedelta(days=1))
    while await young.prune():  # other tests of the session may have left some, under clocks of their own
        pass
    assert (await world.runs.get(world.alice, over)).run.state == "succeeded"
    later = Retention(world.trail, world.durable, lambda: utc_now() + timedelta(days=2), timedelta(days=1))
    while await later.prune():
        pass

    with pytest.raises(NotFoundError):
        await world.runs.get(world.alice, over)
    async with database.engine.connect() as tx:
        assert (await tx.execute(sa.select(runs.c.id).where(runs.c.id == over))).all() == []
        for table in (steps, effects, approvals):
            assert (await tx.execute(sa.select(table.c.run_id).where(table.c.run_id == over))).all() == []
    assert await DBOS.list_workflows_async(workflow_ids=[over]) == []
    records = await world.trail.read(world.tenant, Wanted(run=over), limit=1000)
    assert records[: len(before)] == before
    assert [entry.record["event"] for entry in records[len(before) :]] == ["run.forgotten"]
    # What is not over stays, however old it is.
    assert (await world.runs.get(world.alice, waits)).run.state == "waiting"
