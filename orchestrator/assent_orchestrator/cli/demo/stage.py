"""Everything the demo starts, and where: one temporary folder, one server, one company."""

import asyncio
import contextlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grpc import aio

from assent_orchestrator.cli.demo.company import open_company
from assent_orchestrator.cli.demo.desk import Desk
from assent_orchestrator.cli.demo.examples import Examples
from assent_orchestrator.cli.demo.people import TENANT, People, appoint
from assent_orchestrator.cli.demo.program import Program, running
from assent_orchestrator.governance.signing_key import open_signing_key, public_jwk
from assent_orchestrator.store.embedded import EmbeddedServer

# The command itself, whatever folder its script was installed to.
_ASSENT = ("-m", "assent_orchestrator")
# The demo's server is the demo's alone: it must not meet the database, the tokens or the engine of a real one.
_KEPT = frozenset({"ASSENT_OPA_BINARY", "ASSENT_OPA_ALLOW_VERSION"})
_PREFIX = "assent-demo-"
_REMOVALS, _BETWEEN = 20, 0.25  # seconds
_LONGEST_SOCKET_PATH = 100
# Proxies of the environment are for browsing, not for this machine's own programs.
_OPTIONS = (("grpc.enable_http_proxy", 0),)

_log = logging.getLogger(__name__)


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
async def open_stage(examples: Examples, environ: Mapping[str, str]) -> AsyncIterator[Stage]:
    """Start everything; when the block ends, however it ends, everything is stopped and the folder is gone.

    Raises:
        Problem: something does not start; the end of its log is told.
    """
    ours = {name: value for name, value in environ.items() if not name.startswith("ASSENT_") or name in _KEPT}
    async with contextlib.AsyncExitStack() as stack:
        folder = await stack.enter_async_context(_folder())
        people = appoint(folder)
        public = await asyncio.to_thread(_permit_key, folder)
        company = await stack.enter_async_context(open_company(examples, folder, public, ours))
        stack.push_async_callback(_no_database_left, folder / "data" / "postgres")
        server = await stack.enter_async_context(
            running(
                "assent serve",
                (
                    *(*_ASSENT, "serve", "--workspace", str(examples.workspace), "--data", str(folder / "data")),
                    *("--token-file", str(people.path), "--listen", "127.0.0.1:0", "--executor", "demo"),
                    *("--tool-server", f"company={company.tool_server}"),
                ),
                environ=ours,
                log=folder / "logs" / "server.log",
            )
        )
        channel = await stack.enter_async_context(aio.insecure_channel(server.address, options=_OPTIONS))
        yield Stage(folder, server, people, company.mailbox, channel)


@contextlib.asynccontextmanager
async def _folder() -> AsyncIterator[Path]:
    folder = _make_folder()
    try:
        yield folder
    finally:
        await _remove(folder)


def short_base(temporary: Path) -> Path:
    """Return where the folder goes: in ``temporary``, unless the path of a socket in there would be too long.

    The database would then put its socket elsewhere, where nobody tidies up behind a demo.
    """
    socket = temporary.resolve() / f"{_PREFIX}12345678" / "data" / "postgres" / "run" / ".s.PGSQL.5432"
    if len(os.fsencode(socket)) <= _LONGEST_SOCKET_PATH:
        return temporary
    return Path("/tmp")  # noqa: S108 -- the folder in there is made by mkdtemp, for us alone


def _make_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=short_base(Path(tempfile.gettempdir())))).resolve()  # 0700
    for name in ("logs", "data"):
        (folder / name).mkdir(mode=0o700)
    return folder


async def _remove(folder: Path) -> None:
    """Remove the folder; a program that is just ending may still write into it for a moment."""
    for _ in range(_REMOVALS):
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        if not await asyncio.to_thread(folder.exists):
            return
        await asyncio.sleep(_BETWEEN)
    _log.warning("%s could not be removed", folder)


def _permit_key(folder: Path) -> Path:
    """Make the key that the server will sign permits with, and give its public half to the company."""
    key = open_signing_key(folder / "data" / "permit-key.pem")
    path = folder / "company-permit-key.json"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(public_jwk(key), file)
    return path


async def _no_database_left(folder: Path) -> None:
    """Stop the database of a server that was killed before it could do so itself."""
    if not (folder / "data" / "postmaster.pid").exists():
        return
    database = EmbeddedServer(folder)
    await asyncio.to_thread(database.start)
    await asyncio.to_thread(database.stop)
