"""What the benchmarks run on: the real parts in temporary folders, and a tool server that only answers."""

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import grpc.aio

from assent.tool.v1 import tools_pb2, tools_pb2_grpc
from assent_orchestrator.app.assembly import App, open_app
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.config import Settings
from assent_orchestrator.tools.outcome import Found, Success
from bench.workspace import make_workspace

CALLER = Caller("bench", "local", frozenset({Role.SUBMITTER, Role.OPERATOR, Role.AUDITOR}))


class Box(tools_pb2_grpc.ToolServiceServicer):
    """Answers at once."""

    async def Invoke(self, request, context):  # noqa: N802 - the name in the proto
        response = tools_pb2.InvokeResponse()
        response.result.struct_value.update({"n": 1})
        return response


class Instant:
    """Tools that cost nothing, in the place of those that the application has: only the governing is measured."""

    def __init__(self, *_args, **_settings):
        pass

    async def invoke(self, permit, action, *, tool_server, timeout):
        return Success({"n": 1})

    async def lookup(self, idempotency_key, action, *, tool_server, timeout):
        return Found("not_done")

    async def close(self):
        pass


@contextlib.asynccontextmanager
async def stage(*lengths: int, database: str | None = None, executor: str = "local") -> AsyncIterator[App]:
    """Open a server's parts on a workspace with processes of these many steps; with a database of its own, or that."""
    server = grpc.aio.server()
    tools_pb2_grpc.add_ToolServiceServicer_to_server(Box(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    with tempfile.TemporaryDirectory(prefix="assent-bench-") as folder:
        workspace = Path(folder) / "workspace"
        make_workspace(workspace, *lengths)
        settings = Settings(
            workspace=workspace,
            data=Path(folder) / "data",
            tool_servers={"box": f"127.0.0.1:{port}"},
            database_url=database,
            executor=executor,
        )
        async with open_app(settings, os.environ) as app:
            yield app
    await server.stop(None)
