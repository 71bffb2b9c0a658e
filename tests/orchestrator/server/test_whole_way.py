"""From the wire to PostgreSQL and back, with the real use cases; only policy engine and tools are scripted."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from google.rpc import error_details_pb2
from grpc import aio

from assent.v1 import amendments_pb2, approvals_pb2, audit_pb2, decisions_pb2, plans_pb2, runs_pb2
from assent.v1.approvals_pb2_grpc import ApprovalServiceStub
from assent.v1.audit_pb2_grpc import AuditServiceStub
from assent.v1.processes_pb2_grpc import ProcessServiceStub
from assent.v1.runs_pb2_grpc import RunServiceStub
from assent_orchestrator.amendments.box import Amendments
from assent_orchestrator.amendments.effect import Effects
from assent_orchestrator.amendments.proposals import Proposals
from assent_orchestrator.approvals.following import Following
from assent_orchestrator.approvals.reports import ApprovalReports
from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.audit.records import Records
from assent_orchestrator.caller import Role
from assent_orchestrator.clock import utc_now
from assent_orchestrator.page import write_token
from assent_orchestrator.server.listen import ListenSettings, listening
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.tokens import TokenDirectory, TokenFile, new_entry
from assent_orchestrator.tools.outcome import Success
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.canonical import digest_bytes
from tests.orchestrator.execution.world import catalogue, for_actions, open_world
from tests.orchestrator.server.agents import KnownAgents
from tests.orchestrator.server.conftest import refusal
from tests.orchestrator.server.keeping import KnownClasses, NoHolds, NoMemory
from tests.orchestrator.server.policies import KnownPolicies
from tests.orchestrator.server.processes import KnownProcesses
from tests.orchestrator.server.use_cases import Lent, NoDecisions, OpenBooks, Trials, UseCases

STEPS = (
    {"id": "look", "action": "box.get"},
    {"id": "act", "action": "box.put", "args": {"say": {"$ref": "steps.look.output.said"}}},
)
APPROVAL = {"stages": [{"role": "director"}], "expires_in": "1h"}
HELD = {
    "verdict": "require_approval",
    "reasons": [{"code": "BIG", "message": "it is big", "control": "C-1"}],
    "approval": APPROVAL,
}


def hold_writes(question) -> Any:
    if question.action.effect == "read" or question.approvals:
        return {"verdict": "allow"}
    return HELD


class Client:
    """Calls the server in somebody's name."""

    def __init__(self, channel: aio.Channel, tokens: dict[str, str], tenant: str) -> None:
        self.parent = f"tenants/{tenant}"
        self.runs: Any = RunServiceStub(channel)
        self.processes: Any = ProcessServiceStub(channel)
        self.inbox: Any = ApprovalServiceStub(channel)
        self.audit: Any = AuditServiceStub(channel)
        self._tokens = tokens

    def as_(self, who: str) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self._tokens[who]}"),)


@pytest.fixture
async def client(database, fresh_tenant) -> AsyncIterator[Client]:
    entries = tuple(
        new_entry(name, (role,), tenant=fresh_tenant)
        for name, role in (("alice", Role.SUBMITTER), ("dana", "director"), ("ada", Role.AUDITOR), ("boss", "head"))
    )
    async with Listener(database.sync_url) as listener:
        world = await open_world(
            database,
            listener,
            fresh_tenant,
            catalogue(STEPS),
            for_actions(hold_writes),
            lambda _: Success({"n": 1, "said": "hello"}),
        )
        bundle = partial(Bundle, b"", "sha256:" + "0" * 64, world.parts.catalogue(fresh_tenant))
        parts = ServerParts(
            identities=TokenDirectory(TokenFile(callers=entries)),
            submissions=world.submissions,
            simulations=world.simulations,
            runs=world.runs,
            cancellations=world.cancellations,
            pauses=world.pauses,
            reconciliations=world.reconciliations,
            inbox=world.inbox,
            following=Following(database.engine, listener, utc_now),
            reports=ApprovalReports(database.engine, utc_now),
            work_items=world.work_items,
            delegations=Lent(),
            stops=world.stops,
            policies=KnownPolicies(),
            records=Records(database.engine, world.trail),
            desk=NoDecisions(),
            permits=NoDecisions(),
            books=OpenBooks(),
            processes=KnownProcesses(),
            agents=KnownAgents(),
            proposals=Proposals(world.parts.gate, utc_now, bundle),
            amendments=Amendments(database.engine, world.trail, utc_now),
            effects=Effects(database.engine, world.parts.gate, utc_now, world.parts.catalogue),
            keeper=NoMemory(),
            recalling=NoMemory(),
            custody=NoHolds(),
            memory_classes=KnownClasses(),
            shadows=Trials(),
            health=UseCases(),
        )
        async with (
            listening(parts, ListenSettings(address="127.0.0.1:0", grace=1.0)) as server,
            aio.insecure_channel(str(server.address)) as channel,
        ):
            yield Client(channel, {entry.id: entry.token for entry in entries}, fresh_tenant)
        await world.durable.close()


