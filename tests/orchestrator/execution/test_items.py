"""A step that is done for every element of a list: each decided by itself, as many at once as may be, within limits."""

from typing import Any

import pytest

from assent_orchestrator.caller import Role
from assent_orchestrator.execution.items import MAX_LIST_BYTES
from assent_orchestrator.governance.permit import Permit
from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.facts import Action
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import ALLOW, World, deny, for_actions, states

PEOPLE = [{"name": "ann"}, {"name": "bob"}, {"name": "cyd"}]


def letters(**changes: Any) -> list[dict[str, Any]]:
    """Read a list, write to everybody on it, and file what came of it."""
    for_each = {"items": {"$ref": "steps.look.output.people"}, "cap": 10, "at_once": 2, **changes.pop("for_each", {})}
    letter = {"id": "letter", "action": "box.send", "for_each": for_each, "args": {"say": {"$ref": "item.name"}}}
    file = {"id": "file", "action": "box.put", "args": {"say": {"$ref": "steps.letter.output.1.said"}}}
    return [{"id": "look", "action": "box.get"}, letter | changes, file]


def people(*names: str) -> Any:
    """Return the list when asked, and what is said."""

    def tool(action: Action) -> Success | Failure:
        if action.operation == "get":
            return Success({"n": 1, "people": [{"name": name} for name in names]})
        return Success({"n": 1, "said": action.args.get("say", "")})

    return tool


def asked(world: World) -> list[Question]:
    return [one for one in world.decisions.asked if one.kind is Kind.ACTION and one.step and one.step.id == "letter"]


@pytest.mark.requirement("orchestrator.for-each")
@pytest.mark.parametrize("at_once", [1, 2, 100])
async def test_each_element_is_decided_and_done_by_itself(make_world: MakeWorld, at_once: int) -> None:
    world = await make_world(letters(for_each={"at_once": at_once}), tool=people("ann", "bob", "cyd"))
    view = await world.end_of(run := await world.submit())
    assert view.run.state == "succeeded", states(view)
    assert list(states(view)) == ["look", "letter", "letter.0", "letter.1", "letter.2", "file"]
    rows = {step.id: step for step in view.steps}
    assert rows["letter"].output == [{"n": 1, "said": name} for name in ("ann", "bob", "cyd")]
    assert rows["file"].output == {"n": 1, "said": "bob"}
    questions = asked(world)
    assert sorted((one.step.item, one.action.args["say"]) for one in questions if one.step and one.action) == [
        (0, "ann"),
        (1, "bob"),
        (2, "cyd"),
    ]
    assert all(state.id in {"look", "letter", "file"} for one in questions if one.run for state in one.run.steps)
    assert len({key for name, key in world.tools.calls if name == "box.send"}) == 3
    events = await world.events(run)
    assert events.index("step.iterating letter") < events.index("action.intended letter.0")
    assert events.index("step.succeeded letter") < events.index("action.intended file")


@pytest.mark.requirement("orchestrator.for-each-limits")
async def test_no_more_items_are_under_way_than_may_be(make_world: MakeWorld) -> None:
    ruler = for_actions(
        lambda one: (
            {"verdict": "require_approval", "approval": {"stages": [{"role": "boss"}]}, "reasons": [{"code": "ASK"}]}
            if one.step and one.step.id == "letter" and not one.approvals
            else ALLOW
        )
    )
    world = await make_world(letters(), tool=people("ann", "bob", "cyd"), ruler=ruler)
    run = await world.submit()
    await world.until(run, "run.waiting")
    boss = world.person("boss", "boss", Role.OPERATOR)
    for waiting in ({"letter.0", "letter.1"}, {"letter.1", "letter.2"}, {"letter.2"}):
        for item in waiting:
            await world.until(run, "approval.requested", step=item)
        page = await world.inbox.list(boss)
        mine = {one.step_id: one for one in page.items if one.run_id == run and one.state == "pending"}
        assert mine.keys() == waiting
        first = min(mine)
        await world.reply_to(boss, mine[first].id)
    view = await world.end_of(run)
    assert view.run.state == "succeeded"
    assert world.tools.times("box.send") == 3


