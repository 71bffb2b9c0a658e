"""Redaction removes what it must, and refuses when it cannot be sure."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assent_orchestrator.plan.label import carried, names
from assent_orchestrator.plan.pointer import render
from assent_orchestrator.plan.redaction import Foreseen, RedactionError, redact, redact_known
from assent_sidecar.decision import Redact

ARGS = {"to": "x@acme.example", "body": {"text": "hello", "people": [{"name": "A"}, {"name": "B", "age": 3}, "C"]}}
LABELS = {
    "/to": ("pii",),
    "/body/people/0": ("pii",),
    "/body/people/1/age": ("health", "pii"),
    "/body/people/2": ("vip",),
}


def rule(path: str, *labels: str) -> Redact:
    return Redact(type="redact", path=path, labels=labels)


def test_a_value_is_removed_with_its_labels():
    redacted = redact(ARGS, LABELS, [rule("/body")])
    assert redacted.args == {"to": "x@acme.example"}
    assert redacted.labels == {"/to": ("pii",)}
    assert redacted.pointers == ("/body",)


def test_only_what_carries_a_label_is_removed():
    redacted = redact(ARGS, LABELS, [rule("/body", "pii")])
    assert redacted.args == {"to": "x@acme.example", "body": {"text": "hello", "people": [{}, {"name": "B"}, "C"]}}
    assert redacted.labels == {"/to": ("pii",), "/body/people/2": ("vip",)}
    assert redacted.pointers == ("/body/people/0/name", "/body/people/1/age")


def test_an_array_closes_up_and_labels_move_with_their_elements():
    redacted = redact(ARGS, LABELS, [rule("/body/people/0")])
    assert redacted.args["body"]["people"] == [{"name": "B", "age": 3}, "C"]
    assert redacted.labels == {"/to": ("pii",), "/body/people/0/age": ("health", "pii"), "/body/people/1": ("vip",)}


def test_several_redactions_all_speak_of_the_arguments_as_they_were():
    redacted = redact(ARGS, LABELS, [rule("/body/people/0"), rule("/body/people/2"), rule("/to", "pii")])
    assert redacted.args == {"body": {"text": "hello", "people": [{"name": "B", "age": 3}]}}
    assert redacted.labels == {"/body/people/0/age": ("health", "pii")}


def test_a_label_above_the_path_stays_for_what_is_left_beside_it():
    redacted = redact({"p": {"a": 1, "b": 2}}, {"/p": ("pii",)}, [rule("/p/a", "pii")])
    assert redacted.args == {"p": {"b": 2}}
    assert redacted.labels == {"/p": ("pii",)}


def test_everything_can_be_redacted():
    assert redact(ARGS, LABELS, [rule("")]).args == {}
    assert redact(ARGS, LABELS, [rule("")]).labels == {}
    assert redact({"a": "x"}, {"": ("pii",)}, [rule("", "pii")]).args == {}


def test_a_path_at_which_there_is_nothing_is_fine():
    redacted = redact(ARGS, LABELS, [rule("/cc"), rule("/body/people/7", "pii"), rule("/body/text", "pii")])
    assert (redacted.args, redacted.labels, redacted.pointers) == (ARGS, LABELS, ())


@pytest.mark.parametrize("path", ["/to/x", "/body/people/name", "/body/people/01", "/body/people/-"])
@pytest.mark.requirement("orchestrator.plan-redaction")
def test_a_path_that_does_not_fit_is_refused(path: str):
    with pytest.raises(RedactionError):
        redact(ARGS, LABELS, [rule(path)])


def test_a_label_without_a_value_is_refused_when_it_is_to_go():
    with pytest.raises(RedactionError):
        redact(ARGS, LABELS | {"/cc": ("pii",)}, [rule("/cc", "pii")])
    with pytest.raises(RedactionError):
        redact(ARGS, LABELS | {"/cc/0": ("pii",)}, [rule("/cc")])
    assert redact(ARGS, LABELS | {"/cc": ("vip",)}, [rule("/cc", "pii")]).pointers == ()


def test_a_label_that_does_not_fit_counts_for_the_value_it_rests_on():
    redacted = redact({"to": "x", "l": [1]}, {"/to/name": ("pii",), "/l/*": ("pii",)}, [rule("", "pii")])
    assert redacted.args == {"l": []}


def test_names_with_slashes_and_tildes_are_found():
    assert redact({"a/b": 1, "~": 2}, {}, [rule("/a~1b"), rule("/~0")]).args == {}


def test_the_arguments_themselves_are_not_changed():
    before = deepcopy(ARGS)
    redact(ARGS, LABELS, [rule("/body/people/0"), rule("", "pii")])
    assert before == ARGS


def test_arguments_nested_beyond_reason_are_refused():
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    for one in (rule("", "pii"), rule("/b")):
        with pytest.raises(RedactionError):
            redact({"a": deep, "b": 1}, {"": ("pii",)}, [one])


VALUES = st.recursive(
    st.integers(0, 9),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)),
    max_leaves=10,
)


def places(value: Any, at: tuple[str, ...] = ()) -> Any:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield at, value
    for name, member in members:
        yield from places(member, (*at, str(name)))


@settings(max_examples=200, deadline=None)
@given(st.data(), st.dictionaries(st.sampled_from("ab"), VALUES, max_size=2))
@pytest.mark.requirement("orchestrator.plan-redaction")
def test_after_a_redaction_nothing_carries_the_label_and_nothing_else_is_gone(data: Any, args: dict[str, Any]):
    pointers = ["".join(f"/{token}" for token in at) for at, _ in places(args)]
    chosen = st.lists(st.sampled_from(["pii", "vip"]), min_size=1, max_size=2).map(tuple)
    labels = data.draw(st.dictionaries(st.sampled_from(pointers), chosen, max_size=4))
    redacted = redact(args, labels, [rule("", "pii")])

    def scalars(value: Any, marks: Any) -> list[tuple[Any, frozenset[str]]]:
        return [(one, carried(marks, at)) for at, one in places(value) if not isinstance(one, dict | list)]

    assert "pii" not in names(redacted.labels)
    assert scalars(redacted.args, redacted.labels) == [
        (value, marks) for value, marks in scalars(args, labels) if "pii" not in marks
    ]


PII: dict[str, tuple[str, ...]] = {"/b": ("pii",)}
BOTH: dict[str, tuple[str, ...]] = {"/a": ("pii",), **PII}


@pytest.mark.requirement("orchestrator.plan-redaction")
@pytest.mark.parametrize(
    ("rules", "args", "labels", "unknown", "left"),
    [
        ([rule("/b")], {"a": 1}, PII, ["/b"], Foreseen({"a": 1}, {}, ())),
        ([rule("/a")], {"a": 1}, BOTH, ["/b"], Foreseen({}, PII, ("/b",))),
        ([rule("", "pii")], {"a": 1}, BOTH, ["/b"], Foreseen({}, {}, ())),
        ([rule("", "pii")], {"a": 1}, {"/b/c": ("pii",)}, ["/b"], Foreseen({"a": 1}, {}, ("/b",))),
        # Some of it may stay.
        ([rule("/b/c")], {"a": 1}, PII, ["/b"], Foreseen({"a": 1}, PII, ("/b",))),
        ([rule("/b", "vip")], {"a": 1}, PII, ["/b"], Foreseen({"a": 1}, PII, ("/b",))),
        # Elements close up, known or not.
        ([rule("/l/0")], {"l": [1, None, 3]}, {"/l/1": ("pii",)}, ["/l/1"],
         Foreseen({"l": [None, 3]}, {"/l/0": ("pii",)}, ("/l/0",))),
        ([rule("/l", "pii")], {"l": [1, None, 3]}, {"/l/1": ("pii",)}, ["/l/1"], Foreseen({"l": [1, 3]}, {}, ())),
        ([rule("/l/1")], {"l": [1, None, 3]}, {}, ["/l/1"], Foreseen({"l": [1, 3]}, {}, ())),
    ],
)  # fmt: skip
def test_of_what_is_not_known_yet_that_goes_of_which_it_is_certain(
    rules: Any, args: Any, labels: Any, unknown: Any, left: Foreseen
) -> None:
    assert redact_known(args, labels, unknown, rules) == left


@settings(deadline=None)
@given(st.data(), st.dictionaries(st.sampled_from("ab"), VALUES, max_size=2))
@pytest.mark.requirement("orchestrator.plan-redaction")
def test_where_everything_is_known_it_is_the_same_redaction(data: Any, args: dict[str, Any]) -> None:
    at = st.sampled_from([render(place) for place, _ in places(args)])
    labels = data.draw(st.dictionaries(at, st.just(("pii",)), max_size=3))
    rules = [rule(path, *more) for path, more in data.draw(st.lists(st.tuples(at, st.sampled_from([(), ("pii",)]))))]
    whole = redact(args, labels, rules)
    assert redact_known(args, labels, (), rules) == Foreseen(whole.args, whole.labels, ())
