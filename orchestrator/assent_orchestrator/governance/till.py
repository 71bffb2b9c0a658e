"""Where amounts are reserved, spent and given back: exact, and never beyond a limit, whoever else is at it.

All that a transaction touches is locked at once and in one order, read, and written: of any two transactions on one
account the second sees what the first left. The locks last until the commit is visible. Whoever holds the lock of a
run or a permit takes these after it, and that of the trail after these.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.governance.account import Account
from assent_orchestrator.governance.entrusted import room_of
from assent_orchestrator.store.ledger_tables import balances, reservations
from assent_sidecar.model import Json

NOTHING = Decimal(0)
_PLACE = (balances.c.tenant, balances.c.ledger, balances.c.key, balances.c.period)
_ORDER = tuple(column.collate("C") for column in _PLACE)
"""That in which accounts are locked, everywhere and whatever the database sorts by: as Python sorts them."""

_OPEN = ("reserved", "held")


@dataclass(frozen=True, slots=True)
class Balance:
    """Where an account stands. ``held`` may have been spent, nobody knows."""

    spent: Decimal = NOTHING
    reserved: Decimal = NOTHING
    held: Decimal = NOTHING

    @property
    def taken(self) -> Decimal:
        """What is not left."""
        return self.spent + self.reserved + self.held


@dataclass(frozen=True, slots=True)
class Want:
    """What one effect needs of one account. ``parts`` are the obligations: amounts, and where the real ones are."""

    account: Account
    limit: Decimal
    amount: Decimal
    parts: tuple[Mapping[str, Json], ...]


@dataclass(frozen=True, slots=True)
class Booking:
    """All that one effect needs, under its idempotency key: all of it is reserved, or nothing."""

    effect: str
    wants: tuple[Want, ...]
    run: str | None
    step: str
    agent: str
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Reservation:
    """What an effect has reserved on one account, and what became of it.

    ``attempt`` is the one that reserved it, or the later one that it was settled with.
    """

    effect: str
    account: Account
    amount: Decimal
    state: str
    parts: tuple[Mapping[str, Json], ...]
    limit: Decimal
    spent: Decimal | None = None
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Short:
    """The ledger of which there is not enough; ``entrusted``: it has room, but less was handed over to the agent."""

    ledger: str
    entrusted: bool = False


@dataclass(slots=True)
class Till:
    """The accounts of one transaction, locked. ``taken`` is what was reserved here.

    ``_room`` is what is left to agents of what was handed over to them in a run, by run, agent and ledger.
    """

    _balances: dict[Account, Balance]
    _earlier: Mapping[tuple[str, str], Reservation] = field(default_factory=dict)
    _room: dict[tuple[str, str, str], Decimal] = field(default_factory=dict)
    taken: list[tuple[Booking, Reservation]] = field(default_factory=list)

    def take(self, booking: Booking) -> Short | None:
        """Reserve all that an effect needs; or nothing, and return what there is not enough of.

        An effect that may have happened, and is tried again, keeps its one reservation: the larger amount of both.
        """
        after, room = dict(self._balances), dict(self._room)
        found = []
        for want in booking.wants:
            earlier = self._earlier.get((booking.effect, want.account.ledger))
            account = earlier.account if earlier else want.account
            before = after[account]
            if earlier is not None:
                before = _without(before, earlier)
            amount = max(want.amount, earlier.amount) if earlier else want.amount
            more = amount - (earlier.amount if earlier else NOTHING)
            # What is held already is held, whatever the limit is by now.
            if (more or earlier is None) and before.taken + amount > want.limit:
                return Short(want.account.ledger)
            place = (booking.run or "", booking.agent, want.account.ledger)
            if place in room:
                if (more or earlier is None) and more > room[place]:
                    return Short(want.account.ledger, entrusted=True)
                room[place] -= more
            after[account] = replace(before, reserved=before.reserved + amount)
            found.append(
                Reservation(
                    booking.effect, account, amount, "reserved", want.parts, want.limit, attempt=booking.attempt
                )
            )
        self._balances, self._room = after, room
        self.taken += [(booking, one) for one in found]
        return None

    async def close(self, tx: AsyncConnection, now: datetime) -> None:
        """Write what was reserved."""
        if not self.taken:
            return
        await _write_balances(tx, {one.account: self._balances[one.account] for _, one in self.taken}, now)
        rows = [_row(booking, one, now) for booking, one in self.taken]
        statement = insert(reservations).values(rows)
        new = {name: statement.excluded[name] for name in rows[0] if name not in ("effect_key", "ledger")}
        place = [reservations.c.effect_key, reservations.c.ledger]
        await tx.execute(statement.on_conflict_do_update(index_elements=place, set_=new))


async def open_till(tx: AsyncConnection, bookings: Sequence[Booking], *, repeated: bool = False) -> Till:
    """Lock and read the accounts of bookings. ``repeated``: some of the effects may have reserved before.

    The runs of the bookings, if any, are locked: what was handed over in them to the agents is counted, too.
    """
    earlier: dict[tuple[str, str], Reservation] = {}
    if repeated:
        found = await reserved_by(tx, [booking.effect for booking in bookings])
        earlier = {(one.effect, one.account.ledger): one for one in found if one.state in _OPEN}
    accounts = {want.account for booking in bookings for want in booking.wants}
    accounts |= {one.account for one in earlier.values()}
    rows = [
        {"tenant": one.tenant, "ledger": one.ledger, "key": one.key, "period": one.period} for one in sorted(accounts)
    ]
    statement = insert(balances).values(rows)
    # Locked by changing nothing: one statement, also for those who are the first of a window.
    statement = statement.on_conflict_do_update(index_elements=list(_PLACE), set_={"spent": balances.c.spent})
    locked = await tx.execute(statement.returning(*balances.c))
    standing = {account_in(row): balance_in(row) for row in locked}
    room: dict[tuple[str, str, str], Decimal] = {}
    for run in {booking.run for booking in bookings if booking.run is not None}:
        agents = {booking.agent for booking in bookings if booking.run == run}
        room |= {(run, *place): left for place, left in (await room_of(tx, run, agents)).items()}
    return Till(standing, earlier, room)


async def reserved_by(tx: AsyncConnection, effects: Iterable[str]) -> list[Reservation]:
    """Return all that effects have reserved, by their idempotency keys."""
    query = sa.select(reservations).where(reservations.c.effect_key.in_(list(effects)))
    return [_reservation(row) for row in await tx.execute(query)]


async def write_settled(
    tx: AsyncConnection, before: Sequence[Reservation], after: Sequence[Reservation], now: datetime
) -> dict[Account, Balance]:
    """Write what became of reservations; return where their accounts stand then."""
    places = sorted({one.account for one in before})
    rows = [(one.tenant, one.ledger, one.key, one.period) for one in places]
    query = sa.select(balances).where(sa.tuple_(*_PLACE).in_(rows)).order_by(*_ORDER).with_for_update()
    standing = {account_in(row): balance_in(row) for row in await tx.execute(query)}
    for old, new in zip(before, after, strict=True):
        standing[old.account] = _with(_without(standing[old.account], old), new)
    await _write_balances(tx, standing, now)
    for one in after:
        changed: dict[str, object] = {"state": one.state, "spent": one.spent, "attempt": one.attempt}
        changed["settled_at"] = None if one.state in _OPEN else now
        here = reservations.c.effect_key == one.effect, reservations.c.ledger == one.account.ledger
        await tx.execute(sa.update(reservations).where(*here).values(**changed))
    return standing


async def standing_of(tx: AsyncConnection, accounts: Iterable[Account]) -> dict[Account, Balance]:
    """Return where accounts stand; one that nothing was ever counted on is not among them."""
    rows = [(one.tenant, one.ledger, one.key, one.period) for one in accounts]
    query = sa.select(balances).where(sa.tuple_(*_PLACE).in_(rows))
    return {account_in(row): balance_in(row) for row in await tx.execute(query)}


async def _write_balances(tx: AsyncConnection, standing: Mapping[Account, Balance], now: datetime) -> None:
    here = [column == sa.bindparam(f"at_{column.name}") for column in _PLACE]
    statement = sa.update(balances).where(*here)
    await tx.execute(
        statement,
        [
            {
                "at_tenant": account.tenant,
                "at_ledger": account.ledger,
                "at_key": account.key,
                "at_period": account.period,
                "spent": balance.spent,
                "reserved": balance.reserved,
                "held": balance.held,
                "changed_at": now,
            }
            for account, balance in standing.items()
        ],
    )


def _with(balance: Balance, one: Reservation) -> Balance:
    match one.state:
        case "reserved":
            return replace(balance, reserved=balance.reserved + one.amount)
        case "held":
            return replace(balance, held=balance.held + one.amount)
        case "spent":
            return replace(balance, spent=balance.spent + (one.spent or NOTHING))
        case _:
            return balance


def _without(balance: Balance, one: Reservation) -> Balance:
    less = _with(Balance(), one)
    return Balance(balance.spent - less.spent, balance.reserved - less.reserved, balance.held - less.held)


def _row(booking: Booking, one: Reservation, now: datetime) -> dict[str, object]:
    return {
        "effect_key": one.effect,
        "ledger": one.account.ledger,
        "tenant": one.account.tenant,
        "key": one.account.key,
        "period": one.account.period,
        "run_id": booking.run,
        "step_id": booking.step,
        "agent": booking.agent,
        "attempt": one.attempt,
        "state": one.state,
        "amount": one.amount,
        "most": one.limit,
        "spent": None,
        "parts": [dict(part) for part in one.parts],
        "reserved_at": now,
        "settled_at": None,
    }


def _reservation(row: Any) -> Reservation:
    account = Account(row.tenant, row.ledger, row.key, row.period)
    return Reservation(
        row.effect_key, account, row.amount, row.state, tuple(row.parts), row.most, row.spent, row.attempt
    )


def account_in(row: Any) -> Account:
    """Return the account that a row is about."""
    return Account(row.tenant, row.ledger, row.key, row.period)


def balance_in(row: Any) -> Balance:
    """Return where the account of a row stands."""
    return Balance(row.spent, row.reserved, row.held)
