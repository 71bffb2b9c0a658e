import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from assent_sidecar.bundle.serve import RESOURCE, BundleServer
from assent_sidecar.errors import (
    EngineFaultError,
    EngineSettingsError,
    EngineTimeoutError,
    EngineUnavailableError,
    SidecarError,
)
from assent_sidecar.opa.binary import PINNED_VERSION, find_binary
from assent_sidecar.opa.client import UNDEFINED, OpaClient
from assent_sidecar.opa.config import render
from assent_sidecar.opa.process import OpaProcess
from tests.sidecar.engines import ALLOW, Talk, bundle_of, http, listening, raw, until

OURS = trace.SpanContext(
    trace_id=0x0AF7651916CD43DD8448EB211C80319C,
    span_id=0xB7AD6B7169203331,
    is_remote=False,
    trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED),
)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[OpaClient]:
    """A client of a real engine that serves ``ECHO``."""
    async with _engine(tmp_path, {}) as found:
        yield found


@contextlib.asynccontextmanager
async def _engine(folder: Path, environ: dict[str, str]) -> AsyncIterator[OpaClient]:
    server = BundleServer()
    await server.start()
    server.publish(bundle_of())
    config = render(environ, bundles=server.url, resource=RESOURCE, token=server.token)
    process = OpaProcess(find_binary({}), config, folder / "opa.sock")
    try:
        await process.start()
        async with OpaClient(folder / "opa.sock") as opened:
            yield opened
    finally:
        await process.stop()
        await server.stop()


@pytest.mark.requirement("engine.evidence", "sidecar.client-traps")
async def test_an_answer_names_its_decision_its_revision_its_engine_and_its_controls(client: OpaClient) -> None:
    answer = await client.decide(json.dumps({"context": {"answer": ALLOW}}).encode(), {"run": "r"}, 5)
    assert answer.result == ALLOW
    assert answer.decision_id
    assert len(answer.decision_id) == 36
    assert answer.revision == bundle_of().revision
    assert answer.version == PINNED_VERSION
    assert answer.controls == ("TEST-01",)


@pytest.mark.requirement("sidecar.client-traps")
async def test_no_result_is_undefined_and_not_null(client: OpaClient) -> None:
    assert (await client.decide(json.dumps({"context": {}}).encode(), {}, 5)).result is UNDEFINED


@pytest.mark.requirement("sidecar.client-traps")
async def test_an_evaluation_error_is_a_fault_that_names_code_and_place_but_quotes_nothing(client: OpaClient) -> None:
    with pytest.raises(EngineFaultError, match=r"eval_builtin_error at .*main\.rego:\d+$"):
        await client.decide(json.dumps({"context": {"zero": 0, "slow": False}}).encode(), {}, 5)


async def test_two_answers_at_once_are_a_fault(client: OpaClient) -> None:
    with pytest.raises(EngineFaultError, match="eval_"):
        await client.decide(json.dumps({"context": {"zero": 0, "answer": ALLOW}}).encode(), {}, 5)


@pytest.mark.requirement("engine.total-budget")
async def test_an_evaluation_that_takes_too_long_is_a_timeout(client: OpaClient) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(EngineTimeoutError):
        await client.decide(json.dumps({"context": {"slow": True}}).encode(), {}, 0.3)
    assert loop.time() - began < 10
    assert (await client.decide(json.dumps({"context": {"answer": ALLOW}}).encode(), {}, 10)).result == ALLOW


@pytest.mark.requirement("engine.total-budget")
async def test_when_time_is_up_the_connection_is_dropped(tmp_path: Path) -> None:
    dropped = asyncio.Event()

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Every byte comes soon enough for a limit on each read; only a limit on the whole ends this.
        with contextlib.suppress(ConnectionError):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
        dropped.set()
        writer.close()

    async with listening(tmp_path / "o", drip), OpaClient(tmp_path / "o") as client:
        with pytest.raises(EngineTimeoutError):
            await client.decide(b"{}", {}, 0.3)
        async with asyncio.timeout(30):
            await dropped.wait()


@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (http(b"not json"), EngineFaultError),
        (http(b"[]"), EngineFaultError),
        (http(b'"text"'), EngineFaultError),
        (http(b""), EngineFaultError),
        (http(b"[" * 100_000), EngineFaultError),
        (http(b"{}", status="404 Not Found"), EngineFaultError),
        (http(b"{}", status="401 Unauthorized"), EngineFaultError),
        (http(b"{}", status="204 No Content"), EngineFaultError),
        (http(b"<html>", status="500 Internal Server Error"), EngineFaultError),
        (http(b"{}", status="302 Found", headers="Location: http://127.0.0.1:1/elsewhere\r\n"), EngineFaultError),
        (http(b"{}", status="503 Service Unavailable"), EngineUnavailableError),
        (raw(b""), EngineUnavailableError),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"), EngineUnavailableError),
        (raw(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"), EngineFaultError),
        (raw(b"\x00\xff\x00\xff" * 64), EngineFaultError),
    ],
)
async def test_what_is_no_answer_of_an_engine_is_never_taken_for_one(
    tmp_path: Path, talk: Talk, error: type[SidecarError]
) -> None:
    async with listening(tmp_path / "o", talk), OpaClient(tmp_path / "o") as client:
        with pytest.raises(error):
            await client.decide(b"{}", {}, 5)


async def test_an_answer_is_read_up_to_a_limit_only(tmp_path: Path) -> None:
    body = json.dumps({"result": "x" * 5000}).encode()
    async with listening(tmp_path / "o", http(body)), OpaClient(tmp_path / "o", max_answer=1000) as client:
        with pytest.raises(EngineFaultError, match="longer than 1000 bytes"):
            await client.decide(b"{}", {}, 5)


