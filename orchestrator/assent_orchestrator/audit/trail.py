"""The trail: written in the transaction that changes the state, or that state does not change."""

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.audit.chain import AuditError, Head, Link, hash_text, seal
from assent_orchestrator.audit.heads import Heads, lock, look
from assent_orchestrator.audit.record import Draft
from assent_orchestrator.audit.share import (
    Claim,
    ClaimedError,
    OutdatedError,
    Share,
    drafts_of,
    kept_of,
    rows_and_claims,
    rows_of,
)
from assent_orchestrator.audit.statement import read_of_run, write_at_once, write_in_transaction
from assent_orchestrator.audit.stride import Stride, write_strides
from assent_orchestrator.audit.together import Together
from assent_orchestrator.audit.uuid7 import uuid7
from assent_orchestrator.audit.wanted import EVERYTHING, Wanted
from assent_orchestrator.clock import Clock, utc_now
from assent_orchestrator.errors import UnavailableError
from assent_orchestrator.store.absence import is_away
from assent_orchestrator.store.confinement import confined_to, unconfined
from assent_orchestrator.store.tables import trail
from assent_sidecar.model import Json

CHANNEL = "assent_trail"
"""Where PostgreSQL says what has a new record: a run, by its id, or the approvals of a tenant; sent with the commit."""

MAX_PAGE = 1000

_GUESSES = 3
"""How often strides are tried before they go the longer way, each by itself."""

Beside = Callable[[AsyncConnection, str, Sequence[Draft]], Awaitable[None]]
"""Writes what follows from records of a tenant, in the transaction that is about to write them."""


