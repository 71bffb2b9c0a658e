"""What a throw-away deployment stands on: one temporary folder, its people, one company, and servers in front of it."""

import asyncio
import contextlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assent_orchestrator.cli.stage.company import Company, open_company
from assent_orchestrator.cli.stage.examples import Examples
from assent_orchestrator.cli.stage.people import RENEWALS, Cast, People, appoint
from assent_orchestrator.cli.stage.program import Program, running
from assent_orchestrator.governance.signing_key import open_signing_key, public_jwk
from assent_orchestrator.store.embedded import EmbeddedServer

# The command itself, whatever folder its script was installed to.
_ASSENT = ("-m", "assent_orchestrator")
# This server is ours alone: it must not meet the database, the tokens or the engine of a real one.
_KEPT = frozenset({"ASSENT_OPA_BINARY", "ASSENT_OPA_ALLOW_VERSION"})
_REMOVALS, _BETWEEN = 20, 0.25  # seconds
_LONGEST_NAME = "assent-chaos-12345678"
_LONGEST_SOCKET_PATH = 100
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything but the server. ``environ`` is what its programs see; ``folder`` (0700) is gone afterwards."""

    folder: Path
    environ: Mapping[str, str]
    people: People
    company: Company

    @property
    def data(self) -> Path:
        """Where a server of this ground keeps what it must not lose."""
        return self.folder / "data"


@contextlib.asynccontextmanager
async def open_ground(
    name: str, examples: Examples, environ: Mapping[str, str], faults: Sequence[str] = (), cast: Cast = RENEWALS
) -> AsyncIterator[Ground]:
    """Make the folder ``assent-<name>-…`` and start the company in it; however the block ends, all of it is gone then.

    ``faults`` are what is the matter with the company's systems, ``cast`` is who may call.

    Raises:
        Problem: something does not start; the end of its log is told.
    """
    ours = {key: value for key, value in environ.items() if not key.startswith("ASSENT_") or key in _KEPT}
    async with contextlib.AsyncExitStack() as stack:
        folder = await stack.enter_async_context(_folder(name))
        people = appoint(folder, cast)
        public = await asyncio.to_thread(_permit_key, folder)
        company = await stack.enter_async_context(open_company(examples, folder, public, ours, faults))
        stack.push_async_callback(_no_database_left, folder / "data" / "postgres")
        yield Ground(folder, ours, people, company)


@contextlib.asynccontextmanager
async def serving(
    ground: Ground,
    *arguments: str,
    tool_server: str = "",
    environ: Mapping[str, str] | None = None,
    executor: str = "demo",
) -> AsyncIterator[Program]:
    """Run ``assent serve`` on the ground for as long as the block lasts; a later one goes on with the same data.

    ``arguments`` say what it decides by. ``tool_server`` is whom it calls, the company itself by default; ``environ``
    is what only it sees. One with another ``executor`` may run beside it, if they share a database.

    Raises:
        Problem: it does not start; the end of its log is told.
    """
    address = tool_server or ground.company.tool_server
    common: Sequence[str] = (
        *("--data", str(ground.data), "--token-file", str(ground.people.path), "--listen", "127.0.0.1:0"),
        *("--executor", executor),
        *(part for name in ground.company.names for part in ("--tool-server", f"{name}={address}")),
    )
    log = ground.folder / "logs" / ("server.log" if executor == "demo" else f"server-{executor}.log")
    program = (*_ASSENT, "serve", *arguments, *common)
    async with running("assent serve", program, environ={**ground.environ, **(environ or {})}, log=log) as server:
        yield server


@contextlib.asynccontextmanager
async def _folder(name: str) -> AsyncIterator[Path]:
    folder = _make_folder(f"assent-{name}-")
    try:
        yield folder
    finally:
        await _remove(folder)


def short_base(temporary: Path) -> Path:
    """Return where the folder goes: in ``temporary``, unless the path of a socket in there would be too long.

    The database would then put its socket elsewhere, where nobody tidies up behind us.
    """
    socket = temporary.resolve() / _LONGEST_NAME / "data" / "postgres" / "run" / ".s.PGSQL.5432"
    if len(os.fsencode(socket)) <= _LONGEST_SOCKET_PATH:
        return temporary
    return Path("/tmp")  # noqa: S108 -- the folder in there is made by mkdtemp, for us alone


def _make_folder(prefix: str) -> Path:
    base = short_base(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=base)).resolve()  # 0700
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
