"""Use cases that answer from memory: what is tested here is what is between them and the wire."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from assent_orchestrator.approvals.delegation import Delegation
from assent_orchestrator.approvals.delegations import Handing
from assent_orchestrator.audit.chain import GENESIS, Break, Head
from assent_orchestrator.audit.trail import Entry
from assent_orchestrator.audit.verify import Verification
from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import NotFoundError
from assent_orchestrator.execution.journal import RunFacts, StepRow
from assent_orchestrator.execution.reconciliation import Evidence
from assent_orchestrator.execution.runs import RunView
from assent_orchestrator.execution.simulation import Forecast
from assent_orchestrator.governance.books import Counted, ReservationState
from assent_orchestrator.governance.books import Entry as BookEntry
from assent_orchestrator.governance.stop import Stop
from assent_orchestrator.governance.stops import Order
from assent_orchestrator.governance.till import Balance
from assent_orchestrator.page import Page
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.state import RunState
from assent_orchestrator.server.health import ComponentView, HealthView
from assent_orchestrator.shadows.shadow import Report, Shadow
from assent_sidecar.catalogue.ledger import Ledger
from tests.orchestrator.server.specimens import (
    AHEAD,
    DECIDED,
    DELEGATION,
    DIGEST,
    FAILURE,
    LEDGER,
    NOON,
    PLAN,
    REPORT,
    RUN,
    SHADOW,
    STEPS,
    STOP,
    entry,
)


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
