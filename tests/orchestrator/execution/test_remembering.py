"""The obligation ``remember``: with the outcome or not at all, and where it cannot be, nothing is done."""

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.caller import Role
from assent_orchestrator.errors import InvalidError
from assent_orchestrator.execution.reconciliation import Evidence, Settlement
from assent_orchestrator.execution.runs import etag_of
from assent_orchestrator.memory.entry import Recalled, Sought
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.store.memory_tables import memories
from assent_orchestrator.store.tables import trail
from assent_orchestrator.tools.outcome import Failure, Found, Success
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import ALLOW, Ruler, World, deny, for_actions, reaches

PURPOSE = "how a renewal ended, for the next one"
MEMORY = Memory.from_json(
    {
        "classes": {
            "outcomes": {"retention": "long_term", "purpose": PURPOSE, "owner": "boss", "ttl": "30d"},
            "secrets": {
                "retention": "never",
                "purpose": "no place here",
                "owner": "boss",
                "labels": ["confidential"],
            },
        }
    }
)
REMEMBER: dict[str, Any] = {
    "type": "remember",
    "class": "outcomes",
    "purpose": PURPOSE,
    "subject": "/account",
    "path": "/n",
}
STEPS = [{"id": "only", "action": "box.put", "args": {"account": "ACME"}}]
GET = [{"id": "only", "action": "box.get", "args": {"account": "ACME"}}]


def obliged(**changes: Any) -> Ruler:
    return for_actions(lambda _: {**ALLOW, "obligations": [{**REMEMBER, **changes}]})


async def remembered(world: World) -> list[Recalled]:
    assert world.parts.memory is not None
    declared = MEMORY.classes["outcomes"]
    async with world.parts.engine.connect() as tx:
        sought = Sought(world.tenant, "outcomes", declared, "ACME", world.parts.clock())
        return list((await world.parts.memory.memories.recall(tx, sought)).values)


async def count(world: World) -> int:
    async with world.parts.engine.connect() as tx:
        query = sa.select(sa.func.count()).select_from(memories).where(memories.c.tenant == world.tenant)
        return int((await tx.execute(query)).scalar_one())


@pytest.mark.requirement("orchestrator.obligation-remember")
async def test_what_an_action_returned_is_remembered_with_its_outcome(make_world: MakeWorld) -> None:
    world = await make_world(STEPS, memory=MEMORY, ruler=obliged(), tool=lambda _: Success({"n": 7}))
    view = await world.end_of(await world.submit())
    assert view.run.state == "succeeded"
    assert [one.value for one in await remembered(world)] == [7]
    records = await world.trail.read(world.tenant, Wanted(run=view.run.id), limit=100)
    (kept,) = [one.record for one in records if one.record["event"] == "memory.remembered"]
    assert (kept["step"], kept["actor"]["id"]) == ("only", "bot")
    together = sa.select(trail.c.event).where(
        trail.c.run_id == view.run.id,
        sa.literal_column("xmin::text")
        == sa.select(sa.literal_column("xmin::text"))
        .select_from(trail)
        .where(trail.c.run_id == view.run.id, trail.c.event == "action.succeeded")
        .scalar_subquery(),
    )
    async with world.parts.engine.connect() as tx:
        assert "memory.remembered" in (await tx.execute(together)).scalars().all()


@pytest.mark.requirement("orchestrator.obligation-remember")
@pytest.mark.parametrize(
    "changes",
    [
        {"class": "gossip"},
        {"class": "secrets", "purpose": "no place here"},
        {"purpose": "advertising"},
        {"subject": "/client"},
        {"subject": "/account/id"},
    ],
)
async def test_what_cannot_be_remembered_is_not_done(make_world: MakeWorld, changes: dict[str, Any]) -> None:
    world = await make_world(STEPS, memory=MEMORY, ruler=obliged(**changes))
    view = await world.end_of(await world.submit())
    assert (view.steps[0].state, view.steps[0].reason) == ("denied", "OBLIGATION_UNFULFILLED")
    assert (world.tools.calls, await count(world)) == ([], 0)


