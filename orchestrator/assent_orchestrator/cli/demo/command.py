"""The command ``demo``: its options and its exit code."""

import asyncio
import enum
import os
import sys
from typing import Annotated

import typer

from assent_orchestrator.cli.demo.course import Course
from assent_orchestrator.cli.demo.kill_course import KillCourse
from assent_orchestrator.cli.demo.legal_course import LegalCourse
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_output
from assent_orchestrator.cli.problem import Problem


class Demo(enum.StrEnum):
    """Which example is shown."""

    RENEWAL = "renewal"
    LEGAL = "legal"


@with_output
def demo_command(
    common: Common,
    which: Annotated[
        Demo,
        typer.Argument(
            metavar="EXAMPLE",
            help="renewal: three contracts of a company are renewed. legal: a law firm reviews three others.",
        ),
    ] = Demo.RENEWAL,
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave everything running until Ctrl-C, and print what to try next.")
    ] = False,
    kill: Annotated[
        bool, typer.Option("--kill", help="Kill the server with -9 in the middle of one renewal, and start it again.")
    ] = False,
) -> int:
    """Renew three contracts of a made-up company, or review three at a law firm, and show what was decided and why.

    Everything runs in one temporary folder that is gone afterwards. The exit code is 0 only if all three ended as told.
    """
    if kill and keep:
        raise Problem("--kill and --keep do not go together", ExitCode.USAGE)
    if kill and which is Demo.LEGAL:
        raise Problem("--kill goes with the renewal only", ExitCode.USAGE)
    courses: dict[Demo, type[Course]] = {Demo.RENEWAL: KillCourse if kill else Course, Demo.LEGAL: LegalCourse}
    return asyncio.run(courses[which](os.environ, sys.stdout, keep=keep, as_json=common.as_json).run())
