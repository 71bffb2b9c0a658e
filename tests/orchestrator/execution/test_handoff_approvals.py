"""Work that passes only if people say so: what they said yes to passes, and nothing else."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import Approval, ApprovalState
from assent_orchestrator.approvals.latest import latest_about
from assent_orchestrator.approvals.reply import Reply
from assent_orchestrator.approvals.sought import Sought
from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.execution import handing
from assent_orchestrator.governance.permit import Permit
from assent_orchestrator.governance.stop import Scope
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.store.approval_tables import approvals
from assent_orchestrator.store.tables import steps
from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.facts import Action
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.handing_over import AGENTS, LOOK_AND_NOTE, SERVICES
from tests.orchestrator.execution.world import ALLOW, World, allow_all, reaches, states

ASK: Mapping[str, Any] = {
    "verdict": "require_approval",
    "reasons": [{"code": "ASK", "message": "ask"}],
    "obligations": [{"type": "entrust", "memory": ["preferences"]}],
    "approval": {"stages": [{"role": "counsel"}], "expires_in": "72h"},
}
LET: Mapping[str, Any] = {"verdict": "allow", "obligations": ASK["obligations"]}
"""What people let pass: as much less as they were shown."""

SAY: list[dict[str, Any]] = [
    {"id": "look", "agent": "reader", "action": "box.get"},
    {"id": "note", "agent": "writer", "action": "box.put", "args": {"say": {"$ref": "steps.look.output.said"}}},
]

BESIDE: list[dict[str, Any]] = [
    *LOOK_AND_NOTE,
    {"id": "also", "agent": "writer", "action": "box.put", "after": ["look"]},
]
LATER: list[dict[str, Any]] = [
    *LOOK_AND_NOTE,
    {"id": "more", "agent": "reader", "action": "box.put", "after": ["look"]},
    {"id": "later", "agent": "writer", "action": "box.send", "after": ["look", "more"]},
]
"""What ``later`` takes over is known when ``more`` is done, and the same as what ``note`` does."""


def asked(question: Question) -> Mapping[str, Any]:
    """Hand-overs need an answer that names what would pass."""
    if question.kind is not Kind.HANDOFF:
        return allow_all(question)
    assert question.handoff is not None
    return LET if any(one.digest == question.handoff.digest for one in question.approvals) else ASK


def asked_unless_confidential(question: Question) -> Mapping[str, Any]:
    """Nobody is asked about what is confidential."""
    told = question.handoff
    return ALLOW if told is not None and "confidential" in told.passes.labels else asked(question)


async def requests(world: World, run: str) -> list[tuple[str, str, str]]:
    query = sa.select(approvals.c.step_id, approvals.c.state, approvals.c.kind).where(approvals.c.run_id == run)
    async with world.parts.engine.connect() as tx:
        return [tuple(row) for row in await tx.execute(query.order_by(approvals.c.requested_at))]


async def answer(world: World, run: str, *, approve: bool = True) -> Approval:
    """Answer the question that is open in a run."""
    gina = world.person("gina", "counsel")
    page = await world.inbox.list(gina, Sought(state=ApprovalState.PENDING, run=run))
    [open_] = page.items
    approval = await world.inbox.get(gina, open_.id)
    reply = Reply(approve, "looked at it", str(approval.version), approval.presented_digest)
    await world.inbox.decide(gina, approval.id, reply)
    return approval


async def mark(world: World, run: str, step: str, labels: Mapping[str, list[str]]) -> None:
    """Have what a step returned be something else than it was."""
    changed = sa.update(steps).where(steps.c.run_id == run, steps.c.id == step).values(labels=labels)
    async with world.parts.engine.begin() as tx:
        await tx.execute(changed)


async def nth(world: World, run: str, event: str, number: int) -> None:
    """Wait, bounded, until something has happened so often in a run."""
    async with asyncio.timeout(60):
        async for entry in world.runs.watch(world.alice, run, 0):
            number -= bool(entry and entry.record["event"] == event)
            if number == 0:
                return
    raise AssertionError(f"the run ended without {event}")


async def voided(world: World, run: str) -> list[str]:
    entries = await world.trail.read(world.tenant, Wanted(run=run), limit=1000)
    return [entry.record["detail"]["reason"] for entry in entries if entry.record["event"] == "approval.void"]


@pytest.mark.requirement("orchestrator.handoff-approved")
async def test_a_yes_to_less_is_none_to_what_would_pass_by_now(make_world: MakeWorld):
    world = await make_world(SAY, ruler=asked, agents=AGENTS)
    run = await world.submit()
    await reaches(world, run, "note", "awaiting_approval")
    await mark(world, run, "look", {"/said": ["confidential"]})
    await answer(world, run)
    await world.until(run, "approval.void")
    assert await requests(world, run) == [("note", "void", "handoff"), ("note", "pending", "handoff")]
    assert world.tools.times("box.put") == 0
    await answer(world, run)
    assert states(await world.end_of(run)) == {"look": "succeeded", "note": "succeeded"}
    assert await voided(world, run) == ["ASKED_ANEW"]
    questions = [one for one in world.decisions.asked if one.kind is Kind.HANDOFF]
    heard = [(one.handoff and one.handoff.passes.labels, len(one.approvals)) for one in questions]
    assert heard == [((), 0), (("confidential",), 0), (("confidential",), 1)]


@pytest.mark.requirement("orchestrator.handoff-approved")
async def test_what_nobody_has_to_let_pass_any_more_closes_the_question(make_world: MakeWorld):
    world = await make_world(SAY, ruler=asked_unless_confidential, agents=AGENTS)
    run = await world.submit()
    await reaches(world, run, "note", "awaiting_approval")
    await mark(world, run, "look", {"/said": ["confidential"]})
    await answer(world, run)
    assert states(await world.end_of(run)) == {"look": "succeeded", "note": "succeeded"}
    assert await requests(world, run) == [("note", "void", "handoff")]


@pytest.mark.requirement("orchestrator.handoff-approved")
async def test_what_people_are_shown_is_what_passes_and_what_less(make_world: MakeWorld):
    world = await make_world(SAY, ruler=asked, agents=AGENTS)
    run = await world.submit()
    await reaches(world, run, "note", "awaiting_approval")
    [question] = [one for one in world.decisions.asked if one.kind is Kind.HANDOFF]
    assert question.handoff is not None
    shown = await world.inbox.get(world.person("gina", "counsel"), await world.approval_of(run))
    assert shown.presented["handoff"] == question.handoff.to_json()
    assert shown.presented["less"] == [{"type": "entrust", "ledgers": {}, "memory": ["preferences"]}]
    assert (shown.presented["origins"], shown.presented["on_yes"]) == (["look"], ["note"])
    bound = {"argument": "/say", "sources": ["steps.look.output.said"], "labels": []}
    assert shown.presented["takers"] == [{"step": "note", "action": "box.put", "inputs": [bound]}]
    assert (shown.presented["agent"], shown.action_digest) == ("reader", question.handoff.digest)
    await world.cancellations.cancel(world.alice, run, "")
    await world.end_of(run)


@pytest.mark.requirement("orchestrator.handoff-approved")
async def test_a_service_is_called_when_people_let_the_call_pass(make_world: MakeWorld):
    each = {"items": {"$ref": "inputs.list"}, "cap": 5}
    calls = [
        {"id": "note", "agent": "reader", "action": "scribe.put", "for_each": each, "args": {"x": {"$ref": "item"}}}
    ]
    world = await make_world(calls, ruler=asked, agents=AGENTS, services=SERVICES)
    run = await world.submit(inputs={"list": [1, 2, 3]})
    await world.until(run, "run.waiting")
    await answer(world, run)
    assert states(await world.end_of(run))["note"] == "succeeded"
    assert world.tools.times("scribe.put") == 3
    assert [state for _, state, _ in await requests(world, run)] == ["consumed"]


@pytest.mark.requirement("orchestrator.handoff-approved")
async def test_a_service_is_not_called_when_people_say_no(make_world: MakeWorld):
    world = await make_world(
        [{"id": "note", "agent": "reader", "action": "scribe.put"}], ruler=asked, agents=AGENTS, services=SERVICES
    )
    run = await world.submit()
    await reaches(world, run, "note", "awaiting_approval")
    await answer(world, run, approve=False)
    [step] = (await world.end_of(run)).steps
    assert (str(step.state), step.reason) == ("denied", "APPROVAL_REJECTED")
    assert world.tools.calls == []


@pytest.mark.requirement("orchestrator.handoff-approved", "orchestrator.handoff-stopped")
async def test_a_yes_stays_good_while_who_takes_over_is_stopped(make_world: MakeWorld):
    world = await make_world(SAY, ruler=asked, agents=AGENTS)
    run = await world.submit()
    await reaches(world, run, "note", "awaiting_approval")
    stop = await world.stop(Scope.AGENT, "writer")
    await answer(world, run)
    await reaches(world, run, "note", "deferred")
    assert [state for _, state, _ in await requests(world, run)] == ["approved"]
    await world.lift(stop)
    assert states(await world.end_of(run)) == {"look": "succeeded", "note": "succeeded"}
    assert [state for _, state, _ in await requests(world, run)] == ["consumed"]


@pytest.mark.requirement("orchestrator.handoff-approved")
async def test_each_of_two_that_hand_over_is_a_question_of_its_own(make_world: MakeWorld):
    several = [
        {"id": "look", "agent": "reader", "action": "box.get"},
        {"id": "other", "agent": "bot", "action": "box.get"},
        {"id": "note", "agent": "writer", "action": "box.put", "after": ["look", "other"]},
    ]
    world = await make_world(several, ruler=asked, agents=AGENTS)
    run = await world.submit()
    shown = []
    for number in (1, 2):
        await nth(world, run, "approval.requested", number)
        shown.append(await answer(world, run))
    assert states(await world.end_of(run))["note"] == "succeeded"
    assert [one.presented["handoff"]["from"] for one in shown] == ["bot", "reader"]
    assert [state for _, state, _ in await requests(world, run)] == ["consumed", "consumed"]


@pytest.mark.requirement("orchestrator.handoff-foreseen", "orchestrator.handoff-approved")
async def test_a_forecast_says_that_people_will_be_asked(make_world: MakeWorld):
    world = await make_world(SAY, ruler=asked, agents=AGENTS)
    forecast = await world.simulations.simulate(world.alice, Plan.from_json({"process": "work"}))
    [ahead] = forecast.hand_overs
    assert (str(ahead.decided.verdict), ahead.refusal) == ("require_approval", "")
    assert ahead.requirement is not None
    assert [stage.role for stage in ahead.requirement.stages] == ["counsel"]
    vain = {**ASK, "obligations": [{"type": "notify", "role": "counsel"}]}
    world.decisions.ruler = lambda question: vain if question.kind is Kind.HANDOFF else allow_all(question)
    [ahead] = (await world.simulations.simulate(world.alice, Plan.from_json({"process": "work"}))).hand_overs
    assert (ahead.refusal, ahead.requirement) == ("OBLIGATION_UNSUPPORTED", None)


@pytest.mark.requirement("orchestrator.handoff-approved", "orchestrator.handoff-once")
async def test_who_looked_just_before_another_step_took_over_the_same_asks_nobody_again(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
):
    world = await make_world(BESIDE, ruler=asked, agents=AGENTS)
    run = await world.submit()
    await reaches(world, run, "note", "awaiting_approval")
    await reaches(world, run, "also", "awaiting_approval")
    read, looked = latest_about, asyncio.Event()

    async def late(tx: AsyncConnection, of_run: str, digest: str, taker: str) -> Approval | None:
        """Let the first who looks get on, and have the second see what became of it, but not what it kept."""
        if of_run != run or not looked.is_set():
            looked.set()
            return await read(tx, of_run, digest, taker)
        await nth(world, run, "approval.consumed", 1)
        return await read(tx, of_run, digest, taker)

    monkeypatch.setattr(handing, "latest_about", late)
    await answer(world, run)
    assert set(states(await world.end_of(run)).values()) == {"succeeded"}
    assert [state for _, state, _ in await requests(world, run)] == ["consumed"]


def asked_and_more(question: Question) -> Mapping[str, Any]:
    """People are asked about the action of ``more`` as well."""
    if question.step is not None and question.step.id == "more":
        return ALLOW if question.approvals else {**ASK, "obligations": []}
    return asked(question)


async def answer_of(world: World, run: str, step: str, *, approve: bool = True) -> None:
    """Answer the question that is open about a step."""
    gina = world.person("gina", "counsel")
    page = await world.inbox.list(gina, Sought(state=ApprovalState.PENDING, run=run))
    [open_] = [one for one in page.items if one.step_id == step]
    reply = Reply(approve, "looked at it", str(open_.version), open_.presented_digest)
    await world.inbox.decide(gina, open_.id, reply)


@pytest.mark.requirement("orchestrator.handoff-names-takers")
async def test_a_yes_that_is_read_too_early_or_for_another_step_is_none_when_it_is_committed(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
):
    world = await make_world(LATER, ruler=asked_and_more, agents=AGENTS)
    run = await world.submit()
    for step in ("note", "more"):
        await reaches(world, run, step, "awaiting_approval")
    stop = await world.stop(Scope.AGENT, "writer")
    await answer_of(world, run, "note")
    await reaches(world, run, "note", "deferred")
    read, wrong = latest_about, asyncio.Event()

    async def of_another(tx: AsyncConnection, of_run: str, digest: str, taker: str) -> Approval | None:
        """Have the step that nobody named see, once, the yes to the one that was, before that one uses it."""
        if of_run == run and taker == "note":
            await asyncio.wait_for(wrong.wait(), 60)
        if of_run == run and taker == "later" and not wrong.is_set():
            wrong.set()
            return await read(tx, of_run, digest, "note")
        return await read(tx, of_run, digest, taker)

    monkeypatch.setattr(handing, "latest_about", of_another)
    await answer_of(world, run, "more")
    await reaches(world, run, "later", "deferred")
    wrong.clear()
    before = len(world.decisions.asked)
    await world.lift(stop)
    await reaches(world, run, "later", "awaiting_approval")
    heard = [one for one in world.decisions.asked[before:] if one.kind is Kind.HANDOFF and one.approvals]
    assert len(heard) == 2  # for each of them, and one of these came to nothing
    assert world.tools.times("box.send") == 0
    assert {one for one in await requests(world, run) if one[2] == "handoff"} == {
        ("note", "consumed", "handoff"),
        ("later", "pending", "handoff"),
    }
    await answer_of(world, run, "later", approve=False)
    ended = {step.id: str(step.state) for step in (await world.end_of(run)).steps}
    assert (ended["note"], ended["later"]) == ("succeeded", "denied")


@pytest.mark.requirement("orchestrator.handoff-names-takers")
async def test_what_would_pass_more_than_people_were_shown_is_put_before_them_too(make_world: MakeWorld):
    def less_at_first(question: Question) -> Mapping[str, Any]:
        found = asked(question)
        return ALLOW if found is LET else found

    world = await make_world(SAY, ruler=less_at_first, agents=AGENTS)
    run = await world.submit()
    await reaches(world, run, "note", "awaiting_approval")
    first = await answer(world, run)
    await nth(world, run, "approval.requested", 2)
    assert world.tools.times("box.put") == 0
    second = await answer(world, run)
    assert states(await world.end_of(run)) == {"look": "succeeded", "note": "succeeded"}
    assert [[item["type"] for item in one.presented["less"]] for one in (first, second)] == [["entrust"], []]
    assert [state for _, state, _ in await requests(world, run)] == ["void", "consumed"]


@pytest.mark.requirement("orchestrator.handoff-names-takers")
async def test_who_waits_for_the_question_of_another_step_is_woken_when_it_is_over_though_nobody_answered(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
):
    """While a step goes on for long, the run is not looked at as a whole: who waits has to be told."""
    slow = {"id": "slow", "agent": "reader", "action": "box.send", "after": ["look"]}
    world = await make_world([*BESIDE, slow], ruler=asked, agents=AGENTS)
    invoke, goes_on = world.tools.invoke, asyncio.Event()

    async def slowly(permit: Permit, action: Action, **more: Any) -> Success | Failure:
        if action.operation == "send":
            await asyncio.wait_for(goes_on.wait(), 60)
        return await invoke(permit, action, **more)

    monkeypatch.setattr(world.tools, "invoke", slowly)
    run = await world.submit()
    for step in ("note", "also"):
        await reaches(world, run, step, "awaiting_approval")
    [(owner, _, _)] = await requests(world, run)
    world.decisions.ruler, world.decisions.revision = allow_all, "sha256:" + "2" * 64
    await world.durable.wake(run, (owner,))
    for step in ("note", "also"):
        await world.until(run, "action.succeeded", step=step)
    goes_on.set()
    assert set(states(await world.end_of(run)).values()) == {"succeeded"}
    assert [state for _, state, _ in await requests(world, run)] == ["void"]


WHOLE: Mapping[str, Any] = {"say": {"$ref": "steps.look.output"}}
FREED: list[dict[str, Any]] = [
    {"id": "look", "agent": "reader", "action": "box.get"},
    {"id": "more", "agent": "reader", "action": "box.put", "after": ["look"]},
    {"id": "note", "agent": "writer", "action": "box.put", "args": WHOLE, "on_failure": "skip"},
    {"id": "later", "agent": "writer", "action": "box.send", "args": WHOLE, "after": ["more"]},
    {
        "id": "last",
        "agent": "writer",
        "action": "box.send",
        "args": WHOLE,
        "after": ["note", "later"],
        "on_failure": "skip",
    },
]
"""What ``later`` takes over is known when ``more`` is done: from then on, policies let it pass and ask nobody."""


def freed(question: Question) -> Mapping[str, Any]:
    """Until ``more`` is done, have people asked about it, about what ``note`` does, and about what passes less."""
    if question.kind is Kind.HANDOFF:
        found = LET if question.approvals else ASK
        found = {**found, "obligations": [{"type": "redact", "path": "/look/said"}]}
    elif question.step is not None and question.step.id in {"more", "note"}:
        found = ALLOW if question.approvals else {**ASK, "obligations": []}
    else:
        return allow_all(question)
    done = question.run is not None and ("more", "succeeded") in {(one.id, one.state) for one in question.run.steps}
    return ALLOW if done else found


@pytest.mark.requirement("orchestrator.handoff-names-takers")
async def test_a_no_holds_for_the_steps_of_its_card_though_policies_let_the_same_pass_to_another(
    make_world: MakeWorld,
):
    world = await make_world(FREED, ruler=freed, agents=AGENTS)
    run = await world.submit()
    for step in ("note", "more"):
        await reaches(world, run, step, "awaiting_approval")
    await answer_of(world, run, "note", approve=False)
    await reaches(world, run, "note", "denied")
    await answer_of(world, run, "more")
    ended = {step.id: str(step.state) for step in (await world.end_of(run)).steps}
    assert (ended["note"], ended["later"], ended["last"]) == ("denied", "succeeded", "denied")
    assert world.tools.times("box.send") == 1


@pytest.mark.requirement("orchestrator.handoff-names-takers")
async def test_as_much_is_taken_away_as_people_were_shown_though_policies_let_more_pass_to_another(
    make_world: MakeWorld,
):
    world = await make_world(FREED, ruler=freed, agents=AGENTS)
    run = await world.submit()
    for step in ("note", "more"):
        await reaches(world, run, step, "awaiting_approval")
    await answer_of(world, run, "note")
    await nth(world, run, "approval.requested", 3)
    await answer_of(world, run, "more")
    await reaches(world, run, "later", "succeeded")
    await answer_of(world, run, "note")
    assert set(states(await world.end_of(run)).values()) == {"succeeded"}
    said = {
        one.step.id: one.action.args["say"]
        for one in world.decisions.asked
        if one.kind is Kind.ACTION and one.step is not None and one.action is not None and "say" in one.action.args
    }
    assert said == {"note": {"n": 1}, "later": {"n": 1, "said": ""}, "last": {"n": 1}}
