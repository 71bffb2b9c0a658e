"""The three customers the demo tells of: fixed, so that each of them always takes the same way."""

from dataclasses import dataclass
from decimal import Decimal

FLOWS = "ACC-1001"
"""Uses more than it bought: an upsell offer goes out without anybody being asked."""

NEEDS_DIRECTOR = "ACC-1002"
"""About to leave: keeping it takes a discount that only a sales director may approve."""

MUST_NOT_LEAVE = "ACC-1003"
"""Stable, but its newest ticket holds a bank account number that no e-mail may carry."""


@dataclass(frozen=True)
class Story:
    """What is fixed about a customer of the demo; everything else is drawn like for any other."""

    name: str
    industry: str
    country: str
    contact: str
    product: str
    seats: int
    annual_value: Decimal
    active_from: float
    """Share of the seats in use in the oldest week."""
    active_to: float
    """Share of the seats in use in the newest week."""
    ratings: tuple[int, ...]
    """Ratings of the tickets, oldest first; as many tickets as ratings."""
    urgent_open: int
    """How many of the newest tickets are urgent and still open."""
    subject: str
    """Subject of the newest ticket."""
    text: str
    """Text of the newest ticket."""


STORIES = {
    FLOWS: Story(
        name="Nordlicht Logistik GmbH",
        industry="logistics",
        country="DE",
        contact="Greta Sander",
        product="Dispatch",
        seats=120,
        annual_value=Decimal("40800.00"),
        active_from=0.72,
        active_to=0.99,
        ratings=(5, 4, 5, 5),
        urgent_open=0,
        subject="Dispatch for our new depot",
        text="Our depot in Kiel opens in spring and thirty more drivers will need access.",
    ),
    NEEDS_DIRECTOR: Story(
        name="Hafenblick Hotels AG",
        industry="hospitality",
        country="CH",
        contact="Luca Moretti",
        product="Planner Plus",
        seats=240,
        annual_value=Decimal("62400.00"),
        active_from=0.66,
        active_to=0.34,
        ratings=(3, 2, 2, 1, 2),
        urgent_open=2,
        subject="Shift plans lost again",
        text="For the third time this quarter the plans of a whole weekend were gone on Monday.",
    ),
    MUST_NOT_LEAVE: Story(
        name="Lindenhof Kliniken GmbH",
        industry="health care",
        country="DE",
        contact="Petra Vogt",
        product="Planner",
        seats=300,
        annual_value=Decimal("54000.00"),
        active_from=0.74,
        active_to=0.76,
        ratings=(4, 4, 5, 4),
        urgent_open=0,
        subject="Please collect from our new account",
        text="From next month please use our new account DE89 3704 0044 0532 0130 00 for the invoices.",
    ),
}
"""Account and its story."""
