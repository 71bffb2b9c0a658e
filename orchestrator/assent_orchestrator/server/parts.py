"""What the server needs from the application: the use cases its handlers call, and who knows the callers."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from assent_orchestrator.amendments.amendment import Amendment, AmendmentState
from assent_orchestrator.amendments.effect import RunEffect
from assent_orchestrator.amendments.proposals import Proposed
from assent_orchestrator.approvals.approval import Approval
from assent_orchestrator.approvals.delegation import Delegation, DelegationState
from assent_orchestrator.approvals.delegations import Handing
from assent_orchestrator.approvals.following import Change
from assent_orchestrator.approvals.reply import Reply
from assent_orchestrator.approvals.report import ApprovalReport, Span
from assent_orchestrator.approvals.sought import Sought
from assent_orchestrator.audit.chain import Head
from assent_orchestrator.audit.trail import Entry
from assent_orchestrator.audit.verify import Verification
from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.caller import Caller
from assent_orchestrator.clock import Clock, utc_now
from assent_orchestrator.decisions.permits import Outcome
from assent_orchestrator.decisions.request import DecisionRequest
from assent_orchestrator.decisions.request import Reply as DecisionReply
from assent_orchestrator.execution.journal import RunFacts, StepRow
from assent_orchestrator.execution.reconciliation import Evidence
from assent_orchestrator.execution.runs import RunView
from assent_orchestrator.execution.simulation import Forecast
from assent_orchestrator.execution.work_items import Pick
from assent_orchestrator.governance.agents import Appointment
from assent_orchestrator.governance.books import Counted, ReservationState
from assent_orchestrator.governance.books import Entry as BookEntry
from assent_orchestrator.governance.handed_out import Issued, PermitStatus
from assent_orchestrator.governance.policies import Policies
from assent_orchestrator.governance.stop import Scope, Stop
from assent_orchestrator.governance.stops import Order
from assent_orchestrator.page import Page
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.state import RunState
from assent_orchestrator.server.health import HealthCheck
from assent_orchestrator.server.interceptors.identity import Identities
from assent_orchestrator.server.memory_part import Custody, Keeper, Recalling
from assent_orchestrator.shadows.shadow import Report, Shadow
from assent_sidecar.catalogue.ledger import Ledger
from assent_sidecar.catalogue.process import Process
from assent_sidecar.decision import Verdict


class Submissions(Protocol):
    """Makes runs of plans."""

    async def submit(self, caller: Caller, plan: Plan) -> RunView:
        """Return the run that was made, or that the request id made earlier."""
        ...


class Simulations(Protocol):
    """Forecasts."""

    async def simulate(self, caller: Caller, plan: Plan, *, within: float | None = None) -> Forecast:
        """Return what would be decided; nothing happens. ``within`` is how many seconds the caller still waits."""
        ...


class Runs(Protocol):
    """Looks at runs."""

    async def get(self, caller: Caller, run_id: str) -> RunView:
        """Return one run."""
        ...

    async def step(self, caller: Caller, run_id: str, step_id: str) -> StepRow:
        """Return one step of a run, with its output."""
        ...

    async def list(
        self, caller: Caller, *, state: RunState | None, process: str, size: int, token: str
    ) -> Page[RunFacts]:
        """Return a page of runs, newest first."""
        ...

    def watch(self, caller: Caller, run_id: str, after_seq: int) -> AsyncIterator[Entry | None]:
        """Yield the run's records after ``after_seq`` as they come, None as a sign of life, and end with the run."""
        ...


class Cancellations(Protocol):
    """Stops runs."""

    async def cancel(self, caller: Caller, run_id: str, etag: str, *, compensate: bool, reason: str) -> RunView:
        """Ask a run to stop; an empty etag is any."""
        ...


class Pauses(Protocol):
    """Holds runs up."""

    async def pause(self, caller: Caller, run_id: str, reason: str) -> RunView:
        """Begin nothing of a run any more."""
        ...

    async def resume(self, caller: Caller, run_id: str, reason: str) -> RunView:
        """Let a run go on."""
        ...


class WorkItems(Protocol):
    """Takes choices."""

    async def choose(self, caller: Caller, approval_id: str, pick: Pick) -> Approval:
        """Have follow what a person chooses for a step, if the policies let them."""
        ...


class Reconciliations(Protocol):
    """Settles what is unknown."""

    async def reconcile(self, caller: Caller, run_id: str, step_id: str, evidence: Evidence) -> RunView:
        """Take a person's word for what became of a step."""
        ...


class Inbox(Protocol):
    """What waits for people."""

    async def get(self, caller: Caller, approval_id: str) -> Approval:
        """Return one approval."""
        ...

    async def list(self, caller: Caller, sought: Sought, *, size: int, token: str) -> Page[Approval]:
        """Return a page of approvals, oldest first."""
        ...

    async def decide(self, caller: Caller, approval_id: str, reply: Reply) -> Approval:
        """Take a person's answer."""
        ...

    async def withdraw(self, caller: Caller, approval_id: str, etag: str) -> Approval:
        """Take back the caller's own yes."""
        ...


