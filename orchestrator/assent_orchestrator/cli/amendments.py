"""The commands ``process propose``, ``process amendments``, ``process amendment`` and ``process dismiss``."""

from collections.abc import Iterable
from typing import Annotated

import typer
from google.protobuf.json_format import MessageToDict

from assent.v1 import amendments_pb2 as wire
from assent.v1 import runs_pb2
from assent.v1.decisions_pb2 import VERDICT_ALLOW, VERDICT_DEFER, VERDICT_REQUIRE_APPROVAL
from assent_orchestrator.cli import finding
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.headline import REFUSED
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.plan import FileArgument
from assent_orchestrator.cli.plan_file import read_plan_file
from assent_orchestrator.cli.printing import coloured, exact, json_of, moment, say, say_json, table, word
from assent_orchestrator.cli.process_card import get_process, show_changes
from assent_orchestrator.cli.refusal import Refusal
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.cli.runs import LimitOption, joined
from assent_orchestrator.plan.difference import Change, Sort

AmendmentArgument = Annotated[str, typer.Argument(metavar="AMENDMENT", help="The amendment, as lists show it.")]

_DECIDED: dict[int, str] = {
    **{int(verdict): said for verdict, said in REFUSED.items()},
    VERDICT_ALLOW: "allowed",
    VERDICT_DEFER: "deferred",
    VERDICT_REQUIRE_APPROVAL: "put before people",
}
"""What would be done about a step, as those say it who own a process."""


def register(app: typer.Typer) -> None:
    """Add the commands to those of a group."""
    app.command("propose")(propose_command)
    app.command("amendments")(list_command)
    app.command("amendment")(show_command)
    app.command("dismiss")(dismiss_command)


@with_connection
def propose_command(common: Common, *, file: FileArgument) -> int:
    """Propose a plan: what its process lets be is told so, anything else waits for the owner to see. Nothing is run."""
    written = read_plan_file(file)
    with Connection(common) as connection:
        request = wire.ProposePlanRequest(parent=connection.parent, plan=written.wire())
        try:
            said = connection.call(connection.processes.ProposePlan, request)
        except Refusal as refusal:
            raise written.explained(refusal) from refusal
    if common.as_json:
        say_json(said)
    else:
        show_answer(said)
    return ExitCode.NO if said.refusal else ExitCode.DONE


def show_answer(said: wire.ProposePlanResponse) -> None:
    """Write what became of a proposal."""
    if said.conforms:
        say(f"the plan is as its process says{_variation(said)}; submit it with assent plan run")
    elif said.refusal:
        say(f"it is no plan that may be proposed: {said.refusal}; nothing was stored")
        for reason in said.decision.reasons:
            say(f"  {finding.reason_line(reason)}")
    else:
        show_proposed(said.amendment)


def show_proposed(amendment: wire.Amendment) -> None:
    """Write what is now put before the owner of a process."""
    say(f"amendment {short(amendment.name)} waits in assent process amendments; nobody is notified")
    say(f"  {amendment.owner}, who owns {amendment.process}, may dismiss it, as compliance officers may")
    say("  whoever brings a new bundle with these steps into force adopts it; nothing else does")
    show_changes(parts_of(amendment))


def parts_of(amendment: wire.Amendment) -> list[Change]:
    """Return what an amendment changes, for the lines of a comparison."""
    found = []
    for one in amendment.changes:
        values = exact(MessageToDict(one))
        sort = Sort(word(wire.ProcessChange.Sort, one.sort, "SORT"))
        found.append(Change(one.path, sort, values.get("before"), values.get("after")))
    return found


@with_connection
def list_command(
    common: Common,
    *,
    process: Annotated[str, typer.Option(metavar="NAME", help="Only of this process.", show_default=False)] = "",
    every: Annotated[bool, typer.Option("--all", help="Also those that were dismissed or adopted.")] = False,
    limit: LimitOption = 50,
) -> int:
    """List the amendments that you proposed or decide on, newest first; overseers see everybody's."""
    terms = ("" if every else "state=OPEN", f"process={process}" if process else "")
    with Connection(common) as connection:
        request = wire.ListAmendmentsRequest(parent=connection.parent, filter=joined(*terms))
        found = list(connection.pages(connection.processes.ListAmendments, request, "amendments", limit=limit))
    if common.as_json:
        say_json({"amendments": [json_of(one) for one in found]})
    elif not found:
        say("no amendments" if every else "no amendment is open")
    else:
        rows = [
            (
                short(one.name),
                coloured(state_of(one)),
                f"{one.process} {one.process_version}",
                one.proposer,
                one.owner,
                str(len(one.changes)),
                moment(one.propose_time),
            )
            for one in found
        ]
        table(("AMENDMENT", "STATE", "PROCESS", "FROM", "OWNER", "DIFFERENCES", "SINCE"), rows)
    return ExitCode.DONE