async def test_nobody_there_is_unavailable(tmp_path: Path) -> None:
    async with OpaClient(tmp_path / "nobody") as client:
        with pytest.raises(EngineUnavailableError):
            await client.decide(b"{}", {}, 5)


@pytest.mark.parametrize(
    "body",
    [
        {"provenance": 1, "rule_labels": 2, "decision_id": 3},
        {"provenance": {"version": 1, "bundles": []}, "rule_labels": [1, {"control": 2, "controls": "x"}]},
        {"provenance": {"bundles": {"assent": 1}}, "decision_id": ""},
        {"provenance": {"bundles": {"a": {"revision": "1"}, "b": {"revision": "1"}}}, "decision_id": "x" * 1000},
    ],
)
async def test_evidence_of_the_wrong_shape_is_no_evidence(tmp_path: Path, body: dict[str, object]) -> None:
    async with listening(tmp_path / "o", http(json.dumps(body).encode())), OpaClient(tmp_path / "o") as client:
        answer = await client.decide(b"{}", {}, 5)
    assert (answer.decision_id, answer.revision, answer.version, answer.controls) == (None, None, None, ())


@contextlib.asynccontextmanager
async def _spy(path: str) -> AsyncIterator[tuple[str, list[tuple[str, web.Request, bytes]]]]:
    """Run a web server that notes what is sent to it; it says nothing."""
    seen: list[tuple[str, web.Request, bytes]] = []

    async def note(request: web.Request) -> web.Response:
        seen.append((request.path_qs, request, await request.read()))
        return web.json_response({})

    app = web.Application()
    app.router.add_route("*", path, note)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", seen
    finally:
        await runner.cleanup()


@pytest.mark.requirement("sidecar.client-traps")
async def test_the_request_is_one_strict_query_with_our_token_and_nothing_of_the_surroundings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with _spy("/behind/{rest:.*}") as (url, seen), OpaClient(url=f"{url}/behind", token="ours") as client:
        await client.decide(b'{"a": 1}', {"run": "run-1"}, 5)
    [(path, request, body)] = seen
    assert path == "/behind/v1/data/assent/decision?provenance=True&rule_labels=True&strict-builtin-errors=True"
    assert request.headers["Authorization"] == "Bearer ours"
    assert json.loads(body) == {"input": {"a": 1}, "assent/request": {"run": "run-1"}}


@pytest.mark.requirement("sidecar.client-traps")
async def test_an_engine_that_fails_is_asked_once(tmp_path: Path) -> None:
    asked = 0

    async def fail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await http(b"{}", status="500 Internal Server Error")(reader, writer)

    async with listening(tmp_path / "o", fail), OpaClient(tmp_path / "o") as client:
        with pytest.raises(EngineFaultError):
            await client.decide(b"{}", {}, 5)
    assert asked == 1


@pytest.mark.requirement("engine.span-joins-trace")
async def test_the_engine_s_span_is_a_child_of_ours(tmp_path: Path) -> None:
    async with _spy("/v1/traces") as (url, seen), _engine(tmp_path, {"OTEL_EXPORTER_OTLP_ENDPOINT": url}) as client:
        with trace.use_span(trace.NonRecordingSpan(OURS)):
            answer = await client.decide(json.dumps({"context": {"answer": ALLOW}}).encode(), {}, 5)
        await until(lambda: seen)  # an engine that is stopped does not flush
    exported = [ExportTraceServiceRequest.FromString(body) for _, _, body in seen]
    spans = [
        span
        for request in exported
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    [span] = [span for span in spans if span.trace_id == OURS.trace_id.to_bytes(16, "big")]
    assert span.parent_span_id == OURS.span_id.to_bytes(8, "big")
    assert answer.decision_id in {attribute.value.string_value for attribute in span.attributes}


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"}, None),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://c:4318"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, ("http", "c:4318", "off")),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c"}, ("http", "c:4318", "tls")),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://[::1]:9/x"},
            ("http", "[::1]:9", "off"),
        ),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            ("grpc", "c:4317", "off"),
        ),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "c:1", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"},
            ("grpc", "c:1", "tls"),
        ),
        (
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "c:1",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                "OTEL_EXPORTER_OTLP_INSECURE": "true",
            },
            ("grpc", "c:1", "off"),
        ),
    ],
)
def test_the_engine_exports_where_the_standard_variables_say(
    environ: dict[str, str], wanted: tuple[str, str, str] | None
) -> None:
    config = render(environ, bundles="http://b", resource="r", token="t").get("distributed_tracing")
    assert (config and (config["type"], config["address"], config["encryption"])) == wanted


@pytest.mark.parametrize(
    "environ",
    [
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "ftp://c"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:port"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "smoke"},
    ],
)
def test_an_exporter_that_cannot_be_meant_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(EngineSettingsError):
        render(environ, bundles="http://b", resource="r", token="t")


@pytest.mark.parametrize("url", ["", "opa", "ftp://opa", "http://", "unix://host/x", "http://u:p@opa", "http://o?q=1"])
def test_a_url_that_cannot_be_an_engine_s_is_refused(url: str) -> None:
    with pytest.raises(EngineSettingsError):
        OpaClient(url=url)


def test_an_engine_has_one_address() -> None:
    with pytest.raises(EngineSettingsError):
        OpaClient()
    with pytest.raises(EngineSettingsError):
        OpaClient(Path("/x"), url="http://x")
