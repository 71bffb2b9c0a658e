"""Bad plans: every fault is named, with its field, before anything is stored."""

import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from assent_orchestrator.errors import InvalidError
from assent_orchestrator.plan.check import check
from assent_orchestrator.plan.conformance import conformance
from assent_orchestrator.plan.expand import expand
from assent_orchestrator.plan.model import MAX_FAULTS, Plan
from assent_orchestrator.plan.read import read_plan
from assent_sidecar.catalogue.catalogue import Catalogue

CASES = Path(__file__).parents[2] / "cases" / "plans"


def load(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


CATALOGUE = Catalogue.from_json(load(CASES / "catalogue.yaml"))
ALL = [
    pytest.param(case, id=f"{path.stem}: {case['case']}")
    for path in sorted(CASES.glob("*.yaml"))
    if path.stem != "catalogue"
    for case in load(path)
]
NOTE = {"agent": "clerk", "action": "crm.note"}
ERRANDS = [
    {"id": "one", **NOTE, "args": {"text": "first"}},
    {"id": "two", **NOTE, "args": {"text": "second"}},
    {"id": "three", **NOTE, "args": {"text": "third"}},
]


def found(content: dict[str, Any]) -> list[tuple[str, str]]:
    return [(fault.field, fault.code) for fault in check(Plan.from_json(content), CATALOGUE)]


def errands(**changes: Any) -> dict[str, Any]:
    steps = deepcopy(ERRANDS)
    steps[0] |= changes
    return {"process": "errands", "steps": steps}


@pytest.mark.requirement("bad-input.plan-every-fault")
@pytest.mark.parametrize("case", ALL)
def test_a_bad_plan_is_told_every_fault_and_nothing_else(case: dict[str, Any]):
    faults = check(Plan.from_json(case["plan"]), CATALOGUE)
    assert [(fault.field, fault.code) for fault in faults] == [(want["field"], want["code"]) for want in case["wanted"]]
    assert all(fault.description for fault in faults)
    assert faults == check(Plan.from_json(case["plan"]), CATALOGUE)


@pytest.mark.requirement("bad-input.plan-oversized")
def test_a_plan_of_too_many_steps_is_refused_without_looking_at_them():
    steps = [{"id": f"s{number}", **NOTE, "args": {}} for number in range(1001)]
    assert found({"process": "errands", "steps": steps}) == [("steps", "TOO_MANY_STEPS")]


@pytest.mark.requirement("bad-input.plan-oversized")
def test_too_many_bytes_of_arguments_are_refused_whatever_the_schema_says():
    assert found(errands(args={"text": "x" * 65_536, "odd": 1})) == [("steps[0].args", "TOO_LARGE")]
    assert found(errands(args={"text": "x" * 65_000}))[0][1] == "AMENDMENT"


@pytest.mark.requirement("bad-input.plan-oversized")
def test_too_many_bytes_of_inputs_are_refused():
    assert found({"process": "errands", "inputs": {"a": "x" * 300_000}}) == [("inputs", "TOO_LARGE")]


@pytest.mark.requirement("bad-input.plan-oversized")
def test_values_nested_too_deep_are_refused_without_recursion():
    deep: Any = 1
    for _ in range(20_000):
        deep = {"a": deep}
    plan = Plan.model_construct(process="errands", inputs={"x": deep})
    assert [(fault.field, fault.code) for fault in check(plan, CATALOGUE)] == [("inputs.x", "TOO_DEEP")]
    step = CATALOGUE.processes["errands"].steps[0].model_copy(update={"args": {"text": deep}})
    plan = Plan.model_construct(process="errands", steps=(step, *CATALOGUE.processes["errands"].steps[1:]))
    assert [(fault.field, fault.code) for fault in check(plan, CATALOGUE)] == [("steps[0].args.text", "TOO_DEEP")]
    lists: Any = []
    for _ in range(20_000):
        lists = [lists]
    nested: Any = "x"
    for _ in range(20_000):
        nested = {"$concat": [nested]}
    step = step.model_copy(update={"args": {"text": nested, "tags": lists}})
    plan = Plan.model_construct(process="errands", steps=(step, *CATALOGUE.processes["errands"].steps[1:]))
    assert [(fault.field, fault.code) for fault in check(plan, CATALOGUE)] == [
        ("steps[0].args.text", "BAD_BINDING"),
        ("steps[0].args.tags", "TOO_DEEP"),
    ]


def test_numbers_that_readers_do_not_agree_on_are_refused():
    assert found(errands(args={"text": "first", "priority": 2**60})) == [("steps[0].args", "ARGUMENTS_SCHEMA")]
    assert found({"process": "errands", "inputs": {"a": 2**60}}) == [("inputs", "INPUTS_SCHEMA")]


READ = {"id": "read", "agent": "clerk", "action": "crm.read", "args": {"account": "ACME-1"}}


@pytest.mark.requirement("bad-input.plan-dangling")
@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (errands(after=["nine"]), "there is no step 'nine' in the plan"),
        (errands(on_failure={"alternative": "nine"}), "there is no step 'nine' in the plan"),
        (errands(branch="offer.upsell"), "there is no choice with the branch 'offer.upsell' in the plan"),
        (errands(args={"text": {"$ref": "steps.nine.output"}}), "refers to the step 'nine', which is not in the plan"),
        (errands(args={"text": {"$ref": "inputs.deep.down"}}), "refers to inputs.deep.down, which is not there"),
        (
            errands() | {"steps": [READ, {**READ, "id": "b", "args": {"account": {"$ref": "steps.read.output.nmae"}}}]},
            "refers to steps.read.output.nmae, which its result never holds",
        ),
        ({"process": "errands", "labels": {"/a~1c/0": ["pii"]}}, 'classifies inputs["a/c"]["0"], which is not there'),
    ],
)
def test_what_is_not_there_is_named(plan: dict[str, Any], said: str):
    faults = check(Plan.from_json(plan), CATALOGUE)
    assert said in [fault.description for fault in faults if fault.code == "DANGLING_REFERENCE"]


