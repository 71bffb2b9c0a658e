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
    """List the agents of the bundle in force."""
    with Connection(common) as connection:
        request = wire.ListAgentsRequest(parent=connection.parent)
        found = connection.call(connection.agents.ListAgents, request).agents
    if common.as_json:
        say_json({"agents": [json_of(one) for one in found]})
        return ExitCode.DONE
    rows = [
        (short(one.name), one.department, one.owner, " ".join(one.systems), " ".join(one.hands_over_to))
        for one in found
    ]
    table(("AGENT", "DEPARTMENT", "OWNER", "SYSTEMS", "HANDS OVER TO"), rows)
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
    limits = shown.limits
    say(f"{short(shown.name)}: {shown.title}")
    say(f"  owned by {shown.owner}, department {shown.department}")
    say(f"  may do: {' '.join(shown.may)}")
    say(f"  takes over from: {' '.join(shown.takes_over_from) or 'nobody'}")
    say(f"  hands over to: {' '.join(shown.hands_over_to) or 'nobody'}")
    say(f"  acts in: {' '.join(shown.processes) or 'no process'}")
    say(
        f"  in one run: {limits.actions} actions, {limits.hand_overs} hand-overs, to {limits.fan_out} agents at once,"
        f" at a depth of {limits.depth}"
    )
    say(f"under revision {shown.revision}")
    return ExitCode.DONE
