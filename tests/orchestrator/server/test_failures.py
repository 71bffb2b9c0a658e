import asyncio
import logging

import pytest
import sqlalchemy as sa
from google.rpc import error_details_pb2
from grpc import StatusCode, aio

from assent.v1 import approvals_pb2, runs_pb2
from assent_orchestrator.errors import (
    AlreadyExistsError,
    AssentError,
    BusyError,
    ConflictError,
    Fault,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StateError,
    UnauthenticatedError,
    UnavailableError,
)
from assent_orchestrator.server.interceptors.deadline import TimeLimits
from assent_orchestrator.server.translate.plan import write_plan
from tests.orchestrator.server.conftest import open_wire, refusal
from tests.orchestrator.server.specimens import PLAN

TENANT = "tenants/acme"
GET = runs_pb2.GetRunRequest(name=f"{TENANT}/runs/run1")
SUBMIT = runs_pb2.SubmitPlanRequest(parent=TENANT, plan=write_plan(PLAN))


@pytest.mark.requirement("orchestrator.rich-errors")
@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (NotFoundError("no such run", run_id="run1"), "NOT_FOUND", "NOT_FOUND"),
        (ForbiddenError("not you"), "PERMISSION_DENIED", "FORBIDDEN"),
        (UnauthenticatedError("who?"), "UNAUTHENTICATED", "UNAUTHENTICATED"),
        (ConflictError("look again"), "ABORTED", "CONFLICT"),
        (AlreadyExistsError("used", request_id="r-1"), "ALREADY_EXISTS", "REQUEST_ID_USED"),
        (StateError("it is over", run="run1"), "FAILED_PRECONDITION", "WRONG_STATE"),
        (UnavailableError("away"), "UNAVAILABLE", "UNAVAILABLE"),
        (BusyError("full"), "RESOURCE_EXHAUSTED", "ENGINE_BUSY"),
    ],
)
async def test_each_error_has_its_code_and_one_reason(wire, error, code, reason):
    wire.use_cases.error = error
    refused = await refusal(wire.runs.GetRun(GET, metadata=wire.auth))
    assert (refused.code, refused.info.reason, refused.status.message) == (code, reason, error.message)


async def test_variables_of_a_message_are_in_the_metadata_in_lower_camel_case(wire):
    wire.use_cases.error = NotFoundError("no such run", run_id="run1")
    refused = await refusal(wire.runs.GetRun(GET, metadata=wire.auth))
    assert dict(refused.info.metadata) == {"runId": "run1"}


async def test_a_wrong_state_says_which_precondition_failed(wire):
    wire.use_cases.error = StateError("the run is succeeded", run="run1", state="succeeded")
    refused = await refusal(wire.runs.CancelRun(runs_pb2.CancelRunRequest(name=GET.name), metadata=wire.auth))
    failure = refused.find(error_details_pb2.PreconditionFailure)
    assert failure is not None
    assert [(one.type, one.subject) for one in failure.violations] == [("WRONG_STATE", "run/run1")]


@pytest.mark.parametrize("error", [UnavailableError("the trail is away"), BusyError("too many wait")])
async def test_what_may_work_later_says_when_to_try_again(wire, error):
    wire.use_cases.error = error
    refused = await refusal(wire.runs.SubmitPlan(SUBMIT, metadata=wire.auth))
    advice = refused.find(error_details_pb2.RetryInfo)
    assert advice is not None
    assert advice.retry_delay.seconds >= 1


@pytest.mark.requirement("orchestrator.every-fault-is-a-field-violation")
async def test_every_fault_of_a_plan_is_a_field_violation_with_its_place_in_the_request(wire):
    faults = (
        Fault("steps[1].args.account", "DANGLING_REFERENCE", "there is no step 'x'"),
        Fault("process", "UNKNOWN_PROCESS", "there is no such process"),
    )
    wire.use_cases.error = InvalidError("the plan has faults", faults, code="INVALID_PLAN")
    refused = await refusal(wire.runs.SubmitPlan(SUBMIT, metadata=wire.auth))
    assert (refused.code, refused.info.reason) == ("INVALID_ARGUMENT", "INVALID_PLAN")
    named = refused.find(error_details_pb2.BadRequest)
    assert named is not None
    assert [(one.field, one.reason, one.description) for one in named.field_violations] == [
        ("plan.steps[1].args.account", "DANGLING_REFERENCE", "there is no step 'x'"),
        ("plan.process", "UNKNOWN_PROCESS", "there is no such process"),
    ]


