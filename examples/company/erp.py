"""The ERP: contracts, their dates and their margins."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from company.customer import Customer
from tool_server.arguments import Arguments
from tool_server.database import Connection, Database
from tool_server.errors import CallError
from tool_server.system import Operation, Result

_SCHEMA = """
CREATE TABLE contract (
    account TEXT PRIMARY KEY, customer TEXT NOT NULL, industry TEXT NOT NULL, country TEXT NOT NULL,
    contract_id TEXT NOT NULL UNIQUE, product TEXT NOT NULL,
    start_date TEXT NOT NULL, end_date TEXT NOT NULL, notice_by TEXT NOT NULL,
    seats INTEGER NOT NULL, annual_value TEXT NOT NULL, margin_percent INTEGER NOT NULL, internal_notes TEXT NOT NULL,
    contact_id TEXT NOT NULL, contact_name TEXT NOT NULL, contact_email TEXT NOT NULL,
    manager_id TEXT NOT NULL, manager_name TEXT NOT NULL, manager_email TEXT NOT NULL
) STRICT
"""


class Erp:
    """Who bought what, until when, for how much."""

    name = "erp"

    def __init__(self, folder: Path, customers: Iterable[Customer]) -> None:
        def fill(tx: Connection) -> None:
            tx.executemany(f"INSERT INTO contract VALUES ({', '.join('?' * 19)})", map(_row, customers))  # noqa: S608 - only question marks

        self.database = Database(folder / "erp.sqlite3", _SCHEMA, fill)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What the ERP does."""
        return {"get_contract": Operation("Contract of an account", "read", self._get_contract)}

    def _get_contract(self, args: Arguments, _key: str) -> Result:
        account = args.text("account")
        with self.database.read() as tx:
            row = tx.execute("SELECT * FROM contract WHERE account = ?", (account,)).fetchone()
        if row is None:
            raise CallError("NO_SUCH_ACCOUNT", "the ERP has no contract for this account")
        plain = ("account", "customer", "industry", "country", "contract_id", "product")
        dates = ("start_date", "end_date", "notice_by")
        terms = ("seats", "annual_value", "margin_percent", "internal_notes")
        return {
            **{name: row[name] for name in (*plain, *dates, *terms)},
            "currency": "EUR",
            "contact": {part: row[f"contact_{part}"] for part in ("id", "name", "email")},
            "account_manager": {part: row[f"manager_{part}"] for part in ("id", "name", "email")},
        }


def _row(customer: Customer) -> tuple[str | int, ...]:
    contract, contact, manager = customer.contract, customer.contact, customer.manager
    return (
        *(customer.account, customer.name, customer.industry, customer.country, contract.id, contract.product),
        *(contract.start_date.isoformat(), contract.end_date.isoformat(), contract.notice_by.isoformat()),
        *(contract.seats, str(contract.annual_value), contract.margin_percent, contract.internal_notes),
        *(contact.id, contact.name, contact.email, manager.id, manager.name, manager.email),
    )
