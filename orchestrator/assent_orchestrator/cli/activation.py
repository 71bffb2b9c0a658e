"""The commands ``policy status``, ``activate``, ``rollback`` and ``rehearse``."""

# ruff: noqa: PLC0415 -- what rehearses takes half a second to load

import asyncio
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assent.v1 import policies_pb2 as wire
from assent_orchestrator.cli.connection import VERIFY_SECONDS, Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_connection, with_output
from assent_orchestrator.cli.printing import coloured, moment, say, say_json, say_under, table
from assent_orchestrator.cli.problem import Problem, sidecar_problem, workspace_problem
from assent_sidecar.bundle.command import CommandError
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.errors import SidecarError

if TYPE_CHECKING:
    from assent_sidecar.activation.report import RehearsalReport
    from assent_sidecar.bundle.archive import Bundle
    from assent_sidecar.opa.binary import Binary

_REVISION = re.compile(r"sha256:[0-9a-f]{64}")

_CAUSES = {
    wire.ACTIVATION_CAUSE_NAMED: "by name",
    wire.ACTIVATION_CAUSE_AUTOMATIC: "by itself",
    wire.ACTIVATION_CAUSE_START: "at the first start",
}

_WITHHELD = "whoever runs the server"
"""Who activated it, where that is for another tenant to know: policies that all tenants share are the server's."""

_BLANK = " " * 10
"""What stands before a line that belongs to the one above it."""

