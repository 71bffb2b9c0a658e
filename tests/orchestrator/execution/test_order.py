"""In which order the steps of a run happen, and what goes from one to the next."""

import pytest

from assent_orchestrator.tools.outcome import Success
from assent_sidecar.facts import Action
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import for_actions, states


@pytest.mark.requirement("orchestrator.runs-in-order")
async def test_steps_run_in_the_order_of_their_bindings(make_world: MakeWorld) -> None:
    world = await make_world(
        [
            {"id": "c", "action": "box.send", "args": {"say": {"$ref": "steps.b.output.n"}}},
            {"id": "b", "action": "box.put", "args": {"say": {"$ref": "steps.a.output.n"}}},
            {"id": "a", "action": "box.get", "args": {"say": {"$ref": "inputs.word"}}},
        ]
    )
    view = await world.end_of(await world.submit(inputs={"word": "hello"}))
    assert states(view) == {"a": "succeeded", "b": "succeeded", "c": "succeeded"}
    assert view.run.state == "succeeded"
    assert [name for name, _ in world.tools.calls] == ["box.get", "box.put", "box.send"]


@pytest.mark.requirement("orchestrator.runs-in-order")
async def test_branches_run_side_by_side_and_join(make_world: MakeWorld) -> None:
    world = await make_world(
        [
            {"id": "left", "action": "box.get"},
            {"id": "right", "action": "box.get"},
            {
                "id": "join",
                "action": "box.put",
                "args": {"l": {"$ref": "steps.left.output.n"}, "r": {"$ref": "steps.right.output.n"}},
            },
        ]
    )
    run = await world.submit()
    view = await world.end_of(run)
    assert view.run.state == "succeeded"
    events = await world.events(run)
    assert events.index("action.intended right") < events.index("action.intended join")
    assert events.index("action.succeeded left") < events.index("action.intended join")


@pytest.mark.requirement("orchestrator.gate-before-every-action")
@pytest.mark.requirement("orchestrator.committed-before-the-tool")
async def test_every_action_is_decided_and_intended_before_it_is_done(make_world: MakeWorld) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}])
    run = await world.submit()
    await world.end_of(run)
    assert await world.events(run) == [
        "run.created",
        "decision.made",
        "run.running",
        "decision.made only",
        "action.intended only",
        "action.succeeded only",
        "run.succeeded",
    ]


@pytest.mark.requirement("orchestrator.labels-carried")
async def test_labels_go_with_the_values_into_the_next_question(make_world: MakeWorld) -> None:
    def tool(_action: Action) -> Success:
        return Success({"secret": "s", "n": 1})

    world = await make_world(
        [
            {"id": "read", "action": "box.get"},
            {"id": "tell", "action": "box.send", "args": {"say": {"$ref": "steps.read.output.secret"}}},
        ],
        tool=tool,
    )
    await world.end_of(await world.submit())
    asked = [one.action for one in world.decisions.asked if one.action and one.action.operation == "send"]
    assert asked[0].labels == {"/say": ("confidential",)}


@pytest.mark.requirement("orchestrator.dependents-named")
async def test_a_denied_step_stops_what_depends_on_it_by_name(make_world: MakeWorld) -> None:
    world = await make_world(
        [
            {"id": "first", "action": "box.put"},
            {"id": "second", "action": "box.send", "after": ["first"]},
        ],
        ruler=for_actions(lambda _: {"verdict": "deny", "reasons": [{"code": "TOO_LATE", "message": "closed"}]}),
    )
    view = await world.end_of(await world.submit())
    assert view.run.state == "failed"
    assert view.run.reason == "TOO_LATE"
    assert states(view) == {"first": "denied", "second": "skipped"}
    assert view.steps[1].reason == "DEPENDENCY_FAILED"
    assert world.tools.calls == []
