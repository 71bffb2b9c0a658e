"""The contract renewal through the API, from the outside, with everything real."""

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from assent.v1 import plans_pb2, runs_pb2
from tests.e2e.deployment import AUDITOR, DIRECTOR, TENANT, Deployment, state, states


async def test_a_customer_that_flows_through(deployed: Deployment) -> None:
    before = len(deployed.mails())
    run = await deployed.end_of((await deployed.submit("ACC-1001")).name)
    assert state(run) == "succeeded"
    assert states(run) | {"offer_upsell": "succeeded", "offer_at_risk": "skipped", "success_call": "skipped"} == states(
        run
    )
    assert len(deployed.mails()) == before + 1


@pytest.mark.requirement("orchestrator.approvals-over-grpc")
@pytest.mark.requirement("example.branches")
async def test_a_discount_waits_for_the_director_and_at_risk_takes_another_branch(deployed: Deployment) -> None:
    submitted = await deployed.submit("ACC-1002")
    await deployed.until(submitted.name, "approval.requested", "offer_at_risk")
    waiting = await deployed.get(submitted.name)
    assert states(waiting)["offer_at_risk"] == "awaiting_approval"
    assert "crm" not in {step for step, at in states(waiting).items() if at != "pending"}
    await deployed.approve(submitted.name)
    run = await deployed.end_of(submitted.name)
    assert state(run) == "succeeded"
    assert states(run) | {"offer_at_risk": "succeeded", "success_call": "succeeded", "offer_upsell": "skipped"} == (
        states(run)
    )


async def test_an_email_with_what_must_not_leave_is_denied_with_every_reason(deployed: Deployment) -> None:
    before = len(deployed.mails())
    run = await deployed.end_of((await deployed.submit("ACC-1003")).name)
    email = next(step for step in run.steps if step.id == "email")
    assert states(run)["email"] == "denied"
    assert states(run)["letter_by_hand"] == "succeeded"
    reason = email.decision.reasons[0]
    assert (reason.code, reason.control, reason.scope) == ("DATA_MUST_NOT_LEAVE", "PRV-01", "department/sales/privacy")
    assert reason.rule
    assert reason.message
    assert email.decision.decision_id
    assert email.trace_id
    assert len(deployed.mails()) == before


@pytest.mark.requirement("example.first-three-in-parallel")
async def test_the_first_three_steps_are_under_way_at_once(deployed: Deployment) -> None:
    run = (await deployed.submit("ACC-1001")).name
    await deployed.end_of(run)
    order = [(one["event"], one.get("step")) for one in await deployed.trail(run)]
    first = {"contract", "usage", "satisfaction"}
    intended = max(order.index(("action.intended", step)) for step in first)
    assert order.index(("decision.made", "risk")) > max(order.index(("action.succeeded", step)) for step in first)
    assert intended < order.index(("decision.made", "risk"))
    decided = [step for event, step in order if event == "decision.made" and step in first]
    assert set(decided) == first


@pytest.mark.requirement("orchestrator.submit-is-idempotent")
async def test_the_same_request_id_gives_the_same_run(deployed: Deployment) -> None:
    one = await deployed.submit("ACC-1001", requestId="11111111-1111-4111-8111-111111111111")
    two = await deployed.submit("ACC-1001", requestId="11111111-1111-4111-8111-111111111111")
    assert one.name == two.name
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await deployed.submit("ACC-1002", requestId="11111111-1111-4111-8111-111111111111")
    assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS
    await deployed.end_of(one.name)


@pytest.mark.requirement("bad-input.invalid-argument-names-every-fault")
@pytest.mark.requirement("bad-input.nothing-stored")
async def test_a_bad_plan_is_told_every_fault_and_nothing_is_stored(deployed: Deployment) -> None:
    listing = runs_pb2.ListRunsRequest(parent=TENANT, page_size=500)
    before = len((await deployed.runs.ListRuns(listing, metadata=deployed.metadata())).runs)
    records = len(await deployed.trail())
    plan = plans_pb2.Plan(process="contract_renewal")
    plan.inputs.update({"account": "nobody"})
    for step, action in (("a", "erp.get_contract"), ("a", "erp.burn_down"), ("b", "moon.land")):
        plan.steps.add(id=step, agent="renewal_analyst", action=action).args.update(
            {"account": {"$ref": "steps.nowhere.output.x"}}
        )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await deployed.runs.SubmitPlan(
            runs_pb2.SubmitPlanRequest(parent=TENANT, plan=plan), metadata=deployed.metadata()
        )
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    status = rpc_status.from_call(refused.value)
    assert status is not None
    bad = error_details_pb2.BadRequest()
    for detail in status.details:
        if detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            detail.Unpack(bad)
    reasons = {violation.reason for violation in bad.field_violations}
    assert {"DUPLICATE_ID", "UNKNOWN_OPERATION", "UNKNOWN_SYSTEM", "DANGLING_REFERENCE", "INPUTS_SCHEMA"} <= reasons
    assert len((await deployed.runs.ListRuns(listing, metadata=deployed.metadata())).runs) == before
    assert len(await deployed.trail()) == records


async def test_a_watcher_that_comes_back_misses_nothing(deployed: Deployment) -> None:
    run = (await deployed.submit("ACC-1001")).name
    await deployed.end_of(run)
    whole = [event.seq async for event in deployed.events(run)]
    assert [event.seq async for event in deployed.events(run, after=whole[4])] == whole[5:]


@pytest.mark.requirement("orchestrator.cancel")
async def test_a_run_that_waits_can_be_cancelled(deployed: Deployment) -> None:
    run = (await deployed.submit("ACC-1002")).name
    await deployed.until(run, "approval.requested", "offer_at_risk")
    await deployed.runs.CancelRun(runs_pb2.CancelRunRequest(name=run), metadata=deployed.metadata())
    ended = await deployed.end_of(run)
    assert state(ended) == "cancelled"
    assert "crm" not in {step for step, at in states(ended).items() if at == "succeeded"}


@pytest.mark.requirement("audit.verifies-after-real-runs")
async def test_the_trail_of_it_all_is_intact(deployed: Deployment) -> None:
    assert await deployed.intact()


async def test_nobody_sees_or_does_what_is_not_theirs(deployed: Deployment) -> None:
    run = (await deployed.submit("ACC-1001")).name
    for who, request, code in (
        (DIRECTOR, runs_pb2.GetRunRequest(name=run), grpc.StatusCode.NOT_FOUND),
        (AUDITOR, runs_pb2.GetRunRequest(name=run), grpc.StatusCode.OK),
    ):
        try:
            await deployed.runs.GetRun(request, metadata=deployed.metadata(who))
            got = grpc.StatusCode.OK
        except grpc.aio.AioRpcError as error:
            got = error.code()
        assert got is code
    plan = plans_pb2.Plan(process="contract_renewal")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await deployed.runs.SubmitPlan(
            runs_pb2.SubmitPlanRequest(parent=TENANT, plan=plan), metadata=deployed.metadata(AUDITOR)
        )
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    await deployed.end_of(run)