def test_messages_do_not_repeat_the_values():
    plan = {"process": "renewal", "inputs": {"account": 4711, "greeting": "s3cret" * 10}}
    faults = check(Plan.from_json(plan), CATALOGUE)
    assert len(faults) == 2
    assert not any("s3cret" in fault.description or "4711" in fault.description for fault in faults)


def test_names_from_outside_are_quoted_and_cut_in_the_path():
    (extra, *_) = check(Plan.from_json(errands(args={"text": "first", 'a"\n.b': 1})), CATALOGUE)
    assert extra.field == 'steps[0].args["a??.b"]'
    (extra, *_) = check(Plan.from_json(errands(args={"text": "first", "n" * 500: 1})), CATALOGUE)
    assert len(extra.field) < 100


def test_a_large_hostile_plan_is_answered_in_proportion():
    names = [f"s{number}" for number in range(1000)]
    steps = [
        {
            "id": name,
            "agent": "nobody",
            "action": "crm.note",
            "after": [names[(at + 1) % 1000], "ghost"],
            "args": {"tags": [{"$ref": f"steps.s{(at + 7) % 1000}.output.x"}, {"$ref": "inputs.q"}, {"$oops": 1}] * 20},
        }
        for at, name in enumerate(names)
    ]
    started = time.perf_counter()
    plan = Plan.from_json({"process": "errands", "steps": steps})
    faults = check(plan, CATALOGUE)
    assert time.perf_counter() - started < 20
    assert len(faults) == MAX_FAULTS + 1
    assert faults[0].field == ""


def test_a_good_plan_of_a_thousand_steps_is_checked_quickly():
    steps = [
        {"id": f"s{at}", **NOTE, "args": {"text": {"$ref": "inputs.text"}}, "after": [f"s{at - 1}"] if at else []}
        for at in range(1000)
    ]
    process = CATALOGUE.processes["errands"].to_json() | {"name": "long", "steps": steps}
    catalogue = Catalogue.from_json(CATALOGUE.to_json() | {"processes": {"long": process}})
    plan = Plan.from_json({"process": "long", "inputs": {"text": "x"}})
    started = time.perf_counter()
    assert check(plan, catalogue) == ()
    assert time.perf_counter() - started < 5


def test_a_plan_without_steps_is_its_process_and_names_the_version_in_force():
    process = CATALOGUE.processes["renewal"]
    plan = expand(Plan(process="renewal", inputs={"account": "ACME-1"}), process)
    assert plan.steps == process.steps
    assert plan.process_version == "3"
    assert conformance(plan, process) == ()
    assert expand(plan, process) == plan


def test_the_digest_of_a_plan_does_not_depend_on_who_asked():
    plan = Plan(process="renewal", inputs={"account": "ACME-1"})
    assert plan.digest() == plan.model_copy(update={"request_id": "r1"}).digest()
    assert plan.digest() != plan.model_copy(update={"inputs": {"account": "ACME-2"}}).digest()


@pytest.mark.requirement("bad-input.plan-every-fault")
def test_a_plan_of_the_wrong_shape_is_told_every_fault():
    with pytest.raises(InvalidError) as refused:
        read_plan(
            {
                "process": "X",
                "inputs": [],
                "labels": {"no pointer": ["pii"]},
                "steps": [{"id": "a", "agent": "b", "action": "nodot", "extra": 1, "on_failure": {}}, {"id": 3}],
            }
        )
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [
        (field, "MALFORMED")
        for field in (
            "process",
            "inputs",
            'labels["no pointer"]',
            "steps[0].action",
            "steps[0].on_failure",
            "steps[0].extra",
            "steps[1].id",
            "steps[1].agent",
            "steps[1].action",
        )
    ]


@pytest.mark.parametrize("value", [None, 3, [], "{}", {"process": "a", "inputs": {"x": float("nan")}}])
def test_what_is_no_plan_at_all_is_refused(value: Any):
    with pytest.raises(InvalidError) as refused:
        read_plan(value)
    assert refused.value.faults


def test_json_nested_beyond_the_stack_is_refused():
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidError):
        read_plan({"process": "a", "inputs": {"x": deep}})
