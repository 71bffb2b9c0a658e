"""A follow-up that cannot be put down: a sales director says what follows, as far as the policies let them."""

from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc import aio
from grpc_status import rpc_status

from assent.v1 import approvals_pb2
from tests.e2e.deployment import DIRECTOR, Deployment, deployment, state, states
from tests.e2e.test_crashes import effects

_RETRY, _COMPENSATE = approvals_pb2.WorkItem.CHOICE_RETRY, approvals_pb2.WorkItem.CHOICE_COMPENSATE


async def choose(deployed: Deployment, run: str, choice: approvals_pb2.WorkItem.Choice.ValueType) -> None:
    """Choose by what the sales director is shown now."""
    [item] = await deployed.pending(run)
    request = approvals_pb2.DecideApprovalRequest(
        name=item.name,
        etag=item.etag,
        presented_digest=item.presented_digest,
        choice=choice,
        rationale="the task system is back",
    )
    await deployed.approvals.DecideApproval(request, metadata=deployed.metadata(DIRECTOR), timeout=60)


def reason_of(error: aio.AioRpcError) -> tuple[str, str]:
    """Return the reason of a refusal, and all codes that the policies found."""
    info = error_details_pb2.ErrorInfo()
    status = rpc_status.from_call(error)
    assert status is not None
    assert any(detail.Unpack(info) for detail in status.details)
    return info.reason, info.metadata.get("codes", "")


@pytest.mark.timeout(300)
@pytest.mark.requirement("example.work-item")
async def test_a_sales_director_has_it_tried_again_and_cannot_take_back_what_the_customer_was_written(
    tmp_path: Path,
) -> None:
    async with deployment(tmp_path, "tasks.create_task=error:3") as deployed:  # as often as a write is tried
        run = (await deployed.submit("ACC-1001")).name
        await deployed.until(run, "approval.choice_requested", "follow_up")
        await deployed.kill()
        await deployed.start()
        with pytest.raises(aio.AioRpcError) as refused:
            await choose(deployed, run, _COMPENSATE)
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
        assert "CUSTOMER_HAS_THE_OFFER" in reason_of(refused.value)[1]
        await choose(deployed, run, _RETRY)
        ended = await deployed.end_of(run)
        assert (state(ended), states(ended)["follow_up"]) == ("succeeded", "succeeded"), states(ended)
        assert effects(tmp_path) == {"proposal": 1, "task": 1, "notification": 1}
        assert await deployed.intact()
