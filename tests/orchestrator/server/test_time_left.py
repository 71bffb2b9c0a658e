import asyncio
from typing import Any

import pytest

from assent.v1 import runs_pb2
from assent.v1.runs_pb2_grpc import RunServiceStub
from assent_orchestrator.server.interceptors.deadline import TimeLimits
from assent_orchestrator.server.time_left import given, time_left
from assent_orchestrator.server.translate.plan import write_plan
from tests.orchestrator.server.conftest import open_wire
from tests.orchestrator.server.specimens import PLAN

SIMULATE = runs_pb2.SimulatePlanRequest(parent="tenants/acme", plan=write_plan(PLAN))


@pytest.mark.requirement("orchestrator.deadline-is-the-budget")
async def test_a_forecast_learns_how_long_its_caller_waits(wire):
    await wire.runs.SimulatePlan(SIMULATE, metadata=wire.auth, timeout=7)
    assert wire.use_cases.within is not None
    assert 0 < wire.use_cases.within < 8  # gRPC rounds up on the wire


@pytest.mark.requirement("orchestrator.deadline-is-the-budget")
async def test_a_caller_that_names_no_deadline_names_no_budget(wire):
    await wire.runs.SimulatePlan(SIMULATE, metadata=wire.auth)
    assert wire.use_cases.within is None


async def test_a_deadline_that_is_cut_down_is_a_budget_that_is_cut_down():
    async with open_wire(limits=TimeLimits(longest=5)) as wire:
        stub: RunServiceStub = wire.runs
        call: Any = stub.SimulatePlan(SIMULATE, metadata=wire.auth, timeout=600)
        await call
        assert wire.use_cases.within is not None
        assert 0 < wire.use_cases.within <= 5


async def test_time_runs_and_is_never_less_than_nothing():
    assert time_left() is None
    with given(60):
        assert 0 < (time_left() or 0) <= 60
        with given(-1):
            assert time_left() == 0
        assert await asyncio.create_task(_left()) > 0
    assert time_left() is None


async def _left() -> float:
    return time_left() or 0.0
