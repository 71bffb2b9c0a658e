"""What is not to be said in a list of cases: stops, an engine or a trail that is away, and many sets of labels."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from ruamel.yaml import YAML

from assent_orchestrator.audit.trail import AuditUnavailableError, Trail
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.errors import InvalidError
from assent_orchestrator.governance.stop import Scope
from assent_orchestrator.governance.stops import Order, Stops
from assent_orchestrator.memory.custody import Custody
from assent_orchestrator.memory.recalling import MOST_SETS
from assent_orchestrator.store.handoff_tables import handoffs
from assent_orchestrator.store.memory_tables import holds, memories, receipts
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.store.tables import runs
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.decision import Decided
from assent_sidecar.question import Question
from tests.orchestrator.execution.world import ScriptedDecisionPoint
from tests.orchestrator.memory.office import Office

CASES = Path(__file__).parents[2] / "cases/memories"
DECLARED = Catalogue.from_json(YAML(typ="safe", pure=True).load((CASES / "catalogue.yaml").read_text(encoding="utf-8")))
ABOUT = {"class": "preferences", "purpose": "How a client wants its notes", "subject": "client/ACME Ltd"}


@pytest.fixture
def office(database: Database, fresh_tenant: str) -> Office:
    return Office(database, fresh_tenant, DECLARED)


async def stored(office: Office, table: sa.Table = memories) -> int:
    async with office.database.engine.connect() as tx:
        query = sa.select(sa.func.count()).select_from(table).where(table.c.tenant == office.tenant)
        return int(await tx.scalar(query) or 0)


async def stop_drafting(office: Office) -> None:
    """Stop the agent."""

    async def wake(*_: Any) -> None:
        """Nothing runs here."""

    stops = Stops(office.database.engine, office.keeper.trail, lambda: office.now, lambda *_: True, wake)
    await stops.create(office.caller("otto:operator"), Order(Scope.AGENT, "drafting", "to look into it"))


@pytest.mark.requirement("orchestrator.memory-decided")
async def test_without_an_engine_nothing_is_remembered_recalled_or_forgotten(office: Office) -> None:
    await office.do("remember", {**ABOUT, "value": 1})
    office.decisions.away = True
    for operation in ("remember", "recall", "forget", "list", "hold"):
        asked: dict[str, Any] = (
            {"subject": ABOUT["subject"], "reason": "x"} if operation in ("forget", "hold") else ABOUT
        )
        said = await office.do(operation, asked)
        assert (said["verdict"], said["refusal"]) == ("deny", "ENGINE_UNAVAILABLE"), operation
        assert not said.get("values")
    assert (await stored(office), await stored(office, holds), await stored(office, receipts)) == (1, 0, 0)


@pytest.mark.requirement("orchestrator.memory-decided")
async def test_a_trail_that_cannot_be_written_leaves_everything_as_it_was(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.do("remember", {**ABOUT, "value": 1})

    async def away(*_: Any) -> None:
        raise AuditUnavailableError("the trail cannot be written")

    with monkeypatch.context() as patched:
        patched.setattr(Trail, "append", away)
        for operation in ("remember", "recall", "forget", "hold"):
            asked: dict[str, Any] = {"subject": ABOUT["subject"], "reason": "x"}
            asked = asked if operation in ("forget", "hold") else ABOUT
            assert await office.do(operation, asked) == {"error": "AUDIT_UNAVAILABLE"}
    assert (await stored(office), await stored(office, holds), await stored(office, receipts)) == (1, 0, 0)
    assert (await office.do("recall", ABOUT))["values"] == [1]


@pytest.mark.requirement("orchestrator.memory-decided")
async def test_an_agent_that_is_stopped_has_no_use_of_memory_and_others_do(office: Office) -> None:
    await office.do("remember", {**ABOUT, "value": 1})
    await stop_drafting(office)
    said = await office.do("recall", {**ABOUT, "who": "agent/drafting"})
    assert (said["refusal"], said["values"]) == ("STOPPED", [])
    assert (await office.do("recall", {**ABOUT, "who": "agent/mailer"}))["values"] == [1]


@pytest.mark.requirement("orchestrator.services-ask")
async def test_an_agent_that_is_a_service_has_no_memory_beside_what_it_is_called_for(
    database: Database, fresh_tenant: str
) -> None:
    declared = DECLARED.to_json()
    draft = {"title": "Draft", "effect": "write", "arguments": {}, "result": {}}
    declared["systems"]["scribe"] = {
        "name": "scribe",
        "title": "The drafter",
        "owner": "it",
        "tool_server": "scribe",
        "kind": "agent",
        "agent": "drafting",
        "operations": {"draft": draft},
    }
    office = Office(database, fresh_tenant, Catalogue.from_json(declared))
    await office.do("remember", {**ABOUT, "value": 1})
    before = await office.recorded()
    for operation, more in (("remember", {"value": 2}), ("recall", {}), ("list", {}), ("forget", {"reason": "x"})):
        said = await office.do(operation, {**ABOUT, **more, "who": "agent/drafting"})
        assert said == {"error": "UNDER_PERMIT_NEEDED"}, operation
    assert await office.recorded() == before
    assert await stored(office) == 1
    assert (await office.do("recall", {**ABOUT, "who": "agent/mailer"}))["values"] == [1]


@pytest.mark.requirement("orchestrator.memory-encrypted")
async def test_a_value_that_was_changed_in_the_database_is_not_returned_and_that_is_recorded(office: Office) -> None:
    await office.do("remember", {**ABOUT, "value": 1})
    async with office.database.engine.begin() as tx:
        await tx.execute(sa.update(memories).where(memories.c.tenant == office.tenant).values(labels=["open"]))
    assert await office.do("recall", ABOUT) == {"error": "MEMORY_UNREADABLE"}
    [*_, last] = await office.recorded()
    assert (last["event"], last["detail"]["code"]) == ("memory.refused", "MEMORY_UNREADABLE")


@pytest.mark.requirement("orchestrator.memory-ttl")
async def test_a_class_may_keep_values_for_longer_than_there_is_a_calendar(
    database: Database, fresh_tenant: str
) -> None:
    classes = dict(DECLARED.memory.classes)
    classes["preferences"] = classes["preferences"].model_copy(update={"ttl": "999999999d"})
    declared = DECLARED.model_copy(update={"memory": DECLARED.memory.model_copy(update={"classes": classes})})
    office = Office(database, fresh_tenant, declared)
    assert (await office.do("remember", {**ABOUT, "value": 1}))["verdict"] == "allow"
    assert (await office.do("recall", ABOUT))["values"] == [1]


@pytest.mark.requirement("orchestrator.memory-ttl")
async def test_what_is_in_a_class_that_is_gone_is_not_recalled_and_stays_until_the_subject_is_forgotten(
    office: Office,
) -> None:
    await office.do("remember", {**ABOUT, "value": 1})
    classes = {name: one for name, one in DECLARED.memory.classes.items() if name != ABOUT["class"]}
    without = DECLARED.model_copy(update={"memory": DECLARED.memory.model_copy(update={"classes": classes})})
    later = Office(office.database, office.tenant, without)
    assert await later.do("recall", ABOUT) == {"error": "UNKNOWN_CLASS"}
    await later.sweep()
    assert (await later.do("list", {"subject": ABOUT["subject"]}))["classes"] == ["preferences"]
    about = {"subject": ABOUT["subject"], "reason": "the class is gone"}
    assert await later.do("forget", {**about, "class": "preferences"}) == {"error": "UNKNOWN_CLASS"}
    assert (await later.do("forget", about))["forgotten"] == {"preferences": 1}
    assert await stored(later) == 0


@pytest.mark.requirement("orchestrator.memory-labels")
async def test_no_value_is_returned_whose_labels_were_not_asked_about(office: Office) -> None:
    for number in range(MOST_SETS + 3):
        await office.do("remember", {**ABOUT, "value": number, "labels": {"": (f"l{number:02}",)}})
    before = len(office.decisions.asked)
    said = await office.do("recall", ABOUT)
    asked = [set(one.memory.labels) for one in office.decisions.asked[before:] if one.memory is not None]
    assert asked[0] == set()
    assert len(asked) == MOST_SETS + 1
    assert (len(said["values"]), said["withheld"]) == (MOST_SETS, 3)
    assert all({f"l{value:02}", "untrusted"} in asked for value in said["values"])


@dataclass
class Slow:
    """Answers about labels, of those who wait for it the last one first; ``before`` happens before it does at all."""

    behind: ScriptedDecisionPoint
    before: Callable[[], Awaitable[None]] | None = None
    waiting: list[asyncio.Event] = field(default_factory=list)
    most: int = 0
    said: dict[str, tuple[str, ...]] = field(default_factory=dict)

    async def decide(self, question: Question, *, budget: float) -> Decided:
        assert question.memory is not None
        if question.memory.labels:
            before, self.before = self.before, None
            if before is not None:
                await before()
            turn = asyncio.Event()
            self.waiting.append(turn)
            self.most = max(self.most, len(self.waiting))
            asyncio.get_running_loop().call_soon(lambda: self.waiting.pop().set())
            await asyncio.wait_for(turn.wait(), 60)
        decided = await self.behind.decide(question, budget=budget)
        self.said[decided.provenance.decision_id] = question.memory.labels
        return decided


async def of_many_sets(office: Office, count: int, before: Callable[[], Awaitable[None]] | None = None) -> Slow:
    """Have values remembered with so many sets of labels, and their policies answer in another order than asked."""
    for number in range(count):
        await office.do("remember", {**ABOUT, "value": number, "labels": {"": (f"l{number:02}",)}})
    slow = Slow(office.decisions, before)
    office.keeper = replace(office.keeper, gate=replace(office.keeper.gate, decision_point=slow))
    return slow


@pytest.mark.requirement("orchestrator.memory-labels")
async def test_sets_of_labels_are_asked_about_a_few_at_a_time_and_recorded_in_their_order(office: Office) -> None:
    slow = await of_many_sets(office, 9)
    seq = (await office.recorded())[-1]["seq"]
    assert len((await office.do("recall", ABOUT))["values"]) == 9
    assert slow.most == 4
    records = await office.recorded(seq)
    assert [one["event"] for one in records] == ["decision.made"] * 10 + ["memory.recalled"]
    told = [slow.said[one["decision"]["id"]] for one in records[:-1]]
    assert told == [(), *((f"l{number:02}", "untrusted") for number in range(9))]
    assert told != list(slow.said.values()), "they were answered in this order anyway"


@pytest.mark.requirement("orchestrator.memory-labels")
async def test_without_room_for_one_of_the_questions_none_is_recorded_and_nothing_returned(office: Office) -> None:
    await of_many_sets(office, 9)
    seq = (await office.recorded())[-1]["seq"]
    office.decisions.busy = frozenset({len(office.decisions.asked) + 4})
    assert await office.do("recall", ABOUT) == {"error": "ENGINE_BUSY"}
    assert [one["event"] for one in await office.recorded(seq)] == ["decision.made"], "that of the recall itself"


@pytest.mark.requirement("orchestrator.memory-decided")
async def test_a_stop_that_comes_while_labels_are_asked_about_withholds_what_has_them(office: Office) -> None:
    async def stop() -> None:
        await stop_drafting(office)

    await of_many_sets(office, 3, stop)
    seq = (await office.recorded())[-1]["seq"]
    said = await office.do("recall", {**ABOUT, "who": "agent/drafting"})
    assert (said["values"], said["withheld"]) == ([], 3)
    codes = [one["decision"]["codes"] for one in await office.recorded(seq) if one["event"] == "decision.made"]
    assert codes == [[], ["STOPPED"], ["STOPPED"], ["STOPPED"]]


@pytest.mark.requirement("orchestrator.handoff-entrusts")
@pytest.mark.parametrize(
    ("memory", "code"), [([], "HANDOFF_WITHHELD"), (["findings"], "HANDOFF_WITHHELD"), (["preferences"], None)]
)
async def test_what_was_not_handed_over_is_not_to_be_had_here_either(
    office: Office, memory: list[str], code: str | None
) -> None:
    run = f"{office.tenant}-run"
    row = {
        "tenant": office.tenant, "id": run, "request_digest": "", "process": "review", "process_version": "1",
        "revision": "", "plan": {}, "plan_digest": "sha256:" + "0" * 64, "principal": {}, "submitter": "alice",
        "state": "running", "created_at": office.now, "updated_at": office.now,
    }  # fmt: skip
    passed = {
        "run_id": run, "source": "mailer", "target": "drafting", "digest": "d", "revision": "r", "step_id": "s",
        "decision_id": "d", "redactions": [], "entrusts": [{"type": "entrust", "memory": memory}],
        "decided_at": office.now,
    }  # fmt: skip
    async with office.database.engine.begin() as tx:
        await tx.execute(sa.insert(runs).values(row))
        await tx.execute(sa.insert(handoffs).values(passed))
    for agent, refusal in (("drafting", code), ("mailer", None)):
        for operation, more in (("remember", {"value": 1}), ("recall", {})):
            said = await office.do(operation, {**ABOUT, **more, "agent": agent, "run": run})
            assert said.get("error") == refusal, (agent, operation)
    refused = [one for one in await office.recorded() if one["event"] == "memory.refused"]
    assert len(refused) == (2 if code else 0)


@pytest.mark.requirement("orchestrator.memory-badly")
@pytest.mark.parametrize("subject", ["client/ACME Ltd ", "client/AC\u200bME Ltd", "client/Zoe\u0308"])
async def test_who_only_looks_like_somebody_else_has_no_holds_and_no_memories(office: Office, subject: str) -> None:
    caller = Caller("carla", office.tenant, frozenset({Role.AUDITOR}))
    with pytest.raises(InvalidError) as caught:
        await Custody(office.keeper).list(caller, subject=subject)
    assert [fault.field for fault in caught.value.faults] == ["subject"]
    assert caught.value.code in {"SUBJECT_UNSEEN", "SUBJECT_NOT_NFC"}
    assert (await office.do("list", {"subject": subject}))["error"] == caught.value.code
