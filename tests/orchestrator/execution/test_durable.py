"""What is promised of the durable engine itself."""

import base64
import contextlib
import pickle
from pathlib import Path

import pytest
import sqlalchemy as sa
from dbos import DBOS

from assent_orchestrator.store.postgres import Database
from tests.orchestrator.execution.conftest import MakeWorld


class _Bomb:
    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self._mark,))


@pytest.mark.requirement("orchestrator.no-pickle")
async def test_a_forged_row_runs_no_code(make_world: MakeWorld, database: Database, tmp_path: Path) -> None:
    world = await make_world([{"id": "only", "action": "box.get"}])
    run = await world.submit()
    await world.end_of(run)
    mark = tmp_path / "exploded"
    forged = base64.b64encode(pickle.dumps(_Bomb(mark))).decode()
    async with database.engine.begin() as tx:
        changed = await tx.execute(
            sa.text(
                "UPDATE dbos.operation_outputs SET output = :o, serialization = 'py_pickle' WHERE workflow_uuid = :w"
            ),
            {"o": forged, "w": run},
        )
        assert changed.rowcount > 0
        await tx.execute(
            sa.text(
                "UPDATE dbos.workflow_status SET output = :o, serialization = 'py_pickle' WHERE workflow_uuid = :w"
            ),
            {"o": forged, "w": run},
        )
    for look in (DBOS.list_workflow_steps_async, DBOS.get_result_async):
        with contextlib.suppress(Exception):  # how it fails is the engine's business; that nothing ran is ours
            await look(run)
    assert not mark.exists()
    pickle.loads(base64.b64decode(forged))
    assert mark.exists(), "the bomb would not have gone off at all"


async def test_starting_a_run_again_changes_nothing(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}])
    run = await world.submit()
    await world.durable.start(run)
    await world.end_of(run)
    await world.durable.start(run)
    assert world.tools.times("box.send") == 1


@pytest.mark.requirement("orchestrator.submit-is-idempotent")
async def test_many_submissions_of_one_request_id_at_once_make_one_run(make_world: MakeWorld) -> None:
    import asyncio

    world = await make_world([{"id": "only", "action": "box.send"}])
    ids = await asyncio.gather(*(world.submit(request_id="same") for _ in range(8)))
    assert len(set(ids)) == 1
    await world.end_of(ids[0])
    assert world.tools.times("box.send") == 1


@pytest.mark.requirement("orchestrator.durable")
async def test_what_was_stored_but_never_started_is_started_when_the_server_comes_back(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}])
    started = world.durable.start

    async def dies(run_id: str) -> None:
        del run_id
        raise ConnectionError

    world.durable.start = dies  # type: ignore[method-assign] # the injected fault
    with pytest.raises(ConnectionError):
        await world.submit(request_id="lost")
    world.durable.start = started  # type: ignore[method-assign] # taken back
    assert await world.submissions.resume() == 1
    run = await world.submit(request_id="lost")
    assert (await world.end_of(run)).run.state == "succeeded"


@pytest.mark.requirement("orchestrator.simulate")
async def test_a_forecast_is_one_question_and_does_nothing(make_world: MakeWorld) -> None:
    from assent_orchestrator.plan.model import Plan

    world = await make_world([{"id": f"s{n}", "action": "box.send"} for n in range(20)])
    forecast = await world.simulations.simulate(world.alice, Plan(process="work"))
    assert len(forecast.decided.decision.steps) == 20
    assert len(world.decisions.asked) == 1
    assert world.tools.calls == []
    assert (await world.runs.list(world.alice)).items == []
