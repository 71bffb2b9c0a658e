"""The commands ``plan check``, ``plan simulate`` and ``plan run``."""

# ruff: noqa: PLC0415 -- see _check_offline

from pathlib import Path
from typing import Annotated

import typer

from assent.v1 import forecasts_pb2
from assent.v1 import runs_pb2 as wire
from assent_orchestrator.cli.bundle import UnderOption
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.forecast_card import show_forecast
from assent_orchestrator.cli.headline import would_pass
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.picture.drawing import Drawing, draw
from assent_orchestrator.cli.plan_file import PlanFile, plan_of_process, read_plan_file
from assent_orchestrator.cli.printing import say, say_json
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.refusal import Refusal
from assent_orchestrator.cli.run_card import short, state_text
from assent_orchestrator.cli.watch import watch_run
from assent_orchestrator.cli.written import needs_workspace, written_catalogue

app = typer.Typer(help="Check, forecast and carry out plans.", rich_markup_mode=None)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The plan, YAML or JSON; - reads it from stdin.")]
OptionalFile = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="The plan, YAML or JSON; - reads it from stdin.")
]
ProcessOption = Annotated[str | None, typer.Option(metavar="NAME", help="Instead of FILE: this process as written.")]
InputOption = Annotated[
    list[str] | None, typer.Option("--input", "-i", metavar="NAME=VALUE", help="An input, over the file's; repeatable.")
]


@app.command("check")
@with_connection
def check_command(
    common: Common,
    *,
    file: FileArgument,
    inputs: InputOption = None,
    workspace: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Check against this workspace, without any server.")
    ] = None,
    under: UnderOption = None,
) -> int:
    """Say everything that is wrong with a plan, each fault with its line. Nothing happens, nothing is decided."""
    needs_workspace(under, workspace)
    written = read_plan_file(file, inputs or ())
    if workspace is None:
        with Connection(common) as connection:
            steps = len(_forecast(connection, written).steps)
    else:
        steps = _check_offline(written, workspace, under)
    if common.as_json:
        say_json({"sound": True, "process": written.plan.process, "steps": steps})
    else:
        say(f"the plan is sound: {written.plan.process}, {steps} step{'s'[: steps != 1]}")
    return ExitCode.DONE


@app.command("simulate")
@with_connection
def simulate_command(
    common: Common,
    *,
    file: OptionalFile = None,
    process: ProcessOption = None,
    inputs: InputOption = None,
    picture: Annotated[
        Drawing | None, typer.Option(help="Draw it: steps, edges, verdicts, approvals, ledgers and labels.")
    ] = None,
) -> int:
    """Show what the policies would decide on each step, which approvals it needs, and what makes it fail.

    All of it as far as the values are known. Nothing happens.
    """
    if picture is not None and common.as_json:
        raise Problem("--picture and --json are two ways of showing it; give one of them", ExitCode.USAGE)
    written = _written(file, process, inputs)
    with Connection(common) as connection:
        forecast = _forecast(connection, written)
    if common.as_json:
        say_json(forecast)
    elif picture is not None:
        draw(forecast, picture)
    else:
        show_forecast(forecast)
    return ExitCode.DONE if would_pass(forecast) else ExitCode.NO


@app.command("run")
@with_connection
def run_command(
    common: Common,
    *,
    file: OptionalFile = None,
    process: ProcessOption = None,
    inputs: InputOption = None,
    request_id: Annotated[
        str | None, typer.Option(metavar="ID", help="The same id again answers with the same run.")
    ] = None,
    on_behalf_of: Annotated[str | None, typer.Option(metavar="ID", help="The person for whom the run acts.")] = None,
    watch: Annotated[bool, typer.Option("--watch/--no-watch", help="Show what happens until the run ends.")] = True,
) -> int:
    """Submit a plan and follow its run. Ctrl-C stops watching, never the run."""
    written = _written(file, process, inputs)
    plan = written.wire()
    plan.request_id = request_id or plan.request_id
    plan.on_behalf_of = on_behalf_of or plan.on_behalf_of
    with Connection(common) as connection:
        try:
            run = connection.call(
                connection.runs.SubmitPlan, wire.SubmitPlanRequest(parent=connection.parent, plan=plan)
            )
        except Refusal as refusal:
            raise written.explained(refusal) from refusal
        if watch:
            if not common.as_json:
                say(f"run {short(run.name)} of {run.process} {run.process_version}")
            return watch_run(connection, run.name, as_json=common.as_json)
    if common.as_json:
        say_json(run)
    else:
        say(f"run {short(run.name)} of {run.process} {run.process_version}: ", state_text(run.state))
    return ExitCode.DONE


def _written(file: Path | None, process: str | None, inputs: list[str] | None) -> PlanFile:
    if (file is None) == (process is None):
        raise Problem("name either a plan file or --process, and not both", ExitCode.USAGE)
    return read_plan_file(file, inputs or ()) if file else plan_of_process(process or "", inputs or ())


def _forecast(connection: Connection, written: PlanFile) -> forecasts_pb2.Forecast:
    request = wire.SimulatePlanRequest(parent=connection.parent, plan=written.wire())
    try:
        return connection.call(connection.runs.SimulatePlan, request)
    except Refusal as refusal:
        raise written.explained(refusal) from refusal


def _check_offline(written: PlanFile, root: Path, under: Path | None) -> int:
    # Here, because reading schemas and workspaces is a third of what the command line takes to start.
    from assent_orchestrator.plan.check import check
    from assent_orchestrator.plan.expand import expand

    catalogue = written_catalogue(root, under)
    faults = check(written.plan, catalogue)
    if faults:
        raise written.problem("the plan cannot be carried out; mend what is listed", faults)
    return len(expand(written.plan, catalogue.processes[written.plan.process]).steps)
