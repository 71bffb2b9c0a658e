from decimal import Decimal
from typing import Any

import grpc
import pytest

from assent.v1 import ledgers_pb2
from assent.v1.ledgers_pb2_grpc import LedgerServiceStub
from assent_orchestrator.governance.books import ReservationState
from assent_orchestrator.governance.settlement import scaled
from tests.orchestrator.server.conftest import Wire

MONEY = "tenants/acme/ledgers/money"


def ledgers(opened: Wire) -> Any:
    return LedgerServiceStub(opened.channel)


@pytest.mark.requirement("orchestrator.ledger-looked-into")
async def test_ledgers_are_listed_and_shown(wire: Wire) -> None:
    request = ledgers_pb2.ListLedgersRequest(parent="tenants/acme")
    [found] = (await ledgers(wire).ListLedgers(request, metadata=wire.auth)).ledgers
    assert (found.name, found.limit, found.window, found.per, found.time_zone) == (
        MONEY,
        "10.00",
        "day",
        "agent",
        "UTC",
    )
    assert await ledgers(wire).GetLedger(ledgers_pb2.GetLedgerRequest(name=MONEY), metadata=wire.auth) == found


@pytest.mark.requirement("orchestrator.ledger-looked-into")
async def test_balances_say_what_is_spent_reserved_held_and_left(wire: Wire) -> None:
    request = ledgers_pb2.ListBalancesRequest(parent=MONEY, counted_for="seller", page_size=7, page_token="x")
    page = await ledgers(wire).ListBalances(request, metadata=wire.auth)
    [one] = page.balances
    assert (one.limit, one.spent, one.reserved, one.held, one.remaining) == ("10.00", "7.50", "1.00", "2.00", "0.00")
    assert page.next_page_token == "more"
    assert wire.books.calls[-1][2:] == ("money", {"counted_for": "seller", "size": 7, "token": "x"})


@pytest.mark.requirement("orchestrator.ledger-looked-into")
async def test_reservations_are_listed_by_state(wire: Wire) -> None:
    request = ledgers_pb2.ListReservationsRequest(parent=MONEY, filter="state=HELD")
    [one] = (await ledgers(wire).ListReservations(request, metadata=wire.auth)).reservations
    assert (one.amount, one.spent, one.run, one.step, one.agent) == ("8.00", "7.50", "r1", "mail", "seller")
    assert wire.books.calls[-1][3]["state"] is ReservationState.HELD


@pytest.mark.requirement("orchestrator.ledger-looked-into")
@pytest.mark.parametrize(
    ("amount", "scale", "shown"),
    [("10", 2, "10.00"), ("1E+3", 2, "1000.00"), ("0", 0, "0"), ("1.500000000", 2, "1.50"), ("0.12345", 2, "0.12345")],
)
def test_amounts_of_a_ledger_have_its_decimals_and_none_is_rounded(amount: str, scale: int, shown: str) -> None:
    assert scaled(Decimal(amount), scale) == shown


@pytest.mark.parametrize("name", ["tenants/other/ledgers/money", "tenants/acme/stops/money"])
async def test_another_tenants_ledger_is_not_there(wire: Wire, name: str) -> None:
    for call in (
        ledgers(wire).GetLedger(ledgers_pb2.GetLedgerRequest(name=name), metadata=wire.auth),
        ledgers(wire).ListBalances(ledgers_pb2.ListBalancesRequest(parent=name), metadata=wire.auth),
        ledgers(wire).ListReservations(ledgers_pb2.ListReservationsRequest(parent=name), metadata=wire.auth),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call
        assert refused.value.code() in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT}
    assert wire.books.calls == []
