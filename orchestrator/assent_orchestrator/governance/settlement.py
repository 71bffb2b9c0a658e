"""What becomes of what an effect reserved, once it is known what became of the effect."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import LedgerNote
from assent_orchestrator.governance.till import Reservation, reserved_by, write_settled
from assent_orchestrator.plan.pointer import PointerError, find, split
from assent_sidecar.model import Json

_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Truth:
    """What became of an effect: ``succeeded``, ``failed`` (it did not happen) or ``unknown``.

    ``result`` is what the tool returned, ``told`` the real amounts by ledger, in the words of who performed it itself.
    ``attempt`` is the one that it is the truth about.
    """

    status: str
    result: Json = None
    told: Mapping[str, str] = field(default_factory=dict)
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Settled:
    """What the trail is told. ``alarms`` are those that took more than was reserved, or of which nobody can tell.

    So are those that had been given back, were done after all, and find no room any more.
    """

    notes: tuple[LedgerNote, ...] = ()
    alarms: tuple[LedgerNote, ...] = ()


NOTHING_SETTLED = Settled()


async def settle(tx: AsyncConnection, truths: Mapping[str, Truth], now: datetime) -> dict[str, Settled]:
    """Settle what effects reserved, by their idempotency keys: spent, released, or held as long as nobody knows.

    Spent is what it really was, also if that is more than was reserved. Call it in the transaction that writes down
    what became of the effects, with their runs or permits locked. What was settled before stays as it is, unless what
    was said not to have happened turns out to have: that very attempt, and no later one that reserved nothing.
    """
    found = [one for one in await reserved_by(tx, truths) if _concerns(one, truths[one.effect])]
    if not found:
        return {}
    after = [_settled(one, truths[one.effect]) for one in found]
    standing = await write_settled(tx, found, after, now)
    settled: dict[str, Settled] = {}
    for old, new in zip(found, after, strict=True):
        note = LedgerNote(
            ledger=new.account.ledger,
            account=new.account.key[:32],
            period=new.account.period,
            entry=new.state,
            amount=plain(new.amount if new.spent is None else new.spent),
            reserved=plain(old.amount) if new.state == "spent" else None,
            unread=(new.state == "spent" and real_amount(old, truths[old.effect]) is None) or None,
        )
        beyond = old.state == "released" and standing[new.account].taken > new.limit
        alarming = note.unread or beyond or (new.spent is not None and new.spent > old.amount)
        before = settled.get(new.effect, NOTHING_SETTLED)
        settled[new.effect] = Settled((*before.notes, note), (*before.alarms, *((note,) if alarming else ())))
    return settled


def _concerns(one: Reservation, truth: Truth) -> bool:
    if one.state == "released":
        # Other attempts come under decisions of their own: theirs is only what they reserved themselves.
        return truth.status == "succeeded" and truth.attempt == one.attempt
    return one.state in ("reserved", "held")


def _settled(one: Reservation, truth: Truth) -> Reservation:
    one = replace(one, attempt=truth.attempt)
    match truth.status:
        case "succeeded":
            real = real_amount(one, truth)
            # What cannot be read was, as far as anybody knows, what was reserved for it.
            return replace(one, state="spent", spent=one.amount if real is None else real)
        case "failed":
            return replace(one, state="released")
        case _:
            return replace(one, state="held")


def real_amount(one: Reservation, truth: Truth) -> Decimal | None:
    """Return what it really was; None: it was to be read from the result, and cannot be."""
    pointed = [part for part in one.parts if part.get("actual") is not None]
    if not pointed:
        return one.amount
    told = truth.told.get(one.account.ledger)
    if told is not None:
        return read_amount(told)
    return _sum(
        read_amount(_at(truth.result, part["actual"]))
        if part.get("actual") is not None
        else Decimal(str(part["amount"]))
        for part in one.parts
    )


def read_amount(value: Json) -> Decimal | None:
    """Return an amount that a tool tells, as text or number; None: it is not one, below zero, or not exact enough."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = value if isinstance(value, str) else format(Decimal(repr(value)), "f").removesuffix(".0")
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


def plain(amount: Decimal) -> str:
    """Return an amount as text, without an exponent and without zeros at its end."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def scaled(amount: Decimal, scale: int) -> str:
    """Return an amount as text with the decimals of its ledger; with more where it is more exact than that."""
    text = plain(amount)
    return format(amount, f".{scale}f") if len(text.partition(".")[2]) <= scale else text


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    whole = Decimal(0)
    for amount in amounts:
        if amount is None:
            return None
        whole += amount
    return whole


def _at(value: Json, pointer: str) -> Json:
    try:
        return find(value, split(pointer))[1]
    except PointerError:
        return None
