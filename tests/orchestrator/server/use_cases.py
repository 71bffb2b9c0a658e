"""Use cases that answer from memory: what is tested here is what is between them and the wire."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from assent_orchestrator.approvals.approval import Approval, ApprovalState
from assent_orchestrator.approvals.delegation import Delegation
from assent_orchestrator.approvals.delegations import Handing
from assent_orchestrator.approvals.requirement import Answer
from assent_orchestrator.audit.chain import GENESIS, Break, Head
from assent_orchestrator.audit.trail import Entry
from assent_orchestrator.audit.verify import Verification
from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import NotFoundError
from assent_orchestrator.execution.journal import RunFacts, RunRow, StepRow
from assent_orchestrator.execution.reconciliation import Evidence
from assent_orchestrator.execution.runs import RunView
from assent_orchestrator.execution.simulation import Forecast
from assent_orchestrator.governance.books import Counted, ReservationState
from assent_orchestrator.governance.books import Entry as BookEntry
from assent_orchestrator.governance.foretell import ApprovalAhead
from assent_orchestrator.governance.stop import Scope, Stop
from assent_orchestrator.governance.stops import Order
from assent_orchestrator.governance.till import Balance
from assent_orchestrator.governance.trials import Culprit, Failure, PlanCulprits
from assent_orchestrator.page import Page
from assent_orchestrator.plan.action import make_action
from assent_orchestrator.plan.culprit import Search
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.state import RunState, StepState
from assent_orchestrator.plan.withhold import Argument
from assent_orchestrator.server.health import ComponentView, HealthView
from assent_orchestrator.shadows.difference import Answer as SideAnswer
from assent_orchestrator.shadows.difference import Approvers, Aspect, Change, Difference, Finding
from assent_orchestrator.shadows.shadow import Report, Shadow
from assent_orchestrator.shadows.tally import Example, Outcome, Seen
from assent_sidecar.canonical import canonical, digest_bytes
from assent_sidecar.catalogue.ledger import Ledger
from assent_sidecar.catalogue.process import Alternative, Compensation, Step
from assent_sidecar.decision import (
    ApprovalRequirement,
    Decided,
    Decision,
    Entrust,
    Notify,
    Provenance,
    Reason,
    Redact,
    Remember,
    Reserve,
    Retry,
    StepForecast,
    Timeout,
    Verdict,
)
from assent_sidecar.facts import AgentFacts, PlanStep, Principal
from assent_sidecar.retry import Attempts

NOON = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)
DIGEST = "sha256:" + "ab" * 32
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"

PLAN = Plan(
    process="renewal",
    process_version="1.0",
    inputs={"account": "ACME", "seats": 40, "discount": 12.5, "tags": ["a", None, True]},
    on_behalf_of="alice",
    request_id="r-1",
    labels={"/account": ("confidential",)},
    steps=(
        Step(
            id="usage", agent="analyst", action="product_analytics.usage", args={"account": {"$ref": "inputs.account"}}
        ),
        Step(
            id="offer",
            agent="seller",
            action="cpq.offer",
            args={"seats": 40},
            after=("usage",),
            when="at_risk",
            on_failure=Alternative(alternative="call"),
            deadline="90s",
            compensation=Compensation(
                agent="analyst", action="cpq.withdraw", args={"id": {"$ref": "steps.offer.output.id"}, "n": 2}
            ),
            retry=Attempts(max_attempts=3, backoff="2s", factor=1.5, max_backoff="30s"),
        ),
        Step(id="call", agent="seller", action="tasks.create", on_failure="skip"),
        Step(id="mail", agent="seller", action="mail.send", on_failure="compensate", retry=Attempts(max_attempts=2)),
    ),
)

REQUIREMENT = ApprovalRequirement.from_json(
    {
        "stages": [{"role": "sales_director"}, {"role": "cfo", "quorum": 2, "substitutes": ["controller"]}],
        "not": ["principal", "previous_stage"],
        "expires_in": "72h",
        "on_expiry": "escalate",
        "escalate": [{"after": "1500ms", "role": "ceo"}],
        "editable": ["/discount"],
        "break_glass": {"roles": ["duty"], "review": {"role": "auditor", "within": "2d"}},
    }
)

DECISION = Decision(
    verdict=Verdict.REQUIRE_APPROVAL,
    reasons=(Reason(code="DISCOUNT_OVER_LIMIT", message="20 % or more", control="FIN-07", scope="department/sales"),),
    obligations=(
        Redact(type="redact", path="/body", labels=("pii",)),
        Retry(type="retry", max_attempts=4, backoff="2s", factor=2.0, max_backoff="60s"),
        Timeout(type="timeout", after="30s"),
        Reserve(type="reserve", ledger="discount_eur", amount="1200.00"),
        Remember(type="remember", **{"class": "customer"}, purpose="to know them", subject="/id", path="/summary"),
        Entrust(type="entrust", ledgers={"discount_eur": "500.00"}, memory=()),
        Notify(type="notify", role="owner"),
    ),
    approval=REQUIREMENT,
)

AHEAD = ApprovalAhead(
    PlanStep(
        id="offer",
        agent=AgentFacts(id="seller", department="sales", owner="boss"),
        action=make_action("crm.offer", "write", {}, {}, ["/discount"]),
    ),
    REQUIREMENT,
    DECISION.reasons,
    conditional=True,
)
FAILURE = Failure(
    culprits=(
        Culprit(
            "usage",
            StepForecast(verdict=Verdict.DENY, reasons=DECISION.reasons),
            Search.FOUND,
            (Argument("/account"), Argument("/body", "pii")),
            sufficient=True,
        ),
        Culprit("mail", StepForecast(verdict=Verdict.HALT), Search.GAVE_UP),
    ),
    plan=PlanCulprits(Search.FOUND, ("usage", "mail")),
)

DECIDED = Decided(
    decision=DECISION.model_copy(update={"steps": {"usage": StepForecast(verdict=Verdict.ALLOW)}}),
    provenance=Provenance(
        decision_id="d-1",
        revision=DIGEST,
        engine="opa",
        engine_version="1.22.2",
        input_digest=DIGEST,
        controls=("FIN-07",),
        duration_us=1500,
    ),
)

RUN = RunRow(
    tenant="acme",
    id="run1",
    request_id="r-1",
    request_digest=DIGEST,
    process="renewal",
    process_version="1.0",
    revision=DIGEST,
    plan=PLAN,
    plan_digest=DIGEST,
    principal=Principal(id="alice", roles=("sales",), authn="token"),
    submitter="sales-bot",
    state=RunState.WAITING,
    reason=None,
    cancel_requested=None,
    traceparent=TRACEPARENT,
    created_at=NOON,
    updated_at=NOON + timedelta(seconds=1),
    finished_at=None,
)


def step_row(step_id: str, state: StepState, **values: Any) -> StepRow:
    facts: dict[str, Any] = {
        "run_id": "run1",
        "id": step_id,
        "position": 0,
        "action": "crm.read",
        "agent": "seller",
        "state": state,
        "attempt": 1,
        "reason": None,
        "message": None,
        "decision": None,
        "decision_id": None,
        "trace_id": TRACE,
        "not_before": None,
        "started_at": NOON,
        "finished_at": None,
    }
    return StepRow(**(facts | values))


STEPS = (
    step_row("usage", StepState.SUCCEEDED, output={"score": 3, "share": 0.5}, labels={"/score": ("internal",)}),
    step_row("offer", StepState.AWAITING_APPROVAL, decision=DECISION.to_json(), decision_id="d-1"),
)

ANSWER = Answer(
    0, "sales_director", "dora", frozenset({"sales_director"}), True, NOON, DIGEST, "good customer",
    presented_digest="sha256:" + "cd" * 32,
)  # fmt: skip
APPROVAL = Approval(
    tenant="acme",
    id="a1",
    run_id="run1",
    step_id="offer",
    process="renewal",
    state=ApprovalState.PENDING,
    version=3,
    roles=("sales_director", "cfo"),
    action_digest=DIGEST,
    revision=DIGEST,
    decision_id="d-1",
    requirement=REQUIREMENT,
    presented={
        "action": "cpq.offer",
        "effect": "write",
        "args": {"seats": 40},
        "labels": {"/seats": ["internal"]},
        "action_digest": DIGEST,
        "reasons": [{"code": "DISCOUNT_OVER_LIMIT", "message": "20 % or more", "control": "FIN-07"}],
        "revision": DIGEST,
    },
    presented_digest="sha256:" + "cd" * 32,
    requested_at=NOON,
    expires_at=NOON + timedelta(hours=72),
    resolved_at=None,
    traceparent=TRACEPARENT,
    answers=(ANSWER,),
)


def entry(seq: int, event: str, **facts: Any) -> Entry:
    record = {
        "schema": "assent.audit/v1",
        "tenant": "acme",
        "seq": str(seq),
        "time": "2026-11-23T12:00:00.250000Z",
        "prev": DIGEST,
        "record_id": "0199",
        "event": event,
        "run": "run1",
        **facts,
    }
    return Entry(seq, digest_bytes(canonical(record)), record)


@dataclass
class UseCases:
    """All of them in one. ``error`` is raised by every call; ``before`` is awaited first; ``calls`` is what came in."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)
    error: Exception | None = None
    before: asyncio.Event | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    view: RunView = field(default_factory=lambda: RunView(RUN, STEPS))
    entries: list[Entry | None] = field(default_factory=list)
    stays: bool = False
    is_ready: bool = True
    health_error: Exception | None = None
    looked_for: list[str] = field(default_factory=list)
    within: float | None = None

    async def _enter(self, *call: Any) -> None:
        self.calls.append(call)
        self.reached.set()
        try:
            if self.before is not None:
                await self.before.wait()
        finally:
            self.left.set()
        if self.error is not None:
            raise self.error

    async def submit(self, caller: Caller, plan: Plan) -> RunView:
        await self._enter("submit", caller, plan)
        return self.view

    async def simulate(self, caller: Caller, plan: Plan, *, within: float | None = None) -> Forecast:
        self.within = within
        await self._enter("simulate", caller, plan)
        return Forecast(DECIDED, PLAN, DIGEST, {"usage": ("/account",)}, (AHEAD,), FAILURE)

    async def cancel(self, caller: Caller, run_id: str, etag: str, *, compensate: bool, reason: str) -> RunView:
        await self._enter("cancel", caller, run_id, etag, compensate, reason)
        return self.view

    async def pause(self, caller: Caller, run_id: str, reason: str) -> RunView:
        await self._enter("pause", caller, run_id, reason)
        return self.view

    async def resume(self, caller: Caller, run_id: str, reason: str) -> RunView:
        await self._enter("resume", caller, run_id, reason)
        return self.view

    async def reconcile(self, caller: Caller, run_id: str, step_id: str, evidence: Evidence) -> RunView:
        await self._enter("reconcile", caller, run_id, step_id, evidence)
        return self.view

    async def get(self, caller: Caller, run_id: str) -> RunView:
        await self._enter("get", caller, run_id)
        if run_id != self.view.run.id:
            raise NotFoundError("there is no such run", run=run_id)
        return self.view

    async def step(self, caller: Caller, run_id: str, step_id: str) -> StepRow:
        await self._enter("step", caller, run_id, step_id)
        return next(step for step in self.view.steps if step.id == step_id)

    async def list(self, caller: Caller, **wanted: Any) -> Page[RunFacts]:
        await self._enter("list", caller, wanted)
        return Page([self.view.run], "next")

    async def events(self, caller: Caller, run_id: str, **wanted: Any) -> tuple[RunState, Page[Entry]]:
        await self._enter("events", caller, run_id, wanted)
        return self.view.run.state, Page([one for one in self.entries if one], "next")

    async def watch(self, caller: Caller, run_id: str, after_seq: int) -> AsyncIterator[Entry | None]:
        self.calls.append(("watch", caller, run_id, after_seq))
        self.left.clear()
        try:
            for one in self.entries:
                if one is None or one.seq > after_seq:
                    yield one
            self.reached.set()
            if self.stays:
                await asyncio.Event().wait()
        finally:
            self.left.set()

    async def __call__(self, tenant: str = "") -> HealthView:
        if self.health_error is not None:
            raise self.health_error
        self.looked_for.append(tenant)
        parts = (ComponentView("engine", True), ComponentView("store", self.is_ready, "" if self.is_ready else "away"))
        return HealthView(self.is_ready, parts, "1.22.2", "package", DIGEST, "0.1.0")


