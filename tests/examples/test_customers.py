import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from company.accounts import FLOWS, MUST_NOT_LEAVE, NEEDS_DIRECTOR
from company.analytics import Analytics
from company.customer import Customer
from company.generator import generate
from company.support import Support
from tool_server.arguments import Arguments

TODAY = date(2026, 5, 4)


@pytest.fixture(scope="module")
def customers() -> tuple[Customer, ...]:
    return tuple(generate(TODAY))


@pytest.fixture(scope="module")
def levels(customers, tmp_path_factory) -> dict[str, tuple[str, int]]:
    """The level and the discount that the company itself finds for every account."""
    folder: Path = tmp_path_factory.mktemp("systems")
    analytics, support = Analytics(folder, customers), Support(folder, customers)
    found = {}
    for customer in customers:
        account = Arguments({"account": customer.account})
        usage = analytics.operations["get_usage"].perform(account, "")
        ratings = support.operations["get_satisfaction"].perform(account, "")
        names = ("seats", "active_users", "trend_percent", "csat_average", "urgent_open")
        signals = Arguments({name: value for name, value in (usage | ratings).items() if name in names})
        risk = analytics.operations["assess_renewal"].perform(signals, "")
        found[customer.account] = (risk["level"], risk["discount_percent"])
    return found


@pytest.mark.requirement("example.plausible-customers")
def test_the_same_seed_and_day_give_the_same_few_hundred_customers(customers) -> None:
    assert customers == tuple(generate(TODAY))
    assert len(customers) == 300
    assert sum(len(customer.weeks) for customer in customers) == 7800
    assert sum(len(customer.tickets) for customer in customers) > 1000


def test_a_customer_does_not_depend_on_how_many_there_are(customers) -> None:
    assert tuple(generate(TODAY, count=10)) == customers[:10]


def test_another_seed_gives_other_customers(customers) -> None:
    others = tuple(generate(TODAY, seed=1))
    assert sum(mine == other for mine, other in zip(customers, others, strict=True)) == 0


@pytest.mark.requirement("example.plausible-customers")
def test_customers_are_plausible(customers) -> None:
    for customer in customers:
        contract = customer.contract
        assert contract.start_date < contract.notice_by < contract.end_date
        assert contract.end_date > TODAY
        assert contract.annual_value > 0
        assert all(0 <= week.active_users <= contract.seats and week.week_end <= TODAY for week in customer.weeks)
        assert all(ticket.opened_on <= TODAY and 1 <= ticket.rating <= 5 for ticket in customer.tickets)
        assert list(customer.tickets) == sorted(customer.tickets, key=lambda ticket: ticket.opened_on)
        assert re.fullmatch(r"[a-z0-9.]+@[a-z0-9-]+\.example", customer.contact.email), customer.contact.email
    assert len({customer.name for customer in customers}) > 280


@pytest.mark.requirement("example.plausible-customers")
def test_every_level_occurs_and_most_accounts_are_stable(levels) -> None:
    counted = Counter(level for level, _ in levels.values())
    assert counted.keys() == {"stable", "at_risk", "upsell"}
    assert counted["stable"] > 100
    assert min(counted.values()) > 10


@pytest.mark.requirement("demo.three-customers")
def test_the_three_customers_of_the_demo_are_what_it_tells_of_them(customers, levels) -> None:
    assert levels[FLOWS] == ("upsell", 5)
    level, discount = levels[NEEDS_DIRECTOR]
    assert level == "at_risk"
    assert 15 < discount <= 30
    assert levels[MUST_NOT_LEAVE][0] == "stable"
    [newest] = [customer.tickets[-1] for customer in customers if customer.account == MUST_NOT_LEAVE]
    assert "DE89 3704 0044 0532 0130 00" in newest.text


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2026, 11, 23), date(2027, 2, 28), date(2028, 2, 29)])
def test_the_three_customers_are_the_same_on_any_day(today: date) -> None:
    told = {FLOWS, NEEDS_DIRECTOR, MUST_NOT_LEAVE}
    usual, then = (
        {one.account: [(week.active_users, week.logins) for week in one.weeks] for one in generate(day, count=10)}
        for day in (TODAY, today)
    )
    assert all(then[account] == usual[account] for account in told)


def test_only_one_newest_ticket_holds_a_bank_account_number(customers) -> None:
    pattern = re.compile(r"\b[A-Z]{2}\d{2}(?: ?\d{4}){3}")
    assert [one.account for one in customers if pattern.search(one.tickets[-1].text)] == [MUST_NOT_LEAVE]
