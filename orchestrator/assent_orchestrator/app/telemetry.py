"""Where spans go: to an OTLP collector when the standard OTEL_* variables name one, otherwise nowhere."""

import importlib.metadata
from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased

_QUEUE = 65536
"""Spans that wait for a slow collector; the default of 2,048 loses them in a burst."""

_VALUE_LENGTH = 4096


def open_telemetry(environ: Mapping[str, str]) -> TracerProvider:
    """Make and install the tracer provider.

    A caller's unsampled ``traceparent`` does not switch our spans off. Names, samplers and exporters are set with the
    standard variables only; without an endpoint nothing is exported, but records still carry trace ids.
    """
    resource = Resource.create(
        {
            SERVICE_NAME: environ.get("OTEL_SERVICE_NAME", "assent"),
            SERVICE_VERSION: importlib.metadata.version("assent"),
        }
    )
    sampler = None
    if "OTEL_TRACES_SAMPLER" not in environ:
        sampler = ParentBased(ALWAYS_ON, remote_parent_not_sampled=ALWAYS_ON)
    provider = TracerProvider(
        resource=resource, sampler=sampler, span_limits=SpanLimits(max_attribute_length=_VALUE_LENGTH)
    )
    exporter = _exporter(environ)
    if exporter is not None:
        provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=_QUEUE))
    trace.set_tracer_provider(provider)
    return provider


def _exporter(environ: Mapping[str, str]) -> SpanExporter | None:
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none":
        return None
    if not environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") and not environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        return None
    protocol = environ.get(
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    )
    if protocol == "grpc":
        return GrpcExporter()
    return HttpExporter()