STOP = Stop(
    tenant="acme",
    id="s1",
    scope=Scope.AGENT,
    value="seller",
    reason="it writes to the wrong people",
    created_by="otto",
    created_at=NOON,
)


DELEGATION = Delegation(
    tenant="acme",
    id="d1",
    giver="dana",
    taker="bea",
    roles=("director",),
    processes=("renewal",),
    reason="away",
    until=NOON + timedelta(days=7),
    created_at=NOON,
)

SHADOW = Shadow("5a", DIGEST, "release", "cora", NOON, "acme")
REPORT = Report(
    shadow=SHADOW,
    outcomes={
        Outcome.SAME: 90,
        Outcome.DIFFERENT: 7,
        Outcome.FAULT: 2,
        Outcome.CROWDED: 4,
        Outcome.NO_CANDIDATE: 5,
        Outcome.LIVE_FAULT: 1,
    },
    differences=(
        Seen(
            difference=Difference(
                change=Change.LOOSER,
                kind="condition",
                action="email.send",
                live=SideAnswer(
                    verdict=Verdict.DENY,
                    reasons=(Finding(code="DATA_MUST_NOT_LEAVE", control="PRV-01"), Finding(code="TOO_LATE")),
                    controls=("PRV-01",),
                    stages=(Approvers(role="cfo", quorum=2),),
                    obligations=("redact",),
                    taken=True,
                ),
                candidate=SideAnswer(verdict=Verdict.ALLOW),
                aspects=tuple(Aspect),
                live_revision=DIGEST,
            ),
            first=NOON,
            last=NOON,
            count=6,
            examples=[Example(decision="d1", run="r1", step="mail"), Example(decision="d2")],
        ),
    ),
    problem="the engine does not start",
)


