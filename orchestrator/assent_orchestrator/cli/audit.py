"""The commands ``audit list``, ``audit show`` and ``audit verify``."""

import re
import sys
from typing import Annotated

import typer

from assent.v1 import audit_pb2 as wire
from assent_orchestrator.cli.connection import VERIFY_SECONDS, Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import coloured, json_of, say, say_json
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.record_card import show_record
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.cli.runs import RunArgument, joined

HEAD = re.compile(r"[1-9][0-9]{0,17}:sha256:[0-9a-f]{64}")
"""What a head looks like, as ``VerifyTrailRequest.remembered_head`` has it."""

app = typer.Typer(help="Read the trail, and prove it.", rich_markup_mode=None)


@app.command("show")
@with_connection
def show_command(
    common: Common,
    *,
    run: RunArgument,
    records: Annotated[
        bool, typer.Option("--records", help="Print the very bytes that are hashed, a record a line.")
    ] = False,
) -> int:
    """Show everything that happened to a run: when, what, why, under which control, and where it is proven."""
    with Connection(common) as connection:
        request = wire.ListAuditRecordsRequest(parent=connection.parent, filter=f"run={short(run)}")
        found = list(connection.pages(connection.audit.ListAuditRecords, request, "audit_records"))
    if not found:
        raise Problem(f"there is no run {short(run)} in the trail; list runs with assent runs list", ExitCode.NOT_FOUND)
    if records:
        for record in found:
            sys.stdout.buffer.write(record.canonical_json + b"\n")
        sys.stdout.buffer.flush()
    elif common.as_json:
        say_json({"audit_records": [json_of(record) for record in found]})
    else:
        say(f"run {short(run)}, {found[0].time.ToDatetime():%Y-%m-%d} (UTC)")
        for record in found:
            show_record(record)
    return ExitCode.DONE


@app.command("list")
@with_connection
def list_command(
    common: Common,
    *,
    event: Annotated[str, typer.Option(metavar="EVENT", help="Only this event, or all of a kind: policy.*")] = "",
    decision: Annotated[str, typer.Option(metavar="ID", help="Only what has this decision.")] = "",
    run: Annotated[str, typer.Option(metavar="RUN", help="Only of this run.")] = "",
    after_seq: Annotated[int, typer.Option(min=0, metavar="SEQ", help="Only what happened after this record.")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="How many at most; all by default.")] = None,
) -> int:
    """List records of the trail, oldest first: of runs, and of what happens outside of them."""
    terms = (
        f"{name}={value}" for name, value in (("event", event), ("decision", decision), ("run", short(run))) if value
    )
    with Connection(common) as connection:
        request = wire.ListAuditRecordsRequest(parent=connection.parent, filter=joined(*terms), after_seq=after_seq)
        found = connection.pages(connection.audit.ListAuditRecords, request, "audit_records", limit=limit)
        if common.as_json:
            say_json({"audit_records": [json_of(record) for record in found]})
            return ExitCode.DONE
        day = None
        for record in found:
            if record.time.ToDatetime().date() != day:
                day = record.time.ToDatetime().date()
                say(f"{day} (UTC)")
            show_record(record)
        if day is None:
            say("no records")
    return ExitCode.DONE


@app.command("verify")
@with_connection
def verify_command(
    common: Common,
    *,
    head: Annotated[
        str, typer.Option(metavar="SEQ:HASH", help="A head that was noted earlier: the trail must still have it.")
    ] = "",
) -> int:
    """Read the whole trail and say whether every record is what was written, and none is missing."""
    if head and not HEAD.fullmatch(head):
        raise Problem(f"--head: {head!r} is no head; write SEQ:sha256:HEX as audit verify prints it", ExitCode.USAGE)
    with Connection(common) as connection:
        request = wire.VerifyTrailRequest(parent=connection.parent, remembered_head=head)
        found = connection.call(connection.audit.VerifyTrail, request, seconds=VERIFY_SECONDS)
    if common.as_json:
        say_json(found)
    elif found.intact:
        say(f"the trail of {connection.tenant} is ", coloured("ok"), f": {found.records} records")
        if found.head_hash:
            say(f"  head {found.records}:{found.head_hash}")
            if head:
                later = found.records - int(head.partition(":")[0])
                say(f"  it has the head that was noted, and {later} records since")
            say("  keep the head elsewhere and give it with --head next time: what is written anew is then found out")
    else:
        say(
            f"the trail of {connection.tenant} ",
            coloured("fail"),
            f"s at record {found.first_bad_seq}: {found.problem}; the {found.records} records before it hold",
        )
    return ExitCode.DONE if found.intact else ExitCode.NO
