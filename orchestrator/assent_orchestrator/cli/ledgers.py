"""The commands ``ledgers list``, ``ledgers show`` and ``ledgers entries``."""

from enum import StrEnum
from typing import Annotated

import typer

from assent.v1 import ledgers_pb2 as wire
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import coloured, json_of, moment, say, say_json, table, word
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.cli.runs import LimitOption


class EntryState(StrEnum):
    """Where a reservation stands, as the wire has it: the room that owns the word loads a database."""

    RESERVED = "reserved"
    HELD = "held"
    SPENT = "spent"
    RELEASED = "released"


app = typer.Typer(help="See what is counted, and where it stands.", rich_markup_mode=None)

LedgerArgument = Annotated[str, typer.Argument(metavar="LEDGER", help="The ledger: its name in ledgers.yaml.")]


@app.command("list")
@with_connection
def list_command(common: Common) -> int:
    """List the ledgers of the bundle in force."""
    with Connection(common) as connection:
        found = connection.call(
            connection.ledgers.ListLedgers, wire.ListLedgersRequest(parent=connection.parent)
        ).ledgers
    if common.as_json:
        say_json({"ledgers": [json_of(one) for one in found]})
    elif not found:
        say("nothing is counted: the workspace has no ledgers")
    else:
        rows = [(short(one.name), f"{one.limit} {one.unit}", one.window, one.per, one.owner) for one in found]
        table(("LEDGER", "LIMIT", "WINDOW", "PER", "OWNER"), rows)
    return ExitCode.DONE


@app.command("show")
@with_connection
def show_command(
    common: Common,
    *,
    ledger: LedgerArgument,
    counted_for: Annotated[
        str, typer.Option("--for", metavar="VALUE", help="Only what is counted for this agent, account...")
    ] = "",
    limit: LimitOption = 50,
) -> int:
    """Show a ledger and where it stands, those of its counts that changed last first."""
    with Connection(common) as connection:
        name = connection.name("ledgers", ledger)
        found = connection.call(connection.ledgers.GetLedger, wire.GetLedgerRequest(name=name))
        request = wire.ListBalancesRequest(parent=name, counted_for=counted_for)
        standing = list(connection.pages(connection.ledgers.ListBalances, request, "balances", limit=limit))
    if common.as_json:
        say_json({"ledger": json_of(found), "balances": [json_of(one) for one in standing]})
        return ExitCode.DONE
    say(f"{found.title}: {found.limit} {found.unit} by {found.window}, per {found.per}")
    if standing:
        rows = [
            (one.period, one.account[:12], one.spent, one.reserved, one.held, one.remaining, moment(one.change_time))
            for one in standing
        ]
        table(("WINDOW", "FOR", "SPENT", "RESERVED", "HELD", "LEFT", "CHANGED"), rows)
    else:
        say("nothing was taken yet")
    return ExitCode.DONE


@app.command("entries")
@with_connection
def entries_command(
    common: Common,
    *,
    ledger: LedgerArgument,
    state: Annotated[EntryState | None, typer.Option(help="Only those that stand there.")] = None,
    limit: LimitOption = 50,
) -> int:
    """List what was reserved on a ledger, newest first, and what became of it."""
    with Connection(common) as connection:
        request = wire.ListReservationsRequest(
            parent=connection.name("ledgers", ledger), filter=f"state={state.upper()}" if state else ""
        )
        found = list(connection.pages(connection.ledgers.ListReservations, request, "reservations", limit=limit))
    if common.as_json:
        say_json({"reservations": [json_of(one) for one in found]})
    elif not found:
        say("no entries")
    else:
        rows = [
            (
                moment(one.reserve_time),
                coloured(word(wire.ReservationState, one.state, "RESERVATION_STATE")),
                one.amount,
                one.spent,
                one.agent,
                f"{one.run}/{one.step}" if one.run else one.step,
                one.period,
            )
            for one in found
        ]
        table(("RESERVED", "STATE", "AMOUNT", "SPENT", "AGENT", "STEP", "WINDOW"), rows)
    return ExitCode.DONE
