import asyncio

import pytest
from grpc_health.v1 import health_pb2 as probe_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from assent.v1 import runs_pb2
from assent_orchestrator.errors import ForbiddenError, UnavailableError
from tests.orchestrator.server.conftest import refusal
from tests.orchestrator.server.specimens import TRACE, TRACEPARENT

GET = runs_pb2.GetRunRequest(name="tenants/acme/runs/run1")
CALLED = "assent.v1.RunService/GetRun"


class Exported(InMemorySpanExporter):
    """Says when a span has arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived = asyncio.Event()

    def export(self, spans):
        result = super().export(spans)
        self.arrived.set()
        return result

    async def one(self):
        await asyncio.wait_for(self.arrived.wait(), 30)
        (span,) = self.get_finished_spans()
        return span


@pytest.fixture
async def exported(monkeypatch):
    exporter, provider = Exported(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    yield exporter
    provider.shutdown()


@pytest.mark.requirement("traces.server-spans")
async def test_a_call_is_a_server_span_under_the_callers(wire, exported):
    await wire.runs.GetRun(GET, metadata=(*wire.auth, ("traceparent", TRACEPARENT)))
    span = await exported.one()
    assert (span.name, span.kind) == (CALLED, SpanKind.SERVER)
    assert trace.format_trace_id(span.context.trace_id) == TRACE
    assert trace.format_span_id(span.parent.span_id) == "00f067aa0ba902b7"
    assert dict(span.attributes) == {
        "rpc.system.name": "grpc",
        "rpc.method": CALLED,
        "rpc.response.status_code": "OK",
        "assent.tenant": "acme",
    }
    assert span.status.status_code is StatusCode.UNSET


async def test_a_refusal_is_a_right_answer_and_no_fault_of_the_server(wire, exported):
    wire.use_cases.error = ForbiddenError("not you")
    await refusal(wire.runs.GetRun(GET, metadata=wire.auth))
    span = await exported.one()
    assert span.attributes["rpc.response.status_code"] == span.attributes["error.type"] == "PERMISSION_DENIED"
    assert span.status.status_code is StatusCode.UNSET


@pytest.mark.parametrize(
    ("error", "status"), [(UnavailableError("away"), "UNAVAILABLE"), (ValueError("secret-token-123"), "INTERNAL")]
)
async def test_a_fault_of_the_server_is_an_error_without_its_text(wire, exported, error, status):
    wire.use_cases.error = error
    await refusal(wire.runs.GetRun(GET, metadata=wire.auth))
    span = await exported.one()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
    assert span.attributes["rpc.response.status_code"] == span.attributes["error.type"] == status
    assert span.events == ()
    assert "secret-token-123" not in span.to_json()


@pytest.mark.requirement("traces.nothing-of-the-callers")
async def test_nothing_that_a_caller_sends_gets_into_a_span(wire, exported):
    metadata = (
        *wire.auth,
        ("traceparent", "not a traceparent evil-1"),
        ("baggage", "evil-2=evil-3"),
        ("user-agent", "evil-4"),
        ("x-request-id", "evil-5"),
    )
    name = "tenants/acme/runs/evil-6"
    await refusal(wire.runs.GetRun(runs_pb2.GetRunRequest(name=name), metadata=metadata))
    await exported.one()
    exported.clear()
    exported.arrived.clear()
    await refusal(wire.channel.unary_unary("/evil-7.Service/evil-8")(b"evil-9"))
    span = await exported.one()
    assert span.name == "_OTHER"
    assert "evil" not in span.to_json()
    assert span.attributes["rpc.response.status_code"] == "UNIMPLEMENTED"


async def test_who_hangs_up_leaves_a_span_that_says_cancelled(wire, exported):
    wire.use_cases.before = asyncio.Event()
    call = wire.runs.GetRun(GET, metadata=wire.auth)
    await asyncio.wait_for(wire.use_cases.reached.wait(), 30)
    call.cancel()
    span = await exported.one()
    assert span.attributes["rpc.response.status_code"] == "CANCELLED"
    assert span.status.status_code is StatusCode.UNSET


async def test_a_callers_deadline_shows_as_such(wire, exported):
    wire.use_cases.before = asyncio.Event()
    await _expire(wire)
    span = await exported.one()
    assert span.attributes["rpc.response.status_code"] == "DEADLINE_EXCEEDED"
    assert span.status.status_code is StatusCode.ERROR


async def test_a_stream_is_one_span(wire, exported):
    call = wire.runs.WatchRun(runs_pb2.WatchRunRequest(name=GET.name), metadata=wire.auth)
    async for _ in call:
        pass
    assert (await exported.one()).name == "assent.v1.RunService/WatchRun"


async def test_probes_leave_no_spans(wire, exported):
    await HealthStub(wire.channel).Check(probe_pb2.HealthCheckRequest())
    await wire.runs.GetRun(GET, metadata=wire.auth)
    assert (await exported.one()).name == CALLED


async def _expire(wire) -> None:
    with pytest.raises(Exception, match=r"(?i)deadline"):
        await wire.runs.GetRun(GET, metadata=wire.auth, timeout=1)
