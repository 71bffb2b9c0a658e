"""What a plan will ask for, before anything has happened; and what an action's digest covers."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from assent_orchestrator.plan.action import action_digest, make_action
from assent_orchestrator.plan.binding import foreseen_item, items_of, resolve
from assent_orchestrator.plan.expand import expand
from assent_orchestrator.plan.forecast import forecast, known, result_labels
from assent_orchestrator.plan.label import carried, fit, gather, spread
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.pointer import split
from assent_sidecar.canonical import NotCanonicalError
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.process import Alternative, ForEach

CASES = Path(__file__).parents[2] / "cases" / "plans"
CATALOGUE = Catalogue.from_json(
    YAML(typ="safe", pure=True).load((CASES / "catalogue.yaml").read_text(encoding="utf-8"))
)
PLAN = expand(
    Plan(process="renewal", inputs={"account": "ACME-1"}, labels={"/account": ("confidential",)}),
    CATALOGUE.processes["renewal"],
)


@pytest.mark.requirement("orchestrator.plan-forecast")
def test_a_forecast_leaves_out_what_is_unknown_and_shows_where_it_will_come_from():
    read, _, send = forecast(PLAN, CATALOGUE).steps
    assert read.action.args == {"account": "ACME-1"}
    assert read.action.labels == {"/account": ("confidential", "untrusted")}
    assert read.agent.department == "sales"
    assert send.action.args == {}
    assert send.action.unknown == ("/body", "/to")
    assert send.action.labels == {"/to": ("pii",)}
    assert send.action.effect == "irreversible"
    assert send.bindings == {
        "/to": {"$ref": "steps.read.output.contact.email"},
        "/body": {"$concat": ["Dear ", {"$ref": "steps.read.output.name"}, "!"]},
    }
    assert forecast(PLAN, CATALOGUE).digest == PLAN.digest()


def test_a_step_is_known_as_far_as_the_inputs_tell():
    labels = result_labels(PLAN.steps, CATALOGUE)
    assert known(PLAN.steps[0], PLAN.inputs, PLAN.labels, labels).complete
    assert known(PLAN.steps[2], PLAN.inputs, PLAN.labels, labels).unknown == ("/to", "/body")


def test_a_forecast_of_what_nobody_declared_is_refused():
    step = PLAN.steps[0].model_copy(update={"action": "crm.nothing"})
    with pytest.raises(KeyError):
        forecast(PLAN.model_copy(update={"steps": (step,)}), CATALOGUE)


def test_the_digest_of_an_action_covers_what_is_done_with_which_values_of_which_kind():
    one = make_action("crm.note", "write", {"text": "a", "n": 1}, {"/text": ("pii", "internal")})
    same = make_action("crm.note", "write", {"n": 1.0, "text": "a"}, {"/n": (), "/text": ["internal", "pii", "pii"]})
    assert one.digest == same.digest == action_digest("crm", "note", one.args, one.labels)
    assert one.labels == {"/text": ("internal", "pii")}
    others = [
        make_action("crm.read", "write", one.args, one.labels),
        make_action("mail.note", "write", one.args, one.labels),
        make_action("crm.note", "write", {"text": "a", "n": True}, one.labels),
        make_action("crm.note", "write", one.args, {}),
    ]
    assert len({one.digest, *(other.digest for other in others)}) == 5


def test_an_action_without_a_canonical_form_cannot_be_made():
    with pytest.raises(NotCanonicalError):
        make_action("crm.note", "write", {"n": 2**60}, {})


def test_a_forecast_shows_every_edge():
    def plan(*steps: dict[str, Any]) -> Plan:
        return Plan.from_json({"process": "renewal", "steps": [{"agent": "clerk", **step} for step in steps]})

    facts = forecast(
        plan(
            {"id": "a", "action": "crm.read", "args": {"account": "ACME-1"}, "on_failure": {"alternative": "c"}},
            {"id": "b", "action": "crm.note", "after": ["a"], "args": {"text": {"$ref": "steps.c.output.name"}}},
            {"id": "c", "action": "crm.read", "args": {"account": "ACME-2"}},
            {"id": "d", "action": "crm.note", "args": {"text": {"$first": [{"$ref": "steps.a.output.name"}]}}},
        ),
        CATALOGUE,
    )
    assert {step.id: step.depends_on for step in facts.steps} == {"a": (), "b": ("a", "c"), "c": ("a",), "d": ("a",)}
    assert facts.steps[0].on_failure == Alternative(alternative="c")


TOKENS = st.sampled_from(["a", "b", "0", "1"])
VALUES = st.recursive(
    st.sampled_from([1, "x", None]),
    lambda inner: st.one_of(
        st.dictionaries(TOKENS, inner, min_size=1, max_size=3), st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)
POINTERS = st.lists(st.one_of(TOKENS, st.just("*")), max_size=4).map(lambda tokens: "".join(f"/{t}" for t in tokens))
DECLARED = st.dictionaries(
    POINTERS,
    st.sets(st.sampled_from(["pii", "secret"]), min_size=1).map(lambda names: tuple(sorted(names))),
    max_size=4,
)
PATHS = st.lists(TOKENS, max_size=3)


@settings(max_examples=500, deadline=None)
@given(st.dictionaries(st.sampled_from(["one", "two"]), VALUES), DECLARED, DECLARED, st.lists(PATHS, min_size=3))
@pytest.mark.requirement("sidecar.plan-labels")
def test_no_label_of_the_run_is_missing_in_the_forecast(
    outputs: dict[str, Any], one: dict[str, Any], two: dict[str, Any], paths: list[list[str]]
):
    """At every pointer: the labels that the arguments have in the run are among those of the forecast."""
    declared = {"one": one, "two": two}
    refs = [{"$ref": ".".join(("steps", name, "output", *path))} for path in paths for name in ("one", "two")]
    args: dict[str, Any] = {f"r{at}": [ref, {"x": ref}] for at, ref in enumerate(refs)}
    args |= {f"c{at}": {"$concat": ["-", ref]} for at, ref in enumerate(refs)}
    args |= {"first": {"$first": refs}, "input": {"$ref": "inputs.a"}}
    told: dict[str, Any] = {"inputs": {"a": 1}, "input_labels": {"/a": ("internal",)}}
    forecast_ = resolve(args, outputs={}, output_labels=declared, **told)
    # As an outcome keeps them, and as an attempt reads them.
    kept = {name: fit(declared[name], value) for name, value in outputs.items()}
    run = resolve(args, outputs=outputs, output_labels=kept, **told)
    missing = {place.pointer for place in run.missing}
    for pointer, names in run.labels.items():
        if not any(pointer == place or pointer.startswith(f"{place}/") for place in missing):
            assert set(names) <= set(forecast_.labels.get(pointer, ())), pointer


@settings(max_examples=300, deadline=None)
@given(st.lists(VALUES, max_size=4), DECLARED, PATHS, PATHS)
@pytest.mark.requirement("orchestrator.for-each-labels")
def test_no_label_of_an_item_is_missing_in_the_forecast(
    elements: list[Any], declared: dict[str, Any], above: list[str], path: list[str]
):
    """At every pointer: what any item carries in the run is foreseen before anybody has seen the list."""
    root: Any = elements
    for token in reversed(above):
        root = {token: root}
    for_each = ForEach(items={"$ref": ".".join(("steps", "one", "output", *above))}, cap=10)
    args: dict[str, Any] = {
        "a": {"$ref": ".".join(("item", *path))},
        "b": [{"x": {"$ref": "item"}}],
        "c": {"$concat": ["-", {"$ref": ".".join(("item", *path))}]},
    }
    ahead = foreseen_item(for_each, {}, {}, {"one": declared})
    forecast_ = resolve(args, inputs={}, outputs={}, item=ahead)
    kept = {"one": fit(declared, root)}
    for item in items_of(for_each, inputs={}, outputs={"one": root}, output_labels=kept):
        run = resolve(args, inputs={}, outputs={}, item=item)
        missing = {place.pointer for place in run.missing}
        for pointer, names in run.labels.items():
            if not any(pointer == place or pointer.startswith(f"{place}/") for place in missing):
                assert set(names) <= set(forecast_.labels.get(pointer, ())), pointer


@settings(max_examples=300, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=4), DECLARED)
@pytest.mark.requirement("orchestrator.for-each-labels")
def test_an_element_has_every_label_that_its_list_has_on_it(elements: list[Any], declared: dict[str, Any]):
    """From a list to its items and back: each value carries what it carried, and nothing gets lost."""
    labels = fit(declared, elements)
    items = spread(labels, (), len(elements))
    again = gather(items)
    for pointer in labels:
        tokens = split(pointer)
        for at in range(len(elements)) if not tokens else [int(tokens[0])]:
            below = tokens[1:]
            assert carried(labels, (str(at), *below)) <= carried(items[at], below)
            assert carried(again, (str(at), *below)) == carried(items[at], below)
