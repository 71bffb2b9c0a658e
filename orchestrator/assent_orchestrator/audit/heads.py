"""Where trails end: as this server knows it, by a guess that nobody believes blindly, and as the database has it."""

import contextlib
from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.chain import GENESIS, Head
from assent_orchestrator.store.tables import heads


class Heads:
    """Where the trail of each tenant ends, as far as this server left it."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[str, Head] = {}
        self._appending: Counter[str] = Counter()

    def known(self, tenant: str) -> Head | None:
        """Return where a trail ended when it was last heard of; None: it was not."""
        return self._known.get(tenant)

    def moved(self, tenant: str, head: Head) -> None:
        """Note where a trail ends, or will end once a transaction is committed."""
        self._known[tenant] = head

    def forget(self, tenant: str) -> None:
        """Note that what is known of a trail is not so any more."""
        self._known.pop(tenant, None)

    @contextlib.contextmanager
    def appending(self, tenant: str) -> Iterator[Head | None]:
        """Append to a trail within: from where it is thought to end, or from None while somebody else is at it.

        A guess that is wrong costs a way to the database and back.
        """
        guess = None if self._appending[tenant] else self.known(tenant)
        self._appending[tenant] += 1
        try:
            yield guess
        finally:
            self._appending[tenant] -= 1
            if not self._appending[tenant]:
                del self._appending[tenant]


async def look(tx: AsyncConnection, tenant: str) -> Head | None:
    """Return where a trail ends, without keeping it from moving."""
    row = (await tx.execute(sa.select(heads.c.seq, heads.c.hash).where(heads.c.tenant == tenant))).one_or_none()
    return Head(row.seq, row.hash) if row is not None else None


async def lock(tx: AsyncConnection, tenant: str) -> Head:
    """Return the tenant's head, locked until the transaction ends; the first use makes it."""
    query = sa.select(heads.c.seq, heads.c.hash).where(heads.c.tenant == tenant).with_for_update()
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        first = insert(heads).values(tenant=tenant, seq=GENESIS.seq, hash=GENESIS.hash)
        await tx.execute(first.on_conflict_do_nothing())
        row = (await tx.execute(query)).one()
    return Head(row.seq, row.hash)
