"""The commands of ``approvals``, of which ``list``, ``show`` and ``withdraw`` are here."""

from enum import StrEnum
from typing import Annotated

import typer

from assent.v1 import approvals_pb2 as wire
from assent_orchestrator.cli.approval_card import asked_line, needs_line, show_approval, state_of
from assent_orchestrator.cli.approvals_answer import (
    NameArgument,
    approve_command,
    choose_command,
    get_approval,
    reject_command,
)
from assent_orchestrator.cli.approvals_report import report_command
from assent_orchestrator.cli.approvals_watch import (
    KindOption,
    ProcessOption,
    RoleOption,
    RunOption,
    terms,
    watch_command,
)
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.finding import codes_line
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import json_of, moment, say, say_json, table, word
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.cli.runs import LimitOption, joined

app = typer.Typer(help="See what waits for people, and answer it.", rich_markup_mode=None)


class ApprovalState(StrEnum):
    """Where an approval stands, as the wire has it: the room that owns the word loads a database."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOID = "void"
    CONSUMED = "consumed"
    EDITED = "edited"


@app.command("list")
@with_connection
def list_command(
    common: Common,
    *,
    state: Annotated[ApprovalState, typer.Option(help="Only approvals that stand there.")] = ApprovalState.PENDING,
    every: Annotated[bool, typer.Option("--all", help="Whatever their state.")] = False,
    run: RunOption = None,
    process: ProcessOption = None,
    role: RoleOption = None,
    kind: KindOption = None,
    older: Annotated[
        str | None, typer.Option("--older-than", metavar="DURATION", help="Only what was asked longer ago (2h).")
    ] = None,
    limit: LimitOption = 50,
) -> int:
    """List what waits for an answer, oldest first."""
    wanted = joined(
        "" if every else f"state={state.upper()}",
        *terms(role=role, process=process, run=run, kind=kind),
        f"age>{older}" if older else "",
    )
    with Connection(common) as connection:
        request = wire.ListApprovalsRequest(parent=connection.parent, filter=wanted)
        found = list(connection.pages(connection.approvals.ListApprovals, request, "approvals", limit=limit))
    if common.as_json:
        say_json({"approvals": [json_of(one) for one in found]})
    elif not found:
        say("no approvals" if every else f"no approvals are {state}")
    else:
        rows = [
            (
                short(one.name),
                state_of(one),
                word(wire.ApprovalKind, one.kind, "APPROVAL_KIND"),
                asked_line(one),
                f"{one.process}/{one.step}",
                codes_line(one.reasons) or one.work_item.code,
                needs_line(one),
                moment(one.expire_time),
            )
            for one in found
        ]
        table(("APPROVAL", "STATE", "KIND", "ACTION", "STEP", "BECAUSE", "NEEDS", "UNTIL"), rows)
    return ExitCode.DONE


@app.command("show")
@with_connection
def show_command(common: Common, *, approval: NameArgument) -> int:
    """Show an approval: exactly what is asked, why, of whom, and until when."""
    with Connection(common) as connection:
        found = get_approval(connection, approval)
    if common.as_json:
        say_json(found)
    else:
        show_approval(found)
    return ExitCode.DONE


app.command("approve")(approve_command)
app.command("reject")(reject_command)


@app.command("withdraw")
@with_connection
def withdraw_command(common: Common, *, approval: NameArgument) -> int:
    """Take back your own yes, as long as nothing was done on the strength of it."""
    with Connection(common) as connection:
        shown = get_approval(connection, approval)
        request = wire.WithdrawApprovalRequest(name=shown.name, etag=shown.etag)
        after = connection.call(connection.approvals.WithdrawApproval, request)
    if common.as_json:
        say_json(after)
    else:
        say(f"withdrawn: approval {short(after.name)} is now ", state_of(after))
    return ExitCode.DONE


app.command("choose")(choose_command)
app.command("watch")(watch_command)
app.command("report")(report_command)
