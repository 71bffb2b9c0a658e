"""Runs that an earlier version of the software left in the middle are finished by this one."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from assent.v1 import approvals_pb2, runs_pb2, stops_pb2
from tests.e2e.deployment import DIRECTOR, TENANT, Deployment, state, states
from tests.e2e.dump import embedded, restore
from tests.e2e.upgrade.record import HERE, RECORDED, people
from tests.e2e.upgrade.shop import Shop, open_shop

RECORDINGS = sorted(RECORDED.glob("*.sql"))
PROCESSES = ("goodwill", "refund")
ARRIVED = """
    SELECT effects.idempotency_key FROM assent.effects JOIN assent.runs ON runs.id = effects.run_id
    WHERE runs.plan #>> '{inputs,order}' = 'HANG-goodwill' AND effects.step_id = 'refund'
"""
"""The key of a payment that was on its way when the server died, and arrived: only its answer was lost."""


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.rolling-restart-finishes-old-runs", "orchestrator.approvals-reading-room")
@pytest.mark.parametrize("recorded", RECORDINGS, ids=lambda path: path.stem)
async def test_runs_of_an_earlier_version_are_finished(tmp_path: Path, recorded: Path) -> None:
    with embedded(tmp_path / "data") as url:
        restore(url, await asyncio.to_thread(recorded.read_text, "utf-8"))
        with psycopg.connect(url) as connection:
            [(arrived,)] = connection.execute(ARRIVED).fetchall()
    async with open_shop() as shop:
        shop.done[arrived] = ("pay", {"order": "HANG-goodwill"})
        deployed = Deployment(tmp_path, shop.address, HERE / "workspace", people(tmp_path))
        await deployed.start()
        try:
            await finishes(deployed, shop)
        finally:
            await deployed.stop()


async def finishes(deployed: Deployment, shop: Shop) -> None:
    listed = await deployed.runs.ListRuns(
        runs_pb2.ListRunsRequest(parent=TENANT, page_size=50), metadata=deployed.metadata()
    )
    runs = {await order_of(deployed, one.name): one.name for one in listed.runs}
    assert set(runs) == {
        "ORDER", "STOPPED", *(f"{what}-{process}" for what in ("LARGE", "LATER", "HANG") for process in PROCESSES)
    }  # fmt: skip
    stops = await deployed.stops.ListStops(
        stops_pb2.ListStopsRequest(parent=TENANT), metadata=deployed.metadata("otto.berg")
    )
    await deployed.lift(stops.stops[0])
    for process in PROCESSES:
        await approved_anew(deployed, runs[f"LARGE-{process}"])
    for order, run in runs.items():
        ended = await deployed.end_of(run)
        assert state(ended) == "succeeded", (order, states(ended))
    # What was finished is not done again; all else is done once.
    orders = sorted(set(runs) - {"ORDER"})
    assert shop.orders("pay") == orders
    assert await deployed.intact()


async def approved_anew(deployed: Deployment, run: str) -> None:
    """Approve what is asked anew: what was asked under other policies is closed as soon as these are in force."""
    await approved(deployed, run)
    by = deployed.metadata(DIRECTOR)
    request = approvals_pb2.ListApprovalsRequest(parent=TENANT, filter=f"run={run.rpartition('/')[2]}")
    listed = (await deployed.approvals.ListApprovals(request, metadata=by)).approvals
    cards = [
        await deployed.approvals.GetApproval(approvals_pb2.GetApprovalRequest(name=one.name), metadata=by)
        for one in listed
    ]
    # What the earlier version asked can still be read; the answer to its successor was used.
    earlier = [one for one in cards if one.state == approvals_pb2.APPROVAL_STATE_VOID]
    used = [one for one in cards if one.state == approvals_pb2.APPROVAL_STATE_CONSUMED]
    assert earlier
    assert all(one.action for one in earlier), earlier
    assert [[answer.approver for answer in one.answers] for one in used] == [[DIRECTOR]]


async def approved(deployed: Deployment, run: str) -> None:
    async for event in deployed.events(run):
        if event.event == "approval.requested" and await deployed.pending(run):
            await deployed.approve(run)
        if event.event == "approval.consumed":
            return
    raise AssertionError("the run ended without its approval")


async def order_of(deployed: Deployment, run: str) -> str:
    return str(dict((await deployed.get(run)).plan.inputs)["order"])
