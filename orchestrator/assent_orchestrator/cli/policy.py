"""The command ``policy test``."""

# ruff: noqa: PLC0415 -- the engine's client takes half a second to load

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assent_orchestrator.cli import activation, shadow
from assent_orchestrator.cli.bundle import UnderOption, read_org
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_output
from assent_orchestrator.cli.printing import coloured, say, say_json
from assent_orchestrator.cli.problem import Problem
from assent_sidecar.bundle.command import CommandError
from assent_sidecar.errors import SidecarError
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.policy.junit import write_junit
from assent_sidecar.policy.report import Check, Outcome, Part, PolicyReport

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

app = typer.Typer(help="Test policies, say which are in force, and try others beside them.", rich_markup_mode=None)
activation.register(app)
app.add_typer(shadow.app, name="shadow")

_WHAT = {
    Part.WORKSPACE: "opa check --strict, and every reference in the workspace",
    Part.FORMAT: "opa fmt --fail",
    Part.METADATA: "a title each, a control for each refusal, a default",
    Part.TESTS: "opa test",
    Part.CASES: "the cases, decided by the engine",
}


@app.callback()
def policy() -> None:
    """Test policies, and say which are in force."""


@app.command("test")
@with_output
def run_tests(
    common: Common,
    *,
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="The workspace. [default: .]")] = None,
    workspace: Annotated[Path | None, typer.Option("--workspace", "-w", metavar="DIR", help="The same.")] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a JUnit XML report there, too.")] = None,
    under: UnderOption = None,
) -> int:
    """Check a workspace as a whole: strictly, its format, its Rego tests and its cases; needs no server."""
    if folder and workspace:
        raise Problem("name the workspace once, as DIR or with --workspace", ExitCode.USAGE)
    root = folder or workspace or Path()
    if not root.is_dir():
        raise Problem(f"{root} is no folder; name that of a workspace", ExitCode.NOT_FOUND)
    report = _checked(root, under)
    if junit is not None:
        try:
            junit.parent.mkdir(parents=True, exist_ok=True)
            junit.write_bytes(write_junit(report))
        except OSError as error:
            raise Problem(f"{junit} cannot be written: {error.strerror}; name another file", ExitCode.USAGE) from error
    if common.as_json:
        say_json(_json_of(report))
    else:
        _show(root, report)
    if any(check.part is Part.WORKSPACE for check in report.failures):
        return ExitCode.INVALID
    return ExitCode.DONE if report.passed else ExitCode.NO


def _checked(root: Path, under: Path | None) -> PolicyReport:
    from assent_sidecar.policy.check import check_policies

    try:
        binary = find_binary(os.environ)
        org = read_org(under, binary) if under is not None else None
        return asyncio.run(check_policies(root, binary, under=org))
    except (CommandError, SidecarError) as error:
        code = error.code if isinstance(error, SidecarError) else "ENGINE_ERROR"
        raise Problem(f"{error}; see assent doctor", ExitCode.UNAVAILABLE, code=code) from error


def _show(root: Path, report: PolicyReport) -> None:
    for check in report.failures:
        say(*_headline(root, check))
        for line in _detail(check):
            say(f"    {line}")
    for part in report.parts:
        checks = [check for check in report.checks if check.part is part]
        passed, failed, skipped = (sum(check.outcome is one for check in checks) for one in Outcome)
        counts = (
            f"{passed} passed" + (f", {failed} failed" if failed else "") + (f", {skipped} skipped" if skipped else "")
        )
        verdict = "skipped" if not checks else "fail" if failed else "ok"
        say(
            coloured(verdict),
            f"{'':<{8 - len(verdict)}}{part:<10} {counts if checks else 'nothing to check':<20} {_WHAT[part]}",
            _whose(checks) if part is Part.TESTS and checks else "",
        )
    for doubt in report.doubts:
        say(coloured("warn"), f"    {doubt}")
    if report.revision:
        say(f"revision {report.revision}")


def _whose(checks: "Sequence[Check]") -> str:
    own = sum(check.file.startswith("policies/") for check in checks)
    return f": {own} of the workspace, {len(checks) - own} of the library that they build on"


def _headline(root: Path, check: Check) -> tuple[str, ...]:
    place = f"{root / check.file}:{check.line}: " if check.file else ""
    return (f"{place}{check.name}" if check.part is Part.WORKSPACE else f"{place}{check.part}: {check.name}",)


def _detail(check: Check) -> "Iterator[str]":
    """Yield what is more than the headline says."""
    if check.part is not Part.WORKSPACE:
        lines = (line.removeprefix(f"{check.name}: ").expandtabs(4) for line in check.detail.splitlines())
        yield from (line for line in lines if line != check.name)


def _json_of(report: PolicyReport) -> dict[str, object]:
    return {
        "passed": report.passed,
        "revision": report.revision,
        "doubts": list(report.doubts),
        "checks": [
            {
                "part": check.part,
                "name": check.name,
                "outcome": check.outcome,
                "file": check.file,
                "line": check.line,
                "detail": check.detail,
                "seconds": round(check.seconds, 6),
            }
            for check in report.checks
        ],
    }
