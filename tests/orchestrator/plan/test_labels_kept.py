"""No path of bindings loses a label: through lists, steps in a row, edits, redactions, and what is never retained."""

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assent_orchestrator.plan.binding import items_of, resolve
from assent_orchestrator.plan.edit import labels_after
from assent_orchestrator.plan.label import carried, fit, gather, names
from assent_orchestrator.plan.pointer import find, render
from assent_orchestrator.plan.redaction import redact
from assent_orchestrator.plan.unretained import MARK, MARKED, is_marked, repeating, secrets_in, withheld
from assent_sidecar.catalogue.process import ForEach
from assent_sidecar.decision import Redact

TEXT = itertools.count()
NAMES = st.sampled_from(["a", "b", "0", "c/d", "~"])
SOME = st.sets(st.sampled_from(["pii", "secret", "internal", "payment"]), min_size=1, max_size=2)
NEVER = frozenset({"secret", "payment"})

Tokens = tuple[str, ...]
Labels = dict[str, tuple[str, ...]]


def fresh() -> Any:
    """A value that is nowhere else: by it, it is known again."""
    return st.builds(lambda: f"value-{next(TEXT):06d}")


VALUES = st.recursive(
    st.one_of(fresh(), st.none(), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=3)


def places(value: Any, at: Tokens = ()) -> Iterator[tuple[Tokens, Any]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield at, value
    for name, member in members:
        yield from places(member, (*at, str(name)))


def known(value: Any) -> dict[str, Tokens]:
    """Where each of the values is that are known again."""
    return {one: at for at, one in places(value) if isinstance(one, str)}


def addressable(value: Any) -> list[Tokens]:
    return [at for at, _ in places(value) if all(token not in ("c/d", "~") for token in at)]


@st.composite
def labelled(draw: Any, values: Any = OBJECTS) -> tuple[Any, Labels]:
    value = draw(values)
    at = st.sampled_from([render(tokens) for tokens, _ in places(value)])
    return value, {
        pointer: tuple(sorted(said)) for pointer, said in draw(st.dictionaries(at, SOME, max_size=4)).items()
    }


def at_least(before: Mapping[Tokens, frozenset[str]], value: Any, labels: Labels, where: Mapping[str, Tokens]) -> None:
    """Make sure that whatever is known again carries what it carried."""
    for text, tokens in known(value).items():
        if text in where:
            assert before[where[text]] <= carried(labels, tokens), (text, tokens)


@settings(max_examples=150, deadline=None)
@given(st.data(), labelled(st.lists(OBJECTS, max_size=4)))
@pytest.mark.requirement("orchestrator.labels-no-path-loses-one")
def test_neither_into_the_items_of_a_list_nor_out_of_what_they_return(data: Any, one: tuple[Any, Labels]) -> None:
    elements, labels = one
    source = {"list": elements}
    of_list = {f"/list{pointer}": said for pointer, said in labels.items()}
    before = {("list", *at): carried(of_list, ("list", *at)) for at, _ in places(elements)}
    where = known(source)
    for_each = ForEach.from_json({"items": {"$ref": "steps.s.output.list"}, "cap": 10})
    items = items_of(for_each, inputs={}, outputs={"s": source}, output_labels={"s": of_list})
    returned: list[tuple[Any, Labels]] = []
    for item in items:
        path = data.draw(st.sampled_from(addressable(item.value)))
        args = {"one": {"$ref": ".".join(("item", *path))}, "whole": {"$ref": "item"}}
        resolved = resolve(args, inputs={}, outputs={}, item=item)
        at_least(before, resolved.args["one"], {"": tuple(carried(resolved.labels, ("one",)))}, {})
        for name in ("one", "whole"):
            inner = {at[len(name) + 1 :]: said for at, said in resolved.labels.items() if at.startswith(f"/{name}")}
            at_least(before, resolved.args[name], inner, where)
        returned.append((resolved.args, dict(resolved.labels)))
    gathered = gather(found for _, found in returned)
    at_least(before, [args for args, _ in returned], dict(gathered), where)


@settings(max_examples=150, deadline=None)
@given(st.data(), labelled())
@pytest.mark.requirement("orchestrator.labels-no-path-loses-one")
def test_not_along_many_steps_in_a_row(data: Any, one: tuple[Any, Labels]) -> None:
    value, labels = one
    before = {at: carried(labels, at) for at, _ in places(value)}
    where = known(value)
    for _ in range(data.draw(st.integers(1, 5))):
        path = data.draw(st.sampled_from(addressable(value)))
        binding: dict[str, Any] = {"$ref": ".".join(("steps.s.output", *path))}
        if data.draw(st.booleans()):
            binding = {"$first": [{"$ref": "steps.other.output"}, binding]}
        wrapped = data.draw(st.sampled_from([{"a": binding}, {"a": [1, {"b": binding}]}, {"a": {"b": [binding]}}]))
        resolved = resolve(wrapped, inputs={}, outputs={"s": value}, output_labels={"s": labels})
        value, labels = resolved.args, dict(resolved.labels)
        at_least(before, value, labels, where)


@settings(max_examples=150, deadline=None)
@given(st.data(), labelled())
@pytest.mark.requirement("orchestrator.labels-no-path-loses-one")
def test_not_by_what_approvers_change(data: Any, one: tuple[Any, Labels]) -> None:
    value, labels = one
    edits = data.draw(st.sets(st.sampled_from([render(at) for at, _ in places(value)]), max_size=3))
    after = labels_after(labels, edits)
    for at, _ in places(value):
        assert carried(labels, at) <= carried(after, at)
    for pointer in edits:
        inside = {at: said for at, said in labels.items() if at == pointer or at.startswith(f"{pointer}/")}
        assert names(inside) <= names({pointer: after.get(pointer, ())})


@settings(max_examples=200, deadline=None)
@given(st.data(), labelled())
@pytest.mark.requirement("orchestrator.labels-no-path-loses-one", "orchestrator.labels-lowered-in-the-record")
def test_a_redaction_takes_labels_only_with_their_values(data: Any, one: tuple[Any, Labels]) -> None:
    value, labels = one
    wanted = tuple(sorted(data.draw(SOME)))
    before = {at: carried(labels, at) for at, _ in places(value)}
    left = redact(value, labels, [Redact(type="redact", path="", labels=wanted)])
    where = known(value)
    at_least(before, left.args, dict(left.labels), where)
    for text in known(left.args):
        assert not before[where[text]] & frozenset(wanted), "what carries one of the labels is gone"


@settings(max_examples=200, deadline=None)
@given(st.data(), labelled())
@pytest.mark.requirement("orchestrator.labels-no-path-loses-one", "orchestrator.never-in-memory-only")
def test_of_what_is_never_retained_a_mark_is_stored_and_whatever_is_made_of_it_says_so(
    data: Any, one: tuple[Any, Labels]
) -> None:
    value, labels = one
    before = {at: carried(labels, at) for at, _ in places(value)}
    less = withheld(value, labels, NEVER)
    private = {text for text, at in known(value).items() if before[at] & NEVER}
    if less is None:
        assert not private
        return
    stored, said = less
    written = json.dumps(stored)
    assert not [text for text in private if text in written]
    assert {text for text, at in known(value).items() if not before[at] & NEVER} <= known(stored).keys()
    at_least(before, stored, dict(said), known(value))
    assert withheld(stored, said, NEVER) is not None, "a mark stays what it is"
    path = data.draw(st.sampled_from(addressable(value)))
    for binding in ({"$ref": ".".join(("steps.s.output", *path))}, {"$concat": ["x", {"$ref": "steps.s.output"}]}):
        whole = resolve({"a": binding}, inputs={}, outputs={"s": value}, output_labels={"s": labels})
        now = resolve({"a": binding}, inputs={}, outputs={"s": stored}, output_labels={"s": said})
        lost = bool(names(whole.labels) & NEVER)
        assert is_marked(now.labels) is lost
        if not lost:
            assert now == whole


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(NAMES, st.lists(fresh(), min_size=1), min_size=1), st.sampled_from(["", "/a", "/b"]))
@pytest.mark.requirement("orchestrator.never-in-memory-only")
def test_what_repeats_a_value_word_for_word_is_found(value: dict[str, Any], at: str) -> None:
    secrets = secrets_in(value, {at: ("secret",)}, NEVER)
    inside = value if at == "" else value.get(at[1:], [])
    assert secrets == known(inside).keys()
    if not secrets:
        assert repeating(value, secrets, "secret") == {}
        return
    result = {"said": [f"with {text}!" for text in sorted(secrets)], "other": "nothing"}
    found = repeating(result, secrets, "secret")
    assert found == {f"/said/{number}": ("secret",) for number in range(len(secrets))}
    stored = withheld(result, found, NEVER)
    assert stored is not None
    assert stored[0] == {"said": [{MARK: "secret"}] * len(secrets), "other": "nothing"}
    assert names(stored[1]) == {"secret", MARKED}
    assert fit(stored[1], stored[0]) == stored[1]
    assert find(stored[0], ("other",)) == (True, "nothing")
