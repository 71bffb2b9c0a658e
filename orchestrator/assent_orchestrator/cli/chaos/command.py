"""The command ``chaos``: its options and its exit code."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer
from grpc import aio

from assent_orchestrator.cli.chaos.deployment import deployed
from assent_orchestrator.cli.chaos.experiment import Result, try_out
from assent_orchestrator.cli.chaos.faults import FAULTS, Fault
from assent_orchestrator.cli.chaos.report import document, show
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_output
from assent_orchestrator.cli.printing import note, say_json
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.stage.examples import find_examples
from assent_orchestrator.cli.stage.interruption import interruptible


@with_output
def chaos_command(
    common: Common,
    *,
    fault: Annotated[
        list[str] | None,
        typer.Option("--fault", metavar="NAME", help=f"Only this one: {', '.join(one.name for one in FAULTS)}."),
    ] = None,
    runs: Annotated[int, typer.Option(min=1, max=20, metavar="N", help="Renewals under way during each fault.")] = 2,
) -> int:
    """Break a deployment of its own in one way after another, and check that no tool is called without an allow.

    Everything runs in one temporary folder that is gone afterwards. The exit code is 0 only if the promise held in
    every fault, and every fault was felt.
    """
    return asyncio.run(_interruptible(chosen(fault or ()), runs, os.environ, as_json=common.as_json))


def chosen(names: Sequence[str]) -> tuple[Fault, ...]:
    """Return the faults of these names, in their own order; all of them when none is named.

    Raises:
        Problem: there is no such fault.
    """
    known = {one.name for one in FAULTS}
    for name in names:
        if name not in known:
            raise Problem(f"there is no fault {name!r}; choose of {', '.join(sorted(known))}", ExitCode.USAGE)
    return tuple(one for one in FAULTS if not names or one.name in names)


async def _interruptible(faults: Sequence[Fault], runs: int, environ: Mapping[str, str], *, as_json: bool) -> int:
    with interruptible() as interruption:
        try:
            return await _run(faults, runs, environ, as_json=as_json)
        except asyncio.CancelledError:
            if interruption.number is None:
                raise
            note("Stopped; nothing is left running, the temporary folder is gone.")
            return interruption.exit_code


async def _run(faults: Sequence[Fault], runs: int, environ: Mapping[str, str], *, as_json: bool) -> int:
    examples = find_examples()
    note("starting PostgreSQL, OPA, the server, the company's systems and a witness before them ...")
    left_out = [one.name for one in faults if not one.is_possible]
    for name in left_out:
        note(f"{name}: left out, it takes Linux")
    results: list[Result] = []
    async with deployed(examples, environ) as deployment:
        for one in (one for one in faults if one.is_possible):
            note(f"{one.name}: {one.what} ...")
            try:
                results.append(await try_out(deployment, one, runs))
            except (aio.AioRpcError, TimeoutError) as error:
                # What was proved before it is not lost.
                _tell(results, as_json=as_json, left_out=left_out, unfinished=one.name)
                log = deployment.server.last_words() if deployment.server else ()
                raise failure(one, error, results, log) from error
    _tell(results, as_json=as_json, left_out=left_out)
    return ExitCode.DONE if results and all(result.good for result in results) else ExitCode.NO


def _tell(results: Sequence[Result], *, as_json: bool, left_out: Sequence[str], unfinished: str = "") -> None:
    if as_json:
        say_json(document(results, left_out=left_out, unfinished=unfinished))
    elif results:
        show(results)


def failure(fault: Fault, error: Exception, results: Sequence[Result], log: Sequence[str]) -> Problem:
    """Return why the experiments could not go on, what that says of the promise, and what to do."""
    said = error.details() if isinstance(error, aio.AioRpcError) else "it took too long"
    before = ""
    held = all(not result.breaches for result in results)
    if results:
        before = f", and in the {len(results)} before it the promise {'held' if held else 'did not hold'}"
    return Problem(
        f"{fault.name}: the deployment did not get well again ({said}): of this fault nothing was checked{before}; "
        f"run it alone with assent chaos --fault {fault.name}; the server's log, with what the engine said, ends with:",
        ExitCode.UNAVAILABLE if held else ExitCode.NO,
        code="CHAOS_FAILED",
        details=tuple(log),
    )
