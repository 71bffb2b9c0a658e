import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict

from assent.v1 import (
    approval_reports_pb2,
    approvals_pb2,
    audit_pb2,
    control_pb2,
    decisions_pb2,
    forecasts_pb2,
    plans_pb2,
    runs_pb2,
)
from assent_orchestrator.approvals.approval import ApprovalState
from assent_orchestrator.approvals.sought import Sought
from assent_orchestrator.audit.chain import Break
from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.errors import InvalidError
from assent_orchestrator.execution.runs import etag_of
from assent_orchestrator.plan.state import RunState, StepState
from assent_orchestrator.server.translate.decision import write_decided, write_stored
from assent_orchestrator.server.translate.moment import duration
from assent_orchestrator.server.translate.plan import read_plan, write_plan
from assent_orchestrator.server.translate.run import read_evidence, run_state, step_state, write_event, write_step
from assent_orchestrator.tools.answer import MAX_RESULT_BYTES
from assent_orchestrator.tools.value import to_value
from assent_sidecar.canonical import digest_bytes
from assent_sidecar.decision import Verdict
from tests.orchestrator.server.specimens import (
    APPROVAL,
    DECIDED,
    DECISION,
    DIGEST,
    NOON,
    PLAN,
    RUN,
    STEPS,
    TRACE,
    entry,
)

TENANT = "tenants/acme"


@pytest.mark.requirement("orchestrator.plan-survives-the-wire")
def test_a_plan_that_travels_is_the_same_plan_with_the_same_digest():
    arrived = read_plan(plans_pb2.Plan.FromString(write_plan(PLAN).SerializeToString()))
    assert arrived == PLAN
    assert arrived.digest() == PLAN.digest()
    assert isinstance(arrived.inputs["seats"], int)
    assert isinstance(arrived.inputs["discount"], float)


def test_a_step_without_a_word_on_failure_fails_its_run():
    plan = read_plan(plans_pb2.Plan(process="p", steps=[plans_pb2.PlanStep(id="a", agent="b", action="c.d")]))
    assert plan.steps[0].on_failure == "fail"
    assert plan.steps[0].when is None
    assert plan.steps[0].deadline is None


def test_values_that_cannot_be_taken_in_are_all_named():
    plan = plans_pb2.Plan(process="p")
    plan.inputs["rate"] = math.inf
    for name in ("a", "b"):
        plan.steps.add(id=name, agent="x", action="s.o").args["text"] = "nul\0" if name == "b" else "fine"
    with pytest.raises(InvalidError) as caught:
        read_plan(plan)
    assert [fault.field for fault in caught.value.faults] == ["plan.inputs", "plan.steps[1].args"]


def test_what_the_model_refuses_is_named_with_its_place():
    plan = plans_pb2.Plan(process="p", steps=[plans_pb2.PlanStep(id="a", agent="b", action="no dot")])
    with pytest.raises(InvalidError) as caught:
        read_plan(plan)
    assert caught.value.code == "INVALID_REQUEST"


def test_every_state_and_verdict_has_a_word_on_the_wire():
    assert {run_state(state) for state in RunState} == set(runs_pb2.RunState.values()) - {0}
    assert {step_state(state) for state in StepState} == set(runs_pb2.StepState.values()) - {0}
    assert {f"VERDICT_{one.upper()}" for one in Verdict} == set(decisions_pb2.Verdict.keys()[1:])


def test_a_decision_arrives_with_every_obligation_and_its_provenance():
    decision = MessageToDict(write_decided(DECIDED, TRACE), preserving_proto_field_name=True)
    assert decision["verdict"] == "VERDICT_REQUIRE_APPROVAL"
    assert [next(iter(one)) for one in decision["obligations"]] == [
        "redact",
        "retry",
        "timeout",
        "reserve",
        "remember",
        "entrust",
        "notify",
    ]
    assert decision["obligations"][5]["entrust"] == {"ledgers": {"discount_eur": "500.00"}, "memory": {}}
    assert decision["obligations"][1]["retry"] == {
        "max_attempts": 4,
        "backoff": "2s",
        "factor": 2.0,
        "max_backoff": "60s",
    }
    assert decision["approval"]["stages"] == [
        {"role": "sales_director", "quorum": 1},
        {"role": "cfo", "quorum": 2, "substitutes": ["controller"]},
    ]
    assert decision["approval"]["break_glass"] == {
        "roles": ["duty"],
        "review": {"role": "auditor", "within": "172800s"},
    }
    assert (decision["approval"]["order"], decision["approval"]["rationale"], decision["approval"]["on_revision"]) == (
        "ORDER_SEQUENCE", "RATIONALE_REQUIRED", "ON_REVISION_VOID",
    )  # fmt: skip
    assert decision["approval"]["excluded"] == ["EXCLUDED_PRINCIPAL", "EXCLUDED_PREVIOUS_STAGE"]
    assert decision["approval"]["escalations"] == [{"after": "1.500s", "role": "ceo"}]
    assert decision["controls"] == ["FIN-07"]
    assert decision["evaluation_duration"] == "0.001500s"
    assert (decision["decision_id"], decision["revision"], decision["trace_id"]) == ("d-1", DIGEST, TRACE)


