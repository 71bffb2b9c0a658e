"""The commands ``delegations give``, ``delegations list``, ``delegations show`` and ``delegations revoke``."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from assent.v1 import delegations_pb2 as wire
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import coloured, json_of, moment, say, say_json, table, word
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.cli.runs import LimitOption, joined
from assent_orchestrator.cli.span import read_duration

app = typer.Typer(help="Let somebody answer approvals in your place for a while.", rich_markup_mode=None)


class DelegationState(StrEnum):
    """Where a delegation stands, as the wire has it: the room that owns the word loads a database."""

    IN_FORCE = "in_force"
    EXPIRED = "expired"
    REVOKED = "revoked"


DelegationArgument = Annotated[
    str, typer.Argument(metavar="DELEGATION", help="The delegation: its id, or its whole name.")
]


@app.command("give")
@with_connection
def give_command(
    common: Common,
    *,
    taker: Annotated[str, typer.Argument(metavar="PERSON", help="Who may answer in your place.")],
    role: Annotated[list[str], typer.Option(metavar="ROLE", help="With which of your roles; repeatable.")],
    lasting: Annotated[str, typer.Option("--for", metavar="DURATION", help="For how long, as in 14d; 90d at most.")],
    process: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only in this process; repeatable. [default: in all]")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", "-m", metavar="TEXT", help="Why; the trail keeps it.")],
    request_id: Annotated[
        str, typer.Option(metavar="ID", help="The same id again does the same thing only once.", show_default=False)
    ] = "",
) -> int:
    """Let somebody answer in your place: with roles that you have yourself, and only for a while."""
    until = datetime.now(UTC) + timedelta(seconds=read_duration(lasting, "--for"))
    asked = wire.Delegation(taker=taker, roles=role, processes=process or (), reason=reason)
    asked.expire_time.FromDatetime(until)
    with Connection(common) as connection:
        request = wire.CreateDelegationRequest(parent=connection.parent, delegation=asked, request_id=request_id)
        given = connection.call(connection.delegations.CreateDelegation, request)
    if common.as_json:
        say_json(given)
    else:
        say(f"{given.taker} may answer {scope_of(given)} in your place until {moment(given.expire_time)};")
        say(f"check the id: nobody can tell whether {given.taker!r} is the person that you mean, or anybody at all")
        say(f"end it earlier with: assent delegations revoke {short(given.name)}")
    return ExitCode.DONE


@app.command("list")
@with_connection
def list_command(
    common: Common,
    *,
    giver: Annotated[str, typer.Option(metavar="ID", help="Only those that they gave.", show_default=False)] = "",
    taker: Annotated[str, typer.Option(metavar="ID", help="Only those given to them.", show_default=False)] = "",
    every: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    limit: LimitOption = 50,
) -> int:
    """List the delegations that you gave or were given, newest first; operators and auditors see everybody's."""
    terms = (
        "" if every else "state=IN_FORCE",
        f"giver={giver}" if giver else "",
        f"taker={taker}" if taker else "",
    )
    with Connection(common) as connection:
        request = wire.ListDelegationsRequest(parent=connection.parent, filter=joined(*terms))
        found = list(connection.pages(connection.delegations.ListDelegations, request, "delegations", limit=limit))
    if common.as_json:
        say_json({"delegations": [json_of(one) for one in found]})
    elif not found:
        say("no delegations" if every else "nobody answers in another one's place")
    else:
        rows = [
            (
                short(one.name),
                coloured(state_of(one)),
                one.giver,
                one.taker,
                scope_of(one),
                one.reason,
                moment(one.expire_time),
            )
            for one in found
        ]
        table(("DELEGATION", "STATE", "FROM", "TO", "FOR", "BECAUSE", "UNTIL"), rows)
    return ExitCode.DONE


@app.command("show")
@with_connection
def show_command(common: Common, *, delegation: DelegationArgument) -> int:
    """Show a delegation."""
    with Connection(common) as connection:
        request = wire.GetDelegationRequest(name=connection.name("delegations", delegation))
        found = connection.call(connection.delegations.GetDelegation, request)
    if common.as_json:
        say_json(found)
        return ExitCode.DONE
    say(f"delegation {short(found.name)} is ", coloured(state_of(found)))
    say(f"  {found.taker} answers {scope_of(found)} in place of {found.giver}")
    say(f"  from {moment(found.create_time)} until {moment(found.expire_time)}: {found.reason}")
    if found.revoker:
        say(f"  ended by {found.revoker} at {moment(found.revoke_time)}")
    return ExitCode.DONE


@app.command("revoke")
@with_connection
def revoke_command(common: Common, *, delegation: DelegationArgument) -> int:
    """End a delegation before its time; answers that were given by it stay."""
    with Connection(common) as connection:
        request = wire.RevokeDelegationRequest(name=connection.name("delegations", delegation))
        ended = connection.call(connection.delegations.RevokeDelegation, request)
    if common.as_json:
        say_json(ended)
    else:
        say(f"{ended.taker} does not answer in place of {ended.giver} any more")
    return ExitCode.DONE


def scope_of(delegation: wire.Delegation) -> str:
    """Return what is handed over, as people say it."""
    where = f" in {', '.join(delegation.processes)}" if delegation.processes else ""
    return f"as {', '.join(delegation.roles)}{where}"


def state_of(delegation: wire.Delegation) -> str:
    """Return where a delegation stands."""
    return word(wire.DelegationState, delegation.state, "DELEGATION_STATE")
