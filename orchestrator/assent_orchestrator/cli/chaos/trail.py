"""The trail as an auditor reads it: record by record, never the same one twice."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from assent.v1 import audit_pb2
from assent_orchestrator.cli.stage.desk import Desk


@dataclass(frozen=True, slots=True)
class Entry:
    """One record: its number, the bytes that were hashed, and what they say."""

    seq: int
    hash: str
    content: bytes = field(repr=False)
    record: dict[str, Any] = field(repr=False)


class TrailReader:
    """Reads on from where it was. What it has read was committed before it asked."""

    def __init__(self, auditor: Callable[[], Desk]) -> None:
        """Read as ``auditor``."""
        self.entries: list[Entry] = []
        self._auditor = auditor
        self._reading = asyncio.Lock()

    @property
    def seq(self) -> int:
        """The number of the last record that was read."""
        return self.entries[-1].seq if self.entries else 0

    async def read(self) -> int:
        """Read everything that is committed by now; return the number of the last record.

        Raises:
            grpc.aio.AioRpcError: the trail cannot be read at the moment.
        """
        async with self._reading:
            self.entries += map(_entry, await self._auditor().records_after(self.seq))
            return self.seq


def _entry(record: audit_pb2.AuditRecord) -> Entry:
    return Entry(record.seq, record.hash, record.canonical_json, json.loads(record.canonical_json))
