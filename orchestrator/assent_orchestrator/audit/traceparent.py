"""Which trace something belongs to: as a caller sends it, as it is stored and sent on, and as a record says it."""

from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from assent_orchestrator.audit.record import TraceNote

_PROPAGATOR = TraceContextTextMapPropagator()


def traceparent_of(span: Span) -> str | None:
    """Return the W3C ``traceparent`` of a span, to be stored or sent; None when nothing is traced."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, context=trace.set_span_in_context(span, Context()))
    return carrier.get("traceparent")


def current_traceparent() -> str | None:
    """Return the ``traceparent`` of the current span; None when nothing is traced."""
    return traceparent_of(trace.get_current_span())


def current_trace_id() -> str | None:
    """Return the current trace's id, 32 hex digits; None when nothing is traced."""
    note = trace_note()
    return note.trace_id if note else None


def trace_note(span: Span | None = None) -> TraceNote | None:
    """Return what a record says of a span (the current one unless given); None when nothing is traced."""
    context = (span or trace.get_current_span()).get_span_context()
    if not context.is_valid:
        return None
    return TraceNote(trace_id=trace.format_trace_id(context.trace_id), span_id=trace.format_span_id(context.span_id))


def context_from(traceparent: str | None) -> Context:
    """Return a context whose parent is ``traceparent``; without one (or with a malformed one), a new trace."""
    return context_of({"traceparent": traceparent} if traceparent else {})


def context_of(headers: Mapping[str, str]) -> Context:
    """Return a context whose parent is the caller's span when ``headers`` name one; else a new trace."""
    return _PROPAGATOR.extract(headers, context=Context())
