"""The command ``doctor``: what is here, whether it is fit, and what to do where it is not."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from assent_orchestrator.cli.connection import address_of, token_file_of
from assent_orchestrator.cli.examination import Examination
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.finding_of_doctor import Finding
from assent_orchestrator.cli.options import Common, with_connection
from assent_orchestrator.cli.places import read_tenants, read_tool_servers
from assent_orchestrator.cli.printing import coloured, say, say_json
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.config import default_data

_WIDEST = 12


@with_connection
def doctor_command(
    common: Common,
    *,
    workspace: Annotated[
        Path | None,
        typer.Option("--workspace", "-w", metavar="DIR", help="Build this workspace, too. [default: ., if it is one]"),
    ] = None,
    data: Annotated[Path | None, typer.Option(metavar="DIR", envvar="ASSENT_DATA", help="The data folder.")] = None,
    notices: Annotated[
        Path | None,
        typer.Option(metavar="FILE", envvar="ASSENT_NOTICES", help="Look whether this file of notices can be used."),
    ] = None,
    tool_server: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=HOST:PORT", help="Ask this tool server what it offers; repeatable."),
    ] = None,
    tenant: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=PLACE]",
            help="With PLACE, as to serve: look at this tenant of the workspace; repeatable. Else whose you are.",
        ),
    ] = None,
) -> int:
    """Say what Assent finds here (which engine, which version, where from) and what to do about what is wrong."""
    environ: Mapping[str, str] = os.environ
    if data is not None:
        environ = {**environ, "ASSENT_DATA": str(data)}
    root = workspace or (Path() if Path("assent.yaml").is_file() else None)
    named = [one for one in tenant or () if "=" not in one]
    common = replace(common, tenant=named[-1]) if named else common
    tenants = read_tenants([one for one in tenant or () if "=" in one], ())
    if tenants and root is None:
        raise Problem("tenants are looked at under their organisation; name it with --workspace", ExitCode.USAGE)
    examination = Examination(
        environ=environ,
        common=common,
        data=(data or default_data()).expanduser().absolute(),
        token_file=token_file_of(common, environ),
        address=address_of(common, environ),
        server_named=bool(common.server or environ.get("ASSENT_SERVER")),
        workspace=root,
        notices=notices,
        tool_servers=read_tool_servers(tool_server or ()),
        tenants={name: one.place for name, one in tenants.items()},
    )
    findings = asyncio.run(examination.findings())
    if common.as_json:
        say_json({"healthy": not _failed(findings), "findings": [finding.to_json() for finding in findings]})
    else:
        for finding in findings:
            _show(finding)
    return ExitCode.NO if _failed(findings) else ExitCode.DONE


def _failed(findings: tuple[Finding, ...]) -> bool:
    return any(finding.level == "fail" for finding in findings)


def _show(finding: Finding) -> None:
    say(coloured(finding.level), f"{'':<{5 - len(finding.level)}}{finding.subject:<{_WIDEST}} {finding.text}")
    if finding.advice:
        say(f"{'':<{_WIDEST + 6}}-> {finding.advice}")
