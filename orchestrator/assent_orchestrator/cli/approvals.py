"""The commands ``approvals list``, ``show``, ``approve``, ``reject``, ``withdraw`` and ``choose``."""

import json
import sys
from enum import StrEnum
from typing import Annotated

import typer
from google.protobuf.struct_pb2 import Value

from assent.v1 import approvals_pb2 as wire
from assent.v1 import control_pb2
from assent_orchestrator.cli.approval_card import show_approval, state_of
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
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.cli.run_control import ResultOption, Settlement, result_value
from assent_orchestrator.cli.runs import LimitOption, joined
from assent_orchestrator.tools.value import to_value

_NOTHING: list[str] = []

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


class Choice(StrEnum):
    """What follows from a step that failed or is unknown, as the wire has it."""

    RETRY = "retry"
    RECONCILE = "reconcile"
    SKIP = "skip"
    COMPENSATE = "compensate"


NameArgument = Annotated[str, typer.Argument(metavar="APPROVAL", help="The approval: its id, or its whole name.")]
RationaleOption = Annotated[
    str | None, typer.Option("--rationale", "-m", metavar="TEXT", help="Why; the trail keeps it. Asked for if missing.")
]
BehalfOption = Annotated[
    str,
    typer.Option("--for", metavar="ID", help="Whom you stand in for, by a delegation of theirs.", show_default=False),
]
EditOption = Annotated[
    list[str],
    typer.Option(
        "--edit",
        metavar="POINTER=JSON",
        help="Say yes to the same with this value in it; may be given several times.",
        show_default=False,
    ),
]
BreakGlassOption = Annotated[bool, typer.Option("--break-glass", help="Say yes alone; it is reviewed afterwards.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask again.")]


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
                one.action,
                f"{one.process}/{one.step}",
                codes_line(one.reasons) or one.work_item.code,
                ", ".join(stage.role for stage in one.requirement.stages),
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
        found = _get(connection, approval)
    if common.as_json:
        say_json(found)
    else:
        show_approval(found)
    return ExitCode.DONE


@app.command("approve")
@with_connection
def approve_command(
    common: Common,
    *,
    approval: NameArgument,
    rationale: RationaleOption = None,
    behalf: BehalfOption = "",
    yes: YesOption = False,
    edit: EditOption = _NOTHING,
    break_glass: BreakGlassOption = False,
) -> int:
    """Say yes to exactly what is shown: if it changes meanwhile, the answer is worth nothing."""
    answer = wire.DecideApprovalRequest.ANSWER_APPROVE
    edits = dict(map(_edit, edit))
    given = wire.DecideApprovalRequest(answer=answer, on_behalf_of=behalf, break_glass=break_glass, edits=edits)
    return _answer(common, approval, given, rationale, yes=yes)


@app.command("reject")
@with_connection
def reject_command(
    common: Common,
    *,
    approval: NameArgument,
    rationale: RationaleOption = None,
    behalf: BehalfOption = "",
    yes: YesOption = False,
) -> int:
    """Say no."""
    given = wire.DecideApprovalRequest(answer=wire.DecideApprovalRequest.ANSWER_REJECT, on_behalf_of=behalf)
    return _answer(common, approval, given, rationale, yes=yes)


@app.command("withdraw")
@with_connection
def withdraw_command(common: Common, *, approval: NameArgument) -> int:
    """Take back your own yes, as long as nothing was done on the strength of it."""
    with Connection(common) as connection:
        shown = _get(connection, approval)
        request = wire.WithdrawApprovalRequest(name=shown.name, etag=shown.etag)
        after = connection.call(connection.approvals.WithdrawApproval, request)
    if common.as_json:
        say_json(after)
    else:
        say(f"withdrawn: approval {short(after.name)} is now ", state_of(after))
    return ExitCode.DONE


@app.command("choose")
@with_connection
def choose_command(
    common: Common,
    *,
    approval: NameArgument,
    choice: Annotated[Choice, typer.Argument(metavar="CHOICE", help="retry, reconcile, skip or compensate.")],
    rationale: RationaleOption = None,
    settlement: Annotated[Settlement | None, typer.Option(help="What became of it; needed with reconcile.")] = None,
    result: ResultOption = None,
    behalf: BehalfOption = "",
    yes: YesOption = False,
) -> int:
    """Say what follows from a step that failed or is unknown; the policies say whether you may."""
    if (choice is Choice.RECONCILE) != (settlement is not None):
        raise Problem("--settlement is what became of it: for reconcile, and needed there", ExitCode.USAGE)
    given = wire.DecideApprovalRequest(
        choice=wire.WorkItem.Choice.Value(f"CHOICE_{choice.upper()}"),
        settlement=control_pb2.Settlement.Value(f"SETTLEMENT_{settlement.upper() if settlement else 'UNSPECIFIED'}"),
        result=result_value(result) if result is not None else None,
        on_behalf_of=behalf,
    )
    return _answer(common, approval, given, rationale, yes=yes)


app.command("watch")(watch_command)
app.command("report")(report_command)


def _edit(text: str) -> tuple[str, Value]:
    pointer, _, written = text.partition("=")
    try:
        return pointer, to_value(json.loads(written))
    except ValueError as error:
        raise Problem(f"{text!r} is no POINTER=JSON, such as /amount=60 or /to='\"ACME\"'", ExitCode.USAGE) from error


def _get(connection: Connection, approval: str) -> wire.Approval:
    request = wire.GetApprovalRequest(name=connection.name("approvals", approval))
    return connection.call(connection.approvals.GetApproval, request)


def _words(given: wire.DecideApprovalRequest) -> tuple[str, str]:
    """Return what is asked once more before an answer is given, and what was done then."""
    if given.choice:
        choice = word(wire.WorkItem.Choice, given.choice, "CHOICE")
        return f"{choice.capitalize()} this?", f"chose {choice}"
    approve = given.answer == wire.DecideApprovalRequest.ANSWER_APPROVE
    return f"{'Approve' if approve else 'Reject'} exactly this?", "approved" if approve else "rejected"


def _answer(
    common: Common,
    approval: str,
    given: wire.DecideApprovalRequest,
    rationale: str | None,
    *,
    yes: bool,
) -> int:
    question, done = _words(given)
    asked = sys.stdin.isatty() and sys.stderr.isatty()
    if rationale is None and not asked:
        raise Problem("an answer needs a reason; give one with --rationale", ExitCode.USAGE)
    with Connection(common) as connection:
        shown = _get(connection, approval)
        if not common.as_json:
            show_approval(shown)
        why = rationale if rationale is not None else typer.prompt("Why", err=True)
        if asked and not yes and not typer.confirm(question, err=True):
            raise Problem("nothing was answered; the approval still waits", ExitCode.NO, code="NOT_CONFIRMED")
        told = wire.DecideApprovalRequest(
            name=shown.name, etag=shown.etag, rationale=why, presented_digest=shown.presented_digest
        )
        told.MergeFrom(given)
        after = connection.call(connection.approvals.DecideApproval, told)
    if common.as_json:
        say_json(after)
    else:
        say(f"{done}: approval {short(after.name)} is now ", state_of(after))
    return ExitCode.DONE
