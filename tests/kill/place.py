"""Everything the suite runs: one PostgreSQL, one company with its books, the toll before it, and a server to kill."""

import asyncio
import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

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

RUNTIME, DIRECTOR, AUDITOR, OPERATOR = "runtime", "director", "auditor", "operator"
_ROLES = {RUNTIME: ("submitter",), DIRECTOR: ("sales_director",), AUDITOR: ("auditor",), OPERATOR: ("operator",)}
_POSITION = (
    "SELECT r.tenant, coalesce(h.seq, 0) AS seq FROM assent.runs r LEFT JOIN assent.heads h USING (tenant)"
    " WHERE r.id = %s"
)
_KEY = "SELECT idempotency_key FROM assent.effects WHERE run_id = %s AND step_id = %s"
_OWNER = """
SELECT r.tenant, e.step_id FROM assent.effects e JOIN assent.runs r ON r.id = e.run_id WHERE e.idempotency_key = %s
"""

_LEDGER = """
  changes:
    title: What renewals change
    owner: it-operations
    unit: changes
    limit: "1000000.00"
    actions: [cpq.create_proposal, crm.update_renewal, email.send, tasks.create_task, tasks.notify]
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
            async with asyncio.timeout(30):
                while True:
                    with contextlib.suppress(Exception):  # PostgreSQL was killed: it is back in a moment
                        [row] = await ambush.ask(query, about)
                        return row
                    await asyncio.sleep(0.05)

        async def whose(run: str) -> tuple[str, int]:
            row = await insist(_POSITION, run)
            return row.tenant, row.seq

        async def where(key: str) -> tuple[str, str]:
            row = await insist(_OWNER, key)
            return row.tenant, row.step_id

        toll, address = await stack.enter_async_context(taking_toll(company.tool_server, whose, where, public_jwk(key)))
        workspace = await asyncio.to_thread(_workspace, examples.workspace, folder / "workspace")
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


def _workspace(example: Path, place: Path) -> Path:
    """Copy the example; when colleagues cannot be told of a renewal, what the CRM says of it is undone.

    Each change counts one on a ledger.
    """
    # Its cases say what is decided without these additions.
    shutil.copytree(example, place, ignore=shutil.ignore_patterns("cases"))
    with (place / "ledgers.yaml").open("a", encoding="utf-8") as ledgers:
        ledgers.write(_LEDGER)
    shutil.copy(Path(__file__).with_name("counting.rego"), place / "policies" / "process" / "contract_renewal")
    _announcement(place)
    path = place / "processes" / "contract_renewal.yaml"
    yaml = YAML()
    process = yaml.load(path.read_text(encoding="utf-8"))
    steps = {step["id"]: step for step in process["steps"]}
    steps["notify"]["on_failure"] = "compensate"
    args = {"account": {"$ref": "inputs.account"}, "stage": "open", "amount": "0.00"}
    args |= {"risk": {"$ref": "steps.risk.output.level"}, "proposal_id": {"$ref": "steps.crm.output.proposal_id"}}
    steps["crm"]["compensation"] = {"action": "crm.update_renewal", "args": args}
    yaml.dump(process, path)
    return place


def _announcement(place: Path) -> None:
    """Add a process that tells everybody in a list, under the policies of the renewal."""
    shutil.copy(Path(__file__).with_name("announcement.yaml"), place / "processes")
    policies = place / "policies" / "process"
    for name in ("grants.rego", "reliability.rego", "counting.rego"):
        text = (policies / "contract_renewal" / name).read_text(encoding="utf-8")
        (policies / "announcement").mkdir(exist_ok=True)
        renamed = text.replace("process.contract_renewal.", "process.announcement.")
        (policies / "announcement" / name).write_text(renamed, encoding="utf-8")


def _environ() -> Mapping[str, str]:
    """Return what the programs see: nothing of another Assent."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("ASSENT_", "OTEL_"))}


def _people(folder: Path, tenants: tuple[str, ...]) -> People:
    path = folder / "tokens.json"
    entries = tuple(
        new_entry(f"{person}.{tenant}", roles, tenant=tenant) for tenant in tenants for person, roles in _ROLES.items()
    )
    return People(write_tokens(path, entries), path, folder)
