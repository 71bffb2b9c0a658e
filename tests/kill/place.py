"""Everything the suite runs: one PostgreSQL, one company with its books, the toll before it, and a server to kill."""

import asyncio
import contextlib
import json
import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from assent_orchestrator.cli.chaos.invariant import Breach
from assent_orchestrator.cli.stage.company import open_company
from assent_orchestrator.cli.stage.examples import find_examples
from assent_orchestrator.cli.stage.ground import Ground
from assent_orchestrator.cli.stage.people import People
from assent_orchestrator.governance.signing_key import open_signing_key, public_jwk
from assent_orchestrator.server.tokens import new_entry, write_tokens
from tests.kill.ambush import Ambush
from tests.kill.books import read_books
from tests.kill.postgres import Postgres, postgres
from tests.kill.server import Server
from tests.kill.toll import Toll, taking_toll
from tests.kill.workspace import make_workspace

RUNTIME, DIRECTOR, AUDITOR, OPERATOR = "runtime", "director", "auditor", "operator"
_ROLES = {RUNTIME: ("submitter",), DIRECTOR: ("sales_director",), AUDITOR: ("auditor",), OPERATOR: ("operator",)}
_LOOK = 0.05
"""Seconds between two looks at what PostgreSQL tells nobody."""
_POSITION = (
    "SELECT r.tenant, coalesce(h.seq, 0) AS seq FROM assent.runs r LEFT JOIN assent.heads h USING (tenant)"
    " WHERE r.id = %s"
)
_KEY = "SELECT idempotency_key FROM assent.effects WHERE run_id = %s AND step_id = %s"
_OWNER = """
SELECT r.tenant, e.step_id FROM assent.effects e JOIN assent.runs r ON r.id = e.run_id WHERE e.idempotency_key = %s
"""


@dataclass(slots=True)
class Place:
    """What runs. ``lanes`` are the tenants: each has one run at a time, and a trail of its own."""

    ground: Ground
    postgres: Postgres
    server: Server
    ambush: Ambush
    toll: Toll
    lanes: tuple[str, ...]

    @property
    def books(self) -> Path:
        """Where the company's systems keep what they did."""
        return self.ground.folder / "company"

    @property
    def mailbox(self) -> Path:
        """Where e-mails arrive."""
        return self.ground.company.mailbox

    async def key_of(self, run: str, step: str) -> str:
        """Return the idempotency key of a step."""
        [row] = await self.ambush.ask(_KEY, run, step)
        return str(row.idempotency_key)

    async def gone(self, memory: str) -> None:
        """Wait until a memory is not there any more, over every kill; whoever waits says for how long."""
        while True:
            with contextlib.suppress(psycopg.Error):  # PostgreSQL was killed: it is back in a moment
                if not await self.ambush.ask("SELECT FROM assent.memories WHERE id = %s", memory):
                    return
            await asyncio.sleep(_LOOK)

    async def doubles(self) -> list[Breach]:
        """Return what the company did more often than it noted."""
        books = await asyncio.to_thread(read_books, self.books, self.mailbox)
        return list(books.doubles())


@contextlib.asynccontextmanager
async def opened(lanes: int) -> AsyncIterator[Place]:
    """Start everything; when the block ends, everything is stopped and the folder is gone."""
    names = tuple(f"lane{number:02d}" for number in range(lanes))
    examples = find_examples()
    async with contextlib.AsyncExitStack() as stack:
        folder = stack.enter_context(_folder())
        environ = _environ()
        key = open_signing_key(folder / "data" / "permit-key.pem")
        jwk = folder / "company-permit-key.json"
        jwk.write_text(json.dumps(public_jwk(key)), encoding="utf-8")
        company = await stack.enter_async_context(open_company(examples, folder, jwk, environ))
        ground = Ground(folder, environ, _people(folder, names), company)
        database = await stack.enter_async_context(postgres(folder / "postgres"))
        ambush = Ambush(database.url)
        stack.push_async_callback(ambush.close)
        await ambush.open()
        await ambush.prepare()

        async def insist(query: str, about: str) -> Any:
            async with asyncio.timeout(60):
                while True:
                    with contextlib.suppress(Exception):  # PostgreSQL was killed: it is back in a moment
                        [row] = await ambush.ask(query, about)
                        return row
                    await asyncio.sleep(_LOOK)

        async def whose(run: str) -> tuple[str, int]:
            row = await insist(_POSITION, run)
            return row.tenant, row.seq

        async def where(key: str) -> tuple[str, str]:
            row = await insist(_OWNER, key)
            return row.tenant, row.step_id

        toll, address = await stack.enter_async_context(taking_toll(company.tool_server, whose, where, public_jwk(key)))
        workspace = await asyncio.to_thread(make_workspace, examples.workspace, folder / "workspace")
        server = Server(ground, database.url, address, workspace)
        stack.push_async_callback(server.close)
        await server.start()
        await ambush.install()
        yield Place(ground, database, server, ambush, toll, names)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="assent-kill-", ignore_cleanup_errors=True) as made:
        folder = Path(made).resolve()
        for name in ("logs", "data"):
            (folder / name).mkdir(mode=0o700)
        yield folder


def _environ() -> Mapping[str, str]:
    """Return what the programs see: nothing of another Assent."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("ASSENT_", "OTEL_"))}


def _people(folder: Path, tenants: tuple[str, ...]) -> People:
    path = folder / "tokens.json"
    entries = tuple(
        new_entry(f"{person}.{tenant}", roles, tenant=tenant) for tenant in tenants for person, roles in _ROLES.items()
    )
    return People(write_tokens(path, entries), path, folder)
