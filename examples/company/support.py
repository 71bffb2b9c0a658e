"""The support desk: what customers asked, and how they rated the answers."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from company.customer import Customer
from tool_server.arguments import Arguments
from tool_server.database import Connection, Database
from tool_server.errors import CallError
from tool_server.system import Operation, Result

_SCHEMA = """
CREATE TABLE ticket (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, position INTEGER NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
    severity TEXT NOT NULL, is_open INTEGER NOT NULL, opened_on TEXT NOT NULL, rating INTEGER NOT NULL,
    UNIQUE (account, position)
) STRICT
"""
_TICKETS_SHOWN = 5


class Support:
    """Tickets and satisfaction."""

    name = "support"

    def __init__(self, folder: Path, customers: Iterable[Customer]) -> None:
        def fill(tx: Connection) -> None:
            tx.executemany("INSERT INTO ticket VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", _rows(customers))

        self.database = Database(folder / "support.sqlite3", _SCHEMA, fill)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What the support desk does."""
        return {"get_satisfaction": Operation("Tickets and ratings of an account", "read", self._get_satisfaction)}

    def _get_satisfaction(self, args: Arguments, _key: str) -> Result:
        account = args.text("account")
        with self.database.read() as tx:
            query = "SELECT * FROM ticket WHERE account = ? ORDER BY position DESC"
            rows = tx.execute(query, (account,)).fetchall()
        if not rows:
            raise CallError("NO_SUCH_ACCOUNT", "this account never wrote to support")
        tickets = [
            {
                **{name: row[name] for name in ("id", "subject", "text", "severity", "opened_on", "rating")},
                "status": "open" if row["is_open"] else "solved",
            }
            for row in rows
        ]
        open_tickets = [ticket for ticket in tickets if ticket["status"] == "open"]
        return {
            "account": account,
            "csat_average": round(sum(ticket["rating"] for ticket in tickets) / len(tickets), 2),
            "ratings": len(tickets),
            "open_tickets": len(open_tickets),
            "urgent_open": sum(ticket["severity"] == "urgent" for ticket in open_tickets),
            "latest_ticket": tickets[0],
            "recent_tickets": tickets[:_TICKETS_SHOWN],
        }


def _rows(customers: Iterable[Customer]) -> Iterator[tuple[str | int, ...]]:
    for customer in customers:
        for position, ticket in enumerate(customer.tickets):
            yield (
                *(ticket.id, customer.account, position, ticket.subject, ticket.text),
                *(ticket.severity, int(ticket.is_open), ticket.opened_on.isoformat(), ticket.rating),
            )
