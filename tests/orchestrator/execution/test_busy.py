"""What becomes of calls and of steps while more is asked than can be decided, and how long a decision may take."""

from dataclasses import replace

import pytest

from assent_orchestrator.errors import BusyError
from assent_orchestrator.execution.simulation import Simulations
from assent_orchestrator.plan.model import Plan
from assent_sidecar.evaluator import PER_ACTION
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import ALLOW, for_actions, states

STEPS = [{"id": "only", "action": "box.send"}]


@pytest.mark.requirement("orchestrator.busy")
async def test_a_forecast_that_nobody_has_time_for_is_refused_and_leaves_no_record(make_world: MakeWorld) -> None:
    world = await make_world(STEPS)
    world.decisions.busy = frozenset({1})
    with pytest.raises(BusyError):
        await world.simulations.simulate(world.alice, Plan(process="work"))
    assert await world.trail.read(world.tenant, limit=10) == []
    assert (await world.simulations.simulate(world.alice, Plan(process="work"))).decided.verdict == "allow"


@pytest.mark.requirement("orchestrator.busy")
@pytest.mark.parametrize("on_no_decision", ["wait", "fail"])
async def test_the_steps_of_a_run_wait_until_there_is_time_whatever_the_process_says_of_faults(
    make_world: MakeWorld, on_no_decision: str
) -> None:
    steps = [{"id": "only", "action": "box.send", "when": "taken"}]
    world = await make_world(steps, ruler=for_actions(lambda _: ALLOW), on_no_decision=on_no_decision)
    world.decisions.busy = frozenset({1, 3, 5})
    view = await world.end_of(await world.submit())
    assert (view.run.state, states(view)) == ("succeeded", {"only": "succeeded"})
    kinds = [str(question.kind) for question in world.decisions.asked]
    assert kinds == ["plan", "plan", "condition", "condition", "action", "condition", "action"]
    assert world.tools.times("box.send") == 1


@pytest.mark.requirement("orchestrator.deadline-is-the-budget")
@pytest.mark.parametrize(
    ("within", "budget"), [(None, 2.0 + PER_ACTION), (0.5, 0.4), (3.0, 2.4), (3600.0, 10.0 + PER_ACTION)]
)
async def test_a_decision_takes_what_the_caller_leaves_or_the_usual_and_never_more_than_the_longest(
    make_world: MakeWorld, within: float | None, budget: float
) -> None:
    world = await make_world(STEPS)
    await world.simulations.simulate(world.alice, Plan(process="work"), within=within)
    assert world.decisions.budgets == [pytest.approx(budget)]


async def test_a_run_has_the_configured_budget_and_its_plan_more_for_each_step(make_world: MakeWorld) -> None:
    world = await make_world(STEPS)
    await world.end_of(await world.submit())
    budget = world.parts.gate.budget
    assert world.decisions.budgets == [budget + len(STEPS) * PER_ACTION, *[budget] * len(STEPS)]


async def test_a_short_longest_bounds_the_usual_too(make_world: MakeWorld) -> None:
    world = await make_world(STEPS)
    gate = replace(world.parts.gate, longest=0.5)
    await Simulations(replace(world.parts, gate=gate)).simulate(world.alice, Plan(process="work"))
    assert world.decisions.budgets == [0.5 + len(STEPS) * PER_ACTION]
