"""Classes of memory, and values to put into them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.memory.entry import Entry, Oblivion, Receipt, Recollection, Remembered, Sought
from assent_orchestrator.memory.forgetting import Forgetting
from assent_orchestrator.memory.memories import Memories
from assent_orchestrator.memory.vault import Vault
from assent_orchestrator.store.memory_tables import memory_master
from assent_sidecar.catalogue.memory import MemoryClass

NOW = datetime(2026, 11, 26, 9, 0, 0, 123457, tzinfo=UTC)
MASTER = bytes(range(32))
"""One for all tests: there is one database, and it knows one master key."""

PREFERENCES = MemoryClass(retention="long_term", purpose="How a client wants its notes", owner="lena", ttl="30d")
SCRATCH = MemoryClass(retention="temporary", purpose="What a run needs", owner="lena", scope="run")


@dataclass(frozen=True)
class Place:
    """One tenant's memory, and the hands that reach into it."""

    engine: AsyncEngine
    tenant: str
    memories: Memories = field(default_factory=lambda: Memories(Vault(MASTER)))

    async def remember(self, value: Any, **changes: Any) -> Remembered:
        entry = Entry(self.tenant, "preferences", PREFERENCES, "ACME Ltd", value, {"": ("client",)}, "drafting", NOW)
        async with self.engine.begin() as tx:
            return await self.memories.remember(tx, replace(entry, **changes))

    async def recall(self, **changes: Any) -> Recollection:
        sought = Sought(self.tenant, "preferences", PREFERENCES, "ACME Ltd", NOW)
        async with self.engine.connect() as tx:
            return await self.memories.recall(tx, replace(sought, **changes))

    async def values(self, **changes: Any) -> list[Any]:
        return [one.value for one in (await self.recall(**changes)).values]

    async def forget(self, **changes: Any) -> Receipt:
        order = Oblivion(self.tenant, "ACME Ltd", "lena", "they asked for it", NOW)
        async with self.engine.begin() as tx:
            return await Forgetting(self.memories).forget(tx, replace(order, **changes))

    async def rows(self, table: sa.Table) -> list[sa.RowMapping]:
        async with self.engine.connect() as tx:
            return list((await tx.execute(sa.select(table).where(table.c.tenant == self.tenant))).mappings())

    async def change(self, table: sa.Table, **values: Any) -> None:
        async with self.engine.begin() as tx:
            await tx.execute(sa.update(table).where(table.c.tenant == self.tenant).values(values))


async def fingerprints(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as tx:
        return list((await tx.execute(sa.select(memory_master.c.fingerprint))).scalars())
