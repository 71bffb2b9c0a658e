"""The CRM: how far each renewal is."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from company.customer import Customer
from tool_server import ledger
from tool_server.arguments import Arguments
from tool_server.database import Connection, Database
from tool_server.errors import CallError
from tool_server.system import Operation, Result, write_once

_SCHEMA = f"""
CREATE TABLE renewal (
    account TEXT PRIMARY KEY, customer TEXT NOT NULL, owner TEXT NOT NULL, stage TEXT NOT NULL, risk TEXT,
    proposal_id TEXT, amount TEXT, version INTEGER NOT NULL
) STRICT;
{ledger.SCHEMA}
"""


class Crm:
    """One renewal an account; ``version`` counts its changes."""

    name = "crm"

    def __init__(self, folder: Path, customers: Iterable[Customer]) -> None:
        def fill(tx: Connection) -> None:
            rows = ((customer.account, customer.name, customer.manager.id) for customer in customers)
            tx.executemany("INSERT INTO renewal VALUES (?, ?, ?, 'open', NULL, NULL, NULL, 1)", rows)

        self.database = Database(folder / "crm.sqlite3", _SCHEMA, fill)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What the CRM does."""
        return {
            "update_renewal": Operation("Move a renewal forward", "write", self._update_renewal),
            "reopen_renewal": Operation("Move a renewal back to its beginning", "write", self._reopen_renewal),
        }

    def _update_renewal(self, args: Arguments, key: str) -> Result:
        account = args.text("account")
        stage = args.text("stage", choices=("open", "proposed", "won", "lost"))
        risk = args.text("risk", choices=("stable", "at_risk", "upsell"))
        proposal, amount = args.text("proposal_id"), str(args.amount("amount"))

        def update(tx: Connection) -> Result:
            row = tx.execute(
                "UPDATE renewal SET stage = ?, risk = ?, proposal_id = ?, amount = ?, version = version + 1"
                " WHERE account = ? RETURNING version",
                (stage, risk, proposal, amount, account),
            ).fetchone()
            if row is None:
                raise CallError("NO_SUCH_ACCOUNT", "the CRM has no renewal for this account")
            return {"account": account, "stage": stage, "proposal_id": proposal, "version": row["version"]}

        return write_once(self.database, "update_renewal", args, key, update)

    def _reopen_renewal(self, args: Arguments, key: str) -> Result:
        account = args.text("account")

        def reopen(tx: Connection) -> Result:
            row = tx.execute(
                "UPDATE renewal SET stage = 'open', risk = NULL, proposal_id = NULL, amount = NULL,"
                " version = version + 1 WHERE account = ? RETURNING version",
                (account,),
            ).fetchone()
            if row is None:
                raise CallError("NO_SUCH_ACCOUNT", "the CRM has no renewal for this account")
            return {"account": account, "stage": "open", "version": row["version"]}

        return write_once(self.database, "reopen_renewal", args, key, reopen)
