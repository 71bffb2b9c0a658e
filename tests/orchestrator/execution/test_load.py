"""Many runs at once: a tenant's queue is bounded, and no tenant waits for another."""

import asyncio
from dataclasses import replace

import pytest

from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.errors import TooManyRunsError
from assent_orchestrator.execution.submission import Submissions
from assent_orchestrator.execution.turnstile import Turnstile
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.tools.outcome import Success
from assent_sidecar.question import Action
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.test_hostile import HELD
from tests.orchestrator.execution.world import for_actions


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
