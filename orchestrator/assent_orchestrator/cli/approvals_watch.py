"""The command ``approvals watch``: what happens to approvals, live, over lost connections."""

from collections.abc import Iterator
from datetime import UTC
from enum import StrEnum
from typing import Annotated

import typer

from assent.v1 import approvals_pb2 as wire
from assent_orchestrator.cli.approval_card import asked_line, state_of
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import clock_time, note, say, say_json
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.cli.runs import joined
from assent_orchestrator.cli.watch import resumed


class ApprovalKind(StrEnum):
    """What people are asked, as the wire has it: the room that owns the word loads a database."""

    ACTION = "action"
    HANDOFF = "handoff"
    WORK_ITEM = "work_item"
    REVIEW = "review"


KindOption = Annotated[ApprovalKind | None, typer.Option(help="Only such.")]
RoleOption = Annotated[str | None, typer.Option(metavar="ROLE", help="Only those that this role is or was asked.")]
RunOption = Annotated[str | None, typer.Option(metavar="RUN", help="Only those of this run.")]
ProcessOption = Annotated[str | None, typer.Option(metavar="NAME", help="Only those of this process.")]


@with_connection
def watch_command(
    common: Common,
    *,
    role: RoleOption = None,
    process: ProcessOption = None,
    run: RunOption = None,
    kind: KindOption = None,
    after_seq: Annotated[
        int, typer.Option(metavar="SEQ", min=0, help="Begin after this event; 0 begins with what is open.")
    ] = 0,
) -> int:
    """Show what is open, and then what happens to approvals, until Ctrl-C."""
    wanted = joined(*terms(role=role, process=process, run=run, kind=kind))
    with Connection(common) as connection:

        def stream(seen: int) -> Iterator[wire.ApprovalEvent]:
            request = wire.WatchApprovalsRequest(parent=connection.parent, filter=wanted, after_seq=seen)
            return connection.stream(connection.approvals.WatchApprovals, request)

        try:
            for event in resumed(connection, stream, lambda: False, after_seq):
                if event.heartbeat:
                    continue
                if common.as_json:
                    say_json(event)
                else:
                    _show(event)
        except KeyboardInterrupt:
            note("not watching any more")
    return ExitCode.INTERRUPTED


def terms(
    *, role: str | None = None, process: str | None = None, run: str | None = None, kind: ApprovalKind | None = None
) -> list[str]:
    """Return the terms of a filter that options make, to be `joined`."""
    wanted = {"role": role, "process": process, "run": short(run) if run else None, "kind": kind}
    return [f"{name}={value}" for name, value in wanted.items() if value]


def _show(event: wire.ApprovalEvent) -> None:
    approval = event.approval
    say(
        f"{clock_time(event.time.ToDatetime(UTC))}  {short(approval.name)}  {event.event or 'open already':<26} ",
        state_of(approval),
        f"  {asked_line(approval)} for {approval.process}/{approval.step}",
    )
