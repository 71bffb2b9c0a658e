"""Effects whose outcome is not known: found out, never blindly repeated."""

import asyncio
from typing import Any

import pytest

from assent_orchestrator.governance.permit import Permit, PermitError
from assent_orchestrator.tools.outcome import Failure, Found, Success
from assent_sidecar.facts import Action
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import ALLOW, for_actions, reaches, states

ONE = [{"id": "only", "action": "box.send"}]
LOST = Failure("TOOL_LOST", "the connection broke", True, "unknown")


def lost_when_sent(action: Action) -> Success | Failure:
    return LOST if action.operation == "send" else Success({"n": 1})


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


RETRY = {"max_attempts": 3, "backoff": "1ms"}


@pytest.mark.requirement("orchestrator.unknown-is-a-state")
@pytest.mark.parametrize(
    ("process", "policy", "calls"),
    [({"retry": RETRY}, None, 3), ({}, RETRY, 3), ({"retry": RETRY}, {**RETRY, "max_attempts": 1}, 1), ({}, None, 2)],
)
async def test_an_answer_that_gets_lost_each_time_and_was_not_done_is_not_tried_for_ever(
    make_world: MakeWorld,
    monkeypatch: pytest.MonkeyPatch,
    process: dict[str, Any],
    policy: dict[str, Any] | None,
    calls: int,
) -> None:
    monkeypatch.setattr("assent_orchestrator.execution.outcome.LOOKUP_TRIES", 2)
    obligations = [{"type": "retry", **policy}] if policy else []
    world = await make_world(
        [{"id": "only", "action": "box.send", **process}],
        ruler=for_actions(lambda _: {**ALLOW, "obligations": obligations}),
        tool=lambda _: LOST,
    )
    world.tools.found = Found("not_done")
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.steps[0].state, view.steps[0].reason) == ("failed", "failed", "NOT_DONE")
    assert world.tools.times("box.send") == calls


