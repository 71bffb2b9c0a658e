"""A few hundred plausible customers: the same seed and day give the same customers, whatever their number."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from company import words
from company.accounts import STORIES, Story
from company.customer import Contract, Customer, Person, Severity, Ticket, UsageWeek

SEED = 20_260
CUSTOMERS = 300
WEEKS = 26
FIRST_ACCOUNT = 1000
OWN_DOMAIN = "planwerk.example"
"""Domain of the company itself; ``.example`` never resolves (RFC 2606)."""


def generate(today: date, *, seed: int = SEED, count: int = CUSTOMERS) -> Iterator[Customer]:
    """Yield ``count`` customers as of ``today``; every account has a random source of its own."""
    for number in range(FIRST_ACCOUNT, FIRST_ACCOUNT + count):
        account = f"ACC-{number}"
        # Random(str) hashes with SHA-512, so it does not depend on PYTHONHASHSEED.
        draw = Random(f"{seed}/{account}")
        yield _customer(account, STORIES.get(account) or _story(draw), draw, today)


def _story(draw: Random) -> Story:
    industry, word = draw.choice(list(words.INDUSTRIES.items()))
    country, form = draw.choice(list(words.LEGAL_FORMS.items()))
    product, price = draw.choice(list(words.PRODUCTS.items()))
    seats = draw.choice((25, 40, 60, 80, 120, 180, 250, 400))
    active = draw.uniform(0.35, 0.98)
    satisfied = draw.choice((2, 3, 4, 4, 5, 5))
    ratings = tuple(min(5, max(1, satisfied + draw.choice((-1, 0, 0, 1)))) for _ in range(draw.randint(2, 7)))
    subject, text = draw.choice(words.TICKETS)
    return Story(
        name=f"{draw.choice(words.PLACES)}{draw.choice(words.ENDINGS)} {word} {form}",
        industry=industry,
        country=country,
        contact=f"{draw.choice(words.FIRST_NAMES)} {draw.choice(words.LAST_NAMES)}",
        product=product,
        seats=seats,
        annual_value=Decimal(seats * price).quantize(Decimal("0.01")),
        active_from=active,
        active_to=min(1.0, max(0.1, active + draw.uniform(-0.3, 0.15))),
        ratings=ratings,
        urgent_open=draw.choice((0, 0, 0, 0, 1, 2)) if satisfied < 4 else 0,
        subject=subject,
        text=text,
    )


def _customer(account: str, story: Story, draw: Random, today: date) -> Customer:
    manager = draw.choice(words.MANAGERS)
    return Customer(
        account=account,
        name=story.name,
        industry=story.industry,
        country=story.country,
        contact=_person(f"con-{account[4:]}", story.contact, f"{_slug(story.name.rpartition(' ')[0])}.example"),
        manager=_person(_slug(manager), manager, OWN_DOMAIN),
        contract=_contract(account, story, draw, today),
        weeks=tuple(_weeks(story, draw, today)),
        tickets=tuple(_tickets(account, story, draw, today)),
    )


def _contract(account: str, story: Story, draw: Random, today: date) -> Contract:
    end = today + timedelta(days=draw.randint(30, 120))
    return Contract(
        id=f"CT-{account[4:]}",
        product=story.product,
        start_date=end - timedelta(days=draw.choice((364, 729, 1094))),
        end_date=end,
        notice_by=end - timedelta(days=28),
        seats=story.seats,
        annual_value=story.annual_value,
        margin_percent=draw.randint(18, 46),
        internal_notes=draw.choice(words.NOTES),
    )


def _weeks(story: Story, draw: Random, today: date) -> Iterator[UsageWeek]:
    last_sunday = today - timedelta(days=today.isoweekday())
    for week in range(WEEKS):
        share = story.active_from + (story.active_to - story.active_from) * week / (WEEKS - 1)
        active = min(story.seats, max(0, round(story.seats * (share + draw.uniform(-0.01, 0.01)))))
        yield UsageWeek(
            week_end=last_sunday - timedelta(weeks=WEEKS - 1 - week),
            active_users=active,
            logins=round(active * draw.uniform(4.0, 4.2)),
        )


def _tickets(account: str, story: Story, draw: Random, today: date) -> Iterator[Ticket]:
    total = len(story.ratings)
    for position, rating in enumerate(story.ratings):
        newest = position == total - 1
        subject, text = (story.subject, story.text) if newest else draw.choice(words.TICKETS)
        urgent = position >= total - story.urgent_open
        ordinary: Severity = draw.choice(("low", "normal"))
        yield Ticket(
            id=f"T-{account[4:]}-{position + 1}",
            subject=subject,
            text=text,
            severity="urgent" if urgent else ordinary,
            is_open=urgent,
            opened_on=today - timedelta(days=9 * (total - position) + draw.randint(0, 6)),
            rating=rating,
        )


def _person(identifier: str, name: str, domain: str) -> Person:
    return Person(id=identifier, name=name, email=f"{_slug(name).replace('-', '.')}@{domain}")


def _slug(text: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-")
