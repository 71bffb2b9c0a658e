"""The way to a server: where it is, who is calling, and what its refusals mean to a person."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc

from assent.v1.agents_pb2_grpc import AgentServiceStub
from assent.v1.approvals_pb2_grpc import ApprovalServiceStub
from assent.v1.audit_pb2_grpc import AuditServiceStub
from assent.v1.delegations_pb2_grpc import DelegationServiceStub
from assent.v1.health_pb2_grpc import HealthServiceStub
from assent.v1.ledgers_pb2_grpc import LedgerServiceStub
from assent.v1.memories_pb2_grpc import MemoryServiceStub
from assent.v1.permits_pb2_grpc import DecisionServiceStub
from assent.v1.policies_pb2_grpc import PolicyServiceStub
from assent.v1.processes_pb2_grpc import ProcessServiceStub
from assent.v1.runs_pb2_grpc import RunServiceStub
from assent.v1.shadows_pb2_grpc import ShadowServiceStub
from assent.v1.stops_pb2_grpc import StopServiceStub
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.refusal import problem_of
from assent_orchestrator.config import DEFAULT_LISTEN, default_data
from assent_orchestrator.server.address import Address, ListenError, read_address
from assent_orchestrator.server.tokens import TokenFileError, read_tokens

CALL_SECONDS = 30.0
VERIFY_SECONDS = 120.0
"""Reading a whole trail takes longer than other calls."""

_OPTIONS = (
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
    # A watcher's connection is quiet for long; this finds out when it is gone.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # Proxies of the environment are for browsing, not for a connection that carries a bearer token.
    ("grpc.enable_http_proxy", 0),
)

Request = TypeVar("Request")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who is calling: a bearer token (empty: the client certificate says it), and the tenant it belongs to."""

    token: str = field(repr=False)
    tenant: str


def credentials_of(common: Common, environ: Mapping[str, str]) -> Credentials:
    """Return who to call as: ``ASSENT_TOKEN``, a client certificate alone, or a caller of the token file.

    Raises:
        Problem: there is no token file, it cannot be used, or does not have that caller.
    """
    tenant = common.tenant or environ.get("ASSENT_TENANT")
    token = environ.get("ASSENT_TOKEN")
    if token and common.caller:
        what = "--as names a caller of the token file, but ASSENT_TOKEN is set and goes before it; unset one of them"
        raise Problem(what, ExitCode.USAGE)
    if token:
        return Credentials(token, tenant or "local")
    certified = _path(common.client_cert, environ, "ASSENT_CLIENT_CERT") is not None
    if certified and common.caller is None and common.token_file is None:
        return Credentials("", tenant or "local")
    path = token_file_of(common, environ)
    try:
        file = read_tokens(path)
    except (TokenFileError, OSError) as error:
        said = str(error) if isinstance(error, TokenFileError) else f"{path} cannot be read: {error.strerror}"
        what = f"{said}; or name another with --token-file, or set ASSENT_TOKEN"
        raise Problem(what, ExitCode.NOT_ALLOWED, code="TOKEN_FILE") from error
    entry = next((one for one in file.callers if common.caller in (None, one.id)), None)
    if entry is None:
        known = ", ".join(one.id for one in file.callers)
        raise Problem(f"{path} has no caller {common.caller!r}; it has {known}", ExitCode.USAGE)
    return Credentials(entry.token, tenant or entry.tenant)


def token_file_of(common: Common, environ: Mapping[str, str]) -> Path:
    """Return which token file is meant: the option, ``ASSENT_TOKEN_FILE``, or the one in the data folder."""
    named = environ.get("ASSENT_TOKEN_FILE")
    data = Path(environ["ASSENT_DATA"]) if environ.get("ASSENT_DATA") else default_data()
    return common.token_file or (Path(named) if named else data / "tokens.json")


def address_of(common: Common, environ: Mapping[str, str]) -> Address:
    """Return where the server is.

    Raises:
        Problem: that is no address.
    """
    try:
        return read_address(common.server or environ.get("ASSENT_SERVER") or DEFAULT_LISTEN)
    except ListenError as error:
        raise Problem(str(error), ExitCode.USAGE) from error


def _path(option: Path | None, environ: Mapping[str, str], variable: str) -> Path | None:
    named = environ.get(variable)
    return option or (Path(named) if named else None)


