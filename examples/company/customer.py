"""What the company knows about one customer, before it is scattered over its systems."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Severity = Literal["low", "normal", "urgent"]


@dataclass(frozen=True)
class Person:
    """Somebody with a mailbox."""

    id: str
    name: str
    email: str


@dataclass(frozen=True)
class Contract:
    """What was agreed; ``annual_value`` in euros, ``margin_percent`` of it is kept."""

    id: str
    product: str
    start_date: date
    end_date: date
    notice_by: date
    seats: int
    annual_value: Decimal
    margin_percent: int
    internal_notes: str


@dataclass(frozen=True)
class UsageWeek:
    """One week of use, counted on ``week_end``."""

    week_end: date
    active_users: int
    logins: int


@dataclass(frozen=True)
class Ticket:
    """One request to the support desk; ``subject`` and ``text`` are the customer's own words."""

    id: str
    subject: str
    text: str
    severity: Severity
    is_open: bool
    opened_on: date
    rating: int
    """The customer's rating of the answer, 1 to 5."""


@dataclass(frozen=True)
class Customer:
    """One customer; weeks and tickets are ordered from the oldest to the newest, and neither is empty."""

    account: str
    name: str
    industry: str
    country: str
    contact: Person
    manager: Person
    contract: Contract
    weeks: tuple[UsageWeek, ...]
    tickets: tuple[Ticket, ...]
