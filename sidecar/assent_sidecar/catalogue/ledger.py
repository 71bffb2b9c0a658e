"""What is counted: limits that many actions share, each over a window of time and for each of something."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints

from assent_sidecar.model import ActionName, Amount, Document, Name

Window = Literal["run", "day", "week", "month", "total"]
"""For how long it is counted before counting begins anew; weeks begin on Mondays."""

Per = Annotated[
    str,
    StringConstraints(
        pattern=r"^(tenant|agent|principal|process|(input|argument):(/([^~/]|~[01])+)+)$", max_length=256
    ),
]
"""For each of what it is counted: a word, or a JSON pointer into the run's inputs or the action's arguments."""


class Ledger(Document):
    """One counted limit; every tenant has its own.

    ``limit`` is in ``unit``, with at most ``scale`` decimals; ``time_zone`` says where days begin. With ``actions``,
    only these are counted, and only their questions have the ledger.
    """

    title: str
    owner: str
    unit: Annotated[str, Field(min_length=1, max_length=32)]
    limit: Amount
    scale: Annotated[int, Field(ge=0, le=9)] = 2
    window: Window = "total"
    per: Per = "tenant"
    time_zone: Annotated[str, Field(max_length=64)] = "UTC"
    actions: tuple[ActionName, ...] = ()

    def counts(self, action: str) -> bool:
        """Return whether ``system.operation`` is counted."""
        return not self.actions or action in self.actions

    def period(self, moment: datetime) -> str:
        """Return the window that a moment is in, as ``2026-11-26``, ``2026-W48``, ``2026-11`` or ``total``.

        Raises:
            ValueError: the window is a run, which is no matter of time.
            zoneinfo.ZoneInfoNotFoundError: this machine does not know the time zone.
        """
        day = moment.astimezone(ZoneInfo(self.time_zone)).date()
        match self.window:
            case "day":
                return day.isoformat()
            case "week":
                year, week, _ = day.isocalendar()
                return f"{year:04}-W{week:02}"
            case "month":
                return f"{day.year:04}-{day.month:02}"
            case "total":
                return "total"
            case "run":
                raise ValueError("a run is no window of time")

    def until(self, moment: datetime) -> datetime | None:
        """Return when the window that a moment is in ends; None: it does not by itself.

        Raises:
            zoneinfo.ZoneInfoNotFoundError: this machine does not know the time zone.
        """
        zone = ZoneInfo(self.time_zone)
        day = moment.astimezone(zone).date()
        match self.window:
            case "day":
                following = day + timedelta(days=1)
            case "week":
                following = day + timedelta(days=7 - day.weekday())
            case "month":
                following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
            case "total" | "run":
                return None
        return datetime(following.year, following.month, following.day, tzinfo=zone)


class Ledgers(Document):
    """The file ``ledgers.yaml``."""

    ledgers: dict[Name, Ledger] = {}

    def counting(self, action: str) -> Mapping[str, Ledger]:
        """Return the ledgers that count ``system.operation``, by name."""
        return {name: one for name, one in self.ledgers.items() if one.counts(action)}
