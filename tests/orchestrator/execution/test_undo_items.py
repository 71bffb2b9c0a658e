"""Undoing what a step did for the elements of a list, and what else may happen to its items."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from assent_orchestrator.caller import Role
from assent_orchestrator.execution.reconciliation import Evidence, Settlement
from assent_orchestrator.execution.runs import etag_of
from assent_orchestrator.tools.outcome import Failure, Found, Success
from assent_sidecar.facts import Action
from assent_sidecar.question import Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import ALLOW, deny, for_actions, reaches, states

NAMES = ("ann", "bob", "cyd")
INPUTS = {"people": [{"name": name} for name in NAMES]}


def letters(**changes: Any) -> list[dict[str, Any]]:
    """Write to everybody, one after another, and fail afterwards; each letter can be taken back by what it returned."""
    back = {"action": "box.put", "args": {"from": {"$ref": "item.name"}, "n": {"$ref": "steps.letter.output.n"}}}
    return [
        {
            "id": "letter",
            "action": "box.send",
            "for_each": {"items": {"$ref": "inputs.people"}, "cap": 5, "at_once": 1},
            "args": {"to": {"$ref": "item.name"}},
            "compensation": back,
            **changes,
        },
        {
            "id": "last",
            "action": "box.send",
            "after": ["letter"],
            "on_failure": "compensate",
            "args": {"fail": True},
        },
    ]


class Post:
    """Numbers the letters and remembers what was taken back."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.back: list[tuple[str, int]] = []

    def __call__(self, action: Action) -> Success | Failure:
        if action.args.get("fail"):
            return Failure("BROKEN", "no", False, "none")
        if action.operation == "put":
            self.back.append((action.args["from"], action.args["n"]))
            return Success({"n": 0})
        self.sent.append(action.args["to"])
        return Success({"n": len(self.sent)})


@pytest.mark.requirement("orchestrator.compensation-order", "orchestrator.for-each")
async def test_items_are_undone_one_by_one_the_last_first_each_by_its_own_output(make_world: MakeWorld) -> None:
    post = Post()
    world = await make_world(letters(), tool=post)
    run = await world.submit(inputs=INPUTS)
    view = await world.end_of(run)
    assert (view.run.state, view.run.reason, view.run.not_undone) == ("compensated", "BROKEN", ())
    assert post.back == [("cyd", 3), ("bob", 2), ("ann", 1)]
    assert states(view) == {
        "letter": "compensated",
        **{f"letter.{at}": "compensated" for at in range(3)},
        **{f"letter.{at}.undo": "succeeded" for at in range(3)},
        "last": "failed",
    }
    asked = [one.step for one in world.decisions.asked if one.step is not None and one.step.compensates]
    assert [(one.id, one.item) for one in asked] == [("letter", 2), ("letter", 1), ("letter", 0)]
    assert len({key for _, key in world.tools.calls}) == 7
    events = await world.events(run)
    assert events.index("step.compensated letter.0") < events.index("step.compensated letter")


@pytest.mark.requirement("orchestrator.compensation-honest", "orchestrator.for-each")
async def test_an_item_that_may_not_be_undone_is_named_and_the_others_are_undone(make_world: MakeWorld) -> None:
    def rule(question: Question) -> Mapping[str, Any]:
        assert question.step is not None
        return deny("TOO_LATE") if question.step.compensates and question.step.item == 1 else ALLOW

    post = Post()
    world = await make_world(letters(), tool=post, ruler=for_actions(rule))
    view = await world.end_of(await world.submit(inputs=INPUTS))
    assert (view.run.state, view.run.not_undone) == ("failed", ("letter.1",))
    assert [name for name, _ in post.back] == ["cyd", "ann"]
    found = states(view)
    assert [found[f"letter.{at}"] for at in range(3)] == ["compensated", "succeeded", "compensated"]
    assert found["letter"] == "succeeded"