def test_a_stored_decision_is_read_with_or_without_its_provenance():
    alone = write_stored(DECISION.to_json(), "d-1", TRACE)
    whole = write_stored(DECIDED.to_json(), "d-1", TRACE)
    assert alone.verdict == whole.verdict
    assert list(alone.controls) == list(whole.controls) == ["FIN-07"]
    assert (alone.revision, whole.revision) == ("", DIGEST)


@pytest.mark.parametrize(("text", "seconds"), [("250ms", 0.25), ("72h", 259_200), ("999999999d", 315_576_000_000)])
def test_durations_stay_within_what_protobuf_may_say(text, seconds):
    made = duration(text)
    assert made.seconds + made.nanos / 1e9 == seconds
    made.ToJsonString()


def test_an_event_tells_the_transition_of_a_step_or_of_the_run():
    decision = {"codes": ["NO_GRANT"], "id": "d-9"}
    of_step = write_event(
        entry(4, "decision.made", step="offer", state={"from": "pending", "to": "denied"}, decision=decision),
        RunState.RUNNING,
    )
    assert (of_step.step, of_step.step_from, of_step.step_to) == (
        "offer",
        runs_pb2.STEP_STATE_PENDING,
        runs_pb2.STEP_STATE_DENIED,
    )
    assert (of_step.run_from, of_step.run_to, of_step.run_state) == (0, 0, runs_pb2.RUN_STATE_RUNNING)
    assert (list(of_step.reasons), of_step.decision_id) == (["NO_GRANT"], "d-9")
    allowed = {"codes": ["OK"], "id": "d-10", "verdict": "allow"}
    refused = entry(5, "decision.made", step="offer", decision=allowed, detail={"refused": "LEDGER_EXHAUSTED"})
    assert list(write_event(refused, RunState.RUNNING).reasons) == ["LEDGER_EXHAUSTED", "OK"]
    of_run = write_event(entry(5, "run.finished", state={"from": "running", "to": "failed"}), RunState.FAILED)
    assert (of_run.run_from, of_run.run_to) == (runs_pb2.RUN_STATE_RUNNING, runs_pb2.RUN_STATE_FAILED)
    detail = {"reason": "BRANCH_CHOSEN", "branch": "retention"}
    chosen = write_event(entry(6, "step.succeeded", step="offer.choice", detail=detail), RunState.RUNNING)
    assert (chosen.branch, of_step.branch) == ("retention", "")


def test_an_event_says_what_was_decided_and_what_of_it_is_no_reason_for_that():
    note = {"id": "d-1", "verdict": "deny", "codes": ["NO_PII", "HANDED_OVER"], "granted": ["HANDED_OVER"]}
    detail = {"from": "desk", "to": "messenger", "reason": "next"}
    denied = write_event(entry(4, "handoff.decided", step="tell", decision=note, detail=detail), RunState.RUNNING)
    assert (denied.handed_over_by, denied.handed_over_to, denied.verdict, list(denied.reasons)) == (
        "desk", "messenger", decisions_pb2.VERDICT_DENY, ["NO_PII"],
    )  # fmt: skip
    allowed = entry(5, "handoff.decided", step="tell", decision={"id": "d-2", "verdict": "allow"}, detail=detail)
    assert list(write_event(allowed, RunState.RUNNING).reasons) == [], "what it is for is no reason of it"


