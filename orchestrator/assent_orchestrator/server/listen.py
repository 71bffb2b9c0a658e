"""The server: its services, what happens around every call, where it listens, and how it ends."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc import aio
from grpc_health.v1 import health_pb2 as probe_pb2
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server
from grpc_reflection.v1alpha import reflection, reflection_pb2

from assent.v1 import (
    agents_pb2,
    approvals_pb2,
    audit_pb2,
    delegations_pb2,
    health_pb2,
    ledgers_pb2,
    memories_pb2,
    permits_pb2,
    policies_pb2,
    processes_pb2,
    runs_pb2,
    shadows_pb2,
    stops_pb2,
)
from assent.v1.agents_pb2_grpc import add_AgentServiceServicer_to_server
from assent.v1.approvals_pb2_grpc import add_ApprovalServiceServicer_to_server
from assent.v1.audit_pb2_grpc import add_AuditServiceServicer_to_server
from assent.v1.delegations_pb2_grpc import add_DelegationServiceServicer_to_server
from assent.v1.health_pb2_grpc import add_HealthServiceServicer_to_server
from assent.v1.ledgers_pb2_grpc import add_LedgerServiceServicer_to_server
from assent.v1.memories_pb2_grpc import add_MemoryServiceServicer_to_server
from assent.v1.permits_pb2_grpc import add_DecisionServiceServicer_to_server
from assent.v1.policies_pb2_grpc import add_PolicyServiceServicer_to_server
from assent.v1.processes_pb2_grpc import add_ProcessServiceServicer_to_server
from assent.v1.runs_pb2_grpc import add_RunServiceServicer_to_server
from assent.v1.shadows_pb2_grpc import add_ShadowServiceServicer_to_server
from assent.v1.stops_pb2_grpc import add_StopServiceServicer_to_server
from assent_orchestrator.config import DEFAULT_LISTEN
from assent_orchestrator.server.address import Address, ListenError, TlsFiles, read_address, require_safe
from assent_orchestrator.server.handlers.agents import AgentHandlers
from assent_orchestrator.server.handlers.approvals import ApprovalHandlers
from assent_orchestrator.server.handlers.audit import AuditHandlers
from assent_orchestrator.server.handlers.decisions import DecisionHandlers
from assent_orchestrator.server.handlers.delegations import DelegationHandlers
from assent_orchestrator.server.handlers.health import HealthHandlers
from assent_orchestrator.server.handlers.ledgers import LedgerHandlers
from assent_orchestrator.server.handlers.memories import MemoryHandlers
from assent_orchestrator.server.handlers.policies import PolicyHandlers
from assent_orchestrator.server.handlers.processes import ProcessHandlers
from assent_orchestrator.server.handlers.runs import RunHandlers
from assent_orchestrator.server.handlers.shadows import ShadowHandlers
from assent_orchestrator.server.handlers.stops import StopHandlers
from assent_orchestrator.server.health import Probes, Readiness, look
from assent_orchestrator.server.interceptors.around import Layers
from assent_orchestrator.server.interceptors.arrival import Arrival
from assent_orchestrator.server.interceptors.deadline import Deadline, TimeLimits
from assent_orchestrator.server.interceptors.failures import Failures
from assent_orchestrator.server.interceptors.identity import Identity
from assent_orchestrator.server.interceptors.pace import Pace
from assent_orchestrator.server.interceptors.shares import Shares
from assent_orchestrator.server.interceptors.tracing import Tracing
from assent_orchestrator.server.interceptors.validation import Validation
from assent_orchestrator.server.parts import ServerParts

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
MAX_METADATA_BYTES = 16 * 1024

_SERVICES: tuple[ServiceDescriptor, ...] = tuple(
    file.DESCRIPTOR.services_by_name[name]
    for file, name in (
        (runs_pb2, "RunService"),
        (approvals_pb2, "ApprovalService"),
        (delegations_pb2, "DelegationService"),
        (stops_pb2, "StopService"),
        (audit_pb2, "AuditService"),
        (permits_pb2, "DecisionService"),
        (ledgers_pb2, "LedgerService"),
        (policies_pb2, "PolicyService"),
        (processes_pb2, "ProcessService"),
        (agents_pb2, "AgentService"),
        (memories_pb2, "MemoryService"),
        (shadows_pb2, "ShadowService"),
        (health_pb2, "HealthService"),
    )
)
_PROBE: ServiceDescriptor = probe_pb2.DESCRIPTOR.services_by_name["Health"]
_REFLECTION: ServiceDescriptor = reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"]

_STREAMS = 100
"""Of one connection, at least; HTTP/2 advises no less."""

_OPTIONS = (
    # Without this, a second server would bind the same port and get half of the calls.
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_metadata_size", MAX_METADATA_BYTES),
    ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
    # Watchers are quiet for long; this finds those who are gone.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
)


@dataclass(frozen=True, slots=True)
class ListenSettings:
    """How to listen. ``max_calls`` are served at once, of one tenant half of them at most.

    ``grace`` is how many seconds calls that are under way have to end when the server stops.
    """

    address: str = DEFAULT_LISTEN
    tls: TlsFiles | None = None
    limits: TimeLimits = field(default_factory=TimeLimits)
    patience: float = 20.0
    max_calls: int = 2000
    health_interval: float = 2.0
    grace: float = 10.0


@dataclass(frozen=True, slots=True)
class Listening:
    """A server that listens at ``address``, with the port it got."""

    address: Address
    server: aio.Server
    readiness: Readiness

    async def ended(self) -> None:
        """Wait until the server has ended, for whatever reason."""
        # Whoever stops waiting must not take along what the server waits for when it is stopped: they are one future.
        await asyncio.shield(self.server.wait_for_termination())


@contextlib.asynccontextmanager
async def listening(parts: ServerParts, settings: ListenSettings) -> AsyncIterator[Listening]:
    """Listen for as long as the block lasts; then say not ready, end streams, and let calls come to their end.

    Raises:
        ListenError: the address is not one, is not safe, or is taken.
    """
    address = read_address(settings.address)
    require_safe(address, settings.tls)
    readiness, pace = Readiness(), Pace(settings.patience)
    server = _assemble(parts, settings, readiness, pace)
    bound = _bind(server, address, settings.tls)
    readiness.tell(ready=await look(parts.health, settings.health_interval))
    await server.start()
    following = asyncio.create_task(readiness.follow(parts.health, settings.health_interval), name="assent-health")
    try:
        yield Listening(bound, server, readiness)
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
        readiness.tell(ready=False)
        pace.drain()
        await server.stop(settings.grace)


def _assemble(parts: ServerParts, settings: ListenSettings, readiness: Readiness, pace: Pace) -> aio.Server:
    probes = _methods(_PROBE)
    server = aio.server(
        interceptors=(
            Layers(
                Tracing(methods=_methods(*_SERVICES, _REFLECTION) | probes, quiet=probes),
                Failures(),
                Deadline(settings.limits),
                Identity(parts.identities, open_services=frozenset({_PROBE.full_name, _REFLECTION.full_name})),
                Shares(settings.max_calls),
                Arrival(settings.patience),
                Validation(),
                pace,
            ),
        ),
        # No bound of gRPC's own: it counts calls, too, that are over here, and whose end somebody does not take in.
        options=(*_OPTIONS, ("grpc.max_concurrent_streams", max(settings.max_calls, _STREAMS))),
    )
    add_RunServiceServicer_to_server(RunHandlers(parts), server)
    add_ApprovalServiceServicer_to_server(ApprovalHandlers(parts), server)
    add_DelegationServiceServicer_to_server(DelegationHandlers(parts), server)
    add_StopServiceServicer_to_server(StopHandlers(parts), server)
    add_AuditServiceServicer_to_server(AuditHandlers(parts), server)
    add_DecisionServiceServicer_to_server(DecisionHandlers(parts), server)
    add_ProcessServiceServicer_to_server(ProcessHandlers(parts), server)
    add_AgentServiceServicer_to_server(AgentHandlers(parts), server)
    add_MemoryServiceServicer_to_server(MemoryHandlers(parts), server)
    add_LedgerServiceServicer_to_server(LedgerHandlers(parts), server)
    add_PolicyServiceServicer_to_server(PolicyHandlers(parts), server)
    add_ShadowServiceServicer_to_server(ShadowHandlers(parts), server)
    add_HealthServiceServicer_to_server(HealthHandlers(parts), server)
    names = tuple(service.full_name for service in _SERVICES)
    add_HealthServicer_to_server(Probes(readiness, names), server)
    reflection.enable_server_reflection((*names, _PROBE.full_name, _REFLECTION.full_name), server)
    return server


def _methods(*services: ServiceDescriptor) -> frozenset[str]:
    return frozenset(f"/{service.full_name}/{method.name}" for service in services for method in service.methods)


def _bind(server: aio.Server, address: Address, tls: TlsFiles | None) -> Address:
    try:
        if tls is None:
            port = server.add_insecure_port(str(address))
        else:
            key, chain, clients = tls.read()
            credentials = grpc.ssl_server_credentials([(key, chain)], clients, clients is not None)
            port = server.add_secure_port(str(address), credentials)
    except (RuntimeError, ValueError) as error:
        raise ListenError(_unheard(address, tls)) from error
    if port == 0:
        raise ListenError(_unheard(address, tls))
    return Address(address.host, port)


def _unheard(address: Address, tls: TlsFiles | None) -> str:
    """Say why an address cannot be listened at, in the system's words: gRPC keeps them to itself."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, place in found:
            with socket.socket(family, kind, protocol) as trial:
                trial.bind(place)
                trial.listen()
    except OSError as error:
        return f"{address} cannot be listened at: {error.strerror or error}; name another with --listen"
    return f"{address} cannot be listened at" + (": is a TLS file not PEM?" if tls else "; try again")
