"""The demo as one JSON document, for programs."""

from collections.abc import Iterable

from assent.v1 import approvals_pb2, runs_pb2
from assent_orchestrator.cli.demo.ending import Ending
from assent_orchestrator.cli.demo.next_steps import NextStep
from assent_orchestrator.cli.demo.performance import Act
from assent_orchestrator.cli.demo.timeline import Moment, timeline
from assent_sidecar.model import Json


def document(ending: Ending, revision: str, seconds: float, steps: Iterable[NextStep] = ()) -> dict[str, Json]:
    """Return everything that the page tells. ``steps`` is there when the demo keeps running."""
    found = ending.verification
    return {
        "schema": "assent.demo/v1",
        "ok": ending.good,
        "seconds": round(seconds, 3),
        "revision": revision,
        "runs": [_run(act, ending) for act in ending.acts],
        "emails": [{"to": letter.to, "subject": letter.subject} for letter in ending.letters],
        "attempts": [{"what": one.what, "refused": one.refused, "codes": list(one.codes)} for one in ending.attempts],
        "verification": {
            "records": found.records,
            "intact": found.intact,
            "head": found.head_hash,
            "first_bad_seq": found.first_bad_seq,
            "problem": found.problem,
        },
        "checks": [{"promise": check.promise, "kept": check.kept} for check in ending.checks],
        "next": [{"purpose": step.purpose, "command": step.command} for step in steps],
    }


def _run(act: Act, ending: Ending) -> dict[str, Json]:
    return {
        act.customer.input: act.customer.key,
        "customer": act.customer.name,
        "run": act.run.name,
        "state": _word(runs_pb2.RunState.Name(act.run.state), "RUN_STATE_"),
        "trace_id": act.run.trace_id,
        "emails": len(ending.letters_to(act)),
        "approvals": [_approval(one) for one in act.answered],
        "steps": [
            {
                "id": step.id,
                "action": step.action,
                "state": _word(runs_pb2.StepState.Name(step.state), "STEP_STATE_"),
                "reason": step.reason,
            }
            for step in act.run.steps
        ],
        "timeline": [_moment(moment) for moment in timeline(act)],
    }


def _approval(approval: approvals_pb2.Approval) -> dict[str, Json]:
    return {
        "approval": approval.name,
        "step": approval.step,
        "action": approval.action,
        "state": _word(approvals_pb2.ApprovalState.Name(approval.state), "APPROVAL_STATE_"),
        "code": approval.reasons[0].code,
        "control": approval.reasons[0].control,
        "approvers": [one.approver for one in approval.answers],
    }


def _moment(moment: Moment) -> dict[str, Json]:
    reason = moment.reason
    return {
        "at": round(moment.at, 3),
        "step": moment.step,
        "what": moment.what,
        "outcome": moment.outcome,
        "verdict": moment.verdict,
        "code": reason.code if reason else "",
        "message": reason.message if reason else "",
        "control": moment.control,
        "rule": reason.rule if reason else "",
        "scope": reason.scope if reason else "",
        "decision_id": moment.decision_id,
        "trace_id": moment.trace_id,
        "revision": moment.revision,
    }


def _word(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).lower()