@pytest.mark.requirement("orchestrator.obligation-remember", "orchestrator.memory-badly")
@pytest.mark.parametrize(
    ("account", "code"),
    [("ACME ", "SUBJECT_UNSEEN"), ("AC\u200bME", "SUBJECT_UNSEEN"), ("Zoe\u0308", "SUBJECT_NOT_NFC")],
)
async def test_nothing_is_remembered_about_who_only_looks_like_somebody_else(
    make_world: MakeWorld, account: str, code: str
) -> None:
    steps = [{"id": "only", "action": "box.put", "args": {"account": account}}]
    world = await make_world(steps, memory=MEMORY, ruler=obliged())
    view = await world.end_of(await world.submit())
    assert (view.steps[0].state, view.steps[0].reason) == ("denied", "OBLIGATION_UNFULFILLED")
    assert code in str(view.steps[0])
    assert (world.tools.calls, await count(world)) == ([], 0)


@pytest.mark.requirement("orchestrator.obligation-remember")
@pytest.mark.parametrize(("changes", "verdict"), [({}, "allow"), ({"purpose": "advertising"}, "deny")])
async def test_a_forecast_says_whether_it_can_be_remembered(
    make_world: MakeWorld, changes: dict[str, Any], verdict: str
) -> None:
    said = {**ALLOW, "steps": {"only": {**ALLOW, "obligations": [{**REMEMBER, **changes}]}}}

    def ruler(question: Question) -> Mapping[str, Any]:
        tried = {one.id: deny() for one in question.trials}  # why it is refused is looked for, and not found
        return {**deny(), "steps": tried} if question.kind is Kind.TRIAL else said

    world = await make_world(STEPS, memory=MEMORY, ruler=ruler)
    found = (await world.simulations.simulate(world.alice, Plan(process="work"))).decided.decision.steps["only"]
    codes = [one.code for one in found.reasons]
    assert (found.verdict, codes) == (verdict, ["OBLIGATION_UNFULFILLED"] if changes else [])


@pytest.mark.requirement("orchestrator.obligation-remember")
@pytest.mark.parametrize(
    ("result", "path"), [({"n": 7}, "/m"), ({"n": 7, "long": "x" * 70_000}, "/long"), ({"n": 7, "secret": "s"}, "")]
)
async def test_a_step_of_which_nothing_can_be_remembered_after_all_fails(
    make_world: MakeWorld, result: dict[str, Any], path: str
) -> None:
    world = await make_world(GET, memory=MEMORY, ruler=obliged(path=path), tool=lambda _: Success(result))
    view = await world.end_of(await world.submit())
    step = view.steps[0]
    assert (step.state, step.reason, step.output) == ("failed", "OBLIGATION_UNFULFILLED", None)
    assert "ACME" not in (step.message or "")
    (done,) = [
        one.record["effect"]
        for one in await world.trail.read(world.tenant, Wanted(run=view.run.id), limit=100)
        if one.record["event"] == "action.succeeded"
    ]
    assert done["error"] == "OBLIGATION_UNFULFILLED"
    assert await count(world) == 0


@pytest.mark.requirement("orchestrator.obligation-remember")
async def test_an_outcome_that_is_found_out_later_is_remembered_once(make_world: MakeWorld) -> None:
    lost = Failure("TOOL_LOST", "the connection broke", True, "unknown")
    world = await make_world(STEPS, memory=MEMORY, ruler=obliged(), tool=lambda _: lost)
    world.tools.found = Found("done", {"n": 9})
    assert (await world.end_of(await world.submit())).run.state == "succeeded"
    assert [one.value for one in await remembered(world)] == [9]


@pytest.mark.requirement("orchestrator.obligation-remember")
async def test_what_a_person_says_was_done_is_remembered_or_the_word_does_not_count(make_world: MakeWorld) -> None:
    lost = Failure("TOOL_LOST", "the connection broke", True, "unknown")
    world = await make_world(STEPS, memory=MEMORY, ruler=obliged(), tool=lambda _: lost)
    world.tools.found = Found("never")
    run = await world.submit()
    await reaches(world, run, "only", "unknown")
    otto = world.person("otto", Role.OPERATOR)

    async def settle(result: dict[str, Any]) -> None:
        etag = etag_of((await world.runs.get(otto, run)).run)
        said = Evidence(Settlement.DONE, "I looked", etag, has_result=True, result=result)
        await world.reconciliations.reconcile(otto, run, "only", said)

    with pytest.raises(InvalidError) as told:
        await settle({"other": 1})
    assert [fault.code for fault in told.value.faults] == ["OBLIGATION_UNFULFILLED"]
    assert (await world.runs.get(otto, run)).steps[0].state == "unknown"
    await settle({"n": 11})
    assert (await world.end_of(run)).run.state == "succeeded"
    (one,) = await remembered(world)
    assert (one.value, one.labels) == (11, {"": ("untrusted",)})


