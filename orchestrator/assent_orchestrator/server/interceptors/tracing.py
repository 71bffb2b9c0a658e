"""A server span for every call, and how long calls take."""

import asyncio
import time
from typing import Any

from grpc import aio
from opentelemetry import metrics

from assent_orchestrator.audit import spans
from assent_orchestrator.server.interceptors.around import Around, Call, Proceed

_UNKNOWN = "_OTHER"
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Tracing(Around):
    """The outermost layer: it sees the status that the caller gets.

    A span is a child of the caller's when the caller sent a ``traceparent``. Nothing else of the caller's goes into it:
    a method that is not in ``methods`` (``/package.Service/Method``) is ``_OTHER``. What is in ``quiet`` (the probes of
    load balancers) leaves no span.
    """

    def __init__(self, methods: frozenset[str], quiet: frozenset[str] = frozenset()) -> None:
        self._methods = methods
        self._quiet = quiet
        self._durations = metrics.get_meter("assent").create_histogram(
            "rpc.server.call.duration",
            unit="s",
            description="How long calls take.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )

    async def around(self, call: Call, proceed: Proceed) -> Any:
        """Serve the call inside a span."""
        if call.method in self._quiet:
            return await proceed(call.request)
        name = call.method.removeprefix("/") if call.method in self._methods else _UNKNOWN
        headers = {key: ",".join(call.headers(key)) for key in ("traceparent", "tracestate")}
        started = time.perf_counter()
        answer: Any = None
        aborted: aio.BaseError | None = None
        status = "UNKNOWN"
        with spans.rpc_span(name, headers) as span:
            try:
                answer = await proceed(call.request)
                status = _status(call)
            except aio.BaseError as error:
                # Raised on outside of the span, which would call it a fault of ours. What is not an abort is a write to
                # somebody who is gone.
                status, aborted = _status(call) if isinstance(error, aio.AbortError) else _left(call), error
            except asyncio.CancelledError:
                status = _left(call)
                raise
            finally:
                spans.describe_rpc(span, status)
                self._record(name, status, time.perf_counter() - started)
        if aborted is not None:
            raise aborted
        return answer

    def _record(self, method: str, status: str, seconds: float) -> None:
        attributes = {spans.RPC_SYSTEM: "grpc", spans.RPC_METHOD: method, spans.RPC_STATUS: status}
        if status != "OK":
            attributes[spans.ERROR_TYPE] = status
        self._durations.record(seconds, attributes)


def _status(call: Call) -> str:
    # Annotated as a code, but nothing is there before somebody sets one, and what is set may be a plain number.
    code: Any = call.context.code()
    if code is None:
        return "OK"
    return str(getattr(code, "name", "UNKNOWN"))


_EARLY_SECONDS = 0.05
"""By how much a caller's deadline may be over there before it is here."""


def _left(call: Call) -> str:
    """Return how a call ended whose caller is not there any more: out of patience, or out of time."""
    remaining: float | None = call.context.time_remaining()
    # The caller's timer may ring a little before ours does.
    return "DEADLINE_EXCEEDED" if remaining is not None and remaining <= _EARLY_SECONDS else "CANCELLED"
