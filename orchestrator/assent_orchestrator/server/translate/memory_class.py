"""Classes of memory."""

from collections.abc import Mapping

from assent.v1 import memory_classes_pb2 as wire
from assent_orchestrator.server.names import memory_class_name
from assent_sidecar.catalogue.memory import MemoryClass
from assent_sidecar.model import seconds


def write_classes(tenant: str, found: Mapping[str, MemoryClass], revision: str) -> wire.ListMemoryClassesResponse:
    """Return classes as callers of a tenant know them."""
    written = [write_class(tenant, name, declared) for name, declared in found.items()]
    return wire.ListMemoryClassesResponse(memory_classes=written, revision=revision)


def write_class(tenant: str, name: str, declared: MemoryClass) -> wire.MemoryClass:
    """Return a class as callers of a tenant know it."""
    made = wire.MemoryClass(
        name=memory_class_name(tenant, name),
        retention=wire.MemoryRetention.Value(f"MEMORY_RETENTION_{declared.retention.upper()}"),
        purpose=declared.purpose,
        recalled_for=declared.recalled_for,
        owner=declared.owner,
        labels=declared.labels,
        run_scoped=declared.scope == "run",
    )
    if declared.ttl is not None:
        made.ttl.FromMilliseconds(round(seconds(declared.ttl) * 1000))
    return made
