import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from google.rpc import error_details_pb2

from assent.v1 import runs_pb2
from assent_orchestrator.caller import Caller
from assent_orchestrator.clock import utc_now
from assent_orchestrator.errors import UnauthenticatedError
from assent_orchestrator.execution.runs import RunView
from assent_orchestrator.plan.state import RunState
from assent_orchestrator.server.identities.certificate import Peer
from tests.orchestrator.server.conftest import open_wire, refusal
from tests.orchestrator.server.specimens import NOON, RUN, STEPS, entry

NAME = "tenants/acme/runs/run1"
STARTED = entry(3, "run.started", state={"from": "planned", "to": "running"})
DENIED = entry(5, "decision.made", step="offer", state={"from": "pending", "to": "denied"})
FAILED = entry(9, "run.finished", state={"from": "running", "to": "failed"})


def run_in(state: RunState) -> RunView:
    return RunView(replace(RUN, state=state), STEPS)


async def read_all(call) -> list[runs_pb2.RunEvent]:
    async def collect() -> list[runs_pb2.RunEvent]:
        return [event async for event in call]

    return await asyncio.wait_for(collect(), 30)


def watch(wire, after_seq: int = 0):
    return wire.runs.WatchRun(runs_pb2.WatchRunRequest(name=NAME, after_seq=after_seq), metadata=wire.auth)


@pytest.mark.requirement("orchestrator.watch-replays-and-ends")
async def test_a_run_that_is_over_is_told_from_the_beginning_and_the_stream_ends(wire):
    wire.use_cases.view = run_in(RunState.FAILED)
    wire.use_cases.entries = [STARTED, DENIED, FAILED]
    events = await read_all(watch(wire))
    assert [(event.seq, event.event) for event in events] == [
        (3, "run.started"),
        (5, "decision.made"),
        (9, "run.finished"),
    ]
    assert {event.run_state for event in events} == {runs_pb2.RUN_STATE_FAILED}
    assert (events[1].step, events[1].step_to) == ("offer", runs_pb2.STEP_STATE_DENIED)


@pytest.mark.requirement("orchestrator.watch-resumes")
async def test_who_lost_the_stream_resumes_after_the_last_event_they_have(wire):
    wire.use_cases.entries = [STARTED, DENIED, FAILED]
    assert [event.seq for event in await read_all(watch(wire, after_seq=3))] == [5, 9]


async def test_a_heartbeat_says_how_far_the_stream_is_and_where_the_run_stands(wire):
    wire.use_cases.view = run_in(RunState.RUNNING)
    wire.use_cases.entries = [STARTED, None]
    _, beat = await read_all(watch(wire))
    assert (beat.heartbeat, beat.seq, beat.event) == (True, 3, "")
    assert beat.time.ToDatetime(NOON.tzinfo) == NOON
    assert beat.run_state == runs_pb2.RUN_STATE_RUNNING


async def test_events_tell_where_the_run_stands_when_they_are_sent(wire):
    wire.use_cases.view = run_in(RunState.RUNNING)
    call = watch(wire)

    async def happens(*_: object):
        yield STARTED
        wire.use_cases.view = run_in(RunState.FAILED)
        yield FAILED

    wire.use_cases.watch = happens
    assert [event.run_state for event in await read_all(call)] == [
        runs_pb2.RUN_STATE_RUNNING,
        runs_pb2.RUN_STATE_FAILED,
    ]


async def test_who_hangs_up_leaves_nothing_open_behind(wire):
    wire.use_cases.entries, wire.use_cases.stays = [STARTED], True
    call = watch(wire)
    assert (await call.read()).seq == 3
    call.cancel()
    await asyncio.wait_for(wire.use_cases.left.wait(), 30)


