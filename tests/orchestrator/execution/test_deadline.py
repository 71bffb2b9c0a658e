"""The time that a run has as a whole."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from assent_orchestrator.clock import utc_now
from assent_orchestrator.execution.journal import change_run
from assent_orchestrator.governance.permit import Permit
from assent_orchestrator.governance.stop import Scope
from assent_orchestrator.tools.outcome import Failure, Found, Success
from assent_sidecar.facts import Action
from assent_sidecar.question import Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.held import held_until_approved
from tests.orchestrator.execution.world import ALLOW, for_actions, reaches, states

TWO: list[dict[str, Any]] = [
    {"id": "first", "action": "box.send"},
    {"id": "then", "action": "box.put", "after": ["first"]},
]


@pytest.mark.requirement("orchestrator.deadline-of-a-run")
async def test_a_run_whose_time_is_up_begins_nothing_more_and_fails(make_world: MakeWorld) -> None:
    world = await make_world(TWO, ruler=for_actions(held_until_approved), deadline="1h")
    run = await world.submit()
    submitted = await world.runs.get(world.alice, run)
    assert submitted.run.deadline_at == submitted.run.created_at + timedelta(hours=1)
    await world.until(run, "run.waiting")
    await world.let_time_be_up(run, "first")
    view = await world.end_of(run)
    assert (view.run.state, view.run.reason) == ("failed", "DEADLINE_EXCEEDED")
    assert {(step.state, step.reason) for step in view.steps} == {("cancelled", "DEADLINE_EXCEEDED")}
    assert "approval.void first" in await world.events(run)
    assert world.tools.calls == []


@pytest.mark.requirement("orchestrator.deadline-of-a-run")
@pytest.mark.parametrize("what", ["paused", "stopped", "engine away", "deferred"])
async def test_a_run_that_is_held_up_ends_in_time_all_the_same(make_world: MakeWorld, what: str) -> None:
    def later(_: Question) -> Any:
        reasons = [{"code": "OUT_OF_HOURS", "message": "later"}]
        return {"verdict": "defer", "reasons": reasons, "defer_until": "2999-01-01T00:00:00Z"}

    world = await make_world(TWO, ruler=for_actions(later if what == "deferred" else lambda _: ALLOW), deadline="2s")
    world.decisions.away = what == "engine away"
    if what == "stopped":
        await world.stop(Scope.TENANT)
    if what == "paused":
        await world.stop(Scope.AGENT, "bot")
    run = await world.submit()
    if what == "paused":
        await world.pauses.pause(world.alice, run, "why")
    view = await world.end_of(run)
    assert (view.run.state, view.run.reason) == ("failed", "DEADLINE_EXCEEDED")
    assert set(states(view).values()) == {"cancelled"}
    assert world.tools.calls == []


@pytest.mark.requirement("orchestrator.deadline-of-a-run", "orchestrator.controls-combine")
async def test_what_is_under_way_when_the_time_is_up_is_settled_and_undone_if_the_process_says_so(
    make_world: MakeWorld,
) -> None:
    undo = {"action": "box.put", "args": {"say": "undo"}}
    world = await make_world([{**TWO[0], "compensation": undo}, TWO[1]], deadline="1h", on_deadline="compensate")
    invoke, called, go_on = world.tools.invoke, asyncio.Event(), asyncio.Event()

    async def slow(permit: Permit, action: Action, **more: Any) -> Success | Failure:
        called.set()
        await go_on.wait()
        return await invoke(permit, action, **more)

    world.tools.invoke = slow  # type: ignore[method-assign] # a tool that takes longer than the run has
    run = await world.submit()
    await asyncio.wait_for(called.wait(), 60)
    await world.let_time_be_up(run, "first")
    await world.until(run, "run.stopping")
    go_on.set()
    view = await world.end_of(run)
    assert (view.run.state, view.run.reason) == ("compensated", "DEADLINE_EXCEEDED")
    assert states(view) == {"first": "compensated", "first.undo": "succeeded", "then": "cancelled"}


@pytest.mark.requirement("orchestrator.deadline-of-a-run")
async def test_what_is_unknown_when_the_time_is_up_is_asked_for_once_more(make_world: MakeWorld) -> None:
    lost = Failure("TOOL_LOST", "the connection broke", retryable=True, effect="unknown")
    world = await make_world([TWO[0]], tool=lambda _: lost, deadline="1h")
    world.tools.found = Found("never")
    run = await world.submit()
    await reaches(world, run, "first", "unknown")
    await world.let_time_be_up(run, "first")
    view = await world.end_of(run)
    assert (view.run.state, view.run.reason) == ("failed", "DEADLINE_EXCEEDED")
    assert (view.steps[0].state, view.steps[0].reason) == ("unknown", "LEFT_UNKNOWN")


@pytest.mark.requirement("orchestrator.deadline-of-a-run")
@pytest.mark.parametrize("paused", [True, False])
async def test_that_the_time_is_up_is_noticed_whatever_goes_on_or_does_not(
    make_world: MakeWorld, *, paused: bool
) -> None:
    world = await make_world(TWO, deadline="1h" if paused else "4s")
    invoke, called, go_on = world.tools.invoke, asyncio.Event(), asyncio.Event()

    async def slow(permit: Permit, action: Action, **more: Any) -> Success | Failure:
        called.set()
        await go_on.wait()
        return await invoke(permit, action, **more)

    world.tools.invoke = slow  # type: ignore[method-assign] # a call that goes on for as long as the test wants
    run = await world.submit()
    await asyncio.wait_for(called.wait(), 60)
    if paused:  # in its last second: nothing is under way then, and nothing is due
        now = utc_now()
        async with world.parts.engine.begin() as tx:
            await change_run(tx, run, now, deadline_at=now + timedelta(seconds=0.9))
        await world.pauses.pause(world.alice, run, "why")
        go_on.set()
    await world.until(run, "run.stopping")
    view = await world.runs.get(world.alice, run)
    assert (view.run.reason, states(view)["first"]) == ("DEADLINE_EXCEEDED", "succeeded" if paused else "dispatched")
    go_on.set()
    view = await world.end_of(run)
    assert (view.run.state, states(view)) == ("failed", {"first": "succeeded", "then": "cancelled"})
