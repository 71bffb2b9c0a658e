"""Every span that we make and every attribute on them. Traces are the view; the trail is the record.

Names follow OpenTelemetry's conventions for RPC and generative AI where there are any, and are ``assent.*`` where there
are none. A deny is a right answer and no error: the outcome is in attributes, and no ``execute_tool`` span follows.
Spans hold no arguments, no results and no messages of exceptions. With the API only, not the SDK: nothing is exported
unless the application says so.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, StatusCode
from opentelemetry.util.types import AttributeValue

from assent_orchestrator.audit.traceparent import context_from, context_of
from assent_sidecar.decision import Decided

TENANT: Final = "assent.tenant"
RUN_ID: Final = "assent.run.id"
RUN_SEGMENT: Final = "assent.run.segment"
RUN_STATE: Final = "assent.run.state"
PROCESS_NAME: Final = "assent.process.name"
STEP_ID: Final = "assent.step.id"
STEP_ATTEMPT: Final = "assent.step.attempt"
ACTION_NAME: Final = "assent.action.name"
ACTION_DIGEST: Final = "assent.action.digest"
DECISION_ID: Final = "assent.decision.id"
DECISION_KIND: Final = "assent.decision.kind"
DECISION_OUTCOME: Final = "assent.decision.outcome"
DECISION_REASON_CODES: Final = "assent.decision.reason_codes"
DECISION_CONTROLS: Final = "assent.decision.controls"
DECISION_FAULT: Final = "assent.decision.fault"
POLICY_REVISION: Final = "assent.policy.revision"
POLICY_ENGINE: Final = "assent.policy.engine"
POLICY_ENGINE_VERSION: Final = "assent.policy.engine_version"
APPROVAL_ID: Final = "assent.approval.id"
APPROVAL_OUTCOME: Final = "assent.approval.outcome"
APPROVER_KIND: Final = "assent.approver.kind"
EFFECT_STATUS: Final = "assent.effect.status"
LEDGER_NAMES: Final = "assent.ledger.names"
LINK_KIND: Final = "assent.link"
SHADOW_ID: Final = "assent.shadow.id"
SHADOW_DECISION_ID: Final = "assent.shadow.decision.id"
SHADOW_OUTCOME: Final = "assent.shadow.outcome"
SHADOW_REASON_CODES: Final = "assent.shadow.reason_codes"
SHADOW_REVISION: Final = "assent.shadow.revision"
SHADOW_DIFFERENCES: Final = "assent.shadow.differences"

ERROR_TYPE: Final = "error.type"
RPC_SYSTEM: Final = "rpc.system.name"
RPC_METHOD: Final = "rpc.method"
RPC_STATUS: Final = "rpc.response.status_code"
GEN_AI_OPERATION: Final = "gen_ai.operation.name"
GEN_AI_AGENT: Final = "gen_ai.agent.name"
GEN_AI_CONVERSATION: Final = "gen_ai.conversation.id"
GEN_AI_TOOL: Final = "gen_ai.tool.name"
GEN_AI_TOOL_CALL: Final = "gen_ai.tool.call.id"
GEN_AI_TOOL_TYPE: Final = "gen_ai.tool.type"

_SERVER_FAULTS = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})

Attributes = Mapping[str, AttributeValue | None]


@contextlib.contextmanager
def rpc_span(method: str, headers: Mapping[str, str]) -> Iterator[Span]:
    """Serve a call of ``package.Service/Method``, as a child of the caller's span when ``headers`` name one."""
    parent = context_of(headers)
    attributes = {RPC_SYSTEM: "grpc", RPC_METHOD: method}
    with _span(method, SpanKind.SERVER, attributes, context=parent) as span:
        yield span


def describe_rpc(span: Span, status: str) -> None:
    """Write the gRPC status of a served call; only faults of the server make it an error."""
    span.set_attribute(RPC_STATUS, status)
    if status != "OK":
        span.set_attribute(ERROR_TYPE, status)
    if status in _SERVER_FAULTS:
        span.set_status(StatusCode.ERROR)


