"""People who say what became of a call that nobody else can tell of."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from assent_orchestrator.caller import Role
from assent_orchestrator.clock import utc_now
from assent_orchestrator.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, StateError
from assent_orchestrator.execution.closing import Closings
from assent_orchestrator.execution.journal import change_step
from assent_orchestrator.execution.reconciliation import Evidence, Settlement
from assent_orchestrator.execution.runs import RunView, etag_of
from assent_orchestrator.governance.intent import EffectStatus
from assent_orchestrator.governance.intent import read as read_intent
from assent_orchestrator.governance.intent import settle as settle_intent
from assent_orchestrator.tools.outcome import Failure, Found, Success
from assent_sidecar.facts import Action
from assent_sidecar.question import Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import ALLOW, World, for_actions, reaches, states

LOST = Failure("TOOL_LOST", "the connection broke", retryable=True, effect="unknown")
STEPS: list[dict[str, Any]] = [
    {"id": "only", "action": "box.send", "on_failure": {"alternative": "instead"}},
    {"id": "instead", "action": "box.put"},
    {"id": "then", "action": "box.put", "after": ["only"], "args": {"say": {"$ref": "steps.only.output.said"}}},
]


async def lost(make_world: MakeWorld) -> tuple[World, str]:
    """A run whose step ``only`` is unknown, at a tool server without Lookup."""
    answers = iter([LOST])
    world = await make_world(STEPS, tool=lambda action: next(answers, Success({"n": 1, "said": action.operation})))
    world.tools.found = Found("never")
    run = await world.submit()
    await reaches(world, run, "only", "unknown")
    return world, run


async def settle(world: World, run: str, settlement: Settlement, **more: object) -> RunView:
    seen = await world.runs.get(world.alice, run)
    evidence = Evidence(settlement, "looked into the system", etag_of(seen.run))
    if more:
        evidence = replace(evidence, **more)  # type: ignore[arg-type] # what a test wants otherwise
    return await world.reconciliations.reconcile(world.person("olga", Role.OPERATOR), run, "only", evidence)


@pytest.mark.requirement("orchestrator.people-settle-the-unknown")
async def test_what_a_person_says_was_done_is_the_result_and_untrusted(make_world: MakeWorld) -> None:
    world, run = await lost(make_world)
    await settle(world, run, Settlement.DONE, result={"n": 7, "said": "by hand"}, has_result=True)
    view = await world.end_of(run)
    assert (view.run.state, view.steps[0].output) == ("succeeded", {"n": 7, "said": "by hand"})
    assert states(view) == {"only": "succeeded", "instead": "skipped", "then": "succeeded"}
    assert world.tools.times("box.send") == 1
    [then] = [one.action for one in world.decisions.asked if one.action and one.step and one.step.id == "then"]
    assert then.labels == {"/say": ("untrusted",)}, "a person said so, and no system"
    record = (await world.until(run, "action.succeeded", step="only")).record
    assert (record["actor"]["kind"], record["actor"]["id"]) == ("user", "olga")
    assert record["detail"] == {"settlement": "done", "rationale": "looked into the system"}
    assert (record["state"], record["effect"]["status"]) == ({"from": "unknown", "to": "succeeded"}, "succeeded")


@pytest.mark.requirement("orchestrator.people-settle-the-unknown")
async def test_what_was_not_done_is_decided_again_and_done_under_the_same_key(make_world: MakeWorld) -> None:
    world, run = await lost(make_world)
    await settle(world, run, Settlement.NOT_DONE)
    view = await world.end_of(run)
    assert (view.run.state, view.steps[0].attempt) == ("succeeded", 2)
    sent = [key for name, key in world.tools.calls if name == "box.send"]
    assert (len(sent), len(set(sent))) == (2, 1)
    decided = [one for one in await world.events(run) if one == "decision.made only"]
    assert len(decided) == 2, "policy decided again"


@pytest.mark.requirement("orchestrator.people-settle-the-unknown")
async def test_what_is_not_to_be_tried_again_failed_and_its_process_says_what_follows(make_world: MakeWorld) -> None:
    world, run = await lost(make_world)
    await settle(world, run, Settlement.FAILED)
    view = await world.end_of(run)
    assert (view.steps[0].state, view.steps[0].reason) == ("failed", "NOT_DONE")
    assert (states(view)["instead"], world.tools.times("box.send")) == ("succeeded", 1)


@pytest.mark.requirement("orchestrator.people-settle-the-unknown")
@pytest.mark.parametrize("settlement", list(Settlement))
async def test_in_a_run_that_is_over_the_truth_is_written_and_the_run_stays(
    make_world: MakeWorld, settlement: Settlement
) -> None:
    world, run = await lost(make_world)
    await world.cancellations.cancel(world.alice, run, "")
    assert states(await world.end_of(run))["only"] == "unknown"
    more = {"result": {"n": 7}, "has_result": True} if settlement is Settlement.DONE else {}
    view = await settle(world, run, settlement, **more)
    done = settlement is Settlement.DONE
    assert (view.run.state, view.steps[0].state) == ("cancelled", "succeeded" if done else "failed")
    async with world.parts.engine.connect() as tx:
        intent = await read_intent(tx, run, "only")
    assert intent is not None
    assert intent.status is (EffectStatus.SUCCEEDED if done else EffectStatus.FAILED)
    assert world.tools.times("box.send") == 1


@pytest.mark.requirement("orchestrator.people-settle-the-unknown")
async def test_a_result_is_checked_before_it_is_believed(make_world: MakeWorld) -> None:
    world, run = await lost(make_world)
    cases: tuple[tuple[Settlement, dict[str, object], str], ...] = (
        (Settlement.DONE, {}, "RESULT_MISSING"),
        (Settlement.DONE, {"result": "text", "has_result": True}, "RESULT_SCHEMA"),
        (Settlement.NOT_DONE, {"result": {}, "has_result": True}, "RESULT_NOT_NEEDED"),
    )
    for settlement, more, code in cases:
        with pytest.raises(InvalidError) as refused:
            await settle(world, run, settlement, **more)
        assert [fault.code for fault in refused.value.faults] == [code]
    assert states(await world.runs.get(world.alice, run))["only"] == "unknown"


@pytest.mark.requirement("orchestrator.people-settle-the-unknown")
async def test_of_two_who_settle_at_once_one_is_heard(make_world: MakeWorld) -> None:
    world, run = await lost(make_world)
    answers = await asyncio.gather(
        settle(world, run, Settlement.DONE, result={"n": 7, "said": "x"}, has_result=True),
        settle(world, run, Settlement.FAILED),
        return_exceptions=True,
    )
    assert sorted(isinstance(answer, (ConflictError, StateError)) for answer in answers) == [False, True]
    await world.end_of(run)
    settled = [one for one in await world.events(run) if one in ("action.succeeded only", "action.failed only")]
    assert len(settled) == 1


@pytest.mark.requirement("orchestrator.people-settle-the-unknown")
@pytest.mark.parametrize("settlement", [Settlement.DONE, Settlement.NOT_DONE])
async def test_settling_while_the_run_is_cancelled_ends_honestly(make_world: MakeWorld, settlement: Settlement) -> None:
    world, run = await lost(make_world)
    more = {"result": {"n": 7}, "has_result": True} if settlement is Settlement.DONE else {}
    answers = await asyncio.gather(
        settle(world, run, settlement, **more),
        world.cancellations.cancel(world.alice, run, ""),
        return_exceptions=True,
    )
    view = await world.end_of(run)
    assert view.run.state == "cancelled"
    heard = not isinstance(answers[0], BaseException)
    wanted = {"succeeded"} if settlement is Settlement.DONE else {"cancelled", "failed"}
    assert states(view)["only"] in (wanted if heard else {"unknown"})
    assert world.tools.times("box.send") == 1


@pytest.mark.requirement("orchestrator.people-settle-the-unknown")
async def test_only_an_operator_who_saw_it_as_it_is_settles(make_world: MakeWorld) -> None:
    world, run = await lost(make_world)
    seen = await world.runs.get(world.alice, run)
    evidence = Evidence(Settlement.FAILED, "why", etag_of(seen.run))
    olga = world.person("olga", Role.OPERATOR)
    for who, step, said, error in (
        (world.alice, "only", evidence, ForbiddenError),
        (replace(olga, tenant="elsewhere"), "only", evidence, NotFoundError),
        (olga, "nothing", evidence, NotFoundError),
        (olga, "then", evidence, StateError),
        (olga, "only", replace(evidence, etag="1.000000"), ConflictError),
    ):
        with pytest.raises(error):
            await world.reconciliations.reconcile(who, run, step, said)


UNDONE: list[dict[str, Any]] = [
    {"id": "early", "action": "box.send", "compensation": {"action": "box.put", "args": {"say": "early"}}},
    {
        "id": "late",
        "action": "box.send",
        "after": ["early"],
        "compensation": {"action": "box.put", "args": {"say": "late"}},
    },
    {"id": "last", "action": "box.send", "after": ["late"], "on_failure": "compensate", "args": {"fail": True}},
]


def losing(*lost: str) -> Callable[[Action], Success | Failure]:
    """Return a tool that loses the answer to the first undoing of each of these, and fails what is to fail."""
    left = list(lost)

    def tool(action: Action) -> Success | Failure:
        if action.args.get("fail"):
            return Failure("BROKEN", "no", retryable=False, effect="none")
        if action.args.get("say") in left:
            left.remove(action.args["say"])
            return LOST
        return Success({"n": 1, "said": ""})

    return tool


async def settle_undoing(world: World, run: str, step: str, settlement: Settlement) -> RunView:
    seen = await world.runs.get(world.alice, run)
    done = settlement is Settlement.DONE
    evidence = Evidence(settlement, "looked into the system", etag_of(seen.run), {"n": 1} if done else None, done)
    return await world.reconciliations.reconcile(world.person("olga", Role.OPERATOR), run, step, evidence)


@pytest.mark.requirement("orchestrator.people-settle-the-unknown", "orchestrator.compensation-honest")
@pytest.mark.parametrize("settlement", list(Settlement))
async def test_of_a_run_that_is_over_it_is_said_truly_what_is_left(
    make_world: MakeWorld, settlement: Settlement
) -> None:
    world = await make_world(UNDONE, tool=losing("late", "early"))
    world.tools.found = Found("never")
    run = await world.submit()
    view = await world.end_of(run)
    assert (view.run.state, view.run.not_undone) == ("failed", ("early", "late"))
    view = await settle_undoing(world, run, "late.undo", settlement)
    rows = {step.id: step for step in view.steps}
    late, undo = rows["late"], rows["late.undo"]
    if settlement is Settlement.DONE:
        assert (view.run.state, view.run.not_undone) == ("failed", ("early",)), "the run stays as it ended"
        assert (late.state, late.reason, late.message) == ("compensated", None, None)
        assert "step.compensated late" in await world.events(run)
        view = await settle_undoing(world, run, "early.undo", settlement)
        assert (view.run.state, view.run.not_undone) == ("failed", ())
    else:
        assert (undo.state, undo.reason) == ("failed", "NOT_DONE")
        assert (late.state, late.reason) == ("succeeded", "NOT_UNDONE")
        assert late.message == "late.undo is failed because of NOT_DONE"
        assert view.run.not_undone == ("early", "late")
    assert world.tools.times("box.put") == 2


@pytest.mark.requirement("orchestrator.people-settle-the-unknown", "orchestrator.compensation-honest")
@pytest.mark.parametrize(("settlement", "left"), [(Settlement.DONE, ("late",)), (Settlement.FAILED, ())])
async def test_what_was_left_of_a_step_that_nobody_knew_of_is_said_truly_later(
    make_world: MakeWorld, settlement: Settlement, left: tuple[str, ...]
) -> None:
    answers = iter([Success({"n": 1}), LOST])
    world = await make_world(UNDONE[:2], tool=lambda _: next(answers, Success({"n": 1})))
    world.tools.found = Found("never")
    run = await world.submit()
    await reaches(world, run, "late", "unknown")
    await world.cancellations.cancel(world.alice, run, "", compensate=True)
    view = await world.end_of(run)
    assert (states(view)["early"], states(view)["late"], view.run.not_undone) == ("compensated", "unknown", ("late",))
    view = await settle_undoing(world, run, "late", settlement)
    assert (view.run.state, view.run.not_undone) == ("cancelled", left)


@pytest.mark.requirement("orchestrator.people-settle-the-unknown", "orchestrator.compensation-governed")
@pytest.mark.parametrize("settlement", list(Settlement))
async def test_while_a_run_still_undoes_an_undoing_of_which_nobody_knew_is_taken_up_again(
    make_world: MakeWorld, settlement: Settlement
) -> None:
    def rule(question: Question) -> Mapping[str, Any]:
        assert question.step is not None
        waits = question.step.compensates and question.step.id == "early" and not question.approvals
        return {"verdict": "require_approval", "approval": {"stages": [{"role": "boss"}]}} if waits else ALLOW

    world = await make_world(UNDONE, tool=losing("late"), ruler=for_actions(rule))
    world.tools.found = Found("never")
    run = await world.submit()
    await world.until(run, "approval.requested", step="early.undo")
    view = await settle_undoing(world, run, "late.undo", settlement)
    wanted = {Settlement.DONE: "compensated", Settlement.NOT_DONE: "compensating", Settlement.FAILED: "succeeded"}
    assert states(view)["late"] == wanted[settlement]
    await world.reply(run, world.person("otto", "boss"))
    view = await world.end_of(run)
    failed = settlement is Settlement.FAILED
    assert (view.run.state, view.run.not_undone) == (("failed", ("late",)) if failed else ("compensated", ()))
    puts = [key for name, key in world.tools.calls if name == "box.put"]
    assert (len(puts), len(set(puts))) == (3 if settlement is Settlement.NOT_DONE else 2, 2)


def waiting_for_people_to_undo(question: Question) -> Mapping[str, Any]:
    waits = question.step is not None and question.step.compensates and not question.approvals
    return {"verdict": "require_approval", "approval": {"stages": [{"role": "boss"}]}} if waits else ALLOW


async def undoing(make_world: MakeWorld) -> tuple[World, str]:
    """A run whose undoing waits for an approval, and of which nobody knows whether ``late`` was done."""
    answers = iter([Success({"n": 1}), LOST])
    ruler = for_actions(waiting_for_people_to_undo)
    world = await make_world(UNDONE[:2], tool=lambda _: next(answers, Success({"n": 1})), ruler=ruler)
    world.tools.found = Found("never")
    run = await world.submit()
    await reaches(world, run, "late", "unknown")
    await world.cancellations.cancel(world.alice, run, "", compensate=True)
    await world.until(run, "approval.requested", step="early.undo")
    return world, run


@pytest.mark.requirement("orchestrator.people-settle-the-unknown", "orchestrator.compensation-honest")
@pytest.mark.parametrize("settlement", list(Settlement))
async def test_what_is_settled_while_its_run_undoes_is_at_rest_and_undone_if_it_was_done(
    make_world: MakeWorld, settlement: Settlement
) -> None:
    world, run = await undoing(make_world)
    view = await settle_undoing(world, run, "late", settlement)
    done = settlement is Settlement.DONE
    assert states(view)["late"] == ("succeeded" if done else "failed"), "nothing but undoings is begun any more"
    for step in ("early.undo", "late.undo")[: 2 if done else 1]:
        await world.until(run, "approval.requested", step=step)
        page = await world.inbox.list(world.person("otto", "boss"))
        asked = next(one.id for one in page.items if (one.run_id, one.step_id) == (run, step))
        await world.reply_to(world.person("otto", "boss"), asked)
    view = await world.end_of(run)
    assert (view.run.state, states(view)["late"]) == ("compensated", "compensated" if done else "failed")
    assert (view.run.not_undone, world.tools.times("box.send")) == ((), 2)


async def leave_open(world: World, run: str) -> None:
    """Leave ``late`` as former versions did when somebody said of it that it was not done."""
    async with world.parts.engine.begin() as tx:
        await change_step(tx, run, "late", state="deciding", finished_at=None)
        await settle_intent(tx, run, "late", EffectStatus.FAILED, utc_now())


@pytest.mark.requirement("orchestrator.people-settle-the-unknown")
@pytest.mark.parametrize("undoes", [True, False])
async def test_a_run_does_not_end_while_a_step_of_it_is_open(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, *, undoes: bool
) -> None:
    if undoes:
        world, run = await undoing(make_world)
        await leave_open(world, run)
        await world.reply(run, world.person("otto", "boss"))
    else:
        world = await make_world(UNDONE[:2], tool=lambda _: LOST)
        world.tools.found = Found("never")
        end, opened = Closings.end, asyncio.Event()

        async def opened_meanwhile(self: Closings, run_id: str) -> str | None:
            if not opened.is_set():
                opened.set()
                await leave_open(world, run_id)
            return await end(self, run_id)

        monkeypatch.setattr(Closings, "end", opened_meanwhile)
        run = await world.submit()
        await reaches(world, run, "early", "unknown")
        await world.cancellations.cancel(world.alice, run, "")
    view = await world.end_of(run)
    assert (states(view)["late"], world.tools.times("box.send")) == ("cancelled", 2 if undoes else 1)


Given = tuple[World, str, "asyncio.Future[Any]", asyncio.Event]


async def asking(make_world: MakeWorld, steps: Sequence[Mapping[str, Any]], step: str = "only") -> Given:
    """A run whose step is unknown while its tool server is being asked, and what lets it answer that it was done."""
    world = await make_world(steps, tool=losing("late") if step == "late.undo" else lost_once())
    run = await world.submit()
    asked, answer = asyncio.Event(), asyncio.Event()

    async def lookup(*_: object, **__: object) -> Found:
        if asyncio.current_task() is not looking:
            return Found("unknown")
        asked.set()
        await answer.wait()
        return Found("done", {"n": 7})

    await reaches(world, run, step, "unknown")
    world.tools.lookup = lookup  # type: ignore[method-assign] # one that takes its time
    looking = asyncio.ensure_future(world.durable._work.attempt(run, step, 9))
    await asyncio.wait_for(asked.wait(), 60)
    return world, run, looking, answer


async def insist(settling: Callable[[], Awaitable[RunView]]) -> None:
    """Look again and say it again, as people do, when the run moved since they looked."""
    for _ in range(50):
        with contextlib.suppress(ConflictError):
            await settling()
            return
    raise AssertionError("the run never stands still")


def lost_once() -> Callable[[Action], Success | Failure]:
    answers, said = iter([LOST]), Success({"n": 1, "said": ""})
    return lambda action: next(answers, said) if action.operation == "send" else said


@pytest.mark.requirement("orchestrator.truth-after-all", "orchestrator.people-settle-the-unknown")
async def test_what_was_done_after_all_is_written_though_a_person_said_that_it_was_not(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assent_orchestrator.execution.outcome.LOOKUP_TRIES", 1)
    world, run, looking, answer = await asking(make_world, STEPS)
    await insist(lambda: settle(world, run, Settlement.FAILED))
    answer.set()
    assert (await asyncio.wait_for(looking, 60))["settled"]
    view = await world.end_of(run)
    assert (states(view)["only"], states(view)["instead"]) == ("failed", "succeeded"), "what followed stays"
    assert view.steps[0].reason == "DONE_AFTER_ALL"
    async with world.parts.engine.connect() as tx:
        intent = await read_intent(tx, run, "only")
    assert intent is not None
    assert intent.status is EffectStatus.SUCCEEDED
    record = (await world.until(run, "action.succeeded", step="only")).record
    assert (record["detail"], record["effect"]["recovered"]) == ({"said_before": "NOT_DONE"}, True)
    assert world.tools.times("box.send") == 1


@pytest.mark.requirement("orchestrator.truth-after-all")
async def test_what_was_done_after_all_is_named_among_what_a_run_that_is_over_left(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assent_orchestrator.execution.outcome.LOOKUP_TRIES", 1)
    steps: list[dict[str, Any]] = [{"id": "first", "action": "box.put", "compensation": {"action": "box.put"}}]
    world, run, looking, answer = await asking(
        make_world, [*steps, {"id": "only", "action": "box.send", "after": ["first"]}]
    )
    await world.cancellations.cancel(world.alice, run, "", compensate=True)
    assert (await world.end_of(run)).run.not_undone == ("only",), "nobody knew"
    assert (await settle(world, run, Settlement.FAILED)).run.not_undone == ()
    answer.set()
    await asyncio.wait_for(looking, 60)
    view = await world.runs.get(world.alice, run)
    assert (states(view)["only"], view.run.not_undone) == ("failed", ("only",))


@pytest.mark.requirement("orchestrator.truth-after-all", "orchestrator.compensation-honest")
async def test_an_undoing_that_was_done_after_all_undid(make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assent_orchestrator.execution.outcome.LOOKUP_TRIES", 1)
    world, run, looking, answer = await asking(make_world, UNDONE, "late.undo")
    await insist(lambda: settle_undoing(world, run, "late.undo", Settlement.FAILED))
    assert (await world.end_of(run)).run.not_undone == ("late",)
    answer.set()
    await asyncio.wait_for(looking, 60)
    view = await world.runs.get(world.alice, run)
    rows = states(view)
    assert (rows["late"], rows["late.undo"], view.run.not_undone) == ("compensated", "succeeded", ())
