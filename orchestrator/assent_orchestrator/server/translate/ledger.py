"""Ledgers and where they stand."""

from decimal import Decimal

from assent.v1 import ledgers_pb2 as wire
from assent_orchestrator.governance.books import Counted, Entry
from assent_orchestrator.governance.settlement import scaled
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
        limit=scaled(Decimal(ledger.limit), ledger.scale),
        scale=ledger.scale,
        window=ledger.window,
        per=ledger.per,
        time_zone=ledger.time_zone,
        actions=ledger.actions,
    )


def write_balance(counted: Counted, scale: int) -> wire.Balance:
    """Return where one count stands, in the decimals of its ledger."""
    balance = counted.balance
    return wire.Balance(
        account=counted.key[:32],
        period=counted.period,
        limit=scaled(counted.limit, scale),
        spent=scaled(balance.spent, scale),
        reserved=scaled(balance.reserved, scale),
        held=scaled(balance.held, scale),
        remaining=scaled(max(counted.limit - balance.taken, Decimal(0)), scale),
        change_time=timestamp(counted.changed_at),
    )


def write_reservation(entry: Entry, scale: int) -> wire.Reservation:
    """Return what one action reserved, in the decimals of its ledger."""
    return wire.Reservation(
        account=entry.key[:32],
        period=entry.period,
        run=entry.run or "",
        step=entry.step,
        agent=entry.agent,
        state=wire.ReservationState.Value(f"RESERVATION_STATE_{entry.state.upper()}"),
        amount=scaled(entry.amount, scale),
        spent=scaled(entry.spent, scale) if entry.spent is not None else "",
        reserve_time=timestamp(entry.reserved_at),
        settle_time=timestamp(entry.settled_at),
    )
