"""The two examples as departments of one organisation, side by side in one server, everything real."""

import asyncio
import contextlib
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

HOUSE = """# METADATA
# title: Whose agents may do anything at all
# custom:
#   owner: the.board
package policies.org.house

# METADATA
# title: Nothing is done for who is suspended
# labels:
#   control: ORG-01
deny contains finding if {
	input.principal.id in data.settings.house.suspended
	finding := {
		"code": "PRINCIPAL_SUSPENDED",
		"message": "nothing is done for this principal",
		"control": "ORG-01",
		"rule": "Nothing is done for who is suspended",
	}
}
"""


def make_departments(folder: Path) -> None:
    """Write the workspaces ``org``, ``sales`` and ``legal``.

    Each example is a company by itself, with policies of its organisation: as a department, it keeps them as its own.
    """
    org = folder / "org"
    (org / "policies" / "org").mkdir(parents=True)
    (org / "data").mkdir()
    (org / "assent.yaml").write_text("name: organisation\n")
    (org / "policies" / "org" / "house.rego").write_text(HOUSE)
    suspend(folder)
    for name, process in PROCESSES.items():
        root = Path(
            shutil.copytree(EXAMPLES / ("contract_renewal" if name == SALES else "legal_review"), folder / name)
        )
        for file in (root / "policies" / "org").iterdir():
            text = file.read_text(encoding="utf-8").replace("policies.org.", f"policies.process.{process}.")
            (root / "policies" / "process" / process / file.name).write_text(text, encoding="utf-8")
        shutil.rmtree(root / "policies" / "org")


def suspend(folder: Path, *principals: str) -> None:
    """Have the organisation do nothing for these any more."""
    (folder / "org" / "data" / "house.yaml").write_text(f"suspended: [{', '.join(principals)}]\n")


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
    """Run both companies; yield the options of a server by which each department reaches its own, and no other."""
    mail = ("--folder", str(folder / "mail"), "--port", "0")
    async with program("tool_server.mailbox", *mail) as mailbox:
        given = ("--port", "0", "--smtp", mailbox.address)
        async with (
            program("company.server", "--folder", str(folder / "company"), *given) as company,
            program("firm.server", "--folder", str(folder / "firm"), *given) as firm,
        ):
            names = {"sales/company": company, "legal/firm": firm, "legal/summariser": firm}
            yield tuple(part for name, one in names.items() for part in ("--tool-server", f"{name}={one.address}"))


@contextlib.asynccontextmanager
async def house(folder: Path, *options: str, tokens: TokenFile | None = None) -> AsyncIterator[House]:
    """Serve both departments of ``folder`` for as long as the block lasts."""
    file = folder / "tokens.json"
    roles = ("submitter", "operator", "auditor")
    tenants = (SALES, LEGAL, "local", "marketing")
    entries = tuple(new_entry(f"runtime.{name}", roles, tenant=name) for name in tenants)
    tokens = tokens or write_tokens(file, entries)
    served = [part for name in PROCESSES for part in ("--tenant", f"{name}={folder / name}")]
    arguments = ("--token-file", str(file), *served, *options)
    async with serving(folder / "org", folder / "data", *arguments) as server:
        await server.ready()
        async with open_channel(server.address) as channel:
            yield House(folder, tokens, server, channel)