def test_an_event_says_what_became_of_memory_and_no_value():
    of = {"subject": "ab" * 32, "class": "preferences", "purpose": "manners"}
    kept = write_event(entry(4, "memory.remembered", step="keep", detail={**of, "memory": "m-1"}), RunState.RUNNING)
    assert kept.memory == runs_pb2.MemoryUse(
        memory_class="preferences", purpose="manners", subject_digest="ab" * 32, count=1
    )
    seen = entry(5, "memory.recalled", step="look", detail={**of, "memories": ["m-1"], "count": 1, "withheld": 2})
    assert (write_event(seen, RunState.RUNNING).memory.count, write_event(seen, RunState.RUNNING).memory.withheld) == (
        1,
        2,
    )
    gone = entry(6, "memory.forgotten", step="drop", detail={"subject": "ab" * 32, "forgotten": {"a": 2, "b": 1}})
    assert write_event(gone, RunState.RUNNING).memory == runs_pb2.MemoryUse(subject_digest="ab" * 32, count=3)
    assert not write_event(entry(7, "memory.refused", detail={"code": "NO_CLASS"}), RunState.RUNNING).HasField("memory")


def test_an_event_says_who_answered_what_and_what_was_refused_after_an_allow():
    given = {"id": "a-1", "approver": "lena", "outcome": "approved", "edits": ["/text"]}
    answered = write_event(entry(4, "approval.answered", step="release", approval=given), RunState.WAITING)
    assert (answered.approver, answered.answer, list(answered.edits)) == ("lena", "approved", ["/text"])
    assert answered.verdict == decisions_pb2.VERDICT_UNSPECIFIED
    assert (answered.handed_over_by, answered.handed_over_to, answered.stood_in_for) == ("", "", "")
    detail = {"from": "desk", "to": "messenger"}
    passing = entry(5, "approval.answered", step="release", approval=given, detail=detail, on_behalf_of="dora")
    told = write_event(passing, RunState.WAITING)
    assert (told.handed_over_by, told.handed_over_to, told.stood_in_for) == ("desk", "messenger", "dora")
    assert list(told.takers) == [], "the record of an earlier version names none"
    held = entry(5, "approval.answered", step="release", approval=given, detail={**detail, "takers": ["release", "b"]})
    assert list(write_event(held, RunState.WAITING).takers) == ["release", "b"]
    asked = write_event(entry(5, "approval.requested", approval={"id": "a-1", "outcome": "pending"}), RunState.WAITING)
    assert (asked.approver, asked.answer) == ("", "")
    allowed = {"id": "d-1", "verdict": "allow", "codes": ["OK"]}
    refused = write_event(entry(6, "decision.made", decision=allowed, detail={"refused": "TOO_WIDE"}), RunState.RUNNING)
    assert (refused.verdict, refused.refused, list(refused.reasons)) == (
        decisions_pb2.VERDICT_ALLOW, True, ["TOO_WIDE", "OK"],
    )  # fmt: skip


async def test_what_happened_to_a_run_so_far_is_listed_a_page_at_a_time(wire):
    wire.use_cases.entries = [entry(4, "decision.made", step="offer", decision={"id": "d-1", "verdict": "deny"})]
    request = runs_pb2.ListRunEventsRequest(parent=f"{TENANT}/runs/run1", filter="event=decision.*", page_size=7)
    page = await wire.runs.ListRunEvents(request, metadata=wire.auth)
    assert [(one.seq, one.event, one.verdict) for one in page.events] == [
        (4, "decision.made", decisions_pb2.VERDICT_DENY)
    ]
    assert page.next_page_token == "next"
    name, _, run_id, wanted = wire.use_cases.calls[-1]
    assert (name, run_id, wanted) == ("events", "run1", {"event": "decision.*", "size": 7, "token": ""})


async def test_a_run_arrives_with_its_plan_its_steps_and_their_decisions(wire):
    run = await wire.runs.GetRun(runs_pb2.GetRunRequest(name=f"{TENANT}/runs/run1"), metadata=wire.auth)
    assert (run.name, run.etag, run.trace_id) == (f"{TENANT}/runs/run1", etag_of(RUN), TRACE)
    assert run.create_time.ToDatetime(NOON.tzinfo) == NOON
    assert read_plan(run.plan) == PLAN
    done, waiting = run.steps
    assert MessageToDict(done.output) == {"score": 3, "share": 0.5}
    assert list(done.labels["/score"].labels) == ["internal"]
    assert not done.HasField("decision")
    assert not waiting.HasField("output")
    assert waiting.decision.reasons[0].code == "DISCOUNT_OVER_LIMIT"
    assert waiting.decision.decision_id == "d-1"


async def test_a_step_arrives_by_itself(wire):
    run = await wire.runs.GetRun(runs_pb2.GetRunRequest(name=f"{TENANT}/runs/run1"), metadata=wire.auth)
    for step in run.steps:
        request = runs_pb2.GetStepRequest(name=f"{TENANT}/runs/run1/steps/{step.id}")
        assert await wire.runs.GetStep(request, metadata=wire.auth) == step


