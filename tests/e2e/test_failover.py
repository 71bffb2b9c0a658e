"""The primary of PostgreSQL dies and its standby takes its place: the servers go on there by themselves."""

from pathlib import Path

import pytest

from assent.v1 import audit_pb2
from tests.e2e.deployment import AUDITOR, SECONDS, TENANT, Deployment, deployment, state, states
from tests.e2e.standby import pair

SLOW = "product_analytics.get_usage=slow:2s"
BACK = "has its seat again"


async def verified(deployed: Deployment, remembered: str = "") -> audit_pb2.VerifyTrailResponse:
    """Verify the trail; with a head that was noted, that it is still there."""
    request = audit_pb2.VerifyTrailRequest(parent=TENANT, remembered_head=remembered)
    return await deployed.audit.VerifyTrail(request, metadata=deployed.metadata(AUDITOR), timeout=SECONDS)


async def head(deployed: Deployment) -> str:
    """The newest record, as an operator notes it outside of the database."""
    found = await verified(deployed)
    assert found.intact
    return f"{found.records}:{found.head_hash}"


@pytest.mark.timeout(400)
@pytest.mark.requirement("orchestrator.failover")
async def test_with_a_standby_that_confirms_nothing_is_lost_and_runs_go_on_there(tmp_path: Path) -> None:
    async with pair(tmp_path / "postgres") as both, deployment(tmp_path, SLOW, environ=both.environ) as deployed:
        await both.confirm()
        waits = (await deployed.submit("ACC-1002")).name
        await deployed.until(waits, "approval.requested", "offer_at_risk")
        [asked] = await deployed.pending(waits)
        under_way = (await deployed.submit("ACC-1001")).name
        await deployed.until(under_way, "action.intended", "usage")
        noted = await head(deployed)

        await both.fail_over()
        await deployed.says(BACK)
        ended = await deployed.end_of(under_way)
        assert state(ended) == "succeeded", states(ended)
        assert await deployed.pending(waits) == [asked]
        await deployed.approve(waits)
        ended = await deployed.end_of(waits)
        assert state(ended) == "succeeded", states(ended)
        assert len(deployed.mails()) == 2
        assert (await verified(deployed, noted)).intact


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.requirement("orchestrator.failover")
async def test_what_a_standby_without_confirmation_did_not_get_is_found_out_and_done_no_second_time(
    tmp_path: Path,
) -> None:
    async with pair(tmp_path / "postgres") as both, deployment(tmp_path, environ=both.environ) as deployed:
        waits = (await deployed.submit("ACC-1002")).name
        await deployed.until(waits, "approval.requested", "offer_at_risk")
        kept = await head(deployed)
        await both.part()
        # The letter is sent, and nobody but the primary knows.
        await deployed.approve(waits)
        assert state(await deployed.end_of(waits)) == "succeeded"
        lost = await head(deployed)
        assert len(deployed.mails()) == 1

        # A server remembers what the standby never heard of: it is started again.
        await deployed.stop()
        await both.fail_over()
        await deployed.start()
        assert (await verified(deployed, kept)).intact
        assert (await verified(deployed, lost)).problem.startswith("REWRITTEN")
        # People are asked again, and the tool server answers with what it had done already.
        await deployed.approve(waits)
        ended = await deployed.end_of(waits)
        assert state(ended) == "succeeded", states(ended)
        assert len(deployed.mails()) == 1
        assert (await verified(deployed, kept)).intact
