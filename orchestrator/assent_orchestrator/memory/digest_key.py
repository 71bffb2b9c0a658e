"""The key by which a database names what is never retained: made once, kept in it, and wrapped by the master key.

It is none of what the master key is itself, so that a new master key changes no digest.
"""

import logging

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.errors import MemoryKeyWrongError
from assent_orchestrator.memory.memories import Memories
from assent_orchestrator.plan.digests import NO_KEY, Digests
from assent_orchestrator.store.memory_tables import memory_master

_log = logging.getLogger("assent.memory")


async def open_digests(engine: AsyncEngine, memories: Memories) -> Digests:
    """Return the digests of a database; its master key is ours from now on when it had none.

    With another master key there are none: whatever has a value that is never retained is refused then.
    """
    key = memory_master.c.digest_key
    async with engine.begin() as tx:
        try:
            master = await memories.require_master(tx, claim=True)
            wrapped = await tx.scalar(sa.select(key).with_for_update())
            if wrapped is None:
                wrapped = memories.vault.new_digest_key(master)
                await tx.execute(sa.update(memory_master).values(digest_key=wrapped))
            return memories.vault.digests(wrapped)
        except MemoryKeyWrongError as error:
            _log.warning("what is never retained cannot be acted on: %s", error.message)
            return NO_KEY
