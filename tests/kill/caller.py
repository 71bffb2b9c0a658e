"""One caller: what a desk of the stage can ask, and what is remembered."""

from grpc import aio

from assent.v1 import memories_pb2
from assent.v1.memories_pb2_grpc import MemoryServiceStub
from assent_orchestrator.cli.stage.desk import Desk

_SECONDS = 60.0


class Caller(Desk):
    """A desk that recalls as well."""

    def __init__(self, channel: aio.Channel, tenant: str, token: str) -> None:
        super().__init__(channel, tenant, token)
        self._memories = MemoryServiceStub(channel)

    async def recall(self, memory_class: str, purpose: str, subject: str, process: str) -> memories_pb2.RecallResponse:
        """Recall what is remembered of a subject, whatever its labels, under the policies of a process."""
        request = memories_pb2.RecallRequest(
            parent=self._parent,
            memory_class=memory_class,
            purpose=purpose,
            subject=subject,
            terms=memories_pb2.MemoryTerms(process=process),
        )
        return await self._memories.Recall(request, metadata=self._metadata, timeout=_SECONDS)
