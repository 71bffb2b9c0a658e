"""How many calls of one tenant are served at once, beside those of others."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from grpc_health.v1 import health_pb2 as probe_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub

from assent.v1 import health_pb2
from assent_orchestrator.server.interceptors.around import Call
from assent_orchestrator.server.interceptors.shares import Shares
from assent_orchestrator.server.refusal import CrowdError
from assent_orchestrator.store.confinement import confined_to
from tests.orchestrator.server.conftest import open_wire, refusal

WATCH: Any = Call("/assent.v1.RunService/WatchRun", None, None, request_streaming=False, response_streaming=True)  # type: ignore[arg-type]


class Crowd:
    """Calls that are under way until somebody ends them."""

    def __init__(self, most: int) -> None:
        self.shares = Shares(most)
        self._calls: dict[str, list[tuple[asyncio.Event, asyncio.Task[Any]]]] = {}

    async def enter(self, tenant: str) -> bool:
        """Begin a call that goes on; return whether it was let in."""
        begun, over = asyncio.Event(), asyncio.Event()

        async def proceed(_: Any) -> None:
            begun.set()
            await over.wait()

        async def call() -> None:
            with confined_to(tenant):
                await self.shares.around(WATCH, proceed)

        task = asyncio.create_task(call())
        await asyncio.wait((task, waiting := asyncio.create_task(begun.wait())), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not begun.is_set():
            with pytest.raises(CrowdError):
                await task
            return False
        self._calls.setdefault(tenant, []).append((over, task))
        return True

    async def fill(self, tenant: str) -> int:
        """Begin as many as are let in; return how many."""
        count = 0
        while await self.enter(tenant):
            count += 1
        return count

    async def end(self, tenant: str, count: int) -> None:
        for _ in range(count):
            over, task = self._calls[tenant].pop()
            over.set()
            await task


@contextlib.asynccontextmanager
async def crowd(most: int) -> Any:
    one = Crowd(most)
    yield one
    for tenant, calls in one._calls.items():
        await one.end(tenant, len(calls))


@pytest.mark.requirement("orchestrator.tenants-own-calls")
async def test_however_many_calls_a_tenant_makes_there_is_room_for_the_next_one() -> None:
    async with crowd(16) as all_:
        taken = {tenant: await all_.fill(tenant) for tenant in ("sales", "legal", "branch")}
        assert taken == {"sales": 8, "legal": 4, "branch": 2}
        assert not await all_.enter("sales"), "which has more than are left"
        await all_.end("sales", 8)
        assert await all_.fill("sales") > 0


@pytest.mark.requirement("orchestrator.tenants-own-calls")
@pytest.mark.parametrize("ending", [ValueError, asyncio.CancelledError])
async def test_a_call_that_ended_badly_takes_no_room(ending: Callable[[], BaseException]) -> None:
    shares = Shares(2)

    async def proceed(_: Any) -> Awaitable[None]:
        raise ending()

    for _ in range(3):
        with confined_to("sales"), pytest.raises((ValueError, asyncio.CancelledError)):
            await shares.around(WATCH, proceed)
    assert not shares._under_way


@pytest.mark.requirement("orchestrator.tenants-own-calls")
async def test_streams_of_nobody_known_leave_room_for_callers_and_for_whoever_asks_in_a_word() -> None:
    async with open_wire(max_calls=4) as wire:
        stub: Any = HealthStub(wire.channel)
        health: Any = wire.health
        request = probe_pb2.HealthCheckRequest()
        watching = [stub.Watch(request), stub.Watch(request)]
        for one in watching:
            await one.read()
        refused = await refusal(stub.Watch(request).read())
        assert (refused.code, refused.info.reason) == ("RESOURCE_EXHAUSTED", "TOO_MANY_CALLS")
        known = await health.GetHealth(health_pb2.GetHealthRequest(), metadata=wire.auth)
        assert known.state == health_pb2.HEALTH_STATE_READY
        assert (await stub.Check(request)).status == probe_pb2.HealthCheckResponse.SERVING
        for one in watching:
            one.cancel()