@dataclass
class Orders:
    """The stops."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)

    async def create(self, caller: Caller, order: Order) -> Stop:
        self.calls.append(("create", caller, order))
        return STOP

    async def lift(self, caller: Caller, stop_id: str, reason: str, request_id: str = "") -> Stop:
        self.calls.append(("lift", caller, stop_id, reason, request_id))
        return replace(STOP, lifted_by="olga", lifted_at=NOON, lift_reason=reason)

    async def get(self, caller: Caller, stop_id: str) -> Stop:
        self.calls.append(("get", caller, stop_id))
        return STOP

    async def list(self, caller: Caller, **wanted: Any) -> Page[Stop]:
        self.calls.append(("list", caller, wanted))
        return Page([STOP], "more")


@dataclass
class Lent:
    """The delegations."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)

    async def create(self, caller: Caller, handing: Handing) -> Delegation:
        self.calls.append(("create", caller, handing))
        return DELEGATION

    async def revoke(self, caller: Caller, delegation_id: str) -> Delegation:
        self.calls.append(("revoke", caller, delegation_id))
        return replace(DELEGATION, revoked_by="olga", revoked_at=NOON)

    async def get(self, caller: Caller, delegation_id: str) -> Delegation:
        self.calls.append(("get", caller, delegation_id))
        return DELEGATION

    async def list(self, caller: Caller, **wanted: Any) -> Page[Delegation]:
        self.calls.append(("list", caller, wanted))
        return Page([DELEGATION], "more")