async def submit(client: Client, **plan: Any) -> Any:
    request = ParseDict({"parent": client.parent, "plan": {"process": "work", **plan}}, runs_pb2.SubmitPlanRequest())
    return await client.runs.SubmitPlan(request, metadata=client.as_("alice"))


@pytest.mark.requirement("orchestrator.over-grpc")
async def test_a_run_is_submitted_followed_approved_and_read_again_over_grpc(client):
    async with asyncio.timeout(60):
        run = await submit(client, request_id="once")
        assert (await submit(client, request_id="once")).name == run.name
        follow = client.runs.WatchRun(runs_pb2.WatchRunRequest(name=run.name), metadata=client.as_("alice"))
        events = []
        while True:
            event = await follow.read()
            if event is aio.EOF:
                break
            events.append(event)
            if event.step_to == runs_pb2.STEP_STATE_AWAITING_APPROVAL:
                await answer(client)
        assert [event.seq for event in events] == sorted(event.seq for event in events)
        assert events[-1].run_to == runs_pb2.RUN_STATE_SUCCEEDED
        seen = await client.runs.GetRun(runs_pb2.GetRunRequest(name=run.name), metadata=client.as_("alice"))
        assert [step.state for step in seen.steps] == [runs_pb2.STEP_STATE_SUCCEEDED] * 2
        assert MessageToDict(seen.steps[1].output) == {"n": 1.0, "said": "hello"}
        assert seen.steps[1].decision.verdict == decisions_pb2.VERDICT_ALLOW
        again = client.runs.WatchRun(
            runs_pb2.WatchRunRequest(name=run.name, after_seq=events[2].seq), metadata=client.as_("alice")
        )
        assert [event.seq async for event in again] == [event.seq for event in events[3:]]
        records = await client.audit.ListAuditRecords(
            audit_pb2.ListAuditRecordsRequest(parent=client.parent), metadata=client.as_("ada")
        )
        assert all(digest_bytes(record.canonical_json) == record.hash for record in records.audit_records)
        proof = await client.audit.VerifyTrail(
            audit_pb2.VerifyTrailRequest(parent=client.parent), metadata=client.as_("ada")
        )
        assert (proof.intact, proof.head_hash) == (True, records.audit_records[-1].hash)


async def answer(client: Client) -> None:
    waiting = await client.inbox.ListApprovals(
        approvals_pb2.ListApprovalsRequest(parent=client.parent, filter="state=PENDING"), metadata=client.as_("dana")
    )
    (approval,) = waiting.approvals
    assert MessageToDict(approval.arguments) == {"say": "hello"}
    request = approvals_pb2.DecideApprovalRequest(
        name=approval.name,
        etag=approval.etag,
        answer=approvals_pb2.DecideApprovalRequest.ANSWER_APPROVE,
        rationale="seen",
        presented_digest="sha256:" + "0" * 64,
    )
    refused = await refusal(client.inbox.DecideApproval(request, metadata=client.as_("dana")))
    assert (refused.code, refused.info.reason) == ("FAILED_PRECONDITION", "PRESENTED_DIFFERS")
    request.presented_digest, request.etag = approval.presented_digest, "99"
    refused = await refusal(client.inbox.DecideApproval(request, metadata=client.as_("dana")))
    assert (refused.code, refused.info.reason) == ("ABORTED", "CONFLICT")
    request.etag = approval.etag
    answered = await client.inbox.DecideApproval(request, metadata=client.as_("dana"))
    assert answered.answers[0].approver == "dana"


