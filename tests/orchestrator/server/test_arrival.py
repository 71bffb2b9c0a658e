"""Who sends no request, or takes in no answer, keeps nobody else from being served."""

import asyncio
from typing import Any

import pytest
from google.rpc import error_details_pb2
from grpc import aio
from grpc_health.v1 import health_pb2 as probe_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub

from assent.v1 import runs_pb2
from assent_orchestrator.server.interceptors.arrival import STRANGERS
from tests.orchestrator.server.conftest import Wire, open_wire, refusal
from tests.orchestrator.server.frames import HEADERS, call, hello, take

GET_RUN, WATCH_RUN = "/assent.v1.RunService/GetRun", "/assent.v1.RunService/WatchRun"
CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"
GET = runs_pb2.GetRunRequest(name="tenants/acme/runs/run1")


def silent(channel: aio.Channel, method: str, metadata: Any = ()) -> Any:
    """Begin a call that sends its headers, and no request."""
    return channel.stream_unary(method)(metadata=metadata)


async def served(wire: Wire) -> None:
    """See that a known caller is served, and whoever asks in a word how the server is."""
    runs: Any = wire.runs
    assert (await runs.GetRun(GET, metadata=wire.auth)).name == GET.name
    status = (await HealthStub(wire.channel).Check(probe_pb2.HealthCheckRequest())).status
    assert status == probe_pb2.HealthCheckResponse.SERVING


@pytest.mark.requirement("orchestrator.unknown-callers-are-refused", "orchestrator.tenants-own-calls")
@pytest.mark.parametrize(
    ("method", "code"),
    [(GET_RUN, "UNAUTHENTICATED"), (WATCH_RUN, "UNAUTHENTICATED"), ("/no.such/Method", "UNIMPLEMENTED")],
)
async def test_who_is_nobody_is_refused_before_any_request_is_waited_for(method: str, code: str) -> None:
    async with open_wire(max_calls=4) as wire:
        for one in [silent(wire.channel, method) for _ in range(12)]:
            assert (await refusal(asyncio.wait_for(one, 10))).code == code
        await served(wire)


@pytest.mark.requirement("orchestrator.tenants-own-calls")
async def test_a_known_caller_who_sends_no_request_takes_the_share_of_the_tenant_and_is_ended() -> None:
    async with open_wire(max_calls=4, patience=0.5) as wire:
        calls = [refusal(silent(wire.channel, GET_RUN, wire.auth)) for _ in range(3)]
        refused = await asyncio.wait_for(asyncio.gather(*calls), 10)
        assert sorted(one.info.reason for one in refused) == ["SLOW_SENDER", "SLOW_SENDER", "TOO_MANY_CALLS"]
        assert {one.code for one in refused} == {"RESOURCE_EXHAUSTED"}
        assert all(one.find(error_details_pb2.RetryInfo) is not None for one in refused)
        await served(wire)


@pytest.mark.requirement("orchestrator.tenants-own-calls")
@pytest.mark.parametrize("method", [CHECK, WATCH])
async def test_of_those_who_are_nobody_and_send_no_request_one_makes_room_for_the_next(method: str) -> None:
    async with open_wire() as wire:
        calls = [silent(wire.channel, method) for _ in range(STRANGERS + 2)]
        waiting = {asyncio.create_task(refusal(one)) for one in calls}
        for _ in range(2):
            waiting = await _but_one(waiting)
        # Whoever asks in a word is let in, too.
        await served(wire)
        waiting = await _but_one(waiting)
        assert len(waiting) == STRANGERS - 1
        assert not any(one.done() for one in waiting)
        for one in calls:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _but_one(waiting: set[asyncio.Task[Any]]) -> set[asyncio.Task[Any]]:
    """Wait until one is told to make room, and return the others."""
    over, _ = await asyncio.wait(waiting, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    one = over.pop()
    assert one.result().info.reason == "SLOW_SENDER"
    return waiting - {one}


async def test_a_call_that_ends_without_a_request_is_told_so(wire: Wire) -> None:
    call = silent(wire.channel, GET_RUN, wire.auth)
    await call.done_writing()
    refused = await refusal(asyncio.wait_for(call, 10))
    assert (refused.code, refused.info.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    (violation,) = refused.find(error_details_pb2.BadRequest).field_violations
    assert violation.reason == "NO_MESSAGE"


@pytest.mark.requirement("orchestrator.tenants-own-calls")
@pytest.mark.parametrize("known", [False, True])
async def test_answers_that_are_not_taken_in_hold_no_place(known: bool) -> None:
    async with open_wire(max_calls=4) as wire:
        address = wire.listening.address
        reader, writer = await asyncio.open_connection(address.host, address.port)
        method, message = (GET_RUN, GET.SerializeToString()) if known else (CHECK, b"")
        try:
            writer.write(hello(window=0))
            for number in range(12):
                writer.write(call(2 * number + 1, method, message, *(wire.auth if known else ())))
                # The answer is on its way: after its headers comes what is not taken in.
                await asyncio.wait_for(take(reader, writer, HEADERS, 1), 10)
            await served(wire)
        finally:
            writer.close()
            await writer.wait_closed()
