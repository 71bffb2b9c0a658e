"""What a run waits for: people, times, the engine. And how it is cancelled meanwhile."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from assent_orchestrator.approvals import request
from assent_orchestrator.approvals.approval import Approval, ApprovalState
from assent_orchestrator.approvals.reply import Reply
from assent_orchestrator.approvals.request import read_request
from assent_orchestrator.approvals.sought import Sought
from assent_orchestrator.audit import spans
from assent_orchestrator.caller import Role
from assent_orchestrator.clock import utc_now
from assent_orchestrator.errors import ConflictError, ForbiddenError, NotFoundError, StateError
from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.facts import Action
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.held import HELD, held_until_approved
from tests.orchestrator.execution.world import ALLOW, for_actions, states


@pytest.mark.requirement("orchestrator.pause-on-approval")
@pytest.mark.requirement("orchestrator.asked-again-at-redemption")
async def test_a_run_waits_for_a_person_and_asks_again_with_the_answer(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}], ruler=for_actions(held_until_approved))
    run = await world.submit()
    await world.until(run, "approval.requested")
    waiting = await world.runs.get(world.alice, run)
    assert (waiting.run.state, states(waiting)) == ("waiting", {"only": "awaiting_approval"})
    assert world.tools.calls == []
    await world.reply(run, world.person("dana", "director"))
    view = await world.end_of(run)
    assert view.run.state == "succeeded"
    last = [question for question in world.decisions.asked if question.kind is Kind.ACTION][-1]
    assert [(one.approver, one.role) for one in last.approvals] == [("dana", "director")]
    events = await world.events(run)
    assert events.index("approval.approved only") < events.index("approval.consumed only")
    assert events.index("approval.consumed only") < events.index("action.intended only")


@pytest.mark.requirement("orchestrator.approval-revision")
@pytest.mark.parametrize(("on_revision", "asked"), [("void", ["consumed", "void"]), ("ask_again", ["consumed"])])
async def test_an_answer_counts_under_the_policies_that_rule_though_they_come_into_force_after_it_was_put_to_them(
    make_world: MakeWorld, on_revision: str, asked: list[str]
) -> None:
    held = {**HELD, "approval": {**HELD["approval"], "on_revision": on_revision}}
    another = "sha256:" + "1" * 64

    def rule(question: Question) -> Mapping[str, Any]:
        if not question.approvals:
            return held
        world.decisions.revision = another  # a moment after the answer was found to be worth something
        return ALLOW

    world = await make_world([{"id": "only", "action": "box.send"}], ruler=for_actions(rule))
    run = await world.submit()
    await world.until(run, "approval.requested")
    await world.reply(run, world.person("dana", "director"))
    if on_revision == "void":
        await world.until(run, "approval.void")
        assert world.tools.calls == []
        [second] = (await world.inbox.list(world.person("dana", "director"), Sought(state=ApprovalState.PENDING))).items
        await world.reply_to(world.person("dana", "director"), second.id)
    assert (await world.end_of(run)).run.state == "succeeded"
    page = await world.inbox.list(world.person("boss", Role.OPERATOR))
    assert sorted(str(approval.state) for approval in page.items) == asked
    assert world.tools.times("box.send") == 1


@pytest.mark.requirement("orchestrator.approvals-timeouts-never-approve")
async def test_an_answer_that_expires_while_the_policies_decide_counts_for_nothing(make_world: MakeWorld) -> None:
    brief = {**HELD, "approval": {**HELD["approval"], "expires_in": "1h"}}
    ahead = timedelta(0)

    def rule(question: Question) -> Mapping[str, Any]:
        nonlocal ahead
        if not question.approvals:
            return brief
        ahead = timedelta(hours=2)
        return ALLOW

    world = await make_world(
        [{"id": "only", "action": "box.send"}], ruler=for_actions(rule), clock=lambda: utc_now() + ahead
    )
    run = await world.submit()
    await world.until(run, "approval.requested")
    await world.reply(run, world.person("dana", "director"))
    await world.until(run, "approval.void")
    assert world.tools.calls == []


async def test_parallel_approvals_of_one_run_never_cross(make_world: MakeWorld) -> None:
    done: list[str] = []

    def tool(action: Action) -> Success:
        done.append(action.args["say"])
        return Success({})

    world = await make_world(
        [
            {"id": "one", "action": "box.send", "args": {"say": "one"}},
            {"id": "two", "action": "box.send", "args": {"say": "two"}},
        ],
        ruler=for_actions(held_until_approved),
        tool=tool,
    )
    run = await world.submit()
    await world.until(run, "approval.requested", step="one")
    await world.until(run, "approval.requested", step="two")
    page = await world.inbox.list(world.person("dana", "director"))
    mine = {approval.step_id: approval for approval in page.items}
    for step, approve in (("one", True), ("two", False)):
        approval = mine[step]
        reply = Reply(approve, "looked at it", str(approval.version), approval.presented_digest)
        await world.inbox.decide(world.person("dana", "director"), approval.id, reply)
    view = await world.end_of(run)
    assert view.run.state == "failed"
    assert states(view)["two"] == "denied"
    assert "two" not in done


@pytest.mark.requirement("orchestrator.approvals-one-wins")
async def test_who_may_not_answer_waits_for_nobody_who_may_and_keeps_nobody_waiting(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}], ruler=for_actions(held_until_approved))
    run = await world.submit()
    await world.until(run, "approval.requested")
    approval = await world.inbox.get(world.person("boss", Role.OPERATOR), await world.approval_of(run))
    reply = Reply(True, "looked at it", str(approval.version), approval.presented_digest)
    async with world.parts.engine.begin() as tx, asyncio.timeout(60):
        await read_request(tx, approval.id, lock=True)  # as somebody who answers has it
        with pytest.raises(ForbiddenError):
            await world.inbox.decide(world.alice, approval.id, reply)
        with pytest.raises(StateError):
            await world.inbox.withdraw(world.alice, approval.id, "1")


async def test_a_rejection_denies_the_step(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}], ruler=for_actions(held_until_approved))
    run = await world.submit()
    await world.until(run, "approval.requested")
    await world.reply(run, world.person("dana", "director"), approve=False)
    view = await world.end_of(run)
    assert (view.run.state, view.steps[0].state, view.steps[0].reason) == ("failed", "denied", "APPROVAL_REJECTED")


async def test_only_somebody_with_the_role_who_is_not_involved_may_answer(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}], ruler=for_actions(held_until_approved))
    run = await world.submit()
    await world.until(run, "approval.requested")
    for who, error in (
        (world.person("eve", "intern"), NotFoundError),
        (world.person("eve", "intern", Role.OPERATOR), ForbiddenError),
        (world.person("alice", "director"), ForbiddenError),
    ):
        with pytest.raises(error):
            await world.reply(run, who)
    stale = Reply(True, "", "99", "sha256:" + "0" * 64)
    with pytest.raises(ConflictError):
        await world.inbox.decide(world.person("dana", "director"), await world.approval_of(run), stale)
    await world.reply(run, world.person("dana", "director"))
    await world.end_of(run)
    with pytest.raises(StateError):
        await world.reply(run, world.person("dan", "director"))


@pytest.mark.requirement("orchestrator.asked-again-at-redemption")
async def test_an_answer_that_policy_no_longer_accepts_is_void(make_world: MakeWorld) -> None:
    def changed_its_mind(question: Question):
        if question.approvals:
            return {"verdict": "deny", "reasons": [{"code": "FROZEN", "message": "not today"}]}
        return HELD

    world = await make_world([{"id": "only", "action": "box.send"}], ruler=for_actions(changed_its_mind))
    run = await world.submit()
    await world.until(run, "approval.requested")
    await world.reply(run, world.person("dana", "director"))
    view = await world.end_of(run)
    assert (view.steps[0].state, view.steps[0].reason) == ("denied", "FROZEN")
    assert "approval.void only" in await world.events(run)


async def test_a_deferred_step_is_asked_again_when_its_time_has_come(make_world: MakeWorld) -> None:
    until = utc_now() + timedelta(milliseconds=300)

    def later(question: Question):
        if question.time < until:
            reasons = [{"code": "OUT_OF_HOURS", "message": "later"}]
            return {"verdict": "defer", "reasons": reasons, "defer_until": until.isoformat()}
        return ALLOW

    world = await make_world([{"id": "only", "action": "box.send"}], ruler=for_actions(later))
    view = await world.end_of(await world.submit())
    assert view.run.state == "succeeded"
    assert view.steps[0].finished_at is not None
    assert view.steps[0].finished_at >= until


LONG = {"max_attempts": 2, "backoff": "10m", "max_backoff": "10m"}


@pytest.mark.requirement("orchestrator.retry-by-process")
@pytest.mark.parametrize("by", ["policy", "process"])
async def test_a_long_back_off_holds_however_often_the_run_is_looked_at(make_world: MakeWorld, by: str) -> None:
    obligations = [{"type": "retry", **LONG}] if by == "policy" else []
    steps = [{"id": "only", "action": "box.send", **({"retry": LONG} if by == "process" else {})}]
    busy = Failure("BUSY", "later", retryable=True, effect="none")
    ruler = for_actions(lambda _: {**ALLOW, "obligations": obligations})
    world = await make_world(steps, ruler=ruler, tool=lambda _: busy)
    run = await world.submit()
    await world.until(run, "action.failed")
    # What every hint, every leg and every server that takes the run over does first.
    pause = await world.durable._work.attempt(run, "only", 1)
    assert not pause["settled"]
    assert 290 < pause["seconds"] <= 600
    assert world.tools.times("box.send") == 1


@pytest.mark.requirement("bad-input.engine-killed-run-waits-or-fails")
@pytest.mark.parametrize("when", ["plan", "action"])
async def test_while_no_decision_can_be_had_nothing_happens_and_the_run_waits(make_world: MakeWorld, when: str) -> None:
    world = await make_world(
        [{"id": "first", "action": "box.get"}, {"id": "only", "action": "box.send", "after": ["first"]}],
    )

    def away_after_the_first(_question: Question):
        world.decisions.away = True
        return ALLOW

    if when == "plan":
        world.decisions.away = True
    else:
        world.decisions.ruler = for_actions(away_after_the_first)
    run = await world.submit()
    entry = await world.until(run, "decision.made", step=None if when == "plan" else "only")
    assert entry.record["decision"]["codes"] == ["ENGINE_UNAVAILABLE"]
    assert world.tools.times("box.send") == 0
    world.decisions.away = False
    world.decisions.ruler = for_actions(lambda _: ALLOW)
    view = await world.end_of(run)
    assert view.run.state == "succeeded"
    assert world.tools.times("box.send") == 1


async def test_without_a_decision_a_run_fails_when_its_process_says_so(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}], on_no_decision="fail")
    world.decisions.away = True
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.run.reason) == ("failed", "ENGINE_UNAVAILABLE")
    assert world.tools.calls == []


async def test_a_cancelled_run_starts_nothing_more(make_world: MakeWorld) -> None:
    world = await make_world(
        [{"id": "ask", "action": "box.send"}, {"id": "then", "action": "box.put", "after": ["ask"]}],
        ruler=for_actions(held_until_approved),
    )
    run = await world.submit()
    await world.until(run, "approval.requested")
    await world.cancellations.cancel(world.alice, run, "")
    view = await world.end_of(run)
    assert view.run.state == "cancelled"
    assert states(view) == {"ask": "cancelled", "then": "cancelled"}
    assert "approval.void ask" in await world.events(run)
    with pytest.raises(StateError):
        await world.cancellations.cancel(world.alice, run, "")


@pytest.mark.requirement("traces.approval-once")
@pytest.mark.parametrize("outcome", ["approved", "rejected", "void", "expired"])
async def test_a_wait_for_people_is_traced_once_as_what_became_of_it(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    waits: list[str] = []
    monkeypatch.setattr(spans, "approval_span", lambda *_, outcome, **__: waits.append(outcome))

    def ruler(question: Question):
        again = ALLOW if outcome == "approved" else {"verdict": "deny", "reasons": [{"code": "FROZEN"}]}
        return again if question.approvals else {**HELD, "approval": {**HELD["approval"], "expires_in": expires_in}}

    expires_in = "300ms" if outcome == "expired" else "72h"
    world = await make_world([{"id": "only", "action": "box.send"}], ruler=for_actions(ruler))
    run = await world.submit()
    await world.until(run, "approval.requested")
    if outcome != "expired":
        await world.reply(run, world.person("dana", "director"), approve=outcome != "rejected")
    await world.end_of(run)
    assert waits == [outcome]


@pytest.mark.requirement("orchestrator.approvals-one-wins")
async def test_who_comes_second_while_they_are_looked_at_is_told_that_it_is_answered(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}], ruler=for_actions(held_until_approved))
    run = await world.submit()
    await world.until(run, "approval.requested")
    dana, dora = world.person("dana", "director"), world.person("dora", "director")
    shown = await world.inbox.get(dora, await world.approval_of(run))
    reply = Reply(True, "looked at it", str(shown.version), shown.presented_digest)
    read = request.with_answers
    others = [lambda: world.inbox.decide(dana, shown.id, reply)]

    async def interrupted(*args: Any) -> Approval:
        if others:
            await others.pop()()
        return await read(*args)

    monkeypatch.setattr(request, "with_answers", interrupted)
    with pytest.raises(StateError):
        await world.inbox.decide(dora, shown.id, reply)
    assert (await world.end_of(run)).run.state == "succeeded"
