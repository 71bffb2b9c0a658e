"""What the doctor looks at, one finding a thing."""

# ruff: noqa: PLC0415 -- each part is loaded only when it is looked at: a broken one must not hide the others

import asyncio
import importlib.metadata
import platform
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from assent.v1 import health_pb2 as wire
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.finding_of_doctor import Finding
from assent_orchestrator.cli.options import Common
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.tenancy import look_at_tenant
from assent_orchestrator.server.address import Address
from assent_orchestrator.server.tokens import TokenFileError, read_tokens
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.command import CommandError
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.errors import SidecarError
from assent_sidecar.opa.binary import BINARY_VARIABLE, PINNED_VERSION, Binary, find_binary, require_version

_PROBE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Where to look. ``server_named`` says that somebody expects a server at ``address``, ``tenants`` who is where."""

    environ: Mapping[str, str]
    common: Common
    data: Path
    token_file: Path
    address: Address
    server_named: bool
    workspace: Path | None
    notices: Path | None
    tool_servers: Mapping[str, str]
    tenants: Mapping[str, str]

    async def findings(self) -> tuple[Finding, ...]:
        """Look at everything, in the order in which one thing needs the other."""
        binary, engine = await asyncio.to_thread(self._engine)
        found = [_program(), engine]
        if self.environ.get("ASSENT_OPA_URL"):
            found.append(await self._running_engine())
        found.append(await self._database())
        found += [self._data_folder(), self._token_file()]
        if self.notices is not None:
            found.append(await self._notices(self.notices))
        bundle = None
        if self.workspace is not None:
            bundle, finding = await self._workspace(self.workspace, binary)
            found.append(finding)
        bundles = {"": bundle}
        if bundle is not None and binary is not None:
            for name, place in self.tenants.items():
                bundles[name], finding = await look_at_tenant(name, place, bundle, binary)
                found.append(finding)
        found += await asyncio.to_thread(lambda: list(self._server()))
        for name in self.tool_servers:
            found.append(await self._tool_server(name, bundles))
        return tuple(found)

    def _engine(self) -> tuple[Binary | None, Finding]:
        try:
            binary = find_binary(self.environ)
        except SidecarError as error:
            advice = f"install Assent anew for this platform, or name an OPA {PINNED_VERSION} with {BINARY_VARIABLE}"
            return None, Finding("fail", "engine", str(error), advice)
        origin = "the package" if binary.origin == "package" else BINARY_VARIABLE
        text = f"OPA {binary.version} from {origin}: {binary.path}"
        if binary.version != PINNED_VERSION:
            return binary, Finding("warn", "engine", text, f"decisions are tested with OPA {PINNED_VERSION} only")
        return binary, Finding("ok", "engine", text)

    async def _running_engine(self) -> Finding:
        from assent_sidecar.opa.client import OpaClient

        url = self.environ["ASSENT_OPA_URL"]
        parts = urlsplit(url)
        shown = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
        try:
            async with OpaClient(url=url, token=self.environ.get("ASSENT_OPA_TOKEN") or None) as client:
                answer = await client.probe(_PROBE_SECONDS)
            require_version(answer.version or "of no known version", self.environ)
        except SidecarError as error:
            return Finding(
                "fail", "engine", f"{error} (ASSENT_OPA_URL, {shown})", "start that OPA, or unset the variable"
            )
        text = f"OPA {answer.version} from ASSENT_OPA_URL: {shown}, serving revision {answer.revision or 'none'}"
        if answer.revision is None:
            return Finding("warn", "engine", text, "until it serves the bundle of the workspace, everything is denied")
        return Finding("ok", "engine", text)

    async def _database(self) -> Finding:
        from assent_orchestrator.store.absence import DatabaseUnavailableError
        from assent_orchestrator.store.cluster import embedded_version
        from assent_orchestrator.store.embedded import EmbeddedServer
        from assent_orchestrator.store.postgres import open_database

        url = self.environ.get("ASSENT_DATABASE_URL")
        try:
            if not url:
                version = await asyncio.to_thread(embedded_version)
                server = EmbeddedServer(self.data / "postgres")
                reached = server.url.set(drivername="postgresql").render_as_string()
                text = f"{version}, embedded, data in {self.data / 'postgres'}; while a server runs it is {reached}"
                return Finding("ok", "database", f"{text}; pg_dump and psql for it are in {server.programs}")
            async with open_database(url, self.data / "postgres") as database:
                return Finding("ok", "database", f"{database.engine.url.render_as_string()}, from ASSENT_DATABASE_URL")
        except DatabaseUnavailableError as error:
            return Finding("fail", "database", error.message, "nothing is decided without a database")

    def _data_folder(self) -> Finding:
        if not self.data.exists():
            return Finding("ok", "data", f"{self.data} is not there yet; assent serve makes it")
        try:
            mode = stat.S_IMODE(self.data.stat().st_mode)
        except OSError as error:
            return Finding("fail", "data", f"{self.data} cannot be looked at: {error.strerror}", "mend its rights")
        # Others may pass through at most: as root, PostgreSQL has an account of its own.
        if mode & 0o066:
            return Finding("fail", "data", f"{self.data} is open to others ({mode:04o})", f"chmod 700 {self.data}")
        return Finding("ok", "data", f"{self.data} ({mode:04o})")

    def _token_file(self) -> Finding:
        if self.environ.get("ASSENT_TOKEN"):
            return Finding("ok", "tokens", "the token in ASSENT_TOKEN is used")
        if not self.token_file.exists():
            return Finding("warn", "tokens", f"{self.token_file} is not there", "the first assent serve makes one")
        try:
            callers = read_tokens(self.token_file).callers
        except TokenFileError as error:
            return Finding(
                "fail", "tokens", str(error), f"or move {self.token_file} away: assent serve makes a new one"
            )
        except OSError as error:
            return Finding("fail", "tokens", f"{self.token_file} cannot be read: {error.strerror}", "mend its rights")
        return Finding("ok", "tokens", f"{self.token_file}: {', '.join(caller.id for caller in callers)}")

    async def _notices(self, path: Path) -> Finding:
        from assent_orchestrator.approvals.notices.channel import UndeliveredError
        from assent_orchestrator.approvals.notices.file import NoticesFileError, read_notices
        from assent_orchestrator.approvals.notices.mail import Mail

        try:
            notices = await asyncio.to_thread(read_notices, path)
        except NoticesFileError as error:
            return Finding("fail", "notices", str(error), "no server starts with it")
        file = notices.file
        text = f"{path}: mail to {len(file.mail)} roles, {len(file.webhooks)} webhooks"
        if file.smtp is None:
            return Finding("ok", "notices", text)
        where = f"{file.smtp.host}:{file.smtp.port}"
        try:
            await Mail(notices, file.smtp).probe()
        except UndeliveredError as error:
            return Finding("fail", "notices", f"{text}; {where}: {error.reason}", "mend smtp, or the mail server")
        return Finding("ok", "notices", f"{text}; {where} takes mail from us")

    async def _workspace(self, root: Path, binary: Binary | None) -> tuple[Bundle | None, Finding]:
        from assent_sidecar.bundle.build import build_bundle

        if binary is None:
            return None, Finding("fail", "workspace", f"{root} cannot be built without an engine", "see engine")
        try:
            bundle = await build_bundle(root, binary)
        except WorkspaceError as error:
            first = error.faults[0]
            text = f"{root / first.file}:{first.line}: {first.reason}"
            more = f" ({len(error.faults)} faults in all)" if len(error.faults) > 1 else ""
            return None, Finding("fail", "workspace", text + more, f"assent policy test {root} names every fault")
        except (CommandError, OSError) as error:
            return None, Finding("fail", "workspace", f"{root} cannot be built: {error}", "see engine")
        return bundle, Finding("ok", "workspace", f"{root} builds as {bundle.revision}")

    def _server(self) -> Iterator[Finding]:
        try:
            with Connection(self.common, self.environ) as connection:
                health = connection.call(connection.health.GetHealth, wire.GetHealthRequest(), seconds=_PROBE_SECONDS)
        except Problem as problem:
            absent = problem.exit_code in {ExitCode.UNAVAILABLE, ExitCode.NOT_ALLOWED} and not self.server_named
            what, _, advice = problem.message.partition("; ")
            yield Finding("warn" if absent else "fail", "server", what, advice)
            return
        ready = health.state == wire.HEALTH_STATE_READY
        engine = f"OPA {health.engine_version or '?'} from {health.engine_origin or '?'}"
        text = f"Assent {health.server_version} at {self.address}, {engine}, revision {health.revision or 'none'}"
        yield Finding("ok" if ready else "fail", "server", text, "" if ready else "see what is not ready")
        for part in health.components:
            if part.state != wire.HEALTH_STATE_READY:
                yield Finding("fail", part.name, part.detail or "it is not ready", "see the log of the server")

    async def _tool_server(self, name: str, bundles: Mapping[str, Bundle | None]) -> Finding:
        from assent_orchestrator.tools.outcome import Failure
        from assent_orchestrator.tools.server import ToolServers

        servers = ToolServers(self.tool_servers)
        try:
            said = await servers.describe(name, timeout=_PROBE_SECONDS)
        finally:
            await servers.close()
        where = f"{name} at {self.tool_servers[name]}"
        if isinstance(said, Failure):
            return Finding("fail", "tool server", f"{where}: {said.message}", "start it, or mend --tool-server")
        offered = {one.action for one in said.operations}
        text = f"{where}: {said.name} {said.version}, {len(offered)} operations"
        missing = sorted(wanted(bundles, name) - offered)
        if missing:
            return Finding("fail", "tool server", f"{text}, but not {', '.join(missing)}", "the workspace names them")
        return Finding("ok", "tool server", text)


def wanted(bundles: Mapping[str, Bundle | None], name: str) -> set[str]:
    """Return what workspaces expect a tool server to do: its tenant's, or the organisation's where it is for all."""
    whose, _, own = name.rpartition("/")
    bundle = bundles.get(whose)
    systems = bundle.catalogue.systems.values() if bundle is not None else ()
    return {f"{one.name}.{operation}" for one in systems if one.tool_server == own for operation in one.operations}


def _program() -> Finding:
    text = f"{importlib.metadata.version('assent')} on Python {platform.python_version()}: {sys.executable}"
    return Finding("ok", "assent", text)
