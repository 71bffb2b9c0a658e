"""The commands ``policy shadow``: try policies beside those in force, and see what would be decided otherwise."""

# ruff: noqa: PLC0415 -- what builds bundles takes half a second to load

import asyncio
import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from assent.v1 import decisions_pb2
from assent.v1 import shadows_pb2 as wire
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.printing import coloured, moment, say, say_json, word
from assent_orchestrator.cli.problem import Problem, sidecar_problem, workspace_problem
from assent_orchestrator.cli.run_card import short

app = typer.Typer(help="Try policies beside those in force, without effect.", rich_markup_mode=None)

LARGEST = 4_000_000
"""Bytes of a bundle that one call can carry; the .proto file says the same."""

START_SECONDS = 90.0
"""An engine is started for the candidate before the call answers."""

_REVISION = re.compile(r"sha256:[0-9a-f]{64}")

_HEADLINES = {
    wire.SHADOW_CHANGE_LOOSER: "would be looser",
    wire.SHADOW_CHANGE_STRICTER: "would be stricter",
    wire.SHADOW_CHANGE_OTHER: "would be otherwise",
    wire.SHADOW_CHANGE_FAULT: "the candidate gave no decision; in force, each of these is a deny",
}

ShadowArgument = Annotated[str, typer.Argument(metavar="[SHADOW]", help="The shadow: its id; the last one by default.")]


@app.callback()
def shadow() -> None:
    """Try policies beside those in force, without effect."""


@app.command("start")
@with_connection
def start(
    common: Common,
    *,
    candidate: Annotated[
        str,
        typer.Argument(
            metavar="CANDIDATE",
            help="A workspace (built here), a bundle, or the revision of one that the server keeps.",
        ),
    ],
    key: Annotated[str | None, typer.Option(metavar="KEYID=FILE", help="Sign it with this private key.")] = None,
) -> int:
    """Have a candidate answer every live question from now on, without any effect."""
    request = wire.StartShadowRequest()
    if _REVISION.fullmatch(candidate):
        if key is not None:
            raise Problem("a bundle that the server keeps is signed already; leave --key out", ExitCode.USAGE)
        request.revision = candidate
    else:
        request.archive = _archive(Path(candidate), key)
    with Connection(common) as connection:
        request.parent = connection.parent
        started = connection.call(connection.shadows.StartShadow, request, seconds=START_SECONDS)
    if common.as_json:
        say_json(started)
    else:
        say(f"{started.revision} answers beside the policies in force, without effect")
        say("see what differs with: assent policy shadow report")
    return ExitCode.DONE


@app.command("report")
@with_connection
def report(common: Common, *, shadow: ShadowArgument = "latest") -> int:
    """Say where a candidate decides otherwise than the policies in force: what would be looser first."""
    with Connection(common) as connection:
        request = wire.GetShadowReportRequest(name=connection.name("shadows", shadow))
        found = connection.call(connection.shadows.GetShadowReport, request)
    if common.as_json:
        say_json(found)
    else:
        _show(found)
    return ExitCode.DONE


@app.command("stop")
@with_connection
def stop(common: Common, *, shadow: ShadowArgument = "latest") -> int:
    """End a shadow; its report stays."""
    with Connection(common) as connection:
        request = wire.StopShadowRequest(name=connection.name("shadows", shadow))
        stopped = connection.call(connection.shadows.StopShadow, request)
    if common.as_json:
        say_json(stopped)
    else:
        say(f"{stopped.revision} is not asked any more; its report: assent policy shadow report {short(stopped.name)}")
    return ExitCode.DONE


def _archive(path: Path, key: str | None) -> bytes:
    """Return the candidate as it is sent: built if it is a folder, signed if there is a key."""
    from assent_sidecar.bundle.command import CommandError
    from assent_sidecar.bundle.fault import WorkspaceError
    from assent_sidecar.errors import SidecarError

    try:
        archive = asyncio.run(_built(path)) if path.is_dir() else path.read_bytes()
        if key is not None:
            archive = _signed(archive, key)
    except WorkspaceError as error:
        raise workspace_problem(path, error) from error
    except CommandError as error:
        raise Problem(f"{error}; see assent doctor", ExitCode.UNAVAILABLE, code="ENGINE_ERROR") from error
    except SidecarError as error:
        raise sidecar_problem(error) from error
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}; name another", ExitCode.NOT_FOUND) from error
    if len(archive) > LARGEST:
        what = (
            f"the bundle has {len(archive)} bytes, and a call carries {LARGEST}; name the revision of one that is kept"
        )
        raise Problem(what, ExitCode.INVALID)
    return archive


