from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from assent.v1 import memory_classes_pb2 as proto
from assent.v1.memories_pb2_grpc import MemoryServiceStub
from tests.orchestrator.server.conftest import Wire, refusal
from tests.orchestrator.server.specimens import DIGEST


def classes(wire: Wire, parent: str = "tenants/acme") -> Any:
    request = proto.ListMemoryClassesRequest(parent=parent)
    return MemoryServiceStub(wire.channel).ListMemoryClasses(request, metadata=wire.auth)


@pytest.mark.requirement("orchestrator.memory-classes")
async def test_classes_are_listed_as_people_declared_them(wire: Wire) -> None:
    said = await classes(wire)
    assert said.revision == DIGEST
    advice, proof, scratch, wishes = said.memory_classes
    assert advice == proto.MemoryClass(
        name="tenants/acme/memoryClasses/advice",
        retention=proto.MEMORY_RETENTION_NEVER,
        purpose="Stays away",
        owner="carl",
        labels=["privileged"],
    )
    assert (proof.retention, proof.HasField("ttl")) == (proto.MEMORY_RETENTION_AUDIT, False)
    assert (scratch.retention, scratch.run_scoped) == (proto.MEMORY_RETENTION_TEMPORARY, True)
    assert wishes == proto.MemoryClass(
        name="tenants/acme/memoryClasses/wishes",
        retention=proto.MEMORY_RETENTION_LONG_TERM,
        purpose="What customers like",
        recalled_for=["To answer them"],
        owner="olga",
        labels=["pii"],
        ttl=Duration(seconds=1, nanos=500_000_000),
    )


async def test_classes_of_another_tenant_are_not_found(wire: Wire) -> None:
    assert (await refusal(classes(wire, "tenants/other"))).code == "NOT_FOUND"
