"""The commands ``process list``, ``process show`` and ``process diff``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assent.v1 import processes_pb2 as wire
from assent_orchestrator.cli import amendments, mining
from assent_orchestrator.cli.bundle import UnderOption
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.plan_file import read_plan_file
from assent_orchestrator.cli.printing import json_of, say, say_json, table
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.process_card import (
    change_json,
    get_process,
    plan_json,
    read_shown,
    show_changes,
    show_process,
)
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.cli.written import needs_workspace, written_catalogue
from assent_orchestrator.plan.difference import difference, may_vary, with_plan
from assent_orchestrator.plan.expand import expand
from assent_orchestrator.server.translate.process import write_process

if TYPE_CHECKING:
    from assent_sidecar.catalogue.process import Process

app = typer.Typer(help="See how work is done, and how that may change.", rich_markup_mode=None)

ProcessArgument = Annotated[str, typer.Argument(metavar="NAME", help="The process.")]
WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", "-w", metavar="DIR", help="That of this workspace, without any server.")
]


@app.command("list")
@with_connection
def list_command(common: Common) -> int:
    """List the processes of the bundle in force."""
    with Connection(common) as connection:
        request = wire.ListProcessesRequest(parent=connection.parent)
        found = connection.call(connection.processes.ListProcesses, request).processes
    if common.as_json:
        say_json({"processes": [json_of(one) for one in found]})
    elif not found:
        say("nothing is to be run: the bundle in force has no processes")
    else:
        rows = [(short(one.name), one.version, one.title, one.owner, one.department) for one in found]
        table(("PROCESS", "VERSION", "TITLE", "OWNER", "DEPARTMENT"), rows)
    return ExitCode.DONE


@app.command("show")
@with_connection
def show_command(
    common: Common,
    *,
    name: ProcessArgument,
    workspace: WorkspaceOption = None,
    under: UnderOption = None,
    as_plan: Annotated[
        bool, typer.Option("--plan", help="Write the plan that it is, as JSON: to be changed, checked and proposed.")
    ] = False,
) -> int:
    """Show a process: whose it is, its version, its steps, and what a plan may change."""
    needs_workspace(under, workspace)
    if workspace is not None:
        shown = write_process(common.tenant or "local", _written(workspace, name, under), "")
    else:
        with Connection(common) as connection:
            shown = get_process(connection, name)
    if as_plan:
        # It is to be edited, wherever it is written to.
        typer.echo(json.dumps(plan_json(read_shown(shown)), ensure_ascii=False, indent=2))
    elif common.as_json:
        say_json(shown)
    else:
        show_process(read_shown(shown), shown.revision)
    return ExitCode.DONE


@app.command("diff")
@with_connection
def diff_command(
    common: Common,
    *,
    name: ProcessArgument,
    other: Annotated[Path, typer.Argument(metavar="OTHER", help="The folder of a workspace, or the file of a plan.")],
    workspace: WorkspaceOption = None,
    under: UnderOption = None,
) -> int:
    """Say what is different in OTHER, and whether a plan may differ so; the exit code is 1 when it may not."""
    needs_workspace(under, workspace or (other if other.is_dir() else None))
    if workspace is not None:
        before = _written(workspace, name, under)
    else:
        with Connection(common) as connection:
            before = read_shown(get_process(connection, name))
    is_plan = not other.is_dir()
    if is_plan:
        plan = read_plan_file(other).plan
        if plan.process != name:
            raise Problem(f"{other} is a plan for {plan.process}, not for {name}", ExitCode.INVALID)
        after = with_plan(before, expand(plan, before))
    else:
        after = _written(other, name, under)
    changes, varies = difference(before, after), may_vary(before, after)
    if common.as_json:
        say_json({"process": name, "changes": [change_json(one) for one in changes], "may_vary": varies})
    else:
        whose = f"{other}" if is_plan else f"{after.version} of {other}"
        say(f"{name} {before.version} -> {whose}: {len(changes)} difference{'s'[: len(changes) != 1]}")
        show_changes(changes)
        if changes:
            say(_VARIES if varies else _AMENDS)
    return ExitCode.DONE if varies and (is_plan or not changes) else ExitCode.NO


_VARIES = "steps and choices: a plan may differ so, as the process says under may"
_AMENDS = "steps and choices: no plan may differ so; it takes a new version in a new bundle"


def _written(root: Path, name: str, under: Path | None) -> "Process":
    processes = written_catalogue(root, under).processes
    if name not in processes:
        there = ", ".join(sorted(processes)) or "none"
        raise Problem(f"the workspace {root} has no process {name!r}; it has {there}", ExitCode.NOT_FOUND)
    return processes[name]


amendments.register(app)
app.command("mine")(mining.mine_command)