async def test_lists_leave_plans_and_steps_out_and_pass_on_what_was_asked(wire):
    answer = await wire.runs.ListRuns(
        runs_pb2.ListRunsRequest(
            parent=TENANT, page_size=5, page_token="t", filter="state=WAITING AND process=renewal"
        ),
        metadata=wire.auth,
    )
    assert (answer.next_page_token, len(answer.runs)) == ("next", 1)
    assert not answer.runs[0].HasField("plan")
    assert wire.use_cases.calls[-1][2] == {"state": RunState.WAITING, "process": "renewal", "size": 5, "token": "t"}


async def test_a_forecast_says_what_is_not_known_yet(wire):
    answer = await wire.runs.SimulatePlan(
        runs_pb2.SimulatePlanRequest(parent=TENANT, plan=write_plan(PLAN)), metadata=wire.auth
    )
    assert wire.use_cases.calls == [("simulate", wire.use_cases.calls[0][1], PLAN)]
    assert [(step.id, list(step.unknown)) for step in answer.steps] == [("usage", ["/account"])]
    assert answer.decision.verdict == decisions_pb2.VERDICT_REQUIRE_APPROVAL
    assert answer.plan_digest == DIGEST
    assert answer.may_change
    assert answer.steps[0].may_change


@pytest.mark.requirement("sidecar.plan-approvals-ahead", "sidecar.plan-culprits")
async def test_a_forecast_says_which_approvals_are_ahead_and_what_makes_it_fail(wire):
    answer = await wire.runs.SimulatePlan(
        runs_pb2.SimulatePlanRequest(parent=TENANT, plan=write_plan(PLAN)), metadata=wire.auth
    )
    [ahead] = answer.approvals
    assert (ahead.step, ahead.agent, ahead.action) == ("offer", "seller", "crm.offer")
    assert (ahead.conditional, ahead.may_change, ahead.reasons[0].control) == (True, True, "FIN-07")
    assert len(ahead.requirement.stages) > 0
    assert (answer.failure.plan_search, list(answer.failure.plan_steps)) == (
        forecasts_pb2.SEARCH_FOUND,
        ["usage", "mail"],
    )
    first, second = answer.failure.culprits
    assert (first.step, first.verdict, first.search, first.sufficient) == (
        "usage", decisions_pb2.VERDICT_DENY, forecasts_pb2.SEARCH_FOUND, True,
    )  # fmt: skip
    assert [(one.path, one.label) for one in first.arguments] == [("/account", ""), ("/body", "pii")]
    assert (second.verdict, second.search) == (decisions_pb2.VERDICT_HALT, forecasts_pb2.SEARCH_GAVE_UP)
    assert list(second.arguments) == []


@pytest.mark.requirement("orchestrator.approvals-report")
async def test_a_report_on_approvals_arrives_whole(wire):
    request = ParseDict(
        {"parent": TENANT, "process": "renewal", "end_time": "2026-02-01T00:00:00Z", "unread_under": "2.5s"},
        approval_reports_pb2.ReportApprovalsRequest(),
    )
    report = await wire.inbox.ReportApprovals(request, metadata=wire.auth)
    span = wire.approvals.calls[-1][2]
    assert (span.start, span.end, span.process, span.unread_seconds) == (
        None, datetime(2026, 2, 1, tzinfo=UTC), "renewal", 2.5,
    )  # fmt: skip
    told = MessageToDict(report, preserving_proto_field_name=True)
    assert told["processes"] == [
        {"process": "renewal", "asked": "9", "expired": "1", "escalated": "2", "put_again": "3", "rejected": "4"}
        | {"edited": "5"}
    ]
    assert told["promptness"] == [
        {"process": "renewal", "role": "director", "answers": "9", "median": "61.500s", "p90": "7200s"}
    ]
    assert told["approvers"] == [
        {"approver": "dana", "answers": "9", "approved": "8", "withdrawn": "1", "unopened": "2", "hasty": "3"}
        | {"reading": "12.500s"},
        {"approver": "dora", "answers": "1", "unopened": "1"},
    ]
    assert told["pairs"] == [{"approver": "dana", "principal": "sam", "answers": "9", "approved": "8", "unread": "5"}]
    [glass] = told["broken_glass"]
    assert (glass["approval"], glass["run"], glass["review"], glass["overdue"], glass["found_fault"]) == (
        f"{TENANT}/approvals/a1", f"{TENANT}/runs/r1", f"{TENANT}/approvals/a2", True, True,
    )  # fmt: skip
    assert told["cut"]