@pytest.mark.requirement("orchestrator.unknown-is-a-state")
async def test_what_nobody_can_tell_is_waited_for_and_asked_for_again(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assent_orchestrator.execution.outcome.LOOKUP_TRIES", 2)
    monkeypatch.setattr("assent_orchestrator.execution.outcome.UNKNOWN_SECONDS", 0.05)
    world = await make_world(
        [
            {"id": "only", "action": "box.send", "on_failure": {"alternative": "instead"}},
            {"id": "instead", "action": "box.put"},
            {"id": "then", "action": "box.put", "after": ["only"]},
        ],
        tool=lost_when_sent,
    )
    run = await world.submit()
    await reaches(world, run, "only", "unknown")
    view = await world.runs.get(world.alice, run)
    assert (view.run.state, view.steps[0].reason) == ("waiting", "NOT_RECONCILED")
    assert states(view) == {"only": "unknown", "instead": "pending", "then": "pending"}, "nothing follows from it"
    world.tools.again.clear()
    for _ in range(3):
        await asyncio.wait_for(world.tools.again.wait(), 60)
        world.tools.again.clear()
    assert (await world.events(run)).count("action.unknown only") == 2, "asking in vain is not recorded again"
    world.tools.found = Found("done", {"n": 7})
    view = await world.end_of(run)
    assert (view.run.state, view.steps[0].output) == ("succeeded", {"n": 7})
    assert states(view) == {"only": "succeeded", "instead": "skipped", "then": "succeeded"}
    assert world.tools.times("box.send") == 1


@pytest.mark.requirement("orchestrator.unknown-is-a-state")
async def test_a_tool_server_without_lookup_is_asked_once(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assent_orchestrator.execution.outcome.UNKNOWN_SECONDS", 0.05)
    world = await make_world(ONE, tool=lambda _: LOST)
    world.tools.found = Found("never")
    run = await world.submit()
    await reaches(world, run, "only", "unknown")
    for tries in range(2, 5):
        pause = await world.durable._work.attempt(run, "only", tries)
        assert not pause["settled"]
    assert world.tools.lookups == 1
    view = await world.runs.get(world.alice, run)
    assert (view.run.state, view.steps[0].reason) == ("waiting", "NO_LOOKUP")


@pytest.mark.requirement("orchestrator.unknown-is-a-state")
async def test_what_stays_unknown_is_asked_for_ever_less_often(make_world: MakeWorld) -> None:
    world = await make_world(ONE, tool=lambda _: LOST)
    run = await world.submit()
    await world.until(run, "action.unknown")
    work = world.durable._work
    waits = [(await work.attempt(run, "only", tries))["seconds"] for tries in (8, 9, 10, 11, 12, 100)]
    assert waits == [300, 600, 1200, 2400, 3600, 3600]
    world.tools.found = Found("never")
    assert (await work.attempt(run, "only", 8))["seconds"] == 3600, "only a person can say"


@pytest.mark.requirement("orchestrator.never-repeated-blindly")
@pytest.mark.parametrize("action", ["box.put", "box.send"])
async def test_nothing_that_changes_anything_is_repeated_blindly(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    monkeypatch.setattr("assent_orchestrator.execution.outcome.LOOKUP_TRIES", 2)
    world = await make_world([{"id": "only", "action": action}], tool=lambda _: LOST)
    run = await world.submit()
    await reaches(world, run, "only", "unknown")
    assert world.tools.times(action) == 1


@pytest.mark.requirement("orchestrator.never-repeated-blindly")
async def test_a_read_whose_answer_was_lost_is_read_again(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.get"}])
    lose = world.tools.invoke
    begun: list[str] = []

    async def dies(permit: Permit, action: Action, **more: Any) -> Success | Failure:
        begun.append(permit.id)
        if len(begun) == 1:
            raise ConnectionError  # as if the server had died between the intent and the outcome
        return await lose(permit, action, **more)

    world.tools.invoke = dies  # type: ignore[method-assign] # a call in whose middle the server dies
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.steps[0].attempt) == ("succeeded", 2)
    assert (len(set(begun)), world.tools.lookups) == (2, 0), "each with a permit of its own, and nobody was asked"


@pytest.mark.requirement("orchestrator.retry-by-process")
@pytest.mark.parametrize("cut", [ConnectionError(), PermitError("too old")], ids=["crash", "permit"])
@pytest.mark.parametrize("action", ["box.send", "box.get"])
async def test_only_what_failed_counts_as_an_attempt(make_world: MakeWorld, cut: Exception, action: str) -> None:
    busy = Failure("BUSY", "later", retryable=True, effect="none")
    answers = iter([busy, busy, Success({"n": 1})])
    retry = {"max_attempts": 3, "backoff": "1ms"}
    world = await make_world([{"id": "only", "action": action, "retry": retry}], tool=lambda _: next(answers))
    found = iter([Found("unknown"), Found("not_done")])
    invoke, begun = world.tools.invoke, list[str]()

    async def invoked(permit: Permit, action: Action, **more: Any) -> Success | Failure:
        begun.append(permit.id)
        if len(begun) in (1, 3):
            raise cut  # as if the server had died between the intent and the call, or the permit had run out
        return await invoke(permit, action, **more)

    async def lookup(*_: object, **__: object) -> Found:
        return next(found, Found("not_done"))

    world.tools.invoke = invoked  # type: ignore[method-assign] # what is cut off before it comes to the tool
    world.tools.lookup = lookup  # type: ignore[method-assign] # a server that does not know at once
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.steps[0].attempt, len(world.tools.calls)) == ("succeeded", 5, 3)


@pytest.mark.requirement("orchestrator.never-repeated-blindly")
async def test_a_read_whose_answer_is_always_lost_fails(make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assent_orchestrator.execution.outcome.LOOKUP_TRIES", 2)
    world = await make_world([{"id": "only", "action": "box.get"}])

    async def dies(*_: object, **__: object) -> Success | Failure:
        raise ConnectionError

    world.tools.invoke = dies  # type: ignore[method-assign] # as above, every time
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.steps[0].state, view.steps[0].reason) == ("failed", "failed", "OUTCOME_LOST")


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


@pytest.mark.requirement("orchestrator.unknown-is-a-state")
@pytest.mark.parametrize("known", [True, False])
async def test_a_run_that_ends_asks_once_more_and_leaves_what_nobody_knows(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, *, known: bool
) -> None:
    monkeypatch.setattr("assent_orchestrator.execution.outcome.LOOKUP_TRIES", 2)
    world = await make_world([*ONE, {"id": "beside", "action": "box.send"}], tool=lambda _: LOST)
    run = await world.submit()
    await reaches(world, run, "only", "unknown")
    await reaches(world, run, "beside", "unknown")
    world.tools.found = Found("done", {"n": 7}) if known else Found("unknown")
    await world.cancellations.cancel(world.alice, run, "")
    view = await world.end_of(run)
    assert view.run.state == "cancelled"
    assert set(states(view).values()) == {"succeeded" if known else "unknown"}
    assert {step.reason for step in view.steps} == {None if known else "LEFT_UNKNOWN"}


@pytest.mark.requirement("orchestrator.unknown-is-a-state")
async def test_a_run_that_fails_elsewhere_does_not_wait_for_what_nobody_knows(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assent_orchestrator.execution.outcome.LOOKUP_TRIES", 2)
    go_on = asyncio.Event()
    world = await make_world([*ONE, {"id": "fails", "action": "box.put"}], tool=lost_when_sent)
    invoke = world.tools.invoke

    async def invoked(permit: Permit, action: Action, **more: Any) -> Success | Failure:
        if action.operation == "send":
            return await invoke(permit, action, **more)
        await go_on.wait()
        return Failure("BROKEN", "", retryable=False, effect="none")

    world.tools.invoke = invoked  # type: ignore[method-assign] # one that takes its time to fail
    run = await world.submit()
    await reaches(world, run, "only", "unknown")
    go_on.set()
    view = await world.end_of(run)
    assert (view.run.state, view.run.reason) == ("failed", "BROKEN")
    assert states(view) == {"only": "unknown", "fails": "failed"}