@pytest.mark.requirement("orchestrator.for-each-limits")
@pytest.mark.parametrize(
    ("changes", "process", "code"),
    [
        ({"cap": 2}, {}, "FOR_EACH_OVER_CAP"),
        ({}, {"max_steps": 5}, "TOO_MANY_STEPS"),
        ({"items": {"$ref": "steps.look.output.n"}}, {}, "NOT_A_LIST"),
        ({"items": {"$ref": "steps.look.output.nothing"}}, {}, "NOT_A_LIST"),
    ],
)
async def test_beyond_a_limit_nothing_is_done_at_all(
    make_world: MakeWorld, changes: dict[str, Any], process: dict[str, Any], code: str
) -> None:
    world = await make_world(letters(for_each=changes), tool=people("ann", "bob", "cyd"), **process)
    if code == "NOT_A_LIST" and changes["items"]["$ref"].endswith(".n"):
        world.parts.catalogue(world.tenant).systems["box"].operations["get"].result["properties"] = {}
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.run.reason) == ("failed", code)
    assert states(view) == {"look": "succeeded", "letter": "failed", "file": "skipped"}
    assert world.tools.times("box.send") == 0


@pytest.mark.requirement("orchestrator.for-each")
async def test_of_an_empty_list_nothing_is_done_and_the_step_has_succeeded(make_world: MakeWorld) -> None:
    steps = letters()
    steps[2]["args"] = {"say": {"$ref": "steps.letter.output"}}
    world = await make_world(steps, tool=people())
    view = await world.end_of(await world.submit())
    assert view.run.state == "succeeded"
    assert view.steps[1].output == []


def not_bob(question: Question) -> Any:
    if question.action is not None and question.action.args.get("say") == "bob" and question.action.operation == "send":
        return deny("NOT_BOB")
    return ALLOW


@pytest.mark.requirement("orchestrator.for-each")
async def test_an_item_that_is_refused_fails_its_step_and_no_more_is_begun(make_world: MakeWorld) -> None:
    world = await make_world(
        letters(for_each={"at_once": 1}), tool=people("ann", "bob", "cyd"), ruler=for_actions(not_bob)
    )
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.run.reason) == ("failed", "NOT_BOB")
    rows = {step.id: step for step in view.steps}
    assert states(view) == {
        "look": "succeeded",
        "letter": "failed",
        "letter.0": "succeeded",
        "letter.1": "denied",
        "letter.2": "skipped",
        "file": "skipped",
    }
    assert (rows["letter"].message, rows["letter.2"].reason) == ("letter.1 is denied", "ITEM_FAILED")
    assert world.tools.times("box.send") == 1


@pytest.mark.requirement("orchestrator.for-each")
async def test_a_step_that_may_be_skipped_goes_on_without_an_item(make_world: MakeWorld) -> None:
    steps = letters(on_failure="skip")
    steps[2]["args"] = {"say": {"$ref": "steps.letter.output.2.said"}}
    world = await make_world(steps, tool=people("ann", "bob", "cyd"), ruler=for_actions(not_bob))
    view = await world.end_of(await world.submit())
    assert view.run.state == "succeeded"
    rows = {step.id: step for step in view.steps}
    assert rows["letter"].output == [{"n": 1, "said": "ann"}, None, {"n": 1, "said": "cyd"}]
    assert rows["file"].output == {"n": 1, "said": "cyd"}


@pytest.mark.requirement("orchestrator.for-each")
async def test_cancelled_in_the_middle_no_more_items_are_begun(make_world: MakeWorld) -> None:
    ruler = for_actions(
        lambda one: (
            {"verdict": "require_approval", "approval": {"stages": [{"role": "boss"}]}, "reasons": [{"code": "ASK"}]}
            if one.step and one.step.item == 1
            else ALLOW
        )
    )
    world = await make_world(letters(for_each={"at_once": 1}), tool=people("ann", "bob", "cyd"), ruler=ruler)
    run = await world.submit()
    await world.until(run, "approval.requested", step="letter.1")
    await world.cancellations.cancel(world.alice, run, "")
    view = await world.end_of(run)
    assert view.run.state == "cancelled"
    assert states(view) == {
        "look": "succeeded",
        "letter": "cancelled",
        "letter.0": "succeeded",
        "letter.1": "cancelled",
        "letter.2": "cancelled",
        "file": "cancelled",
    }


