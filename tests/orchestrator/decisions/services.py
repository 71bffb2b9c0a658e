"""A run whose step calls a service that acts as an agent: real but for the policies and the service itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.clock import utc_now
from assent_orchestrator.decisions.desk import Desk
from assent_orchestrator.decisions.mandates import Mandates
from assent_orchestrator.decisions.permits import Permits
from assent_orchestrator.decisions.request import DecisionRequest, Reply, Wish
from assent_orchestrator.execution.origins import Origins
from assent_orchestrator.execution.runs import RunView
from assent_orchestrator.governance.permit import Permit
from assent_orchestrator.plan.label import join
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.tools.outcome import Failure, Found, Success
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.facts import Action
from assent_sidecar.question import Kind, Question
from tests.orchestrator.decisions.office import LEDGERS, WORDS
from tests.orchestrator.execution.world import World, allow_all, catalogue, open_world

LONG = 20.0
"""Seconds that nothing here takes unless it is broken."""

ANYTHING = {"type": "object"}


def declared_with(
    limits: Mapping[str, Any] | None = None,
    *,
    attempts: int = 1,
    args: Mapping[str, Any] | None = None,
    labels: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    memory: Memory | None = None,
) -> Catalogue:
    """A process with one step: ``bot`` calls ``writer.draft``; the writer may call ``reader.look``, and that one it.

    ``args`` are those of the step, ``labels`` what ``writer.draft`` or ``reader.look`` declares of its result.
    """
    step = {"id": "draft", "action": "writer.draft", "args": dict(args or {})}
    if attempts > 1:
        step["retry"] = {"max_attempts": attempts, "backoff": "1ms"}
    inputs = {"type": "object", "properties": {name: {"type": "string"} for name in ("text", "pin")}}
    whole = catalogue([step], memory=memory, inputs=inputs).to_json()
    for name, operation in (("writer", "draft"), ("reader", "look")):
        whole["systems"][name] = {
            "name": name,
            "title": name,
            "owner": "it",
            "kind": "agent",
            "agent": name,
            "tool_server": name,
            "operations": {
                operation: {
                    "title": operation,
                    "effect": "write",
                    "arguments": ANYTHING,
                    "result": ANYTHING,
                    "timeout": "30s",
                    "labels": (labels or {}).get(f"{name}.{operation}", {}),
                }
            },
        }
    bot = whole["agents"]["bot"]
    bot["may"].append("writer.draft")
    bot["hands_over_to"] = ["writer"]
    may = {"writer": ["box.put", "box.get", "reader.look"], "reader": ["box.get", "writer.draft"]}
    for name, other in (("writer", "reader"), ("reader", "writer")):
        own = {"name": name, "title": name, "owner": "it", "department": "ops", "hands_over_to": [other]}
        whole["agents"][name] = own | {"may": may[name], "limits": dict(limits or {})}
    found = Catalogue.from_json(whole)
    return found.model_copy(update={"ledgers": dict(LEDGERS)})


def by_word(question: Question) -> Mapping[str, Any]:
    """Allow runs and what they do; answer what services ask for as its argument ``say`` has it."""
    if question.kind is Kind.BATCH:
        steps = {one.id: WORDS[one.action.args.get("say", "allow")] for one in question.actions}
        whole = all(step["verdict"] == "allow" for step in steps.values())
        return {"verdict": "allow" if whole else "deny", "steps": steps}
    if question.kind is Kind.ACTION and question.action is not None:
        return WORDS[question.action.args.get("say", "allow")]
    return allow_all(question)


@dataclass
class Call:
    """One call of the service that is under way until it is answered."""

    permit: Permit
    action: Action
    _answer: asyncio.Future[Success | Failure]

    def answer(self, outcome: Success | Failure) -> None:
        self._answer.set_result(outcome)

    async def answered(self) -> Success | Failure:
        return await self._answer


class Calls:
    """Tool servers that answer when they are told to."""

    def __init__(self) -> None:
        self.waiting: asyncio.Queue[Call] = asyncio.Queue()
        self.found = Found("unknown")

    async def invoke(self, permit: Permit, action: Action, *, tool_server: str, timeout: float) -> Success | Failure:  # noqa: ASYNC109 - as in Tools
        del tool_server, timeout
        call = Call(permit, action, asyncio.get_running_loop().create_future())
        self.waiting.put_nowait(call)
        return await call.answered()

    async def lookup(self, idempotency_key: str, action: Action, *, tool_server: str, timeout: float) -> Found:  # noqa: ASYNC109 - as in Tools
        del idempotency_key, action, tool_server, timeout
        return self.found


@dataclass
class Firm:
    """The world of a run, the desk at which the service asks, and the calls that are under way."""

    world: World
    desk: Desk
    permits: Permits
    calls: Calls
    ahead: list[timedelta] = field(default_factory=lambda: [timedelta()])

    def agent(self, name: str, *roles: str) -> Caller:
        return Caller(f"{name}-service", self.world.tenant, frozenset(roles), agent=name)

    async def called(self) -> Call:
        async with asyncio.timeout(LONG):
            return await self.calls.waiting.get()

    async def begin(self, **plan: Any) -> tuple[str, Call]:
        run = await self.world.submit(**plan)
        return run, await self.called()

    async def ask(self, token: str, **more: Any) -> Reply:
        """Ask for one action of the writer, unless something else is said."""
        agent = more.pop("agent", "writer")
        caller = more.pop("caller", None) or self.agent(agent)
        args = {"say": more.pop("say", "allow"), **more.pop("args", {})}
        labels, action = join(more.pop("labels", {})), more.pop("action", "box.put")
        wish = Wish(id=more.pop("id", "one"), agent=agent, action=action, args=args, labels=labels)
        (reply,) = await self.desk.decide(caller, DecisionRequest(wishes=(wish,), under_permit=token, **more))
        return reply

    async def ask_many(self, token: str, *words: str) -> tuple[Reply, ...]:
        wishes = tuple(
            Wish(id=f"w{number}", agent="writer", action="box.put", args={"say": word})
            for number, word in enumerate(words)
        )
        request = DecisionRequest(wishes=wishes, batch=True, under_permit=token)
        return await self.desk.decide(self.agent("writer"), request)

    async def end(self, run: str, call: Call, outcome: Success | Failure | None = None) -> RunView:
        call.answer(outcome or Success({}))
        return await self.world.end_of(run)

    async def further(self, run: str) -> list[str]:
        """Return what the trail of a run has of what the service asked for: event, place, agent and code."""
        entries = await self.world.trail.read(self.world.tenant, Wanted(run=run), limit=1000)
        return [_line(entry.record) for entry in entries if "under" in (entry.record.get("detail") or {})]

    def operator(self) -> Caller:
        return self.world.person("olga", Role.OPERATOR, Role.PLATFORM_OPERATOR)


def _line(record: Mapping[str, Any]) -> str:
    decision, detail = record.get("decision") or {}, record["detail"]
    said = [detail["refused"]] if "refused" in detail else decision.get("codes") or []
    verdict = [decision["verdict"]] if decision else []
    place = f"{record['step']}/{detail['item']}"
    return " ".join([record["event"], place, record["actor"]["id"], *verdict, *said])


@contextlib.asynccontextmanager
async def open_firm(database: Database, listener: Listener, tenant: str, declared: Catalogue) -> AsyncIterator[Firm]:
    """Open everything; runs that are left are cut off at the end."""
    ahead = [timedelta()]

    def clock() -> datetime:
        return utc_now() + ahead[0]

    def nothing(_: Action) -> Success:
        raise AssertionError("the calls are made elsewhere")

    world = await open_world(database, listener, tenant, declared, by_word, nothing, clock=clock)
    calls = Calls()
    # The one place that holds the tools; the world makes them before anybody can say which.
    object.__setattr__(world.parts, "tools", calls)
    gate = world.parts.gate
    mandates = Mandates(database.engine, gate.issuer, clock, Origins(world.parts))
    desk = Desk(database.engine, gate, clock, lambda _: declared, mandates)
    try:
        yield Firm(world, desk, Permits(database.engine, world.trail, clock), calls, ahead)
    finally:
        await world.durable.close()


def without(replies: tuple[Reply, ...]) -> list[str]:
    """Return for each reply ``allow``, or the first code of why not."""
    return ["allow" if reply.leave is not None else reply.decided.codes[0] for reply in replies]


def other_tenant(caller: Caller) -> Caller:
    return replace(caller, tenant=f"{caller.tenant}-other")