class AuditUnavailableError(UnavailableError):
    """The trail cannot be written or read: whatever depended on it must not happen."""

    code = "AUDIT_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a draft went: its number, its id, and the hash of its record (``sha256:<hex>``)."""

    seq: int
    record_id: str
    hash: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored record with its number and hash (``sha256:<hex>``)."""

    seq: int
    hash: str
    record: dict[str, Json]


class Trail:
    """The trails of all tenants in one database."""

    def __init__(self, engine: AsyncEngine, clock: Clock = utc_now, beside: Beside | None = None) -> None:
        """Read with ``engine``; writing uses the caller's transaction. ``beside`` is for records of runs."""
        self._engine = engine
        self._beside = beside
        self._at_once = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._clock = clock
        self._heads = Heads()
        self._together = Together(self._commit_together, _lost)
        self._strides = Together(self._commit_strides, _lost, _under)

    @contextlib.asynccontextmanager
    async def recording(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction for a state change and its records; it commits at the end.

        Raises:
            AuditUnavailableError: the database failed before, in or after the block. Nothing that depends on the record
                may happen; when the connection broke in the very commit, look before trying again.
        """
        with _available():
            async with self._engine.begin() as tx:
                yield tx

    async def append(self, tx: AsyncConnection, tenant: str, drafts: Sequence[Draft]) -> tuple[Appended, ...]:
        """Append records in the caller's transaction, in order, with gapless numbers.

        The tenant's head stays locked until the transaction ends, so do this last. Who listens hears of it then.

        Raises:
            AuditUnavailableError: it could not be written; the transaction is lost.
            AuditError: a draft cannot be recorded as it is.
        """
        if not drafts:
            return ()
        with _available():
            if self._beside is not None:
                await self._beside(tx, tenant, drafts)
            with self._heads.appending(tenant) as guess:
                ids, links = await self._append(tx, tenant, guess, drafts)
            # Where it will end, if the transaction is committed.
            self._heads.moved(tenant, links[-1].head)
            return tuple(
                Appended(link.seq, record_id, hash_text(link.hash)) for record_id, link in zip(ids, links, strict=True)
            )

    async def _append(
        self, tx: AsyncConnection, tenant: str, guess: Head | None, drafts: Sequence[Draft]
    ) -> tuple[list[str], list[Link]]:
        driver: Any = (await tx.get_raw_connection()).driver_connection
        if guess is not None:
            ids, links = self._seal(tenant, guess, drafts)
            if await write_in_transaction(driver, tenant, guess, links, CHANNEL):
                return ids, links
        head = await lock(tx, tenant)
        ids, links = self._seal(tenant, head, drafts)
        if not await write_in_transaction(driver, tenant, head, links, CHANNEL):
            raise AuditError("the head of the trail moved although it was locked; nothing was done")
        return ids, links

    async def commit(self, tenant: str, share: Share) -> None:
        """Commit a share, in one transaction with others that wait, and return when it is committed.

        Raises:
            ClaimedError: its claim came too late; nothing of it was written.
            OutdatedError: what it was made under does not hold any more; nothing of it was written.
            AuditUnavailableError: it could not be written; nothing that depends on it may happen.
            AuditError: a draft cannot be recorded as it is.
        """
        await self._together.commit(tenant, share)

    async def stride(self, tenant: str, stride: Stride) -> bool:
        """Have a step of a run go on and return when that is committed; False: nothing is written.

        False says that something is not as the stride has it, or that too many were at the trail: go the longer way.

        Raises:
            AuditUnavailableError: it could not be written, or nobody knows whether it was.
            AuditError: a draft or a value cannot be written as it is.
        """
        try:
            await self._strides.commit(tenant, stride)
        except OutdatedError:
            return False
        return True

    async def write(self, tx: AsyncConnection, share: Share) -> None:
        """Write the rows of a share in the caller's transaction; its drafts are the caller's to append, at the end.

        Raises:
            ClaimedError: its claim came too late; the transaction must not be committed.
            AuditUnavailableError: it could not be written; the transaction is lost.
        """
        with _available():
            if share.claim is not None and not await _claim(tx, share.claim):
                raise ClaimedError
            for table, rows in rows_of((share,)).items():
                await tx.execute(sa.insert(table), rows)

    async def _commit_together(self, tenant: str, shares: Sequence[Share]) -> Sequence[Exception | None]:
        with confined_to(tenant):  # whoever it was that began to commit for all who wait
            told = await self._commit_at_once(tenant, shares)
            return told if told is not None else await self._commit_one_by_one(tenant, shares)

    async def _commit_one_by_one(self, tenant: str, shares: Sequence[Share]) -> Sequence[Exception | None]:
        async with self.recording() as tx:
            told = await _outdated(tx, tenant, shares)
            for number, share in enumerate(shares):
                if told[number] is None and share.claim is not None and not await _claim(tx, share.claim):
                    told[number] = ClaimedError()
            kept = kept_of(shares, told)
            for table, rows in rows_of(kept).items():
                await tx.execute(sa.insert(table), rows)
            await self.append(tx, tenant, drafts_of(kept))
        return told

    async def _commit_at_once(self, tenant: str, shares: Sequence[Share]) -> Sequence[Exception | None] | None:
        """Commit with one statement if all is still as we left it; else nothing is written: None."""
        head, drafts = self._heads.known(tenant), drafts_of(shares)
        under = {share.under for share in shares if share.under}
        if head is None or len(under) > 1 or any(draft.run is not None for draft in drafts):
            return None  # whoever listens to a run is told by the longer way
        with _available():
            links = self._seal(tenant, head, drafts)[1]
            try:
                async with self._at_once.connect() as connection:
                    driver: Any = (await connection.get_raw_connection()).driver_connection
                    rows, held = rows_and_claims(shares), next(iter(under), None)
                    done = await write_at_once(driver, tenant, head, links, rows=rows, under=held)
            except psycopg.errors.IntegrityError:
                done = False  # a claim is taken, the longer way finds out whose
        if not done:
            self._heads.forget(tenant)
            return None
        self._heads.moved(tenant, links[-1].head)
        return [None] * len(shares)

    async def _commit_strides(self, tenant: str, strides: Sequence[Stride]) -> Sequence[Exception | None]:
        left, head = list(strides), self._heads.known(tenant)
        for _ in range(_GUESSES):
            with _available(), unconfined():
                async with self._at_once.connect() as connection:
                    driver: Any = (await connection.get_raw_connection()).driver_connection
                    head = head or await look(connection, tenant)
                    if head is None or not left:
                        break
                    links = self._seal(tenant, head, [draft for one in left for draft in one.drafts])[1]
                    refused = await write_strides(
                        driver, tenant, head, links, strides=left, now=self._clock(), channel=CHANNEL
                    )
            if refused is None:
                head = None
            elif refused:
                left = [one for number, one in enumerate(left) if number not in refused]
            else:
                self._heads.moved(tenant, links[-1].head)
                return [None if any(one is done for done in left) else OutdatedError() for one in strides]
        return [OutdatedError() for _ in strides]

    def _seal(self, tenant: str, head: Head, drafts: Sequence[Draft]) -> tuple[list[str], list[Link]]:
        """Return the records that follow ``head``, and their ids."""
        now = self._clock()
        ids = [str(uuid7(now)) for _ in drafts]
        links: list[Link] = []
        for draft, record_id in zip(drafts, ids, strict=True):
            links.append(seal(draft, tenant=tenant, head=head, now=now, record_id=record_id))
            head = links[-1].head
        return ids, links

    async def read(
        self, tenant: str, wanted: Wanted = EVERYTHING, *, after_seq: int = 0, limit: int = 100
    ) -> list[Entry]:
        """Return committed records after ``after_seq``, oldest first: at most ``limit`` and never more than 1,000.

        Raises:
            AuditUnavailableError: the database is away.
        """
        limit = min(limit, MAX_PAGE)
        with _available():
            async with self._at_once.connect() as connection:
                if wanted.run is not None and wanted == Wanted(run=wanted.run):
                    driver: Any = (await connection.get_raw_connection()).driver_connection
                    found = await read_of_run(driver, tenant, wanted.run, after_seq=after_seq, limit=limit)
                else:
                    query = sa.select(trail.c.seq, trail.c.hash, trail.c.record)
                    query = query.where(trail.c.tenant == tenant, trail.c.seq > after_seq, *wanted.conditions())
                    found = [tuple(row) for row in await connection.execute(query.order_by(trail.c.seq).limit(limit))]
        return [Entry(seq, hash_text(link), json.loads(record)) for seq, link, record in found]


@contextlib.contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except (sa.exc.DataError, psycopg.DataError) as error:
        # Trying again would not help: this is not the database being away.
        raise AuditError("the database cannot keep a value; nothing was done") from error
    except (sa.exc.SQLAlchemyError, psycopg.Error, OSError) as error:
        if not is_away(error):
            raise  # of what was asked, not of the database: that it is tried again and again would not help
        raise AuditUnavailableError("the trail is not available; nothing was done") from error


async def _outdated(tx: AsyncConnection, tenant: str, shares: Sequence[Share]) -> list[Exception | None]:
    """Say of each share whether what it was made under holds no more. Done first, and once for all that look alike."""
    queries = dict.fromkeys(share.under.query for share in shares if share.under)
    found = {query: tuple(await _ids(tx, query, tenant)) for query in queries}
    return [
        OutdatedError() if share.under and found[share.under.query] != share.under.seen else None for share in shares
    ]


def _under(stride: Stride) -> tuple[str, ...] | None:
    """Return what strides of one statement have in common: the stops they were thought out under.

    What became of a call was thought out under none, and never waits where stops are waited for: a stop that cuts off
    who stands in its way must not throw away what is known.
    """
    return stride.seen


async def _ids(tx: AsyncConnection, query: str, tenant: str) -> list[str]:
    return [row.id for row in await tx.exec_driver_sql(query, {"tenant": tenant})]


def _lost() -> AuditUnavailableError:
    return AuditUnavailableError("the server stops; look whether it was done")


async def _claim(tx: AsyncConnection, claim: Claim) -> bool:
    first = insert(claim.table).values(dict(claim.row)).on_conflict_do_nothing()
    taken = await tx.execute(first.returning(*(claim.table.c[name] for name in claim.key)))
    return taken.one_or_none() is not None
