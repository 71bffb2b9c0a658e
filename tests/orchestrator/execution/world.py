"""A small world for runs: real PostgreSQL, durable engine, trail and gate; decisions and tools are scripted."""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assent_orchestrator.approvals.inbox import Inbox
from assent_orchestrator.approvals.reply import Reply
from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.audit.trail import Entry, Trail
from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.clock import Clock, utc_now
from assent_orchestrator.execution.attempt import Attempts
from assent_orchestrator.execution.cancellation import Cancellations
from assent_orchestrator.execution.compensation import Compensations
from assent_orchestrator.execution.driver import new_driver
from assent_orchestrator.execution.durable import Durable, DurableSettings
from assent_orchestrator.execution.editing import Editing
from assent_orchestrator.execution.frozen import Frozen
from assent_orchestrator.execution.journal import change_run
from assent_orchestrator.execution.knock import Knocks
from assent_orchestrator.execution.leg import Legs
from assent_orchestrator.execution.memory_steps import MemorySteps
from assent_orchestrator.execution.outcome import Outcomes
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.pausing import Pauses
from assent_orchestrator.execution.reconciliation import Reconciliations
from assent_orchestrator.execution.resumption import Resumptions
from assent_orchestrator.execution.runs import Runs, RunView
from assent_orchestrator.execution.sequel import Sequels
from assent_orchestrator.execution.simulation import Simulations
from assent_orchestrator.execution.submission import Submissions
from assent_orchestrator.execution.unretained import Unretained
from assent_orchestrator.execution.work import RunWork
from assent_orchestrator.execution.work_items import WorkItems
from assent_orchestrator.governance.barrier import Barrier
from assent_orchestrator.governance.gate import Gate
from assent_orchestrator.governance.ledgers import Ledgers
from assent_orchestrator.governance.permit import Permit, PermitIssuer
from assent_orchestrator.governance.stop import Scope, Stop, declares
from assent_orchestrator.governance.stops import Order, Stops
from assent_orchestrator.memory.memories import Memories
from assent_orchestrator.memory.vault import Vault
from assent_orchestrator.plan.digests import Digests
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.tools.outcome import Failure, Found, Success
from assent_sidecar.canonical import digest
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.own import FORGET, RECALL, REMEMBER, own_systems
from assent_sidecar.decision import Decided, Decision, Provenance
from assent_sidecar.facts import Action
from assent_sidecar.question import Kind, Question
from tests.orchestrator.memory.entries import MASTER

REVISION = "sha256:" + "0" * 64

Ruler = Callable[[Question], Mapping[str, Any]]
Tool = Callable[[Action], Success | Failure]

ALLOW: Mapping[str, Any] = {"verdict": "allow"}


def deny(code: str = "NO_GRANT") -> Mapping[str, Any]:
    return {"verdict": "deny", "reasons": [{"code": code, "message": "because"}]}


@dataclass
class ScriptedDecisionPoint:
    """Answers as told; ``away`` makes it the absence of an engine.

    ``busy`` holds the numbers of the questions, from 1, that are one too many. ``revision`` is that of the bundle in
    force.
    """

    ruler: Ruler
    asked: list[Question] = field(default_factory=list)
    budgets: list[float] = field(default_factory=list)
    away: bool = False
    busy: frozenset[int] = frozenset()
    revision: str = REVISION

    async def decide(self, question: Question, *, budget: float) -> Decided:
        self.asked.append(question)
        self.budgets.append(budget)
        busy = len(self.asked) in self.busy
        fault = "ENGINE_BUSY" if busy else "ENGINE_UNAVAILABLE" if self.away else None
        answer = deny(fault) if fault else self.ruler(question)
        provenance = Provenance(
            decision_id=uuid.uuid4().hex,
            revision=self.revision,
            engine="opa",
            engine_version="1.22.2",
            input_digest=digest(question.to_json()),
            duration_us=1,
        )
        return Decided(decision=Decision.from_json(answer), provenance=provenance, fault=fault is not None)


@dataclass
class ScriptedTools:
    """Answers as told and remembers what it was asked to do."""

    tool: Tool
    calls: list[tuple[str, str]] = field(default_factory=list)
    found: Found = field(default_factory=lambda: Found("unknown"))
    lookups: int = 0
    again: asyncio.Event = field(default_factory=asyncio.Event)

    async def invoke(self, permit: Permit, action: Action, *, tool_server: str, timeout: float) -> Success | Failure:  # noqa: ASYNC109 - as in Tools
        del tool_server, timeout
        permit.check(action.digest, utc_now())
        self.calls.append((f"{action.system}.{action.operation}", permit.idempotency_key))
        answer = self.tool(action)
        await asyncio.sleep(0)
        return answer

    async def lookup(self, idempotency_key: str, action: Action, *, tool_server: str, timeout: float) -> Found:  # noqa: ASYNC109 - as in Tools
        del idempotency_key, action, tool_server, timeout
        self.lookups += 1
        self.again.set()
        return self.found

    def times(self, action: str) -> int:
        return sum(name == action for name, _ in self.calls)


