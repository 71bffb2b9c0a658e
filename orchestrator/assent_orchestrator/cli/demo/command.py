"""The command ``demo``: its options and its exit code."""

import asyncio
import os
import sys
from typing import Annotated

import typer

from assent_orchestrator.cli.demo.course import Course
from assent_orchestrator.cli.options import Common, with_output


@with_output
def demo_command(
    common: Common,
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave everything running until Ctrl-C, and print what to try next.")
    ] = False,
) -> int:
    """Renew three contracts of a made-up company on this machine, and show what was decided and why.

    Everything runs in one temporary folder that is gone afterwards. The exit code is 0 only if all three ended as told.
    """
    return asyncio.run(Course(os.environ, sys.stdout, keep=keep, as_json=common.as_json).run())