async def test_a_forecast_over_grpc_tells_the_steps_and_stores_no_run(client):
    request = runs_pb2.SimulatePlanRequest(parent=client.parent)
    request.plan.process = "work"
    forecast = await client.runs.SimulatePlan(request, metadata=client.as_("alice"))
    assert [step.id for step in forecast.steps] == ["look", "act"]
    assert list(forecast.steps[1].unknown) == ["/say"]
    listed = await client.runs.ListRuns(runs_pb2.ListRunsRequest(parent=client.parent), metadata=client.as_("alice"))
    assert list(listed.runs) == []


async def test_what_is_wrong_with_a_plan_is_told_over_grpc(client):
    steps = [{"id": "a", "agent": "bot", "action": "no.such", "args": {"x": {"$ref": "steps.b.output"}}}]
    refused = await refusal(submit(client, steps=steps))
    named = refused.find(error_details_pb2.BadRequest)
    assert refused.info.reason == "INVALID_PLAN"
    assert named is not None
    assert {one.field.partition(".")[0] for one in named.field_violations} == {"plan"}
    refused = await refusal(submit(client, on_behalf_of="the-boss"))
    assert (refused.code, refused.info.reason) == ("PERMISSION_DENIED", "FORBIDDEN")


async def test_a_run_is_cancelled_over_grpc_once_it_is_seen(client):
    async with asyncio.timeout(60):
        run = await submit(client)
        follow = client.runs.WatchRun(runs_pb2.WatchRunRequest(name=run.name), metadata=client.as_("alice"))
        async for event in follow:
            if event.step_to == runs_pb2.STEP_STATE_AWAITING_APPROVAL:
                stale = runs_pb2.CancelRunRequest(name=run.name, etag="1.000000")
                refused = await refusal(client.runs.CancelRun(stale, metadata=client.as_("alice")))
                assert (refused.code, refused.info.reason) == ("ABORTED", "CONFLICT")
                seen = await client.runs.GetRun(runs_pb2.GetRunRequest(name=run.name), metadata=client.as_("alice"))
                fresh = runs_pb2.CancelRunRequest(name=run.name, etag=seen.etag)
                await client.runs.CancelRun(fresh, metadata=client.as_("alice"))
        assert event.run_to == runs_pb2.RUN_STATE_CANCELLED
        refused = await refusal(
            client.runs.CancelRun(runs_pb2.CancelRunRequest(name=run.name), metadata=client.as_("alice"))
        )
        assert (refused.code, refused.info.reason) == ("FAILED_PRECONDITION", "WRONG_STATE")


