"""The commands ``runs pause``, ``runs resume`` and ``runs reconcile``, beside those of ``runs``."""

import json
from enum import StrEnum
from typing import Annotated

import typer
from google.protobuf import json_format, struct_pb2

from assent.v1 import control_pb2
from assent.v1 import runs_pb2 as wire
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import moment, say, say_json
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.run_card import short, state_text, step_word
from assent_orchestrator.cli.runs import EtagOption, RunArgument, app

__all__ = ["app"]


class Settlement(StrEnum):
    """What became of a call, as the wire has it: the room that owns the word loads a database."""

    DONE = "done"
    NOT_DONE = "not_done"
    FAILED = "failed"


ReasonOption = Annotated[str, typer.Option("--reason", "-m", metavar="TEXT", help="Why; the trail keeps it.")]
StepArgument = Annotated[str, typer.Argument(metavar="STEP", help="The step, as `runs show` names it.")]
SettlementArgument = Annotated[
    Settlement,
    typer.Argument(
        metavar="SETTLEMENT",
        help="done; not_done: the policies decide whether it is tried again; failed: it is not tried again.",
    ),
]
ResultOption = Annotated[
    str | None, typer.Option(metavar="JSON", help="What the tool would have answered; needed with done.")
]
RationaleOption = Annotated[
    str, typer.Option("--rationale", "-m", metavar="TEXT", help="How it was found out; the trail keeps it.")
]


@app.command("pause")
@with_connection
def pause_command(common: Common, *, run: RunArgument, reason: ReasonOption) -> int:
    """Pause a run: nothing more is begun until it is resumed; what is under way is settled."""
    with Connection(common) as connection:
        request = control_pb2.PauseRunRequest(name=connection.name("runs", run), reason=reason)
        found = connection.call(connection.runs.PauseRun, request)
    if common.as_json:
        say_json(found)
    elif found.pause_reason != reason:
        since = moment(found.pause_time)
        say(f"run {short(found.name)} is already paused by {found.pauser} since {since}: {found.pause_reason}")
        say("  your reason was not kept: a run is paused once")
    else:
        say(f"paused; let it go on with: assent runs resume {short(found.name)} --reason ...")
    return ExitCode.DONE


@app.command("resume")
@with_connection
def resume_command(common: Common, *, run: RunArgument, reason: ReasonOption) -> int:
    """Let a run go on that was paused."""
    with Connection(common) as connection:
        request = control_pb2.ResumeRunRequest(name=connection.name("runs", run), reason=reason)
        found = connection.call(connection.runs.ResumeRun, request)
    if common.as_json:
        say_json(found)
    else:
        say(f"goes on: run {short(found.name)} is ", state_text(found.state))
    return ExitCode.DONE


@app.command("reconcile")
@with_connection
def reconcile_command(
    common: Common,
    *,
    run: RunArgument,
    step: StepArgument,
    settlement: SettlementArgument,
    rationale: RationaleOption,
    result: ResultOption = None,
    etag: EtagOption = "",
) -> int:
    """Say what became of a step that is unknown: look into the system itself first."""
    if settlement is Settlement.DONE and result is None:
        raise Problem("done needs --result: what the tool would have answered, as JSON", ExitCode.USAGE)
    value = result_value(result) if result is not None else None
    with Connection(common) as connection:
        name = connection.name("runs", run)
        seen = etag or connection.call(connection.runs.GetRun, wire.GetRunRequest(name=name)).etag
        request = control_pb2.ReconcileStepRequest(
            name=name,
            step=step,
            settlement=control_pb2.Settlement.Value(f"SETTLEMENT_{settlement.upper()}"),
            result=value,
            rationale=rationale,
            etag=seen,
        )
        found = connection.call(connection.runs.ReconcileStep, request)
    if common.as_json:
        say_json(found)
    else:
        state = next(one.state for one in found.steps if one.id == step)
        say(f"settled: step {step} is {step_word(state)}, run {short(found.name)} is ", state_text(found.state))
    return ExitCode.DONE


def result_value(text: str) -> struct_pb2.Value:
    """Return what a person says that the tool would have answered."""
    try:
        return json_format.ParseDict(json.loads(text), struct_pb2.Value())
    except (ValueError, json_format.ParseError) as error:
        raise Problem("--result is no JSON", ExitCode.USAGE) from error