def catalogue(
    steps: Sequence[Mapping[str, Any]],
    *,
    breaker: Mapping[str, Any] | None = None,
    agents: Mapping[str, Mapping[str, Any]] | None = None,
    memory: Memory | None = None,
    services: Mapping[str, str] | None = None,
    labels: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    **process: Any,
) -> Catalogue:
    """A catalogue with one system ``box`` (get: read, put, odd: write, send: irreversible), one process, agents.

    Steps without an agent are those of ``bot``. ``services`` are systems like ``box`` that act as an agent. ``labels``
    are those that further operations, which read, declare of their results.
    """
    anything, memory, services = {"type": "object"}, memory or Memory(), services or {}
    operations = {
        name: {"title": name, "effect": effect, "idempotent": name == "put", "arguments": anything, "result": anything}
        for name, effect in (("get", "read"), ("put", "write"), ("send", "irreversible"), ("odd", "write"))
    }
    operations["get"]["labels"] = {"/secret": ["confidential"]}
    for name in ("get", "odd"):
        operations[name]["result"] = {"type": "object", "properties": {"n": {"type": "integer"}}}
    for name, declared in (labels or {}).items():
        operations[name] = {**operations["get"], "title": name, "labels": declared, "result": anything}
    return Catalogue.from_json(
        {
            "workspace": "small",
            "memory": memory.to_json(),
            "systems": {
                **{name: one.to_json() for name, one in own_systems(memory).items()},
                "box": {
                    "name": "box",
                    "title": "Box",
                    "owner": "it",
                    "tool_server": "box",
                    "operations": operations,
                    "breaker": breaker,
                },
                **{
                    name: {
                        "name": name,
                        "title": name,
                        "owner": "it",
                        "tool_server": name,
                        "kind": "agent",
                        "agent": agent,
                        "operations": operations,
                    }
                    for name, agent in services.items()
                },
            },
            "agents": {
                name: {
                    "name": name,
                    "title": name,
                    "owner": "it",
                    "department": "ops",
                    "may": [
                        *(f"{system}.{operation}" for system in ("box", *services) for operation in operations),
                        *(REMEMBER, RECALL, FORGET),
                    ],
                    **more,
                }
                for name, more in {"bot": {}, **(agents or {})}.items()
            },
            "processes": {
                "work": {
                    "name": "work",
                    "version": "1",
                    "title": "Work",
                    "owner": "boss",
                    "department": "ops",
                    "inputs": anything,
                    "steps": [{"agent": "bot", **step} for step in steps],
                    **process,
                }
            },
        }
    )


def allow_all(question: Question) -> Mapping[str, Any]:
    if question.kind is Kind.PLAN:
        assert question.plan is not None
        return {"verdict": "allow", "steps": {step.id: {"verdict": "allow"} for step in question.plan.steps}}
    return {"verdict": "allow", "taken": True} if question.kind is Kind.CONDITION else ALLOW


def for_actions(ruler: Ruler) -> Ruler:
    """Allow plans and conditions; ask ``ruler`` about actions."""
    return lambda question: ruler(question) if question.kind is Kind.ACTION else allow_all(question)