@pytest.mark.requirement("orchestrator.for-each-labels")
async def test_an_item_carries_the_labels_of_its_element_and_the_list_those_of_the_items(
    make_world: MakeWorld,
) -> None:
    steps = [
        {"id": "look", "action": "box.get"},
        {
            "id": "again",
            "action": "box.get",
            "for_each": {"items": {"$ref": "inputs.people"}, "cap": 5},
            "args": {"say": {"$ref": "item.name"}},
        },
        {"id": "tell", "action": "box.put", "args": {"all": {"$ref": "steps.again.output"}}},
    ]
    world = await make_world(steps, tool=lambda _: Success({"n": 1, "secret": "x"}))
    view = await world.end_of(
        await world.submit(inputs={"people": PEOPLE}, labels={"/people/1/name": ["pii"], "/people": ["internal"]})
    )
    assert view.run.state == "succeeded"
    said = {
        one.step.item: one.action.labels
        for one in world.decisions.asked
        if one.kind is Kind.ACTION and one.step and one.action and one.step.id == "again"
    }
    assert said == {
        0: {"/say": ("internal", "untrusted")},
        1: {"/say": ("internal", "pii", "untrusted")},
        2: {"/say": ("internal", "untrusted")},
    }
    told = next(one for one in world.decisions.asked if one.step and one.step.id == "tell" and one.action)
    assert told.action is not None
    assert told.action.labels == {f"/all/{at}/secret": ("confidential",) for at in range(3)}


@pytest.mark.requirement("orchestrator.for-each")
async def test_while_its_run_is_paused_no_more_items_are_begun(make_world: MakeWorld) -> None:
    world = await make_world(letters(for_each={"at_once": 1}), tool=people("ann", "bob", "cyd"))
    invoke, paused = world.tools.invoke, False

    async def pausing(permit: Permit, action: Action, **more: Any) -> Success | Failure:
        nonlocal paused
        if action.operation == "send" and not paused:
            paused = True
            await world.pauses.pause(world.alice, run, "to look into it")
        return await invoke(permit, action, **more)

    world.tools.invoke = pausing  # type: ignore[method-assign] # pauses the run in the middle of the first item
    run = await world.submit()
    await world.until(run, "run.waiting")
    view = await world.runs.get(world.alice, run)
    assert {name: state for name, state in states(view).items() if name.startswith("letter")} == {
        "letter": "iterating",
        "letter.0": "succeeded",
        "letter.1": "pending",
        "letter.2": "pending",
    }
    await world.pauses.resume(world.alice, run, "looked into")
    view = await world.end_of(run)
    assert view.run.state == "succeeded"
    assert world.tools.times("box.send") == 3


@pytest.mark.requirement("orchestrator.for-each-limits")
async def test_what_items_return_may_be_too_much_to_be_taken_together(make_world: MakeWorld) -> None:
    large = "x" * (MAX_LIST_BYTES // 8)

    def tool(action: Action) -> Success:
        return Success({"n": 1, "people": [{"name": large[:1]}] * 8} if action.operation == "get" else {"said": large})

    world = await make_world(letters(), tool=tool)
    view = await world.end_of(await world.submit())
    rows = {step.id: step for step in view.steps}
    assert (view.run.state, view.run.reason) == ("failed", "RESULTS_TOO_LARGE")
    assert (rows["letter"].state, rows["letter"].output) == ("failed", None)
    assert {str(rows[f"letter.{number}"].state) for number in range(8)} == {"succeeded"}, "what was done was done"
    assert rows["file"].state == "skipped"
