"""The commands ``agents list`` and ``agents show``."""

from typing import Annotated

import typer

from assent.v1 import agents_pb2 as wire
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import json_of, say, say_json, table
from assent_orchestrator.cli.run_card import short

app = typer.Typer(help="See who acts, and to whom work is handed over.", rich_markup_mode=None)


@app.command("list")
@with_connection
def list_command(common: Common) -> int:
    """List the agents of the bundle in force; those that are services with the systems that call them."""
    with Connection(common) as connection:
        request = wire.ListAgentsRequest(parent=connection.parent)
        found = connection.call(connection.agents.ListAgents, request).agents
    if common.as_json:
        say_json({"agents": [json_of(one) for one in found]})
    elif not found:
        say("nobody acts: the bundle in force has no agents")
    else:
        table(("AGENT", "DEPARTMENT", "OWNER", "SYSTEMS", "HANDS OVER TO", "CALLED AS"), map(_row, found))
    return ExitCode.DONE


@app.command("show")
@with_connection
def show_command(common: Common, *, name: Annotated[str, typer.Argument(metavar="NAME", help="The agent.")]) -> int:
    """Show an agent: whose it is, what it may do, who hands over to whom, and its limits."""
    with Connection(common) as connection:
        request = wire.GetAgentRequest(name=connection.name("agents", name))
        shown = connection.call(connection.agents.GetAgent, request)
    if common.as_json:
        say_json(shown)
        return ExitCode.DONE
    say(f"{short(shown.name)}: {shown.title}")
    say(f"  owned by {shown.owner}, department {shown.department}")
    if shown.called_as:
        say(f"  a service of its own, called as the system {' '.join(shown.called_as)}")
        for call in shown.called_from:
            say(
                f"  called by {call.action} in the step {call.step} of {call.process}{_UNDOING if call.undoing else ''}"
            )
        if not shown.called_from:
            say("  called by no step of any process")
    say(f"  may do: {' '.join(shown.may)}")
    say(f"  takes over from: {' '.join(shown.takes_over_from) or 'nobody'}")
    say(f"  hands over to: {' '.join(shown.hands_over_to) or 'nobody'}")
    if shown.processes or not shown.called_as:
        say(f"  acts in: {' '.join(shown.processes) or 'no process'}")
    say(f"  in one run: {shown.limits.actions} actions, {shown.limits.hand_overs} hand-overs, {_reach(shown)}")
    say(f"under revision {shown.revision}")
    return ExitCode.DONE


_UNDOING = ", when it is undone"


def _row(one: wire.Agent) -> tuple[str, ...]:
    systems, takers, called = " ".join(one.systems), " ".join(one.hands_over_to), " ".join(one.called_as)
    return short(one.name), one.department, one.owner, systems, takers, called


def _reach(shown: wire.Agent) -> str:
    """Return how wide and how deep an agent goes; of a service these are limits of the permits that it asks for."""
    limits = shown.limits
    if shown.called_as:
        return f"{limits.fan_out} permits under the one it is called with, at a depth of {limits.depth}"
    return f"to {limits.fan_out} agents at once, at a depth of {limits.depth}"
