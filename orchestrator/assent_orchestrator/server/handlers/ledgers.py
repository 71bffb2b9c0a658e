"""``assent.v1.LedgerService``."""

# ruff: noqa: ARG002, N802 -- names and signatures of the methods are the protocol's

from assent.v1 import ledgers_pb2 as wire
from assent.v1.ledgers_pb2_grpc import LedgerServiceServicer
from assent_orchestrator.governance.books import ReservationState
from assent_orchestrator.server import names
from assent_orchestrator.server.caller_context import current_caller
from assent_orchestrator.server.filters import choice, read_filter
from assent_orchestrator.server.interceptors.around import Context
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.translate.ledger import write_balance, write_ledger, write_reservation


class LedgerHandlers(LedgerServiceServicer):
    """Shows what is counted."""

    def __init__(self, parts: ServerParts) -> None:
        self._books = parts.books

    async def ListLedgers(self, request: wire.ListLedgersRequest, context: Context) -> wire.ListLedgersResponse:
        """Return all ledgers."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        found = self._books.ledgers(caller)
        return wire.ListLedgersResponse(ledgers=[write_ledger(caller.tenant, name, one) for name, one in found.items()])

    async def GetLedger(self, request: wire.GetLedgerRequest, context: Context) -> wire.Ledger:
        """Return one ledger."""
        caller = current_caller()
        name = names.ledger_id(request.name, caller)
        return write_ledger(caller.tenant, name, self._books.ledger(caller, name))

    async def ListBalances(self, request: wire.ListBalancesRequest, context: Context) -> wire.ListBalancesResponse:
        """Return a page of balances."""
        caller = current_caller()
        name = names.ledger_id(request.parent, caller)
        scale = self._books.ledger(caller, name).scale
        page = await self._books.balances(
            caller, name, counted_for=request.counted_for, size=request.page_size, token=request.page_token
        )
        found = [write_balance(one, scale) for one in page.items]
        return wire.ListBalancesResponse(balances=found, next_page_token=page.next_token)

    async def ListReservations(
        self, request: wire.ListReservationsRequest, context: Context
    ) -> wire.ListReservationsResponse:
        """Return a page of reservations."""
        caller = current_caller()
        name = names.ledger_id(request.parent, caller)
        wanted = read_filter(request.filter, frozenset({"state"}))
        scale = self._books.ledger(caller, name).scale
        page = await self._books.reservations(
            caller,
            name,
            state=choice(wanted["state"], ReservationState) if "state" in wanted else None,
            size=request.page_size,
            token=request.page_token,
        )
        found = [write_reservation(one, scale) for one in page.items]
        return wire.ListReservationsResponse(reservations=found, next_page_token=page.next_token)
