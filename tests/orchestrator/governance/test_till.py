import asyncio
import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assent_orchestrator.governance.account import Account
from assent_orchestrator.governance.settlement import Truth, read_amount, settle
from assent_orchestrator.governance.till import (
    Balance,
    Booking,
    Short,
    Want,
    open_till,
    reserved_by,
    standing_of,
    write_settled,
)
from assent_orchestrator.store.ledger_tables import balances, reservations
from assent_orchestrator.store.postgres import Database

HAMMER = Path(__file__).with_name("hammer.py")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT = Decimal(20)


async def hammered(url: str, tenant: str, process: int) -> dict[str, Any]:
    arguments = (url, tenant, str(process), "16", "8", "0.000000400")
    started = await asyncio.create_subprocess_exec(
        sys.executable, str(HAMMER), *arguments, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(120):
        out, _ = await started.communicate()
    assert started.returncode == 0
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.requirement("orchestrator.ledger-never-over")
async def test_64_workers_in_four_processes_never_go_over_the_limit_by_one_unit(
    database: Database, fresh_tenant: str
) -> None:
    """512 attempts of about 2 billionths for 400 billionths: the limit is reached, and nobody passes it."""
    url = database.engine.url.render_as_string(hide_password=False)
    said = await asyncio.gather(*(hammered(url, fresh_tenant, process) for process in range(4)))
    limit = Decimal("0.000000400")
    async with database.engine.connect() as tx:
        standing = await standing_of(tx, [Account(fresh_tenant, ledger, "k", "total") for ledger in ("a", "b")])
        own = (reservations.c.tenant == fresh_tenant, reservations.c.ledger == "a")
        totals = sa.select(reservations.c.state, sa.func.sum(reservations.c.amount), sa.func.sum(reservations.c.spent))
        rows = (await tx.execute(totals.where(*own).group_by(reservations.c.state))).all()
    by_state = {state: (amount, spent) for state, amount, spent in rows}
    assert all(balance.taken <= limit for balance in standing.values())
    assert sum(one["refused"] for one in said) > 0, "the limit was never reached: the test shows nothing"
    first = standing[Account(fresh_tenant, "a", "k", "total")]
    assert first.spent == by_state["spent"][1] == sum(Decimal(one["spent"]) for one in said)
    assert first.held == by_state["held"][0]
    assert first.reserved == 0


STATES = ("succeeded", "failed", "unknown")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("reserve", "again", "settle")),
        st.integers(0, 3),
        st.decimals(0, 25, places=2),
        st.sampled_from(STATES),
    ),
    max_size=25,
)


