"""What happened in a run and why: the records of the trail, drawn together to one line for each thing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from assent.v1 import runs_pb2
from assent.v1.decisions_pb2 import Reason
from assent_orchestrator.cli.demo.performance import Act
from assent_orchestrator.tools.value import from_struct
from assent_sidecar.model import Json

_SKIPPED = {
    "CONDITION_NOT_MET": "not taken",
    "BRANCH_NOT_CHOSEN": "not taken: another branch is",
    "NOT_NEEDED": "not needed: what it stands in for was done",
    "DEPENDENCY_SKIPPED": "not taken: it builds on a step that was not taken",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened, ``at`` seconds after the run was recorded.

    ``outcome`` is what became of it (``done``, ``denied``, ``asked``, ``failed``, ``unknown``, ``approved``,
    ``skipped``, ``noted``), ``reason`` why, where there is more to say than that it was allowed.
    """

    at: float
    step: str
    what: str
    outcome: str
    verdict: str = ""
    control: str = ""
    decision_id: str = ""
    revision: str = ""
    trace_id: str = ""
    reason: Reason | None = None


def timeline(act: Act) -> tuple[Moment, ...]:
    """Return the moments of a run, oldest first."""
    reasons = _reasons(act)
    conditions = {step.id: step.when for step in act.run.plan.steps}
    moments: list[Moment] = []
    for entry in act.records:
        record = from_struct(entry.record)
        if not _closes(record, moments):
            at = (entry.time.ToNanoseconds() - act.run.create_time.ToNanoseconds()) / 1e9
            made = _moment(record, max(at, 0.0), conditions, reasons)
            moments.extend(one for one in (made,) if one is not None)
    return tuple(moments)


def _reasons(act: Act) -> Mapping[str, Reason]:
    """Return the leading reason of each decision that the server told us in full, by the decision's id."""
    found = {step.decision.decision_id: step.decision.reasons for step in act.run.steps if step.decision.reasons}
    found |= {approval.decision_id: approval.reasons for approval in act.asked if approval.reasons}
    return {decision_id: reasons[0] for decision_id, reasons in found.items()}


def _closes(record: dict[str, Json], moments: list[Moment]) -> bool:
    """Note the outcome of an action in the moment in which it was decided."""
    event, step = record["event"], record.get("step")
    if not event.startswith("action.") or event == "action.intended":
        return False
    for place in range(len(moments) - 1, -1, -1):
        if moments[place].step == step and moments[place].outcome == "noted":
            moments[place] = replace(
                moments[place], outcome={"action.succeeded": "done"}.get(event, event.removeprefix("action."))
            )
            return True
    return False


def _moment(
    record: dict[str, Json], at: float, conditions: Mapping[str, str], reasons: Mapping[str, Reason]
) -> Moment | None:
    event, step = record["event"], record.get("step") or ""
    trace_id = (record.get("trace") or {}).get("trace_id") or ""
    if event in _SAID or (step and event.startswith("memory.")):
        return None
    match event.split("."):
        case ["decision", "made"]:
            return _decision(record, at, conditions.get(step, ""), reasons, trace_id)
        case ["handoff", "decided"]:
            return _decision(record, at, "", reasons, trace_id)
        case ["step", "skipped"]:
            why = (record.get("detail") or {}).get("reason") or ""
            return Moment(at, step, _SKIPPED.get(why, why), "skipped", trace_id=trace_id)
        case ["step", "succeeded"] if branch := (record.get("detail") or {}).get("branch"):
            return Moment(at, step, f"the branch {branch} is taken", "done", trace_id=trace_id)
        case ["approval", "answered"]:
            given = record["approval"]
            outcome = "approved" if given["outcome"] == "approved" else "denied"
            return Moment(at, step, f"{given['approver']} says {_ANSWERS[outcome]}", outcome, trace_id=trace_id)
        case ["approval", "opened"]:
            return Moment(at, step, f"{record['actor']['id']} reads the question", "noted", trace_id=trace_id)
        case ["run", "created"]:
            detail = record["detail"]
            what = f"{record['actor']['id']} submits {detail['process']} for {record['on_behalf_of']}"
            return Moment(at, "", what, "noted", trace_id=trace_id)
        case ["run", state]:
            return Moment(at, "", state, _RUN_OUTCOMES.get(state, "noted"), trace_id=trace_id)
        case _:
            return Moment(at, step, event.replace(".", " "), "noted", trace_id=trace_id)


_SAID = frozenset(
    {"action.intended", "run.running", "run.waiting"}
    | {f"approval.{became}" for became in ("requested", "edited", "approved", "rejected", "consumed")}
)
"""What is left out, as is what a step did with memory: the decision before it, or the answer, says it already."""
_ANSWERS = {"approved": "yes", "denied": "no"}
_OUTCOMES = {"deny": "denied", "halt": "denied", "require_approval": "asked", "defer": "asked"}
_RUN_OUTCOMES = {"succeeded": "done", "failed": "failed", "halted": "denied"}


def _decision(
    record: dict[str, Json], at: float, when: str, reasons: Mapping[str, Reason], trace_id: str
) -> Moment | None:
    decision, step = record["decision"], record.get("step") or ""
    verdict, identifier, revision = decision["verdict"], decision["id"], decision["revision"]
    match decision.get("kind"):
        case "condition" if (record.get("state") or {}).get("to") == "skipped":
            what, outcome = f"not taken: {when} does not hold", "skipped"
        case "condition":
            return None  # it is taken: the decision on its action follows
        case "plan":
            what, outcome = ("may start", "done") if verdict == "allow" else ("may not start", "denied")
        case "handoff":
            passing = record["detail"]
            called = passing["reason"] == "call"
            what = f"hands over to {passing['to']}" if called else f"takes over from {passing['from']}"
            outcome = "done" if verdict == "allow" else _OUTCOMES.get(verdict, "noted")
        case _:
            what, outcome = record["action"]["name"], _OUTCOMES.get(verdict, "noted")
    reason = reasons.get(identifier)
    return Moment(
        at=at,
        step=step,
        what=what,
        outcome=outcome,
        verdict=verdict if outcome != "skipped" else "",
        control=reason.control if reason else _control(decision),
        decision_id=identifier,
        revision=revision,
        trace_id=trace_id,
        reason=reason,
    )


def _control(decision: dict[str, Json]) -> str:
    """Return the control of a decision whose reasons the trail has only as codes."""
    return decision["controls"][-1] if len(decision["controls"]) == 1 else ""


def denied(act: Act, step: str) -> tuple[Moment, runs_pb2.Step] | None:
    """Return the moment in which a step was denied, and the step; None when it was not."""
    found = next((one for one in timeline(act) if one.step == step and one.outcome == "denied"), None)
    return (found, act.step(step)) if found else None
