"""Following what becomes of approvals, as it is committed, for those who may see them."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.approvals.approval import Approval
from assent_orchestrator.approvals.notices.notice import EVENTS
from assent_orchestrator.approvals.request import approval_of, listed
from assent_orchestrator.approvals.sought import Sought, seen_by
from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.audit.statement import approvals_topic
from assent_orchestrator.caller import Caller
from assent_orchestrator.clock import Clock
from assent_orchestrator.store.approval_tables import approvals, open_approvals
from assent_orchestrator.store.tables import heads, of_approvals, trail

HEARTBEAT_SECONDS = 15.0

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to an approval, which is given as it is by now; ``event`` is as the trail has it.

    ``seq`` is where to go on from. Without an event, the approval was there already; without either, nothing happened
    that the caller may see, up to ``seq``.
    """

    seq: int
    time: datetime
    event: str = ""
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class Following:
    """Follows approvals. There is no queue: who reads slowly finds in the trail what they have not read yet.

    Of those who follow, few look at once: they are many, and something happens all the time.
    """

    engine: AsyncEngine
    listener: Listener
    clock: Clock
    looking: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(4))

    async def watch(self, caller: Caller, sought: Sought, after_seq: int) -> AsyncGenerator[Change, None]:
        """Yield what happens to approvals after ``after_seq``, and a sign of life now and then, without end.

        With 0 the open ones come first; until they all have come, the position stays 0.
        """
        async with self.listener.subscribe(approvals_topic(caller.tenant)) as wakeups:
            if not after_seq:
                # What happens meanwhile is told again afterwards, rather than not at all.
                after_seq = await self._head(caller)
                async with contextlib.aclosing(self._open(caller, sought)) as there:
                    async for approval in there:
                        yield Change(0, approval.requested_at, approval=approval)
                yield Change(after_seq, self.clock())
            while True:
                full = True
                while full:
                    changes, after_seq, full = await self._next(caller, sought, after_seq)
                    for change in changes:
                        yield change
                if not await wakeups.wait(HEARTBEAT_SECONDS):
                    yield Change(after_seq, self.clock())

    async def _head(self, caller: Caller) -> int:
        async with self.engine.connect() as tx:
            found = await tx.execute(sa.select(heads.c.seq).where(heads.c.tenant == caller.tenant))
            return found.scalar_one_or_none() or 0

    async def _open(self, caller: Caller, sought: Sought) -> AsyncGenerator[Approval, None]:
        after: Sequence[sa.ColumnElement[bool]] = ()
        while True:
            async with self.looking, self.engine.connect() as tx:
                found = await self._seen(tx, caller, sought, open_approvals, *after)
            for approval in found:
                yield approval
            if len(found) < _BATCH:
                return
            last = sa.tuple_(sa.literal(found[-1].requested_at), sa.literal(found[-1].id))
            after = (sa.tuple_(approvals.c.requested_at, approvals.c.id) > last,)

    async def _next(self, caller: Caller, sought: Sought, after_seq: int) -> tuple[Sequence[Change], int, bool]:
        """Return the next changes that the caller may see, up to where that is, and whether there may be more."""
        query = sa.select(trail.c.seq, trail.c.event, trail.c.recorded_at, trail.c.record)
        query = query.where(trail.c.tenant == caller.tenant, trail.c.seq > after_seq, of_approvals)
        async with self.looking, self.engine.connect() as tx:
            rows = (await tx.execute(query.order_by(trail.c.seq).limit(_BATCH))).all()
            told = {row.seq: str(json.loads(row.record)["approval"]["id"]) for row in rows if row.event in EVENTS}
            found: Mapping[str, Approval] = {}
            if told:
                ours = approvals.c.id.in_(set(told.values()))
                found = {one.id: one for one in await self._seen(tx, caller, sought, ours)}
        changes = [
            Change(row.seq, row.recorded_at, row.event, found[told[row.seq]])
            for row in rows
            if row.seq in told and told[row.seq] in found
        ]
        return changes, rows[-1].seq if rows else after_seq, len(rows) == _BATCH

    async def _seen(
        self, tx: AsyncConnection, caller: Caller, sought: Sought, *more: sa.ColumnElement[bool]
    ) -> list[Approval]:
        now = self.clock()
        query = listed().where(seen_by(caller, now), *sought.conditions(now), *more)
        query = query.order_by(approvals.c.requested_at, approvals.c.id).limit(_BATCH)
        return [approval_of(row, ()) for row in (await tx.execute(query)).mappings()]
