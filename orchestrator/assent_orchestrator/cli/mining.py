"""The command ``process mine``."""

from typing import Annotated, Any

import typer

from assent.v1 import amendments_pb2, runs_pb2
from assent_orchestrator.cli.amendments import show_answer
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import json_of, say, say_json, word
from assent_orchestrator.cli.process_card import get_process, read_shown
from assent_orchestrator.plan.mining import LEAST_RUNS, Passage, Sort, Suggestion, amended, mine
from assent_orchestrator.plan.state import StepState
from assent_orchestrator.server.translate.plan import write_plan

_LOOKED_AT = 5_000
"""How far back runs are looked at, finished or not."""

_WHOSE = "of those that you may see: your own; operators and auditors see all"


@with_connection
def mine_command(
    common: Common,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The process.")],
    runs: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="How many finished runs to read.")] = 50,
    propose: Annotated[bool, typer.Option("--propose", help="Make it an amendment, for the owner to find.")] = False,
) -> int:
    """Read finished runs, and suggest which steps could go side by side or are never needed.

    It reads those that you may see: your own; operators and auditors see all.

    Nothing changes by itself: with --propose it is an amendment, and a new bundle adopts it. That needs somebody whom
    the policies let propose.
    """
    with Connection(common) as connection:
        process = read_shown(get_process(connection, name))
        seen = _finished(connection, name, process.version, runs)
        found = mine(process, seen)
        said = None
        if propose and found:
            plan = write_plan(amended(process, found))
            proposal = amendments_pb2.ProposePlanRequest(parent=connection.parent, plan=plan)
            said = connection.call(connection.processes.ProposePlan, proposal)
    if common.as_json:
        suggested: list[dict[str, Any]] = [_json(one) for one in found]
        more = {"proposal": json_of(said)} if said is not None else {}
        say_json({"process": name, "version": process.version, "runs": len(seen), "suggestions": suggested, **more})
    else:
        say(f"{name} {process.version}: {len(seen)} finished run{'s'[: len(seen) != 1]} read {_WHOSE}")
        for one in found:
            say(_line(one))
        if not found:
            say(f"nothing to suggest; it takes {LEAST_RUNS} runs that say the same")
        elif said is None:
            say(f"with --propose it waits for {process.owner} in assent process amendments; nothing changes by itself")
            say("  that needs somebody whom the policies let propose")
        else:
            show_answer(said)
    return ExitCode.NO if said is not None and said.refusal else ExitCode.DONE


def _finished(connection: Connection, name: str, version: str, most: int) -> list[dict[str, Passage]]:
    request = runs_pb2.ListRunsRequest(parent=connection.parent, filter=f"process={name}")
    found = []
    for run in connection.pages(connection.runs.ListRuns, request, "runs", limit=_LOOKED_AT):
        if run.HasField("end_time") and run.process_version == version:
            whole = connection.call(connection.runs.GetRun, runs_pb2.GetRunRequest(name=run.name))
            found.append({step.id: _passage(step) for step in whole.steps})
            if len(found) == most:
                break
    return found


def _passage(step: runs_pb2.Step) -> Passage:
    state = StepState(word(runs_pb2.StepState, step.state, "STEP_STATE"))
    if not (step.HasField("start_time") and step.HasField("end_time")):
        return Passage(state)
    return Passage(state, (step.end_time.ToDatetime() - step.start_time.ToDatetime()).total_seconds())


def _line(one: Suggestion) -> str:
    if one.sort is Sort.UNNEEDED:
        return f"{one.step} is never needed: skipped in all {one.runs} runs, and nobody uses what it returns"
    shorter = f"{one.seconds:.3f} s shorter in the middle of {one.runs} runs"
    return f"{one.step} could go beside {one.other}: only `after` orders them, nothing is bound; {shorter}"


def _json(one: Suggestion) -> dict[str, Any]:
    more = {"other": one.other, "seconds": one.seconds} if one.sort is Sort.BESIDE else {}
    return {"sort": str(one.sort), "step": one.step, "runs": one.runs, **more}
