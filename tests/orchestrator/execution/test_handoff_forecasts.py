"""A forecast says what work would pass between agents, and whether it may."""

import pytest

from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.execution.simulation import MOST_HAND_OVERS
from assent_orchestrator.plan.model import Plan
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.handing_over import AGENTS, SERVICES, scripted
from tests.orchestrator.execution.world import deny


@pytest.mark.requirement("orchestrator.handoff-foreseen")
async def test_a_forecast_tells_what_will_pass_and_whether_it_may(make_world: MakeWorld):
    steps = [
        {"id": "look", "agent": "reader", "action": "box.get"},
        {"id": "a", "agent": "writer", "action": "box.put", "after": ["look"]},
        {"id": "b", "agent": "writer", "action": "box.put", "after": ["look"]},
        {"id": "c", "agent": "writer", "action": "box.put", "args": {"say": {"$ref": "steps.look.output.secret"}}},
        {"id": "d", "agent": "sender", "action": "box.send", "after": ["c"]},
    ]
    rules = [
        {"of": {"labels": ["confidential"]}, "answer": deny("CONFIDENTIAL")},
        {"of": {"to": "sender"}, "answer": {"verdict": "allow", "obligations": [{"type": "notify", "role": "boss"}]}},
    ]
    world = await make_world(steps, ruler=scripted({"rules": rules}), agents=AGENTS)
    plan = Plan.from_json({"process": "work"})
    forecast = await world.simulations.simulate(world.alice, plan)
    found = [
        (one.facts.source, one.facts.target, one.steps, one.facts.passes.labels, str(one.decided.verdict), one.refusal)
        for one in forecast.hand_overs
    ]
    assert found == [
        ("reader", "writer", ("a", "b"), (), "allow", ""),
        ("reader", "writer", ("c",), ("confidential",), "deny", ""),
        ("writer", "sender", ("d",), (), "allow", "OBLIGATION_UNSUPPORTED"),
    ]
    assert forecast.omitted == 0
    entries = await world.trail.read(world.tenant, Wanted(), limit=1000)
    made = [entry.record for entry in entries if entry.record["event"] == "handoff.decided"]
    assert [(one["step"], one["decision"]["verdict"]) for one in made] == [
        ("a", "allow"),
        ("c", "deny"),
        ("d", "allow"),
    ]
    assert world.tools.calls == []


@pytest.mark.requirement("orchestrator.handoff-foreseen")
async def test_a_forecast_tells_what_will_pass_to_services_that_are_called(make_world: MakeWorld):
    secret = {"$ref": "steps.look.output.secret"}
    steps = [
        {"id": "look", "agent": "reader", "action": "box.get"},
        {"id": "a", "agent": "reader", "action": "scribe.put", "args": {"say": secret}},
        {"id": "b", "agent": "reader", "action": "scribe.put", "args": {"say": "hello"}},
        {"id": "c", "agent": "writer", "action": "scribe.put"},
    ]
    duty = {"verdict": "allow", "obligations": [{"type": "redact", "path": ""}]}
    rules = [{"of": {"labels": ["confidential"]}, "answer": deny("CONFIDENTIAL")}, {"of": {}, "answer": duty}]
    world = await make_world(steps, ruler=scripted({"rules": rules}), agents=AGENTS, services=SERVICES)
    forecast = await world.simulations.simulate(world.alice, Plan.from_json({"process": "work"}))
    assert [
        (one.facts.target, one.facts.reason, one.steps, one.facts.passes.labels, str(one.decided.verdict), one.refusal)
        for one in forecast.hand_overs
    ] == [
        ("writer", "call", ("a",), ("confidential",), "deny", ""),
        ("writer", "call", ("b",), (), "allow", "OBLIGATION_UNSUPPORTED"),
    ]


@pytest.mark.requirement("orchestrator.handoff-foreseen")
async def test_of_very_many_hand_overs_the_first_are_asked_about(make_world: MakeWorld):
    names = [f"agent{number}" for number in range(MOST_HAND_OVERS + 3)]
    everybody = {name: {"hands_over_to": ["bot"]} for name in names}
    steps = [{"id": f"s{at}", "agent": name, "action": "box.get"} for at, name in enumerate(names)]
    last = {"id": "last", "action": "box.put", "after": [step["id"] for step in steps]}
    world = await make_world([*steps, last], agents=everybody)
    forecast = await world.simulations.simulate(world.alice, Plan.from_json({"process": "work"}))
    assert (len(forecast.hand_overs), forecast.omitted) == (MOST_HAND_OVERS, 3)