@contextlib.contextmanager
def segment_span(
    run: str,
    *,
    process: str,
    traceparent: str | None = None,
    links: Mapping[str, str | SpanContext | None] | None = None,
    segment: int | None = None,
    tenant: str | None = None,
    state: str | None = None,
) -> Iterator[Span]:
    """One active stretch of a run, between two pauses; it ends when the run pauses.

    The first (without ``traceparent``) begins a trace of the run's own: a run outlives the request that began it. The
    later ones belong to the first. ``links`` says what caused it, by kind: ``caller``, ``resumed_by``.
    """
    attributes = {
        GEN_AI_OPERATION: "invoke_workflow",
        GEN_AI_AGENT: process,
        PROCESS_NAME: process,
        TENANT: tenant,
        RUN_SEGMENT: segment,
        RUN_STATE: state,
        **_of_run(run),
    }
    context = context_from(traceparent)
    found = _links(links or {})
    with _span(f"invoke_workflow {process}", SpanKind.INTERNAL, attributes, context=context, links=found) as span:
        yield span


@contextlib.contextmanager
def plan_span(process: str, *, run: str | None = None, tenant: str | None = None) -> Iterator[Span]:
    """Expanding, checking and forecasting a plan."""
    attributes = {GEN_AI_OPERATION: "plan", GEN_AI_AGENT: process, PROCESS_NAME: process, TENANT: tenant}
    with _span(f"plan {process}", SpanKind.INTERNAL, {**attributes, **_of_run(run)}) as span:
        yield span


@contextlib.contextmanager
def step_span(run: str, step: str, action: str, traceparent: str | None) -> Iterator[Span]:
    """One attempt at one step: its decision and its tool call are inside. ``traceparent`` is the run's."""
    attributes = {STEP_ID: step, ACTION_NAME: action, **_of_run(run)}
    with _span(f"step {action}", SpanKind.INTERNAL, attributes, context=context_from(traceparent)) as span:
        yield span


@contextlib.contextmanager
def decision_span(
    kind: str, *, run: str | None, step: str | None = None, action: str | None = None, action_digest: str | None = None
) -> Iterator[Span]:
    """Asking the decision point a question of a ``kind``; see ``describe_decision`` for the answer."""
    attributes = {
        DECISION_KIND: str(kind),
        POLICY_ENGINE: "opa",
        STEP_ID: step,
        ACTION_NAME: action,
        ACTION_DIGEST: action_digest,
        **_of_run(run),
    }
    with _span(f"policy.decide {kind}", SpanKind.CLIENT, attributes) as span:
        yield span


def describe_decision(span: Span, decided: Decided) -> None:
    """Write what was decided. Only the absence of a decision is an error."""
    source = decided.provenance
    described: Attributes = {
        DECISION_ID: source.decision_id,
        DECISION_OUTCOME: str(decided.verdict),
        DECISION_REASON_CODES: decided.codes,
        DECISION_CONTROLS: source.controls,
        DECISION_FAULT: decided.fault,
        POLICY_REVISION: source.revision,
        POLICY_ENGINE: source.engine,
        POLICY_ENGINE_VERSION: source.engine_version,
    }
    span.set_attributes(_present(described))
    if decided.fault:
        fail(span, decided.codes[0] if decided.codes else "ENGINE_ERROR")


def shadow_span(
    live_span: SpanContext, shadow: str, live: Decided, candidate: Decided, *, codes: Sequence[str], differences: int
) -> None:
    """Write that a candidate would have decided otherwise, below the live decision; nothing is written when it agrees.

    What the candidate says is in attributes of its own: nothing of it is to be taken for a decision. ``codes`` are its
    reason codes, as far as they may be shown.
    """
    described: Attributes = {
        SHADOW_ID: shadow,
        SHADOW_DECISION_ID: candidate.provenance.decision_id,
        SHADOW_OUTCOME: str(candidate.verdict),
        SHADOW_REASON_CODES: codes,
        SHADOW_REVISION: candidate.provenance.revision,
        SHADOW_DIFFERENCES: differences,
        DECISION_ID: live.provenance.decision_id,
    }
    context = trace.set_span_in_context(trace.NonRecordingSpan(live_span), Context())
    _tracer().start_span("policy.shadow", context=context, attributes=_present(described)).end()


