"""The commands ``stop``, ``lift``, ``stops list`` and ``stops show``."""

from enum import StrEnum
from typing import Annotated

import typer

from assent.v1 import stops_pb2 as wire
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import coloured, json_of, moment, say, say_json, table, word
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.cli.runs import LimitOption, joined

app = typer.Typer(help="See what is stopped.", rich_markup_mode=None)


class Scope(StrEnum):
    """How far a stop reaches, as the wire has it: the room that owns the word loads a database."""

    ALL = "all"
    TENANT = "tenant"
    AGENT = "agent"
    PROCESS = "process"
    RUN = "run"
    SYSTEM = "system"


ScopeArgument = Annotated[
    Scope, typer.Argument(metavar="SCOPE", help="How far it reaches: all, tenant, agent, process, run or system.")
]
ValueArgument = Annotated[
    str, typer.Argument(metavar="VALUE", help="Which agent, process, run or system; not for all and tenant.")
]
StopArgument = Annotated[str, typer.Argument(metavar="STOP", help="The stop: its id, or its whole name.")]
ReasonOption = Annotated[
    str, typer.Option("--reason", "-m", metavar="TEXT", help="Why; the trail keeps it, and who waits is told.")
]
RequestIdOption = Annotated[
    str, typer.Option(metavar="ID", help="The same id again does the same thing only once.", show_default=False)
]


@with_connection
def stop_command(
    common: Common,
    *,
    scope: ScopeArgument,
    value: ValueArgument = "",
    reason: ReasonOption,
    request_id: RequestIdOption = "",
) -> int:
    """Stop: nothing in the scope is dispatched any more, on any server, until the stop is lifted."""
    with Connection(common) as connection:
        named = short(value) if scope is Scope.RUN else value
        stop = wire.Stop(scope=wire.StopScope.Value(f"STOP_SCOPE_{scope.upper()}"), value=named, reason=reason)
        request = wire.CreateStopRequest(parent=connection.parent, stop=stop, request_id=request_id)
        made = connection.call(connection.stops.CreateStop, request)
    if common.as_json:
        say_json(made)
    else:
        say(f"stopped {reach_of(made)}; lift it with: assent lift {short(made.name)} --reason ...")
    return ExitCode.DONE


@with_connection
def lift_command(common: Common, *, stop: StopArgument, reason: ReasonOption, request_id: RequestIdOption = "") -> int:
    """Lift a stop: what it held up is decided anew and goes on."""
    with Connection(common) as connection:
        request = wire.LiftStopRequest(name=connection.name("stops", stop), reason=reason, request_id=request_id)
        lifted = connection.call(connection.stops.LiftStop, request)
    if common.as_json:
        say_json(lifted)
    else:
        say(f"lifted the stop of {reach_of(lifted)}")
    return ExitCode.DONE


@app.command("list")
@with_connection
def list_command(
    common: Common,
    *,
    scope: Annotated[Scope | None, typer.Option(help="Only stops that reach that far.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that were lifted.")] = False,
    limit: LimitOption = 50,
) -> int:
    """List the stops that are in force, newest first."""
    terms = ("" if every else "state=IN_FORCE", f"scope={scope.upper()}" if scope else "")
    with Connection(common) as connection:
        request = wire.ListStopsRequest(parent=connection.parent, filter=joined(*terms))
        found = list(connection.pages(connection.stops.ListStops, request, "stops", limit=limit))
    if common.as_json:
        say_json({"stops": [json_of(one) for one in found]})
    elif not found:
        say("no stops" if every else "nothing is stopped")
    else:
        rows = [
            (
                short(one.name),
                coloured(state_of(one)),
                reach_of(one),
                one.reason,
                one.creator,
                moment(one.create_time),
                one.lifter,
                moment(one.lift_time),
            )
            for one in found
        ]
        table(("STOP", "STATE", "WHAT", "BECAUSE", "BY", "SINCE", "LIFTED BY", "UNTIL"), rows)
    return ExitCode.DONE


@app.command("show")
@with_connection
def show_command(common: Common, *, stop: StopArgument) -> int:
    """Show a stop: what it stops, why, who gave it, and who lifted it."""
    with Connection(common) as connection:
        found = connection.call(connection.stops.GetStop, wire.GetStopRequest(name=connection.name("stops", stop)))
    if common.as_json:
        say_json(found)
        return ExitCode.DONE
    say(f"stop {short(found.name)} of {reach_of(found)}: ", coloured(state_of(found)))
    say(f"  by {found.creator} since {moment(found.create_time)}: {found.reason}")
    if found.lifter:
        say(f"  lifted by {found.lifter} at {moment(found.lift_time)}: {found.lift_reason}")
    return ExitCode.DONE


def reach_of(stop: wire.Stop) -> str:
    """Return what is stopped, as it is typed."""
    return f"{word(wire.StopScope, stop.scope, 'STOP_SCOPE')} {stop.value}".strip()


def state_of(stop: wire.Stop) -> str:
    """Return where a stop stands."""
    return word(wire.StopState, stop.state, "STOP_STATE")
