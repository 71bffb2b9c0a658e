"""Values against schemas: judged as far as they are known, without fetching or repeating anything."""

import socket
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from assent_orchestrator.plan import schema as schema_module
from assent_orchestrator.plan.schema import may_hold, validate
from assent_orchestrator.plan.violation import Violation

PERSON = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z]+$"},
        "age": {"type": "integer", "minimum": 0},
        "no": False,
    },
    "required": ["name"],
    "additionalProperties": False,
}


def places(value: Any, schema: dict[str, Any], *unknown: tuple[str, ...]) -> list[str]:
    return [violation.pointer for violation in validate(value, schema, unknown)]


def test_every_violation_has_its_place_and_says_what_is_wanted():
    assert validate({"age": -1, "extra": 1, "no": 1}, PERSON) == (
        Violation("/age", "must be at least 0"),
        Violation("/extra", "is not allowed"),
        Violation("/name", "is required"),
        Violation("/no", "is not allowed"),
    )


def test_messages_never_repeat_the_value():
    schemas: list[Any] = [
        {"type": "integer"},
        {"enum": ["a"]},
        {"const": 1},
        {"pattern": "^a$"},
        {"maxLength": 1},
        {"not": {}},
        {"anyOf": [{"type": "null"}]},
        {"oneOf": [{"type": "null"}, False]},
        {"if": True, "then": False},
        False,
    ]
    for schema in schemas:
        (violation,) = validate({"x": "s3cret"}["x"], schema)
        assert "s3cret" not in violation.message
    for schema in ({"items": False}, {"contains": {"const": 1}}, {"uniqueItems": True}, {"unevaluatedItems": False}):
        (violation,) = validate(["s3cret", "s3cret"], schema)
        assert "s3cret" not in violation.message


def test_the_end_of_a_pattern_is_the_end_of_the_text():
    assert places({"name": "bob\n"}, PERSON) == ["/name"]
    assert places("a$", {"pattern": r"^a\$$"}) == []
    assert places("$", {"pattern": "^[$]$"}) == []
    assert places("٣", {"pattern": r"^\d$"}) == [""]
    assert places({"a\n": 1}, {"patternProperties": {"^a$": False}}) == []


@pytest.mark.requirement("orchestrator.plan-schemas-fetch-nothing")
def test_a_schema_that_refers_outside_is_unusable_and_nothing_is_fetched():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        schema = {"$ref": f"http://127.0.0.1:{server.getsockname()[1]}/schema.json"}
        assert validate(1, schema) == (Violation("", "the schema for this value cannot be used"),)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "text"},
        {"type": 3},
        {"pattern": "("},
        {"$ref": "#/$defs/none"},
        {"$ref": "#"},
        {"$schema": "http://json-schema.org/draft-07/schema#"},
        {"properties": {"a": {"$schema": "http://json-schema.org/draft-07/schema#"}}},
        {"minimum": float("nan")},
    ],
)
def test_nothing_is_valid_under_a_schema_that_cannot_be_used(schema: dict[str, Any]):
    assert validate("text", schema)
    assert validate({"a": 1}, schema) or schema == {"pattern": "("}


def test_an_unknown_value_that_is_not_there_yet_counts_as_there():
    schema = {
        "type": "object",
        "required": ["text", "more"],
        "properties": {"text": {"type": "string"}, "more": {"type": "object", "required": ["id"]}},
        "additionalProperties": False,
    }
    assert places({"more": {}}, schema, ("text",), ("more", "id")) == []
    assert places({"more": {}}, schema, ("text",)) == ["/more/id"]
    assert places({"more": {"id": 1}}, schema, ("text",), ("else",)) == ["/else"]


def test_an_unknown_value_is_whatever_the_schema_wants():
    assert places({"name": None, "age": -1}, PERSON, ("name",)) == ["/age"]
    assert places({"name": "a", "other": None, "no": None}, PERSON, ("other",), ("no",)) == ["/no", "/other"]
    assert places([1, None, "x"], {"items": {"type": "integer"}}, ("1",)) == ["/2"]


