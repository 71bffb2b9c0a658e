"""Ledgers and where they stand."""

from decimal import Decimal

from assent.v1 import ledgers_pb2 as wire
from assent_orchestrator.governance.books import Counted, Entry
from assent_orchestrator.governance.settlement import plain
from assent_orchestrator.server.names import ledger_name
from assent_orchestrator.server.translate.moment import timestamp
from assent_sidecar.catalogue.ledger import Ledger


def write_ledger(tenant: str, name: str, ledger: Ledger) -> wire.Ledger:
    """Return a ledger as the callers of a tenant know it."""
    return wire.Ledger(
        name=ledger_name(tenant, name),
        title=ledger.title,
        owner=ledger.owner,
        unit=ledger.unit,
        limit=ledger.limit,
        scale=ledger.scale,
        window=ledger.window,
        per=ledger.per,
        time_zone=ledger.time_zone,
        actions=ledger.actions,
    )


def write_balance(counted: Counted) -> wire.Balance:
    """Return where one count stands."""
    balance = counted.balance
    return wire.Balance(
        account=counted.key[:32],
        period=counted.period,
        limit=plain(counted.limit),
        spent=plain(balance.spent),
        reserved=plain(balance.reserved),
        held=plain(balance.held),
        remaining=plain(max(counted.limit - balance.taken, Decimal(0))),
        change_time=timestamp(counted.changed_at),
    )


def write_reservation(entry: Entry) -> wire.Reservation:
    """Return what one action reserved."""
    return wire.Reservation(
        account=entry.key[:32],
        period=entry.period,
        run=entry.run or "",
        step=entry.step,
        agent=entry.agent,
        state=wire.ReservationState.Value(f"RESERVATION_STATE_{entry.state.upper()}"),
        amount=plain(entry.amount),
        spent=plain(entry.spent) if entry.spent is not None else "",
        reserve_time=timestamp(entry.reserved_at),
        settle_time=timestamp(entry.settled_at),
    )
