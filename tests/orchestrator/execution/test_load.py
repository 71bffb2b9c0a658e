"""Many runs at once: a tenant's queue is bounded, and no tenant waits for another."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.errors import CrowdedError, TooManyRunsError
from assent_orchestrator.execution.submission import Submissions
from assent_orchestrator.execution.turnstile import Turnstile
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.tools.outcome import Success
from assent_sidecar.facts import Action
from tests.orchestrator.execution.conftest import MakeWorld, answer_one
from tests.orchestrator.execution.test_hostile import HELD
from tests.orchestrator.execution.world import World, allow_all, catalogue, for_actions, open_world


@pytest.mark.requirement("orchestrator.queue-limit")
async def test_a_plan_beyond_what_a_tenant_may_have_at_work_is_refused_and_taken_when_there_is_room(
    make_world: MakeWorld,
) -> None:
    world = await make_world([{"id": "only", "action": "box.put"}])
    world.decisions.away = True  # plans wait for a decision: the runs stay at work
    narrow = replace(world.submissions, most_runs=2)
    plans = [Plan(process="work", request_id=f"p{number}") for number in range(3)]
    first = [await narrow.submit(world.alice, plan) for plan in plans[:2]]
    with pytest.raises(TooManyRunsError) as refused:
        await narrow.submit(world.alice, plans[2])
    assert (refused.value.code, refused.value.metadata) == ("TOO_MANY_RUNS", {"most_runs": "2"})
    assert len((await world.runs.list(world.alice)).items) == 2
    # Somebody else's room is not theirs, and what was taken is found again by its request id.
    assert (await narrow.submit(world.alice, plans[0])).run.id == first[0].run.id
    other = Caller("bob", world.tenant + "-other", frozenset({Role.SUBMITTER}))
    neighbour = await narrow.submit(other, plans[2])
    assert neighbour.run.tenant == other.tenant
    world.decisions.away = False
    for view in first:
        assert (await world.end_of(view.run.id)).run.state == "succeeded"
    assert (await narrow.submit(world.alice, plans[2])).run.state == "planned"


@pytest.mark.requirement("orchestrator.tenants-own-limits")
async def test_a_tenant_may_have_a_limit_of_its_own(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.put"}])
    world.decisions.away = True
    narrow = replace(world.submissions, most_runs=5, most_runs_of={world.tenant: 1})
    await narrow.submit(world.alice, Plan(process="work", request_id="p1"))
    with pytest.raises(TooManyRunsError) as refused:
        await narrow.submit(world.alice, Plan(process="work", request_id="p2"))
    assert refused.value.metadata == {"most_runs": "1"}
    other = Caller("bob", world.tenant + "-other", frozenset({Role.SUBMITTER}))
    for number in range(2):
        await narrow.submit(other, Plan(process="work", request_id=f"o{number}"))
    world.decisions.away = False


@pytest.mark.requirement("orchestrator.queue-limit", "orchestrator.bounded-work")
async def test_runs_that_wait_for_a_person_take_nobodys_room(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}], ruler=for_actions(lambda _: HELD))
    narrow: Submissions = replace(world.submissions, most_runs=1)
    for number in range(3):
        view = await narrow.submit(world.alice, Plan(process="work", request_id=f"p{number}"))
        await world.until(view.run.id, "run.waiting")


@pytest.mark.requirement("orchestrator.fair-between-tenants")
async def test_one_tenant_floods_and_the_run_of_another_ends_within_its_own_turns(make_world: MakeWorld) -> None:
    order: list[str] = []

    def note(action: Action) -> Success:
        order.append(str(action.args["who"]))
        return Success({"n": 1})

    steps = [
        {"id": f"s{n}", "action": "box.put", "args": {"who": {"$ref": "inputs.who"}}, "after": [f"s{n - 1}"] * (n > 0)}
        for n in range(3)
    ]
    world = await make_world(steps, tool=note)
    world.parts.turnstile.__init__(places=1)  # type: ignore[misc] # before anybody came
    assert isinstance(world.parts.turnstile, Turnstile)
    small = Caller("bob", world.tenant + "-small", frozenset({Role.SUBMITTER}))
    async with world.parts.turnstile.turn("nobody"):
        flood = await asyncio.gather(*(world.submit(inputs={"who": "flood"}) for _ in range(30)))
        view = await world.submissions.submit(small, Plan(process="work", inputs={"who": "small"}))
    async with asyncio.timeout(60):
        async for _ in world.runs.watch(small, view.run.id, 0):
            pass
    assert (await world.runs.get(small, view.run.id)).run.state == "succeeded"
    # Of two tenants each has every second turn, so the flood came no further than the few turns of the other's run.
    before = order[: len(order) - order[::-1].index("small")]
    assert before.count("flood") <= 12, order
    for run in flood:
        await world.end_of(run, within=60)
    assert (order.count("flood"), order.count("small")) == (90, 3)


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.crowd", "orchestrator.bounded-work")
async def test_a_crowd_that_submits_and_follows_at_once_is_served_by_few_connections(
    database: Database, listener: Listener, fresh_tenant: str
) -> None:
    # As many connections as work is done at once, and nobody waits for one: who has no turn does not ask for one.
    engine = create_async_engine(database.url, pool_size=40, max_overflow=0, pool_timeout=2)
    own = replace(database, engine=engine)
    world = await open_world(
        own, listener, fresh_tenant, catalogue([{"id": "only", "action": "box.put"}]), allow_all, answer_one
    )

    async def one(number: int) -> str:
        caller = world.alice if number % 2 else Caller("bob", f"{fresh_tenant}-b", frozenset({Role.SUBMITTER}))
        run = await _handed_in(world, caller, f"r{number}")
        async for _ in world.runs.watch(caller, run, 0):
            pass
        return (await world.runs.get(caller, run)).run.state

    try:
        assert await asyncio.gather(*(one(number) for number in range(150))) == ["succeeded"] * 150
    finally:
        await world.durable.close()
        await engine.dispose()


async def _handed_in(world: World, caller: Caller, request: str) -> str:
    """Do as the manual says: who is refused comes back with the same request id."""
    while True:
        try:
            return (await world.submissions.submit(caller, Plan(process="work", request_id=request))).run.id
        except CrowdedError:
            continue


@pytest.mark.requirement("orchestrator.crowd")
async def test_a_plan_that_does_not_get_its_turn_in_time_is_refused_and_nothing_is_stored(
    make_world: MakeWorld,
) -> None:
    world: World = await make_world([{"id": "only", "action": "box.put"}])
    hasty = replace(world.submissions, turnstile=Turnstile(places=1), longest_wait=0.01)
    async with hasty.turnstile.turn("somebody"):
        with pytest.raises(CrowdedError) as refused:
            await hasty.submit(world.alice, Plan(process="work", request_id="again"))
    assert refused.value.code == "TOO_MANY_SUBMISSIONS"
    assert (await world.runs.list(world.alice)).items == []
    view = await hasty.submit(world.alice, Plan(process="work", request_id="again"))
    assert (await world.end_of(view.run.id)).run.state == "succeeded"