async def test_what_the_database_cannot_keep_is_refused_as_the_callers_fault(client):
    token = write_token("2026-01-01T00:00:00+00:00", "a\0b")
    plan = plans_pb2.Plan(process="work", request_id="a\0b")
    for call, request in (
        (client.runs.SubmitPlan, runs_pb2.SubmitPlanRequest(parent=client.parent, plan=plan)),
        (client.runs.ListRuns, runs_pb2.ListRunsRequest(parent=client.parent, filter="process=a\0b")),
        (client.runs.ListRuns, runs_pb2.ListRunsRequest(parent=client.parent, page_token=token)),
    ):
        refused = await refusal(call(request, metadata=client.as_("alice")))
        assert (refused.code, refused.info.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")


@pytest.mark.requirement("orchestrator.plan-proposed", "orchestrator.amendment-effect")
async def test_a_planners_json_becomes_an_amendment_that_is_looked_at_tried_and_dismissed(client):
    processes = client.processes
    text = """{"process": "work", "steps": [
        {"id": "look", "agent": "bot", "action": "box.get"},
        {"id": "act", "agent": "bot", "action": "box.send", "args": {"say": {"$ref": "steps.look.output.said"}}}]}"""
    request = amendments_pb2.ProposePlanRequest(parent=client.parent, plan_json=text)
    said = await processes.ProposePlan(request, metadata=client.as_("alice"))
    assert (said.conforms, said.refusal, said.decision.verdict) == (False, "", decisions_pb2.VERDICT_ALLOW)
    [change] = said.amendment.changes
    assert (change.path, change.before.string_value, change.after.string_value) == (
        "steps.act.action",
        "box.put",
        "box.send",
    )
    run = await client.runs.SubmitPlan(
        runs_pb2.SubmitPlanRequest(parent=client.parent, plan=plans_pb2.Plan(process="work")),
        metadata=client.as_("alice"),
    )
    wanted = amendments_pb2.SimulateAmendmentRequest(name=said.amendment.name)
    effect = await processes.SimulateAmendment(wanted, metadata=client.as_("ada"))
    assert [(one.run, list(one.changes), list(one.faults)) for one in effect.runs] == [(run.name, [], [])]
    listed = await processes.ListAmendments(
        amendments_pb2.ListAmendmentsRequest(parent=client.parent, filter="state=OPEN AND process=work"),
        metadata=client.as_("alice"),
    )
    assert [one.name for one in listed.amendments] == [said.amendment.name]
    dismissal = amendments_pb2.DismissAmendmentRequest(name=said.amendment.name, reason="no")
    refused = await refusal(processes.DismissAmendment(dismissal, metadata=client.as_("alice")))
    assert refused.code == "PERMISSION_DENIED"
    closed = await processes.DismissAmendment(dismissal, metadata=client.as_("boss"))
    assert (closed.state, closed.closer, closed.reason) == (amendments_pb2.AMENDMENT_STATE_DISMISSED, "boss", "no")
    found = await processes.GetAmendment(
        amendments_pb2.GetAmendmentRequest(name=closed.name), metadata=client.as_("alice")
    )
    assert found == closed


@pytest.mark.requirement("orchestrator.plan-proposed")
@pytest.mark.parametrize(
    "text",
    [
        *("[]", "{", '{"process": "work", "process": "work"}', "[" * 100_000, "NaN", '{"process": "work", "loop": 1}'),
        r'{"process": "work", "inputs": {"who": ["a", "\u0000"]}}',
        r'{"process": "work", "inputs": {"\u0000": 1}}',
    ],
    ids=["list", "open", "twice", "deep", "nan", "more", "nul", "nul-key"],
)
async def test_what_is_no_plan_is_refused_as_malformed(client, text):
    request = amendments_pb2.ProposePlanRequest(parent=client.parent, plan_json=text)
    refused = await refusal(client.processes.ProposePlan(request, metadata=client.as_("alice")))
    assert refused.code == "INVALID_ARGUMENT"
    assert "MALFORMED" in str(refused)


@pytest.mark.requirement("orchestrator.plan-proposed")
async def test_a_proposal_that_its_owner_could_not_be_shown_is_not_kept(client):
    deep = "[" * 40 + "]" * 40
    text = f"""{{"process": "work", "steps": [
        {{"id": "look", "agent": "bot", "action": "box.get", "args": {{"deep": {deep}}}}}]}}"""
    request = amendments_pb2.ProposePlanRequest(parent=client.parent, plan_json=text)
    refused = await refusal(client.processes.ProposePlan(request, metadata=client.as_("alice")))
    assert refused.code == "INVALID_ARGUMENT"
    assert "nested too deeply" in str(refused)
    listing = amendments_pb2.ListAmendmentsRequest(parent=client.parent, filter="state=OPEN")
    assert deep not in str(await client.processes.ListAmendments(listing, metadata=client.as_("ada")))
