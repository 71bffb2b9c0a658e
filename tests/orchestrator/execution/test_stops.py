"""Stops: what they freeze, what they leave alone, how they are lifted, and that nothing slips past."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from assent_orchestrator.caller import Role
from assent_orchestrator.errors import AlreadyExistsError, ForbiddenError, InvalidError, NotFoundError, StateError
from assent_orchestrator.governance.stop import Scope, Stop
from assent_orchestrator.governance.stops import Order
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.store.tables import runs
from assent_orchestrator.tools.outcome import Success
from assent_sidecar.facts import Action
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.held import held_until_approved
from tests.orchestrator.execution.world import World, allow_all, for_actions, states

ONE = [{"id": "only", "action": "box.send"}]


async def stopped(world: World, run: str, step: str | None = None) -> dict[str, Any]:
    """Wait until a run, or a step, is stopped; return the decision's record."""
    async with asyncio.timeout(60):
        async for entry in world.runs.watch(world.alice, run, 0):
            if entry is None or entry.record["event"] != "decision.made":
                continue
            if entry.record["decision"]["codes"] == ["STOPPED"] and entry.record.get("step") == step:
                return entry.record
    raise AssertionError("it was never stopped")


@pytest.fixture
async def two_steps(make_world: MakeWorld) -> World:
    return await make_world([*ONE, {"id": "then", "action": "box.put", "after": ["only"]}])


@pytest.mark.requirement(
    "orchestrator.stops-freeze",
    "orchestrator.stops-are-checked-without-the-engine",
    "orchestrator.stops-are-lifted-by-a-recorded-call",
)
@pytest.mark.parametrize("scope", [Scope.TENANT, Scope.PROCESS])
async def test_a_plan_that_comes_under_a_stop_is_taken_and_waits_until_it_is_lifted(
    make_world: MakeWorld, scope: Scope
) -> None:
    world = await make_world(ONE)
    stop = await world.stop(scope, "work" if scope is Scope.PROCESS else "")
    run = await world.submit()
    record = await stopped(world, run)
    assert (record["decision"]["verdict"], record["decision"]["fault"]) == ("deny", False)
    assert record["detail"] == {"stops": [stop.id]}
    view = await world.runs.get(world.alice, run)
    assert (view.run.state, view.run.reason) == ("planned", "STOPPED")
    assert world.decisions.asked == [], "nobody had to ask the engine"
    lifted = await world.lift(stop)
    assert (lifted.lifted_by, lifted.lift_reason, lifted.in_force) == ("olga", "looked into", False)
    view = await world.end_of(run)
    assert (view.run.state, view.run.reason) == ("succeeded", None)
    events = [entry.record for entry in await world.trail.read(world.tenant, limit=1000)]
    told = {one["event"]: one for one in events if one["event"].startswith("stop.")}
    assert told["stop.created"]["actor"]["id"] == "otto"
    assert told["stop.lifted"]["actor"]["id"] == "olga"
    reasons = {event: one["detail"]["rationale"] for event, one in told.items()}
    assert reasons == {"stop.created": "to look into it", "stop.lifted": "looked into"}
    assert {one["detail"]["stop"] for one in told.values()} == {stop.id}


@pytest.mark.requirement("orchestrator.stops-freeze", "orchestrator.stops-are-scoped")
@pytest.mark.parametrize(("scope", "value"), [(Scope.AGENT, "bot"), (Scope.SYSTEM, "box")])
async def test_a_run_goes_on_until_the_step_that_is_stopped(make_world: MakeWorld, scope: Scope, value: str) -> None:
    world = await make_world(ONE)
    stop = await world.stop(scope, value)
    run = await world.submit()
    await stopped(world, run, "only")
    view = await world.runs.get(world.alice, run)
    assert (view.run.state, states(view)) == ("waiting", {"only": "deferred"})
    assert view.steps[0].reason == "STOPPED"
    assert stop.id in (view.steps[0].message or "")
    assert [question.kind for question in world.decisions.asked] == [Kind.PLAN]
    assert world.tools.calls == []
    await world.lift(stop)
    view = await world.end_of(run)
    assert (view.run.state, view.steps[0].reason, view.steps[0].message) == ("succeeded", None, None)
    assert world.tools.times("box.send") == 1


