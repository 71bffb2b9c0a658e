"""Runs, their steps, and what happens to them."""

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from assent.v1 import approvals_pb2, control_pb2, decisions_pb2
from assent.v1 import runs_pb2 as wire
from assent_orchestrator.audit.record import grounds
from assent_orchestrator.audit.trail import Entry
from assent_orchestrator.errors import Fault, InvalidError
from assent_orchestrator.execution.journal import RunFacts, StepRow
from assent_orchestrator.execution.reconciliation import Evidence, Settlement
from assent_orchestrator.execution.runs import RunView, etag_of
from assent_orchestrator.plan.state import DONE_STEPS, RunState, StepState
from assent_orchestrator.server.names import run_name
from assent_orchestrator.server.translate.decision import verdict, write_stored
from assent_orchestrator.server.translate.label import label_sets
from assent_orchestrator.server.translate.moment import timestamp, timestamp_of
from assent_orchestrator.server.translate.plan import write_plan
from assent_orchestrator.tools.answer import MAX_RESULT_BYTES
from assent_orchestrator.tools.value import ValueFaultError, from_value, to_value
from assent_sidecar.decision import Verdict
from assent_sidecar.model import Json

_MEMORY = frozenset({"memory.remembered", "memory.recalled", "memory.forgotten"})
"""The events in which something became of what is remembered."""

MOST_BYTES = 3_500_000
"""How large a run, or a step, is written at most: less than the 4 MiB of a message that clients take by themselves."""


def write_view(view: RunView) -> wire.Run:
    """Return a run with its plan and its steps."""
    made = write_run(view.run)
    made.plan.CopyFrom(write_plan(view.run.plan))
    steps = [_without_output(step) if step.id in view.omitted else write_step(step) for step in view.steps]
    room = MOST_BYTES - made.ByteSize() - sum(_without_output(step).ByteSize() for step in view.steps)
    for step, row in zip(steps, view.steps, strict=True):
        more = step.ByteSize() - _without_output(row).ByteSize()
        fits = more <= room
        room -= more if fits else 0
        made.steps.append(step if fits else _without_output(row))
    return made


def write_whole_step(step: StepRow) -> wire.Step:
    """Return a step with its output, unless that alone is too large for an answer."""
    made = write_step(step)
    return made if made.ByteSize() <= MOST_BYTES else _without_output(step)


def _without_output(step: StepRow) -> wire.Step:
    """Return a step, and instead of an output only that there is one."""
    made = write_step(replace(step, output=None, labels=None))
    made.ClearField("output")
    made.output_omitted = step.state in DONE_STEPS
    return made


def write_run(run: RunFacts) -> wire.Run:
    """Return a run as lists have it: without its plan and steps."""
    return wire.Run(
        name=run_name(run.tenant, run.id),
        process=run.process,
        process_version=run.process_version,
        state=run_state(run.state),
        reason=run.reason or "",
        plan_digest=run.plan_digest,
        revision=run.revision,
        submitter=run.submitter,
        principal=run.principal.id,
        create_time=timestamp(run.created_at),
        update_time=timestamp(run.updated_at),
        end_time=timestamp(run.finished_at),
        etag=etag_of(run),
        trace_id=trace_of(run.traceparent),
        not_undone=run.not_undone or (),
        pauser=run.paused_by or "",
        pause_time=timestamp(run.paused_at),
        pause_reason=run.pause_reason or "",
        deadline=timestamp(run.deadline_at),
        driver=run.driver or "",
    )


def read_evidence(request: control_pb2.ReconcileStepRequest | approvals_pb2.DecideApprovalRequest) -> Evidence:
    """Return what a person says became of a step.

    Raises:
        InvalidError: the result is no JSON value that can be kept, or larger than what tools may answer.
    """
    if request.result.ByteSize() > MAX_RESULT_BYTES:
        fault = Fault("result", "TOO_LARGE", f"has more than {MAX_RESULT_BYTES} bytes, as no tool's may have")
        raise InvalidError("the result cannot be used", (fault,))
    try:
        result = from_value(request.result) if request.HasField("result") else None
    except ValueFaultError as error:
        fault = Fault("result", "MALFORMED", str(error))
        raise InvalidError("the result cannot be used", (fault,)) from error
    return Evidence(
        settlement=Settlement(control_pb2.Settlement.Name(request.settlement).removeprefix("SETTLEMENT_").lower()),
        rationale=request.rationale,
        etag=request.etag,
        result=result,
        has_result=request.HasField("result"),
    )