class Following(Protocol):
    """Follows approvals."""

    def watch(self, caller: Caller, sought: Sought, after_seq: int) -> AsyncGenerator[Change, None]:
        """Yield what happens to approvals after ``after_seq``, or the open ones first, without end."""
        ...


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


class Delegations(Protocol):
    """Who answers in whose place."""

    async def create(self, caller: Caller, handing: Handing) -> Delegation:
        """Hand answers over."""
        ...

    async def revoke(self, caller: Caller, delegation_id: str) -> Delegation:
        """End a delegation before its time."""
        ...

    async def get(self, caller: Caller, delegation_id: str) -> Delegation:
        """Return one delegation."""
        ...

    async def list(
        self, caller: Caller, *, state: DelegationState | None, giver: str, taker: str, size: int, token: str
    ) -> Page[Delegation]:
        """Return a page of delegations, newest first."""
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


class Processes(Protocol):
    """Shows the processes of the bundle in force."""

    def list(self, caller: Caller) -> tuple[tuple[Process, ...], str]:
        """Return all processes by name, and the revision that they are of."""
        ...

    def get(self, caller: Caller, name: str) -> tuple[Process, str]:
        """Return one process, and the revision that it is of."""
        ...


class Proposals(Protocol):
    """Takes plans from planners."""

    async def propose(self, caller: Caller, plan: Plan, *, within: float | None = None) -> Proposed:
        """Say whether a plan conforms, and else put it before the owner of its process."""
        ...


class Amendments(Protocol):
    """What was proposed."""

    async def get(self, caller: Caller, amendment_id: str) -> Amendment:
        """Return one amendment."""
        ...

    async def list(
        self, caller: Caller, *, state: AmendmentState | None, process: str, size: int, token: str
    ) -> Page[Amendment]:
        """Return a page of amendments, newest first."""
        ...

    async def dismiss(self, caller: Caller, amendment_id: str, reason: str) -> Amendment:
        """Put an amendment aside."""
        ...


class Effects(Protocol):
    """Simulates amendments on recorded runs."""

    async def simulate(
        self, caller: Caller, amendment_id: str, count: int, *, within: float | None = None
    ) -> tuple[RunEffect, ...]:
        """Return what the newest runs of the process would have been."""
        ...


class Reports(Protocol):
    """Tells how people answer."""

    async def report(self, caller: Caller, span: Span) -> ApprovalReport:
        """Return how people of the caller's tenant answered."""
        ...


class PolicyControl(Protocol):
    """Says which policies come into force."""

    async def status(self, caller: Caller) -> Policies:
        """Return how things are."""
        ...

    async def activate(self, caller: Caller, revision: str, reason: str, request_id: str) -> Policies:
        """Put the bundle that waits in force."""
        ...

    async def roll_back(self, caller: Caller, revision: str, reason: str, request_id: str) -> Policies:
        """Put a bundle back in force that was before."""
        ...


class Records(Protocol):
    """Reads and proves the trail."""

    async def list(self, caller: Caller, wanted: Wanted, *, after_seq: int, size: int, token: str) -> Page[Entry]:
        """Return a page of the records that are wanted, oldest first."""
        ...

    async def verify(self, caller: Caller, remembered: Head | None = None) -> Verification:
        """Prove the trail of the caller's tenant, and that it has a head that somebody remembered."""
        ...


class Desk(Protocol):
    """Decides for agents that act themselves."""

    async def decide(
        self,
        caller: Caller,
        request: DecisionRequest,
        *,
        enough: Callable[[Verdict], bool] | None = None,
        within: float | None = None,
    ) -> tuple[DecisionReply, ...]:
        """Decide every action of a request, up to the first verdict that is enough, while the caller waits."""
        ...


class Permits(Protocol):
    """Looks after the permits that callers were given."""

    async def get(self, caller: Caller, permit_id: str) -> Issued:
        """Return one permit."""
        ...

    async def list(
        self, caller: Caller, *, status: PermitStatus | None, agent: str, run: str, size: int, token: str
    ) -> Page[Issued]:
        """Return a page of permits, newest first."""
        ...

    async def report(self, caller: Caller, permit_id: str, outcome: Outcome) -> Issued:
        """Take what became of a permitted action."""
        ...


class Shadows(Protocol):
    """Candidates beside the policies in force."""

    async def start(self, caller: Caller, *, archive: bytes, revision: str) -> Shadow:
        """Have a candidate asked what is asked live: the bundle in ``archive``, or one that is kept."""
        ...

    async def report(self, caller: Caller, shadow_id: str) -> Report:
        """Return what a shadow found."""
        ...

    async def stop(self, caller: Caller, shadow_id: str) -> Shadow:
        """End a shadow."""
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
    shadows: Shadows
    health: HealthCheck
    clock: Clock = utc_now
