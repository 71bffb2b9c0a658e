"""The commands ``decide``, ``permits list`` and ``permits report``."""

import json
from enum import StrEnum
from typing import Annotated, Any

import typer
from google.protobuf.json_format import ParseDict, ParseError

from assent.v1 import decisions_pb2
from assent.v1 import permits_pb2 as wire
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.finding import codes_line, obligation_line, reason_line, requirement_lines
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import coloured, json_of, moment, say, say_json, table, word
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.cli.runs import LimitOption, joined

app = typer.Typer(
    help="Look at the permits that callers were given, and say what became of them.", rich_markup_mode=None
)


class PermitState(StrEnum):
    """Where a permit stands, as the wire has it."""

    ISSUED = "issued"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What may be reported."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


@with_connection
def decide_command(
    common: Common,
    *,
    action: Annotated[str, typer.Argument(metavar="ACTION", help="The action, as system.operation.")],
    agent: Annotated[str, typer.Option(metavar="NAME", help="The agent that acts.")],
    args: Annotated[str, typer.Option("--args", metavar="JSON", help="The arguments, a JSON object.")] = "{}",
    context: Annotated[str, typer.Option(metavar="JSON", help="What else policies may look at.")] = "{}",
    process: Annotated[str, typer.Option(metavar="NAME", help="The process that the work belongs to.")] = "",
    fulfils: Annotated[
        list[str] | None, typer.Option(metavar="TYPE", help="An obligation that you fulfil yourself; repeatable.")
    ] = None,
    request_id: Annotated[str, typer.Option(metavar="ID", help="The same id again answers with the same permit.")] = "",
) -> int:
    """Ask whether an agent may do something itself. An allow prints the permit; nothing is done here."""
    request = wire.DecideRequest(request_id=request_id)
    request.action.id, request.action.agent, request.action.action = "cli", agent, action
    request.terms.process = process
    request.terms.fulfils.extend(fulfils or ())
    _fill(request.action.args, args, "--args")
    _fill(request.terms.context, context, "--context")
    with Connection(common) as connection:
        request.parent = connection.parent
        answer = connection.call(connection.decisions.Decide, request)
    allowed = answer.decision.verdict == decisions_pb2.VERDICT_ALLOW
    if common.as_json:
        say_json(answer)
    else:
        verdict = word(decisions_pb2.Verdict, answer.decision.verdict, "VERDICT")
        say(coloured(verdict), f" {action} ", codes_line(answer.decision.reasons))
        _show_why(answer.decision)
        if allowed:
            say(f"permit {short(answer.permit.name)} until {moment(answer.permit.expire_time)}")
            say(answer.permit.token)
    return ExitCode.DONE if allowed else ExitCode.NO


@app.command("list")
@with_connection
def list_command(
    common: Common,
    *,
    state: Annotated[PermitState | None, typer.Option(help="Only permits that stand there.")] = None,
    agent: Annotated[str, typer.Option(metavar="NAME", help="Only permits of this agent.")] = "",
    run: Annotated[
        str, typer.Option(metavar="RUN", help="Only permits that services asked for which were called in this run.")
    ] = "",
    limit: LimitOption = 50,
) -> int:
    """List permits, newest first."""
    terms = (
        f"state={state.upper()}" if state else "",
        f"agent={agent}" if agent else "",
        f"run={short(run)}" if run else "",
    )
    with Connection(common) as connection:
        request = wire.ListPermitsRequest(parent=connection.parent, filter=joined(*terms))
        found = list(connection.pages(connection.decisions.ListPermits, request, "permits", limit=limit))
    if common.as_json:
        say_json({"permits": [json_of(one) for one in found]})
    elif not found:
        say("no permits")
    else:
        rows = [
            (short(one.name), _state(one), one.action, one.agent, one.holder, moment(one.create_time))
            + ((one.step, one.under) if run else ())
            for one in found
        ]
        table(("PERMIT", "STATE", "ACTION", "AGENT", "HOLDER", "SINCE", *(("STEP", "UNDER") if run else ())), rows)
    return ExitCode.DONE


@app.command("report")
@with_connection
def report_command(
    common: Common,
    *,
    permit: Annotated[str, typer.Argument(metavar="PERMIT", help="The permit: its id, or its whole name.")],
    outcome: Annotated[Outcome, typer.Option(help="What became of the action.")],
    result_digest: Annotated[str, typer.Option(metavar="DIGEST", help="The digest of its result.")] = "",
    error: Annotated[str, typer.Option(metavar="CODE", help="Why it did not succeed.")] = "",
    rationale: Annotated[
        str, typer.Option("--rationale", "-m", metavar="TEXT", help="How an operator found it out; the trail keeps it.")
    ] = "",
) -> int:
    """Say what became of a permitted action: its holder, once, or an operator when it is unknown."""
    with Connection(common) as connection:
        request = wire.ReportOutcomeRequest(
            name=connection.name("permits", permit),
            outcome=wire.PermitState.Value(f"PERMIT_STATE_{outcome.upper()}"),
            result_digest=result_digest,
            error=error,
            rationale=rationale,
        )
        found = connection.call(connection.decisions.ReportOutcome, request)
    if common.as_json:
        say_json(found)
    else:
        say(f"permit {short(found.name)} ", _state(found), ", late" if found.late else "")
    return ExitCode.DONE


def _show_why(decision: decisions_pb2.Decision) -> None:
    """Write what each policy found, who would have to approve, what to do about duties, and where it is on record."""
    for reason in decision.reasons:
        if reason.message:
            say(f"  {reason_line(reason)}")
    if decision.HasField("approval"):
        say(f"  would have to be approved by {'; '.join(requirement_lines(decision.approval))}")
        say("  no approval is opened here; submit a plan when people are to be asked: assent plan run")
    for obligation in decision.obligations:
        say(f"  demands: {obligation_line(obligation)}")
    if any(reason.code == "OBLIGATION_UNSUPPORTED" for reason in decision.reasons):
        say("  name what you do yourself, once for each: --fulfils TYPE")
    under = f" under revision {decision.revision}" if decision.revision else ""
    say(f"  decision {decision.decision_id}{under}")


def _state(permit: wire.Permit) -> Any:
    return coloured(word(wire.PermitState, permit.state, "PERMIT_STATE"))


def _fill(struct: Any, text: str, option: str) -> None:
    try:
        content = json.loads(text)
        if not isinstance(content, dict):
            raise ValueError("not an object")  # noqa: TRY301, TRY004 -- like every other text that is none
        ParseDict(content, struct)
    except (ValueError, ParseError, RecursionError) as error:
        raise Problem(f'{option} must be a JSON object, as in \'{{"account": "ACME-1"}}\'', ExitCode.USAGE) from error
