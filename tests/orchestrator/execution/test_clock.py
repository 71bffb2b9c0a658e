"""Clocks that jump by a day, back or forward, while a run is under way: nothing is done twice, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from assent_orchestrator.approvals.reply import Reply
from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.clock import utc_now
from assent_orchestrator.errors import StateError
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.facts import Action
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.world import (
    ALLOW,
    Ruler,
    Tool,
    World,
    allow_all,
    catalogue,
    for_actions,
    open_world,
    reaches,
    states,
)

UNDONE: list[dict[str, Any]] = [
    {
        "id": name,
        "action": "box.put",
        "after": after,
        "args": {"name": name},
        "compensation": {"action": "box.odd", "args": {"undo": name}},
    }
    for name, after in {"account": [], "card": ["account"]}.items()
] + [{"id": "last", "action": "box.send", "after": ["card"], "on_failure": "compensate"}]

MakeJumping = Callable[..., Awaitable[World]]

DAY = timedelta(days=1)
TWO: list[dict[str, Any]] = [
    {"id": "first", "action": "box.send"},
    {"id": "then", "action": "box.put", "after": ["first"]},
]


class Jumping:
    """A clock that can be set."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@pytest.mark.requirement("orchestrator.clock-jumps")
@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["forward", "back"])
@pytest.mark.parametrize("when", ["decided", "called", "between"])
async def test_a_clock_that_jumps_changes_no_effect(  # noqa: PLR0917 - what fixtures give
    database: Database,
    listener: Listener,
    fresh_tenant: str,
    jump: timedelta,
    when: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Jumping()
    monkeypatch.setattr("tests.orchestrator.execution.world.utc_now", clock)  # what the tool goes by

    def ruler(question: Question) -> Any:
        if when == "decided" and question.step and question.step.id == "first":
            clock.ahead = jump
        return ALLOW

    def tool(action: Action) -> Success:
        if when == "called" or (when == "between" and action.operation == "send"):
            clock.ahead = jump
        return Success({"n": 1, "said": ""})

    world = await open_world(database, listener, fresh_tenant, catalogue(TWO), for_actions(ruler), tool, clock=clock)
    try:
        view = await world.end_of(await world.submit())
        assert states(view) == {"first": "succeeded", "then": "succeeded"}
        assert (view.run.state, len(world.tools.calls)) == ("succeeded", 2)
    finally:
        await world.durable.close()


@pytest.mark.requirement("orchestrator.clock-jumps")
async def test_a_permit_that_a_jump_made_old_is_made_anew(
    database: Database, listener: Listener, fresh_tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await open_world(
        database, listener, fresh_tenant, catalogue([TWO[0]]), for_actions(lambda _: ALLOW), lambda _: Success({"n": 1})
    )
    jumped = iter([DAY])

    def moment() -> datetime:
        return utc_now() + next(jumped, timedelta(0))

    monkeypatch.setattr("tests.orchestrator.execution.world.utc_now", moment)
    try:
        view = await world.end_of(await world.submit())
        assert (view.run.state, view.steps[0].attempt, len(world.tools.calls)) == ("succeeded", 2, 1)
    finally:
        await world.durable.close()


@pytest.mark.requirement("orchestrator.compensation-order", "orchestrator.clock-jumps")
async def test_what_was_done_last_is_undone_first_though_the_clock_was_set_back_in_between(
    database: Database, listener: Listener, fresh_tenant: str
) -> None:
    clock, undone = Jumping(), list[Any]()

    def tool(action: Action) -> Success | Failure:
        if action.operation == "send":
            return Failure("NO", "no", retryable=False, effect="none")
        if action.operation == "odd":
            undone.append(action.args["undo"])
        elif action.args["name"] == "card":
            clock.ahead = -timedelta(minutes=1)
        return Success({"n": 1, "said": ""})

    world = await open_world(database, listener, fresh_tenant, catalogue(UNDONE), allow_all, tool, clock=clock)
    try:
        view = await world.end_of(await world.submit())
        ended = {step.id: step.finished_at for step in view.steps}
        assert ended["account"] > ended["card"], "or it proves nothing"  # type: ignore[operator] # both have ended
        assert (view.run.state, undone) == ("compensated", ["card", "account"])
    finally:
        await world.durable.close()


@pytest.fixture
async def jumping(
    database: Database, listener: Listener, fresh_tenant: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Jumping, MakeJumping]]:
    """A clock, and what makes a world that goes by it."""
    clock, opened = Jumping(), list[World]()
    monkeypatch.setattr("tests.orchestrator.execution.world.utc_now", clock)  # what the tool goes by

    async def make(steps: list[dict[str, Any]], ruler: Ruler, tool: Tool, **process: Any) -> World:
        declared = catalogue(steps, **process)
        opened.append(await open_world(database, listener, fresh_tenant, declared, ruler, tool, clock=clock))
        return opened[-1]

    yield clock, make
    for world in opened:
        await world.durable.close()


@pytest.mark.requirement("orchestrator.clock-jumps")
@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["forward", "back"])
async def test_a_retry_waits_for_its_back_off_and_no_day_longer(
    jumping: tuple[Jumping, MakeJumping], jump: timedelta
) -> None:
    clock, make = jumping
    answers: Iterator[Success | Failure] = iter([Failure("BUSY", "later", retryable=True, effect="none")])
    steps = [{**TWO[0], "retry": {"max_attempts": 2, "backoff": "2s"}}]
    world = await make(steps, for_actions(lambda _: ALLOW), lambda _: next(answers, Success({"n": 1})))
    run = await world.submit()
    await world.until(run, "action.failed")
    clock.ahead = jump
    view = await world.end_of(run)
    assert (view.run.state, view.steps[0].attempt, len(world.tools.calls)) == ("succeeded", 2, 2)


