"""Servers that misbehave in ways a real one cannot be made to: the CLI must say something sensible all the same."""

import contextlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from assent.v1 import (
    agents_pb2_grpc,
    audit_pb2_grpc,
    health_pb2_grpc,
    memories_pb2_grpc,
    processes_pb2_grpc,
    runs_pb2_grpc,
)

_SERVICES: Mapping[str, tuple[type[Any], Any]] = {
    "AgentService": (agents_pb2_grpc.AgentServiceServicer, agents_pb2_grpc.add_AgentServiceServicer_to_server),
    "MemoryService": (memories_pb2_grpc.MemoryServiceServicer, memories_pb2_grpc.add_MemoryServiceServicer_to_server),
    "ProcessService": (
        processes_pb2_grpc.ProcessServiceServicer,
        processes_pb2_grpc.add_ProcessServiceServicer_to_server,
    ),
    "RunService": (runs_pb2_grpc.RunServiceServicer, runs_pb2_grpc.add_RunServiceServicer_to_server),
    "AuditService": (audit_pb2_grpc.AuditServiceServicer, audit_pb2_grpc.add_AuditServiceServicer_to_server),
    "HealthService": (health_pb2_grpc.HealthServiceServicer, health_pb2_grpc.add_HealthServiceServicer_to_server),
}


@contextlib.contextmanager
def impostor(methods: Mapping[str, Any], address: str = "127.0.0.1:0") -> Iterator[str]:
    """Serve ``{"RunService.GetRun": function(request, context)}``; yield the address."""
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    for name, (base, add) in _SERVICES.items():
        own = {key.partition(".")[2]: staticmethod(one) for key, one in methods.items() if key.startswith(f"{name}.")}
        add(type(name, (base,), own)(), server)
    port = server.add_insecure_port(address)
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait(10)