@pytest.mark.requirement("orchestrator.ledger-settled")
@given(steps=STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
async def test_whatever_happens_in_whatever_order_the_balance_is_the_sum_of_its_reservations(
    database: Database, fresh_tenant: str, steps: list[tuple[str, int, Decimal, str]]
) -> None:
    """A model beside it: by effect, what is reserved, held or spent. Real amounts above what was reserved are spent."""
    account = Account(fresh_tenant, "money", "k", "total")
    model: dict[str, tuple[str, Decimal]] = {}
    over = False
    async with database.engine.begin() as tx:
        await tx.execute(sa.delete(balances).where(balances.c.tenant == fresh_tenant))
        await tx.execute(sa.delete(reservations).where(reservations.c.tenant == fresh_tenant))
        for kind, number, amount, status in steps:
            effect = f"{fresh_tenant}-{number}"
            state, before = model.get(effect, ("none", Decimal(0)))
            if kind == "settle":
                await settle(tx, {effect: Truth(status, {"n": str(amount)})}, NOW)
                if state in ("reserved", "held") or (state, status) == ("released", "succeeded"):
                    after = {
                        "succeeded": ("spent", amount),
                        "failed": ("released", Decimal(0)),
                        "unknown": ("held", before),
                    }
                    model[effect] = after[status]
                    over = over or amount > before
            elif state != "spent" and (kind == "again" or state in ("none", "released")):
                parts = ({"amount": str(amount), "actual": "/n"},)
                booking = Booking(effect, (Want(account, LIMIT, amount, parts),), None, "s", "bot")
                till = await open_till(tx, (booking,), repeated=True)
                held = before if state in ("reserved", "held") else Decimal(0)
                others = sum((value for one, (_, value) in model.items() if one != effect), Decimal(0))
                wanted = max(amount, held)
                grows = wanted > held or state in ("none", "released")
                refused = grows and others + wanted > LIMIT
                assert (till.take(booking) is not None) is refused
                await till.close(tx, NOW)
                if not refused:
                    model[effect] = ("reserved", wanted)
            sums = {name: Decimal(0) for name in ("spent", "reserved", "held", "released")}
            for name, value in model.values():
                sums[name] += value
            standing = (await standing_of(tx, [account])).get(account, Balance())
            assert standing == Balance(sums["spent"], sums["reserved"], sums["held"])
            assert over or standing.taken <= LIMIT


@pytest.mark.requirement("orchestrator.ledger-limit-is-data")
async def test_under_a_lowered_limit_nothing_more_is_reserved_and_what_is_held_may_be_tried_again(
    database: Database, fresh_tenant: str
) -> None:
    account = Account(fresh_tenant, "money", "k", "total")

    def booked(effect: str, limit: int, amount: int) -> Booking:
        want = Want(account, Decimal(limit), Decimal(amount), ({"amount": str(amount), "actual": None},))
        return Booking(f"{fresh_tenant}-{effect}", (want,), None, "s", "bot")

    async with database.engine.begin() as tx:
        for booking in (booked("done", 20, 5), booked("lost", 20, 8)):
            till = await open_till(tx, (booking,))
            assert till.take(booking) is None
            await till.close(tx, NOW)
        truths = {f"{fresh_tenant}-done": Truth("succeeded"), f"{fresh_tenant}-lost": Truth("unknown")}
        await settle(tx, truths, NOW)
        again, other = booked("lost", 1, 8), booked("other", 1, 0)
        till = await open_till(tx, (again, other), repeated=True)
        assert till.take(again) is None
        assert till.take(other) == Short("money")
        await till.close(tx, NOW)
        assert (await standing_of(tx, [account]))[account] == Balance(spent=Decimal(5), reserved=Decimal(8))


@pytest.mark.requirement("orchestrator.ledger-atomic")
async def test_of_two_ledgers_both_are_reserved_or_none(database: Database, fresh_tenant: str) -> None:
    first, second = (Account(fresh_tenant, ledger, "k", "total") for ledger in ("a", "b"))
    parts = ({"amount": "5", "actual": None},)
    wants = (Want(first, Decimal(9), Decimal(5), parts), Want(second, Decimal(4), Decimal(5), parts))
    booking = Booking(f"{fresh_tenant}-e", wants, None, "s", "bot")
    async with database.engine.begin() as tx:
        till = await open_till(tx, (booking,))
        assert till.take(booking) == Short("b")
        await till.close(tx, NOW)
        assert (await standing_of(tx, [first]))[first] == Balance()
        assert await reserved_by(tx, [booking.effect]) == []


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        ("12.50", "12.50"), (12, "12"), (12.5, "12.5"), (0.1, "0.1"), (1e-9, "0.000000001"), (1e14, "100000000000000"),
        (0.1 + 0.2, None), (1e-10, None), (-1, None), (1e16, None), ("1e3", None), (True, None), (None, None),
        ([1], None), ("", None), ("\u0661", None),
    ],
)  # fmt: skip
def test_a_real_amount_is_exact_or_none(told: Any, amount: str | None) -> None:
    found = read_amount(told)
    assert found == (Decimal(amount) if amount is not None else None)


async def test_accounts_are_locked_in_one_order_whatever_the_database_sorts_by(
    database: Database, fresh_tenant: str
) -> None:
    """Upper case is before lower case for Python, and for hardly any database: two that lock crosswise never end."""
    places = [Account(fresh_tenant, ledger, "k", "total") for ledger in ("B", "a")]
    said: list[str] = []

    def note(*args: Any) -> None:
        said.append(args[2])

    async with database.engine.connect() as tx:
        wants = tuple(Want(place, LIMIT, Decimal(1), ()) for place in places)
        till = await open_till(tx, [Booking(fresh_tenant, wants, None, "a", "bot")])
        assert till.take(Booking(fresh_tenant, wants, None, "a", "bot")) is None
        await till.close(tx, NOW)
        before = await reserved_by(tx, [fresh_tenant])
        sa.event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        try:
            await write_settled(tx, before, before, NOW)
        finally:
            sa.event.remove(database.engine.sync_engine, "before_cursor_execute", note)
        await tx.rollback()
    (locking,) = [one for one in said if "FOR UPDATE" in one]
    assert locking.partition("ORDER BY")[2].count('COLLATE "C"') == len(("tenant", "ledger", "key", "period"))