class Connection:
    """A connection to a server for one command; every call that is refused raises ``Problem``."""

    def __init__(self, common: Common, environ: Mapping[str, str] | None = None) -> None:
        """Find out where the server is and who is calling; nothing is sent before the first call.

        Raises:
            Problem: one of the two cannot be found out.
        """
        environ = os.environ if environ is None else environ
        self.address = address_of(common, environ)
        credentials = credentials_of(common, environ)
        self.tenant = credentials.tenant
        token = credentials.token
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self._ca = _path(common.tls_ca, environ, "ASSENT_TLS_CA")
        self._cert = _path(common.client_cert, environ, "ASSENT_CLIENT_CERT")
        self._key = _path(common.client_key, environ, "ASSENT_CLIENT_KEY")
        if (self._cert is None) != (self._key is None):
            raise Problem("--client-cert and --client-key belong together; give both or none", ExitCode.USAGE)

    @cached_property
    def channel(self) -> grpc.Channel:
        """The channel: a token crosses a network encrypted or not at all."""
        if self._ca is None and self._cert is None and self.address.is_loopback:
            return grpc.insecure_channel(str(self.address), options=_OPTIONS)
        try:
            roots, key, chain = (path.read_bytes() if path else None for path in (self._ca, self._key, self._cert))
        except OSError as error:
            raise Problem(f"the TLS file {error.filename} cannot be read: {error.strerror}", ExitCode.USAGE) from error
        credentials = grpc.ssl_channel_credentials(roots, key, chain)
        return grpc.secure_channel(str(self.address), credentials, options=_OPTIONS)

    @property
    def parent(self) -> str:
        """The tenant as a resource name."""
        return f"tenants/{self.tenant}"

    def name(self, collection: str, text: str) -> str:
        """Return the resource name for an id, or the name itself when it is one."""
        return text if text.startswith("tenants/") else f"{self.parent}/{collection}/{text}"

    @property
    def runs(self) -> RunServiceStub:
        """Plans and runs."""
        return RunServiceStub(self.channel)

    @property
    def approvals(self) -> ApprovalServiceStub:
        """What waits for people."""
        return ApprovalServiceStub(self.channel)

    @property
    def delegations(self) -> DelegationServiceStub:
        """Who answers in whose place."""
        return DelegationServiceStub(self.channel)

    @property
    def ledgers(self) -> LedgerServiceStub:
        """The ledgers."""
        return LedgerServiceStub(self.channel)

    @property
    def agents(self) -> AgentServiceStub:
        """Who acts."""
        return AgentServiceStub(self.channel)

    @property
    def processes(self) -> ProcessServiceStub:
        """How work is done."""
        return ProcessServiceStub(self.channel)

    @property
    def memories(self) -> MemoryServiceStub:
        """What is remembered."""
        return MemoryServiceStub(self.channel)

    @property
    def stops(self) -> StopServiceStub:
        """Orders to stop."""
        return StopServiceStub(self.channel)

    @property
    def audit(self) -> AuditServiceStub:
        """The trail."""
        return AuditServiceStub(self.channel)

    @property
    def decisions(self) -> DecisionServiceStub:
        """Decisions for agents that act themselves, and their permits."""
        return DecisionServiceStub(self.channel)

    @property
    def shadows(self) -> ShadowServiceStub:
        """Policies that are tried beside those in force."""
        return ShadowServiceStub(self.channel)

    @property
    def policies(self) -> PolicyServiceStub:
        """Which policies are in force."""
        return PolicyServiceStub(self.channel)

    @property
    def health(self) -> HealthServiceStub:
        """How the server is."""
        return HealthServiceStub(self.channel)

    def call(self, method: Callable[..., Answer], request: Any, *, seconds: float = CALL_SECONDS) -> Answer:
        """Make one call.

        Raises:
            Problem: it is refused, or there is no answer in time.
        """
        try:
            return method(request, timeout=seconds, metadata=self._metadata)
        except grpc.RpcError as error:
            raise problem_of(error, str(self.address)) from error

    def stream(self, method: Callable[..., Iterator[Answer]], request: Any) -> Iterator[Answer]:
        """Make one call that answers with a stream; errors come as gRPC has them, for whoever resumes it."""
        return method(request, metadata=self._metadata)

    def pages(self, method: Callable[..., Any], request: Any, items: str, *, limit: int | None = None) -> Iterator[Any]:
        """Yield the items of every page (``items`` is the field), ``limit`` at most.

        Raises:
            Problem: a page is refused.
        """
        left = limit
        while left is None or left > 0:
            request.page_size = 0 if left is None else min(left, 500)
            page = self.call(method, request)
            found = getattr(page, items)
            yield from found if left is None else found[:left]
            left = None if left is None else left - len(found)
            request.page_token = page.next_page_token
            if not request.page_token:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "channel" in vars(self):
            self.channel.close()