def denied_memory(verdict: Mapping[str, Any]) -> tuple[Ruler, list[Question]]:
    """A department obligates it; the organisation says ``verdict`` of remembering what is labelled as pii."""
    asked: list[Question] = []
    duty = obliged(path="")

    def ruler(question: Question) -> Mapping[str, Any]:
        if question.kind is not Kind.MEMORY:
            return duty(question)
        asked.append(question)
        assert question.memory is not None
        return verdict if "pii" in question.memory.labels else ALLOW

    return ruler, asked


@pytest.mark.requirement("orchestrator.obligation-remember-asked")
@pytest.mark.parametrize(
    "verdict",
    [
        deny("NO_PII"),
        {"verdict": "defer", "defer_until": "2099-01-01T00:00:00Z", "reasons": [{"code": "LATER"}]},
        {**ALLOW, "obligations": [{"type": "redact", "path": "/n"}]},
    ],
)
async def test_what_a_policy_wants_remembered_is_put_to_the_rules_of_memory(
    make_world: MakeWorld, verdict: dict[str, Any]
) -> None:
    ruler, asked = denied_memory(verdict)
    result = Success({"n": 7}, {"/n": ("pii",)})
    world = await make_world(STEPS, memory=MEMORY, ruler=ruler, tool=lambda _: result)
    view = await world.end_of(await world.submit())
    step = view.steps[0]
    assert (step.state, step.reason, step.output) == ("failed", "OBLIGATION_UNFULFILLED", None)
    assert await count(world) == 0
    (question,) = asked
    assert question.memory is not None
    assert question.memory.to_json() == {
        "operation": "remember",
        "class": "outcomes",
        "purpose": PURPOSE,
        "subject": "ACME",
        "labels": ["pii"],
        "ttl": "30d",
        "retention": "long_term",
        "size": len('{"n":7}'),
    }
    assert question.agent is not None
    assert question.process is not None
    assert question.run is not None
    assert question.step is not None
    assert (question.agent.id, question.process.name, question.run.id) == ("bot", "work", view.run.id)
    assert (question.step.id, question.step.attempt, question.principal) == ("only", 1, view.run.principal)
    records = [one.record for one in await world.trail.read(world.tenant, Wanted(run=view.run.id), limit=100)]
    (decision,) = [one for one in records if one.get("decision", {}).get("kind") == "memory"]
    assert (decision["event"], decision["step"]) == ("decision.made", "only")
    assert decision["decision"]["verdict"] == verdict["verdict"]
    assert "memory.remembered" not in [one["event"] for one in records]


@pytest.mark.requirement("orchestrator.obligation-remember-asked")
async def test_what_a_person_says_was_done_is_put_to_the_rules_of_memory(make_world: MakeWorld) -> None:
    lost = Failure("TOOL_LOST", "the connection broke", True, "unknown")
    duty, refused = obliged(), [True]

    def ruler(question: Question) -> Mapping[str, Any]:
        return deny("NO") if question.kind is Kind.MEMORY and refused else duty(question)

    world = await make_world(STEPS, memory=MEMORY, ruler=ruler, tool=lambda _: lost)
    world.tools.found = Found("never")
    run = await world.submit()
    await reaches(world, run, "only", "unknown")
    otto = world.person("otto", Role.OPERATOR)
    etag = etag_of((await world.runs.get(otto, run)).run)
    said = Evidence(Settlement.DONE, "I looked", etag, has_result=True, result={"n": 11})
    with pytest.raises(InvalidError) as told:
        await world.reconciliations.reconcile(otto, run, "only", said)
    assert [fault.code for fault in told.value.faults] == ["OBLIGATION_UNFULFILLED"]
    assert ((await world.runs.get(otto, run)).steps[0].state, await count(world)) == ("unknown", 0)
    refused.clear()
    await world.reconciliations.reconcile(otto, run, "only", said)
    assert (await world.end_of(run)).run.state == "succeeded"
    records = [one.record for one in await world.trail.read(world.tenant, Wanted(run=run), limit=100)]
    verdicts = [one["decision"]["verdict"] for one in records if one.get("decision", {}).get("kind") == "memory"]
    assert (verdicts, await count(world)) == (["deny", "allow"], 1)


async def test_without_leave_nothing_is_remembered_either(make_world: MakeWorld) -> None:
    refused = for_actions(lambda _: {**deny("NO"), "obligations": []})
    world = await make_world(STEPS, memory=MEMORY, ruler=refused)
    assert (await world.end_of(await world.submit())).steps[0].state == "denied"
    assert await count(world) == 0
