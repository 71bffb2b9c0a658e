"""Everything the demo starts: one server on the workspace of the example, in front of the company."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grpc import aio

from assent_orchestrator.cli.stage.desk import Desk, open_channel
from assent_orchestrator.cli.stage.examples import Examples
from assent_orchestrator.cli.stage.ground import open_ground, serving
from assent_orchestrator.cli.stage.people import TENANT, Cast, People
from assent_orchestrator.cli.stage.program import Program


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs: the server, who may call it, and the folder in which the company's e-mails arrive."""

    folder: Path
    server: Program
    people: People
    mailbox: Path
    channel: aio.Channel

    def desk(self, person: str) -> Desk:
        """Return somebody's line to the server."""
        return Desk(self.channel, TENANT, self.people.token_of(person))


@contextlib.asynccontextmanager
async def open_stage(examples: Examples, environ: Mapping[str, str], cast: Cast) -> AsyncIterator[Stage]:
    """Start everything; when the block ends, however it ends, everything is stopped and the folder is gone.

    Raises:
        Problem: something does not start; the end of its log is told.
    """
    async with contextlib.AsyncExitStack() as stack:
        ground = await stack.enter_async_context(open_ground("demo", examples, environ, cast=cast))
        server = await stack.enter_async_context(serving(ground, "--workspace", str(examples.workspace)))
        channel = await stack.enter_async_context(open_channel(server.address))
        yield Stage(ground.folder, server, ground.people, ground.company.mailbox, channel)
