"""One run as people read it."""

from collections.abc import Sequence

from rich.text import Text

from assent.v1 import decisions_pb2, permits_pb2
from assent.v1 import runs_pb2 as wire
from assent_orchestrator.cli import finding
from assent_orchestrator.cli.printing import coloured, moment, say, table, word
from assent_orchestrator.cli.run_story import Story
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


def show_run(run: wire.Run, story: Story | None = None) -> None:
    """Write a run with its steps, and what its ``story`` says of them."""
    told = story or Story()
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
    say(f"  plan {run.plan_digest}")
    say(f"  trace {run.trace_id or 'none'}, etag {run.etag}")
    rows = [
        (
            step.id,
            step.agent,
            step.action,
            coloured(step_word(step.state)),
            str(step.attempt) if step.attempt else "",
            verdict_of(step),
            _why(step, told.hand_over(step)),
            told.answers(step.id),
        )
        for step in run.steps
    ]
    table(("STEP", "AGENT", "ACTION", "STATE", "TRIED", "VERDICT", "BECAUSE", "PEOPLE"), rows)


def show_further(permits: Sequence[permits_pb2.Permit], story: Story) -> None:
    """Write what services asked further that were called in a run, permitted or not; nothing where none did."""
    if not permits and not story.further:
        return
    say("  asked further:")
    given = {one.decision_id: one for one in permits}
    rows = []
    for event in story.further:
        permit = given.pop(event.decision_id, None)
        said = finding.said_text(event.verdict, refused=event.refused)
        state = said if permit is None else _permit_state(permit)
        one = event.further
        why = ", ".join(event.reasons) if permit is None else ""
        rows.append((event.step, one.item, one.agent, one.action, state, why, one.under))
    rows += [(one.step, "", one.agent, one.action, _permit_state(one), "", one.under) for one in given.values()]
    table(("IN STEP", "AS", "AGENT", "ACTION", "STATE", "BECAUSE", "UNDER"), rows)


def _permit_state(permit: permits_pb2.Permit) -> Text:
    return coloured(word(permits_pb2.PermitState, permit.state, "PERMIT_STATE"))


def _ended(run: wire.Run) -> str:
    return f", ended at {moment(run.end_time)}" if run.HasField("end_time") else ""


def because(run: wire.Run) -> str:
    """Return why a run stands where it does, unless the reason is the state again: a run that was cancelled."""
    return f" because of {run.reason}" if run.reason and run.reason.lower() != state_word(run.state) else ""


def verdict_of(step: wire.Step) -> Text:
    """Return what the policies said, and that Assent refused it nevertheless: a ledger has no room, for instance."""
    verdict = step.decision.verdict
    refused = step.state == wire.STEP_STATE_DENIED and verdict == decisions_pb2.VERDICT_ALLOW
    return finding.said_text(verdict, refused=refused)


def _why(step: wire.Step, hand_over: str) -> str:
    """Return why a step stands where it does and until when: its own reason, then those of the decision.

    Where the decision is about the ``hand_over`` to it, that is said: the action itself was not asked about.
    """
    codes = finding.codes_line(step.decision.reasons)
    own = f"{step.reason}: {step.message}" if step.message else step.reason
    until = f"until {moment(step.defer_time)}" if step.HasField("defer_time") else ""
    why = "; ".join(part for part in (own if step.reason not in codes else "", codes, until) if part)
    return ": ".join(part for part in (hand_over, why) if part)
