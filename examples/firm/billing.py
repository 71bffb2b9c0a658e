"""Billing: the fees of a matter."""

from collections.abc import Mapping
from pathlib import Path

from tool_server import ledger
from tool_server.arguments import Arguments
from tool_server.database import Connection, Database
from tool_server.system import Operation, Result, write_once

_SCHEMA = f"""
CREATE TABLE fee (
    id INTEGER PRIMARY KEY, matter TEXT NOT NULL, amount TEXT NOT NULL, narrative TEXT NOT NULL, work TEXT NOT NULL
) STRICT;
{ledger.SCHEMA}
"""


class Billing:
    """Fees; ``work`` is what was done in the lawyers' words, and may be left out."""

    name = "billing"

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / "billing.sqlite3", _SCHEMA, lambda _tx: None)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What billing does."""
        return {"record_fee": Operation("Record a fee", "write", self._record_fee)}

    def _record_fee(self, args: Arguments, key: str) -> Result:
        matter, amount, narrative = args.text("matter"), str(args.amount("amount")), args.text("narrative")
        work = args.text("work") if "work" in args.values else ""

        def record(tx: Connection) -> Result:
            query = "INSERT INTO fee (matter, amount, narrative, work) VALUES (?, ?, ?, ?) RETURNING id"
            number = tx.execute(query, (matter, amount, narrative, work)).fetchone()["id"]
            return {"fee": f"F-{number}", "amount": amount}

        return write_once(self.database, "record_fee", args, key, record)
