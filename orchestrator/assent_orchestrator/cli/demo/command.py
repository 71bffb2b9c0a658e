"""The command ``demo``: its options and its exit code."""

import asyncio
import os
import sys
from typing import Annotated

import typer

from assent_orchestrator.cli.demo.course import Course
from assent_orchestrator.cli.demo.kill_course import KillCourse
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_output
from assent_orchestrator.cli.problem import Problem


@with_output
def demo_command(
    common: Common,
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave everything running until Ctrl-C, and print what to try next.")
    ] = False,
    kill: Annotated[
        bool, typer.Option("--kill", help="Kill the server with -9 in the middle of one renewal, and start it again.")
    ] = False,
) -> int:
    """Renew three contracts of a made-up company on this machine, and show what was decided and why.

    Everything runs in one temporary folder that is gone afterwards. The exit code is 0 only if all three ended as told.
    """
    if kill and keep:
        raise Problem("--kill and --keep do not go together", ExitCode.USAGE)
    course = KillCourse if kill else Course
    return asyncio.run(course(os.environ, sys.stdout, keep=keep, as_json=common.as_json).run())