RevisionArgument = Annotated[
    str, typer.Argument(metavar="REVISION", help="Which one; its first digits do when no other begins so.")
]
ReasonOption = Annotated[str, typer.Option("--reason", "-m", metavar="TEXT", help="Why; the trail keeps it.")]
RequestIdOption = Annotated[
    str, typer.Option(metavar="ID", help="The same id again does the same thing only once.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the commands to those of ``policy``."""
    app.command("status")(status_command)
    app.command("activate")(activate_command)
    app.command("rollback")(rollback_command)
    app.command("rehearse")(rehearse_command)


@with_connection
def status_command(common: Common) -> int:
    """Show which policies are in force and who said so, what waits, and what one can go back to."""
    with Connection(common) as connection:
        request = wire.GetPolicyStatusRequest(name=_name(connection))
        found = connection.call(connection.policies.GetPolicyStatus, request)
    if common.as_json:
        say_json(found)
    else:
        _show(found)
    return ExitCode.DONE


@with_connection
def activate_command(
    common: Common, *, revision: RevisionArgument, reason: ReasonOption, request_id: RequestIdOption = ""
) -> int:
    """Bring the bundle that waits into force, on every server."""
    with Connection(common) as connection:
        request = wire.ActivatePolicyRequest(
            name=_name(connection), revision=_whole(connection, revision), reason=reason, request_id=request_id
        )
        found = connection.call(connection.policies.ActivatePolicy, request, seconds=VERIFY_SECONDS)
    return _done(common, found)


@with_connection
def rollback_command(
    common: Common, *, revision: RevisionArgument, reason: ReasonOption, request_id: RequestIdOption = ""
) -> int:
    """Go back to a bundle that was in force before, on every server."""
    with Connection(common) as connection:
        request = wire.RollBackPolicyRequest(
            name=_name(connection), revision=_whole(connection, revision), reason=reason, request_id=request_id
        )
        found = connection.call(connection.policies.RollBackPolicy, request, seconds=VERIFY_SECONDS)
    return _done(common, found)


@with_output
def rehearse_command(
    common: Common,
    *,
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE|DIR", help="A bundle in a file, or a workspace.")],
    against: Annotated[
        Path | None, typer.Option(metavar="BUNDLE|DIR", help="What is in force: its cases are put to both.")
    ] = None,
) -> int:
    """Put a bundle to the test that it has to pass before it comes into force; needs no server and no key."""
    try:
        report = asyncio.run(_rehearse(bundle, against))
    except WorkspaceError as error:
        raise workspace_problem(bundle, error) from error
    except CommandError as error:
        raise Problem(f"{error}; see assent doctor", ExitCode.UNAVAILABLE, code="ENGINE_ERROR") from error
    except SidecarError as error:
        raise sidecar_problem(error) from error
    if common.as_json:
        say_json({"passed": report.passed, **report.to_json()})
    else:
        for failure in report.failures:
            say(str(failure))
        say(coloured("ok" if report.passed else "fail"), f"  {report.revision}: {report.summary}")
        _differences((one.case, one.before, one.after) for one in report.differences)
    return ExitCode.DONE if report.passed else ExitCode.NO


async def _rehearse(place: Path, against: Path | None) -> "RehearsalReport":
    from assent_sidecar.activation.rehearsal import Rehearsal
    from assent_sidecar.opa.binary import find_binary

    binary = find_binary(os.environ)
    running = await _bundle(against, binary) if against is not None else None
    return await Rehearsal(binary, os.environ)(await _bundle(place, binary), running)


async def _bundle(place: Path, binary: "Binary") -> "Bundle":
    """Return a bundle that is built of a folder or read from a file, whoever signed it."""
    from assent_sidecar.bundle.build import build_bundle
    from assent_sidecar.bundle.verify import read_unverified

    if await asyncio.to_thread(place.is_dir):
        return await build_bundle(place, binary)
    try:
        return read_unverified(await asyncio.to_thread(place.read_bytes))
    except OSError as error:
        raise Problem(f"{place} cannot be read: {error.strerror}; name another file", ExitCode.NOT_FOUND) from error


def _name(connection: Connection) -> str:
    return f"{connection.parent}/policyStatus"


def _whole(connection: Connection, text: str) -> str:
    """Return the revision that ``text`` is, or the one that begins with it of those that can be named.

    Raises:
        Problem: none does, or several do.
    """
    if _REVISION.fullmatch(text):
        return text
    found = connection.call(connection.policies.GetPolicyStatus, wire.GetPolicyStatusRequest(name=_name(connection)))
    digits = text.removeprefix("sha256:")
    known = {found.active.revision, found.waiting.revision, *found.kept_revisions} - {""}
    meant = [one for one in known if digits and one.startswith(f"sha256:{digits}")]
    if len(meant) != 1:
        many = "several begin" if meant else "none begins"
        what = f"of the revisions that can be named {many} with {text!r}; assent policy status shows them"
        raise Problem(what, ExitCode.USAGE)
    return meant[0]


def _done(common: Common, found: wire.PolicyStatus) -> int:
    if common.as_json:
        say_json(found)
    else:
        say(f"{found.active.revision} is in force")
    return ExitCode.DONE


def _show(found: wire.PolicyStatus) -> None:
    say_under("in force  ", found.active.revision)
    _bundle_lines(found.active)
    if found.HasField("activation"):
        done = found.activation
        cause = _CAUSES.get(done.cause, "for a reason that this version does not know")
        what = "rolled back to" if done.rollback else "activated"
        who = f"{done.actor or _WITHHELD} {cause}, on the server {done.server}"
        say_under(_BLANK, f"{what} by {who}")
        say_under(_BLANK, f"at {moment(done.record_time)}{f': {done.reason}' if done.reason else ''}")
    confirmed = f", confirmed {_roughly(found.age.ToSeconds())} ago" if found.HasField("age") else ""
    say_under(_BLANK, f"from {found.origin or 'where its operators say'}{confirmed}")
    if found.problem:
        say(coloured("fail"), f"      {found.problem}")
    if found.HasField("waiting"):
        say(coloured("waiting"), f"   {found.waiting.revision}")
        _bundle_lines(found.waiting)
        say_under(_BLANK, f"bring it into force: assent policy activate {found.waiting.revision} --reason TEXT")
        rehearsal = found.waiting.rehearsal
        _differences((one.case, one.before, one.after) for one in rehearsal.differences)
        if rehearsal.differing > len(rehearsal.differences):
            say_under(_BLANK, f"and {rehearsal.differing - len(rehearsal.differences)} more")
    elif not found.automatic:
        say("waiting   nothing")
    rule = "by itself" if found.automatic else "by a person" + (", not its author" if found.two_persons else "")
    say_under("rule      ", f"what passes its rehearsal comes into force {rule}")
    for revision in found.kept_revisions:
        say_under("kept      " if revision != found.active.revision else "kept, and in force  ", revision)


def _roughly(seconds: int) -> str:
    """Return how long ago something was, in whole units that a person would say."""
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _bundle_lines(bundle: wire.PolicyBundle) -> None:
    number = f"number {bundle.sequence}" if bundle.HasField("sequence") else "not numbered"
    signed = f"signed by {bundle.signed_by}" if bundle.signed_by else "not signed"
    say_under(_BLANK, f"{number}, {signed}, author {bundle.author or 'unknown'}")
    if not bundle.HasField("rehearsal"):
        return
    rehearsal = bundle.rehearsal
    passed = ", ".join(f"{count} {part}" for part, count in sorted(rehearsal.passed.items()))
    compared = (
        f"; of the answers to {rehearsal.compared} cases {rehearsal.differing} differ" if rehearsal.against else ""
    )
    empty = "" if rehearsal.carried else "; it carries neither tests nor cases"
    say_under(_BLANK, f"rehearsed on OPA {rehearsal.engine_version}: {passed} passed{empty}{compared}")


def _differences(rows: Iterable[tuple[str, str, str]]) -> None:
    listed = list(rows)
    if listed:
        table(("CASE", "BEFORE", "AFTER"), listed)
