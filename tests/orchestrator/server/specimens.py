"""One of each that callers are told of: a plan, a run and its steps, a decision, an approval, a record, a stop."""

from datetime import UTC, datetime, timedelta
from typing import Any

from assent_orchestrator.approvals.approval import Approval, ApprovalState
from assent_orchestrator.approvals.delegation import Delegation
from assent_orchestrator.approvals.requirement import Answer
from assent_orchestrator.audit.trail import Entry
from assent_orchestrator.execution.journal import RunRow, StepRow
from assent_orchestrator.governance.foretell import ApprovalAhead
from assent_orchestrator.governance.stop import Scope, Stop
from assent_orchestrator.governance.trials import Culprit, Failure, PlanCulprits
from assent_orchestrator.plan.action import make_action
from assent_orchestrator.plan.culprit import Search
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.state import RunState, StepState
from assent_orchestrator.plan.withhold import Argument
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


LEDGER = Ledger(title="Money", owner="cfo", unit="EUR", limit="10", window="day", per="agent")
