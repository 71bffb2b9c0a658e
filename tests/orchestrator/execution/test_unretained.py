"""What carries a label of a class ``never`` is used, and stored nowhere; what is lost of it fails what needs it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from assent_orchestrator.caller import Role
from assent_orchestrator.clock import utc_now
from assent_orchestrator.errors import NotRetainedError
from assent_orchestrator.execution.attempt import Attempts
from assent_orchestrator.execution.compensation import Compensations
from assent_orchestrator.execution.driven import FencedError
from assent_orchestrator.execution.driver import take
from assent_orchestrator.execution.origins import Origins
from assent_orchestrator.execution.outcome import Outcomes
from assent_orchestrator.execution.reconciliation import Evidence, Settlement
from assent_orchestrator.execution.result import Bare, judge
from assent_orchestrator.execution.runs import etag_of
from assent_orchestrator.execution.sequel import Sequels
from assent_orchestrator.execution.situation import Appointed
from assent_orchestrator.execution.unretained import Unretained
from assent_orchestrator.execution.work import RunWork
from assent_orchestrator.governance.intent import EffectStatus
from assent_orchestrator.plan.digests import Digests
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.unretained import MARK
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.store.tables import effects
from assent_orchestrator.store.tables import steps as step_rows
from assent_orchestrator.tools.outcome import Failure, Found, Success
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.facts import Action
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.held import HELD, held_until_approved
from tests.orchestrator.execution.world import ALLOW, World, allow_all, catalogue, for_actions, reaches, states

SECRET = "KEEP-ME-NOWHERE-4111"
MEMORY = Memory.from_json(
    {"classes": {"private": {"retention": "never", "purpose": "none", "owner": "dpo", "labels": ["confidential"]}}}
)
HIDDEN = {MARK: "confidential"}
LOOK = {"id": "look", "action": "box.get"}
SEND = {"id": "send", "action": "box.send", "args": {"to": {"$ref": "steps.look.output.secret"}, "plain": "here"}}
"""``box.get`` labels its ``/secret`` confidential."""


class Box:
    """A tool that returns the secret when it is asked, and remembers what it was told."""

    def __init__(self, answer: Success | Failure | None = None, secret: str = SECRET) -> None:
        self.done: list[Action] = []
        self.answer = answer
        self.secret = secret

    def __call__(self, action: Action) -> Success | Failure:
        self.done.append(action)
        if action.operation == "get":
            return Success({"n": 1, "secret": self.secret, "plain": "yes"})
        return self.answer or Success({"said": "ok"})


async def stored(database: Database) -> str:
    """Everything that all tables hold, ours and the engine's."""
    found = []
    async with database.engine.connect() as tx:
        tables = (
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        for schema, table in (await tx.execute(sa.text(tables))).all():
            query = f'SELECT convert_from(record, \'UTF8\') FROM "{schema}"."{table}"'
            if table != "trail":
                query = f'SELECT t::text FROM "{schema}"."{table}" t'
            found += [str(row[0]) for row in (await tx.execute(sa.text(query))).all()]
    return "\n".join(found)


def forget(world: World, run: str) -> None:
    """As a server that was started again."""
    world.parts.unretained.forget(run)


@pytest.mark.requirement("orchestrator.never-in-memory-only")
async def test_what_a_step_returned_is_passed_on_and_stored_nowhere(make_world: MakeWorld, database: Database) -> None:
    box = Box()
    world = await make_world([LOOK, SEND], tool=box, memory=MEMORY)
    view = await world.end_of(run := await world.submit())
    assert view.run.state == "succeeded", states(view)
    assert box.done[-1].args == {"to": SECRET, "plain": "here"}
    assert view.steps[0].output == {"n": 1, "secret": HIDDEN, "plain": "yes"}
    assert view.steps[0].labels == {"/secret": ("confidential", "not_retained")}
    assert box.done[-1].labels == {"/to": ("confidential",)}
    everything = await stored(database)
    assert run in everything
    assert SECRET not in everything
    assert len(world.parts.unretained) == 0, "the run is over"


@pytest.mark.requirement("orchestrator.never-in-memory-only")
async def test_without_such_labels_all_is_stored(make_world: MakeWorld, database: Database) -> None:
    world = await make_world([LOOK, SEND], tool=Box(secret="SEEN-EVERYWHERE"))
    view = await world.end_of(await world.submit())
    assert view.steps[0].output["secret"] == "SEEN-EVERYWHERE"
    assert "SEEN-EVERYWHERE" in await stored(database), "the search finds what is there"
    assert len(world.parts.unretained) == 0


@pytest.mark.requirement("orchestrator.never-in-memory-only")
@pytest.mark.parametrize("at", ["/card", "", "/card/number"])
async def test_an_input_is_decided_on_and_used_and_stored_nowhere(
    make_world: MakeWorld, database: Database, at: str
) -> None:
    box = Box()
    steps = [{"id": "pay", "action": "box.send", "args": {"card": {"$ref": "inputs.card.number"}}}]
    world = await make_world(steps, tool=box, memory=MEMORY)
    run = await world.submit(inputs={"card": {"number": SECRET}}, labels={at: ["confidential"]})
    view = await world.end_of(run)
    assert view.run.state == "succeeded", states(view)
    assert box.done[0].args == {"card": SECRET}
    asked = world.decisions.asked
    assert all(one.inputs == {"card": {"number": SECRET}} and one.confided for one in asked if one.run)
    assert json.dumps(view.run.plan.inputs).count(MARK) == 1
    assert SECRET not in await stored(database)


@pytest.mark.requirement("orchestrator.never-in-memory-only")
async def test_errors_and_echoes_of_a_tool_server_are_not_taken_down(make_world: MakeWorld, database: Database) -> None:
    said = Failure(f"NO_{SECRET.replace('-', '_')}", f"cannot send to {SECRET}", False, "none")
    world = await make_world([LOOK, SEND], tool=Box(said), memory=MEMORY)
    view = await world.end_of(await world.submit())
    assert (view.steps[1].reason, view.steps[1].message) == ("TOOL_ERROR", "[not retained: confidential]")
    echoed = Success({"said": f"sent to {SECRET}", "other": "ok", SECRET: 1})
    world.tools.tool = Box(echoed)
    whole = await world.end_of(await world.submit())
    assert whole.steps[1].output == HIDDEN, "its very name repeats the value"
    world.tools.tool = Box(Success({"said": [f"sent to {SECRET}", "ok"]}))
    part = await world.end_of(await world.submit())
    assert part.steps[1].output == {"said": [HIDDEN, "ok"]}
    world.tools.tool = Box(Success({"n": SECRET}))
    everything = await stored(database)
    assert SECRET not in everything
    assert SECRET.replace("-", "_") not in everything


@pytest.mark.requirement("orchestrator.never-in-memory-only")
async def test_each_element_of_a_list_is_stored_without_it(make_world: MakeWorld, database: Database) -> None:
    letter = {
        "id": "letter",
        "action": "box.get",
        "for_each": {"items": {"$ref": "inputs.people"}, "cap": 5},
        "args": {"to": {"$ref": "item.name"}},
    }
    file = {"id": "file", "action": "box.send", "args": {"first": {"$ref": "steps.letter.output.0.secret"}}}
    box = Box()
    world = await make_world([letter, file], tool=box, memory=MEMORY)
    people = [{"name": f"PERSON-KEPT-NOWHERE-{number}", "id": number} for number in range(3)]
    run = await world.submit(inputs={"people": people}, labels={"/people/1/name": ["confidential"]})
    view = await world.end_of(run)
    assert view.run.state == "succeeded", states(view)
    assert sorted(action.args.get("to", "") for action in box.done[:3]) == [one["name"] for one in people]
    assert box.done[-1].args == {"first": SECRET}
    rows = {step.id: step for step in view.steps}
    assert [one["secret"] for one in rows["letter"].output] == [HIDDEN] * 3
    assert "PERSON-KEPT-NOWHERE-1" not in await stored(database)


@pytest.mark.requirement("orchestrator.never-lost-fails-closed")
@pytest.mark.parametrize(
    ("args", "state"),
    [
        ({"to": {"$ref": "steps.look.output.secret"}}, "failed"),
        ({"to": {"$concat": ["to ", {"$ref": "steps.look.output.secret"}]}}, "failed"),
        ({"to": {"$ref": "steps.look.output"}}, "failed"),
        ({"to": {"$ref": "steps.look.output.plain"}}, "succeeded"),
    ],
)
async def test_after_a_crash_what_needs_the_value_fails_and_nothing_else(
    make_world: MakeWorld, args: dict[str, Any], state: str
) -> None:
    box = Box()
    steps = [LOOK, {"id": "send", "action": "box.send", "after": ["look"], "args": args}]
    world = await make_world(steps, tool=box, memory=MEMORY)
    run = await stored_up_to_send(world)
    forget(world, run)
    await world.pauses.resume(world.alice, run, reason="go on")
    view = await world.end_of(run)
    assert (str(view.run.state), str(view.steps[1].state)) == (state, state)
    assert view.steps[1].reason == ("NOT_RETAINED" if state == "failed" else None)
    assert [action.operation for action in box.done] == (["get"] if state == "failed" else ["get", "send"])


async def stored_up_to_send(world: World) -> str:
    """Submit, and pause the run before its second step."""
    tool = world.tools.tool
    submitted: list[str] = []

    def pausing(question: Question) -> Mapping[str, Any]:
        if question.kind is Kind.ACTION and question.step and question.step.id == "send" and not submitted:
            submitted.append(question.run.id if question.run else "")
            return {"verdict": "defer", "reasons": [{"code": "LATER"}], "defer_until": "2100-01-01T00:00:00Z"}
        return allow_all(question)

    world.decisions.ruler = pausing
    run = await world.submit()
    await reaches(world, run, "send", "deferred")
    await world.pauses.pause(world.alice, run, reason="to look")
    async with world.parts.engine.begin() as tx:
        due = sa.update(step_rows).where(step_rows.c.run_id == run, step_rows.c.id == "send").values(not_before=None)
        await tx.execute(due)
    assert world.tools.tool is tool
    return run


@pytest.mark.requirement("orchestrator.never-lost-fails-closed")
async def test_a_run_whose_inputs_are_lost_is_decided_on_no_more(make_world: MakeWorld) -> None:
    box = Box()
    steps = [LOOK, {"id": "send", "action": "box.send", "after": ["look"], "on_failure": "skip"}]
    world = await make_world(steps, tool=box, memory=MEMORY)
    original = world.submit

    async def with_inputs(**plan: Any) -> str:
        return await original(inputs={"card": SECRET}, labels={"/card": ["confidential"]}, **plan)

    world.submit = with_inputs  # type: ignore[method-assign] # the same, with inputs
    run = await stored_up_to_send(world)
    asked = len(world.decisions.asked)
    forget(world, run)
    await world.pauses.resume(world.alice, run, reason="go on")
    view = await world.end_of(run)
    assert (view.steps[1].state, view.steps[1].message) == (
        "failed",
        "a value that it needs is never stored, and this server does not have it (any more)",
    )
    assert len(world.decisions.asked) == asked, "a policy would have been asked about a mark"


@pytest.mark.requirement("orchestrator.never-in-memory-only")
@pytest.mark.requirement("orchestrator.never-lost-fails-closed")
async def test_people_are_told_that_there_is_a_value_and_their_yes_is_worth_nothing_without_it(
    make_world: MakeWorld, database: Database
) -> None:
    box = Box()
    world = await make_world([LOOK, SEND], tool=box, memory=MEMORY, ruler=for_actions(_send_held))
    run = await world.submit()
    await world.until(run, "approval.requested")
    boss = world.person("boss", "operator")
    approval = await world.inbox.get(boss, await world.approval_of(run))
    assert approval.presented["args"] == {"to": "[not retained: confidential]", "plain": "here"}
    assert (approval.presented["masked"], approval.presented["action_digest"]) == (["/to"], "")
    assert SECRET not in await stored(database)
    await world.reply(run, world.person("dana", "director"))
    assert (await world.end_of(run)).run.state == "succeeded"
    assert box.done[-1].args["to"] == SECRET

    again = await world.submit()
    await world.until(again, "approval.requested")
    forget(world, again)
    await world.durable.wake(again, ("send",))
    view = await world.end_of(again)
    assert (view.steps[1].state, view.steps[1].reason) == ("failed", "NOT_RETAINED")
    voided = await world.until(again, "approval.void")
    assert voided.record["detail"] == {"reason": "NOT_RETAINED"}


def _send_held(question: Question) -> Mapping[str, Any]:
    assert question.action is not None
    if question.action.operation != "send":
        return ALLOW
    return held_until_approved(question) if question.approvals else HELD


@pytest.mark.requirement("orchestrator.never-lost-fails-closed")
async def test_what_became_of_an_effect_is_found_out_though_what_it_was_done_with_is_lost(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assent_orchestrator.execution.outcome.LOOKUP_TRIES", 2)
    monkeypatch.setattr("assent_orchestrator.execution.outcome.UNKNOWN_SECONDS", 0.05)
    box = Box(Failure("TOOL_LOST", "gone", True, "unknown"))
    world = await make_world([LOOK, SEND], tool=box, memory=MEMORY)
    run = await world.submit()
    await reaches(world, run, "send", "unknown")
    forget(world, run)
    world.tools.found = Found("done", {"said": "ok"})
    view = await world.end_of(run)
    assert (view.run.state, view.steps[1].output) == ("succeeded", HIDDEN), "who knows what it repeats?"
    async with world.parts.engine.connect() as tx:
        status = await tx.scalar(
            sa.select(effects.c.status).where(effects.c.run_id == run, effects.c.step_id == "send")
        )
    assert status == EffectStatus.SUCCEEDED
    settled = await world.until(run, "action.succeeded", step="send")
    assert settled.record["action"]["digest"] == box.done[-1].digest


@pytest.mark.requirement("orchestrator.never-in-memory-only")
async def test_what_repeats_a_lost_value_is_not_stored_when_it_is_found_out_later(
    make_world: MakeWorld, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assent_orchestrator.execution.outcome.LOOKUP_TRIES", 2)
    monkeypatch.setattr("assent_orchestrator.execution.outcome.UNKNOWN_SECONDS", 0.05)
    pay = {"id": "pay", "action": "box.put", "args": {"values": {"$ref": "steps.send.output.said"}}}
    box = Box(Failure("TOOL_LOST", "gone", True, "unknown"))
    world = await make_world([LOOK, SEND, pay], tool=box, memory=MEMORY)
    run = await world.submit()
    await reaches(world, run, "send", "unknown")
    forget(world, run)
    box.answer = Success({"said": "ok"})
    world.tools.found = Found("done", {"said": f"sent to {SECRET}"})
    view = await world.end_of(run)
    assert (view.run.state, view.steps[1].output) == ("succeeded", HIDDEN), states(view)
    assert box.done[-1].args == {"values": f"sent to {SECRET}"}, "it is there again"
    assert SECRET not in await stored(database)


@pytest.mark.requirement("orchestrator.never-in-memory-only")
@pytest.mark.parametrize("lost", [False, True])
async def test_what_a_person_says_was_returned_is_not_stored_where_it_repeats_a_value(
    make_world: MakeWorld, database: Database, lost: bool
) -> None:
    pay = {"id": "pay", "action": "box.put", "args": {"values": {"$ref": "steps.send.output.said"}}}
    box = Box(Failure("TOOL_LOST", "gone", True, "unknown"))
    world = await make_world([LOOK, SEND, pay], tool=box, memory=MEMORY)
    world.tools.found = Found("never")
    run = await world.submit()
    await reaches(world, run, "send", "unknown")
    if lost:
        forget(world, run)
    box.answer = Success({"said": "ok"})
    otto = world.person("otto", Role.OPERATOR)
    etag = etag_of((await world.runs.get(otto, run)).run)
    result = {"said": f"sent to {SECRET}", "n": 2}
    said = Evidence(Settlement.DONE, "I looked", etag, has_result=True, result=result)
    await world.reconciliations.reconcile(otto, run, "send", said)
    view = await world.end_of(run)
    assert view.steps[1].output == (HIDDEN if lost else {"said": HIDDEN, "n": 2})
    assert view.run.state == "succeeded", states(view)
    assert box.done[-1].args == {"values": f"sent to {SECRET}"}, "it is of use all the same"
    assert SECRET not in await stored(database)


def test_what_is_too_much_is_lost_run_by_run() -> None:
    kept = Unretained(Digests.fresh(), most=2000)
    labels: dict[str, tuple[str, ...]] = {"": ("confidential",)}
    for run in ("first", "second", "third"):
        stored_, _ = kept.store(run, ("output", "a"), "x" * 900, labels, {"confidential"})
        assert stored_ == HIDDEN
    assert kept.get("first", ("output", "a")) is None
    found = kept.get("third", ("output", "a"))
    assert found is not None
    assert found.value == "x" * 900
    kept.forget("third")
    kept.forget("third")
    assert len(kept) == 1


@pytest.mark.requirement("orchestrator.never-in-memory-only")
@pytest.mark.parametrize(("label", "confided"), [("confidential", True), ("pii", False)])
async def test_a_forecast_of_such_inputs_is_asked_for_in_confidence(
    make_world: MakeWorld, label: str, confided: bool
) -> None:
    world = await make_world(
        [{"id": "pay", "action": "box.send", "args": {"to": {"$ref": "inputs.card"}}}], memory=MEMORY
    )
    plan = {"process": "work", "inputs": {"card": SECRET}, "labels": {"/card": [label]}}
    await world.simulations.simulate(world.alice, Plan.from_json(plan))
    assert world.decisions.asked[0].confided is confided


@pytest.mark.requirement("orchestrator.never-in-memory-only")
async def test_a_server_that_drives_a_run_no_more_keeps_nothing_of_it(make_world: MakeWorld) -> None:
    world = await make_world([LOOK, SEND], tool=Box(), memory=MEMORY)
    run = await stored_up_to_send(world)
    assert len(world.parts.unretained) == 1
    async with world.parts.engine.begin() as tx:
        await take(tx, run, "another/server")
    parts = world.parts
    attempts = Attempts(parts, Outcomes(parts), Sequels(utc_now, parts.plans))
    work = RunWork(parts, attempts, Compensations(parts))
    with pytest.raises(FencedError):
        await work.attempt(run, "send", 1)
    assert len(world.parts.unretained) == 0


@pytest.mark.requirement("orchestrator.never-lost-fails-closed")
async def test_a_service_asks_in_a_run_with_its_inputs_or_not_at_all(make_world: MakeWorld) -> None:
    world = await make_world([LOOK, SEND], tool=Box(), memory=MEMORY, ruler=for_actions(_send_held))
    run = await world.submit(inputs={"card": SECRET}, labels={"/card": ["confidential"]})
    await world.until(run, "approval.requested")
    origin = await Origins(world.parts).find(world.tenant, run, "look")
    assert origin is not None
    assert (origin.inputs, origin.confided) == ({"card": SECRET}, True)
    forget(world, run)
    with pytest.raises(NotRetainedError) as refused:
        await Origins(world.parts).find(world.tenant, run, "look")
    assert refused.value.code == "NOT_RETAINED"


@pytest.mark.requirement("orchestrator.never-in-memory-only")
def test_an_action_that_has_no_arguments_is_not_taken_for_one_whose_arguments_are_lost() -> None:
    declared = catalogue([LOOK], memory=MEMORY)
    process = declared.processes["work"]
    operation = declared.operation("box.put")
    assert operation is not None
    appointed = Appointed(process, declared.agents["bot"], operation, "box", memory=declared.memory)
    given = {"system": "box", "operation": "put", "effect": "write", "args": {}, "labels": {"": ["confidential"]}}
    told = Success({"said": "hello to all of you"})
    empty, lost = [kind.from_json({**given, "digest": "sha256:" + "0" * 64}) for kind in (Action, Bare)]
    assert judge(told, appointed, empty).stored == told.result
    assert judge(told, appointed, lost).stored == {"$not_retained": "confidential"}


@pytest.mark.requirement("orchestrator.never-in-memory-only")
def test_what_comes_with_a_label_of_what_is_never_retained_is_not_stored() -> None:
    """As what was remembered before its label became one."""
    declared = catalogue([LOOK], memory=MEMORY)
    operation = declared.operation("box.put")
    assert operation is not None
    appointed = Appointed(declared.processes["work"], declared.agents["bot"], operation, "box", memory=declared.memory)
    given = {"system": "box", "operation": "put", "effect": "write", "args": {}, "digest": "sha256:" + "0" * 64}
    told = Success({"values": [{"value": SECRET}, {"value": "fine"}]}, {"/values/0/value": ("confidential",)})
    judged = judge(told, appointed, Action.from_json(given))
    assert judged.stored == {"values": [{"value": {"$not_retained": "confidential"}}, {"value": "fine"}]}
    assert judged.whole == {"/values/0/value": ("confidential",)}