@pytest.mark.requirement("orchestrator.clock-jumps")
async def test_whoever_waits_for_the_engine_waits_no_day_longer(jumping: tuple[Jumping, MakeJumping]) -> None:
    clock, make = jumping
    world = await make([TWO[0]], for_actions(lambda _: ALLOW), lambda _: Success({"n": 1}))

    def goes_away(question: Question) -> Any:
        if question.kind is Kind.PLAN:
            world.decisions.away = True
        return allow_all(question)

    world.decisions.ruler = goes_away
    run = await world.submit()
    await world.until(run, "decision.made", step="first")
    clock.ahead, world.decisions.away = -DAY, False
    assert (await world.end_of(run)).run.state == "succeeded"


@pytest.mark.requirement("orchestrator.clock-jumps")
async def test_whoever_waits_for_a_system_that_is_left_alone_waits_no_day_longer(
    jumping: tuple[Jumping, MakeJumping],
) -> None:
    clock, make = jumping
    answers: Iterator[Success | Failure] = iter([Failure("BUSY", "later", retryable=True, effect="none")])
    steps = [{**TWO[0], "on_failure": "skip"}, TWO[1]]
    breaker = {"failures": 1, "open_for": "2s"}
    world = await make(steps, for_actions(lambda _: ALLOW), lambda _: next(answers, Success({"n": 1})), breaker=breaker)
    run = await world.submit()
    await world.until(run, "step.deferred", step="then")
    clock.ahead = -DAY
    view = await world.end_of(run)
    assert states(view) == {"first": "failed", "then": "succeeded"}


@pytest.mark.requirement("orchestrator.clock-jumps")
async def test_what_is_put_off_waits_for_its_moment_whatever_the_clock_does(
    jumping: tuple[Jumping, MakeJumping],
) -> None:
    clock, make = jumping
    moment = utc_now() + timedelta(hours=1)
    later = {"verdict": "defer", "reasons": [{"code": "LATER"}], "defer_until": moment.isoformat()}
    world = await make(
        [TWO[0]], for_actions(lambda one: ALLOW if one.time >= moment else later), lambda _: Success({"n": 1})
    )
    run = await world.submit()
    await reaches(world, run, "first", "deferred")
    clock.ahead = -DAY
    pause = await world.durable._work.attempt(run, "first", 1)
    assert (pause["settled"], pause["seconds"] > DAY.total_seconds(), world.tools.calls) == (False, True, [])
    clock.ahead = DAY
    await world.durable.wake(run, ("first",))
    assert (await world.end_of(run)).run.state == "succeeded"
    assert sum(one.kind is Kind.ACTION for one in world.decisions.asked) == 2


@pytest.mark.requirement("orchestrator.clock-jumps")
@pytest.mark.parametrize(("jump", "state"), [(DAY, "denied"), (-DAY, "succeeded")], ids=["forward", "back"])
async def test_an_approval_is_used_once_or_has_expired(
    jumping: tuple[Jumping, MakeJumping], jump: timedelta, state: str
) -> None:
    clock, make = jumping
    approval = {"stages": [{"role": "boss"}], "expires_in": "1h"}
    hold = {"verdict": "require_approval", "approval": approval, "reasons": [{"code": "ASK"}]}
    world = await make([TWO[0]], for_actions(lambda one: ALLOW if one.approvals else hold), lambda _: Success({"n": 1}))
    run = await world.submit()
    await world.until(run, "approval.requested")
    clock.ahead = jump
    otto = world.person("otto", "boss")
    if state == "denied":
        with pytest.raises(StateError):
            await world.reply(run, otto)
        await world.durable.wake(run, ("first",))
    else:
        await world.reply(run, otto)
    view = await world.end_of(run)
    assert (view.steps[0].state, len(world.tools.calls)) == (state, 0 if state == "denied" else 1)


@pytest.mark.requirement("orchestrator.clock-jumps")
@pytest.mark.parametrize("approve", [True, False])
async def test_a_second_approval_counts_though_the_first_one_seems_to_be_younger(
    jumping: tuple[Jumping, MakeJumping], *, approve: bool
) -> None:
    clock, make = jumping
    busy = Failure("BUSY", "later", retryable=True, effect="none")
    answers: Iterator[Success | Failure] = iter([busy])
    hold = {
        "verdict": "require_approval",
        "approval": {"stages": [{"role": "boss"}]},
        "reasons": [{"code": "ASK"}],
    }
    steps = [{**TWO[0], "retry": {"max_attempts": 2, "backoff": "2s"}}]
    world = await make(
        steps, for_actions(lambda one: ALLOW if one.approvals else hold), lambda _: next(answers, Success({"n": 1}))
    )
    run, otto = await world.submit(), world.person("otto", "boss")
    await world.until(run, "approval.requested")
    await world.reply(run, otto)
    await world.until(run, "action.failed")
    clock.ahead = -DAY
    seen = 0
    async with asyncio.timeout(60):
        async for entry in world.runs.watch(world.alice, run, 0):
            seen += entry is not None and entry.record["event"] == "approval.requested"
            if seen == 2:
                break
    # Whoever looks at it now finds that people are asked, and does not ask them once more.
    pause = await world.durable._work.attempt(run, "first", 1)
    assert (pause["settled"], len(world.tools.calls)) == (False, 1)
    page = await world.inbox.list(otto)
    [asked] = [one for one in page.items if one.run_id == run and one.state == "pending"]
    await world.inbox.decide(otto, asked.id, Reply(approve, "looked", str(asked.version), asked.presented_digest))
    view = await world.end_of(run)
    assert (view.steps[0].state, len(world.tools.calls)) == (("succeeded", 2) if approve else ("denied", 1))
    assert (await world.events(run)).count("approval.requested first") == 2
