"""The commands ``approvals approve``, ``reject`` and ``choose``: a person's answer to what they were shown."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated

import typer
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Value

from assent.v1 import approvals_pb2 as wire
from assent.v1 import control_pb2, decisions_pb2
from assent_orchestrator.cli.approval_card import show_approval, state_of
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import exact, say, say_json, say_under, word
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.cli.run_control import ResultOption, Settlement, result_value
from assent_orchestrator.plan.pointer import PointerError, find, split
from assent_orchestrator.tools.value import to_value
from assent_sidecar.model import Json

_NOTHING: list[str] = []


class Choice(StrEnum):
    """What follows from a step that failed or is unknown, as the wire has it."""

    RETRY = "retry"
    RECONCILE = "reconcile"
    SKIP = "skip"
    COMPENSATE = "compensate"


NameArgument = Annotated[str, typer.Argument(metavar="APPROVAL", help="The approval: its id, or its whole name.")]
RationaleOption = Annotated[
    str | None,
    typer.Option("--rationale", "-m", metavar="TEXT", help="Why; kept with the answer. Asked for if missing."),
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
    given = wire.DecideApprovalRequest(answer=answer, on_behalf_of=behalf, break_glass=break_glass, edits=_edits(edit))
    return _answer(common, approval, given, rationale, yes=yes)


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


def get_approval(connection: Connection, approval: str) -> wire.Approval:
    """Return an approval by its id or its whole name."""
    request = wire.GetApprovalRequest(name=connection.name("approvals", approval))
    return connection.call(connection.approvals.GetApproval, request)


def changes_beside(shown: wire.Approval, given: wire.DecideApprovalRequest) -> Iterator[str]:
    """Return in what an answer is more than a yes or no to what is shown, a line each."""
    arguments = exact(MessageToDict(shown.arguments))
    for pointer, value in sorted(given.edits.items()):
        now = json.dumps(exact(MessageToDict(value)), ensure_ascii=False)
        yield f"{pointer} is to be {now}{_instead_of(arguments, pointer)}"
    if given.on_behalf_of:
        yield f"you answer in place of {given.on_behalf_of}"
    if given.break_glass:
        roles = shown.requirement.break_glass.review.role or "nobody here"
        yield f"you say yes alone, without the others; {roles} reviews it afterwards"


def what_follows(after: wire.Approval) -> Iterator[str]:
    """Return what is still to come after an answer, a line each; nothing where it is settled."""
    if after.state == wire.APPROVAL_STATE_EDITED:
        yield "the policies are asked about what you changed; whoever they want besides you is asked anew"
    if after.state != wire.APPROVAL_STATE_PENDING or after.kind != wire.APPROVAL_KIND_ACTION:
        return
    given = Counter(one.stage for one in after.answers if one.approved and not one.HasField("withdraw_time"))
    for number, stage in enumerate(after.requirement.stages):
        missing = stage.quorum - given[number]
        if missing > 0:
            yield f"still needed: {missing} x {' or '.join((stage.role, *stage.substitutes))}"


def _instead_of(arguments: Json, pointer: str) -> str:
    try:
        there, before = find(arguments, split(pointer))
    except PointerError:
        return ""
    return f" instead of {json.dumps(before, ensure_ascii=False)}" if there else ""


def _edits(texts: Iterable[str]) -> dict[str, Value]:
    edits: dict[str, Value] = {}
    for text in texts:
        pointer, _, written = text.partition("=")
        if pointer in edits:
            raise Problem(f"--edit: {pointer} is given twice", ExitCode.USAGE)
        try:
            split(pointer)
            edits[pointer] = to_value(json.loads(written))
        except ValueError as error:
            advice = f"{text!r} is no POINTER=JSON, such as /amount=60 or /to='\"ACME\"'"
            raise Problem(advice, ExitCode.USAGE) from error
    return edits


def _words(given: wire.DecideApprovalRequest, *, changed: bool) -> tuple[str, str]:
    """Return what is asked once more before an answer is given, and what was done then."""
    if given.choice:
        choice = word(wire.WorkItem.Choice, given.choice, "CHOICE")
        return f"{choice.capitalize()} this?", f"chose {choice}"
    approve = given.answer == wire.DecideApprovalRequest.ANSWER_APPROVE
    what = "this, so changed?" if changed else "exactly this?"
    return f"{'Approve' if approve else 'Reject'} {what}", "approved" if approve else "rejected"


def _why(shown: wire.Approval, given: wire.DecideApprovalRequest, *, asked: bool) -> str:
    """Return the reason of whoever gave none with the command."""
    optional = shown.requirement.rationale == decisions_pb2.ApprovalRequirement.RATIONALE_OPTIONAL
    if optional and not given.break_glass:
        return str(typer.prompt("Why", default="", show_default=False, err=True)) if asked else ""
    if not asked:
        raise Problem("an answer needs a reason; give one with --rationale", ExitCode.USAGE)
    return str(typer.prompt("Why", err=True))


def _answer(
    common: Common,
    approval: str,
    given: wire.DecideApprovalRequest,
    rationale: str | None,
    *,
    yes: bool,
) -> int:
    question, done = _words(given, changed=bool(given.edits))
    asked = sys.stdin.isatty() and sys.stderr.isatty()
    with Connection(common) as connection:
        shown = get_approval(connection, approval)
        if not common.as_json:
            show_approval(shown)
            for line in changes_beside(shown, given):
                say_under("  but ", line)
        why = rationale if rationale is not None else _why(shown, given, asked=asked)
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
        for line in what_follows(after):
            say_under("  ", line)
    return ExitCode.DONE