@pytest.mark.requirement("orchestrator.compensation-order", "orchestrator.for-each")
async def test_an_item_that_fails_has_those_before_it_undone(make_world: MakeWorld) -> None:
    post = Post()

    def tool(action: Action) -> Success | Failure:
        return Failure("BOUNCED", "no", False, "none") if action.args.get("to") == "cyd" else post(action)

    world = await make_world(letters(on_failure="compensate"), tool=tool)
    view = await world.end_of(await world.submit(inputs=INPUTS))
    assert (view.run.state, view.run.reason) == ("compensated", "BOUNCED")
    assert post.back == [("bob", 2), ("ann", 1)]
    assert {name: at for name, at in states(view).items() if not name.endswith(".undo")} == {
        "letter": "failed",
        "letter.0": "compensated",
        "letter.1": "compensated",
        "letter.2": "failed",
        "last": "skipped",
    }


@pytest.mark.requirement("orchestrator.compensation-survives", "orchestrator.for-each")
async def test_a_server_that_dies_while_an_item_is_undone_leaves_the_rest_to_the_next(make_world: MakeWorld) -> None:
    post, gone, resumed = Post(), asyncio.Event(), asyncio.Event()

    def tool(action: Action) -> Success | Failure:
        if action.operation == "put" and action.args["from"] == "bob" and not resumed.is_set():
            gone.set()
            raise asyncio.CancelledError  # as a process that ends: nothing of the outcome is written
        return post(action)

    world = await make_world(letters(), tool=tool)
    run = await world.submit(inputs=INPUTS)
    async with asyncio.timeout(60):
        await gone.wait()
    await world.durable.close()
    resumed.set()
    world.tools.found = Found("not_done")
    await world.durable.open()
    view = await world.end_of(run)
    assert (view.run.state, view.run.not_undone) == ("compensated", ())
    assert post.back == [("cyd", 3), ("bob", 2), ("ann", 1)]


@pytest.mark.requirement("orchestrator.people-settle-the-unknown", "orchestrator.for-each")
@pytest.mark.parametrize("settlement", [Settlement.DONE, Settlement.NOT_DONE])
async def test_an_item_of_which_nobody_knows_is_waited_for_and_settled_by_itself(
    make_world: MakeWorld, settlement: Settlement
) -> None:
    lost = iter([Failure("TOOL_LOST", "gone", True, "unknown")])

    def tool(action: Action) -> Success | Failure:
        answer = Success({"n": 1, "said": action.args["to"]})
        return next(lost, answer) if action.args["to"] == "bob" else answer

    world = await make_world(letters()[:1], tool=tool)
    world.tools.found = Found("never")
    run = await world.submit(inputs=INPUTS)
    await reaches(world, run, "letter.1", "unknown")
    seen = await world.runs.get(world.alice, run)
    assert (states(seen)["letter"], states(seen)["letter.2"]) == ("iterating", "pending")
    done = settlement is Settlement.DONE
    evidence = Evidence(settlement, "looked", etag_of(seen.run), {"n": 1, "said": "by hand"} if done else None, done)
    await world.reconciliations.reconcile(world.person("olga", Role.OPERATOR), run, "letter.1", evidence)
    view = await world.end_of(run)
    assert view.run.state == "succeeded"
    assert [one["said"] for one in view.steps[0].output] == ["ann", "by hand" if done else "bob", "cyd"]
    assert world.tools.times("box.send") == (3 if done else 4)


@pytest.mark.requirement("orchestrator.deadline-of-a-run", "orchestrator.for-each")
async def test_when_the_time_is_up_no_more_items_are_begun_and_those_that_were_done_are_undone(
    make_world: MakeWorld,
) -> None:
    def rule(question: Question) -> Mapping[str, Any]:
        assert question.step is not None
        waits = question.step.item == 1 and not question.step.compensates
        return {"verdict": "require_approval", "approval": {"stages": [{"role": "boss"}]}} if waits else ALLOW

    post = Post()
    world = await make_world(letters()[:1], tool=post, ruler=for_actions(rule), deadline="1h", on_deadline="compensate")
    run = await world.submit(inputs=INPUTS)
    await reaches(world, run, "letter.1", "awaiting_approval")
    await world.let_time_be_up(run, "letter.1")
    view = await world.end_of(run)
    assert (view.run.state, view.run.reason, view.run.not_undone) == ("compensated", "DEADLINE_EXCEEDED", ())
    assert post.back == [("ann", 1)]
    assert states(view) == {
        "letter": "cancelled",
        "letter.0": "compensated",
        "letter.0.undo": "succeeded",
        "letter.1": "cancelled",
        "letter.2": "cancelled",
    }
