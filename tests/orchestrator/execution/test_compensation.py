"""Undoing what a run did: what is undone, in which order, and what is said of what could not be."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.execution.runs import RunView
from assent_orchestrator.tools.outcome import Failure, Found, Success
from assent_sidecar.facts import Action
from assent_sidecar.question import Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import ALLOW, Ruler, deny, for_actions, states

UNDO = {"action": "box.put", "args": {"undo": {"$ref": "steps.first.output.n"}}}
THREE: list[Mapping[str, Any]] = [
    {"id": "first", "action": "box.send", "compensation": UNDO},
    {"id": "second", "action": "box.send", "after": ["first"], "compensation": {"action": "box.put"}},
    {"id": "third", "action": "box.send", "after": ["second"], "on_failure": "compensate", "args": {"fail": True}},
]


def failing(action: Action) -> Success | Failure:
    return Failure("BROKEN", "no", False, "none") if action.args.get("fail") else Success({"n": 7})


@pytest.mark.requirement("orchestrator.compensation-order")
async def test_a_failed_step_undoes_what_was_done_the_last_first(make_world: MakeWorld) -> None:
    world = await make_world(THREE, tool=failing)
    run = await world.submit()
    view = await world.end_of(run)
    assert (view.run.state, view.run.reason, view.run.not_undone) == ("compensated", "BROKEN", ())
    assert states(view) == {
        "first": "compensated",
        "first.undo": "succeeded",
        "second": "compensated",
        "second.undo": "succeeded",
        "third": "failed",
    }
    begun = [event for event in await world.events(run) if event.startswith(("action.intended", "step.comp"))]
    assert begun == [
        "action.intended first",
        "action.intended second",
        "action.intended third",
        "step.compensating second",
        "action.intended second.undo",
        "step.compensated second",
        "step.compensating first",
        "action.intended first.undo",
        "step.compensated first",
    ]


def undoing(ruling: Mapping[str, Any], *steps: str) -> Ruler:
    """Rule on the undoing of these steps (of all, without names) and allow everything else."""

    def rule(question: Question) -> Mapping[str, Any]:
        assert question.step is not None
        asked = question.step.compensates and (not steps or question.step.id in steps)
        return ruling if asked else ALLOW

    return for_actions(rule)


def why(view: RunView) -> dict[str, str | None]:
    return {step.id: step.reason for step in view.steps}


@pytest.mark.requirement("orchestrator.compensation-governed")
async def test_each_undoing_is_asked_about_and_done_like_any_action(make_world: MakeWorld) -> None:
    done: list[Action] = []

    def tool(action: Action) -> Success | Failure:
        done.append(action)
        return failing(action)

    world = await make_world(THREE, tool=tool)
    run = await world.submit()
    await world.end_of(run)
    asked = [one for one in world.decisions.asked if one.step is not None and one.step.compensates]
    assert [(one.step.id, one.step.depends_on) for one in asked if one.step] == [
        ("second", ("first", "second")),
        ("first", ("first",)),
    ]
    assert asked[0].run is not None
    assert [one.id for one in asked[0].run.steps] == ["first", "second", "third"]
    assert done[-1].args == {"undo": 7}
    assert len({key for _, key in world.tools.calls}) == 5
    trail = [one.record for one in await world.trail.read(world.tenant, Wanted(run=run), limit=1000)]
    of_undo = [one["event"] for one in trail if one.get("step") == "first.undo"]
    assert of_undo == ["decision.made", "action.intended", "action.succeeded"]
    assert trail[-1]["event"] == "run.compensated"
    assert trail[-1]["detail"] == {"reason": "BROKEN"}


@pytest.mark.requirement("orchestrator.compensation-honest")
async def test_what_policy_does_not_let_be_undone_is_named_and_the_rest_is_undone(make_world: MakeWorld) -> None:
    world = await make_world(THREE, tool=failing, ruler=undoing(deny("TOO_LATE"), "second"))
    run = await world.submit()
    view = await world.end_of(run)
    assert (view.run.state, view.run.reason, view.run.not_undone) == ("failed", "BROKEN", ("second",))
    assert states(view)["first"] == "compensated"
    assert (states(view)["second"], why(view)["second"], why(view)["second.undo"]) == (
        "succeeded",
        "NOT_UNDONE",
        "TOO_LATE",
    )
    last = (await world.trail.read(world.tenant, Wanted(run=run), limit=1000))[-1].record
    assert last["event"] == "run.failed"
    assert last["detail"] == {"reason": "BROKEN", "not_undone": ["second"]}


@pytest.mark.requirement("orchestrator.compensation-honest")
async def test_what_nothing_undoes_is_named_and_a_read_is_not(make_world: MakeWorld) -> None:
    steps = [
        {"id": "look", "action": "box.get"},
        {"id": "gone", "action": "box.send", "after": ["look"]},
        {"id": "done", "action": "box.send", "after": ["gone"], "compensation": {"action": "box.put"}},
        {"id": "last", "action": "box.send", "after": ["done"], "on_failure": "compensate", "args": {"fail": True}},
    ]
    world = await make_world(steps, tool=failing)
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.run.not_undone) == ("failed", ("gone",))
    assert states(view) == {
        "look": "succeeded",
        "gone": "succeeded",
        "done": "compensated",
        "done.undo": "succeeded",
        "last": "failed",
    }


@pytest.mark.requirement("orchestrator.compensation-honest")
async def test_an_undoing_of_which_nobody_knows_is_no_undoing_and_is_done_once(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assent_orchestrator.execution.outcome.LOOKUP_TRIES", 2)

    def tool(action: Action) -> Success | Failure:
        if action.args.get("undo"):
            return Failure("TOOL_LOST", "gone", True, "unknown")
        return failing(action)

    undo = {"action": "box.send", "args": {"undo": True}}
    steps = [{"id": "first", "action": "box.send", "compensation": undo}, {**THREE[2], "after": ["first"]}]
    world = await make_world(steps, tool=tool)
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.run.not_undone) == ("failed", ("first",))
    assert (states(view)["first"], states(view)["first.undo"]) == ("succeeded", "unknown")
    assert world.tools.times("box.send") == 3


async def test_what_was_done_but_returned_something_else_is_undone_too(make_world: MakeWorld) -> None:
    def tool(_: Action) -> Success:
        return Success({"n": "not a number"})

    steps = [
        {"id": "odd", "action": "box.odd", "on_failure": "compensate", "compensation": {"action": "box.put"}},
    ]
    world = await make_world(steps, tool=tool)
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.run.reason) == ("compensated", "RESULT_SCHEMA")
    assert states(view) == {"odd": "compensated", "odd.undo": "succeeded"}


@pytest.mark.requirement("orchestrator.compensation-governed")
async def test_an_undoing_may_wait_for_people_who_may_say_no(make_world: MakeWorld) -> None:
    hold = {"verdict": "require_approval", "approval": {"stages": [{"role": "boss"}]}}
    world = await make_world(THREE, tool=failing, ruler=undoing(hold, "second"))
    run = await world.submit()
    await world.until(run, "approval.requested", step="second.undo")
    assert (await world.runs.get(world.alice, run)).run.state == "stopping"
    await world.reply(run, world.person("otto", "boss"), approve=False)
    view = await world.end_of(run)
    assert (view.run.state, view.run.not_undone) == ("failed", ("second",))
    assert why(view)["second.undo"] == "APPROVAL_REJECTED"


async def test_an_undoing_that_failed_without_effect_is_tried_again_as_often_as_its_step(make_world: MakeWorld) -> None:
    answers: Iterator[Success | Failure] = iter([Failure("BUSY", "later", True, "none"), Success({"n": 1})])

    def tool(action: Action) -> Success | Failure:
        return next(answers) if action.operation == "put" else failing(action)

    steps = [
        {
            "id": "first",
            "action": "box.send",
            "compensation": {"action": "box.put"},
            "retry": {"max_attempts": 2, "backoff": "10ms"},
        },
        {**THREE[2], "after": ["first"]},
    ]
    world = await make_world(steps, tool=tool)
    view = await world.end_of(await world.submit())
    assert view.run.state == "compensated"
    assert next(step.attempt for step in view.steps if step.id == "first.undo") == 2


async def test_a_halt_ends_the_undoing_and_says_what_is_left(make_world: MakeWorld) -> None:
    halt = {"verdict": "halt", "reasons": [{"code": "FRAUD", "message": "stop"}]}
    world = await make_world(THREE, tool=failing, ruler=undoing(halt, "second"))
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.run.not_undone) == ("halted", ("first", "second"))
    assert world.tools.times("box.put") == 0


async def test_a_halt_of_the_plan_undoes_nothing(make_world: MakeWorld) -> None:
    def rule(question: Question) -> Mapping[str, Any]:
        halt = {"verdict": "halt", "reasons": [{"code": "FRAUD", "message": "stop"}]}
        return halt if question.step and question.step.id == "third" else ALLOW

    world = await make_world(THREE, tool=failing, ruler=for_actions(rule))
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.run.not_undone) == ("halted", None)
    assert states(view) == {"first": "succeeded", "second": "succeeded", "third": "denied"}


@pytest.mark.requirement("orchestrator.compensation-survives")
async def test_a_server_that_dies_between_two_undoings_leaves_the_rest_to_the_next(make_world: MakeWorld) -> None:
    gone, resumed = asyncio.Event(), asyncio.Event()

    def tool(action: Action) -> Success | Failure:
        if action.operation == "put" and not resumed.is_set():
            gone.set()
            raise asyncio.CancelledError  # as a process that ends: nothing of the outcome is written
        return failing(action)

    world = await make_world(THREE, tool=tool)
    run = await world.submit()
    async with asyncio.timeout(60):
        await gone.wait()
    await world.durable.close()
    resumed.set()
    world.tools.found = Found("not_done")
    await world.durable.open()
    view = await world.end_of(run)
    assert view.run.state == "compensated"
    puts = [key for name, key in world.tools.calls if name == "box.put"]
    assert (len(puts), len(set(puts))) == (3, 2)  # the first was cut off, and had not been done


async def test_cancelling_a_run_that_undoes_leaves_nothing_halfway(make_world: MakeWorld) -> None:
    hold = {"verdict": "require_approval", "approval": {"stages": [{"role": "boss"}]}}
    world = await make_world(THREE, tool=failing, ruler=undoing(hold, "second"))
    run = await world.submit()
    await world.until(run, "approval.requested", step="second.undo")
    await world.cancellations.cancel(world.alice, run, "")
    await world.reply(run, world.person("otto", "boss"), approve=False)
    view = await world.end_of(run)
    assert (view.run.state, view.run.reason, view.run.not_undone) == ("failed", "BROKEN", ("second",))
    assert states(view)["first"] == "compensated"