async def test_an_approval_arrives_as_it_was_presented(wire):
    name = f"{TENANT}/approvals/a1"
    shown = await wire.inbox.GetApproval(approvals_pb2.GetApprovalRequest(name=name), metadata=wire.auth)
    assert (shown.name, shown.run, shown.etag) == (name, f"{TENANT}/runs/run1", "3")
    assert MessageToDict(shown.arguments) == {"seats": 40}
    assert list(shown.labels["/seats"].labels) == ["internal"]
    assert shown.effect == decisions_pb2.EFFECT_WRITE
    assert shown.answers[0].presented_digest == APPROVAL.presented_digest
    decided = await wire.inbox.DecideApproval(
        approvals_pb2.DecideApprovalRequest(
            name=name,
            etag=shown.etag,
            answer=approvals_pb2.DecideApprovalRequest.ANSWER_REJECT,
            rationale="too much",
            presented_digest=shown.presented_digest,
        ),
        metadata=wire.auth,
    )
    assert decided.state == approvals_pb2.APPROVAL_STATE_APPROVED
    reply = wire.approvals.calls[-1][3]
    assert (reply.approve, reply.rationale, reply.etag) == (False, "too much", "3")
    withdrawn = await wire.inbox.WithdrawApproval(
        approvals_pb2.WithdrawApprovalRequest(name=name, etag=shown.etag), metadata=wire.auth
    )
    assert [one.withdraw_time.ToDatetime(UTC) for one in withdrawn.answers] == [NOON]
    assert wire.approvals.calls[-1][2:] == ("a1", "3")
    listed = await wire.inbox.ListApprovals(
        approvals_pb2.ListApprovalsRequest(parent=TENANT, filter="state=PENDING AND run=run1"), metadata=wire.auth
    )
    assert listed.approvals[0].name == name
    assert wire.approvals.calls[-1][2] == Sought(state=ApprovalState.PENDING, run="run1")


@pytest.mark.requirement("orchestrator.records-carry-the-hashed-bytes")
async def test_a_record_arrives_with_the_bytes_that_its_hash_is_made_of(wire):
    answer = await wire.audit.ListAuditRecords(
        audit_pb2.ListAuditRecordsRequest(parent=TENANT, filter="run=run1", after_seq=6), metadata=wire.auth
    )
    (record,) = answer.audit_records
    assert digest_bytes(record.canonical_json) == record.hash
    assert MessageToDict(record.record)["event"] == record.event == "run.created"
    assert (record.name, record.seq, answer.next_page_token) == (f"{TENANT}/auditRecords/7", 7, "more")
    assert wire.trail.calls[-1][2:] == (Wanted(run="run1"), {"after_seq": 6, "size": 0, "token": ""})


async def test_the_proof_of_the_trail_names_the_first_bad_record(wire):
    whole = await wire.audit.VerifyTrail(audit_pb2.VerifyTrailRequest(parent=TENANT), metadata=wire.auth)
    assert (whole.intact, whole.records, whole.head_hash) == (True, 7, "sha256:" + "ab" * 32)
    wire.trail.fault = Break(3, "EDITED", "the record is not what its hash was made of")
    broken = await wire.audit.VerifyTrail(audit_pb2.VerifyTrailRequest(parent=TENANT), metadata=wire.auth)
    assert (broken.intact, broken.first_bad_seq) == (False, 3)
    assert broken.problem.startswith("EDITED")


@pytest.mark.requirement("orchestrator.people-settle-the-unknown")
def test_what_a_person_says_was_answered_is_no_larger_than_what_a_tool_may_answer():
    settled = control_pb2.Settlement.SETTLEMENT_DONE
    text = "x" * (MAX_RESULT_BYTES - 8)
    said = control_pb2.ReconcileStepRequest(settlement=settled, result=to_value(text))
    assert said.result.ByteSize() == MAX_RESULT_BYTES - 4
    assert read_evidence(said).result == text
    said.result.string_value += "xxxxx"
    with pytest.raises(InvalidError) as refused:
        read_evidence(said)
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("result", "TOO_LARGE")]


def test_a_step_whose_output_cannot_travel_arrives_without_it():
    deep: Any = "x"
    for _ in range(40):
        deep = [deep]
    step = next(one for one in STEPS if one.output is not None)
    whole, without = write_step(step), write_step(replace(step, output={"deep": deep}))
    assert (whole.HasField("output"), whole.output_omitted) == (True, False)
    assert (without.HasField("output"), without.output_omitted, without.id) == (False, True, step.id)
