"""Plans that choose and repeat where their process lets them, as they are run."""

from typing import Any

import pytest

from assent_orchestrator.errors import InvalidError
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import allow_all, states

LOOK: dict[str, Any] = {"id": "look", "agent": "bot", "action": "box.get"}
SMALL, LARGE = (
    {"id": name, "agent": "bot", "action": "box.put", "branch": f"size.{name}"} for name in ("small", "large")
)
SIZE: dict[str, Any] = {
    "after": ["look"],
    "branches": [{"name": "small", "when": "is_small"}, {"name": "large", "when": "is_large"}],
}
ONLY_LARGE = {"size": {**SIZE, "branches": SIZE["branches"][1:]}}
MAIL = {"id": "mail", "agent": "bot", "action": "box.send", "after": ["look"], "on_failure": {"alternative": "letter"}}
LETTER = {"id": "letter", "agent": "bot", "action": "box.put"}


def saying(*rules: str) -> Any:
    """Answer conditions: these rules are true."""

    def ruler(question: Question) -> Any:
        if question.kind is not Kind.CONDITION:
            return allow_all(question)
        assert question.condition is not None
        return {"verdict": "allow", "taken": question.condition.name in rules}

    return ruler


@pytest.mark.requirement("orchestrator.plan-chooses")
@pytest.mark.parametrize(
    ("true", "ends", "large"), [("is_large", "succeeded", "succeeded"), ("is_small", "failed", "skipped")]
)
async def test_a_branch_that_a_plan_chose_is_taken_only_if_its_rule_is_true(
    make_world: MakeWorld, true: str, ends: str, large: str
) -> None:
    world = await make_world([LOOK, SMALL, LARGE], ruler=saying(true), choices={"size": SIZE}, may={"choose": ["size"]})
    view = await world.end_of(await world.submit(steps=[LOOK, LARGE], choices=ONLY_LARGE))
    assert (view.run.state, states(view)["large"]) == (ends, large)
    assert "small" not in states(view)
    assert world.tools.times("box.put") == (1 if ends == "succeeded" else 0)


@pytest.mark.requirement("orchestrator.plan-chooses")
async def test_an_alternative_that_a_plan_chose_is_done_and_what_it_stands_in_for_is_not(make_world: MakeWorld) -> None:
    world = await make_world([LOOK, MAIL, LETTER], may={"choose": ["mail"]})
    view = await world.end_of(await world.submit(steps=[LOOK, {**LETTER, "after": ["look"]}]))
    assert (view.run.state, states(view)) == ("succeeded", {"look": "succeeded", "letter": "succeeded"})
    assert (world.tools.times("box.send"), world.tools.times("box.put")) == (0, 1)
    with pytest.raises(InvalidError):
        await world.submit(steps=[LOOK, LETTER])


@pytest.mark.requirement("orchestrator.plan-chooses")
async def test_without_a_word_of_its_process_a_plan_chooses_nothing(make_world: MakeWorld) -> None:
    world = await make_world([LOOK, SMALL, LARGE], ruler=saying("is_large"), choices={"size": SIZE})
    with pytest.raises(InvalidError) as refused:
        await world.submit(steps=[LOOK, LARGE], choices=ONLY_LARGE)
    assert {fault.code for fault in refused.value.faults} == {"AMENDMENT"}


@pytest.mark.requirement("orchestrator.plan-repeats")
async def test_a_step_that_a_plan_repeats_is_decided_and_done_each_time_anew(make_world: MakeWorld) -> None:
    put = {"id": "put", "agent": "bot", "action": "box.put", "after": ["look"]}
    again = [{**put, "id": f"put-{time}", "after": [before]} for time, before in ((2, "put"), (3, "put-2"))]
    steps = [LOOK, put]
    world = await make_world(steps, may={"repeat": {"put": 3}})
    view = await world.end_of(await world.submit(steps=[*steps, *again]))
    assert (view.run.state, set(states(view).values())) == ("succeeded", {"succeeded"})
    keys = [key for name, key in world.tools.calls if name == "box.put"]
    assert len(keys) == len(set(keys)) == 3
    asked = [one.step.id for one in world.decisions.asked if one.kind is Kind.ACTION and one.step is not None]
    assert asked == ["look", "put", "put-2", "put-3"]
