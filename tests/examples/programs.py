"""The programs of the examples as the tests run them: real processes on free ports, asked over gRPC."""

import asyncio
import email
import email.policy
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import json_format

from assent.tool.v1 import tools_pb2, tools_pb2_grpc
from assent_sidecar.opa.binary import find_binary

EXAMPLES = Path(__file__).parents[2] / "examples"
SECONDS = 60.0
TODAY = "2026-05-04"


@dataclass(frozen=True)
class Program:
    """A program that listens at ``address``."""

    process: asyncio.subprocess.Process
    address: str

    async def ended(self) -> int:
        return await asyncio.wait_for(self.process.wait(), SECONDS)


@asynccontextmanager
async def program(module: str, *arguments: str) -> AsyncIterator[Program]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        env={**os.environ, "PYTHONPATH": str(EXAMPLES), "PYTHONWARNINGS": "error"},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), SECONDS)).decode()
        assert line.startswith("listening 127.0.0.1:"), f"{module} did not start: {line!r}"
        yield Program(process, line.split()[1])
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), SECONDS)


@dataclass(frozen=True)
class Company:
    """A caller of the tool server of a company."""

    program: Program
    stub: "tools_pb2_grpc.ToolServiceAsyncStub"

    async def ask(self, request: tools_pb2.InvokeRequest) -> tools_pb2.InvokeResponse:
        return await self.stub.Invoke(request, timeout=SECONDS)

    async def do(self, action: str, args: dict[str, Any], key: str = "") -> dict[str, Any]:
        """Return the result; fail on any failure."""
        response = await self.ask(request(action, args, key))
        assert response.HasField("result"), response.failure
        result = json_format.MessageToDict(response.result)
        assert isinstance(result, dict)
        return result

    async def fail(self, action: str, args: dict[str, Any], key: str = "") -> tuple[str, bool, str]:
        """Return code, retryable and effect of the failure; fail on a result."""
        return failure(await self.ask(request(action, args, key)))

    async def look_up(self, action: str, key: str) -> tools_pb2.LookupResponse:
        system, operation = action.split(".")
        asked = tools_pb2.LookupRequest(system=system, operation=operation, idempotency_key=key)
        return await self.stub.Lookup(asked, timeout=SECONDS)


def company(folder: Path, smtp: str, *more: str) -> AbstractAsyncContextManager[Company]:
    """The company that renews contracts."""
    return _company("company.server", folder, smtp, "--today", TODAY, *more)


def firm(folder: Path, smtp: str, *more: str) -> AbstractAsyncContextManager[Company]:
    """The law firm that reviews contracts."""
    return _company("firm.server", folder, smtp, *more)


@asynccontextmanager
async def _company(module: str, folder: Path, smtp: str, *more: str) -> AsyncIterator[Company]:
    arguments = ("--folder", str(folder), "--smtp", smtp, *more)
    async with program(module, *arguments) as running, grpc.aio.insecure_channel(running.address) as channel:
        stub: Any = tools_pb2_grpc.ToolServiceStub(channel)
        yield Company(running, stub)


def request(action: str, args: dict[str, Any], key: str = "") -> tools_pb2.InvokeRequest:
    system, operation = action.split(".")
    made = tools_pb2.InvokeRequest(system=system, operation=operation, idempotency_key=key)
    made.args.update(args)
    return made


def failure(response: tools_pb2.InvokeResponse) -> tuple[str, bool, str]:
    assert response.HasField("failure"), response
    found = response.failure
    effect = tools_pb2.FailureEffect.Name(found.effect)
    return found.code, found.retryable, effect.removeprefix("FAILURE_EFFECT_").lower()


def messages(folder: Path) -> list[EmailMessage]:
    """Return what the mail server took, oldest first."""
    contents = [file.read_bytes() for file in sorted(folder.glob("*.eml"))]
    found = [email.message_from_bytes(content, policy=email.policy.default) for content in contents]
    return [message for message in found if isinstance(message, EmailMessage)]


def modes(folder: Path) -> dict[str, int]:
    """Return the names of the files in a folder with their permissions."""
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


async def opa(*arguments: str) -> int:
    """Run the engine's own program; return its exit code."""
    binary = find_binary(dict(os.environ)).path
    process = await asyncio.create_subprocess_exec(binary, *arguments, stdout=asyncio.subprocess.DEVNULL)
    return await asyncio.wait_for(process.wait(), 60)
