"""The command ``approvals report``: how people answer, and what nobody really looked at."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from google.protobuf.duration_pb2 import Duration
from rich.text import Text

from assent.v1 import approval_reports_pb2 as wire
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import moment, say, say_json, table
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.cli.span import read_duration

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@with_connection
def report_command(
    common: Common,
    *,
    since: Annotated[str, typer.Option(metavar="DURATION", help="The questions put in the last so long.")] = "30d",
    process: Annotated[str, typer.Option(metavar="NAME", help="Only those of this process.", show_default=False)] = "",
    unread_under: Annotated[
        str, typer.Option(metavar="DURATION", help="An answer sooner than this after opening counts as hasty.")
    ] = "10s",
) -> int:
    """Report how people answer: how long they take, what they answer unread, who answers for whom, what nobody did."""
    request = wire.ReportApprovalsRequest(process=process)
    request.start_time.FromDatetime(datetime.now(UTC) - timedelta(seconds=read_duration(since, "--since")))
    request.unread_under.FromTimedelta(timedelta(seconds=read_duration(unread_under, "--unread-under")))
    with Connection(common) as connection:
        request.parent = connection.parent
        found = connection.call(connection.approvals.ReportApprovals, request)
    if common.as_json:
        say_json(found)
    else:
        show_report(found)
    return ExitCode.DONE


def show_report(found: wire.ApprovalReport) -> None:
    """Write the whole report."""
    say(f"questions put from {moment(found.start_time)} to {moment(found.end_time)}")
    if not found.processes:
        say("nobody was asked anything")
        return
    hasty = f"hasty is sooner than {_span(found.unread_under)} after opening"
    _part("what became of them", _PROCESSES, map(_of_process, found.processes))
    _part("how long people take", _PROMPTNESS, map(_of_role, found.promptness))
    _part(f"how they read; {hasty}", _APPROVERS, map(_of_approver, found.approvers))
    _part("who answers for whom", _PAIRS, map(_of_pair, found.pairs))
    _part("who approved alone", _BROKEN_GLASS, map(_of_glass, found.broken_glass))
    if found.cut:
        say("of some lists only the first rows are told; ask about one process, or a shorter time")


_PROCESSES = ("PROCESS", "ASKED", "EXPIRED", "ESCALATED", "PUT AGAIN", "REJECTED", "EDITED")
_PROMPTNESS = ("PROCESS", "ROLE", "ANSWERS", "HALF WITHIN", "9 IN 10 WITHIN")
_APPROVERS = ("WHO", "ANSWERS", "YES", "TAKEN BACK", "UNOPENED", "HASTY", "READS FOR")
_PAIRS = ("WHO", "FOR", "ANSWERS", "YES", "UNREAD")
_BROKEN_GLASS = ("APPROVAL", "STEP", "WHO", "WHEN", "REVIEW", "UNTIL")

_Row = tuple[str | Text, ...]


def _of_process(one: wire.ProcessApprovals) -> _Row:
    counts = (one.expired, one.escalated, one.put_again, one.rejected, one.edited)
    return (one.process, str(one.asked), *map(_some, counts))


def _of_role(one: wire.Promptness) -> _Row:
    return (one.process, one.role, str(one.answers), _span(one.median), _span(one.p90))


def _of_approver(one: wire.ApproverConduct) -> _Row:
    reading = _span(one.reading) if one.HasField("reading") else ""
    unread = (_alarm(one.unopened), _alarm(one.hasty))
    return (one.approver, str(one.answers), _some(one.approved), _some(one.withdrawn), *unread, reading)


def _of_pair(one: wire.ApproverPair) -> _Row:
    return (one.approver, one.principal, str(one.answers), _some(one.approved), _alarm(one.unread))


def _of_glass(one: wire.BrokenGlass) -> _Row:
    where = f"{one.process}/{one.step}"
    return (short(one.approval), where, one.approver, moment(one.answer_time), _review(one), moment(one.due_time))


def _part(title: str, columns: Sequence[str], rows: Iterable[_Row]) -> None:
    found = list(rows)
    if found:
        say("")
        say(Text(title, style="bold"))
        table(columns, found)


def _some(count: int) -> str:
    return str(count) if count else ""


def _alarm(count: int) -> Text:
    return Text(str(count) if count else "", style="red")


def _review(one: wire.BrokenGlass) -> Text:
    if one.HasField("review_time"):
        said = "found fault" if one.found_fault else "found no fault"
        return Text(f"{said}, late" if one.overdue else said, style="red" if one.found_fault else "green")
    return Text("overdue", style="red") if one.overdue else Text("to be done", style="yellow")


def _span(duration: Duration) -> str:
    """Return a length of time as people say it, to the two largest units that matter."""
    length = duration.ToTimedelta().total_seconds()
    if length < _MINUTE:
        return f"{length:.1f}s"
    if length < _HOUR:
        return f"{length // _MINUTE:.0f}m {length % _MINUTE:02.0f}s"
    if length < _DAY:
        return f"{length // _HOUR:.0f}h {length % _HOUR // _MINUTE:02.0f}m"
    return f"{length // _DAY:.0f}d {length % _DAY // _HOUR:.0f}h"
