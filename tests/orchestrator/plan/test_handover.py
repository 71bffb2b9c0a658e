"""Work passes between agents as the catalogue declares it, and no step is anywhere but in the list of steps."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from assent_orchestrator.errors import InvalidError
from assent_orchestrator.plan.check import check
from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.handover import HandOvers, foreseen_passed, passed
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.read import read_plan
from assent_sidecar.catalogue.catalogue import Catalogue

FILE = Path(__file__).parents[2] / "cases" / "handoffs" / "plans.yaml"
CASES = YAML(typ="safe", pure=True).load(FILE.read_text(encoding="utf-8"))
ANYTHING = {"type": "object"}


def company(agents: Mapping[str, Mapping[str, Any]], steps: Sequence[Mapping[str, Any]], **process: Any) -> Catalogue:
    """A company with one desk, where each agent may ``do`` and nobody may do anything ``extra``.

    ``services`` are systems with the same operations that act as an agent.
    """
    services: Mapping[str, str] = process.pop("services", {})
    operations = {
        name: {"title": name, "effect": "write", "arguments": ANYTHING, "result": ANYTHING} for name in ("do", "extra")
    }
    return Catalogue.from_json(
        {
            "workspace": "small",
            "systems": {
                "desk": {
                    "name": "desk",
                    "title": "Desk",
                    "owner": "it",
                    "tool_server": "desk",
                    "operations": operations,
                },
                **{
                    name: {
                        "name": name,
                        "title": name,
                        "owner": "it",
                        "tool_server": name,
                        "kind": "agent",
                        "agent": agent,
                        "operations": operations,
                    }
                    for name, agent in services.items()
                },
            },
            "agents": {
                name: {
                    "name": name,
                    "title": name,
                    "owner": "it",
                    "department": "ops",
                    "may": ["desk.do", *(f"{name}.do" for name in services)],
                    "hands_over_to": facts.get("to", []),
                    "limits": facts.get("limits", {}),
                }
                for name, facts in agents.items()
            },
            "processes": {
                "work": {
                    "name": "work",
                    "version": "1",
                    "title": "Work",
                    "owner": "boss",
                    "department": "ops",
                    "inputs": ANYTHING,
                    "steps": written(steps),
                    **process,
                }
            },
        }
    )


def written(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"action": "desk.do", **step} for step in steps]


@pytest.mark.requirement("orchestrator.handoff-declared")
@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_plan_of_several_agents_is_told_every_fault_and_nothing_else(case: dict[str, Any]):
    catalogue = company(
        case["agents"],
        case["steps"],
        choices=case.get("choices", {}),
        may=case.get("may", {}),
        services=case.get("services", {}),
    )
    plan: dict[str, Any] = {"process": "work", "inputs": case.get("inputs", {})}
    if "plan" in case:
        plan["steps"] = written(case["plan"])
    found = check(Plan.from_json(plan), catalogue)
    assert [(one.field, one.code) for one in found] == [(want["field"], want["code"]) for want in case["wanted"]]
    assert all(one.description for one in found)


@pytest.mark.requirement("bad-input.hidden-step")
@pytest.mark.parametrize("member", ["steps", "then", "items"])
def test_a_step_that_is_no_part_of_a_plan_is_said_to_be_hidden(member: str):
    hidden = {"id": "b", "agent": "reader", "action": "desk.extra"}
    for_each = {"items": {"$ref": "inputs.list"}, "cap": 1, member: [hidden]}
    with pytest.raises(InvalidError) as refused:
        read_plan({"process": "work", "steps": written([{"id": "a", "agent": "reader", "for_each": for_each}])})
    assert [(one.field, one.code) for one in refused.value.faults] == [(f"steps[0].for_each.{member}", "HIDDEN_STEP")]


AGENTS = ("a", "b", "c")
WORKS = st.lists(st.tuples(st.sampled_from(AGENTS), st.lists(st.integers(0, 20), max_size=3)), min_size=1, max_size=9)
EDGES = st.sets(st.tuples(st.sampled_from(AGENTS), st.sampled_from(AGENTS)))


def steps_of(work: list[tuple[str, list[int]]]) -> list[dict[str, Any]]:
    """Steps of which each waits for some before it."""
    return [
        {"id": f"s{at}", "agent": agent, "after": sorted({f"s{one % at}" for one in before}) if at else []}
        for at, (agent, before) in enumerate(work)
    ]


@pytest.mark.requirement("orchestrator.handoff-declared")
@settings(max_examples=150, deadline=None)
@given(work=WORKS, declared=EDGES)
def test_no_plan_is_taken_in_which_work_passes_along_an_edge_that_nobody_declared(
    work: list[tuple[str, list[int]]], declared: set[tuple[str, str]]
):
    steps = steps_of(work)
    by = {step["id"]: step["agent"] for step in steps}
    passing = {(step["id"], by[name], step["agent"]) for step in steps for name in step["after"]}
    wanted = {
        (step, source) for step, source, target in passing if source != target and (source, target) not in declared
    }
    limits = {"depth": 100, "fan_out": 100, "hand_overs": 1000}
    agents = {
        name: {"to": sorted(target for source, target in declared if source == name), "limits": limits}
        for name in AGENTS
    }
    found = check(Plan.from_json({"process": "work"}), company(agents, steps))
    assert {one.code for one in found} <= {"HANDOFF_NOT_DECLARED", "HANDOFF_LOOP"}
    assert len(found) == len(wanted)
    assert {one.field for one in found} == {f"steps[{step.removeprefix('s')}].agent" for step, _ in wanted}


@pytest.mark.requirement("orchestrator.handoff-limits")
@settings(max_examples=100, deadline=None)
@given(work=WORKS, depth=st.integers(0, 4))
def test_no_step_of_a_plan_that_is_taken_is_deeper_than_its_agent_takes(work: list[tuple[str, list[int]]], depth: int):
    steps = steps_of(work)
    by = {step["id"]: step for step in steps}

    def deep(step: dict[str, Any]) -> int:
        return max((deep(by[one]) + (by[one]["agent"] != step["agent"]) for one in step["after"]), default=0)

    everybody = {name: {"to": [one for one in AGENTS if one != name], "limits": {"depth": depth}} for name in AGENTS}
    found = check(Plan.from_json({"process": "work"}), company(everybody, steps))
    wanted = [f"steps[{at}].agent" for at, step in enumerate(steps) if deep(step) > depth]
    assert [one.field for one in found if one.code == "HANDOFF_TOO_DEEP"] == wanted


@pytest.mark.requirement("orchestrator.handoff-narrows")
@settings(max_examples=100, deadline=None)
@given(
    declared=st.dictionaries(st.sampled_from(["", "/a", "/a/b", "/c", "/*"]), st.sets(st.sampled_from("xyz"))),
    path=st.sampled_from(["", ".a", ".a.b", ".c"]),
)
def test_every_label_that_passes_was_foreseen(declared: dict[str, set[str]], path: str):
    steps: list[dict[str, Any]] = [
        {"id": "one", "agent": "a"},
        {"id": "two", "agent": "b", "args": {"text": {"$ref": f"steps.one.output{path}"}}},
    ]
    process = company({"a": {"to": ["b"]}, "b": {}}, steps).processes["work"]
    (hand_over,) = HandOvers(process.steps, Graph.of(process.steps)).of("two")
    by_id = {step.id: step for step in process.steps}
    labels = {"one": {pointer: tuple(sorted(found)) for pointer, found in declared.items()}}
    ahead = foreseen_passed(hand_over, by_id["two"], by_id, labels)
    now = passed(hand_over, by_id["two"], by_id, labels)
    assert set(now.labels) <= set(ahead.labels)
    if not path:
        assert set(now.labels) == set().union(*declared.values(), ())


def test_the_hand_overs_of_a_large_plan_are_found_in_proportion():
    steps: list[dict[str, Any]] = [
        {"id": f"s{at}", "agent": AGENTS[at % 2], "after": [f"s{one}" for one in range(max(0, at - 20), at)]}
        for at in range(1000)
    ]
    everybody = {name: {"to": [one for one in AGENTS if one != name]} for name in AGENTS}
    catalogue = company(everybody, steps)
    begun = time.process_time()
    check(Plan.from_json({"process": "work"}), catalogue)
    assert time.process_time() - begun < 5.0
