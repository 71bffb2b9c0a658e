"""Memory as callers use it: real PostgreSQL, trail and gate; the policies are a list of rules, the time is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import AssentError
from assent_orchestrator.governance.barrier import Barrier
from assent_orchestrator.governance.gate import Gate
from assent_orchestrator.governance.ledgers import Ledgers
from assent_orchestrator.governance.permit import PermitIssuer
from assent_orchestrator.memory.custody import Custody
from assent_orchestrator.memory.expiry import Expiry
from assent_orchestrator.memory.keeper import Answer, Keeper
from assent_orchestrator.memory.memories import Memories
from assent_orchestrator.memory.recalling import Recalling
from assent_orchestrator.memory.vault import Vault
from assent_orchestrator.memory.wish import Terms, Wish
from assent_orchestrator.plan.digests import Digests
from assent_orchestrator.store.postgres import Database
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.model import seconds
from assent_sidecar.question import Question
from tests.orchestrator.execution.world import ScriptedDecisionPoint, deny
from tests.orchestrator.memory.entries import MASTER, NOW

APPROVAL = {"stages": [{"role": "counsel"}]}
WORDS: dict[str, dict[str, Any]] = {
    "allow": {"verdict": "allow"},
    "deny": {"verdict": "deny", "reasons": [{"code": "NOT_YOURS", "message": "because"}]},
    "halt": {"verdict": "halt", "reasons": [{"code": "STOP_IT"}]},
    "held": {"verdict": "require_approval", "reasons": [{"code": "ASK_FIRST"}], "approval": APPROVAL},
    "later": {"verdict": "defer", "reasons": [{"code": "LATER"}], "defer_until": "2030-01-01T00:00:00Z"},
    "notify": {"verdict": "allow", "obligations": [{"type": "notify", "role": "boss"}]},
}

Rule = Mapping[str, Any]
"""``when`` says which questions it is about, ``say`` what is answered: a word, or the obligation that comes with it."""


def answer(rules: Sequence[Rule], question: Question) -> Mapping[str, Any]:
    """Answer as the first rule that fits says; without one, nobody grants it."""
    for rule in rules:
        if all(_fits(question, name, wanted) for name, wanted in rule.get("when", {}).items()):
            said = rule["say"]
            return WORDS[said] if isinstance(said, str) else {"verdict": "allow", "obligations": [said]}
    return deny()


def _fits(question: Question, name: str, wanted: Any) -> bool:
    assert question.memory is not None
    facts = question.memory
    found: dict[str, Any] = {
        "operation": facts.operation,
        "class": facts.memory_class,
        "purpose": facts.purpose,
        "subject": facts.subject,
        "retention": facts.retention,
        "agent": question.agent.id if question.agent else None,
        "who": question.principal.id,
        "process": question.process.name if question.process else None,
    }
    match name:
        case "label":
            return wanted in facts.labels
        case "longer_than":
            return facts.ttl is not None and seconds(facts.ttl) > seconds(wanted)
        case "larger_than":
            return facts.size > int(wanted)
        case _:
            return bool(found[name] == wanted)


@dataclass
class Office:
    """One tenant's memory; ``rules`` are the policies."""

    database: Database
    tenant: str
    declared: Catalogue
    rules: Sequence[Rule] = ({"say": "allow"},)
    now: datetime = NOW
    decisions: ScriptedDecisionPoint = field(init=False)
    keeper: Keeper = field(init=False)

    def __post_init__(self) -> None:
        engine, declared = self.database.engine, self.declared
        self.decisions = ScriptedDecisionPoint(lambda question: answer(self.rules, question))
        trail = Trail(engine, lambda: self.now)
        barrier, ledgers = Barrier(engine), Ledgers(engine, lambda _: declared)
        issuer, digests = PermitIssuer.generate(), Digests.fresh()
        gate = Gate(
            self.decisions, trail, issuer, lambda: self.now, barrier, ledgers, lambda _: declared.memory, digests
        )
        memories = Memories(Vault(MASTER))
        self.keeper = Keeper(engine, trail, gate, lambda: self.now, memories, lambda _: declared)

    def caller(self, who: str) -> Caller:
        """Return a caller: ``name``, ``name:role`` or, for an agent, ``agent/name``."""
        name, _, role = who.partition(":")
        agent = name.removeprefix("agent/") if name.startswith("agent/") else ""
        roles = frozenset({role or "submitter"}) if not agent else frozenset()
        return Caller(agent or name, self.tenant, roles, agent=agent)

    async def do(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Ask, and return what came of it in words."""
        words = dict(asked)
        caller = self.caller(words.pop("who", "alice"))
        terms = Terms(**{name: words.pop(name, "") for name in ("agent", "process", "run", "on_behalf_of")})
        hold = words.pop("hold", "")
        only = words.pop("only_labels", None)
        if "class" in words:
            words["memory_class"] = words.pop("class")
        wish = Wish(operation, terms=terms, only_labels=frozenset(only) if only else None, **words)  # type: ignore[arg-type]
        try:
            return await self._done(caller, wish, hold)
        except AssentError as error:
            return {"error": error.code}

    async def _done(self, caller: Caller, wish: Wish, hold: str) -> dict[str, Any]:
        custody = Custody(self.keeper)
        match wish.operation:
            case "remember":
                said, made = await self.keeper.remember(caller, wish)
                return _said(said) | ({"id": made.id, "labels": list(made.labels), "again": made.again} if made else {})
            case "recall":
                said, found = await Recalling(self.keeper).recall(caller, wish)
                told = {"values": [one.value for one in found.values], "withheld": found.withheld}
                return (
                    _said(said)
                    | told
                    | {"labels": [{at: list(names) for at, names in one.labels.items()} for one in found.values]}
                )
            case "forget":
                said, forgotten = await self.keeper.forget(caller, wish)
                if forgotten is None:
                    return _said(said)
                receipt = forgotten.receipt
                told = {"forgotten": dict(receipt.forgotten), "key_destroyed": receipt.key_destroyed}
                return _said(said) | told | {"seq": forgotten.record_seq, "audit": list(forgotten.audit_classes)}
            case "list":
                said, page = await self.keeper.list(caller, wish)
                return _said(said) | {
                    "classes": [one.known.name for one in page.items],
                    "held": [one.held for one in page.items],
                }
            case "hold":
                said, placed = await custody.place(caller, wish)
                return _said(said) | ({"id": placed.id} if placed else {})
            case "lift":
                said, lifted = await custody.lift(caller, hold, wish)
                return _said(said) | ({"lifter": lifted.lifted_by} if lifted else {})

    async def sweep(self) -> None:
        """Have everything removed that is over."""
        expiry = Expiry(self.database.engine, self.keeper.trail, lambda: self.now)
        while await expiry.sweep():
            pass

    def wait(self, duration: str) -> None:
        self.now += timedelta(seconds=seconds(duration))

    async def recorded(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the records of the tenant after so many."""
        entries = await self.keeper.trail.read(self.tenant, Wanted(), after_seq=after, limit=1000)
        return [{**entry.record, "seq": entry.seq} for entry in entries]


def _said(said: Answer) -> dict[str, Any]:
    told: dict[str, Any] = {"verdict": str(said.decided.verdict)}
    return told | ({"refusal": said.refusal} if said.refusal else {})
