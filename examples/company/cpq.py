"""CPQ (configure, price, quote): what a customer is offered."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from tool_server import ledger
from tool_server.arguments import Arguments
from tool_server.database import Connection, Database
from tool_server.system import Operation, Result, write_once

_SCHEMA = f"""
CREATE TABLE proposal (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, kind TEXT NOT NULL, seats INTEGER NOT NULL,
    discount_percent REAL NOT NULL, annual_price TEXT NOT NULL, valid_until TEXT NOT NULL
) STRICT;
{ledger.SCHEMA}
"""
_FIRST_NUMBER = 5001
_DAYS_VALID = 30
_PITCHES = {
    "renewal": "We would be glad to continue as before",
    "retention": "We want to win back your confidence and have reserved better terms for you",
    "expansion": "Your team has outgrown its plan, so we have prepared a larger one",
}
"""Kind of a proposal and how it opens."""


class Cpq:
    """Proposals and their prices."""

    name = "cpq"

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / "cpq.sqlite3", _SCHEMA, lambda _tx: None)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What CPQ does."""
        return {
            "create_proposal": Operation("Draft a renewal proposal", "write", self._create_proposal),
            "withdraw_proposal": Operation("Withdraw a renewal proposal", "write", self._withdraw_proposal),
        }

    def _create_proposal(self, args: Arguments, key: str) -> Result:
        account = args.text("account")
        kind = args.text("kind", choices=tuple(_PITCHES))
        seats_now = args.whole("seats_now", least=1, most=1_000_000)
        seats = args.whole("seats", least=1, most=1_000_000)
        discount = args.number("discount_percent", least=0, most=100)
        full = args.amount("annual_value") * seats / seats_now
        price = (full * (100 - Decimal(str(discount))) / 100).quantize(Decimal("0.01"))
        valid_until = (date.today() + timedelta(days=_DAYS_VALID)).isoformat()  # noqa: DTZ011 - an office's calendar day

        def draft(tx: Connection) -> Result:
            number = tx.execute("SELECT COALESCE(MAX(id) + 1, ?) FROM proposal", (_FIRST_NUMBER,)).fetchone()[0]
            row = (number, account, kind, seats, discount, str(price), valid_until)
            tx.execute("INSERT INTO proposal VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            less = f", {discount:g} % below the list price" if discount else ""
            return {
                "proposal_id": f"Q-{number}",
                "kind": kind,
                "seats": seats,
                "discount_percent": discount,
                "annual_price": str(price),
                "currency": "EUR",
                "valid_until": valid_until,
                "summary": f"{_PITCHES[kind]}: {seats} seats for EUR {price} a year{less}.",
            }

        return write_once(self.database, "create_proposal", args, key, draft)

    def _withdraw_proposal(self, args: Arguments, key: str) -> Result:
        proposal = args.text("proposal_id")

        def withdraw(tx: Connection) -> Result:
            # One that is not there does not stand either.
            tx.execute("UPDATE proposal SET kind = 'withdrawn' WHERE id = ?", (proposal.removeprefix("Q-"),))
            return {"proposal_id": proposal, "state": "withdrawn"}

        return write_once(self.database, "withdraw_proposal", args, key, withdraw)