@contextlib.contextmanager
def tool_span(
    action: str,
    *,
    run: str,
    step: str,
    attempt: int,
    decision: str,
    permit: str,
    action_digest: str | None = None,
    agent: str | None = None,
    ledgers: Sequence[str] = (),
) -> Iterator[Span]:
    """Calling a tool server with a permit; ``ledgers`` are those on which something is reserved for it."""
    attributes = {
        GEN_AI_OPERATION: "execute_tool",
        GEN_AI_TOOL: action,
        GEN_AI_TOOL_CALL: permit,
        GEN_AI_TOOL_TYPE: "extension",
        GEN_AI_AGENT: agent,
        STEP_ID: step,
        STEP_ATTEMPT: attempt,
        DECISION_ID: decision,
        ACTION_NAME: action,
        ACTION_DIGEST: action_digest,
        LEDGER_NAMES: tuple(ledgers) or None,
        **_of_run(run),
    }
    with _span(f"execute_tool {action}", SpanKind.CLIENT, attributes) as span:
        yield span


def describe_effect(span: Span, status: str, *, error: str | None = None) -> None:
    """Write what became of a tool call: succeeded, failed or unknown; the latter two are errors."""
    span.set_attribute(EFFECT_STATUS, status)
    if status != "succeeded":
        fail(span, error or status)


def approval_span(
    approval: str,
    *,
    run: str,
    step: str,
    outcome: str,
    requested_at: datetime,
    resolved_at: datetime,
    traceparent: str | None,
    resolved_by: str | SpanContext | None = None,
    approver_kind: str | None = None,
) -> None:
    """Write how long humans were waited for: once, when it is over, as part of the run's trace."""
    attributes = {
        APPROVAL_ID: approval,
        APPROVAL_OUTCOME: outcome,
        APPROVER_KIND: approver_kind,
        STEP_ID: step,
        **_of_run(run),
    }
    span = _tracer().start_span(
        "approval.wait",
        context=context_from(traceparent),
        attributes=_present(attributes),
        links=_links({"resolved_by": resolved_by}),
        start_time=_nanoseconds(requested_at),
    )
    span.end(end_time=_nanoseconds(resolved_at))


def fail(span: Span, error_type: str) -> None:
    """Mark a span as failed, by the kind of error; never with its message, which may hold what must not leave."""
    span.set_attribute(ERROR_TYPE, error_type)
    span.set_status(StatusCode.ERROR)


@contextlib.contextmanager
def _span(
    name: str, kind: SpanKind, attributes: Attributes, *, context: Context | None = None, links: Sequence[Link] = ()
) -> Iterator[Span]:
    """Start a span, make it the current one, and note the type of what went wrong in it."""
    with _tracer().start_as_current_span(
        name,
        context=context,
        kind=kind,
        attributes=_present(attributes),
        links=links,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except Exception as error:
            fail(span, type(error).__qualname__)
            raise


def _tracer() -> trace.Tracer:
    return trace.get_tracer("assent")


def _of_run(run: str | None) -> dict[str, str | None]:
    """Return what every span of a run carries, so that a search finds them when the trace was cut."""
    return {RUN_ID: run, GEN_AI_CONVERSATION: run}


def _present(attributes: Attributes) -> dict[str, AttributeValue]:
    return {name: value for name, value in attributes.items() if value is not None}


def _links(links: Mapping[str, str | SpanContext | None]) -> list[Link]:
    found = []
    for kind, target in links.items():
        context = target
        if not isinstance(context, SpanContext):
            context = trace.get_current_span(context_from(context)).get_span_context()
        if context.is_valid:
            found.append(Link(context, {LINK_KIND: kind}))
    return found


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1000
