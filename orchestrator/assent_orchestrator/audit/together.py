"""Group commit: what waits for one tenant's trail is committed in one transaction, and nobody hears of it before.

The head of a trail is locked from the first record of a transaction to its commit, so that transactions of one tenant
follow one another, each with a flush to disk. Sharing them is what makes many callers as fast as one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from assent_orchestrator.audit.chain import AuditError
from assent_orchestrator.audit.record import Draft

MOST_RECORDS = 2000
"""Of one transaction, unless one share alone has more."""


class Told(Protocol):
    """What is committed together with others: it has records."""

    @property
    def drafts(self) -> tuple[Draft, ...]:
        """Its records."""
        ...


S = TypeVar("S", bound=Told)

Commit = Callable[[str, Sequence[S]], Awaitable[Sequence[Exception | None]]]
"""Commits shares in one transaction, and says of each why it was not written, if so; all the others or none."""

Kind = Callable[[S], Hashable]
"""Says what of a share those must have in common that share a transaction."""

Lost = Callable[[], Exception]
"""What those are told whose transaction was given up."""


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[S]):
    share: S
    told: asyncio.Future[None]


class Together(Generic[S]):
    """Callers that wait for their commit, by tenant: the first begins one, those who come meanwhile share the next.

    Only those of one ``kind`` share one; that of whoever waits longest is the next.
    """

    def __init__(self, commit: Commit[S], lost: Lost, kind: Kind[S] = lambda _: None) -> None:
        self._commit = commit
        self._lost = lost
        self._kind = kind
        self._waiting: dict[str, list[_Waiting[S]]] = {}
        self._leaders: dict[str, asyncio.Task[None]] = {}

    async def commit(self, tenant: str, share: S) -> None:
        """Return once the share is committed, whoever else's was with it.

        Raises:
            ClaimedError: its claim came too late; nothing of it was written.
            OutdatedError: what it was made under does not hold any more; nothing of it was written.
            Exception: what ``commit`` raised; nothing of it was written, or nobody knows.
        """
        one = _Waiting(share, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(tenant, []).append(one)
        if tenant not in self._leaders:
            self._leaders[tenant] = asyncio.create_task(self._lead(tenant), name=f"assent-trail-{tenant}")
        await one.told

    async def _lead(self, tenant: str) -> None:
        group: list[_Waiting[S]] = []
        try:
            while self._waiting.get(tenant):
                await asyncio.sleep(0)  # whoever is ready to come comes along
                group = self._first(self._waiting[tenant])
                await self._carry_out(tenant, group)
                group = []
        finally:
            # Nobody waits on for a leader that is gone, as when the server stops.
            for one in (*group, *self._waiting.pop(tenant, ())):
                if not one.told.done():
                    one.told.set_exception(self._lost())
            del self._leaders[tenant]

    def _first(self, waiting: list[_Waiting[S]]) -> list[_Waiting[S]]:
        """Take those of the first one's kind whose records fit into one transaction, at least one of them."""
        kind, records = self._kind(waiting[0].share), 0
        group: list[_Waiting[S]] = []
        left: list[_Waiting[S]] = []
        for one in waiting:
            size = len(one.share.drafts)
            if self._kind(one.share) == kind and (not group or records + size <= MOST_RECORDS):
                records += size
                group.append(one)
            else:
                left.append(one)
        waiting[:] = left
        return group

    async def _carry_out(self, tenant: str, group: list[_Waiting[S]]) -> None:
        try:
            told = await self._commit(tenant, [one.share for one in group])
        except AuditError as error:
            if len(group) == 1:
                _tell(group[0], error)
                return
            # One of them cannot be recorded, and none was: the others must not suffer from it.
            for one in group:
                await self._carry_out(tenant, [one])
        except Exception as error:  # noqa: BLE001 -- whatever it is, those who wait are told, and nothing happens
            # Not tried again: when the connection broke in the very commit, it may be there.
            for one in group:
                _tell(one, error)
        else:
            for one, why_not in zip(group, told, strict=True):
                _tell(one, why_not)


def _tell(one: _Waiting[S], error: Exception | None) -> None:
    if one.told.done():
        return  # the caller hung up; what was committed stays
    if error is None:
        one.told.set_result(None)
    else:
        one.told.set_exception(error)
