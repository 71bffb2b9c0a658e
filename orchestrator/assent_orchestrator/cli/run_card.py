"""One run as people read it."""

from collections.abc import Sequence

from rich.text import Text

from assent.v1 import decisions_pb2, permits_pb2
from assent.v1 import runs_pb2 as wire
from assent_orchestrator.cli import finding
from assent_orchestrator.cli.printing import coloured, moment, say, table, word
from assent_orchestrator.plan.state import TERMINAL_RUNS

ENDED = frozenset(wire.RunState.Value(f"RUN_STATE_{state.name}") for state in TERMINAL_RUNS)
"""The states that a run does not leave."""


def short(name: str) -> str:
    """Return the id at the end of a resource name."""
    return name.rpartition("/")[2]


def state_word(state: int) -> str:
    """Return where a run stands."""
    return word(wire.RunState, state, "RUN_STATE")


def state_text(state: int) -> Text:
    """Return where a run stands, in its colour."""
    return coloured(state_word(state))


def step_word(state: int) -> str:
    """Return where a step stands."""
    return word(wire.StepState, state, "STEP_STATE")


def show_run(run: wire.Run) -> None:
    """Write a run with its steps."""
    say(f"run {short(run.name)} of {run.process} {run.process_version}: ", state_text(run.state), because(run))
    acting = f", for {run.principal}" if run.principal != run.submitter else ""
    say(f"  submitted by {run.submitter}{acting} at {moment(run.create_time)}", _ended(run))
    if run.not_undone:
        say(f"  not undone: {', '.join(run.not_undone)}")
    if run.pauser:
        say(f"  paused by {run.pauser} since {moment(run.pause_time)}: {run.pause_reason}")
    if run.HasField("deadline"):
        say(f"  has time until {moment(run.deadline)}")
    if run.driver:
        say(f"  driven by {run.driver}")
    say(f"  revision {run.revision}")
    say(f"  plan {run.plan_digest}, trace {run.trace_id or 'none'}, etag {run.etag}")
    rows = [
        (
            step.id,
            step.agent,
            step.action,
            coloured(step_word(step.state)),
            str(step.attempt) if step.attempt else "",
            _verdict(step),
            _why(step),
        )
        for step in run.steps
    ]
    table(("STEP", "AGENT", "ACTION", "STATE", "TRIED", "VERDICT", "BECAUSE"), rows)


def show_further(permits: Sequence[permits_pb2.Permit]) -> None:
    """Write what services were permitted that were called in a run; nothing where none was."""
    if not permits:
        return
    say("  asked further:")
    rows = [
        (one.step, one.agent, one.action, coloured(word(permits_pb2.PermitState, one.state, "PERMIT_STATE")), one.under)
        for one in permits
    ]
    table(("IN STEP", "AGENT", "ACTION", "STATE", "UNDER"), rows)


def _ended(run: wire.Run) -> str:
    return f", ended at {moment(run.end_time)}" if run.HasField("end_time") else ""


def because(run: wire.Run) -> str:
    """Return why a run stands where it does, unless the reason is the state again: a run that was cancelled."""
    return f" because of {run.reason}" if run.reason and run.reason.lower() != state_word(run.state) else ""


def _verdict(step: wire.Step) -> Text:
    """Return what the policies said, and that Assent refused it nevertheless: a ledger has no room, for instance."""
    said = finding.verdict_text(step.decision.verdict)
    if step.state == wire.STEP_STATE_DENIED and step.decision.verdict == decisions_pb2.VERDICT_ALLOW:
        return Text.assemble(said, ", then ", coloured("refused"))
    return said


def _why(step: wire.Step) -> str:
    """Return why a step stands where it does and until when: its own reason, then those of the decision."""
    codes = finding.codes_line(step.decision.reasons)
    own = f"{step.reason}: {step.message}" if step.message else step.reason
    until = f"until {moment(step.defer_time)}" if step.HasField("defer_time") else ""
    return "; ".join(part for part in (own if step.reason not in codes else "", codes, until) if part)
