"""Other values in the place of some arguments, and nothing else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent_orchestrator.plan.edit import MisplacedError, edited, is_at_or_below, labels_after
from assent_orchestrator.plan.pointer import Tokens, find, render, split

ARGS = {"amount": 100, "lines": [{"price": 1}, {"price": 2}], "a/b": {"~": None}}


@pytest.mark.parametrize(
    ("edits", "wanted"),
    [
        ({}, ARGS),
        ({"/amount": 5}, {**ARGS, "amount": 5}),
        ({"/lines/1/price": 9}, {**ARGS, "lines": [{"price": 1}, {"price": 9}]}),
        ({"/a~1b/~0": [1]}, {**ARGS, "a/b": {"~": [1]}}),
        ({"": {"x": 1}}, {"x": 1}),
        ({"/lines/0/price": 7, "/lines": [{"price": 3}]}, {**ARGS, "lines": [{"price": 7}]}),
    ],
)
def test_a_value_is_put_where_another_one_was(edits: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert edited(ARGS, edits) == wanted


@pytest.mark.parametrize("pointer", ["/none", "/lines/2", "/lines/x", "/amount/x", "/lines/-"])
def test_where_nothing_is_nothing_can_be_put(pointer: str) -> None:
    with pytest.raises(MisplacedError):
        edited(ARGS, {pointer: 1})


def test_arguments_stay_an_object() -> None:
    with pytest.raises(MisplacedError):
        edited(ARGS, {"": 1})


def test_below_is_below_and_not_beside() -> None:
    assert is_at_or_below("/a/b", ["/a"])
    assert is_at_or_below("/a", ["/a"])
    assert is_at_or_below("/a", [""])
    assert not is_at_or_below("/ab", ["/a"])
    assert not is_at_or_below("", ["/a"])
    assert not is_at_or_below("/a", [])


def test_the_labels_of_what_stood_there_stay_on_what_stands_there() -> None:
    labels = {"/lines/0/price": ["pii"], "/lines": ["untrusted"], "/amount": ["internal"]}
    assert labels_after(labels, ["/lines"]) == {
        "/lines/0/price": ("pii",),
        "/lines": ("pii", "untrusted"),
        "/amount": ("internal",),
    }
    assert labels_after(labels, ["/amount"]) == {pointer: tuple(names) for pointer, names in labels.items()}


names = st.sampled_from(["a", "b", "~", "/"])
values = st.recursive(
    st.integers(0, 9), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner), max_leaves=8
)


def places(value: Any, at: Tokens = ()) -> list[Tokens]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, inner in members for place in places(inner, (*at, str(key))))]


@pytest.mark.requirement("orchestrator.approval-edits-only-editable")
@given(args=st.dictionaries(names, values, min_size=1), new=values, data=st.data())
def test_nothing_changes_but_what_is_at_the_pointer(args: dict[str, Any], new: Any, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(places(args)[1:]))
    after = edited(args, {render(place): new})
    assert find(after, place) == (True, new)
    for other in places(args):
        if other[: len(place)] != place and place[: len(other)] != other:
            assert find(after, other) == find(args, other)
    assert split(render(place)) == place
