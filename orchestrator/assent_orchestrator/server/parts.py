"""What the server needs from the application: the use cases its handlers call, and who knows the callers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from assent_orchestrator.audit.chain import Head
from assent_orchestrator.audit.trail import Entry
from assent_orchestrator.audit.verify import Verification
from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.caller import Caller
from assent_orchestrator.clock import Clock, utc_now
from assent_orchestrator.governance.agents import Appointment
from assent_orchestrator.governance.books import Counted, ReservationState
from assent_orchestrator.governance.books import Entry as BookEntry
from assent_orchestrator.governance.stop import Scope, Stop
from assent_orchestrator.governance.stops import Order
from assent_orchestrator.page import Page
from assent_orchestrator.server.amendments_part import Amendments, Effects, Processes, Proposals
from assent_orchestrator.server.approvals_part import Delegations, Following, Inbox, Reports, WorkItems
from assent_orchestrator.server.decisions_part import Desk, Permits
from assent_orchestrator.server.health import HealthCheck
from assent_orchestrator.server.interceptors.identity import Identities
from assent_orchestrator.server.memory_part import Classes, Custody, Keeper, Recalling
from assent_orchestrator.server.policies_part import PolicyControl, Shadows
from assent_orchestrator.server.runs_part import Cancellations, Pauses, Reconciliations, Runs, Simulations, Submissions
from assent_sidecar.catalogue.ledger import Ledger


class Stops(Protocol):
    """Orders to stop."""

    async def create(self, caller: Caller, order: Order) -> Stop:
        """Stop; nothing in the scope is dispatched any more when this returns."""
        ...

    async def lift(self, caller: Caller, stop_id: str, reason: str, request_id: str) -> Stop:
        """Lift a stop."""
        ...

    async def get(self, caller: Caller, stop_id: str) -> Stop:
        """Return one stop."""
        ...

    async def list(
        self, caller: Caller, *, in_force: bool | None, scope: Scope | None, size: int, token: str
    ) -> Page[Stop]:
        """Return a page of stops, newest first."""
        ...


class Books(Protocol):
    """Looks into the ledgers."""

    def ledgers(self, caller: Caller) -> Mapping[str, Ledger]:
        """Return the ledgers, by name."""
        ...

    def ledger(self, caller: Caller, name: str) -> Ledger:
        """Return one ledger."""
        ...

    async def balances(self, caller: Caller, name: str, *, counted_for: str, size: int, token: str) -> Page[Counted]:
        """Return a page of balances, those that changed last first."""
        ...

    async def reservations(
        self, caller: Caller, name: str, *, state: ReservationState | None, size: int, token: str
    ) -> Page[BookEntry]:
        """Return a page of what was reserved, newest first."""
        ...


class Agents(Protocol):
    """Shows the agents of the bundle in force."""

    def list(self, caller: Caller) -> tuple[tuple[Appointment, ...], str]:
        """Return all agents by name, and the revision that they are of."""
        ...

    def get(self, caller: Caller, name: str) -> tuple[Appointment, str]:
        """Return one agent, and the revision that it is of."""
        ...


class Records(Protocol):
    """Reads and proves the trail."""

    async def list(self, caller: Caller, wanted: Wanted, *, after_seq: int, size: int, token: str) -> Page[Entry]:
        """Return a page of the records that are wanted, oldest first."""
        ...

    async def verify(self, caller: Caller, remembered: Head | None = None) -> Verification:
        """Prove the trail of the caller's tenant, and that it has a head that somebody remembered."""
        ...


@dataclass(frozen=True, slots=True)
class ServerParts:
    """Everything the server is made of; ``app/served.py`` hands it in."""

    identities: Identities
    submissions: Submissions
    simulations: Simulations
    runs: Runs
    cancellations: Cancellations
    pauses: Pauses
    reconciliations: Reconciliations
    inbox: Inbox
    following: Following
    reports: Reports
    work_items: WorkItems
    delegations: Delegations
    stops: Stops
    policies: PolicyControl
    records: Records
    desk: Desk
    permits: Permits
    books: Books
    processes: Processes
    agents: Agents
    proposals: Proposals
    amendments: Amendments
    effects: Effects
    keeper: Keeper
    recalling: Recalling
    custody: Custody
    memory_classes: Classes
    shadows: Shadows
    health: HealthCheck
    clock: Clock = utc_now
