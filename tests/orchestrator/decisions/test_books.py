from typing import Any

import pytest

from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.errors import ForbiddenError, NotFoundError
from assent_orchestrator.governance.books import Books, ReservationState
from assent_orchestrator.store.postgres import Database
from tests.orchestrator.decisions.office import LEDGERS, Office, two_systems


@pytest.fixture
def books(database: Database) -> Books:
    declared = two_systems().model_copy(update={"ledgers": dict(LEDGERS)})
    return Books(database.engine, lambda _: declared)


@pytest.mark.requirement("orchestrator.ledger-looked-into")
async def test_the_books_are_read_page_by_page_and_each_entry_once(office: Office, books: Books) -> None:
    for _ in range(2):
        await office.ask("seven")
        office.forward(seconds=1)
    await office.ask("seven")  # refused: no entry
    seen: list[Any] = []
    token = ""
    while True:
        page = await books.reservations(office.operator, "money", size=1, token=token)
        seen += page.items
        token = page.next_token
        if not token:
            break
    assert [(str(one.amount), one.agent, one.run) for one in seen] == [("7.000000000", "bot", None)] * 2
    assert seen[0].reserved_at > seen[1].reserved_at
    [counted] = (await books.balances(office.operator, "money", counted_for=office.tenant)).items
    assert (counted.period, int(counted.balance.reserved)) == ("total", 14)
    assert (await books.balances(office.operator, "money", counted_for="nobody")).items == []
    assert (await books.reservations(office.operator, "money", state=ReservationState.HELD)).items == []


@pytest.mark.requirement("orchestrator.ledger-looked-into")
async def test_where_ledgers_stand_is_not_for_everybody_and_not_for_other_tenants(office: Office, books: Books) -> None:
    await office.ask("seven")
    with pytest.raises(ForbiddenError):
        await books.balances(office.alice, "money")
    with pytest.raises(ForbiddenError):
        await books.reservations(office.alice, "money")
    with pytest.raises(NotFoundError):
        await books.balances(office.operator, "gold")
    stranger = Caller("olga", "another-tenant", frozenset({Role.OPERATOR}))
    assert (await books.balances(stranger, "money")).items == []
    assert (await books.reservations(stranger, "money")).items == []