@pytest.mark.requirement("orchestrator.slow-readers-are-dropped", "orchestrator.slow-watchers-resume")
async def test_who_does_not_read_is_dropped_and_may_resume():
    async with open_wire(patience=0.3) as wire:
        long = "x" * 200_000
        wire.use_cases.entries = [entry(number, "decision.made", step=long) for number in range(1, 401)]
        call = watch(wire)
        first = await call.read()
        assert first.seq == 1
        # The run is not watched any more, though nothing is read.
        await asyncio.wait_for(wire.use_cases.left.wait(), 30)
        seen = [first.seq]

        async def go_on() -> None:
            while True:
                seen.append((await call.read()).seq)

        refused = await refusal(asyncio.wait_for(go_on(), 30))
        assert (refused.code, refused.info.reason) == ("RESOURCE_EXHAUSTED", "SLOW_READER")
        assert refused.find(error_details_pb2.RetryInfo) is not None
        # Whoever resumes there misses nothing: it was on its way before the one that was not taken.
        assert 1 <= int(refused.info.metadata["afterSeq"]) <= seen[-1]
        assert seen == list(range(1, len(seen) + 1))
        assert len(seen) < 400
    async with open_wire() as wire:
        wire.use_cases.entries = [entry(number, "decision.made", step=long) for number in range(1, 401)]
        rest = await read_all(watch(wire, after_seq=seen[-1]))
        assert [event.seq for event in rest] == list(range(seen[-1] + 1, 401))


@pytest.mark.requirement("orchestrator.slow-readers-are-dropped")
async def test_who_never_reads_at_all_holds_up_nobody_and_costs_a_bounded_number_of_records():
    async with open_wire(patience=0.3) as wire:
        asked, gone = 0, asyncio.Event()

        async def endless(*_: object):
            nonlocal asked
            try:
                while True:
                    asked += 1
                    yield entry(asked, "decision.made", step="x" * 100_000)
            finally:
                gone.set()

        wire.use_cases.watch = endless  # type: ignore[method-assign,assignment] # as in the test above
        idle = watch(wire)
        await asyncio.wait_for(idle.initial_metadata(), 30)
        await asyncio.wait_for(gone.wait(), 30)
        # What is under way between two processes: less than what either side may have in its windows, and no more.
        assert asked < 400
        refused = await refusal(asyncio.wait_for(_to_the_end(idle), 30))
        assert refused.info.reason == "SLOW_READER"


async def _to_the_end(call) -> None:
    async for _ in call:
        pass


async def test_a_reader_at_work_gets_a_history_longer_than_any_window():
    async with open_wire(patience=30.0) as wire:
        long = "x" * 100_000
        wire.use_cases.entries = [entry(number, "decision.made", step=long) for number in range(1, 301)]
        assert [event.seq for event in await read_all(watch(wire))] == list(range(1, 301))


class LeavingSoon:
    """Knows one caller, whose token is about to expire."""

    def __init__(self) -> None:
        self.left = 1.0

    def authenticate(self, token: str) -> Caller:
        return Caller(token, "acme", frozenset({"submitter"}), known_until=utc_now() + timedelta(seconds=self.left))

    def recognise(self, peer: Peer) -> Caller:
        raise UnauthenticatedError(str(peer))


@pytest.mark.requirement("orchestrator.jwt-identities")
async def test_a_stream_ends_when_who_opened_it_would_not_be_let_in_again():
    callers = LeavingSoon()
    async with open_wire(callers) as wire:
        wire.use_cases.entries, wire.use_cases.stays = [STARTED], True
        stream = watch(wire)
        assert (await stream.read()).seq == 3
        refused = await refusal(asyncio.wait_for(stream.read(), 30))
        assert (refused.code, refused.info.reason) == ("UNAUTHENTICATED", "UNAUTHENTICATED")
        wire.use_cases.entries, wire.use_cases.stays = [STARTED, DENIED], False
        callers.left = 60.0
        assert [event.seq for event in await read_all(watch(wire, after_seq=3))] == [5]


@pytest.mark.requirement("orchestrator.stops-gracefully")
async def test_a_server_that_stops_ends_its_streams_with_a_word_and_lets_calls_finish():
    async with open_wire(grace=30.0) as wire:
        wire.use_cases.entries, wire.use_cases.stays = [STARTED], True
        stream = watch(wire)
        assert (await stream.read()).seq == 3
        wire.use_cases.reached.clear()
        wire.use_cases.before = asyncio.Event()
        call: Any = wire.runs.GetRun(runs_pb2.GetRunRequest(name=NAME), metadata=wire.auth)
        await asyncio.wait_for(wire.use_cases.reached.wait(), 30)
        stopping = asyncio.create_task(wire.stop())
        refused = await refusal(asyncio.wait_for(stream.read(), 30))
        assert (refused.code, refused.info.reason) == ("UNAVAILABLE", "SHUTTING_DOWN")
        wire.use_cases.before.set()
        assert (await asyncio.wait_for(call, 30)).name == NAME
        await asyncio.wait_for(stopping, 30)