@with_connection
def show_command(
    common: Common,
    *,
    amendment: AmendmentArgument,
    simulate: Annotated[
        int | None,
        typer.Option("--simulate", metavar="RUNS", min=1, max=20, help="Ask the policies again about so many runs."),
    ] = None,
) -> int:
    """Show an amendment: what it changes and, with --simulate, what recorded runs would have been with it."""
    with Connection(common) as connection:
        name = connection.name("amendments", amendment)
        found = connection.call(connection.processes.GetAmendment, wire.GetAmendmentRequest(name=name))
        told = not common.as_json and found.state == wire.AMENDMENT_STATE_OPEN
        now = current_version(connection, found) if told else found.process_version
        effect = None
        if simulate is not None:
            request = wire.SimulateAmendmentRequest(name=name, runs=simulate)
            effect = connection.call(connection.processes.SimulateAmendment, request)
    if common.as_json:
        more = {"effect": json_of(effect)} if effect is not None else {}
        say_json({**json_of(found), **more})
        return ExitCode.DONE
    show_amendment(found, now)
    if effect is not None:
        show_effect(effect)
    return ExitCode.DONE


def show_amendment(amendment: wire.Amendment, now: str) -> None:
    """Write an amendment; ``now`` is the version of its process that it is to be seen beside, empty where none is."""
    of = f"{amendment.process} {amendment.process_version}"
    say(f"amendment {short(amendment.name)} of {of} is ", coloured(state_of(amendment)))
    say(f"  proposed by {amendment.proposer} at {moment(amendment.propose_time)}, for {amendment.owner} to decide")
    if amendment.closer:
        why = f": {amendment.reason}" if amendment.reason else ""
        say(f"  {state_of(amendment)} by {amendment.closer} at {moment(amendment.close_time)}{why}")
    if not now:
        say(f"  there is no process {amendment.process} any more")
    elif now != amendment.process_version:
        say(f"  {amendment.process} is {now} by now, and this is how it differs from {amendment.process_version}:")
        say("  propose its plan again to see how that differs from what is in force")
    show_changes(parts_of(amendment))


@with_connection
def dismiss_command(
    common: Common,
    *,
    amendment: AmendmentArgument,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; the trail keeps it.")],
) -> int:
    """Put an amendment aside; for the owner of the process and compliance officers."""
    with Connection(common) as connection:
        request = wire.DismissAmendmentRequest(name=connection.name("amendments", amendment), reason=reason)
        closed = connection.call(connection.processes.DismissAmendment, request)
    if common.as_json:
        say_json(closed)
    else:
        say(f"amendment {short(closed.name)} is dismissed")
    return ExitCode.DONE


def current_version(connection: Connection, amendment: wire.Amendment) -> str:
    """Return which version of its process is in force; empty: none is."""
    try:
        return get_process(connection, amendment.process).version
    except Refusal as refusal:
        if refusal.code == "NOT_FOUND":
            return ""
        raise


_UNTOLD = {"NOT_RETAINED": "its values were not retained"}
"""Why nobody can tell, as people say it."""


def show_effect(effect: wire.SimulateAmendmentResponse) -> None:
    """Write what would have been decided otherwise, run by run."""
    if not effect.runs:
        say("no run of the process is recorded")
    for run in effect.runs:
        head = f"run {short(run.run)}: "
        if run.untold:
            say(f"{head}cannot be simulated: {_UNTOLD.get(run.untold, run.untold)}")
        elif run.faults:
            say(f"{head}could not have been: {', '.join(run.faults)}")
        elif not run.changes:
            say(f"{head}the same would be decided")
        for change in run.changes:
            say(f"{head}{_effect(change)}")


def state_of(amendment: wire.Amendment) -> str:
    """Return what became of an amendment."""
    return word(wire.AmendmentState, amendment.state, "AMENDMENT_STATE")


def _effect(change: wire.StepEffect) -> str:
    what = f"step {change.step}" if change.step else "the plan as a whole"
    now, then = _said(change.before, change.before_reasons), _said(change.after, change.after_reasons)
    if not change.before:
        return f"{what} would be new, and {then}"
    told = f"{what} would {f'be {then}' if change.after else 'not be there'}; now it is {now}"
    if not change.recorded:
        return told
    return f"{told}; this run has it {word(runs_pb2.StepState, change.recorded, 'STEP_STATE')}"


def _said(verdict: int, reasons: Iterable[str]) -> str:
    codes = f" ({', '.join(reasons)})" if reasons else ""
    return f"{_DECIDED.get(verdict) or finding.verdict_word(verdict)}{codes}"


def _variation(said: wire.ProposePlanResponse) -> str:
    parts = [
        f"without {', '.join(said.skipped)}" if said.skipped else "",
        f"with {', '.join(said.chosen)} chosen" if said.chosen else "",
        f"with another order of {', '.join(said.reordered)}" if said.reordered else "",
        f"with {', '.join(said.repeated)} once more" if said.repeated else "",
    ]
    told = " and ".join(part for part in parts if part)
    return f", {told}, as it may be" if told else ""
