"""The commands ``memory hold``, ``memory lift`` and ``memory holds``."""

from collections.abc import Callable
from typing import Annotated

import typer

from assent.v1 import decisions_pb2
from assent.v1 import memories_pb2 as wire
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.finding import reason_line, verdict_text
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import coloured, json_of, moment, say, say_json, table
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.cli.runs import LimitOption

SubjectOption = Annotated[str, typer.Option(metavar="TEXT", help="About whom or what, as in client/ACME-1.")]
RequestIdOption = Annotated[
    str, typer.Option(metavar="ID", help="The same id again does the same thing only once.", show_default=False)
]
ProcessOption = Annotated[str, typer.Option(metavar="NAME", help="The process whose policies are asked as well.")]


def register(app: typer.Typer) -> None:
    """Add the commands to those of a group."""
    app.command("hold")(hold_command)
    app.command("lift")(lift_command)
    app.command("holds")(list_command)


@with_connection
def hold_command(
    common: Common,
    *,
    subject: SubjectOption,
    reason: Annotated[str, typer.Option("--reason", "-m", metavar="TEXT", help="Why, as lists show it.")],
    process: ProcessOption = "",
    request_id: RequestIdOption = "",
) -> int:
    """Place a legal hold: what is remembered of the subject is neither forgotten nor removed until it is lifted."""
    request = wire.PlaceHoldRequest(subject=subject, reason=reason, request_id=request_id)
    request.terms.process = process
    with Connection(common) as connection:
        request.parent = connection.parent
        said = connection.call(connection.memories.PlaceHold, request)
    return answer(
        common, said, lambda: say(f"held; lift it with: assent memory lift {short(said.hold.name)} --reason ...")
    )


@with_connection
def lift_command(
    common: Common,
    *,
    hold: Annotated[str, typer.Argument(metavar="HOLD", help="The hold: its id, or its whole name.")],
    reason: Annotated[str, typer.Option("--reason", "-m", metavar="TEXT", help="Why.")],
    process: ProcessOption = "",
) -> int:
    """Lift a legal hold: what should have gone meanwhile is gone soon after."""
    with Connection(common) as connection:
        request = wire.LiftHoldRequest(name=connection.name("holds", hold), reason=reason)
        request.terms.process = process
        said = connection.call(connection.memories.LiftHold, request)
    return answer(common, said, lambda: say(f"lifted the hold {short(said.hold.name)} of {said.hold.placer}"))


@with_connection
def list_command(
    common: Common,
    *,
    subject: SubjectOption = "",
    every: Annotated[bool, typer.Option("--all", help="Also those that were lifted.")] = False,
    limit: LimitOption = 50,
) -> int:
    """List legal holds, newest first."""
    with Connection(common) as connection:
        request = wire.ListHoldsRequest(parent=connection.parent, subject=subject, in_force=not every)
        found = list(connection.pages(connection.memories.ListHolds, request, "holds", limit=limit))
    if common.as_json:
        say_json({"holds": [json_of(one) for one in found]})
    elif not found:
        say("no holds" if every else "nothing is held")
    else:
        rows = [
            (
                short(one.name),
                coloured("lifted" if one.lifter else "in_force"),
                one.subject_digest[:12],
                one.reason,
                one.placer,
                moment(one.place_time),
                one.lifter,
                moment(one.lift_time),
            )
            for one in found
        ]
        table(("HOLD", "STATE", "SUBJECT", "BECAUSE", "BY", "SINCE", "LIFTED BY", "UNTIL"), rows)
    return ExitCode.DONE


Answered = (
    wire.RememberResponse
    | wire.RecallResponse
    | wire.ForgetResponse
    | wire.ListMemoriesResponse
    | wire.PlaceHoldResponse
    | wire.LiftHoldResponse
)
"""What the service says of something that policies decided: ``refusal`` is why nothing was done."""


def answer(common: Common, said: Answered, show: Callable[[], None]) -> int:
    """Write an answer: as JSON, as why nothing was done, or as ``show`` writes it; return how the command ends."""
    if common.as_json:
        say_json(said)
    elif said.refusal:
        _show_refusal(said.refusal, said.decision)
    else:
        show()
    return ExitCode.NO if said.refusal else ExitCode.DONE


def _show_refusal(refusal: str, decision: decisions_pb2.Decision) -> None:
    """Write why nothing was done."""
    say(verdict_text(decision.verdict), f": nothing was done, {refusal}")
    for reason in decision.reasons:
        say(f"  {reason_line(reason)}")