@pytest.mark.parametrize(("count", "shown", "described"), [(20, 20, True), (60, 60, False), (1000, None, False)])
async def test_more_faults_than_a_header_holds_lose_their_sentences_first_and_are_counted(
    wire, count, shown, described
):
    faults = tuple(
        Fault(f"steps[{number}].args.account", "UNKNOWN_OPERATION", "the system crm has no operation like this one")
        for number in range(count)
    )
    wire.use_cases.error = InvalidError("the plan has faults", faults, code="INVALID_PLAN")
    refused = await refusal(wire.runs.SubmitPlan(SUBMIT, metadata=wire.auth))
    named = refused.find(error_details_pb2.BadRequest)
    assert named is not None
    violations = named.field_violations
    assert refused.info.metadata["faults"] == str(count)
    assert refused.info.metadata["shown"] == str(len(violations))
    assert len(violations) == shown or (shown is None and 80 < len(violations) < count)
    assert all(bool(one.description) == described for one in violations)
    assert all(one.reason == "UNKNOWN_OPERATION" for one in violations)


@pytest.mark.requirement("orchestrator.no-exception-text-leaves")
@pytest.mark.parametrize("error", [ValueError("secret-token-123"), AssentError("secret-token-123")])
async def test_no_word_of_an_unexpected_exception_reaches_caller_or_log(wire, caplog, error):
    wire.use_cases.error = error
    with caplog.at_level(logging.INFO):
        refused = await refusal(wire.runs.GetRun(GET, metadata=wire.auth))
    assert (refused.code, refused.info.reason) == ("INTERNAL", "INTERNAL")
    assert "secret-token-123" not in str(refused.status)
    incident = refused.info.metadata["incident"]
    assert incident in refused.status.message
    logged = [record.getMessage() for record in caplog.records if incident in record.getMessage()]
    assert len(logged) == 1
    assert type(error).__name__ in logged[0]
    assert "use_cases.py" in logged[0]
    assert "secret-token-123" not in caplog.text


async def test_no_word_leaks_from_a_stream_that_breaks_in_the_middle(wire):
    async def broken(*_: object):
        yield None
        raise ValueError("secret-token-123")

    wire.use_cases.watch = broken
    call = wire.runs.WatchRun(runs_pb2.WatchRunRequest(name=GET.name), metadata=wire.auth)
    assert (await call.read()).heartbeat
    refused = await refusal(call.read())
    assert refused.code == "INTERNAL"
    assert "secret-token-123" not in str(refused.status)


async def test_a_stream_that_may_not_be_seen_is_refused_like_a_call(wire):
    call = wire.runs.WatchRun(runs_pb2.WatchRunRequest(name=f"{TENANT}/runs/other"), metadata=wire.auth)
    refused = await refusal(call.read())
    assert (refused.code, refused.info.reason) == ("NOT_FOUND", "NOT_FOUND")


