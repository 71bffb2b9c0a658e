import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from assent_orchestrator.audit import spans
from assent_orchestrator.audit.traceparent import current_trace_id, current_traceparent, trace_note, traceparent_of
from assent_sidecar.decision import Decided, Decision, Provenance, Reason, Verdict


@pytest.fixture
def exported(monkeypatch):
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    yield exporter.get_finished_spans
    provider.shutdown()


def decided(verdict: Verdict, *, code: str, fault: bool = False) -> Decided:
    return Decided(
        decision=Decision(verdict=verdict, reasons=(Reason(code=code, message="secret", control="FIN-07"),)),
        provenance=Provenance(
            decision_id="d1",
            revision="sha256:00",
            engine="opa",
            engine_version="1.22.2",
            input_digest="sha256:11",
            controls=("FIN-07",),
            duration_us=400,
        ),
        fault=fault,
    )


def attributes(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


@pytest.mark.requirement("traces.one-trace-for-a-run")
def test_a_run_has_a_trace_of_its_own_that_links_to_its_caller_and_goes_on_after_a_pause(exported):
    with spans.rpc_span("assent.v1.RunService/SubmitPlan", {}) as rpc:
        caller = traceparent_of(rpc)
        with spans.segment_span("r1", process="renewal", links={"caller": caller}, segment=1) as first:
            kept = traceparent_of(first)
    with spans.segment_span("r1", process="renewal", traceparent=kept, links={"resumed_by": caller}, segment=2):
        pass
    submit, begun, resumed = sorted(exported(), key=lambda span: span.start_time or 0)
    assert begun.parent is None
    assert begun.context.trace_id != submit.context.trace_id
    assert [link.context.span_id for link in begun.links] == [submit.context.span_id]
    assert resumed.context.trace_id == begun.context.trace_id
    assert resumed.parent is not None
    assert resumed.parent.span_id == begun.context.span_id
    assert attributes(resumed) == {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.agent.name": "renewal",
        "gen_ai.conversation.id": "r1",
        "assent.process.name": "renewal",
        "assent.run.id": "r1",
        "assent.run.segment": 2,
    }


@pytest.mark.requirement("traces.spans")
def test_a_step_holds_its_decision_and_its_tool_call(exported):
    with spans.segment_span("r1", process="renewal") as segment:
        kept = traceparent_of(segment)
    with spans.step_span("r1", "update", "crm.update", kept):
        with spans.decision_span("action", run="r1", step="update", action="crm.update") as span:
            spans.describe_decision(span, decided(Verdict.ALLOW, code="WITHIN_LIMIT"))
        with spans.tool_span("crm.update", run="r1", step="update", attempt=1, decision="d1", permit="p1") as span:
            spans.describe_effect(span, "succeeded")
    found = {span.name: span for span in exported()}
    step = found["step crm.update"]
    for name in ("policy.decide action", "execute_tool crm.update"):
        parent = found[name].parent
        assert parent is not None
        assert parent.span_id == step.context.span_id
        assert found[name].kind is SpanKind.CLIENT
        assert found[name].status.status_code is StatusCode.UNSET
        assert attributes(found[name])["gen_ai.conversation.id"] == "r1"
    assert step.context.trace_id == found["invoke_workflow renewal"].context.trace_id
    assert attributes(found["policy.decide action"])["assent.decision.controls"] == ("FIN-07",)
    assert attributes(found["execute_tool crm.update"])["gen_ai.operation.name"] == "execute_tool"


@pytest.mark.requirement("traces.deny-is-no-error")
def test_a_deny_is_an_outcome_and_no_error(exported):
    with spans.decision_span("action", run="r1") as span:
        spans.describe_decision(span, decided(Verdict.DENY, code="PII_LEAVES"))
    (span,) = exported()
    assert span.status.status_code is StatusCode.UNSET
    assert attributes(span)["assent.decision.outcome"] == "deny"
    assert attributes(span)["assent.decision.reason_codes"] == ("PII_LEAVES",)
    assert "error.type" not in attributes(span)


@pytest.mark.requirement("traces.deny-is-no-error")
def test_the_absence_of_a_decision_is_an_error_named_by_its_code(exported):
    with spans.decision_span("action", run="r1") as span:
        spans.describe_decision(span, decided(Verdict.DENY, code="ENGINE_TIMEOUT", fault=True))
    (span,) = exported()
    assert span.status.status_code is StatusCode.ERROR
    assert attributes(span)["error.type"] == "ENGINE_TIMEOUT"


@pytest.mark.requirement("traces.approval-once")
def test_waiting_for_humans_is_one_span_over_the_whole_wait(exported):
    asked = datetime(2026, 3, 1, tzinfo=UTC)
    with spans.segment_span("r1", process="renewal") as segment:
        kept = traceparent_of(segment)
    with spans.rpc_span("assent.v1.ApprovalService/DecideApproval", {}) as rpc:
        spans.approval_span(
            "a1",
            run="r1",
            step="price",
            outcome="approved",
            requested_at=asked,
            resolved_at=asked + timedelta(hours=3),
            traceparent=kept,
            resolved_by=rpc.get_span_context(),
        )
    begun, waited, answered = exported()
    assert waited.name == "approval.wait"
    assert waited.start_time == int(asked.timestamp()) * 10**9
    assert waited.end_time - waited.start_time == 3 * 3600 * 10**9
    assert waited.parent.span_id == begun.context.span_id
    assert [link.context.span_id for link in waited.links] == [answered.context.span_id]


@pytest.mark.requirement("traces.no-content")
def test_what_an_exception_says_does_not_leave_in_a_span(exported):
    def fall_over():
        with spans.tool_span("crm.update", run="r1", step="s", attempt=1, decision="d", permit="p"):
            raise ValueError("alice@example.com")

    with pytest.raises(ValueError, match="alice"):
        fall_over()
    (span,) = exported()
    assert "alice" not in span.to_json()
    assert attributes(span)["error.type"] == "ValueError"
    assert span.status.status_code is StatusCode.ERROR


@pytest.mark.parametrize(
    ("status", "code"),
    [("OK", StatusCode.UNSET), ("PERMISSION_DENIED", StatusCode.UNSET), ("UNAVAILABLE", StatusCode.ERROR)],
)
def test_only_faults_of_the_server_are_errors_of_a_call(exported, status, code):
    parent = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    with spans.rpc_span("assent.v1.RunService/GetRun", {"traceparent": parent}) as span:
        spans.describe_rpc(span, status)
    (span,) = exported()
    assert span.status.status_code is code
    assert span.kind is SpanKind.SERVER
    assert f"{span.context.trace_id:032x}" == "a" * 32
    assert attributes(span)["rpc.response.status_code"] == status


@pytest.mark.requirement("traces.trail-names-the-span")
def test_a_record_names_the_span_that_shows_it(exported):
    with spans.plan_span("renewal", run="r1") as span:
        note = trace_note()
        assert note is not None
        assert note == trace_note(span)
        assert (current_traceparent() or "").startswith(f"00-{note.trace_id}-{note.span_id}-")
        assert current_trace_id() == note.trace_id
    (found,) = exported()
    assert note.trace_id == f"{found.context.trace_id:032x}"


def test_nothing_is_named_when_nothing_is_traced():
    assert trace_note() is None
    assert current_trace_id() is None
    assert current_traceparent() is None


@pytest.mark.parametrize("traceparent", [None, "", "nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_malformed_parent_begins_a_new_trace(exported, traceparent):
    with spans.rpc_span("assent.v1.RunService/GetRun", {}), spans.step_span("r1", "s", "crm.update", traceparent):
        pass
    assert exported()[0].parent is None


@pytest.mark.requirement("traces.api-only")
def test_naming_spans_does_not_load_the_sdk():
    program = (
        "import sys; import assent_orchestrator.audit.spans;"
        "print([name for name in sys.modules if name.startswith('opentelemetry.sdk')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