@pytest.mark.requirement("orchestrator.stops-freeze")
async def test_a_run_that_is_stopped_finishes_what_is_under_way_and_starts_nothing_more(make_world: MakeWorld) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()
    world = await make_world([*ONE, {"id": "then", "action": "box.put", "after": ["only"]}])
    invoke = world.tools.invoke

    async def slow(permit: Any, action: Action, **more: Any) -> Any:
        reached.set()
        await go_on.wait()
        return await invoke(permit, action, **more)

    world.tools.invoke = slow  # type: ignore[method-assign] # a tool that takes its time
    run = await world.submit()
    await asyncio.wait_for(reached.wait(), 60)
    stop = await world.stop(Scope.RUN, run)
    go_on.set()
    await stopped(world, run, "then")
    assert states(await world.runs.get(world.alice, run)) == {"only": "succeeded", "then": "deferred"}
    assert "stop.created" in await world.events(run)
    await world.lift(stop)
    assert (await world.end_of(run)).run.state == "succeeded"


@pytest.mark.requirement("orchestrator.stops-are-scoped")
async def test_what_is_outside_of_the_scope_goes_on(two_steps: World) -> None:
    world = two_steps
    other = await world.submit()
    await world.end_of(other)
    held = await world.stop(Scope.RUN, other)
    run = await world.submit()
    assert (await world.end_of(run)).run.state == "succeeded"
    await world.lift(held)


@pytest.mark.requirement("orchestrator.stops-are-scoped")
async def test_several_stops_hold_each_by_itself(two_steps: World) -> None:
    world = two_steps
    agent, system = await world.stop(Scope.AGENT, "bot"), await world.stop(Scope.SYSTEM, "box")
    run = await world.submit()
    record = await stopped_both(world, run)
    assert set(record["detail"]["stops"]) == {agent.id, system.id}
    await world.lift(agent)
    async with asyncio.timeout(60):
        async for entry in world.runs.watch(world.alice, run, int(record["seq"])):
            if entry and (entry.record.get("detail") or {}).get("stops") == [system.id]:
                break
    assert world.tools.calls == []
    await world.lift(system)
    assert (await world.end_of(run)).run.state == "succeeded"


