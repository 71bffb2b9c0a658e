"""What is promised of the durable engine itself."""

import asyncio
import base64
import contextlib
import pickle
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dbos._sys_db as dbos_sys_db
import pytest
import sqlalchemy as sa
from dbos import DBOS

from assent_orchestrator.governance.trials import SECONDS
from assent_orchestrator.plan.withhold import Argument
from assent_orchestrator.store.postgres import Database
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import ALLOW, deny


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
    await DBOS.get_result_async(run)  # the engine, too, has written down that it is over
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


@pytest.mark.requirement("orchestrator.kill-postgresql")
async def test_the_engine_waits_for_a_database_that_nobody_reaches(make_world: MakeWorld, tmp_path: Path) -> None:
    await make_world([{"id": "only", "action": "box.get"}])  # opens the engine
    gone = sa.create_engine(f"postgresql+psycopg://nobody@/nothing?host={tmp_path}")
    with pytest.raises(sa.exc.OperationalError) as raised:
        gone.connect()
    waits: Callable[[Exception], bool] = vars(dbos_sys_db)["retriable_postgres_exception"]
    assert waits(raised.value)
    assert not waits(sa.exc.ProgrammingError("SELECT", {}, Exception("wrong")))


@pytest.mark.requirement("orchestrator.durable")
async def test_what_the_engine_asks_of_a_database_that_is_gone_ends_with_the_engine(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.get"}])
    asked: list[int] = []

    @dbos_sys_db.db_retry(initial_backoff=0.0)
    def ask() -> None:
        asked.append(1)
        if len(asked) == 3:
            return
        raise sa.exc.OperationalError("SELECT", {}, Exception("the server is gone"))

    await asyncio.to_thread(ask)
    assert len(asked) == 3, "an engine that is open waits for its database"
    asked.clear()
    await world.durable.close()
    with pytest.raises(sa.exc.OperationalError):
        await asyncio.to_thread(ask)
    assert len(asked) == 1


async def test_starting_a_run_again_changes_nothing(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}])
    run = await world.submit()
    await world.durable.start(run, world.tenant)
    await world.end_of(run)
    await world.durable.start(run, world.tenant)
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

    async def dies(run_id: str, tenant: str) -> None:
        del run_id, tenant
        raise ConnectionError

    world.durable.start = dies  # type: ignore[method-assign] # the injected fault
    with pytest.raises(ConnectionError):
        await world.submit(request_id="lost")
    world.durable.start = started  # type: ignore[method-assign] # taken back
    assert await world.resumptions.resume() >= 1
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


@pytest.mark.requirement("sidecar.plan-culprits", "orchestrator.deadline-is-the-budget")
async def test_what_makes_a_plan_fail_is_found_in_the_time_that_is_left_and_is_no_decision(
    make_world: MakeWorld,
) -> None:
    from assent_orchestrator.plan.model import Plan

    def no_text(question: Question) -> Mapping[str, Any]:
        assert question.plan is not None
        if question.kind is Kind.PLAN:
            return {"verdict": "allow", "steps": {"only": deny("TEXT")}}
        said = {one.id: deny("TEXT") if one.action and "text" in one.action.args else ALLOW for one in question.trials}
        return {**deny("TRIAL"), "steps": said}

    world = await make_world([{"id": "only", "action": "box.put", "args": {"n": 1, "text": "x"}}], ruler=no_text)
    forecast = await world.simulations.simulate(world.alice, Plan(process="work"), within=5.0)
    assert forecast.failure is not None
    [culprit] = forecast.failure.culprits
    assert (culprit.step, culprit.arguments) == ("only", (Argument("/text"),))
    first, *trials = world.decisions.budgets
    assert len(trials) == 1
    assert trials[0] <= min(first, SECONDS)
    records = await world.trail.read(world.tenant, limit=100)
    assert [entry.record["event"] for entry in records] == ["decision.made"]


@pytest.mark.requirement("orchestrator.durable")
async def test_a_run_that_meets_an_engine_being_taken_apart_goes_on_when_it_is_opened_again(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}])
    world.decisions.away = True
    reached, apart, refused = asyncio.Event(), asyncio.Event(), threading.Event()
    loop, destroy = asyncio.get_running_loop(), DBOS.destroy

    async def refuses(*_: object, **__: object) -> None:
        reached.set()
        await apart.wait()
        loop.call_later(1, refused.set)  # as long as the engine needs to write down how the flow ended
        raise RuntimeError("the engine is being taken apart")

    def taken_apart(**options: Any) -> None:
        loop.call_soon_threadsafe(apart.set)
        refused.wait(20)
        destroy(**options)

    with monkeypatch.context() as patch:
        patch.setattr(DBOS, "recv_async", refuses)
        patch.setattr(DBOS, "destroy", taken_apart)
        run = await world.submit()
        await asyncio.wait_for(reached.wait(), 60)
        await world.durable.close()
    assert refused.is_set()
    world.decisions.away = False
    await world.durable.open()
    assert (await world.end_of(run)).run.state == "succeeded"
