"""Effects whose outcome is not known: found out, never blindly repeated."""

from assent_orchestrator.tools.outcome import Failure, Found, Success
from assent_sidecar.question import Action
from tests.orchestrator.execution.conftest import MakeWorld

LOST = Failure("TOOL_LOST", "the connection broke", True, "unknown")


async def test_a_lost_answer_is_looked_up_and_not_repeated(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}], tool=lambda _: LOST)
    world.tools.found = Found("done", {"n": 7})
    run = await world.submit()
    view = await world.end_of(run)
    assert (view.run.state, view.steps[0].output) == ("succeeded", {"n": 7})
    assert world.tools.times("box.send") == 1
    assert [event for event in await world.events(run) if event.startswith("action.")] == [
        "action.intended only",
        "action.unknown only",
        "action.succeeded only",
    ]


async def test_what_certainly_was_not_done_is_decided_and_done_again_under_the_same_key(make_world: MakeWorld) -> None:
    answers = iter([LOST, Success({"n": 1})])
    world = await make_world([{"id": "only", "action": "box.send"}], tool=lambda _: next(answers))
    world.tools.found = Found("not_done")
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.steps[0].attempt) == ("succeeded", 2)
    assert len({key for _, key in world.tools.calls}) == 1


async def test_what_nobody_can_tell_stays_unknown_and_is_done_once(make_world: MakeWorld, monkeypatch) -> None:
    monkeypatch.setattr("assent_orchestrator.execution.outcome.LOOKUP_TRIES", 2)
    world = await make_world([{"id": "only", "action": "box.send"}], tool=lambda _: LOST)
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.steps[0].state, view.steps[0].reason) == ("failed", "unknown", "NOT_RECONCILED")
    assert world.tools.times("box.send") == 1


async def test_an_idempotent_operation_may_be_repeated_under_its_key(make_world: MakeWorld) -> None:
    answers = iter([LOST, Success({"n": 1})])
    world = await make_world([{"id": "only", "action": "box.put"}], tool=lambda _: next(answers))
    view = await world.end_of(await world.submit())
    assert view.run.state == "succeeded"
    assert len({key for _, key in world.tools.calls}) == 1


async def test_a_cancelled_run_settles_what_was_under_way_honestly(make_world: MakeWorld) -> None:
    world = await make_world(
        [{"id": "first", "action": "box.send"}, {"id": "then", "action": "box.send", "after": ["first"]}],
        tool=lambda _: LOST,
    )
    run = await world.submit()
    await world.until(run, "action.unknown")
    await world.cancellations.cancel(world.alice, run, "")
    world.tools.found = Found("done", {"n": 7})
    view = await world.end_of(run)
    assert view.run.state == "cancelled"
    assert {step.id: step.state for step in view.steps} == {"first": "succeeded", "then": "cancelled"}


async def test_that_a_later_attempt_had_no_effect_does_not_settle_an_earlier_one(make_world: MakeWorld) -> None:
    def lost_then_away(_: Action) -> Failure:
        if len(world.tools.calls) == 1:
            return Failure("TOOL_LOST", "", retryable=True, effect="unknown")
        world.tools.found = Found("done", {"n": 1})
        return Failure("TOOL_UNAVAILABLE", "", retryable=True, effect="none")

    world = await make_world([{"id": "only", "action": "box.put"}], tool=lost_then_away)
    run = await world.submit()
    view = await world.end_of(run)
    assert view.run.state == "succeeded"
    assert world.tools.times("box.put") == 2
    assert "action.failed only" not in await world.events(run)


async def test_cancelling_makes_no_unknown_effect_a_cancelled_one(make_world: MakeWorld, monkeypatch) -> None:
    monkeypatch.setattr("assent_orchestrator.execution.outcome.LOOKUP_TRIES", 3)
    world = await make_world([{"id": "only", "action": "box.put"}], tool=lambda _: LOST)
    run = await world.submit()
    await world.until(run, "action.unknown", step="only")
    await world.cancellations.cancel(world.alice, run, "")
    view = await world.end_of(run)
    assert (view.run.state, view.steps[0].state) == ("cancelled", "unknown")