@pytest.mark.parametrize(
    "schema",
    [
        {"not": {"required": ["a"], "properties": {"a": {"const": 1}}}},
        {"oneOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"a": {"const": 2}}}]},
        {"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}},
        {"enum": [{"a": 1}]},
        {"const": {"a": 1}},
        {"properties": {"a": {"type": "integer"}}, "unevaluatedProperties": False},
    ],
)
def test_what_can_be_judged_only_with_the_unknown_is_not_judged(schema: dict[str, Any]):
    assert places({"a": None}, schema, ("a",)) == []


def test_a_choice_of_schemas_none_of_which_can_hold_is_refused_early():
    schema = {"oneOf": [{"properties": {"b": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]}
    assert places({"a": None, "b": 3}, schema, ("a",)) == [""]


JSON = st.recursive(
    st.one_of(st.integers(0, 2), st.sampled_from(["", "a"]), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)),
    max_leaves=5,
)
SCHEMAS = st.recursive(
    st.sampled_from(
        [True, False, {"type": "integer"}, {"const": 1}, {"enum": [0, "a", {"a": 1}]}, {"type": ["object", "array"]}]
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2)}),
        st.fixed_dictionaries({"items": inner, "uniqueItems": st.booleans()}),
        st.fixed_dictionaries({"required": st.just(["a"]), "additionalProperties": inner}),
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"contains": inner, "maxContains": st.just(1)}),
        st.fixed_dictionaries({"if": inner, "then": inner, "else": inner}),
        st.fixed_dictionaries({"oneOf": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=2), "unevaluatedProperties": inner}),
    ),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(JSON, SCHEMAS)
def test_what_is_known_entirely_is_judged_as_the_specification_has_it(value: Any, schema: Any):
    assert (validate(value, schema) == ()) is Draft202012Validator(schema).is_valid(value)


@settings(max_examples=300, deadline=None)
@given(JSON, SCHEMAS, st.data())
def test_a_value_that_will_be_valid_is_never_refused_for_want_of_knowledge(value: Any, schema: Any, data: Any):
    if not Draft202012Validator(schema).is_valid(value):
        return

    def below(node: Any, at: tuple[str, ...]) -> Any:
        yield at
        for name, member in (
            node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        ):
            yield from below(member, (*at, str(name)))

    unknown = data.draw(st.lists(st.sampled_from(list(below(value, ()))), max_size=3))
    assert validate(value, schema, unknown) == ()


def test_hostile_values_are_judged_in_linear_time():
    mixed = [str(number) if number % 2 else number for number in range(20_000)]
    deep: Any = 1
    for _ in range(50_000):
        deep = {"a": deep}
    tree = {"$defs": {"t": {"properties": {"a": {"$ref": "#/$defs/t"}}}}, "$ref": "#/$defs/t"}
    started = time.perf_counter()
    assert validate(mixed, {"uniqueItems": True}) == ()
    assert len(validate(mixed, {"items": {"type": "null"}})) == 101
    assert validate({"a": deep}, tree)[0].message.startswith("is nested too deep")
    assert time.perf_counter() - started < 5


def test_what_a_schema_can_never_hold_is_known():
    assert may_hold(PERSON, ("name",))
    assert not may_hold(PERSON, ("nmae",))
    assert not may_hold(PERSON, ("name", "first"))
    assert not may_hold(PERSON, ("no",))
    assert may_hold({"type": "object"}, ("anything", "at", "all"))
    assert may_hold({"type": "array", "items": PERSON}, ("3", "age"))
    assert not may_hold({"type": "array", "items": PERSON}, ("first",))
    assert may_hold({"anyOf": [PERSON]}, ("nmae",))


@pytest.mark.parametrize(("judge", "most"), [({"type": "boolean"}, 100), ({"oneOf": [{"type": "boolean"}]}, 50)])
def test_what_takes_too_much_to_check_is_refused_and_the_next_value_is_none_the_worse(
    monkeypatch: pytest.MonkeyPatch, judge: dict[str, Any], most: int
) -> None:
    wanted = {"type": "array", "items": judge}
    monkeypatch.setattr(schema_module, "MAX_CHECKS", 102)
    assert validate([True] * most, wanted) == ()
    assert validate([True] * (most + 1), wanted) == (Violation("", "is too large to be checked against its schema"),)
    assert validate([True] * most, wanted) == ()
