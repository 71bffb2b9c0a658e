import pytest
from grpc_health.v1 import health_pb2 as probe_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub

from assent.v1 import approvals_pb2, audit_pb2, health_pb2, runs_pb2
from assent_orchestrator.server.caller_context import current_caller
from tests.orchestrator.server.conftest import refusal

GET = runs_pb2.GetRunRequest(name="tenants/acme/runs/run1")


@pytest.mark.requirement("orchestrator.unknown-callers-are-refused")
@pytest.mark.parametrize(
    "metadata",
    [
        (),
        (("authorization", "Bearer"),),
        (("authorization", "Bearer  "),),
        (("authorization", "Basic YTpi"),),
        (("authorization", "Bearer " + "x" * 43),),
        (("authorization", "Bearer one"), ("authorization", "Bearer two")),
    ],
)
async def test_nobody_unknown_gets_in(wire, metadata):
    refused = await refusal(wire.runs.GetRun(GET, metadata=metadata))
    assert (refused.code, refused.info.reason) == ("UNAUTHENTICATED", "UNAUTHENTICATED")
    assert wire.use_cases.calls == []


async def test_a_stream_is_not_open_to_the_unknown_either(wire):
    refused = await refusal(wire.runs.WatchRun(runs_pb2.WatchRunRequest(name=GET.name)).read())
    assert refused.code == "UNAUTHENTICATED"


async def test_the_details_of_the_health_are_for_known_callers(wire):
    refused = await refusal(wire.health.GetHealth(health_pb2.GetHealthRequest()))
    assert refused.code == "UNAUTHENTICATED"


async def test_the_token_says_who_calls(wire):
    await wire.runs.GetRun(GET, metadata=(("authorization", f"bearer {wire.entry.token}"),))
    caller = wire.use_cases.calls[0][1]
    assert (caller.id, caller.tenant, caller.roles) == ("sales-bot", "acme", frozenset({"submitter"}))


@pytest.mark.requirement("orchestrator.identity-from-transport")
async def test_no_field_of_a_request_says_who_calls(wire):
    request = runs_pb2.SubmitPlanRequest(parent="tenants/acme")
    request.plan.process = "renewal"
    request.plan.on_behalf_of = "the-boss"
    metadata = (*wire.auth, ("x-user", "the-boss"), ("x-forwarded-user", "the-boss"))
    await wire.runs.SubmitPlan(request, metadata=metadata)
    assert wire.use_cases.calls[0][1].id == "sales-bot"


async def test_one_callers_name_does_not_stay_for_the_next(wire):
    await wire.runs.GetRun(GET, metadata=wire.auth)
    assert (await refusal(wire.runs.GetRun(GET))).code == "UNAUTHENTICATED"


@pytest.mark.requirement("orchestrator.tenant-must-be-the-callers")
async def test_another_tenants_names_name_nothing(wire):
    digest, elsewhere = "sha256:" + "0" * 64, "tenants/other"
    answer = approvals_pb2.DecideApprovalRequest.ANSWER_APPROVE
    plan = runs_pb2.SubmitPlanRequest(parent=elsewhere).plan
    plan.process = "renewal"
    calls = [
        wire.runs.GetRun(runs_pb2.GetRunRequest(name=f"{elsewhere}/runs/run1"), metadata=wire.auth),
        wire.runs.CancelRun(runs_pb2.CancelRunRequest(name=f"{elsewhere}/runs/run1"), metadata=wire.auth),
        wire.runs.ListRuns(runs_pb2.ListRunsRequest(parent=elsewhere), metadata=wire.auth),
        wire.runs.SubmitPlan(runs_pb2.SubmitPlanRequest(parent=elsewhere, plan=plan), metadata=wire.auth),
        wire.runs.SimulatePlan(runs_pb2.SimulatePlanRequest(parent=elsewhere, plan=plan), metadata=wire.auth),
        wire.runs.WatchRun(runs_pb2.WatchRunRequest(name=f"{elsewhere}/runs/run1"), metadata=wire.auth).read(),
        wire.inbox.ListApprovals(approvals_pb2.ListApprovalsRequest(parent=elsewhere), metadata=wire.auth),
        wire.inbox.GetApproval(approvals_pb2.GetApprovalRequest(name=f"{elsewhere}/approvals/a1"), metadata=wire.auth),
        wire.inbox.DecideApproval(
            approvals_pb2.DecideApprovalRequest(
                name=f"{elsewhere}/approvals/a1", etag="3", answer=answer, rationale="x", presented_digest=digest
            ),
            metadata=wire.auth,
        ),
        wire.audit.ListAuditRecords(audit_pb2.ListAuditRecordsRequest(parent=elsewhere), metadata=wire.auth),
        wire.audit.VerifyTrail(audit_pb2.VerifyTrailRequest(parent=elsewhere), metadata=wire.auth),
    ]
    for call in calls:
        refused = await refusal(call)
        assert (refused.code, refused.info.reason) == ("NOT_FOUND", "NOT_FOUND")
    assert wire.use_cases.calls == wire.approvals.calls == wire.trail.calls == []


async def test_a_token_is_not_in_the_log(wire, caplog):
    caplog.set_level("DEBUG", logger="assent.server")
    await wire.runs.GetRun(GET, metadata=wire.auth)
    wire.use_cases.error = ValueError("broken")
    await refusal(wire.runs.GetRun(GET, metadata=wire.auth))
    assert wire.entry.token not in caplog.text


async def test_probes_need_no_token(wire):
    answer = await HealthStub(wire.channel).Check(probe_pb2.HealthCheckRequest())
    assert answer.status == probe_pb2.HealthCheckResponse.SERVING


def test_outside_of_a_call_there_is_no_caller():
    with pytest.raises(Exception, match="known"):
        current_caller()
