import pytest

from assent_orchestrator.execution.plans import Plans
from assent_orchestrator.plan.model import Plan


def plan_of(steps: int) -> Plan:
    return Plan.from_json(
        {"process": "work", "steps": [{"id": f"s{n}", "agent": "bot", "action": "box.put"} for n in range(steps)]}
    )


@pytest.mark.requirement("orchestrator.bounded-memory")
def test_plans_are_known_within_bounds_and_those_not_used_for_longest_are_forgotten() -> None:
    plans = Plans(most=30)
    kept = {f"run{n}": plan_of(10) for n in range(4)}
    for run in ("run0", "run1", "run2"):
        plans.keep(run, kept[run])
    assert plans.get("run0") is kept["run0"]
    plans.keep("run3", kept["run3"])
    assert (len(plans), plans.get("run1"), plans.get("run0")) == (3, None, kept["run0"])


def test_a_plan_larger_than_all_is_known_as_long_as_it_is_used() -> None:
    plans, large = Plans(most=5), plan_of(10)
    plans.keep("small", plan_of(1))
    assert plans.graph("large", large) is plans.graph("large", large)
    assert (plans.get("large"), plans.get("small")) == (large, None)


@pytest.mark.requirement("orchestrator.bounded-memory")
def test_large_inputs_count_for_as_much_as_they_hold() -> None:
    plans = Plans(most=30)
    for run in ("first", "second"):
        plans.keep(run, plan_of(1).model_copy(update={"inputs": {"text": "x" * 5_000}}))
    assert (len(plans), plans.get("first")) == (1, None)
