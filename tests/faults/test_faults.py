"""Each fault on a whole deployment, with runs and agents at work: no tool is called without a committed allow."""

import sys

import pytest

from assent.tool.v1 import tools_pb2
from assent_orchestrator.cli.chaos.asking import Asking
from assent_orchestrator.cli.chaos.command import chosen
from assent_orchestrator.cli.chaos.deployment import Deployment
from assent_orchestrator.cli.chaos.experiment import Result, look, try_out
from assent_orchestrator.cli.chaos.faults import FAULTS
from assent_orchestrator.cli.chaos.invariant import breaches
from assent_orchestrator.cli.stage.people import RUNTIME
from tests.sidecar.fault_table import faults

pytestmark = [pytest.mark.timeout(300), pytest.mark.requirement("sidecar.faults-hold")]


async def held(deployment: Deployment, name: str) -> Result:
    """Bring the fault about; fail unless it was felt and every promise was kept."""
    [fault] = chosen((name,))
    result = await try_out(deployment, fault, runs=2)
    assert (result.missed, result.breaches) == ("", ())
    assert result.calls > 0
    assert dict(result.runs) == {"succeeded": 2}, "what waited for a decision goes on when there is one again"
    return result


@pytest.mark.requirement("sidecar.fault-killed")
async def test_with_opa_killed_under_load_no_tool_is_called_without_an_allow(deployment: Deployment) -> None:
    assert (await held(deployment, "killed")).codes["ENGINE_UNAVAILABLE"] >= 3


@pytest.mark.requirement("sidecar.fault-stopped")
async def test_with_opa_stopped_nothing_is_allowed_until_it_goes_on(deployment: Deployment) -> None:
    assert (await held(deployment, "stopped")).codes["ENGINE_TIMEOUT"] >= 12


@pytest.mark.requirement("sidecar.fault-garbage")
async def test_of_garbage_that_looks_like_an_allow_none_comes_out(deployment: Deployment) -> None:
    codes = (await held(deployment, "garbage")).codes
    assert {"ENGINE_ERROR", "ENGINE_VERSION", "MALFORMED_DECISION"} <= set(codes)


@pytest.mark.requirement("sidecar.fault-slow")
async def test_answers_that_come_a_byte_at_a_time_are_not_waited_for(deployment: Deployment) -> None:
    assert (await held(deployment, "slow")).codes["ENGINE_TIMEOUT"] >= 12


@pytest.mark.requirement("sidecar.fault-half-body")
async def test_half_a_body_with_status_200_is_no_decision(deployment: Deployment) -> None:
    assert (await held(deployment, "half-body")).codes["ENGINE_UNAVAILABLE"] >= 12


@pytest.mark.requirement("sidecar.fault-reload")
async def test_while_policies_change_under_load_each_answer_is_that_of_one_revision(deployment: Deployment) -> None:
    result = await held(deployment, "reload")
    assert result.verdicts["require_approval"] > 0, "only the narrow policies ask a person"
    assert result.verdicts["allow"] > 0


@pytest.mark.requirement("sidecar.fault-disk-full")
@pytest.mark.skipif(sys.platform != "linux", reason="limits another process by prlimit(2)")
async def test_with_no_room_for_a_bundle_the_last_good_one_decides_also_after_a_restart(deployment: Deployment) -> None:
    assert (await held(deployment, "disk-full")).verdicts["allow"] > 0


@pytest.mark.requirement("sidecar.faults-checker-can-fail")
async def test_a_call_past_the_gate_is_caught_in_the_act(deployment: Deployment) -> None:
    calls = deployment.witness.witness.calls
    before = len(calls)
    asking = Asking(lambda: deployment.desk(RUNTIME), deployment.witness.tools)
    assert breaches(await look(deployment, asking, [], [])) == ()
    past = tools_pb2.InvokeRequest(system="tasks", operation="notify", idempotency_key="past-the-gate", permit="forged")
    answer = await deployment.witness.tools.Invoke(past, timeout=60)
    assert answer.failure.code == "PERMIT_REFUSED", "the company looks at permits, too"
    assert [one.code for one in breaches(await look(deployment, asking, [], []))] == ["CALL_WITHOUT_PERMIT"]
    del calls[before:]


def by_fault() -> dict[str, str]:
    """The tests of this file by the fault that they bring about."""
    return {
        mark.args[0].removeprefix("sidecar.fault-"): name
        for name, test in globals().items()
        if name.startswith("test_")
        for mark in getattr(test, "pytestmark", ())
        if mark.name == "requirement" and mark.args[0].startswith("sidecar.fault-")
    }


def test_every_fault_has_a_test_here() -> None:
    assert set(by_fault()) == {fault.name for fault in FAULTS}


@pytest.mark.requirement("done.fail-closed-page")
def test_every_fault_has_a_row_in_the_table() -> None:
    rows = {row.what for row in faults() if row.how == "test" and row.what.startswith("tests/faults/")}
    assert rows == {f"tests/faults/test_faults.py::{name}" for name in by_fault().values()}
