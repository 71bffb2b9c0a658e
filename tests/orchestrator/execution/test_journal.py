"""What is read under the lock of a run."""

import asyncio

import pytest
import sqlalchemy as sa

from assent_orchestrator.execution.journal import change_step, lock_step, read_run
from assent_orchestrator.plan.state import StepState
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import World, deny, for_actions

_WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%assent.steps%'"
)


async def _waits(world: World) -> None:
    """Wait, bounded, until somebody waits for a lock."""
    async with asyncio.timeout(20), world.parts.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as tx:
        while not await tx.scalar(_WAITING):
            pass


@pytest.mark.requirement("orchestrator.unknown-is-a-state")
async def test_who_waited_for_a_run_sees_its_step_as_it_was_left(make_world: MakeWorld) -> None:
    """Else what one server found out a moment ago is overwritten by another that knew nothing yet."""
    world = await make_world([{"id": "only", "action": "box.send"}], ruler=for_actions(lambda _: deny()))
    run_id = await world.submit()
    await world.end_of(run_id)

    async def second() -> tuple[str, int]:
        async with world.parts.engine.begin() as tx:
            run, step = await lock_step(tx, run_id, "only")
            return f"{run.id} {step.state}", step.attempt

    async with world.parts.engine.begin() as tx:
        await read_run(tx, run_id, lock=True)
        waiting = asyncio.create_task(second())
        await _waits(world)
        await change_step(tx, run_id, "only", state=str(StepState.SUCCEEDED), attempt=7)
        await tx.execute(sa.text("UPDATE assent.runs SET updated_at = now() WHERE id = :id"), {"id": run_id})
    assert await waiting == (f"{run_id} succeeded", 7)
