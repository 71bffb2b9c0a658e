"""A system that is down is left alone for a while, by all servers; then one call finds out."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.clock import utc_now
from assent_orchestrator.execution.circuit import Circuit, Word, word_of
from assent_orchestrator.governance.permit import Permit, PermitError
from assent_orchestrator.store.tables import circuits, steps
from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.catalogue.system import Breaker
from assent_sidecar.decision import Decided
from assent_sidecar.facts import Action
from assent_sidecar.question import Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import reaches, states

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BREAKER = Breaker(failures=3, within="60s", open_for="30s")
AWAY = Failure("TOOL_UNAVAILABLE", "away", True, "none")
SEND: list[dict[str, Any]] = [{"id": "only", "action": "box.send", "retry": {"max_attempts": 9, "backoff": "1ms"}}]


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def after(*seconds: float, circuit: Circuit | None = None) -> Circuit:
    circuit = circuit or Circuit()
    for second in seconds:
        circuit = circuit.failed(BREAKER, at(second))
    return circuit


def test_it_opens_after_so_many_failures_within_the_time_and_not_before() -> None:
    assert after(0, 59).open_until is None
    assert after(0, 30, 60).open_until == at(90)
    assert after(0, 30, 61).open_until is None
    assert after(0, 61, 62, 63).open_until == at(93)


def test_after_a_while_one_failure_opens_it_again() -> None:
    opened = after(0, 1, 2)
    assert opened.held_until(BREAKER, at(31)) == at(32)
    assert opened.held_until(BREAKER, at(33)) is None
    assert opened.failed(BREAKER, at(40)).open_until == at(70)
    assert opened.failed(BREAKER, at(10)) == opened, "a call from before it opened says nothing new"


def test_it_may_be_left_alone_for_longer_than_there_are_dates() -> None:
    for_ever = Breaker(failures=1, within="999999999d", open_for="999999999d")
    opened = Circuit().failed(for_ever, NOON)
    assert opened.held_until(for_ever, NOON) == opened.open_until == datetime(9999, 1, 1, tzinfo=UTC)


@given(st.integers(-(10**6), 10**6))
def test_a_clock_that_jumps_holds_nobody_up_for_longer_than_was_said(second: int) -> None:
    held = after(0, 1, 2).held_until(BREAKER, at(second))
    assert held is None or timedelta(0) <= held - at(second) <= timedelta(seconds=30)


@pytest.mark.requirement("orchestrator.circuit-breaker")
@pytest.mark.parametrize(
    ("result", "word"),
    [
        (Success({}), Word.ANSWERED),
        (AWAY, Word.FAILS),
        (Failure("TOOL_TIMEOUT", "", True, "unknown"), Word.FAILS),
        (Failure("TOOL_EXHAUSTED", "", False, "unknown"), Word.FAILS),
        (Failure("BUSY", "", True, "none"), Word.FAILS),
        (Failure("NO_SUCH_ACCOUNT", "", False, "none"), Word.ANSWERED),
        (Failure("PERMIT_INVALID", "", True, "none"), Word.NOTHING),
        (Failure("TOOL_SERVER_UNKNOWN", "", False, "none"), Word.NOTHING),
        (Failure("ARGUMENTS_INVALID", "", False, "none"), Word.NOTHING),
        (Failure("ARGUMENTS_TOO_LARGE", "", False, "none"), Word.NOTHING),
    ],
)
def test_a_call_says_that_its_system_fails_that_it_answered_or_nothing(result: Success | Failure, word: Word) -> None:
    assert word_of(result) is word


@pytest.mark.requirement("orchestrator.circuit-breaker")
def test_an_open_circuit_is_closed_by_who_tries_and_by_no_call_from_before() -> None:
    opened = after(0, 1, 2)
    assert opened.answered(at(1), None) == opened
    assert opened.answered(at(31), None) == opened
    assert opened.answered(at(32), None) == Circuit()
    tried = replace(opened, probe_until=at(50))
    assert tried.answered(at(1), at(40)) == tried, "it was another one that tried"
    assert tried.answered(at(1), at(50)) == Circuit(), "a clock was set back"
    assert after(0, 1).answered(at(0), None) == Circuit()


@pytest.mark.requirement("orchestrator.circuit-breaker")
async def test_an_open_circuit_holds_every_run_up_until_one_try_succeeds(make_world: MakeWorld) -> None:
    healed = asyncio.Event()

    def tool(_: Action) -> Success | Failure:
        return Success({"n": 1}) if healed.is_set() else AWAY

    world = await make_world(SEND, tool=tool, breaker={"failures": 3, "within": "60s", "open_for": "10m"})
    first = await world.submit()
    await world.until(first, "circuit.opened")
    second = await world.submit()
    deferred = await world.until(second, "step.deferred", step="only")
    assert deferred.record["detail"]["reason"] == "CIRCUIT_OPEN"
    held = (await world.runs.get(world.alice, second)).steps[0]
    assert (held.state, held.reason, held.attempt) == ("deferred", "CIRCUIT_OPEN", 0)
    assert world.tools.times("box.send") == 3
    healed.set()
    await world.until(first, "step.deferred", step="only")
    async with world.parts.engine.begin() as tx:
        now = utc_now()
        await tx.execute(sa.update(circuits).where(circuits.c.tenant == world.tenant).values(open_until=now))
        await tx.execute(sa.update(steps).where(steps.c.run_id.in_((first, second))).values(not_before=now))
    for run in (first, second):
        await world.durable.wake(run, ("only",))
    for run in (first, second):
        view = await world.end_of(run)
        assert (view.run.state, states(view)) == ("succeeded", {"only": "succeeded"})
    assert world.tools.times("box.send") == 5
    closed = [run for run in (first, second) if "circuit.closed only" in await world.events(run)]
    assert len(closed) == 1


@pytest.mark.requirement("orchestrator.circuit-breaker")
async def test_while_one_tries_nobody_else_does_and_a_failed_try_opens_it_again(make_world: MakeWorld) -> None:
    called: list[float] = []
    enough = asyncio.Event()

    def tool(_: Action) -> Failure:
        called.append(time.monotonic())
        if len(called) == 4:
            enough.set()
        return AWAY

    world = await make_world(SEND, tool=tool, breaker={"failures": 1, "within": "60s", "open_for": "200ms"})
    runs = [await world.submit()]
    await world.until(runs[0], "circuit.opened")
    runs += [await world.submit() for _ in range(3)]
    async with asyncio.timeout(60):
        await enough.wait()
    for run in runs:
        await world.cancellations.cancel(world.alice, run, "")
        await world.end_of(run)
    assert all(later - earlier > 0.19 for earlier, later in pairwise(called))
    told = [event for run in runs for event in await world.events(run) if event.startswith("circuit.")]
    assert told.count("circuit.opened only") >= 3, "each failed try is told, too"
    assert "circuit.closed only" not in told


@pytest.mark.requirement("orchestrator.circuit-breaker")
async def test_a_step_that_waits_says_until_when_also_after_a_try_has_failed(make_world: MakeWorld) -> None:
    world = await make_world(SEND, tool=lambda _: AWAY, breaker={"failures": 1, "within": "60s", "open_for": "10m"})
    tries = await world.submit()
    await world.until(tries, "circuit.opened")
    waits = await world.submit()
    await world.until(waits, "step.deferred", step="only")
    first = (await world.runs.get(world.alice, waits)).steps[0].not_before
    assert first is not None
    # Another server tries, and fails: nothing is told of the run that waits, but its moment is another one.
    later = first - timedelta(minutes=5)
    async with world.parts.engine.begin() as tx:
        await tx.execute(sa.update(circuits).where(circuits.c.tenant == world.tenant).values(open_until=later))
        await tx.execute(sa.update(steps).where(steps.c.run_id == waits).values(not_before=NOON))
    await world.durable.wake(waits, ("only",))
    async with asyncio.timeout(60):
        while (await world.runs.get(world.alice, waits)).steps[0].not_before != later:
            pass
    assert (await world.events(waits)).count("step.deferred only") == 1
    for run in (tries, waits):
        await world.cancellations.cancel(world.alice, run, "")
        await world.end_of(run)


@pytest.mark.requirement("orchestrator.circuit-breaker")
async def test_who_was_to_try_and_is_paused_leaves_the_try_to_others(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(SEND, tool=lambda _: AWAY, breaker={"failures": 1, "within": "60s", "open_for": "100ms"})
    decide, seen = world.decisions.decide, asyncio.Event()
    run = await world.submit()
    await world.until(run, "circuit.opened")

    async def paused_meanwhile(question: Question, *, budget: float) -> Decided:
        await world.pauses.pause(world.alice, run, "to look into it")
        seen.set()
        return await decide(question, budget=budget)

    monkeypatch.setattr(world.decisions, "decide", paused_meanwhile)
    async with asyncio.timeout(60):
        await seen.wait()
    monkeypatch.setattr(world.decisions, "decide", decide)
    # The try would take longer to be given up than this waits.
    other = await world.submit()
    await reaches(world, other, "only", "dispatched", within=30)
    for one in (run, other):
        await world.cancellations.cancel(world.alice, one, "")
        await world.end_of(one)


@pytest.mark.requirement("orchestrator.circuit-breaker")
async def test_a_call_that_was_never_made_or_begun_before_closes_no_circuit(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[dict[str, Any]] = [
        {"id": "long", "action": "box.get"},
        {"id": "down", "action": "box.send", "on_failure": "skip"},
        {"id": "next", "action": "box.put", "after": ["down"]},
    ]
    breaker = {"failures": 1, "within": "60s", "open_for": "1s"}
    tool = {"get": Success({"n": 1}), "send": AWAY, "put": Success({"n": 1})}
    world = await make_world(steps, tool=lambda action: tool[action.operation], breaker=breaker)
    invoke, jumped, called, opened = world.tools.invoke, list[str](), asyncio.Event(), asyncio.Event()

    async def invoked(permit: Permit, action: Action, **more: Any) -> Success | Failure:
        match action.operation:
            case "get":
                called.set()
                await opened.wait()
            case "send":
                await called.wait()
            case _ if not jumped:
                jumped.append(permit.id)
                raise PermitError("too old")
        return await invoke(permit, action, **more)

    monkeypatch.setattr(world.tools, "invoke", invoked)
    run = await world.submit()
    await world.until(run, "step.deferred", step="next")
    opened.set()
    view = await world.end_of(run)
    assert states(view) == {"long": "succeeded", "down": "failed", "next": "succeeded"}
    entries = await world.trail.read(world.tenant, Wanted(run=run), limit=1000)
    told = [(one.record["event"], one.record.get("step")) for one in entries]
    turned = [one for one in told if one[0].startswith("circuit.")]
    assert turned == [("circuit.opened", "down"), ("circuit.closed", "next")]
    assert told.index(("action.failed", "next")) < told.index(turned[1])
    assert len(jumped) == 1


async def test_without_a_breaker_nothing_is_counted(make_world: MakeWorld) -> None:
    world = await make_world(SEND, tool=lambda _: AWAY)
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.steps[0].attempt) == ("failed", 9)