def write_step(step: StepRow) -> wire.Step:
    """Return a step of a run. An output that is nested too deep to travel is left out."""
    trace, output = step.trace_id or "", None
    with contextlib.suppress(ValueFaultError):
        output = to_value(step.output) if step.state in DONE_STEPS else None
    return wire.Step(
        id=step.id,
        agent=step.agent,
        action=step.action,
        state=step_state(step.state),
        attempt=step.attempt,
        reason=step.reason or "",
        message=step.message or "",
        decision=write_stored(step.decision, step.decision_id or "", trace) if step.decision is not None else None,
        output=output,
        output_omitted=output is None and step.state in DONE_STEPS,
        labels=label_sets(step.labels or {}),
        trace_id=trace,
        start_time=timestamp(step.started_at),
        end_time=timestamp(step.finished_at),
        defer_time=timestamp(step.not_before),
    )


def write_event(entry: Entry, now: RunState) -> wire.RunEvent:
    """Return what a record says happened to a run; ``now`` is where the run stands."""
    record = entry.record
    decision, state, trace, approval, detail = (
        record.get(name) or {} for name in ("decision", "state", "trace", "approval", "detail")
    )
    said = decision.get("verdict")
    of_hand_over = record["event"] == "handoff.decided" or record["event"].startswith("approval.")
    source, target = (detail.get("from", ""), detail.get("to", "")) if of_hand_over else ("", "")
    made = wire.RunEvent(
        seq=entry.seq,
        time=timestamp_of(record["time"]),
        event=record["event"],
        step=record.get("step") or "",
        reasons=_reasons(record),
        decision_id=decision.get("id") or "",
        run_state=run_state(now),
        trace_id=trace.get("trace_id") or "",
        branch=detail.get("branch") or "",
        further=_further(record),
        memory=_memory(record),
        handed_over_by=source,
        handed_over_to=target,
        verdict=verdict(Verdict(said)) if said else decisions_pb2.VERDICT_UNSPECIFIED,
        refused=bool(decision and detail.get("refused")),
        approver=approval.get("approver") or "",
        edits=approval.get("edits") or (),
        answer=(approval.get("outcome") or "") if approval.get("approver") else "",
        stood_in_for=(record.get("on_behalf_of") or "") if approval.get("approver") else "",
        takers=(detail.get("takers") or ()) if approval.get("approver") else (),
    )
    before, after = state.get("from"), state.get("to")
    if record.get("step"):
        made.step_from, made.step_to = _step_state(before), _step_state(after)
    else:
        made.run_from, made.run_to = _run_state(before), _run_state(after)
    return made


def _memory(record: Mapping[str, Json]) -> wire.MemoryUse | None:
    """Return what was remembered, recalled or forgotten; None where it is about something else."""
    if record["event"] not in _MEMORY:
        return None
    detail = record["detail"]
    forgotten = detail.get("forgotten")
    return wire.MemoryUse(
        memory_class=detail.get("class") or "",
        purpose=detail.get("purpose") or "",
        subject_digest=detail["subject"],
        count=sum(forgotten.values()) if forgotten is not None else detail.get("count", 1),
        withheld=detail.get("withheld", 0),
    )


def _further(record: Mapping[str, Json]) -> wire.FurtherAction | None:
    """Return what a service asked for that was called in the step; None where it is about the step's own action."""
    detail, action, actor = (record.get(name) or {} for name in ("detail", "action", "actor"))
    if "under" not in detail:
        return None
    return wire.FurtherAction(
        under=detail["under"], item=detail["item"], agent=actor.get("id") or "", action=action.get("name") or ""
    )


def write_heartbeat(last_seq: int, moment: datetime, now: RunState) -> wire.RunEvent:
    """Return a sign of life."""
    return wire.RunEvent(seq=last_seq, time=timestamp(moment), run_state=run_state(now), heartbeat=True)


def run_state(state: RunState) -> wire.RunState.ValueType:
    """Return where a run stands."""
    return wire.RunState.Value(f"RUN_STATE_{state.upper()}")


def step_state(state: StepState) -> wire.StepState.ValueType:
    """Return where a step stands."""
    return wire.StepState.Value(f"STEP_STATE_{state.upper()}")


def trace_of(traceparent: str | None) -> str:
    """Return the trace id of a W3C ``traceparent``; empty when there is none."""
    return traceparent.split("-")[1] if traceparent else ""


def _reasons(record: dict[str, Json]) -> list[str]:
    """Return why: what refused it after an allow, what the decision says; else the effect, or the detail.

    Of a hand-over the detail's reason is none: it is what it is for.
    """
    decision, effect, detail = (record.get(name) or {} for name in ("decision", "effect", "detail"))
    if codes := [code for code in (detail.get("refused"), *grounds(decision)) if isinstance(code, str)]:
        return codes
    if record["event"] == "handoff.decided":
        return []
    reason = effect.get("error") or detail.get("reason")
    return [reason] if isinstance(reason, str) else []


def _run_state(text: str | None) -> wire.RunState.ValueType:
    return run_state(RunState(text)) if text else wire.RUN_STATE_UNSPECIFIED


def _step_state(text: str | None) -> wire.StepState.ValueType:
    return step_state(StepState(text)) if text else wire.STEP_STATE_UNSPECIFIED
