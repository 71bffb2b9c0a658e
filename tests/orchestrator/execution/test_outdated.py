"""When another bundle comes into force, questions of the one before close at once, and are asked anew."""

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from assent_orchestrator.execution.outdated import Outdated
from assent_orchestrator.store.approval_tables import approvals
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.question import Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import ALLOW, World, for_actions, states

STEPS = [{"id": "only", "action": "box.put"}]
NEXT = "sha256:" + "7" * 64


def held(**more: Any) -> Mapping[str, Any]:
    return {
        "verdict": "require_approval",
        "reasons": [{"code": "BIG"}],
        "approval": {"stages": [{"role": "manager"}], "expires_in": "72h", **more},
    }


async def change(world: World) -> int:
    """Bring another bundle into force; return how many steps were woken."""
    world.decisions.revision = NEXT
    return await Outdated(world.parts.engine, world.durable).look(
        Bundle(b"", NEXT, world.parts.catalogue("")), world.tenant
    )


async def questions(world: World, run: str) -> list[tuple[str, bool]]:
    """Return the state of each question of a run, and whether it is of the bundle in force."""
    query = sa.select(approvals.c.state, approvals.c.revision).where(approvals.c.run_id == run)
    async with world.parts.engine.connect() as tx:
        rows = await tx.execute(query.order_by(approvals.c.requested_at))
        return [(row.state, row.revision == world.decisions.revision) for row in rows]


@pytest.mark.requirement("orchestrator.approvals-closed-with-their-bundle")
async def test_an_open_question_closes_at_once_and_is_asked_anew_under_the_bundle_in_force(
    make_world: MakeWorld,
) -> None:
    world = await make_world(STEPS, ruler=for_actions(lambda asked: ALLOW if asked.approvals else held()))
    run = await world.submit()
    await world.until(run, "approval.requested")
    assert await change(world) == 1
    void = await world.until(run, "approval.void")
    assert void.record["detail"]["reason"] == "REVISION_CHANGED"
    async for entry in world.runs.watch(world.alice, run, void.seq):
        if entry and entry.record["event"] == "approval.requested":
            break
    assert await questions(world, run) == [("void", False), ("pending", True)]
    assert await change(world) == 0
    query = sa.select(approvals.c.id).where(approvals.c.run_id == run, approvals.c.state == "pending")
    async with world.parts.engine.connect() as tx:
        [anew] = (await tx.execute(query)).scalars()
    await world.reply_to(world.person("mara", "manager"), anew)
    assert (await world.end_of(run)).run.state == "succeeded"


@pytest.mark.requirement("orchestrator.approvals-closed-with-their-bundle")
async def test_where_the_bundle_in_force_asks_nobody_it_is_done(make_world: MakeWorld) -> None:
    world = await make_world(STEPS, ruler=for_actions(lambda _: held()))
    run = await world.submit()
    await world.until(run, "approval.requested")
    world.decisions.ruler = for_actions(lambda _: ALLOW)
    await change(world)
    view = await world.end_of(run)
    assert (view.run.state, states(view)) == ("succeeded", {"only": "succeeded"})
    assert await questions(world, run) == [("void", False)]


@pytest.mark.requirement("orchestrator.approvals-closed-with-their-bundle")
async def test_a_question_that_may_stand_stands_and_so_does_that_of_a_paused_run(make_world: MakeWorld) -> None:
    def ruler(question: Question) -> Mapping[str, Any]:
        return held(on_revision="ask_again" if question.inputs.get("stands") else "void")

    world = await make_world(STEPS, ruler=for_actions(ruler))
    standing, paused = await world.submit(inputs={"stands": True}), await world.submit(inputs={"stands": False})
    for run in (standing, paused):
        await world.until(run, "approval.requested")
    await world.pauses.pause(world.alice, paused, "to look into it")
    assert await change(world) == 1, "only the paused one has a question that is worth nothing"
    assert await questions(world, standing) == await questions(world, paused) == [("pending", False)]
    await world.pauses.resume(world.alice, paused, "looked into")
    await world.until(paused, "approval.void")
    assert (await questions(world, standing)) == [("pending", False)]
    for run in (standing, paused):
        await world.cancellations.cancel(world.alice, run, "")
        await world.end_of(run)