async def stopped_both(world: World, run: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        async for entry in world.runs.watch(world.alice, run, 0):
            if entry and entry.record.get("step") and len((entry.record.get("detail") or {}).get("stops", ())) == 2:
                return entry.record
    raise AssertionError("it was never stopped by both")


@pytest.mark.requirement("orchestrator.stops-freeze")
async def test_an_approval_can_be_answered_under_a_stop_and_is_used_when_it_is_lifted(make_world: MakeWorld) -> None:
    world = await make_world(ONE, ruler=for_actions(held_until_approved))
    run = await world.submit()
    await world.until(run, "approval.requested")
    stop = await world.stop(Scope.AGENT, "bot")
    await world.reply(run, world.person("dana", "director"))
    await stopped(world, run, "only")
    assert world.tools.calls == []
    await world.lift(stop)
    view = await world.end_of(run)
    assert view.run.state == "succeeded"
    events = await world.events(run)
    assert events.count("approval.requested only") == events.count("approval.consumed only") == 1
    assert "approval.void only" not in events


@pytest.mark.requirement("orchestrator.stops-freeze")
@pytest.mark.parametrize("scope", [Scope.TENANT, Scope.AGENT])
async def test_a_stopped_run_can_be_cancelled(make_world: MakeWorld, scope: Scope) -> None:
    world = await make_world(ONE)
    await world.stop(scope, "bot" if scope is Scope.AGENT else "")
    run = await world.submit()
    await stopped(world, run, "only" if scope is Scope.AGENT else None)
    await world.cancellations.cancel(world.alice, run, "")
    view = await world.end_of(run)
    assert (view.run.state, states(view)) == ("cancelled", {"only": "cancelled"})
    assert world.tools.calls == []


@pytest.mark.requirement("orchestrator.stops-freeze")
@pytest.mark.parametrize("taken", [True, False])
async def test_whether_a_step_is_taken_is_asked_when_the_stop_is_lifted(make_world: MakeWorld, taken: bool) -> None:
    def ruler(question: Question) -> Any:
        return {"verdict": "allow", "taken": taken} if question.kind is Kind.CONDITION else allow_all(question)

    world = await make_world([{**ONE[0], "when": "wanted"}], ruler=ruler)
    stop = await world.stop(Scope.AGENT, "bot")
    run = await world.submit()
    record = await stopped(world, run, "only")
    assert record["decision"]["kind"] == "condition"
    await world.lift(stop)
    view = await world.end_of(run)
    assert states(view) == {"only": "succeeded" if taken else "skipped"}
    assert world.tools.times("box.send") == taken


async def test_a_look_that_finds_the_same_stop_records_nothing_more(make_world: MakeWorld) -> None:
    world = await make_world(ONE)
    await world.stop(Scope.AGENT, "bot")
    run = await world.submit()
    await stopped(world, run, "only")
    before = await world.events(run)
    pause = await world.durable._work.attempt(run, "only", 2)
    assert (pause["settled"], pause["seconds"] > 60) == (False, True)
    assert await world.events(run) == before


async def test_a_forecast_says_what_is_stopped(make_world: MakeWorld) -> None:
    world = await make_world([*ONE, {"id": "then", "action": "box.put", "after": ["only"]}])
    system = await world.stop(Scope.SYSTEM, "box")
    forecast = await world.simulations.simulate(world.alice, Plan(process="work"))
    steps = forecast.decided.decision.steps
    assert {step.reasons[0].code for step in steps.values()} == {"STOPPED"}
    assert forecast.decided.verdict == "allow", "the plan itself would be taken, and wait"
    assert forecast.failure is not None
    assert {(one.step, one.search) for one in forecast.failure.culprits} == {("only", "nothing"), ("then", "nothing")}
    assert [str(question.kind) for question in world.decisions.asked] == ["plan"], "no policy is asked about a stop"
    await world.lift(system)
    await world.stop(Scope.TENANT)
    forecast = await world.simulations.simulate(world.alice, Plan(process="work"))
    assert (forecast.decided.verdict, forecast.decided.codes) == ("deny", ("STOPPED",))
    assert set(forecast.decided.decision.steps) == {"only", "then"}


@pytest.mark.requirement("orchestrator.stops-are-lifted-by-a-recorded-call")
async def test_only_who_may_gives_and_lifts_a_stop(make_world: MakeWorld) -> None:
    world = await make_world(ONE)
    order = Order(Scope.TENANT, "", "why")
    for roles in ((), (Role.SUBMITTER, Role.AUDITOR), (Role.PLATFORM_OPERATOR,)):
        with pytest.raises(ForbiddenError):
            await world.stops.create(world.person("eve", *roles), order)
    with pytest.raises(ForbiddenError):
        await world.stops.create(world.person("otto", Role.OPERATOR), replace(order, scope=Scope.ALL))
    stop = await world.stop(Scope.TENANT)
    with pytest.raises(ForbiddenError):
        await world.stops.lift(world.alice, stop.id, "because")
    stranger = replace(world.person("otto", Role.OPERATOR), tenant="elsewhere")
    for call in (world.stops.get(stranger, stop.id), world.stops.lift(stranger, stop.id, "because")):
        with pytest.raises(NotFoundError):
            await call
    await world.lift(stop)
    with pytest.raises(StateError):
        await world.lift(stop)


@pytest.mark.parametrize(
    ("scope", "value"),
    [
        (Scope.AGENT, "bott"),
        (Scope.SYSTEM, "work"),
        (Scope.PROCESS, "bot"),
        (Scope.RUN, "nothing"),
        (Scope.AGENT, ""),
        (Scope.TENANT, "other"),
        (Scope.ALL, "bot"),
    ],
)
async def test_a_stop_of_nothing_is_refused(make_world: MakeWorld, scope: Scope, value: str) -> None:
    world = await make_world(ONE)
    with pytest.raises(InvalidError):
        await world.stop(scope, value)
    assert (await world.stops.list(world.alice, in_force=True)).items == []


async def test_a_request_id_stops_and_lifts_once(make_world: MakeWorld) -> None:
    world = await make_world(ONE)
    otto = world.person("otto", Role.OPERATOR)
    order = Order(Scope.AGENT, "bot", "why", "once")
    made = await asyncio.gather(*(world.stops.create(otto, order) for _ in range(5)))
    assert len({stop.id for stop in made}) == 1
    with pytest.raises(AlreadyExistsError):
        await world.stops.create(otto, replace(order, reason="other"))
    for _ in range(2):
        assert not (await world.stops.lift(otto, made[0].id, "done", "lift-once")).in_force
    listed = await world.stops.list(otto)
    assert [stop.id for stop in listed.items] == [made[0].id]


@pytest.mark.requirement("orchestrator.stops-are-scoped")
async def test_a_stop_for_all_reaches_every_tenant_and_is_seen_in_each(make_world: MakeWorld) -> None:
    world = await make_world(ONE)
    elsewhere = replace(world.person("pia", Role.PLATFORM_OPERATOR), tenant="platform")
    stop = await world.stops.create(elsewhere, Order(Scope.ALL, "", "an incident"))
    try:
        run = await world.submit()
        record = await stopped(world, run)
        assert record["detail"] == {"stops": [stop.id]}
        assert (await world.stops.get(world.alice, stop.id)).scope is Scope.ALL
        with pytest.raises(ForbiddenError):
            await world.stops.lift(world.person("otto", Role.OPERATOR), stop.id, "not mine to lift")
    finally:
        await world.stops.lift(elsewhere, stop.id, "over")
    assert (await world.end_of(run)).run.state == "succeeded"


@pytest.mark.requirement("orchestrator.stops-are-effective-at-once")
async def test_fifty_steps_at_once_never_slip_past_a_stop(make_world: MakeWorld) -> None:
    world = await make_world([{"id": f"s{n}", "action": "box.send", "args": {"say": f"{n}"}} for n in range(50)])
    begun: dict[str, float] = {}
    under_way = asyncio.Event()

    def tool(action: Action) -> Success:
        begun[action.args["say"]] = time.monotonic()
        if len(begun) >= 5:
            under_way.set()
        return Success({"n": 1, "said": action.args["say"]})

    world.tools.tool = tool
    run = await world.submit()
    await asyncio.wait_for(under_way.wait(), 60)
    asked = time.monotonic()
    stop = await world.stop(Scope.TENANT)
    took = time.monotonic() - asked
    records = await settled(world, run)
    order = [(int(one["seq"]), one["event"]) for one in records]
    [created] = [seq for seq, event in order if event == "stop.created"]
    assert took < 15.0
    assert [seq for seq, event in order if event == "action.intended" and seq > created] == []
    assert 5 <= len(begun) < 50, "the stop came in the middle"
    await world.lift(stop)
    view = await world.end_of(run, within=60)
    assert view.run.state == "succeeded"
    assert len(begun) == len(world.tools.calls) == 50


async def settled(world: World, run: str) -> list[dict[str, Any]]:
    """Wait until every step of the run is done or stopped; return the tenant's records."""
    async with asyncio.timeout(60):
        async for _ in world.runs.watch(world.alice, run, 0):
            view = await world.runs.get(world.alice, run)
            if {step.state for step in view.steps} <= {"succeeded", "deferred"}:
                break
    return [entry.record for entry in await world.trail.read(world.tenant, limit=1000)]


@pytest.mark.requirement("orchestrator.stops-are-effective-at-once")
async def test_a_server_frozen_in_the_middle_of_a_commit_does_not_hold_a_stop_up(make_world: MakeWorld) -> None:
    world = await make_world(ONE)
    async with world.parts.engine.connect() as frozen:
        await world.parts.gate.barrier.in_force(frozen, world.tenant)  # and then it never goes on
        asked = time.monotonic()
        await world.stop(Scope.TENANT)
        assert time.monotonic() - asked < 15.0
        with pytest.raises(sa.exc.OperationalError):
            await frozen.execute(sa.text("SELECT 1"))
        await frozen.invalidate()


@pytest.mark.requirement("orchestrator.stops-are-durable")
async def test_who_gave_and_lifted_a_stop_cannot_be_rewritten(make_world: MakeWorld) -> None:
    world = await make_world(ONE)
    stop: Stop = await world.stop(Scope.TENANT)
    for change in (
        "UPDATE assent.stops SET created_by = 'eve' WHERE id = :id",
        "DELETE FROM assent.stops WHERE id = :id",
    ):
        with pytest.raises(sa.exc.ProgrammingError, match="made once"):
            async with world.parts.engine.begin() as tx:
                await tx.execute(sa.text(change), {"id": stop.id})
    await world.lift(stop)
    with pytest.raises(sa.exc.ProgrammingError, match="lifted once"):
        async with world.parts.engine.begin() as tx:
            await tx.execute(sa.text("UPDATE assent.stops SET lifted_at = NULL WHERE id = :id"), {"id": stop.id})


@pytest.mark.requirement("orchestrator.stops-are-durable")
@pytest.mark.parametrize("scope", [Scope.AGENT, Scope.TENANT])
async def test_what_is_stopped_still_is_not_woken_for_nothing(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, scope: Scope
) -> None:
    world = await make_world(ONE)
    stop = await world.stop(scope, "bot" if scope is Scope.AGENT else "")
    run = await world.submit()
    await world.until(run, "decision.made", step="only" if scope is Scope.AGENT else None)
    woken: list[str] = []

    async def wake(run_id: str, _steps: tuple[str, ...] = ()) -> None:
        woken.append(run_id)

    with monkeypatch.context() as patched:
        patched.setattr(world.durable, "wake", wake)
        await world.resumptions.resume()
        assert run not in woken
        async with world.parts.engine.begin() as tx:  # a cancellation that nobody heard of
            await tx.execute(sa.update(runs).where(runs.c.id == run).values(cancel_requested="alice"))
        await world.resumptions.resume()
        assert run in woken
        async with world.parts.engine.begin() as tx:
            await tx.execute(sa.update(runs).where(runs.c.id == run).values(cancel_requested=None))
        await world.lift(stop)
        woken.clear()  # whoever lifts tells it, and now nobody heard
        await world.resumptions.resume()
        assert run in woken
    await world.durable.wake(run, ("only",))
    assert (await world.end_of(run)).run.state == "succeeded"


@pytest.mark.requirement("orchestrator.stops-are-durable")
async def test_a_lift_that_nobody_heard_of_is_found_when_a_server_starts(make_world: MakeWorld) -> None:
    world = await make_world(ONE)
    stop = await world.stop(Scope.AGENT, "bot")
    run = await world.submit()
    await stopped(world, run, "only")

    async def dies(_: Stop) -> None:
        raise ConnectionError

    dying = replace(world.stops, wake=dies)
    with pytest.raises(ConnectionError):
        await dying.lift(world.person("olga", Role.OPERATOR), stop.id, "looked into")
    assert await world.resumptions.resume() >= 1
    assert (await world.end_of(run)).run.state == "succeeded"
