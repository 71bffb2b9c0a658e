"""Runs as lists show them: page by page, newest first, and to whom they may be shown."""

import pytest
import sqlalchemy as sa

from assent_orchestrator.caller import Role
from assent_orchestrator.plan.state import RunState
from tests.orchestrator.execution.conftest import MakeWorld


@pytest.mark.requirement("orchestrator.list-runs")
async def test_runs_are_listed_newest_first_page_by_page(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.get"}])
    submitted = [await world.submit() for _ in range(3)]
    for run in submitted:
        await world.end_of(run)
    first = await world.runs.list(world.alice, size=2)
    second = await world.runs.list(world.alice, size=2, token=first.next_token)
    assert [run.id for run in (*first.items, *second.items)] == submitted[::-1]
    assert (bool(first.next_token), second.next_token) == (True, "")


@pytest.mark.requirement("orchestrator.list-runs")
async def test_a_list_of_runs_can_be_narrowed_by_state_and_process(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.get"}])
    run = await world.submit()
    await world.end_of(run)
    wanted = {"succeeded": RunState.SUCCEEDED, "failed": RunState.FAILED}
    found = {
        name: [one.id for one in (await world.runs.list(world.alice, state=wanted[name])).items] for name in wanted
    }
    assert found == {"succeeded": [run], "failed": []}
    assert [one.id for one in (await world.runs.list(world.alice, process="work")).items] == [run]
    assert not (await world.runs.list(world.alice, process="play")).items


@pytest.mark.requirement("orchestrator.list-runs")
async def test_others_see_a_run_only_as_operators_or_auditors(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.get"}])
    run = await world.submit()
    await world.end_of(run)
    for role, seen in ((Role.SUBMITTER, []), (Role.OPERATOR, [run]), (Role.AUDITOR, [run])):
        assert [one.id for one in (await world.runs.list(world.person("bob", role))).items] == seen


@pytest.mark.requirement("orchestrator.list-runs")
async def test_no_plan_is_read_for_a_list(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.get"}])
    run = await world.submit(inputs={"long": "x" * 1000})
    await world.end_of(run)
    told: list[str] = []

    def tell(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        told.append(statement)

    engine = world.parts.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", tell)
    try:
        [listed] = (await world.runs.list(world.alice)).items
    finally:
        sa.event.remove(engine, "before_cursor_execute", tell)
    assert (listed.id, listed.state, listed.principal.id) == (run, "succeeded", "alice")
    assert any("FROM assent.runs" in one and "runs.principal" in one for one in told)
    assert not any("runs.plan," in one for one in told)