@dataclass
class OpenBooks:
    """The ledgers."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def ledgers(self, caller: Caller) -> Mapping[str, Ledger]:
        self.calls.append(("ledgers", caller))
        return {"money": LEDGER}

    def ledger(self, caller: Caller, name: str) -> Ledger:
        self.calls.append(("ledger", caller, name))
        return LEDGER

    async def balances(self, caller: Caller, name: str, **wanted: Any) -> Page[Counted]:
        self.calls.append(("balances", caller, name, wanted))
        standing = Balance(spent=Decimal("7.50"), reserved=Decimal(1), held=Decimal(2))
        return Page([Counted("ab" * 32, "2026-01-01", Decimal(10), standing, NOON)], "more")

    async def reservations(self, caller: Caller, name: str, **wanted: Any) -> Page[BookEntry]:
        self.calls.append(("reservations", caller, name, wanted))
        entry = BookEntry(
            key="ab" * 32,
            period="2026-01-01",
            run="r1",
            step="mail",
            agent="seller",
            state=ReservationState.SPENT,
            amount=Decimal("8.000000000"),
            spent=Decimal("7.500000000"),
            reserved_at=NOON,
            settled_at=NOON,
        )
        return Page([entry], "")


LEDGER = Ledger(title="Money", owner="cfo", unit="EUR", limit="10", window="day", per="agent")


@dataclass
class TrailRecords:
    """The trail."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)
    fault: Break | None = None

    async def list(self, caller: Caller, wanted: Wanted, **more: Any) -> Page[Entry]:
        self.calls.append(("list", caller, wanted, more))
        return Page([entry(7, "run.created")], "more")

    async def verify(self, caller: Caller, remembered: Head | None = None) -> Verification:
        self.calls.append(("verify", caller) if remembered is None else ("verify", caller, remembered))
        return Verification(7, Head(7, bytes.fromhex("ab" * 32)) if self.fault is None else GENESIS, self.fault)


@dataclass
class Trials:
    """The shadows."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)

    async def start(self, caller: Caller, *, archive: bytes, revision: str) -> Shadow:
        self.calls.append(("start", caller, archive, revision))
        return SHADOW

    async def report(self, caller: Caller, shadow_id: str) -> Report:
        self.calls.append(("report", caller, shadow_id))
        return REPORT

    async def stop(self, caller: Caller, shadow_id: str) -> Shadow:
        self.calls.append(("stop", caller, shadow_id))
        return replace(SHADOW, ended_by="cora", ended_at=NOON)


class NoDecisions:
    """Where nobody asks for a decision of their own, nobody is answered."""

    async def decide(self, caller: Caller, request: Any, *, enough: Any = None, within: Any = None) -> Any:
        raise NotImplementedError

    async def get(self, caller: Caller, permit_id: str) -> Any:
        raise NotImplementedError

    async def list(self, caller: Caller, **wanted: Any) -> Any:
        raise NotImplementedError

    async def report(self, caller: Caller, permit_id: str, outcome: Any) -> Any:
        raise NotImplementedError
