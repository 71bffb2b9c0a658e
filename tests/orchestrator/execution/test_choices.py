"""A choice takes one branch, by named rules, on what steps really returned."""

from itertools import pairwise
from typing import Any

import pytest

from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.errors import InvalidError
from assent_sidecar.decision import Decided
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import allow_all, deny, reaches, states

STEPS: list[dict[str, Any]] = [
    {"id": "look", "action": "box.get"},
    {"id": "small", "action": "box.put", "branch": "size.small", "args": {"say": {"$ref": "steps.look.output.n"}}},
    {"id": "large", "action": "box.put", "branch": "size.large"},
    {"id": "huge", "action": "box.put", "branch": "size.huge"},
    {
        "id": "tell",
        "action": "box.send",
        "args": {"say": {"$first": [{"$ref": f"steps.{name}.output.n"} for name in ("small", "large", "huge")]}},
    },
]
SIZE: dict[str, Any] = {
    "after": ["look"],
    "branches": [{"name": name, "when": f"is_{name}"} for name in ("small", "large", "huge")],
}

ASK = {"verdict": "require_approval", "approval": {"stages": [{"role": "manager"}], "expires_in": "1h"}}


def saying(*rules: str) -> Any:
    """Answer conditions: these rules are true."""

    def ruler(question: Question) -> Any:
        if question.kind is not Kind.CONDITION:
            return allow_all(question)
        assert question.condition is not None
        assert (question.condition.choice, question.step, question.agent) == ("size", None, None)
        assert question.condition.outputs == {"look": {"n": 1, "said": ""}}
        return {"verdict": "allow", "taken": question.condition.name in rules}

    return ruler


@pytest.mark.requirement("orchestrator.choices")
@pytest.mark.parametrize(
    ("true", "otherwise", "taken"),
    [
        (("is_small", "is_large"), None, "small"),
        (("is_large",), "huge", "large"),
        ((), "huge", "huge"),
        ((), "small", "small"),
    ],
)
async def test_the_first_branch_whose_rule_is_true_is_taken(
    make_world: MakeWorld, true: tuple[str, ...], otherwise: str | None, taken: str
) -> None:
    world = await make_world(STEPS, ruler=saying(*true), choices={"size": {**SIZE, "otherwise": otherwise or "huge"}})
    view = await world.end_of(run := await world.submit())
    assert view.run.state == "succeeded"
    others = {name: "skipped" for name in ("small", "large", "huge") if name != taken}
    assert states(view) == {
        "look": "succeeded",
        "size.choice": "succeeded",
        taken: "succeeded",
        "tell": "succeeded",
        **others,
    }
    rows = {step.id: step for step in view.steps}
    assert {rows[name].reason for name in others} == {"BRANCH_NOT_CHOSEN"}
    assert (rows["size.choice"].reason, rows["size.choice"].message) == ("BRANCH_CHOSEN", taken)
    assert rows["size.choice"].output == {"branch": taken}
    assert world.tools.times("box.put") == 1
    events = await world.events(run)
    assert events.index("step.succeeded size.choice") > events.index("decision.made size.choice")
    assert [step.id for step in view.steps][:2] == ["look", "size.choice"]


@pytest.mark.requirement("orchestrator.choices")
async def test_a_choice_without_a_true_rule_fails_the_run(make_world: MakeWorld) -> None:
    steps = STEPS[:3]
    steps += [{"id": "tell", "action": "box.send", "after": ["small", "large"]}]
    world = await make_world(steps, ruler=saying(), choices={"size": SIZE})
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.run.reason) == ("failed", "NO_BRANCH")
    assert states(view) == {
        "look": "succeeded",
        "size.choice": "failed",
        "small": "skipped",
        "large": "skipped",
        "tell": "skipped",
    }
    assert world.tools.times("box.put") == world.tools.times("box.send") == 0


@pytest.mark.requirement("orchestrator.choices")
async def test_a_choice_that_policies_refuse_to_answer_takes_no_branch(make_world: MakeWorld) -> None:
    def ruler(question: Question) -> Any:
        return deny("FREEZE") if question.kind is Kind.CONDITION else allow_all(question)

    world = await make_world(STEPS, ruler=ruler, choices={"size": {**SIZE, "otherwise": "huge"}})
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.run.reason) == ("failed", "FREEZE")
    assert world.tools.times("box.put") == 0


@pytest.mark.requirement("orchestrator.choices")
async def test_without_a_decision_a_choice_waits_and_then_goes_on(make_world: MakeWorld) -> None:
    def fail_once(question: Question) -> Any:
        answer = saying("is_large")(question)
        world.decisions.away = False
        return answer

    world = await make_world(STEPS, ruler=fail_once, choices={"size": {**SIZE, "otherwise": "huge"}})
    world.decisions.busy = frozenset({3})
    view = await world.end_of(await world.submit())
    assert view.run.state == "succeeded"
    assert states(view)["large"] == "succeeded"


@pytest.mark.requirement("orchestrator.choices")
async def test_a_plan_changes_no_choice(make_world: MakeWorld) -> None:
    world = await make_world(STEPS, ruler=saying("is_small"), choices={"size": {**SIZE, "otherwise": "huge"}})
    with pytest.raises(InvalidError) as refused:
        await world.submit(
            steps=[{"agent": "bot", **step} for step in STEPS], choices={"size": {**SIZE, "otherwise": "small"}}
        )
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("choices.size", "AMENDMENT")]


@pytest.mark.requirement("orchestrator.choices")
async def test_a_choice_that_is_made_while_its_run_begins_to_wait_records_that_once(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ruler(question: Question) -> Any:
        return ASK if question.kind is Kind.ACTION else allow_all(question)

    steps = [{"id": "held", "action": "box.put"}, {"id": "kept", "action": "box.get", "branch": "way.on"}]
    way = {"branches": [{"name": "on", "when": "is_on"}, {"name": "off", "when": "is_off"}], "otherwise": "off"}
    world = await make_world(steps, ruler=ruler, choices={"way": way})
    decide = world.decisions.decide

    async def slowly(question: Question, *, budget: float) -> Decided:
        if question.kind is Kind.CONDITION and question.run is not None:
            # Its question was written already, of a run that ran.
            await reaches(world, question.run.id, "held", "awaiting_approval")
        return await decide(question, budget=budget)

    monkeypatch.setattr(world.decisions, "decide", slowly)
    run = await world.submit()
    await reaches(world, run, "kept", "awaiting_approval")
    entries = await world.trail.read(world.tenant, Wanted(run=run), limit=100)
    moves = [entry.record["state"] for entry in entries if not entry.record.get("step") and entry.record.get("state")]
    assert all(later["from"] == earlier["to"] != later["to"] for earlier, later in pairwise(moves)), moves
    await world.cancellations.cancel(world.alice, run, "")
    await world.end_of(run)