@dataclass
class World:
    """Everything needed to run plans."""

    tenant: str
    parts: Parts
    durable: Durable
    decisions: ScriptedDecisionPoint
    tools: ScriptedTools
    submissions: Submissions
    resumptions: Resumptions
    simulations: Simulations
    runs: Runs
    cancellations: Cancellations
    pauses: Pauses
    reconciliations: Reconciliations
    inbox: Inbox
    work_items: WorkItems
    stops: Stops
    trail: Trail

    @property
    def alice(self) -> Caller:
        return Caller("alice", self.tenant, frozenset({Role.SUBMITTER}))

    def person(self, name: str, *roles: str) -> Caller:
        return Caller(name, self.tenant, frozenset(roles))

    async def submit(self, **plan: Any) -> str:
        view = await self.submissions.submit(self.alice, Plan.from_json({"process": "work", **plan}))
        return view.run.id

    async def end_of(self, run: str, *, within: float = 60) -> RunView:
        """Wait, bounded, until the run is over."""
        async with asyncio.timeout(within):
            async for _ in self.runs.watch(self.alice, run, 0):
                pass
        return await self.runs.get(self.alice, run)

    async def until(self, run: str, event: str, *, step: str | None = None, within: float = 60) -> Entry:
        """Wait, bounded, for a record of the run."""
        async with asyncio.timeout(within):
            async for entry in self.runs.watch(self.alice, run, 0):
                if entry and entry.record["event"] == event and step in (None, entry.record.get("step")):
                    return entry
        raise AssertionError(f"the run ended without {event}")

    async def stop(self, scope: Scope, value: str = "", *, who: str = "otto") -> Stop:
        caller = self.person(who, Role.OPERATOR, Role.PLATFORM_OPERATOR)
        return await self.stops.create(caller, Order(scope, value, "to look into it"))

    async def lift(self, stop: Stop, *, who: str = "olga") -> Stop:
        return await self.stops.lift(self.person(who, Role.OPERATOR, Role.PLATFORM_OPERATOR), stop.id, "looked into")

    async def let_time_be_up(self, run: str, step: str) -> None:
        """Bring the deadline of a run forward to now, and have it looked at: no test guesses how far it is by then."""
        now = utc_now()
        async with self.parts.engine.begin() as tx:
            await change_run(tx, run, now, deadline_at=now)
        await self.durable.wake(run, (step,))

    async def events(self, run: str) -> list[str]:
        entries = await self.trail.read(self.tenant, Wanted(run=run), limit=1000)
        return [f"{entry.record['event']} {entry.record.get('step', '')}".strip() for entry in entries]

    async def approval_of(self, run: str) -> str:
        page = await self.inbox.list(self.person("boss", Role.OPERATOR))
        return next(approval.id for approval in page.items if approval.run_id == run)

    async def reply_to(self, who: Caller, approval_id: str) -> None:
        approval = await self.inbox.get(who, approval_id)
        reply = Reply(True, "looked at it", str(approval.version), approval.presented_digest)
        await self.inbox.decide(who, approval.id, reply)

    async def reply(self, run: str, who: Caller, *, approve: bool = True) -> None:
        approval = await self.inbox.get(self.person("boss", Role.OPERATOR), await self.approval_of(run))
        reply = Reply(approve, "looked at it", str(approval.version), approval.presented_digest)
        await self.inbox.decide(who, approval.id, reply)


async def open_world(  # noqa: PLR0917 - what a fixture was given
    database: Database,
    listener: Listener,
    tenant: str,
    declared: Catalogue,
    ruler: Ruler,
    tool: Tool,
    *,
    clock: Clock = utc_now,
) -> World:
    """Open a world for a tenant of its own, by whose name it drives runs.

    A server carries on what its namesake left: worlds of one name would go on with the runs that other tests cut off.
    """
    decisions, tools = ScriptedDecisionPoint(ruler), ScriptedTools(tool)
    trail = Trail(database.engine, clock)
    gate = Gate(
        decisions,
        trail,
        PermitIssuer.generate(),
        clock,
        Barrier(database.engine),
        Ledgers(database.engine, lambda _: declared),
        lambda _: declared.memory,
        Digests.fresh(),
    )

    def revision(_: str) -> str:
        return decisions.revision

    def catalogue_of(_: str) -> Catalogue:
        return declared

    memory = MemorySteps(trail, Memories(Vault(MASTER)), clock, catalogue_of)
    driver = new_driver(tenant)
    parts = Parts(
        database.engine,
        trail,
        gate,
        tools,
        clock,
        catalogue_of,
        revision,
        driver,
        unretained=Unretained(gate.digests),
        memory=memory,
    )
    work = RunWork(parts, Attempts(parts, Outcomes(parts), Sequels(clock, parts.plans)), Compensations(parts))
    legs = Legs(work, parts.turnstile, listener)
    durable = Durable(DurableSettings(database.sync_url, tenant), work, legs, Knocks(database.engine).knock)
    await durable.open()

    def known(_: str, scope: Scope, name: str) -> bool:
        return declares(declared, scope, name)

    async def wake(run: str, step: str) -> None:
        await durable.wake(run, (step,))

    inbox = Inbox(database.engine, trail, clock, lambda *_: "boss", wake, Editing(parts).revise)
    reconciliations = Reconciliations(parts, durable)
    return World(
        tenant=tenant,
        parts=parts,
        durable=durable,
        decisions=decisions,
        tools=tools,
        submissions=Submissions(parts, durable),
        resumptions=Resumptions(parts, durable),
        simulations=Simulations(parts),
        runs=Runs(database.engine, trail, listener, parts.plans),
        cancellations=Cancellations(parts, durable),
        pauses=Pauses(parts, durable),
        reconciliations=reconciliations,
        inbox=inbox,
        work_items=WorkItems(parts, inbox, reconciliations, durable),
        stops=Stops(database.engine, trail, clock, known, Frozen(database.engine, durable).wake),
        trail=trail,
    )


async def reaches(world: World, run: str, step: str, state: str, *, within: float = 60) -> None:
    """Wait, bounded, for a step to come to a state."""
    async with asyncio.timeout(within):
        async for entry in world.runs.watch(world.alice, run, 0):
            note = (entry.record.get("state") or {}) if entry else {}
            if entry and entry.record.get("step") == step and note.get("to") == state:
                return
    raise AssertionError(f"the run ended without {step} being {state}")


def states(view: RunView) -> dict[str, str]:
    return {step.id: str(step.state) for step in view.steps}
