"""Bindings become values, and no label is lost on the way."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assent_orchestrator.plan.binding import BindingError, Missing, resolve
from assent_orchestrator.plan.label import carried, fit, join, of_inputs, rebase
from assent_orchestrator.plan.pointer import split
from assent_orchestrator.plan.reference import Source, references, scan

INPUTS = {"account": "ACME-1", "lines": [{"sku": "a", "n": 2}, {"sku": "b", "n": 3}], "none": None}
OUTPUTS = {"read": {"name": "Acme", "contact": {"email": "x@acme.example", "phone": "1"}, "list": [1, 2.0, True]}}
LABELS = {"read": {"/contact/email": ("pii",), "/name": ("internal",)}}


def ref(text: str) -> dict[str, str]:
    return {"$ref": text}


def of(args: dict[str, Any], **more: Any) -> Any:
    return resolve(args, inputs=INPUTS, outputs=OUTPUTS, output_labels=LABELS, **more)


@pytest.mark.requirement("orchestrator.plan-bindings")
def test_a_reference_is_replaced_by_the_value_it_leads_to():
    resolved = of(
        {"a": ref("inputs.lines.1.sku"), "b": [ref("steps.read.output.contact"), {"c": ref("steps.read.output")}]}
    )
    assert resolved.args == {"a": "b", "b": [OUTPUTS["read"]["contact"], {"c": OUTPUTS["read"]}]}
    assert resolved.complete


def test_a_value_that_looks_like_a_binding_is_not_followed():
    resolved = resolve({"a": ref("inputs.x")}, inputs={"x": ref("inputs.secret"), "secret": 1}, outputs={})
    assert resolved.args == {"a": {"$ref": "inputs.secret"}}


def test_null_is_a_value():
    assert of({"a": ref("inputs.none")}).args == {"a": None}


def test_concat_joins_texts_numbers_and_booleans_in_their_canonical_form():
    parts = ["n=", ref("steps.read.output.list.1"), 1.5, True, {"$concat": [" ", ref("steps.read.output.name")]}]
    assert of({"a": {"$concat": parts}}).args == {"a": "n=21.5true Acme"}


@pytest.mark.parametrize("source", ["inputs.lines", "inputs.none", "steps.read.output.contact"])
def test_concat_joins_nothing_that_is_no_text(source: str):
    resolved = of({"a": {"$concat": ["x", ref(source)]}})
    assert [missing.pointer for missing in resolved.missing] == ["/a"]
    assert not resolved.complete


def test_first_takes_the_first_step_that_succeeded():
    choice = {"$first": [ref("steps.gone.output.name"), ref("steps.read.output.name")]}
    assert of({"a": choice}).args == {"a": "Acme"}
    assert of({"a": {"$first": [ref("steps.gone.output.name")]}}).unknown == ("/a",)


@pytest.mark.parametrize(
    "path", ["inputs.nothing", "inputs.lines.2", "inputs.lines.01", "inputs.lines.x", "inputs.account.x"]
)
def test_a_value_that_is_not_there_is_missing_and_left_out(path: str):
    resolved = of({"a": ref(path), "b": 1, "c": [ref(path), 2]})
    assert resolved.args == {"b": 1, "c": [None, 2]}
    assert resolved.missing == (Missing("/a", f"there is no {path}"), Missing("/c/0", f"there is no {path}"))
    assert not resolved.complete


def test_what_waits_for_a_step_is_unknown_left_out_and_labelled_already():
    resolved = resolve(
        {"a": {"b": ref("steps.read.output.contact")}, "c": [1, ref("steps.read.output.name")]},
        inputs={},
        outputs={},
        output_labels=LABELS,
    )
    assert resolved.args == {"a": {}, "c": [1, None]}
    assert resolved.unknown == ("/a/b", "/c/1")
    assert resolved.labels == {"/a/b": ("pii",), "/a/b/email": ("pii",), "/c/1": ("internal",)}


def test_a_choice_that_is_unknown_carries_the_labels_of_every_candidate():
    choice = {"$first": [ref("steps.a.output.x"), ref("steps.b.output.y")]}
    labels = {"a": {"/x": ("pii",)}, "b": {"": ("internal",)}}
    assert resolve({"z": choice}, inputs={}, outputs={}, output_labels=labels).labels == {"/z": ("internal", "pii")}


@pytest.mark.requirement("orchestrator.plan-labels-carried")
def test_inputs_are_untrusted_whatever_the_plan_says_of_them():
    resolved = of({"a": ref("inputs.account"), "b": "literal"}, input_labels={"/account": ("confidential",)})
    assert resolved.labels == {"/a": ("confidential", "untrusted")}


@pytest.mark.requirement("orchestrator.plan-labels-carried")
def test_a_subtree_brings_the_labels_below_it_and_above_it():
    labels = {"read": {"": ("internal",), "/contact": ("person",), "/contact/email": ("pii",), "/name": ("other",)}}
    resolved = resolve({"to": ref("steps.read.output.contact")}, inputs={}, outputs=OUTPUTS, output_labels=labels)
    assert resolved.labels == {"/to": ("internal", "person"), "/to/email": ("pii",)}


@pytest.mark.requirement("orchestrator.plan-labels-carried")
def test_joined_text_carries_the_labels_of_all_its_parts():
    body = {"$concat": [ref("steps.read.output.contact.email"), ref("steps.read.output.name"), ref("inputs.account")]}
    assert of({"body": body}).labels == {"/body": ("internal", "pii", "untrusted")}


def test_a_label_that_does_not_fit_rests_on_what_is_there():
    labels = {"/list/x": ("a",), "/name/first": ("b",), "/contact/*": ("c",), "/gone/x": ("d",), "/list/1": ("e",)}
    assert fit(labels, OUTPUTS["read"]) == {"/list": ("a",), "/name": ("b",), "/contact": ("c",), "/list/1": ("e",)}


def test_what_bindings_bring_in_is_limited():
    with pytest.raises(BindingError, match="at most"):
        resolve({"a": [ref("inputs.x")] * 20}, inputs={"x": "x" * 100_000}, outputs={})


@pytest.mark.parametrize(
    "binding",
    [
        {"$eval": "1"},
        {"$ref": "inputs.a", "more": 1},
        {"$ref": 1},
        {"$ref": "input.a"},
        {"$ref": "steps.a.result"},
        {"$ref": "steps.A.output"},
        {"$ref": "inputs..a"},
        {"$ref": "inputs.a\n"},
        {"$concat": "ab"},
        {"$concat": []},
        {"$concat": [None]},
        {"$concat": [["a"]]},
        {"$concat": [{"a": 1}]},
        {"$first": []},
        {"$first": ["steps.a.output"]},
        {"$first": [{"$ref": "inputs.a"}]},
        {"$first": [{"$concat": ["a"]}]},
        {"$": 1},
    ],
)
@pytest.mark.requirement("orchestrator.plan-bindings")
def test_whatever_is_not_in_the_closed_set_is_no_binding(binding: dict[str, Any]):
    assert [flaw.code for flaw in scan({"a": [binding]}).flaws] == ["BAD_BINDING"]
    with pytest.raises(BindingError):
        resolve({"a": [binding]}, inputs={"a": "x"}, outputs={})


def test_arguments_are_never_bound_as_a_whole():
    assert scan({"$ref": "inputs"}).flaws
    with pytest.raises(BindingError):
        resolve({"$ref": "inputs"}, inputs={}, outputs={})


def test_references_are_listed_in_the_order_they_are_written():
    args = {
        "b": {"$concat": [ref("inputs.x"), {"$first": [ref("steps.p.output"), ref("steps.q.output.r")]}]},
        "a": ref("inputs"),
    }
    assert [(one.pointer, one.source, one.choice is None) for one in references(args)] == [
        ("/b", Source(None, ("x",)), True),
        ("/b", Source("p", ()), False),
        ("/b", Source("q", ("r",)), False),
        ("/a", Source(None, ()), True),
    ]


NAMES = st.sampled_from(["a", "b", "0", "c/d", "~"])
SCALARS = st.one_of(st.integers(-9, 9), st.text(max_size=3), st.booleans(), st.none())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=3)


def leaves(value: Any, at: tuple[str, ...] = ()) -> Any:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield at, value
    for name, member in members:
        yield from leaves(member, (*at, str(name)))


@st.composite
def classified(draw: Any) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
    value = draw(OBJECTS)
    places = ["".join(f"/{t.replace('~', '~0').replace('/', '~1')}" for t in at) for at, _ in leaves(value)]
    names = st.sets(st.sampled_from(["pii", "secret", "internal"]), min_size=1, max_size=2).map(
        lambda s: tuple(sorted(s))
    )
    return value, draw(st.dictionaries(st.sampled_from(places), names, max_size=4))


def addressable(value: Any) -> list[tuple[str, ...]]:
    return [at for at, _ in leaves(value) if all(token not in ("c/d", "~") for token in at) and len(at) <= 10]


@settings(max_examples=200, deadline=None)
@given(st.data(), classified(), classified())
@pytest.mark.requirement("orchestrator.plan-labels-carried")
def test_no_value_reaches_the_arguments_without_the_labels_it_had(data: Any, given_inputs: Any, output: Any):
    (inputs, input_labels), (result, result_labels) = given_inputs, output
    roots = [("inputs", inputs, of_inputs(input_labels)), ("steps.s.output", result, result_labels)]
    args: dict[str, Any] = {}
    wanted: dict[str, tuple[Any, Any, tuple[str, ...]]] = {}
    joined: dict[str, frozenset[str]] = {}
    for number in range(data.draw(st.integers(1, 4))):
        text, value, labels = data.draw(st.sampled_from(roots))
        path = data.draw(st.sampled_from(addressable(value)))
        binding: Any = ref(".".join((text, *path)))
        if text != "inputs" and data.draw(st.booleans()):
            binding = {"$first": [ref("steps.failed.output.x"), binding]}
        args[f"p{number}"] = binding
        wanted[f"p{number}"] = (value, labels, path)
        args[f"j{number}"] = {"$concat": ["-", binding]}
        joined[f"j{number}"] = carried(labels, path)
    resolved = resolve(
        args, inputs=inputs, outputs={"s": result}, input_labels=input_labels, output_labels={"s": result_labels}
    )
    assert resolved == resolve(
        args, inputs=inputs, outputs={"s": result}, input_labels=input_labels, output_labels={"s": result_labels}
    )
    for name, (value, labels, path) in wanted.items():
        here = value
        for token in path:
            here = here[int(token)] if isinstance(here, list) else here[token]
        assert resolved.args[name] == here
        for below, _ in leaves(here):
            assert carried(labels, (*path, *below)) == carried(resolved.labels, (name, *below))
    for name, labels in joined.items():
        assert labels <= carried(resolved.labels, (name,))


@settings(max_examples=100, deadline=None)
@given(classified())
def test_moving_labels_down_and_up_again_is_moving_nothing(one: Any):
    _, labels = one
    assert rebase(rebase(labels, (), ("x", "y")), ("x", "y"), ()) == join(labels)
    assert all(split(pointer)[:1] == ("x",) for pointer in rebase(labels, (), ("x",)))
