"""Looking into the ledgers: what they are, where they stand, and who took what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.errors import NotFoundError
from assent_orchestrator.governance.account import key_of
from assent_orchestrator.governance.till import Balance, balance_in
from assent_orchestrator.page import Page, page_size, read_moment, read_token, write_token
from assent_orchestrator.store.keyset import window
from assent_orchestrator.store.ledger_tables import balances, reservations
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.ledger import Ledger

_MAY_LOOK = (Role.OPERATOR, Role.AUDITOR, Role.COMPLIANCE_OFFICER)


class ReservationState(StrEnum):
    """What becomes of an amount."""

    RESERVED = "reserved"
    HELD = "held"
    SPENT = "spent"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Counted:
    """Where one count of a ledger stands; ``key`` is the digest of what it is counted for."""

    key: str
    period: str
    limit: Decimal
    balance: Balance
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """What one action reserved. ``run`` is None where an agent acted itself."""

    key: str
    period: str
    run: str | None
    step: str
    agent: str
    state: ReservationState
    amount: Decimal
    spent: Decimal | None
    reserved_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Books:
    """Reads with ``engine``; ``catalogue`` returns what the bundle in force for a tenant declares."""

    engine: AsyncEngine
    catalogue: Callable[[str], Catalogue]

    def ledgers(self, caller: Caller) -> Mapping[str, Ledger]:
        """Return the ledgers of the bundle in force, by name; they are no secret within the tenant."""
        return dict(sorted(self.catalogue(caller.tenant).ledgers.items()))

    def ledger(self, caller: Caller, name: str) -> Ledger:
        """Return one ledger.

        Raises:
            NotFoundError: the bundle in force has none of this name.
        """
        found = self.catalogue(caller.tenant).ledgers.get(name)
        if found is None:
            raise NotFoundError("there is no such ledger", ledger=name)
        return found

    async def balances(
        self, caller: Caller, name: str, *, counted_for: str = "", size: int = 0, token: str = ""
    ) -> Page[Counted]:
        """Return a page of a ledger's balances, those that changed last first.

        Raises:
            ForbiddenError: the caller is no operator, auditor or compliance officer.
            NotFoundError: there is no such ledger.
            InvalidError: the token is not one of ours.
        """
        caller.require(*_MAY_LOOK)
        ledger = self.ledger(caller, name)
        at, limit = balances.c.changed_at, page_size(size)
        query = sa.select(balances).where(balances.c.tenant == caller.tenant, balances.c.ledger == name)
        query = query.where(at.is_not(None))  # else it was locked only: nobody ever took anything
        if counted_for:
            query = query.where(balances.c.key == key_of(caller.tenant, name, ledger.per, counted_for))
        position = read_token(token, 3)
        if position is not None:
            behind = sa.tuple_(balances.c.key, balances.c.period) > sa.tuple_(position[1], position[2])
            moment = read_moment(position[0])
            query = query.where(sa.or_(at < moment, sa.and_(at == moment, behind)))
        query = query.order_by(at.desc(), balances.c.key, balances.c.period).limit(limit + 1)
        async with self.engine.connect() as tx:
            rows = (await tx.execute(query)).all()
        most = Decimal(ledger.limit)
        items = [Counted(row.key, row.period, most, balance_in(row), row.changed_at) for row in rows[:limit]]
        last = items[-1] if len(rows) > limit else None
        return Page(items, write_token(last.changed_at.isoformat(), last.key, last.period) if last else "")

    async def reservations(
        self, caller: Caller, name: str, *, state: ReservationState | None = None, size: int = 0, token: str = ""
    ) -> Page[Entry]:
        """Return a page of what was reserved on a ledger, newest first.

        Raises:
            ForbiddenError: the caller is no operator, auditor or compliance officer.
            NotFoundError: there is no such ledger.
            InvalidError: the token is not one of ours.
        """
        caller.require(*_MAY_LOOK)
        self.ledger(caller, name)
        page = window(reservations.c.reserved_at, reservations.c.effect_key, size=size, token=token)
        query = sa.select(reservations).where(reservations.c.tenant == caller.tenant, reservations.c.ledger == name)
        if state is not None:
            query = query.where(reservations.c.state == str(state))
        async with self.engine.connect() as tx:
            return await page.read(tx, query, _entry)


def _entry(row: sa.RowMapping) -> Entry:
    return Entry(
        key=row["key"],
        period=row["period"],
        run=row["run_id"],
        step=row["step_id"],
        agent=row["agent"],
        state=ReservationState(row["state"]),
        amount=row["amount"],
        spent=row["spent"],
        reserved_at=row["reserved_at"],
        settled_at=row["settled_at"],
    )
