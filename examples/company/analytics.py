"""Product analytics: who uses what was bought."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from company.customer import Customer
from company.renewal import Signals, assess
from tool_server.arguments import Arguments
from tool_server.database import Connection, Database
from tool_server.errors import CallError
from tool_server.system import Operation, Result

_SCHEMA = """
CREATE TABLE usage (
    account TEXT NOT NULL, week_end TEXT NOT NULL, seats INTEGER NOT NULL, active_users INTEGER NOT NULL,
    logins INTEGER NOT NULL, PRIMARY KEY (account, week_end)
) STRICT
"""
_WEEKS_COMPARED = 4


class Analytics:
    """Usage by week, and what follows from it for a renewal."""

    name = "product_analytics"

    def __init__(self, folder: Path, customers: Iterable[Customer]) -> None:
        def fill(tx: Connection) -> None:
            tx.executemany("INSERT INTO usage VALUES (?, ?, ?, ?, ?)", _rows(customers))

        self.database = Database(folder / "product_analytics.sqlite3", _SCHEMA, fill)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What product analytics does."""
        return {
            "get_usage": Operation("Use of the product by an account", "read", self._get_usage),
            "assess_renewal": Operation("Renewal risk from numbers", "read", self._assess_renewal),
        }

    def _get_usage(self, args: Arguments, _key: str) -> Result:
        account = args.text("account")
        with self.database.read() as tx:
            query = "SELECT week_end, seats, active_users, logins FROM usage WHERE account = ? ORDER BY week_end"
            rows = tx.execute(query, (account,)).fetchall()
        if not rows:
            raise CallError("NO_SUCH_ACCOUNT", "no use was recorded for this account")
        newest = rows[-1]
        recent = sum(row["logins"] for row in rows[-_WEEKS_COMPARED:])
        before = sum(row["logins"] for row in rows[-2 * _WEEKS_COMPARED : -_WEEKS_COMPARED])
        return {
            "account": account,
            "as_of": newest["week_end"],
            "seats": newest["seats"],
            "active_users": newest["active_users"],
            "adoption_percent": round(100 * newest["active_users"] / newest["seats"], 1),
            "logins_last_4_weeks": recent,
            "trend_percent": round(100 * (recent - before) / before, 1) if before else 0.0,
            "weeks": [{name: row[name] for name in ("week_end", "active_users", "logins")} for row in rows],
        }

    def _assess_renewal(self, args: Arguments, _key: str) -> Result:
        signals = Signals(
            seats=args.whole("seats", least=1, most=1_000_000),
            active_users=args.whole("active_users", least=0, most=1_000_000),
            trend_percent=args.number("trend_percent", least=-100, most=100_000),
            csat_average=args.number("csat_average", least=1, most=5),
            urgent_open=args.whole("urgent_open", least=0, most=10_000),
        )
        assessment = asdict(assess(signals))
        return {**assessment, "drivers": list(assessment["drivers"])}


def _rows(customers: Iterable[Customer]) -> Iterator[tuple[str | int, ...]]:
    for customer in customers:
        for week in customer.weeks:
            day = week.week_end.isoformat()
            yield customer.account, day, customer.contract.seats, week.active_users, week.logins
