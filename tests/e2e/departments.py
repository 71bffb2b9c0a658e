"""The two examples as departments of one organisation, side by side in one server, everything real."""

import asyncio
import contextlib
import re
import shlex
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc.aio
from google.protobuf import json_format

from assent.v1 import plans_pb2, runs_pb2
from assent_orchestrator.cli.stage.desk import Desk, open_channel
from assent_orchestrator.server.tokens import TokenFile, new_entry, write_tokens
from tests.examples.programs import EXAMPLES, program
from tests.orchestrator.cli.program import SECONDS, Server, serving

SALES, LEGAL = "sales", "legal"
PROCESSES = {SALES: "contract_renewal", LEGAL: "contract_review"}
INPUTS = {SALES: {"account": "ACC-1001"}, LEGAL: {"matter": "M-2001"}}
"""What neither needs anybody for."""

ORG = "organisation"
WORKSPACES = {SALES: "contract_renewal", LEGAL: "legal_review"}

PAGE = EXAMPLES / "README.md"
COMPANY, FIRM = "127.0.0.1:7001", "127.0.0.1:7002"
"""Where the page has the two companies listen."""


def documented() -> list[str]:
    """Return how the page says that they are served: ``assent serve`` and its options."""
    found = re.search(r"<!-- departments:.*?-->\n```\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    command = shlex.split(found[1].replace("\\\n", " "))
    assert command[:4] == ["assent", "serve", "--workspace", "examples/organisation"]
    assert command[-2:] == ["--token-file", "tokens.json"]
    return command


def make_departments(folder: Path) -> None:
    """Copy the three workspaces, so that a test may change them."""
    for part in documented():
        workspace = part.rpartition("examples/")[2] if "examples/" in part else ""
        if workspace:
            shutil.copytree(EXAMPLES / workspace, folder / workspace)


def suspend(folder: Path, *principals: str) -> None:
    """Have the organisation do nothing for these any more."""
    (folder / ORG / "data" / "house.yaml").write_text(f"suspended: [{', '.join(principals)}]\n")


@dataclass
class House:
    """The running server, and who calls it: ``runtime.TENANT`` submits, operates and audits."""

    folder: Path
    tokens: TokenFile
    server: Server
    channel: grpc.aio.Channel

    def desk(self, tenant: str, of: str = "") -> Desk:
        """Return what a tenant's runtime asks; ``of`` is whose names it uses, its own by default."""
        token = self.tokens.token_of(f"runtime.{tenant}")
        assert token is not None
        return Desk(self.channel, of or tenant, token)

    async def submit(self, tenant: str, process: str = "", **plan: Any) -> runs_pb2.Run:
        asked = {"process": process or PROCESSES[tenant], "inputs": INPUTS[tenant], **plan}
        return await self.desk(tenant).submit(json_format.ParseDict(asked, plans_pb2.Plan()))

    async def end_of(self, tenant: str, run: runs_pb2.Run) -> runs_pb2.Run:
        async with asyncio.timeout(SECONDS):
            async for _ in self.desk(tenant).watch(run.name):
                pass
        return await self.desk(tenant).run(run.name)


@contextlib.asynccontextmanager
async def companies(folder: Path) -> AsyncIterator[tuple[str, ...]]:
    """Run both companies; yield the options of a server of ``folder``, as documented, by which each reaches its own."""
    mail = ("--folder", str(folder / "mail"), "--port", "0")
    async with program("tool_server.mailbox", *mail) as mailbox:
        given = ("--port", "0", "--smtp", mailbox.address)
        async with (
            program("company.server", "--folder", str(folder / "company"), *given) as company,
            program("firm.server", "--folder", str(folder / "firm"), *given) as firm,
        ):
            moved = {"examples/": f"{folder}/", COMPANY: company.address, FIRM: firm.address}
            options = documented()[4:-2]
            for written, real in moved.items():
                options = [part.replace(written, real) for part in options]
            yield tuple(options)


@contextlib.asynccontextmanager
async def house(folder: Path, *options: str, tokens: TokenFile | None = None) -> AsyncIterator[House]:
    """Serve both departments of ``folder`` for as long as the block lasts."""
    file = folder / "tokens.json"
    roles = ("submitter", "operator", "auditor")
    tenants = (SALES, LEGAL, "local", "marketing")
    entries = tuple(new_entry(f"runtime.{name}", roles, tenant=name) for name in tenants)
    tokens = tokens or write_tokens(file, entries)
    arguments = ("--token-file", str(file), *options)
    async with serving(folder / ORG, folder / "data", *arguments) as server:
        await server.ready()
        async with open_channel(server.address) as channel:
            yield House(folder, tokens, server, channel)
