"""What the benchmarks run on: the real parts in temporary folders, and a tool server that only answers."""

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import grpc.aio

from assent.tool.v1 import tools_pb2, tools_pb2_grpc
from assent_orchestrator.app import assembly
from assent_orchestrator.app.assembly import App, open_app
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.config import Settings
from assent_orchestrator.governance.permit import Permit
from assent_orchestrator.tools.outcome import Found, Success
from assent_sidecar.facts import Action
from bench.workspace import make_workspace

CALLER = Caller("bench", "local", frozenset({Role.SUBMITTER, Role.OPERATOR, Role.AUDITOR}))


class Box(tools_pb2_grpc.ToolServiceServicer):
    """Answers at once."""

    async def Describe(self, request: tools_pb2.DescribeRequest, context: Any) -> tools_pb2.DescribeResponse:  # noqa: N802 - the name in the proto
        """Say what it is called."""
        del request, context
        return tools_pb2.DescribeResponse(name="box", version="1")

    async def Lookup(self, request: tools_pb2.LookupRequest, context: Any) -> tools_pb2.LookupResponse:  # noqa: N802 - as above
        """Know of nothing that was done."""
        del request, context
        return tools_pb2.LookupResponse(state=tools_pb2.LOOKUP_STATE_NOT_DONE)

    async def Invoke(self, request: tools_pb2.InvokeRequest, context: Any) -> tools_pb2.InvokeResponse:  # noqa: N802 - as above
        """Give a number back."""
        del request, context
        response = tools_pb2.InvokeResponse()
        response.result.struct_value.update({"n": 1})
        return response


class Instant:
    """Tools that cost nothing, in the place of those that the application has: only the governing is measured."""

    def __init__(self, *_args: object, **_settings: object) -> None:
        """Need nothing of what those are given."""

    async def invoke(self, permit: Permit, action: Action, *, tool_server: str, timeout: float) -> Success:  # noqa: ASYNC109 - as in Tools
        """Give a number back."""
        del permit, action, tool_server, timeout
        return Success({"n": 1})

    async def lookup(self, idempotency_key: str, action: Action, *, tool_server: str, timeout: float) -> Found:  # noqa: ASYNC109 - as in Tools
        """Know of nothing that was done."""
        del idempotency_key, action, tool_server, timeout
        return Found("not_done")

    async def close(self) -> None:
        """Have nothing open."""


@contextlib.asynccontextmanager
async def stage(
    *lengths: int,
    tools: type[Instant] | None = None,
    database: str | None = None,
    executor: str = "local",
    takers: Iterable[int] = (),
) -> AsyncIterator[App]:
    """Open a server's parts on a workspace with processes of these many steps; with a database of its own, or that.

    ``takers`` are as ``make_workspace`` has them. ``tools`` stand in the place of what calls tool servers; without
    them, the box is called.
    """
    server = grpc.aio.server()
    tools_pb2_grpc.add_ToolServiceServicer_to_server(Box(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    with tempfile.TemporaryDirectory(prefix="assent-bench-") as folder:
        workspace = Path(folder) / "workspace"
        make_workspace(workspace, *lengths, takers=takers)
        settings = Settings(
            workspace=workspace,
            data=Path(folder) / "data",
            tool_servers={"box": f"127.0.0.1:{port}"},
            database_url=database,
            executor=executor,
        )
        standing_in = patch.object(assembly, "ToolServers", tools) if tools is not None else contextlib.nullcontext()
        async with contextlib.AsyncExitStack() as stack:
            with standing_in:
                app = await stack.enter_async_context(open_app(settings, os.environ))
            yield app
    await server.stop(None)
