"""Steps of memory: decided like any action, done inside, once, and only with a permit."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.errors import InvalidError, UnavailableError
from assent_orchestrator.execution.memory_steps import Doer, MemorySteps
from assent_orchestrator.governance.permit import Permit, PermitError
from assent_orchestrator.memory.entry import Recollection, Sought
from assent_orchestrator.memory.memories import Memories
from assent_orchestrator.memory.standing import Standing, in_run
from assent_orchestrator.memory.wish import Terms, Wish
from assent_orchestrator.plan.action import make_action
from assent_orchestrator.store.memory_tables import memories
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.facts import Action
from assent_sidecar.question import Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.test_unretained import stored
from tests.orchestrator.execution.world import ALLOW, Ruler, World, deny, for_actions, reaches

PURPOSE = "how a client wants it"
MEMORY = Memory.from_json(
    {
        "classes": {
            "preferences": {"retention": "long_term", "purpose": PURPOSE, "owner": "boss", "ttl": "30d"},
            "scratch": {"retention": "temporary", "purpose": "what the run needs", "owner": "boss", "scope": "run"},
            "secrets": {"retention": "never", "purpose": "has no place here", "owner": "boss", "labels": ["card"]},
        }
    }
)
ABOUT = {"class": "preferences", "purpose": PURPOSE, "subject": "ACME"}
IN_RUN = {"class": "scratch", "purpose": "what the run needs", "subject": "ACME"}
WISHED: dict[str, Any] = {**ABOUT, "value": {"$ref": "inputs.wish"}}
KEEP = {"id": "keep", "action": "memory.remember", "args": WISHED}
KNOWN = {"id": "known", "action": "memory.recall", "args": {**ABOUT, "labels": ["untrusted"]}}
USE = {"id": "use", "action": "box.put", "args": {"values": {"$ref": "steps.known.output.values"}}}
GONE = {"id": "gone", "action": "memory.forget", "args": {"subject": "ACME", "reason": "they asked for it"}}


async def rows_of(world: World) -> list[Any]:
    async with world.parts.engine.connect() as tx:
        return list((await tx.execute(sa.select(memories).where(memories.c.tenant == world.tenant))).mappings())


async def details(world: World, event: str) -> list[dict[str, Any]]:
    return [one.record["detail"] for one in await world.trail.read(world.tenant, Wanted(event=event))]


def after(step: dict[str, Any], *before: str) -> dict[str, Any]:
    return {**step, "after": list(before)}


def asked_of(world: World, action: str) -> Question:
    for question in world.decisions.asked:
        if question.action is not None and f"{question.action.system}.{question.action.operation}" == action:
            return question
    raise AssertionError(f"nobody asked about {action}")


@pytest.mark.requirement("orchestrator.memory-steps")
async def test_what_a_step_remembers_another_recalls_with_its_labels(make_world: MakeWorld) -> None:
    world = await make_world([KEEP, after(KNOWN, "keep"), USE], memory=MEMORY)
    view = await world.end_of(await world.submit(inputs={"wish": "short"}))
    assert view.run.state == "succeeded"
    keep, known, use = view.steps
    assert known.output["withheld"] == 0
    assert [one["value"] for one in known.output["values"]] == ["short"]
    assert known.output["values"][0]["id"] == keep.output["id"]
    assert known.labels == {"/values": ("untrusted",)}
    put = asked_of(world, "box.put").action
    assert put is not None
    assert put.labels == {"/values": ("untrusted",)}
    assert use.state == "succeeded"
    plan = next(one.plan for one in world.decisions.asked if one.plan is not None)
    assert plan.steps[2].action.labels == {"/values": ("untrusted",)}  # nothing was recalled yet
    (remembered,) = await details(world, "memory.remembered")
    (recalled,) = await details(world, "memory.recalled")
    assert remembered["labels"] == recalled["labels"] == ["untrusted"]
    assert recalled["memories"] == [keep.output["id"]]
    records = await world.trail.read(world.tenant, Wanted(event="memory.*"))
    assert "ACME" not in str([one.record for one in records])
    assert {(one.record["actor"]["id"], one.record["run"]) for one in records} == {("bot", view.run.id)}


@pytest.mark.requirement("orchestrator.memory-steps")
async def test_the_policies_are_told_what_would_be_done_with_memory(make_world: MakeWorld) -> None:
    world = await make_world([KEEP, after(KNOWN, "keep"), after(GONE, "known")], memory=MEMORY)
    await world.end_of(await world.submit(inputs={"wish": "short"}))
    keep, known, gone = (asked_of(world, f"memory.{name}").memory for name in ("remember", "recall", "forget"))
    assert keep is not None
    assert keep.to_json() == {
        **ABOUT,
        "operation": "remember",
        "labels": ["untrusted"],
        "ttl": "30d",
        "retention": "long_term",
        "size": len('"short"'),
    }
    assert known is not None
    assert (known.operation, known.labels) == ("recall", ("untrusted",))
    assert gone is not None
    assert (gone.operation, gone.memory_class, gone.subject) == ("forget", None, "ACME")
    plan = next(one.plan for one in world.decisions.asked if one.plan is not None)
    assert [step.memory.operation for step in plan.steps if step.memory] == ["remember", "recall", "forget"]


async def test_without_leave_nothing_is_remembered(make_world: MakeWorld) -> None:
    world = await make_world([KEEP], memory=MEMORY, ruler=for_actions(lambda _: deny("NOT_THIS_CLIENT")))
    view = await world.end_of(await world.submit(inputs={"wish": "short"}))
    assert (view.steps[0].state, view.steps[0].reason) == ("denied", "NOT_THIS_CLIENT")
    assert await rows_of(world) == []


async def test_values_with_labels_that_the_step_does_not_take_are_withheld(make_world: MakeWorld) -> None:
    known = {**KNOWN, "args": ABOUT}
    world = await make_world([KEEP, after(known, "keep")], memory=MEMORY)
    view = await world.end_of(await world.submit(inputs={"wish": "short"}))
    assert view.steps[1].output == {"values": [], "withheld": 1}
    assert view.steps[1].labels == {}


def redacting(operation: str, **redact: Any) -> Ruler:
    """Allow everything, and have something taken away from what is done with memory."""
    obligations = [{"type": "redact", **redact}]
    return for_actions(
        lambda question: (
            {**ALLOW, "obligations": obligations}
            if question.memory is not None and question.memory.operation == operation
            else ALLOW
        )
    )


@pytest.mark.requirement("orchestrator.memory-redacted")
@pytest.mark.parametrize(
    ("value", "redact", "left"),
    [
        ({"style": "short", "mail": "a@b"}, {"path": "/mail"}, [{"style": "short"}]),
        (
            {"style": "short", "mail": {"$ref": "inputs.wish"}},
            {"path": "", "labels": ["untrusted"]},
            [{"style": "short"}],
        ),
        ("a@b", {"path": ""}, []),
        (["a@b"], {"path": "/mail"}, []),
    ],
    ids=["a part", "what carries a label", "all of it", "nobody knows what"],
)
async def test_what_a_step_recalls_is_redacted_as_it_is_for_callers(
    make_world: MakeWorld, value: Any, redact: dict[str, Any], left: list[Any]
) -> None:
    keep = {**KEEP, "args": {**ABOUT, "value": value}}
    world = await make_world([keep, after(KNOWN, "keep")], memory=MEMORY, ruler=redacting("recall", **redact))
    view = await world.end_of(await world.submit(inputs={"wish": "a@b"}))
    known = view.steps[1]
    assert ([one["value"] for one in known.output["values"]], known.output["withheld"]) == (left, 1 - len(left))
    assert known.labels == {}
    (recalled,) = await details(world, "memory.recalled")
    assert (recalled["count"], recalled["withheld"], recalled.get("redacted")) == (
        len(left),
        1 - len(left),
        len(left) or None,
    )
    assert recalled["labels"] == [], "what was taken away took its label along"


@pytest.mark.requirement("orchestrator.memory-redacted")
@pytest.mark.parametrize(
    ("step", "redact"),
    [
        (KEEP, {"path": "/subject"}),
        (KEEP, {"path": "/value"}),
        (KEEP, {"path": "/ttl"}),
        (GONE, {"path": "", "labels": ["untrusted"]}),
        (GONE, {"path": "/class"}),
    ],
    ids=["about nobody", "no value", "for longer", "of nobody", "all classes"],
)
async def test_a_redaction_makes_nothing_else_of_what_is_done_with_memory(
    make_world: MakeWorld, step: dict[str, Any], redact: dict[str, Any]
) -> None:
    more = {"subject": {"$ref": "inputs.who"}, **({"ttl": "1d"} if step is KEEP else {"class": "preferences"})}
    operation = step["action"].partition(".")[2]
    steps = [{**step, "args": {**step["args"], **more}}]
    world = await make_world(steps, memory=MEMORY, ruler=redacting(operation, **redact))
    view = await world.end_of(await world.submit(inputs={"wish": "short", "who": "ACME"}))
    assert (view.steps[0].state, view.steps[0].reason) == ("denied", "OBLIGATION_UNFULFILLED")


@pytest.mark.requirement("orchestrator.memory-steps")
async def test_what_is_remembered_for_a_run_is_gone_when_the_run_ends(make_world: MakeWorld) -> None:
    keep = {**KEEP, "args": {**IN_RUN, "value": 1}}
    known = {**KNOWN, "args": IN_RUN}
    world = await make_world([keep, after(known, "keep")], memory=MEMORY)
    first = await world.end_of(await world.submit())
    assert [one["value"] for one in first.steps[1].output["values"]] == [1]
    assert len(await rows_of(world)) == 1  # until the sweep, and for nobody
    second = await world.end_of(await world.submit())
    assert [one["id"] for one in second.steps[1].output["values"]] == [second.steps[0].output["id"]]


@pytest.mark.requirement("orchestrator.memory-steps")
async def test_forgetting_gives_a_receipt(make_world: MakeWorld) -> None:
    world = await make_world([KEEP, after(GONE, "keep"), after(KNOWN, "gone")], memory=MEMORY)
    view = await world.end_of(await world.submit(inputs={"wish": "short"}))
    _, gone, known = view.steps
    assert (gone.output["forgotten"], gone.output["key_destroyed"]) == ({"preferences": 1}, True)
    assert known.output == {"values": [], "withheld": 0}
    assert [one["receipt"] for one in await details(world, "memory.forgotten")] == [gone.output["receipt"]]


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"class": {"$ref": "inputs.wish"}}, "UNKNOWN_CLASS"),
        ({"purpose": {"$ref": "inputs.wish"}}, "PURPOSE_DIFFERS"),
        ({"ttl": {"$ref": "inputs.long"}}, "TTL_TOO_LONG"),
    ],
)
@pytest.mark.requirement("orchestrator.memory-steps-refused")
async def test_what_only_turns_out_later_is_refused_then(
    make_world: MakeWorld, args: dict[str, Any], code: str
) -> None:
    world = await make_world([{**KEEP, "args": {**WISHED, **args}}], memory=MEMORY)
    view = await world.end_of(await world.submit(inputs={"wish": "short", "long": "60d"}))
    assert (view.steps[0].state, view.steps[0].reason) == ("failed", code)
    assert await rows_of(world) == []


async def test_an_input_that_is_never_retained_is_refused_before_anything_is_done(make_world: MakeWorld) -> None:
    world = await make_world([KEEP], memory=MEMORY)
    with pytest.raises(InvalidError) as refused:
        await world.submit(inputs={"wish": "4111"}, labels={"/wish": ["card"]})
    told = "carries the label 'card' of the class 'secrets', of which nothing is ever remembered"
    assert [(one.code, one.description) for one in refused.value.faults] == [("CLASS_NEVER", told)]


async def test_a_value_that_is_never_retained_is_not_remembered(make_world: MakeWorld) -> None:
    each = {"for_each": {"items": {"$ref": "inputs.list"}, "cap": 9}, "args": {**WISHED, "value": {"$ref": "item"}}}
    world = await make_world([{**KEEP, **each}], memory=MEMORY)
    view = await world.end_of(await world.submit(inputs={"list": ["4111"]}, labels={"/list/0": ["card"]}))
    assert (view.steps[0].state, view.steps[0].reason) == ("failed", "CLASS_NEVER")
    assert await rows_of(world) == []


@pytest.mark.requirement("orchestrator.never-in-memory-only")
async def test_a_value_that_is_never_retained_is_no_reason_of_a_receipt(
    make_world: MakeWorld, database: Database
) -> None:
    each = {"for_each": {"items": {"$ref": "inputs.list"}, "cap": 9}}
    gone = {**GONE, **each, "args": {"subject": "ACME", "reason": {"$ref": "item"}}}
    world = await make_world([gone], memory=MEMORY)
    view = await world.end_of(await world.submit(inputs={"list": ["card 4111-2222"]}, labels={"/list/0": ["card"]}))
    assert (view.steps[0].state, view.steps[0].reason) == ("failed", "CLASS_NEVER")
    assert "card 4111-2222" not in await stored(database)


@pytest.mark.requirement("orchestrator.memory-steps-once")
@pytest.mark.parametrize("step", [KEEP, GONE], ids=["remember", "forget"])
async def test_what_was_done_before_a_crash_is_found_and_not_done_again(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, step: dict[str, Any]
) -> None:
    done: list[Permit] = []
    perform = MemorySteps.perform

    async def lost(
        self: MemorySteps, permit: Permit, action: Action, doer: Doer, *, within: float, **more: Any
    ) -> Success | Failure:
        assert isinstance(await perform(self, permit, action, doer, within=within, **more), Success)
        done.append(permit)
        return Failure("TOOL_LOST", "the server was killed before it could write what became of it", True, "unknown")

    monkeypatch.setattr(MemorySteps, "perform", lost)
    world = await make_world([step], memory=MEMORY)
    run = await world.submit(inputs={"wish": "short"})
    view = await world.end_of(run)
    assert (view.run.state, view.steps[0].attempt, len(done)) == ("succeeded", 1, 1)
    assert [event for event in await world.events(run) if not event.startswith(("decision", "run", "step"))] == [
        f"action.intended {step['id']}",
        f"memory.{'remembered' if step is KEEP else 'forgotten'} {step['id']}",
        f"action.unknown {step['id']}",
        f"action.succeeded {step['id']}",
    ]
    assert world.parts.memory is not None
    found = await world.parts.memory.look_up(*whose(world, run, step))
    assert (found.status, found.result) == ("done", view.steps[0].output)


@pytest.mark.requirement("orchestrator.memory-steps-once")
async def test_what_was_not_done_before_a_crash_is_done_once(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    perform, keys = MemorySteps.perform, list[str]()

    async def cut_off(
        self: MemorySteps, permit: Permit, action: Action, doer: Doer, *, within: float, **more: Any
    ) -> Success | Failure:
        keys.append(permit.idempotency_key)
        if len(keys) == 1:
            return Failure("TOOL_LOST", "the server was killed before it did anything", True, "unknown")
        return await perform(self, permit, action, doer, within=within, **more)

    monkeypatch.setattr(MemorySteps, "perform", cut_off)
    world = await make_world([KEEP], memory=MEMORY)
    view = await world.end_of(await world.submit(inputs={"wish": "short"}))
    assert (view.run.state, view.steps[0].attempt, len(set(keys))) == ("succeeded", 2, 1)
    assert len(await rows_of(world)) == len(await details(world, "memory.remembered")) == 1


@pytest.mark.requirement("orchestrator.memory-steps-once")
async def test_what_is_recalled_when_the_database_goes_away_is_recalled_again(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    recall, times = Memories.recall, list[int]()

    async def away(self: Memories, tx: AsyncConnection, sought: Sought) -> Recollection:
        times.append(1)
        if len(times) == 1:
            raise UnavailableError("the database is away")
        return await recall(self, tx, sought)

    monkeypatch.setattr(Memories, "recall", away)
    world = await make_world([KNOWN], memory=MEMORY)
    run = await world.submit(inputs={"wish": "short"})
    view = await world.end_of(run)
    assert (view.run.state, view.steps[0].attempt, len(times)) == ("succeeded", 2, 2)
    assert len(await details(world, "memory.recalled")) == 1


@pytest.mark.requirement("orchestrator.memory-steps-permit")
async def test_a_permit_is_for_one_action_of_one_step_and_good_once(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Permit, Action, Doer]] = []
    perform, refused = MemorySteps.perform, list[str]()

    async def attempt(steps: MemorySteps, permit: Permit, action: Action, doer: Doer) -> None:
        with pytest.raises(PermitError) as told:
            await perform(steps, permit, action, doer, within=5)
        refused.append(str(told.value))

    async def watched(
        self: MemorySteps, permit: Permit, action: Action, doer: Doer, *, within: float, **more: Any
    ) -> Success | Failure:
        other = make_action("memory.remember", "write", {**action.args, "value": "long"}, action.labels)
        await attempt(self, permit, other, doer)
        await attempt(self, permit, action.model_copy(update={"args": other.args}), doer)
        await attempt(self, permit, action, replace(doer, step="other"))
        await attempt(self, replace(permit, id="another"), action, doer)
        await attempt(replace(self, clock=lambda: permit.expires_at), permit, action, doer)
        seen.append((permit, action, doer))
        return await perform(self, permit, action, doer, within=within, **more)

    monkeypatch.setattr(MemorySteps, "perform", watched)
    world = await make_world([KEEP], memory=MEMORY)
    await world.end_of(await world.submit(inputs={"wish": "short"}))
    assert world.parts.memory is not None
    (permit, action, doer) = seen[0]
    await attempt(world.parts.memory, permit, action, doer)
    assert refused == [
        "the permit is for another action",
        "the action is not what its digest says",
        "the permit is for another step",
        "the permit was used, or it is of another attempt",
        "the permit has expired",
        "the permit was used, or it is of another attempt",
    ]
    assert len(await rows_of(world)) == 1


async def test_memory_waits_for_people_like_any_action(make_world: MakeWorld) -> None:
    asks = {"stages": [{"role": "boss", "quorum": 1}], "expires_in": "1h", "on_expiry": "deny"}
    need = {"verdict": "require_approval", "reasons": [{"code": "ASK", "message": "ask"}], "approval": asks}
    world = await make_world([KEEP], memory=MEMORY, ruler=for_actions(lambda one: ALLOW if one.approvals else need))
    run = await world.submit(inputs={"wish": "short"})
    await reaches(world, run, "keep", "awaiting_approval")
    assert await rows_of(world) == []
    await world.reply(run, world.person("bea", "boss"))
    assert (await world.end_of(run)).run.state == "succeeded"
    assert len(await rows_of(world)) == 1


def whose(world: World, run: str, step: dict[str, Any]) -> tuple[Action, Doer]:
    args = {**step["args"], "value": "short"} if step is KEEP else step["args"]
    return make_action(step["action"], "write", args, {}), Doer(world.tenant, run, step["id"], "bot", "alice")


@pytest.mark.requirement("orchestrator.memory-badly")
async def test_a_caller_does_not_name_another_process_than_that_of_its_run(make_world: MakeWorld) -> None:
    later = {"verdict": "defer", "reasons": [{"code": "LATER"}], "defer_until": "2100-01-01T00:00:00Z"}
    world = await make_world([KEEP], memory=MEMORY, ruler=for_actions(lambda _: later))
    run = await world.submit(inputs={"wish": "short"})
    declared = world.parts.catalogue(world.tenant)
    own = declared.processes["work"]
    wish = Wish("recall", terms=Terms(run=run))
    who = Standing(world.alice, world.alice.principal(""), None, own)
    async with world.parts.engine.connect() as tx:
        found = await in_run(tx, who, wish, declared)
        assert (found.run_id, found.process) == (run, own)
        other = replace(who, process=own.model_copy(update={"name": "other"}))
        with pytest.raises(InvalidError) as refused:
            await in_run(tx, other, wish, declared)
    assert refused.value.code == "PROCESS_DIFFERS"
