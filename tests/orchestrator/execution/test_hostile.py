"""Policies, tools and clocks that say absurd things, and callers that hang up: no run is left alone."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from assent_orchestrator.approvals.approval import ApprovalState
from assent_orchestrator.approvals.latest import latest_request
from assent_orchestrator.approvals.request import resolve
from assent_orchestrator.carry import carry_through
from assent_orchestrator.clock import utc_now
from assent_orchestrator.governance.followed import OvertakenError
from assent_orchestrator.governance.permit import PermitError
from assent_orchestrator.tools.outcome import Failure, Found, Success
from assent_sidecar.facts import Action
from assent_sidecar.question import Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import ALLOW, Ruler, for_actions, states

REASONS = [{"code": "ODD", "message": "odd"}]
ENDLESS = [{"code": f"{'R' * 50}_{n}", "message": "m"} for n in range(1500)]
FOREVER = "999999999d"
BY_DIRECTOR = {"stages": [{"role": "director"}]}
HELD: dict[str, Any] = {"verdict": "require_approval", "reasons": REASONS, "approval": BY_DIRECTOR}
RETRY_LATE = {"type": "retry", "max_attempts": 3, "backoff": FOREVER, "max_backoff": FOREVER}


def only_for(step: str, answer: Mapping[str, Any]) -> Ruler:
    return for_actions(lambda question: answer if question.step and question.step.id == step else ALLOW)


def held_until_approved(question: Question) -> Mapping[str, Any]:
    return ALLOW if question.approvals else HELD


@pytest.mark.requirement("orchestrator.no-run-is-left-alone")
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"verdict": "deny", "reasons": ENDLESS}, id="more reasons than a record holds"),
        pytest.param(
            {"verdict": "deny", "reasons": [{"code": "ODD", "message": "a\0b"}]}, id="what the database cannot keep"
        ),
        pytest.param(
            {"verdict": "allow", "obligations": [{"type": "redact", "path": f"/a{n}"} for n in range(1000)]},
            id="more duties than a record holds",
        ),
    ],
)
async def test_a_decision_that_cannot_be_recorded_ends_its_step(
    make_world: MakeWorld, answer: Mapping[str, Any]
) -> None:
    world = await make_world(
        [{"id": "odd", "action": "box.send"}, {"id": "other", "action": "box.put"}], ruler=only_for("odd", answer)
    )
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.run.reason, states(view)["odd"]) == ("failed", "INTERNAL", "failed")
    assert world.tools.times("box.send") == 0


@pytest.mark.requirement("orchestrator.no-run-is-left-alone")
async def test_a_decision_on_a_plan_that_cannot_be_recorded_ends_the_run(make_world: MakeWorld) -> None:
    answer = {"verdict": "deny", "reasons": ENDLESS, "steps": {"odd": {"verdict": "deny"}}}
    world = await make_world([{"id": "odd", "action": "box.send"}], ruler=lambda _: answer)
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.run.reason) == ("failed", "INTERNAL")
    assert world.tools.calls == []


@pytest.mark.requirement("orchestrator.no-run-is-left-alone")
@pytest.mark.parametrize(
    ("answer", "event"),
    [
        (HELD | {"approval": BY_DIRECTOR | {"expires_in": FOREVER}}, "approval.requested"),
        (
            {"verdict": "defer", "reasons": REASONS, "defer_until": "9999-12-31T23:59:59-12:00"},
            "run.waiting",
        ),
        (
            {
                "verdict": "allow",
                "obligations": [{"type": "retry", "max_attempts": 3, "backoff": FOREVER, "max_backoff": FOREVER}],
            },
            "action.failed",
        ),
    ],
)
async def test_a_wait_beyond_all_calendars_can_be_seen_and_cancelled(
    make_world: MakeWorld, answer: Mapping[str, Any], event: str
) -> None:
    busy = Failure("BUSY", "later", retryable=True, effect="none")
    world = await make_world(
        [{"id": "odd", "action": "box.send"}], ruler=for_actions(lambda _: answer), tool=lambda _: busy
    )
    run = await world.submit()
    await world.until(run, event)
    await world.runs.get(world.alice, run)
    await world.cancellations.cancel(world.alice, run, "")
    assert (await world.end_of(run)).run.state == "cancelled"


async def test_a_moment_that_has_passed_is_no_reason_to_ask_over_and_over(make_world: MakeWorld) -> None:
    past = {"verdict": "defer", "reasons": REASONS, "defer_until": "2001-01-01T00:00:00Z"}
    world = await make_world([{"id": "odd", "action": "box.send"}], ruler=for_actions(lambda _: past))
    run = await world.submit()
    with pytest.raises(TimeoutError):
        await world.end_of(run, within=1.5)
    assert len(world.decisions.asked) <= 5
    await world.cancellations.cancel(world.alice, run, "")
    await world.end_of(run)


@pytest.mark.requirement("orchestrator.no-run-is-left-alone")
async def test_a_call_that_breaks_off_in_an_unforeseen_way_is_looked_up_not_repeated(make_world: MakeWorld) -> None:
    def breaks_off(_: Action) -> Success:
        raise RuntimeError("nobody foresaw this")

    world = await make_world([{"id": "odd", "action": "box.send"}], tool=breaks_off)
    world.tools.found = Found("done", {"n": 1})
    view = await world.end_of(await world.submit())
    assert view.run.state == "succeeded"
    assert (world.tools.times("box.send"), world.tools.lookups) == (1, 1)


async def test_a_permit_that_expired_before_the_call_fails_the_attempt_and_not_the_run(make_world: MakeWorld) -> None:
    late = [True]

    def too_late_once(_: Action) -> Success:
        if late.pop() if late else False:
            raise PermitError("the permit has expired")
        return Success({"n": 1})

    retry = {"verdict": "allow", "obligations": [{"type": "retry", "max_attempts": 2, "backoff": "1ms"}]}
    world = await make_world(
        [{"id": "odd", "action": "box.send"}], ruler=for_actions(lambda _: retry), tool=too_late_once
    )
    run = await world.submit()
    assert (await world.end_of(run)).run.state == "succeeded"
    assert (await world.events(run)).count("action.failed odd") == 1


@pytest.mark.requirement("orchestrator.an-approval-is-worth-what-was-shown")
@pytest.mark.parametrize("what", ["expired", "another revision"])
async def test_an_answer_is_worth_nothing_when_it(make_world: MakeWorld, what: str) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}], ruler=for_actions(held_until_approved))
    run = await world.submit()
    await world.until(run, "approval.requested")
    world.decisions.away = True
    await world.reply(run, world.person("dana", "director"))
    await world.until(run, "approval.approved", step="only")
    if what == "expired":
        object.__setattr__(world.parts, "clock", lambda: utc_now() + timedelta(hours=100))
    else:
        object.__setattr__(world.parts, "revision", lambda: "sha256:" + "1" * 64)
    world.decisions.away = False
    await world.until(run, "approval.void", step="only")
    assert world.tools.calls == []
    await world.cancellations.cancel(world.alice, run, "")
    await world.end_of(run)


@pytest.mark.requirement("orchestrator.no-run-is-left-alone")
@pytest.mark.parametrize("what", ["an answer", "a cancellation"])
async def test_what_was_stored_but_never_said_is_heard_when_the_server_comes_back(
    make_world: MakeWorld, what: str
) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}], ruler=for_actions(held_until_approved))

    async def dies(*_: object) -> None:
        raise ConnectionError

    async def say() -> None:
        if what == "an answer":
            await world.reply(run, world.person("dana", "director"))
        else:
            await world.cancellations.cancel(world.alice, run, "")

    run = await world.submit()
    await world.until(run, "run.waiting")
    wake = world.durable.wake
    world.durable.wake = dies  # type: ignore[method-assign,assignment]
    with pytest.raises(ConnectionError):
        await say()
    world.durable.wake = wake  # type: ignore[method-assign]
    assert await world.resumptions.resume() >= 1  # other tests of the session may have left some, too
    assert (await world.end_of(run)).run.state == ("succeeded" if what == "an answer" else "cancelled")


async def test_work_goes_on_when_its_caller_hangs_up() -> None:
    begun, let_go, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await let_go.wait()
        done.set()

    caller = asyncio.create_task(carry_through(work()))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    let_go.set()
    async with asyncio.timeout(60):
        await done.wait()


async def test_a_run_that_waits_says_so_whatever_its_steps_did_at_the_same_time(make_world: MakeWorld) -> None:
    world = await make_world(
        [{"id": "ask", "action": "box.send"}, *({"id": f"get{n}", "action": "box.get"} for n in range(6))],
        ruler=for_actions(lambda question: HELD if question.step and question.step.id == "ask" else ALLOW),
    )
    runs = await asyncio.gather(*(world.submit() for _ in range(6)))
    for run in runs:
        for step in range(6):
            await world.until(run, "action.succeeded", step=f"get{step}")
        await world.until(run, "approval.requested")
    found = [(await world.runs.get(world.alice, run)).run.state for run in runs]
    assert set(found) == {"waiting"}
    for run in runs:
        await world.cancellations.cancel(world.alice, run, "")
        await world.end_of(run)


@pytest.mark.requirement("orchestrator.an-approval-is-worth-what-was-shown")
async def test_an_answer_in_the_last_moment_is_not_overwritten_by_the_expiry(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}], ruler=for_actions(held_until_approved))
    run = await world.submit()
    await world.until(run, "run.waiting")
    async with world.parts.engine.connect() as tx:
        seen = await latest_request(tx, run, "only")
    assert seen is not None
    await world.reply(run, world.person("dana", "director"))
    with pytest.raises(OvertakenError):
        async with world.parts.engine.begin() as tx:
            await resolve(tx, seen, ApprovalState.EXPIRED, utc_now())
    assert (await world.end_of(run)).run.state == "succeeded"
    assert "approval.expired only" not in await world.events(run)


@pytest.mark.requirement("orchestrator.no-run-is-left-alone")
async def test_nobody_is_asked_about_what_is_nested_too_deep_to_be_shown(make_world: MakeWorld) -> None:
    """What a tool returns may travel, and be too deep where a binding puts it."""
    deep: Any = "x"
    for _ in range(31):
        deep = [deep]

    def tool(action: Action) -> Success:
        return Success({"n": 1, "deep": deep} if action.operation == "get" else {"said": "ok"})

    steps = [
        {"id": "look", "action": "box.get"},
        {"id": "act", "action": "box.send", "args": {"a": {"b": {"$ref": "steps.look.output.deep"}}}},
    ]
    world = await make_world(steps, tool=tool, ruler=only_for("act", HELD))
    view = await world.end_of(await world.submit())
    act = next(one for one in view.steps if one.id == "act")
    assert (states(view)["look"], str(act.state), act.reason) == ("succeeded", "failed", "ARGUMENTS_INVALID")
    assert world.tools.times("box.send") == 0