@pytest.mark.requirement("orchestrator.requests-are-validated")
async def test_every_rule_that_a_request_breaks_is_named_with_its_place(wire):
    request = runs_pb2.SubmitPlanRequest(parent="tenants/Acme")
    request.plan.process = "Renewal"
    request.plan.labels["no pointer"].labels.append("PII")
    request.plan.steps.add(id="a", agent="b", action="no_dot", after=["ok", "Not ok"])
    refused = await refusal(wire.runs.SubmitPlan(request, metadata=wire.auth))
    assert (refused.code, refused.info.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    named = refused.find(error_details_pb2.BadRequest)
    assert named is not None
    assert {(one.field, one.reason) for one in named.field_violations} == {
        ("parent", "STRING_PATTERN"),
        ("plan.process", "STRING_PATTERN"),
        ('plan.labels["no pointer"]', "STRING_PATTERN"),
        ('plan.labels["no pointer"].labels[0]', "STRING_PATTERN"),
        ("plan.steps[0].action", "STRING_PATTERN"),
        ("plan.steps[0].after[1]", "STRING_PATTERN"),
    }
    assert all(one.description for one in named.field_violations)
    assert wire.use_cases.calls == []


async def test_an_answer_to_an_approval_must_be_yes_or_no(wire):
    request = approvals_pb2.DecideApprovalRequest(
        name=f"{TENANT}/approvals/a1", etag="3", rationale="hm", presented_digest="sha256:" + "0" * 64
    )
    refused = await refusal(wire.inbox.DecideApproval(request, metadata=wire.auth))
    named = refused.find(error_details_pb2.BadRequest)
    assert named is not None
    assert [one.reason for one in named.field_violations] == ["ANSWER_OR_CHOICE"]
    assert wire.approvals.calls == []


@pytest.mark.parametrize(
    "text",
    ["state", "state=", "colour=red", "state=WAITING OR process=x", "state=WAITING AND state=FAILED", "state=LOST"],
)
async def test_a_filter_that_is_not_understood_is_refused_and_never_ignored(wire, text):
    request = runs_pb2.ListRunsRequest(parent=TENANT, filter=text)
    refused = await refusal(wire.runs.ListRuns(request, metadata=wire.auth))
    named = refused.find(error_details_pb2.BadRequest)
    assert named is not None
    assert [one.field for one in named.field_violations] == ["filter"]


@pytest.mark.requirement("bad-input.not-a-message")
async def test_bytes_that_are_no_message_are_an_invalid_argument(wire):
    raw = wire.channel.unary_unary("/assent.v1.RunService/SubmitPlan")
    refused = await refusal(raw(b"\xff\xff\xff", metadata=wire.auth))
    assert (refused.code, refused.info.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")


@pytest.mark.requirement("bad-input.nested-too-deeply")
async def test_a_value_nested_too_deeply_is_an_invalid_argument(wire):
    for depth in (20, 33, 200):
        # Written by hand: the library would not let us build what it does not let us read.
        raw = b""
        for _ in range(depth):
            raw = _field(5, _field(1, _field(1, b"k") + _field(2, raw or b"\x08\x00")))
        plan = _field(1, b"p") + _field(3, _field(1, _field(1, b"k") + _field(2, raw)))
        sent = _field(1, TENANT.encode()) + _field(2, plan)
        call = wire.channel.unary_unary("/assent.v1.RunService/SubmitPlan")(sent, metadata=wire.auth)
        if depth == 20:
            await call
            continue
        refused = await refusal(call)
        assert (refused.code, refused.info.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")


@pytest.mark.requirement("bad-input.too-large")
async def test_a_message_of_more_than_4_mib_is_refused_and_one_below_is_taken(wire):
    request = runs_pb2.SubmitPlanRequest(parent=TENANT)
    request.plan.process = "renewal"
    request.plan.inputs["text"] = "x" * (4 * 1024 * 1024 - 1024)
    await wire.runs.SubmitPlan(request, metadata=wire.auth)
    request.plan.inputs["text"] = "x" * (4 * 1024 * 1024)
    with pytest.raises(aio.AioRpcError) as caught:
        await wire.runs.SubmitPlan(request, metadata=wire.auth)
    assert caught.value.code() is StatusCode.RESOURCE_EXHAUSTED
    await wire.runs.GetRun(GET, metadata=wire.auth)


async def test_a_method_that_does_not_exist_is_unimplemented(wire):
    refused = await refusal(wire.channel.unary_unary("/assent.v1.RunService/DropEverything")(b""))
    assert (refused.code, refused.info.reason) == ("UNIMPLEMENTED", "UNKNOWN_METHOD")


async def test_a_call_without_a_deadline_gets_the_servers():
    async with open_wire(limits=TimeLimits(default=0.5)) as wire:
        wire.use_cases.before = asyncio.Event()
        refused = await refusal(wire.runs.GetRun(GET, metadata=wire.auth))
        assert (refused.code, refused.info.reason) == ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED")
        assert refused.info.metadata["limitSeconds"] == "0.5"
        await asyncio.wait_for(wire.use_cases.left.wait(), 30)


async def test_a_deadline_that_is_too_late_is_cut_down():
    async with open_wire(limits=TimeLimits(default=0.05, longest=0.1)) as wire:
        wire.use_cases.before = asyncio.Event()
        refused = await refusal(wire.runs.GetRun(GET, metadata=wire.auth, timeout=60))
        assert refused.info.metadata["limitSeconds"] == "0.1"


async def test_a_use_case_learns_that_its_caller_hung_up(wire):
    wire.use_cases.before = asyncio.Event()
    call = wire.runs.GetRun(GET, metadata=wire.auth)
    await asyncio.wait_for(wire.use_cases.reached.wait(), 30)
    call.cancel()
    await asyncio.wait_for(wire.use_cases.left.wait(), 30)


async def test_a_timeout_inside_a_use_case_is_not_the_callers_deadline(wire):
    wire.use_cases.error = TimeoutError("secret")
    refused = await refusal(wire.runs.GetRun(GET, metadata=wire.auth))
    assert refused.code == "INTERNAL"


@pytest.mark.requirement("orchestrator.database-away-is-unavailable")
async def test_a_database_that_is_away_is_unavailable_and_none_of_its_words_leave(wire, caplog):
    wire.use_cases.error = sa.exc.OperationalError("SELECT secret-1", {"account": "secret-2"}, OSError("secret-3"))
    refused = await refusal(wire.runs.SubmitPlan(SUBMIT, metadata=wire.auth))
    assert (refused.code, refused.info.reason) == ("UNAVAILABLE", "DATABASE_UNAVAILABLE")
    assert "secret" not in str(refused.status)
    assert "OperationalError" in caplog.text
    assert "secret" not in caplog.text


async def test_an_error_with_a_cause_logs_the_kind_of_the_cause_only(wire, caplog):
    error = UnavailableError("the store is away")
    error.__cause__ = OSError("secret-token-123")
    wire.use_cases.error = error
    await refusal(wire.runs.GetRun(GET, metadata=wire.auth))
    assert "OSError" in caplog.text
    assert "secret-token-123" not in caplog.text


def _field(number: int, content: bytes) -> bytes:
    size, encoded = len(content), bytearray()
    while size > 0x7F:
        encoded.append(size & 0x7F | 0x80)
        size >>= 7
    encoded.append(size)
    return bytes([number << 3 | 2]) + bytes(encoded) + content
