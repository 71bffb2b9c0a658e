"""The throw-away deployment that is broken: real engine, database and company, and a witness before the company."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import psutil
from grpc import aio

from assent.v1 import health_pb2
from assent_orchestrator.cli.chaos.engine import Engine
from assent_orchestrator.cli.chaos.policies import KEY_ID, Policies, make_policies
from assent_orchestrator.cli.chaos.trail import TrailReader
from assent_orchestrator.cli.chaos.witness import Witnessing, witnessing
from assent_orchestrator.cli.problem import sidecar_problem
from assent_orchestrator.cli.stage.desk import Desk, open_channel
from assent_orchestrator.cli.stage.examples import Examples
from assent_orchestrator.cli.stage.ground import Ground, open_ground, serving
from assent_orchestrator.cli.stage.people import AUDITOR, OPERATOR, TENANT
from assent_orchestrator.cli.stage.program import Program
from assent_sidecar.errors import SidecarError
from assent_sidecar.opa.binary import BINARY_VARIABLE, Binary, find_binary


@dataclass(slots=True)
class Deployment:
    """What runs. The server can be ended and started again on what it left."""

    ground: Ground
    engine: Engine
    policies: Policies
    trail: TrailReader
    witness: Witnessing
    server: Program | None = None
    _channel: aio.Channel | None = None
    _running: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    _lines: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    def desk(self, person: str) -> Desk:
        """Return somebody's line to the server that runs now."""
        if self._channel is None:
            raise RuntimeError("no server was started")
        return Desk(self._channel, TENANT, self.ground.people.token_of(person))

    @property
    def pid(self) -> int:
        """The process above the server's."""
        if self.server is None:
            raise RuntimeError("no server runs")
        return self.server.process.pid

    def server_process(self) -> psutil.Process:
        """Return the server's own process."""
        [server] = psutil.Process(self.pid).children()
        return server

    async def start(self) -> None:
        """Start the server.

        Raises:
            Problem: it does not start.
        """
        policies = self.policies
        started = serving(
            self.ground,
            *("--bundle", str(policies.file), "--bundle-key", f"{KEY_ID}={policies.public_key}"),
            tool_server=self.witness.address,
            environ={BINARY_VARIABLE: str(self.engine.program)},
        )
        self.server = await self._running.enter_async_context(started)
        # The line to an earlier server stays open till the end: closing it would cancel whoever still waits on it.
        self._channel = await self._lines.enter_async_context(open_channel(self.server.address))

    async def stop(self) -> None:
        """End the server; what it has under way goes on with the next start."""
        await self._running.aclose()

    async def close(self) -> None:
        """End the server and every line to it."""
        await self.stop()
        await self._lines.aclose()

    async def health(self) -> health_pb2.Health:
        """Ask the server how it is."""
        return await self.desk(OPERATOR).health()


@contextlib.asynccontextmanager
async def deployed(examples: Examples, environ: Mapping[str, str]) -> AsyncIterator[Deployment]:
    """Start everything; when the block ends, however it ends, everything is stopped and the folder is gone.

    Raises:
        Problem: something does not start; the end of its log is told.
    """
    async with contextlib.AsyncExitStack() as stack:
        ground = await stack.enter_async_context(open_ground("chaos", examples, environ))
        binary = await asyncio.to_thread(_binary, ground.environ)
        policies = await make_policies(ground.folder / "policies", examples.workspace, binary)
        trail = TrailReader(lambda: deployment.desk(AUDITOR))
        key = json.loads((ground.folder / "company-permit-key.json").read_text())
        witness = await stack.enter_async_context(witnessing(ground.company.tool_server, trail, key))
        deployment = Deployment(ground, Engine(ground.folder, binary.path), policies, trail, witness)
        stack.push_async_callback(deployment.close)
        await deployment.start()
        yield deployment


def _binary(environ: Mapping[str, str]) -> Binary:
    try:
        return find_binary(environ)
    except SidecarError as error:
        raise sidecar_problem(error) from error
