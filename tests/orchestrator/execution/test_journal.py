"""What is read under the lock of a run."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from assent_orchestrator.execution.journal import change_step, lock_step, read_run
from assent_orchestrator.execution.plans import Plans
from assent_orchestrator.plan.state import StepState
from assent_orchestrator.tools.outcome import Failure, Success
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import World, deny, for_actions

_WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%assent.steps%'"
)


async def _waits(world: World) -> None:
    """Wait, bounded, until somebody waits for a lock."""
    async with asyncio.timeout(60), world.parts.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as tx:
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
            run, step = await lock_step(tx, run_id, "only", world.parts.plans)
            return f"{run.id} {step.state}", step.attempt

    async with world.parts.engine.begin() as tx:
        await read_run(tx, run_id, world.parts.plans, lock=True)
        waiting = asyncio.create_task(second())
        await _waits(world)
        await change_step(tx, run_id, "only", state=str(StepState.SUCCEEDED), attempt=7)
        await tx.execute(sa.text("UPDATE assent.runs SET updated_at = now() WHERE id = :id"), {"id": run_id})
    assert await waiting == (f"{run_id} succeeded", 7)


async def test_a_plan_is_read_once_by_whoever_keeps_plans_and_is_not_kept_of_a_run_that_is_over(
    make_world: MakeWorld,
) -> None:
    release = asyncio.Event()
    world = await make_world([{"id": "only", "action": "box.send"}])
    invoke = world.tools.invoke

    async def slow(*arguments: Any, **more: Any) -> Success | Failure:
        await release.wait()
        return await invoke(*arguments, **more)

    world.tools.invoke = slow  # type: ignore[method-assign] # a tool that takes its time
    run_id = await world.submit()
    await world.until(run_id, "action.intended")
    own, late = Plans(), Plans()
    async with world.parts.reader.connect() as tx:
        first, again = [await read_run(tx, run_id, own) for _ in range(2)]
        assert first.plan is again.plan
        assert own.get(run_id) is not world.parts.plans.get(run_id)
        release.set()
        await world.end_of(run_id)
        await read_run(tx, run_id, late)
    assert len(late) == 0
