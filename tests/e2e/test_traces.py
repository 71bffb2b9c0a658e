"""Spans as a collector gets them: one trace a run, with the engine's own spans in it."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.e2e.deployment import deployment, state


class Collector:
    """An OTLP collector over HTTP that keeps what it gets."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []
        self.arrived = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        export = ExportTraceServiceRequest.FromString(await request.read())
        for resource in export.resource_spans:
            service = next(one.value.string_value for one in resource.resource.attributes if one.key == "service.name")
            self.spans += [(service, span) for scope in resource.scope_spans for span in scope.spans]
        async with self.arrived:
            self.arrived.notify_all()
        return web.Response(
            body=ExportTraceServiceResponse().SerializeToString(), content_type="application/x-protobuf"
        )


def attributes(span: Span) -> dict[str, str]:
    return {one.key: one.value.string_value for one in span.attributes}


@pytest.mark.timeout(300)
@pytest.mark.requirement("traces.one-trace-with-the-engine")
@pytest.mark.requirement("traces.one-id-joins-all")
@pytest.mark.requirement("traces.exported-when-otel-says-so")
async def test_a_run_is_one_trace_from_decision_to_tool_with_the_engine_in_it(tmp_path: Path) -> None:
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{runner.addresses[0][1]}",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    try:
        async with deployment(tmp_path, environ=environ) as deployed:
            run = await deployed.end_of((await deployed.submit("ACC-1003")).name)
            assert state(run) == "succeeded"
            records = await deployed.trail(run.name.rpartition("/")[2])
            email = next(step for step in run.steps if step.id == "email")

            def engine_saw(decision: str) -> bool:
                return any(
                    service == "opa" and attributes(span).get("opa.decision_id") == decision
                    for service, span in collector.spans
                )

            async with asyncio.timeout(60), collector.arrived:
                await collector.arrived.wait_for(lambda: engine_saw(email.decision.decision_id))
    finally:
        await runner.cleanup()
    mine = [(service, span) for service, span in collector.spans if span.trace_id.hex() == run.trace_id]
    names = {span.name for _, span in mine}
    assert {
        "invoke_workflow contract_renewal",
        "policy.decide plan",
        "policy.decide action",
        "execute_tool crm.update_renewal",
    } <= names
    assert "execute_tool email.send" not in names
    denied = next(span for _, span in mine if attributes(span).get("assent.decision.id") == email.decision.decision_id)
    assert attributes(denied)["assent.decision.outcome"] == "deny"
    assert denied.status.code != 2, "a deny is a right answer, not an error"
    opa = next(
        span
        for service, span in mine
        if service == "opa" and attributes(span).get("opa.decision_id") == email.decision.decision_id
    )
    assert opa.parent_span_id == denied.span_id
    recorded = next(one for one in records if (one.get("decision") or {}).get("id") == email.decision.decision_id)
    assert recorded["trace"]["trace_id"] == run.trace_id
    known = {span.span_id for _, span in mine}
    assert all(span.parent_span_id in known for _, span in mine if span.parent_span_id)