async def _built(folder: Path) -> bytes:
    from assent_sidecar.bundle.build import build_bundle
    from assent_sidecar.opa.binary import find_binary

    return (await build_bundle(folder, find_binary(os.environ))).archive


def _signed(archive: bytes, key: str) -> bytes:
    from assent_sidecar.bundle.keys import read_signing_key
    from assent_sidecar.bundle.sign import sign_bundle

    return sign_bundle(archive, read_signing_key(key), sequence=int(time.time()))


def _show(found: wire.ShadowReport) -> None:
    one = found.shadow
    until = f" until {moment(one.stop_time)} ({one.stopper})" if one.stopper else ""
    say(f"shadow {short(one.name)}, started by {one.creator}: {moment(one.create_time)}{until or ' until now'}")
    say(f"candidate {one.revision}, {f'signed by {one.signer}' if one.signer else 'not signed'}")
    if found.problem:
        say(coloured("fail"), f": the candidate cannot be asked: {found.problem}")
    say(
        f"{found.compared_count} answers compared: {found.same_count} the same, {found.different_count} different; "
        f"{found.fault_count} without a decision of the candidate; {found.not_compared_count} not compared{_why(found)}"
    )
    revisions = {difference.live_revision for difference in found.differences}
    shown = None
    for difference in found.differences:
        if difference.change != shown:
            shown = difference.change
            say()
            say(f"{_HEADLINES[shown]}:")
        for line in _lines(difference):
            say(f"  {line}")
        if len(revisions) > 1:
            say(f"      while {difference.live_revision} was in force")
    if found.unlisted_count:
        say(f"{found.unlisted_count} more differ in too many ways to be listed")


def _why(found: wire.ShadowReport) -> str:
    told = [
        f"{one.count} {word(wire.ShadowOmission, one.omission, 'SHADOW_OMISSION').replace('_', ' ')}"
        for one in found.omissions
    ]
    return f" ({', '.join(told)})" if told else ""


def _lines(difference: wire.ShadowDifference) -> Iterator[str]:
    what = f"{difference.kind} {difference.action}".strip()
    aspects = set(difference.aspects)
    duties = wire.SHADOW_ASPECT_OBLIGATIONS in aspects
    live, candidate = _said(difference.live, duties), _said(difference.candidate, duties)
    if aspects == {wire.SHADOW_ASPECT_CONTROLS}:  # of a plan as a whole it follows from its steps
        yield f"{difference.count} x {what}: {live}, under other controls"
    else:
        yield f"{difference.count} x {what}: {live} -> {candidate}"
    if wire.SHADOW_ASPECT_CONTROLS in aspects:
        yield f"    controls {_listed(difference.live.controls)} -> {_listed(difference.candidate.controls)}"
    for aspect, name in ((wire.SHADOW_ASPECT_APPROVAL, "approval"), (wire.SHADOW_ASPECT_OBLIGATIONS, "obligations")):
        if aspect in aspects and _alike(difference, aspect):
            yield (
                f"    the {name} differ in what they say"
                if name.endswith("s")
                else f"    the {name} differs in its terms"
            )
    ids = ", ".join(example.decision_id for example in difference.examples)
    yield f"    {moment(difference.first_time)} to {moment(difference.last_time)}, decisions {ids}"


def _alike(difference: wire.ShadowDifference, aspect: int) -> bool:
    """Say whether two answers look alike in what is shown of an aspect."""
    one, other = difference.live, difference.candidate
    if aspect == wire.SHADOW_ASPECT_APPROVAL:
        return list(one.stages) == list(other.stages)
    return list(one.obligations) == list(other.obligations)


def _said(answer: wire.ShadowAnswer, duties: bool) -> str:
    parts = [word(decisions_pb2.Verdict, answer.verdict, "VERDICT")]
    if answer.HasField("taken"):
        parts.append("taken" if answer.taken else "not taken")
    parts += [f"{one.code} [{one.control}]" if one.control else one.code for one in answer.reasons]
    if answer.stages:
        parts.append("by " + ", then ".join(f"{one.quorum} {one.role}" for one in answer.stages))
    if duties and answer.obligations:
        parts.append("with " + ", ".join(answer.obligations))
    return " ".join(parts)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
