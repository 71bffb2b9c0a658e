"""Everything that decides for agents that act themselves: real PostgreSQL, trail and gate; decisions are scripted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.decisions.desk import Desk
from assent_orchestrator.decisions.mandates import Mandates
from assent_orchestrator.decisions.permits import Permits
from assent_orchestrator.decisions.request import DecisionRequest, Reply, Wish
from assent_orchestrator.governance.barrier import Barrier
from assent_orchestrator.governance.gate import Gate
from assent_orchestrator.governance.ledgers import Ledgers
from assent_orchestrator.governance.mandate import Origin
from assent_orchestrator.governance.permit import PermitIssuer
from assent_orchestrator.governance.stop import Scope, Stop, declares
from assent_orchestrator.governance.stops import Order, Stops
from assent_orchestrator.plan.digests import Digests
from assent_orchestrator.store.postgres import Database
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.ledger import Ledger
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.world import ScriptedDecisionPoint, catalogue

APPROVAL = {"stages": [{"role": "director"}]}


def reserving(**obligation: str) -> dict[str, Any]:
    return {"verdict": "allow", "obligations": [{"type": "reserve", **obligation}]}


WORDS: dict[str, dict[str, Any]] = {
    "allow": {"verdict": "allow"},
    "deny": {"verdict": "deny", "reasons": [{"code": "NO", "message": "because"}]},
    "halt": {"verdict": "halt", "reasons": [{"code": "STOP", "message": "at once"}]},
    "held": {"verdict": "require_approval", "reasons": [{"code": "BIG"}], "approval": APPROVAL},
    "later": {"verdict": "defer", "defer_until": "2030-01-01T00:00:00Z"},
    "notify": {"verdict": "allow", "obligations": [{"type": "notify", "role": "boss"}]},
    "seven": reserving(ledger="money", amount="7"),
    "told": reserving(ledger="money", amount="7", actual="/n"),
    "unknown_ledger": reserving(ledger="gold", amount="1"),
    "by_run": reserving(ledger="of_run", amount="1"),
    "too_exact": reserving(ledger="money", amount="0.001"),
    "entrust": {"verdict": "allow", "obligations": [{"type": "entrust", "ledgers": {"money": "1"}}]},
    "redact": {"verdict": "allow", "obligations": [{"type": "redact", "path": "/secret"}]},
}


MONEY = Ledger(title="Money", owner="cfo", unit="EUR", limit="20")
LEDGERS = {"money": MONEY, "of_run": MONEY.model_copy(update={"window": "run"})}


def by_word(question: Question) -> Mapping[str, Any]:
    """Answer what the argument ``say`` of each action asks for."""
    if question.kind is Kind.BATCH:
        steps = {one.id: WORDS[one.action.args.get("say", "allow")] for one in question.actions}
        whole = all(step["verdict"] == "allow" for step in steps.values())
        return {"verdict": "allow" if whole else "deny", "steps": steps}
    assert question.action is not None
    return WORDS[question.action.args.get("say", "allow")]


@dataclass
class Office:
    tenant: str
    desk: Desk
    stops: Stops
    permits: Permits
    trail: Trail
    issuer: PermitIssuer
    decisions: ScriptedDecisionPoint
    now: list[datetime] = field(default_factory=list)

    @property
    def alice(self) -> Caller:
        return Caller("alice", self.tenant, frozenset({Role.SUBMITTER}))

    @property
    def operator(self) -> Caller:
        return Caller("olga", self.tenant, frozenset({Role.OPERATOR}))

    async def stop(self, scope: Scope, value: str = "") -> Stop:
        return await self.stops.create(self.operator, Order(scope, value, "to look into it"))

    async def lift(self, stop: Stop) -> Stop:
        return await self.stops.lift(self.operator, stop.id, "looked into")

    def forward(self, **time: float) -> None:
        self.now[0] += timedelta(**time)

    async def ask(self, say: str = "allow", caller: Caller | None = None, **more: Any) -> Reply:
        wish = Wish(id="one", agent="bot", action="box.put", args={"say": say, **more.pop("args", {})})
        (reply,) = await self.desk.decide(caller or self.alice, DecisionRequest(wishes=(wish,), **more))
        return reply

    async def ask_many(self, *words: str, **more: Any) -> tuple[Reply, ...]:
        wishes = tuple(
            Wish(id=f"w{number}", agent="bot", action="box.put", args={"say": word})
            for number, word in enumerate(words)
        )
        enough = more.pop("enough", None)
        request = DecisionRequest(wishes=wishes, batch=True, **more)
        return await self.desk.decide(self.alice, request, enough=enough)

    async def records(self) -> list[dict[str, Any]]:
        return [entry.record for entry in await self.trail.read(self.tenant, limit=1000)]

    async def events(self) -> list[str]:
        return [record["event"] for record in await self.records()]


def two_systems() -> Catalogue:
    """The catalogue of runs, and a second system that is just like the first."""
    scratch = {"retention": "temporary", "purpose": "to go on", "owner": "it", "ttl": "1h"}
    pins = {"retention": "never", "purpose": "to pay", "owner": "it", "labels": ["pin"]}
    memory = Memory.from_json({"classes": {"scratch": scratch, "pins": pins}})
    declared = catalogue([{"id": "s", "action": "box.put"}], memory=memory)
    systems = {**declared.systems, "crate": declared.systems["box"].model_copy(update={"name": "crate"})}
    bot = declared.agents["bot"]
    agents = {"bot": bot.model_copy(update={"may": (*bot.may, "crate.put")})}
    return declared.model_copy(update={"systems": systems, "agents": agents})


class NoRuns:
    """There are none here."""

    async def find(self, tenant: str, run_id: str, row_id: str) -> Origin | None:
        raise AssertionError(f"{tenant} has no run {run_id} with {row_id}")


async def nobody_waits(stop: Stop) -> None:
    del stop


def open_office(database: Database, tenant: str, ledgers: Mapping[str, Ledger] = LEDGERS) -> Office:
    now = [datetime.now(UTC)]
    decisions, issuer = ScriptedDecisionPoint(by_word), PermitIssuer.generate()
    trail = Trail(database.engine, lambda: now[0])
    gate = Gate(
        decisions,
        trail,
        issuer,
        lambda: now[0],
        Barrier(database.engine),
        Ledgers(database.engine, lambda _: declared),
        lambda _: declared.memory,
        Digests.fresh(),
    )
    declared = two_systems().model_copy(update={"ledgers": dict(ledgers)})
    return Office(
        tenant=tenant,
        desk=Desk(
            database.engine,
            gate,
            lambda: now[0],
            lambda _: declared,
            Mandates(database.engine, issuer, lambda: now[0], NoRuns()),
        ),
        stops=Stops(
            database.engine, trail, lambda: now[0], lambda _, scope, name: declares(declared, scope, name), nobody_waits
        ),
        permits=Permits(database.engine, trail, lambda: now[0]),
        trail=trail,
        issuer=issuer,
        decisions=decisions,
        now=now,
    )
