"""The commands ``runs list``, ``runs show``, ``runs watch`` and ``runs cancel``."""

from typing import Annotated

import typer

from assent.v1 import permits_pb2
from assent.v1 import runs_pb2 as wire
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import json_of, moment, say, say_json, table
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.run_card import short, show_further, show_run, state_text
from assent_orchestrator.cli.run_story import Story
from assent_orchestrator.cli.step_card import show_step
from assent_orchestrator.cli.watch import watch_run
from assent_orchestrator.plan.state import RunState

_FURTHER = 500
"""Permits of a run that are shown with it; there may be more, which ``permits list --run`` lists."""

_TOLD = 20_000
"""Events of a kind that are looked through for what is shown with a run; `runs watch` has all of them."""

app = typer.Typer(help="Look at runs, follow them, stop them.", rich_markup_mode=None)

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="The run: its id, or its whole name.")]
EtagOption = Annotated[str, typer.Option(help="Only if the run is still as it was with this etag.")]
LimitOption = Annotated[int, typer.Option(min=1, max=100_000, metavar="N", help="How many at most.")]


@app.command("list")
@with_connection
def list_command(
    common: Common,
    *,
    state: Annotated[RunState | None, typer.Option(help="Only runs that stand there.")] = None,
    process: Annotated[str | None, typer.Option(metavar="NAME", help="Only runs of this process.")] = None,
    limit: LimitOption = 50,
) -> int:
    """List runs, newest first."""
    terms = (f"state={state.upper()}" if state else "", f"process={process}" if process else "")
    with Connection(common) as connection:
        request = wire.ListRunsRequest(parent=connection.parent, filter=joined(*terms))
        found = list(connection.pages(connection.runs.ListRuns, request, "runs", limit=limit))
    if common.as_json:
        say_json({"runs": [json_of(run) for run in found]})
    elif not found:
        say("no runs")
    else:
        rows = [
            (short(run.name), run.process, state_text(run.state), run.reason, moment(run.create_time), run.submitter)
            for run in found
        ]
        table(("RUN", "PROCESS", "STATE", "BECAUSE", "SINCE", "BY"), rows)
    return ExitCode.DONE


@app.command("show")
@with_connection
def show_command(
    common: Common,
    *,
    run: RunArgument,
    step: Annotated[str, typer.Option(metavar="STEP", help="Only this step, and what it returned.")] = "",
) -> int:
    """Show a run: its steps, where each stands, and why."""
    with Connection(common) as connection:
        if step:
            name = f"{connection.name('runs', run)}/steps/{step}"
            found_step = connection.call(connection.runs.GetStep, wire.GetStepRequest(name=name))
            story = Story() if common.as_json else _story(connection, run)
            if common.as_json:
                say_json(found_step)
            else:
                show_step(found_step, story)
            return ExitCode.DONE
        found = connection.call(connection.runs.GetRun, wire.GetRunRequest(name=connection.name("runs", run)))
        story = Story() if common.as_json else _story(connection, run)
        further = [] if common.as_json else _further(connection, found)
    if common.as_json:
        say_json(found)
    else:
        show_run(found, story)
        show_further(further, story)
    return ExitCode.DONE


def _further(connection: Connection, run: wire.Run) -> list[permits_pb2.Permit]:
    """Return what services were permitted that were called in a run, the first one first."""
    request = permits_pb2.ListPermitsRequest(parent=connection.parent, filter=f"run={short(run.name)}")
    try:
        return list(connection.pages(connection.decisions.ListPermits, request, "permits", limit=_FURTHER))[::-1]
    except Problem:  # the run is shown nevertheless; an older server knows no such permits
        return []


def _story(connection: Connection, run: str) -> Story:
    """Return what happened in a run that its steps do not say."""
    name = connection.name("runs", run)
    events: list[wire.RunEvent] = []
    try:
        for kind in ("approval.*", "handoff.decided", "decision.made"):
            request = wire.ListRunEventsRequest(parent=name, filter=f"event={kind}")
            events += connection.pages(connection.runs.ListRunEvents, request, "events", limit=_TOLD)
    except Problem:  # the run is shown nevertheless; an older server does not tell it
        return Story()
    return Story.of(events)


@app.command("watch")
@with_connection
def watch_command(
    common: Common,
    *,
    run: RunArgument,
    after_seq: Annotated[int, typer.Option(min=0, metavar="SEQ", help="Only what happened after this record.")] = 0,
) -> int:
    """Show what happens to a run until it ends. Ctrl-C stops watching, never the run."""
    with Connection(common) as connection:
        return watch_run(connection, connection.name("runs", run), as_json=common.as_json, after_seq=after_seq)


@app.command("cancel")
@with_connection
def cancel_command(
    common: Common,
    *,
    run: RunArgument,
    etag: EtagOption = "",
    compensate: Annotated[bool, typer.Option("--compensate", help="Undo what was done, the last first.")] = False,
    reason: Annotated[str, typer.Option("--reason", "-m", metavar="TEXT", help="Why; the trail keeps it.")] = "",
) -> int:
    """Ask a run to stop: nothing more is begun; what is under way is awaited."""
    with Connection(common) as connection:
        name = connection.name("runs", run)
        request = wire.CancelRunRequest(name=name, etag=etag, compensate=compensate, reason=reason)
        found = connection.call(connection.runs.CancelRun, request)
    if common.as_json:
        say_json(found)
    else:
        say(f"asked to stop: run {short(found.name)} is ", state_text(found.state))
        if compensate and found.pauser:
            say(f"  it is paused by {found.pauser}: nothing is undone until somebody who may resumes it (runs resume)")
    return ExitCode.DONE


def joined(*terms: str) -> str:
    """Return a filter of the terms that say something (AIP-160); each is named as its option.

    Raises:
        Problem: a value cannot be looked for.
    """
    for term in terms:
        name, _, value = term.partition("=")
        if set(value) & set(' "=()<>'):
            raise Problem(
                f"--{name}: {value!r} is no such name; it has no spaces, quotes, =, <, > or ( )", ExitCode.USAGE
            )
    return " AND ".join(term for term in terms if term)
