"""Pausing runs and letting them go on, alone and together with everything else that can happen to them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from assent_orchestrator.caller import Role
from assent_orchestrator.clock import utc_now
from assent_orchestrator.errors import ForbiddenError, NotFoundError, StateError
from assent_orchestrator.execution.journal import read_run
from assent_orchestrator.governance.permit import Permit
from assent_orchestrator.governance.stop import Scope
from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.facts import Action
from assent_sidecar.question import Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.held import held_until_approved
from tests.orchestrator.execution.world import ALLOW, World, for_actions, states

TWO = [{"id": "first", "action": "box.send"}, {"id": "then", "action": "box.put", "after": ["first"]}]


class Slow:
    """A tool whose first call takes as long as the test wants."""

    def __init__(self, world: World) -> None:
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()
        self._invoke = world.tools.invoke
        world.tools.invoke = self.invoke  # type: ignore[method-assign] # a tool that takes its time

    async def invoke(self, permit: Permit, action: Action, **more: Any) -> Success | Failure:
        self.reached.set()
        await self.go_on.wait()
        return await self._invoke(permit, action, **more)


@pytest.mark.requirement("orchestrator.pause-and-resume")
async def test_what_is_under_way_is_settled_and_nothing_more_is_begun(make_world: MakeWorld) -> None:
    world = await make_world(TWO)
    slow = Slow(world)
    run = await world.submit()
    await asyncio.wait_for(slow.reached.wait(), 60)
    paused = await world.pauses.pause(world.alice, run, "to look into it")
    assert (paused.run.state, paused.run.reason, paused.run.paused_by) == ("running", "PAUSED", "alice")
    slow.go_on.set()
    await world.until(run, "action.succeeded", step="first")
    await world.until(run, "run.waiting")
    view = await world.runs.get(world.alice, run)
    assert (view.run.state, view.run.reason) == ("waiting", "PAUSED")
    assert states(view) == {"first": "succeeded", "then": "pending"}
    resumed = await world.pauses.resume(world.alice, run, "looked into")
    assert (resumed.run.paused_by, resumed.run.paused_at, resumed.run.reason) == (None, None, None)
    view = await world.end_of(run)
    assert (view.run.state, view.run.reason, len(world.tools.calls)) == ("succeeded", None, 2)
    told = {one.record["event"]: one.record for one in await world.trail.read(world.tenant, limit=1000)}
    assert [told[f"run.{name}"]["detail"]["rationale"] for name in ("paused", "resumed")] == [
        "to look into it",
        "looked into",
    ]
    assert told["run.paused"]["actor"]["id"] == "alice"


@pytest.mark.requirement("orchestrator.pause-and-resume")
async def test_a_plan_that_waits_for_its_decision_can_be_paused(make_world: MakeWorld) -> None:
    world = await make_world(TWO)
    world.decisions.away = True
    run = await world.submit()
    await world.until(run, "decision.made")
    await world.pauses.pause(world.alice, run, "why")
    world.decisions.away = False
    pause = await world.durable._work.begin(run, 2)
    assert (pause["settled"], pause["seconds"]) == (False, 3600)
    view = await world.runs.get(world.alice, run)
    assert (view.run.state, view.run.reason) == ("planned", "PAUSED")
    await world.pauses.resume(world.alice, run, "why")
    assert (await world.end_of(run)).run.state == "succeeded"


@pytest.mark.requirement("orchestrator.pause-and-resume")
async def test_approvals_go_on_while_paused_and_count_afterwards(make_world: MakeWorld) -> None:
    world = await make_world([TWO[0]], ruler=for_actions(held_until_approved))
    run = await world.submit()
    await world.until(run, "approval.requested")
    await world.pauses.pause(world.alice, run, "why")
    await world.reply(run, world.person("dana", "director"))
    pause = await world.durable._work.attempt(run, "first", 1)
    assert (pause["settled"], world.tools.calls) == (False, [])
    await world.pauses.resume(world.alice, run, "why")
    assert (await world.end_of(run)).run.state == "succeeded"
    events = await world.events(run)
    assert events.count("approval.requested first") == events.count("approval.consumed first") == 1


@pytest.mark.requirement("orchestrator.controls-combine")
@pytest.mark.parametrize("resume_first", [True, False])
async def test_what_is_stopped_and_paused_waits_for_both(make_world: MakeWorld, *, resume_first: bool) -> None:
    world = await make_world([TWO[0]])
    stop = await world.stop(Scope.AGENT, "bot")
    run = await world.submit()
    await world.until(run, "decision.made", step="first")
    await world.pauses.pause(world.alice, run, "why")
    for lift in (not resume_first, resume_first):
        assert world.tools.calls == []
        if lift:
            await world.lift(stop)
        else:
            await world.pauses.resume(world.alice, run, "why")
    assert (await world.end_of(run)).run.state == "succeeded"
    assert len(world.tools.calls) == 1


@pytest.mark.requirement("orchestrator.controls-combine")
async def test_a_paused_run_can_be_cancelled_and_what_is_under_way_is_settled(make_world: MakeWorld) -> None:
    world = await make_world(TWO)
    slow = Slow(world)
    run = await world.submit()
    await asyncio.wait_for(slow.reached.wait(), 60)
    await world.pauses.pause(world.alice, run, "why")
    await world.cancellations.cancel(world.alice, run, "")
    slow.go_on.set()
    view = await world.end_of(run)
    assert (view.run.state, view.run.reason, view.run.paused_by) == ("cancelled", "CANCELLED", None)
    assert states(view) == {"first": "succeeded", "then": "cancelled"}


@pytest.mark.requirement("orchestrator.pause-and-resume")
async def test_a_paused_run_of_which_everything_is_done_ends(make_world: MakeWorld) -> None:
    world = await make_world([TWO[0]])
    slow = Slow(world)
    run = await world.submit()
    await asyncio.wait_for(slow.reached.wait(), 60)
    await world.pauses.pause(world.alice, run, "why")
    slow.go_on.set()
    view = await world.end_of(run)
    assert (view.run.state, view.run.reason, view.run.paused_at) == ("succeeded", None, None)
    for call in (world.pauses.pause, world.pauses.resume):
        with pytest.raises(StateError):
            await call(world.person("otto", Role.OPERATOR), run, "too late")


@pytest.mark.requirement("orchestrator.pause-and-resume")
async def test_of_a_pause_and_a_dispatch_one_is_first(make_world: MakeWorld) -> None:
    after = [[f"s{n - 10}"] if n >= 10 else [] for n in range(20)]
    world = await make_world([{"id": f"s{n}", "action": "box.send", "after": after[n]} for n in range(20)])
    some, paused, invoke = asyncio.Event(), asyncio.Event(), world.tools.invoke

    async def slowly(permit: Permit, action: Action, **more: Any) -> Success | Failure:
        if len(world.tools.calls) >= 3:  # whatever hangs on these calls is not dispatched before the pause
            some.set()
            await paused.wait()
        return await invoke(permit, action, **more)

    world.tools.invoke = slowly  # type: ignore[method-assign] # goes on when the run is paused
    run = await world.submit()
    await asyncio.wait_for(some.wait(), 60)
    await world.pauses.pause(world.alice, run, "why")
    paused.set()
    await world.until(run, "run.waiting")
    records = [entry.record for entry in await world.trail.read(world.tenant, limit=1000)]
    events = [record["event"] for record in records]
    assert "action.intended" not in events[events.index("run.paused") :]
    await world.pauses.resume(world.alice, run, "why")
    assert (await world.end_of(run)).run.state == "succeeded"
    assert len(world.tools.calls) == 20


async def test_pausing_and_resuming_twice_is_doing_it_once(make_world: MakeWorld) -> None:
    world = await make_world([TWO[0]], ruler=for_actions(held_until_approved))
    run = await world.submit()
    await world.until(run, "approval.requested")
    await asyncio.gather(*(world.pauses.pause(world.alice, run, "why") for _ in range(4)))
    await asyncio.gather(*(world.pauses.resume(world.alice, run, "why") for _ in range(4)))
    events = await world.events(run)
    assert (events.count("run.paused"), events.count("run.resumed")) == (1, 1)


@pytest.mark.requirement("orchestrator.pause-and-resume")
async def test_only_who_may_pauses_and_resumes(make_world: MakeWorld) -> None:
    world = await make_world([TWO[0]], ruler=for_actions(held_until_approved))
    run = await world.submit()
    await world.until(run, "approval.requested")
    otto = world.person("otto", Role.OPERATOR)
    for who, error in (
        (world.person("eve", Role.SUBMITTER), NotFoundError),
        (world.person("ada", Role.AUDITOR), ForbiddenError),
        (replace(otto, tenant="elsewhere"), NotFoundError),
    ):
        with pytest.raises(error):
            await world.pauses.pause(who, run, "why")
    await world.pauses.pause(otto, run, "why")
    with pytest.raises(ForbiddenError):
        await world.pauses.resume(world.alice, run, "it was not me who paused it")
    await world.pauses.resume(otto, run, "why")


@pytest.mark.requirement("orchestrator.pause-and-resume")
async def test_a_resumption_that_nobody_heard_of_is_found_when_a_server_starts(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(TWO)
    slow = Slow(world)
    run = await world.submit()
    await asyncio.wait_for(slow.reached.wait(), 60)
    await world.pauses.pause(world.alice, run, "why")
    slow.go_on.set()
    await world.until(run, "run.waiting")

    async def dies(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(world.durable, "wake", dies)
        with pytest.raises(ConnectionError):
            await world.pauses.resume(world.alice, run, "why")
    assert await untold(world, run)
    assert await world.resumptions.resume() >= 1
    assert not await untold(world, run), "it is told once, and not every time that a server looks"
    assert (await world.end_of(run)).run.state == "succeeded"


async def untold(world: World, run: str) -> bool:
    """Say whether a run goes on without anybody having told it, as far as is written."""
    async with world.parts.engine.connect() as tx:
        return (await read_run(tx, run, world.parts.plans)).resumed_at is not None


@pytest.mark.requirement("orchestrator.pause-and-resume")
async def test_a_run_that_was_paused_once_is_not_woken_for_it_for_ever(make_world: MakeWorld) -> None:
    world = await make_world([TWO[0]], ruler=for_actions(held_until_approved))
    run = await world.submit()
    await world.until(run, "approval.requested")
    await world.pauses.pause(world.alice, run, "why")
    await world.pauses.resume(world.alice, run, "why")
    assert not await untold(world, run)


@pytest.mark.requirement("orchestrator.controls-combine")
@pytest.mark.parametrize("who", ["alice", "otto"])
async def test_to_cancel_a_paused_run_with_compensation_undoes_at_once_what_it_did(
    make_world: MakeWorld, who: str
) -> None:
    steps = [
        {"id": "first", "action": "box.send", "compensation": {"action": "box.put"}},
        {"id": "last", "action": "box.get", "after": ["first"]},
    ]
    world = await make_world(steps, ruler=for_actions(held_at("last")))
    run = await world.submit()
    await world.until(run, "approval.requested", step="last")
    await world.pauses.pause(world.alice, run, "to look into it")
    canceller = world.alice if who == "alice" else world.person("otto", Role.OPERATOR)
    asked = await world.cancellations.cancel(canceller, run, "", compensate=True)
    assert asked.run.paused_by is None
    view = await world.end_of(run)
    assert (view.run.state, states(view)["first"]) == ("compensated", "compensated")
    assert "run.resumed" in await world.events(run)
    assert not await untold(world, run)


@pytest.mark.requirement("orchestrator.controls-combine")
async def test_who_may_not_resume_a_run_does_not_do_so_by_cancelling_it(make_world: MakeWorld) -> None:
    steps = [
        {"id": "first", "action": "box.send", "compensation": {"action": "box.put"}},
        {"id": "last", "action": "box.get", "after": ["first"]},
    ]
    world = await make_world(steps, ruler=for_actions(held_at("last")))
    run = await world.submit()
    await world.until(run, "approval.requested", step="last")
    otto = world.person("otto", Role.OPERATOR)
    await world.pauses.pause(otto, run, "nothing is to be touched")
    asked = await world.cancellations.cancel(world.alice, run, "", compensate=True)
    assert asked.run.paused_by == "otto"
    assert "run.resumed" not in await world.events(run)
    await world.pauses.resume(otto, run, "it may be undone")
    assert (await world.end_of(run)).run.state == "compensated"


@pytest.mark.requirement("orchestrator.controls-combine")
async def test_of_a_paused_run_that_is_undoing_what_is_under_way_is_settled_and_no_more_is_undone(
    make_world: MakeWorld,
) -> None:
    steps = [
        {"id": "first", "action": "box.send", "compensation": {"action": "box.put"}},
        {"id": "then", "action": "box.send", "after": ["first"], "compensation": {"action": "box.put"}},
        {"id": "last", "action": "box.get", "after": ["then"]},
    ]
    world = await make_world(steps, ruler=for_actions(held_at("last")))
    run = await world.submit()
    await world.until(run, "approval.requested", step="last")
    slow = Slow(world)
    await world.cancellations.cancel(world.alice, run, "", compensate=True)
    await asyncio.wait_for(slow.reached.wait(), 60)
    await world.pauses.pause(world.alice, run, "to look into it")
    slow.go_on.set()
    await world.until(run, "step.compensating", step="first")
    pause = await world.durable._work.attempt(run, "first.undo", 1)
    assert (pause["settled"], pause["seconds"]) == (False, 3600)
    view = await world.runs.get(world.alice, run)
    assert (view.run.state, view.run.paused_by) == ("stopping", "alice")
    assert {name: at for name, at in states(view).items() if name != "last"} == {
        "first": "compensating",
        "first.undo": "pending",
        "then": "compensated",
        "then.undo": "succeeded",
    }
    await world.pauses.resume(world.alice, run, "looked into")
    view = await world.end_of(run)
    assert (view.run.state, view.run.not_undone, view.run.paused_by) == ("compensated", (), None)
    assert [name for name, _ in world.tools.calls] == ["box.send", "box.send", "box.put", "box.put"]


def held_at(step: str) -> Callable[[Question], Mapping[str, Any]]:
    """Return a ruler that has people asked about one step, and allows everything else."""
    hold = {"verdict": "require_approval", "approval": {"stages": [{"role": "boss"}]}}
    return lambda question: hold if question.step and question.step.id == step else ALLOW


@pytest.mark.requirement("orchestrator.pause-and-resume")
async def test_a_pause_outlives_the_server_and_so_does_what_it_held_up(make_world: MakeWorld) -> None:
    world = await make_world(TWO)
    slow = Slow(world)
    run = await world.submit()
    await asyncio.wait_for(slow.reached.wait(), 60)
    await world.pauses.pause(world.alice, run, "why")
    slow.go_on.set()
    await world.until(run, "run.waiting")
    await world.durable.close()
    await world.durable.open()
    pause = await world.durable._work.attempt(run, "then", 1)
    assert (pause["settled"], len(world.tools.calls)) == (False, 1)
    await world.pauses.resume(world.alice, run, "why")
    assert (await world.end_of(run)).run.state == "succeeded"
    assert len(world.tools.calls) == 2


@pytest.mark.requirement("orchestrator.approval-escalation")
async def test_what_nobody_answers_in_time_escalates_though_the_run_is_paused(make_world: MakeWorld) -> None:
    ladder = {"on_expiry": "escalate", "escalate": [{"after": "30m", "role": "boss"}], "expires_in": "1h"}
    held = {"verdict": "require_approval", "approval": {"stages": [{"role": "director"}], **ladder}}
    ahead = timedelta(0)
    world = await make_world(
        TWO[:1],
        ruler=for_actions(lambda question: ALLOW if question.approvals else held),
        clock=lambda: utc_now() + ahead,
    )
    run = await world.submit()
    await world.until(run, "approval.requested")
    await world.pauses.pause(world.alice, run, "to look into it")
    ahead = timedelta(minutes=90)
    await world.durable.wake(run, ("first",))
    await world.until(run, "approval.escalated")
    await world.reply(run, world.person("bea", "boss"))
    await world.pauses.resume(world.alice, run, "looked into")
    assert (await world.end_of(run)).run.state == "succeeded"
