"""The commands ``audit show`` and ``audit verify``."""

import json
import sys
from typing import Annotated, Any

import typer

from assent.v1 import audit_pb2 as wire
from assent_orchestrator.cli.connection import VERIFY_SECONDS, Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import clock_time, coloured, json_of, say, say_json, table
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.cli.runs import RunArgument

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
        columns = ("SEQ", "TIME", "EVENT", "STEP", "STATE", "VERDICT", "BECAUSE", "DECISION", "TRACE", "HASH")
        table(columns, [_row(record) for record in found])
    return ExitCode.DONE


@app.command("verify")
@with_connection
def verify_command(common: Common) -> int:
    """Read the whole trail and say whether every record is what was written, and none is missing."""
    with Connection(common) as connection:
        request = wire.VerifyTrailRequest(parent=connection.parent)
        found = connection.call(connection.audit.VerifyTrail, request, seconds=VERIFY_SECONDS)
    if common.as_json:
        say_json(found)
    elif found.intact:
        say(f"the trail of {connection.tenant} is ", coloured("ok"), f": {found.records} records")
        if found.head_hash:
            say(f"  head {found.head_hash}; note it elsewhere, so that a trail written anew is found out, too")
    else:
        say(
            f"the trail of {connection.tenant} ",
            coloured("fail"),
            f"s at record {found.first_bad_seq}: {found.problem}; the {found.records} records before it hold",
        )
    return ExitCode.DONE if found.intact else ExitCode.NO


def _row(entry: wire.AuditRecord) -> tuple[Any, ...]:
    record = json.loads(entry.canonical_json)
    decision, state, trace, effect, approval = (
        record.get(part) or {} for part in ("decision", "state", "trace", "effect", "approval")
    )
    codes = list(decision.get("codes") or ())
    why = [*codes, *filter(None, (effect.get("error"), (record.get("detail") or {}).get("reason")))]
    controls = decision.get("controls") or ()
    who = approval.get("approver")
    because = ", ".join(map(str, why)) + (f" ({', '.join(controls)})" if controls else "") + (f" {who}" if who else "")
    before, after = state.get("from"), state.get("to")
    return (
        str(entry.seq),
        clock_time(entry.time.ToDatetime()),
        entry.event,
        record.get("step") or "",
        f"{before} -> {after}" if before else after or "",
        coloured(decision.get("verdict") or approval.get("outcome") or effect.get("status") or ""),
        because.strip(),
        decision.get("id") or "",
        (trace.get("trace_id") or "")[:8],
        entry.hash.removeprefix("sha256:")[:12],
    )
