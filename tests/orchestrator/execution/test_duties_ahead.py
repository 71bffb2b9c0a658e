"""What a forecast says of the obligation ``remember`` is what the run comes to: tests/cases/forecasts/duties.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.governance.duties_ahead import MOST_DUTIES
from assent_orchestrator.plan.culprit import Search
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.withhold import Argument
from assent_orchestrator.server.translate.forecast import write_forecast
from assent_orchestrator.tools.outcome import Success
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import ALLOW, Ruler, deny

FILE = Path(__file__).parents[2] / "cases" / "forecasts" / "duties.yaml"
CASES = YAML(typ="safe", pure=True).load(FILE.read_text(encoding="utf-8"))

PURPOSE = "how a renewal ended, for the next one"
MEMORY = Memory.from_json(
    {
        "classes": {
            "outcomes": {"retention": "long_term", "purpose": PURPOSE, "owner": "boss", "ttl": "30d"},
            "cards": {"retention": "never", "purpose": "no place here", "owner": "boss", "labels": ["payment"]},
        }
    }
)
DECLARED = {"/about": ["pii"], "/card": ["payment"]}
DUTY = {"type": "remember", "class": "outcomes", "purpose": PURPOSE, "subject": "/account"}
APPROVAL = {"verdict": "require_approval", "approval": {"stages": [{"role": "boss"}]}}


def ruler(duty: Mapping[str, Any], memory: Mapping[str, Mapping[str, Any]], asked: list[Question]) -> Ruler:
    """Return policies that allow everything with the duty, and deny the memory that the case says."""
    allow = {**ALLOW, "obligations": [{**DUTY, **duty}]}

    def rule(question: Question) -> Mapping[str, Any]:
        if question.kind is Kind.PLAN:
            assert question.plan is not None
            return {**ALLOW, "steps": {step.id: allow for step in question.plan.steps}}
        if question.kind is Kind.TRIAL:
            return {**ALLOW, "steps": {one.id: allow for one in question.trials}}
        if question.kind is not Kind.MEMORY:
            return allow
        asked.append(question)
        assert question.memory is not None
        told = question.memory.to_json()
        for code, wanted in memory.items():
            if all(told[name] == value for name, value in wanted.items()):
                return deny(code) if code else {**ALLOW, "obligations": [{"type": "redact", "path": "/n"}]}
        return ALLOW

    return rule


@pytest.mark.requirement("orchestrator.obligation-remember-foreseen")
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
async def test_a_forecast_says_of_a_duty_what_the_run_comes_to(make_world: MakeWorld, case: Mapping[str, Any]) -> None:
    asked: list[Question] = []
    world = await make_world(
        [{"id": "only", "action": case["action"], "args": {"account": "ACME"}}],
        memory=MEMORY,
        ruler=ruler(case.get("duty", {}), case.get("memory", {}), asked),
        tool=lambda _: Success(case.get("result", {"n": 7})),
        labels={"read": DECLARED},
    )
    forecast = await world.simulations.simulate(world.alice, Plan(process="work"))
    (step,) = write_forecast(forecast, "").steps
    said = {
        "verdict": str(forecast.decided.decision.steps["only"].verdict),
        "codes": [reason.code for reason in step.reasons],
        "fails_when_done": step.fails_when_done,
        "may_change": step.may_change,
        "asked": len(asked),
    }
    assert said == {"codes": [], "fails_when_done": False, "may_change": False, "asked": 1} | case["forecast"]
    culprits = forecast.failure.culprits if forecast.failure else ()
    assert [one.step for one in culprits] == (["only"] if said["verdict"] == "deny" else [])
    for one in culprits:
        assert (one.search, one.arguments) == (
            None if step.fails_when_done else Search.NOTHING,
            (),
        ), "no argument is blamed for what the rules of memory say of a result"
    decided = [one.record for one in await world.trail.read(world.tenant, Wanted(), limit=100)]
    kinds = [one["decision"]["kind"] for one in decided]
    assert kinds == ["plan", *["memory"] * len(asked)]

    view = await world.end_of(await world.submit())
    assert (view.steps[0].state, view.steps[0].reason) == (case["run"]["state"], case["run"].get("reason"))
    assert (len(world.tools.calls) == 1) == (step.fails_when_done or said["verdict"] == "allow")


@pytest.mark.requirement("orchestrator.obligation-remember-foreseen")
async def test_people_are_asked_all_the_same_about_a_step_that_fails_once_it_is_done(make_world: MakeWorld) -> None:
    policies = ruler({}, {"NO": {}}, [])

    def held(question: Question) -> Mapping[str, Any]:
        said = dict(policies(question))
        if question.kind is Kind.PLAN:
            said["steps"] = {name: {**one, **APPROVAL} for name, one in said["steps"].items()}
        return said

    world = await make_world([{"id": "only", "action": "box.put", "args": {"account": "A"}}], memory=MEMORY, ruler=held)
    forecast = await world.simulations.simulate(world.alice, Plan(process="work"))
    assert [one.step.id for one in forecast.approvals] == ["only"]
    assert str(forecast.decided.decision.steps["only"].verdict) == "deny"
    assert forecast.unkept == frozenset({"only"})


@pytest.mark.requirement("orchestrator.obligation-remember-foreseen")
async def test_of_very_many_duties_the_first_are_asked_about(make_world: MakeWorld) -> None:
    asked: list[Question] = []
    steps = [{"id": f"s{n}", "action": "box.put", "args": {"account": "A"}} for n in range(MOST_DUTIES + 2)]
    world = await make_world(steps, memory=MEMORY, ruler=ruler({}, {}, asked))
    forecast = await world.simulations.simulate(world.alice, Plan(process="work"))
    assert [one.step.id for one in asked if one.step] == [f"s{n}" for n in range(MOST_DUTIES)]
    assert all(one.may_change for one in write_forecast(forecast, "").steps)


@pytest.mark.requirement("orchestrator.memory-steps-foreseen")
async def test_what_is_never_retained_is_blamed_and_not_what_stands_beside_it(make_world: MakeWorld) -> None:
    keep = {"class": "outcomes", "purpose": PURPOSE, "subject": "ACME", "value": {"$ref": "steps.look.output"}}
    world = await make_world(
        [{"id": "look", "action": "box.read"}, {"id": "keep", "action": "memory.remember", "args": keep}],
        memory=MEMORY,
        ruler=allowed,
        labels={"read": DECLARED},
    )
    forecast = await world.simulations.simulate(world.alice, Plan(process="work"))
    assert forecast.failure is not None
    (culprit,) = forecast.failure.culprits
    assert (culprit.step, culprit.said.reasons[0].code, culprit.search) == ("keep", "CLASS_NEVER", Search.FOUND)
    assert (culprit.arguments, culprit.sufficient) == ((Argument("/value", "payment"),), True)


def allowed(question: Question) -> Mapping[str, Any]:
    asked = question.trials or (question.plan.steps if question.plan else ())
    return {**ALLOW, "steps": {one.id: ALLOW for one in asked}}
