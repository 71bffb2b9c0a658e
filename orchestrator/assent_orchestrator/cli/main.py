"""``assent``: the commands, and what becomes of what goes wrong in them."""

import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence

import typer

from assent_orchestrator.cli import (
    agents,
    approvals,
    audit,
    bundle,
    decide,
    delegations,
    ledgers,
    memory,
    plan,
    policy,
    process,
    run_control,
    stops,
)
from assent_orchestrator.cli.doctor import doctor_command
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.init import init_command
from assent_orchestrator.cli.log import one_line
from assent_orchestrator.cli.options import (
    CallerOption,
    ClientCertOption,
    ClientKeyOption,
    Common,
    JsonOption,
    ServerOption,
    TenantOption,
    TlsCaOption,
    TokenFileOption,
)
from assent_orchestrator.cli.printing import note
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.serve_command import serve_command

app = typer.Typer(
    name="assent",
    help="No agent acts without assent.",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def common(
    ctx: typer.Context,
    *,
    server: ServerOption = None,
    token_file: TokenFileOption = None,
    caller: CallerOption = None,
    tenant: TenantOption = None,
    tls_ca: TlsCaOption = None,
    client_cert: ClientCertOption = None,
    client_key: ClientKeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Govern what AI agents do: plans, runs, approvals and the trail of an Assent server."""
    ctx.obj = Common(server, token_file, caller, tenant, tls_ca, client_cert, client_key, as_json)


_ERROR = len("error: ")
"""Columns by which what is wrong stands further right than the line begins."""

_THERE = {
    "--class": "assent memory classes shows which there are, with their purposes",
    "--purpose": "assent memory classes shows the purposes, word for word",
}
"""Where it is listed what may stand behind an option that is missing."""

_HEAVY = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""Of commands that load a whole server: what they take is read only when they are called."""


@app.command("demo", context_settings=_HEAVY)
def demo(ctx: typer.Context) -> None:
    """Renew three contracts of a made-up company, or review three, and show what was decided and why."""
    from assent_orchestrator.cli.demo import demo_command  # noqa: PLC0415 -- it loads a whole server

    _hand_over(ctx, "demo", demo_command)


@app.command("chaos", context_settings=_HEAVY)
def chaos(ctx: typer.Context) -> None:
    """Break a deployment of its own in one way after another, and check that no tool is called without an allow."""
    from assent_orchestrator.cli.chaos.command import chaos_command  # noqa: PLC0415 -- as above

    _hand_over(ctx, "chaos", chaos_command)


def _hand_over(ctx: typer.Context, name: str, command: Callable[..., None]) -> None:
    inner = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    inner.command(name)(command)
    code = inner(list(ctx.args), prog_name=f"assent {name}", standalone_mode=False, obj=ctx.obj)
    raise typer.Exit(code if isinstance(code, int) else ExitCode.DONE)


app.command("init")(init_command)
app.command("serve")(serve_command)
app.add_typer(plan.app, name="plan")
app.add_typer(process.app, name="process")
app.add_typer(agents.app, name="agents")
app.add_typer(run_control.app, name="runs")
app.add_typer(approvals.app, name="approvals")
app.command("stop")(stops.stop_command)
app.command("lift")(stops.lift_command)
app.add_typer(stops.app, name="stops")
app.add_typer(delegations.app, name="delegations")
app.command("decide")(decide.decide_command)
app.add_typer(decide.app, name="permits")
app.add_typer(ledgers.app, name="ledgers")
app.add_typer(memory.app, name="memory")
app.add_typer(audit.app, name="audit")
app.add_typer(policy.app, name="policy")
app.add_typer(bundle.app, name="bundle")
app.command("doctor")(doctor_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and end the process with its exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run a command; say what goes wrong in one line on stderr; return the exit code."""
    as_json = "--json" in arguments
    try:
        code = app(list(arguments), prog_name="assent", standalone_mode=False)
        sys.stdout.flush()
    except Problem as problem:
        return _say(problem, as_json=as_json)
    except typer.TyperException as error:
        return _say(_misused(error), as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has seen enough (Typer and Rich exit then); nothing more can be flushed there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except Exception as error:  # noqa: BLE001 -- the last line of defence: nobody reads a traceback gladly
        if os.environ.get("ASSENT_DEBUG"):
            traceback.print_exc()
        what = f"something went wrong inside ({type(error).__name__}); run it again with ASSENT_DEBUG=1 to see where"
        return _say(Problem(what, ExitCode.INTERNAL), as_json=as_json)
    return code if isinstance(code, int) else ExitCode.DONE


def _misused(error: typer.TyperException) -> Problem:
    """Return what is wrong with a command line, and whose help says how it is meant."""
    context = getattr(error, "ctx", None)
    said = " ".join(error.format_message().split()).replace("Value error, ", "").rstrip(".")
    message = f"{said}; see {context.command_path if context else 'assent'} --help"
    missing = re.fullmatch(r"Missing option '(--[a-z-]+)'", said)
    if missing and (where := _THERE.get(missing[1])):
        message = f"{message}; {where}"
    return Problem(message, ExitCode.USAGE)


def _say(problem: Problem, *, as_json: bool) -> int:
    if as_json:
        error = {"code": problem.code, "message": problem.message, "details": problem.details}
        line = json.dumps({"error": error, "exit_code": problem.exit_code}, ensure_ascii=False)
        sys.stderr.write(f"{one_line(line)}\n")
        return problem.exit_code
    first, *details = problem.lines
    note(first, hanging=_ERROR)
    for detail in details:
        note(detail)
    return problem.exit_code
