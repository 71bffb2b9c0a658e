"""What an approver is shown: masked, traced back, compared with before, and bounded. Pure."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent_orchestrator.approvals.difference import MOST_CHANGES, Change, changes_between
from assent_orchestrator.approvals.mask import is_masked, masked
from assent_orchestrator.approvals.presented import MOST_STEPS, Counter, Happened, Scene, around, present, sources_of
from assent_orchestrator.plan.action import make_action
from assent_orchestrator.plan.digests import NO_KEY
from assent_orchestrator.plan.pointer import find, render, split
from assent_sidecar.canonical import canonical, digest
from assent_sidecar.decision import ApprovalRequirement, Decided
from assent_sidecar.facts import LedgerFacts

SECRET = "the secret"
REQUIREMENT: dict[str, Any] = {"stages": [{"role": "director"}]}
NAMES = st.sampled_from(["a", "b", "c/d", "e~f", "0"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)


def decided(*obligations: Any, controls: Sequence[str] = ()) -> Decided:
    provenance: dict[str, Any] = {"decision_id": "d", "revision": "r", "engine": "opa", "engine_version": "1"}
    provenance |= {"duration_us": 1, "controls": [*controls]}
    reason = {"code": "BIG", "message": "it is big", "control": "C-1", "scope": "org", "rule": "Big ones"}
    decision = {"verdict": "require_approval", "reasons": [reason], "obligations": list(obligations)}
    return Decided.from_json({"decision": decision, "provenance": {**provenance, "input_digest": "i"}})


def shown(args: Any, *obligations: Any, labels: Any = None, scene: Any = None, **requirement: Any) -> dict[str, Any]:
    action = make_action("box.put", "write", args, labels or {})
    wanted = ApprovalRequirement.from_json(REQUIREMENT | requirement)
    return present(action, wanted, decided(*obligations), Scene("bot", "sam", args, NO_KEY, **(scene or {})))


def whole(args: Any, **requirement: Any) -> dict[str, Any]:
    """What was shown, and the digest of the action, which may not have been."""
    return {**shown(args, **requirement), "action_digest": make_action("box.put", "write", args, {}).digest}


def places(value: Any, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for name, member in members for place in places(member, (*at, str(name))))]


def differences(before: Any, after: Any) -> list[Change]:
    action = make_action("box.put", "write", after["args"], {})
    return changes_between(before, action, ApprovalRequirement.from_json(REQUIREMENT), NO_KEY)


@given(st.data(), OBJECTS)
def test_nothing_of_what_is_masked_is_shown_and_everything_else_is_where_it_was(data: Any, args: Any) -> None:
    whole = {**args, "own": [{"deep": [SECRET]}, 1]}
    pointers = [render(place) for place in data.draw(st.lists(st.sampled_from(places(whole)), max_size=3))]
    pointers.append(data.draw(st.sampled_from(["/own", "/own/0", "/own/0/deep", "/own/0/deep/0", "/own/0/deep/0/x"])))
    seen, hidden = masked(whole, {}, pointers=pointers, labels=())
    assert SECRET not in canonical(seen).decode()
    for place in places(whole):
        if not is_masked(render(place), hidden):
            assert find(seen, place) == find(whole, place)
    assert all(find(whole, split(pointer))[0] for pointer in hidden)


@pytest.mark.requirement("orchestrator.approvals-masked")
@pytest.mark.parametrize(
    ("labels", "want", "hidden"),
    [
        ({"/a/b": ["pii"]}, {"a": {"c": 2}, "l": [1, 2]}, ("/a/b",)),
        ({"/a": ["pii"]}, {"l": [1, 2]}, ("/a",)),
        ({"": ["pii"]}, {}, ("",)),
        ({"/l/0": ["pii"]}, {"a": {"b": 1, "c": 2}, "l": [None, 2]}, ("/l/0",)),
        ({"/a/b/deeper": ["pii"]}, {"a": {"c": 2}, "l": [1, 2]}, ("/a/b",)),
        ({"/a/b": ["other"], "/absent": ["pii"]}, {"a": {"b": 1, "c": 2}, "l": [1, 2]}, ()),
    ],
)
def test_what_carries_a_masked_label_is_not_shown(labels: Any, want: Any, hidden: Any) -> None:
    args = {"a": {"b": 1, "c": 2}, "l": [1, 2]}
    assert masked(args, labels, pointers=(), labels=("pii",)) == (want, hidden)


@pytest.mark.requirement("orchestrator.approvals-masked")
def test_the_digest_of_an_action_is_not_shown_where_something_in_it_is_not() -> None:
    action = make_action("box.put", "write", {"pin": 4711, "to": "ACME"}, {})
    assert shown(action.args)["action_digest"] == action.digest
    assert action.digest not in canonical(shown(action.args, mask=["/pin"])).decode()
    assert digest(shown({**action.args, "pin": 1}, mask=["/pin"])) == digest(shown(action.args, mask=["/pin"]))


def test_what_is_nested_too_deep_to_be_looked_into_is_masked() -> None:
    deep: Any = SECRET
    for _ in range(400):
        deep = [deep]
    seen, hidden = masked({"a": deep, "b": 1}, {}, pointers=(), labels=())
    assert SECRET not in str(seen)
    assert len(hidden) == 1
    assert seen["b"] == 1


@pytest.mark.requirement("orchestrator.approvals-difference")
def test_each_place_that_is_another_one_is_named_with_both_values() -> None:
    before = {"args": {"a": {"b": 1, "gone": "x"}, "l": [1, 2], "same": True, "k": 1}, "action_digest": "1"}
    after = {"args": {"a": {"b": 2, "new": None}, "l": [1, 3], "same": True, "k": True}, "action_digest": "2"}
    assert [change.to_json() for change in differences(before, after)] == [
        {"pointer": "/a/b", "before": 1, "after": 2},
        {"pointer": "/a/gone", "before": "x"},
        {"pointer": "/a/new", "after": None},
        {"pointer": "/k", "before": 1, "after": True},
        {"pointer": "/l/1", "before": 2, "after": 3},
    ]


@given(OBJECTS, OBJECTS)
def test_there_are_changes_exactly_where_there_is_a_difference(one: Any, other: Any) -> None:
    changes = differences({"args": one}, {"args": other})
    assert bool(changes) == (canonical(one) != canonical(other))
    for change in changes:
        assert find(one, split(change.pointer)) == (not change.came, None if change.came else change.before)
        assert find(other, split(change.pointer)) == (not change.went, None if change.went else change.after)


MASKED_THEN_AND_NOW: dict[str, tuple[Any, Any, Any, Any, Any]] = {
    "nothing changed": ({"iban": 1, "to": "A"}, ["/iban"], {"iban": 1, "to": "A"}, ["/iban"], []),
    "it changed": ({"iban": 1}, ["/iban"], {"iban": 2}, ["/iban"], ["/iban"]),
    "something else changed, too": (
        {"iban": 1, "n": 1}, ["/iban"], {"iban": 2, "n": 2}, ["/iban"],
        ["/iban", {"pointer": "/n", "before": 1, "after": 2}],
    ),
    "only something else changed": (
        {"iban": 1, "n": 1}, ["/iban"], {"iban": 1, "n": 2}, ["/iban"], [{"pointer": "/n", "before": 1, "after": 2}],
    ),
    "it is true and was 1": ({"iban": 1}, ["/iban"], {"iban": True}, ["/iban"], ["/iban"]),
    "it came": ({"a": {"n": 1}}, ["/a/iban"], {"a": {"n": 1, "iban": 1}}, ["/a/iban"], ["/a/iban"]),
    "it went": ({"a": {"n": 1, "iban": 1}}, ["/a/iban"], {"a": {"n": 1}}, ["/a/iban"], ["/a/iban"]),
    "it went with all around it": (
        {"a": {"iban": 1}}, ["/a/iban"], {}, ["/a/iban"], ["/a/iban", {"pointer": "/a", "before": {}}],
    ),
    "it came with what is around it": (
        {}, ["/a/iban"], {"a": {"n": 1, "iban": 1}}, ["/a/iban"], ["/a/iban", {"pointer": "/a", "after": {"n": 1}}],
    ),
    "masked since": ({"iban": 1, "n": 1}, [], {"iban": 1, "n": 1}, ["/iban"], []),
    "masked since, and changed": ({"iban": 1}, [], {"iban": 2}, ["/iban"], ["/iban"]),
    "masked since, and gone": ({"iban": 1}, [], {}, ["/iban"], ["/iban"]),
    "masked no more": ({"iban": 1}, ["/iban"], {"iban": 1}, [], []),
    "masked no more, and changed": ({"iban": 1}, ["/iban"], {"iban": 2}, [], ["/iban"]),
    "more of it is masked": ({"a": {"iban": 1}}, ["/a/iban"], {"a": {"iban": 1}}, ["/a"], []),
    "less of it is masked": ({"a": {"iban": 1, "n": 1}}, ["/a"], {"a": {"iban": 1, "n": 2}}, ["/a/iban"], ["/a"]),
    "one of two": ({"a": 1, "b": 1}, ["/a", "/b"], {"a": 1, "b": 2}, ["/a", "/b"], ["/a", "/b"]),
    "all is masked": ({"a": 1}, [""], {"a": 2}, [""], [""]),
    "in an array": ({"l": [1, 5]}, ["/l/1"], {"l": [1, 6]}, ["/l/1"], ["/l"]),
    "in an array in which something moved": ({"l": [1, 5]}, [], {"l": [5, 1]}, ["/l/0"], ["/l"]),
    "in an array that is shorter": ({"l": [1, 5]}, ["/l/1"], {"l": [1]}, [], ["/l"]),
    "what it was in is something else": ({"a": {"iban": 1}}, ["/a/iban"], {"a": "x"}, ["/a/iban"], ["/a"]),
}  # fmt: skip


@pytest.mark.requirement("orchestrator.approvals-difference")
@pytest.mark.parametrize("case", MASKED_THEN_AND_NOW.values(), ids=MASKED_THEN_AND_NOW)
def test_of_what_is_masked_it_is_said_that_it_changed_and_never_what_it_was(case: Any) -> None:
    args, then, other, now, want = case
    second = shown(other, mask=now, scene={"before": whole(args, mask=then)})
    assert second["changes"] == [{"pointer": one} if isinstance(one, str) else one for one in want]


@given(st.data(), OBJECTS, OBJECTS)
def test_changes_show_nothing_that_is_masked_and_name_each_place_that_changed(data: Any, one: Any, other: Any) -> None:
    args, later = ({**given, "own": {"deep": [SECRET, 1], "k": given}} for given in (one, other))
    mask = [render(place) for place in data.draw(st.lists(st.sampled_from(places(later)), max_size=2))]
    mask.append(data.draw(st.sampled_from(["/own", "/own/deep", "/own/deep/0"])))
    first = whole(args, mask=data.draw(st.sampled_from([[], mask, ["/own/deep"], ["/own"], [""]])))
    changes = shown(later, mask=mask, scene={"before": first})["changes"]
    assert SECRET not in canonical(changes).decode()
    named = [change["pointer"] for change in changes]
    missed = [at for at in differing(args, later) if not is_masked(render(at), named)]
    assert not missed
    assert bool(changes) == (canonical(args) != canonical(later))


def differing(one: Any, other: Any, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if canonical(one) == canonical(other):
        return []
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return [at]
    return [
        place
        for name in one.keys() | other.keys()
        for place in (
            differing(one[name], other[name], (*at, name)) if name in one and name in other else [(*at, name)]
        )
    ]


def test_the_first_presentation_has_no_changes() -> None:
    assert "changes" not in shown({"a": 1})


def test_a_presentation_by_an_earlier_version_is_compared_with() -> None:
    assert shown({"a": 1}, scene={"before": {"args": {"a": 2}}})["changes"] == [
        {"pointer": "/a", "before": 2, "after": 1}
    ]


def test_changes_are_bounded_in_number_and_in_size() -> None:
    before = {"args": {"text": "x" * 10_000, "list": ["y"] * 1000, **{f"n{n}": n for n in range(500)}}}
    after = {"args": {"text": "z" * 10_000, "list": ["y"] * 999, **{f"n{n}": n + 1 for n in range(500)}}}
    changes = [change.to_json() for change in differences(before, after)]
    assert len(changes) == MOST_CHANGES
    assert changes[0] == {"pointer": "/list", "before": "1000 elements", "after": "999 elements"}
    assert len(canonical(changes)) < 20_000
    one = differences({"args": {"text": "x" * 10_000}}, {"args": {"text": ""}})[0].to_json()
    assert one["before"] == "x" * 500 + "…"


def test_sources_name_all_that_a_value_may_come_from() -> None:
    args = {
        "plain": 1,
        "whole": {"$ref": "inputs.account"},
        "deep": [{"$ref": "steps.risk.output.level"}],
        "joined": {"$concat": ["to ", {"$ref": "item.name"}, {"$ref": "inputs.account"}]},
        "first": {"$first": [{"$ref": "steps.a.output.x"}, {"$ref": "steps.b.output"}]},
    }
    assert sources_of(args) == {
        "/whole": ["inputs.account"],
        "/deep/0": ["steps.risk.output.level"],
        "/joined": ["item.name", "inputs.account"],
        "/first": ["steps.a.output.x", "steps.b.output"],
    }


def test_what_an_approver_wrote_does_not_come_from_where_the_plan_has_it() -> None:
    args = {"whole": {"$ref": "inputs.account"}, "deep": {"x": {"$ref": "inputs.x"}}, "kept": {"$ref": "inputs.k"}}
    assert sources_of(args, ("/whole/name", "/deep", "/plain")) == {
        "/deep": ["edit"],
        "/kept": ["inputs.k"],
        "/plain": ["edit"],
        "/whole": ["inputs.account"],
        "/whole/name": ["edit"],
    }


@pytest.mark.requirement("orchestrator.approvals-shown")
def test_costs_add_up_and_are_shown_beside_where_the_ledger_stands() -> None:
    facts = LedgerFacts(limit="100.00", spent="10", reserved="5.5", held="1")
    reserve = {"type": "reserve", "ledger": "budget", "amount": "7.25"}
    costs = shown(
        {"a": 1},
        reserve,
        {**reserve, "amount": "0.75"},
        {**reserve, "ledger": "unknown"},
        scene={"ledgers": {"budget": Counter("EUR", facts)}},
    )["costs"]
    assert costs == [
        {"ledger": "budget", "amount": "8.00", "unit": "EUR", "spent": "10", "reserved": "6.5", "limit": "100.00"},
        {"ledger": "unknown", "amount": "7.25"},
    ]


def test_of_many_steps_the_latest_are_shown_and_the_others_counted() -> None:
    past = [Happened(f"s{n}", "box.get", "succeeded") for n in range(MOST_STEPS + 3)]
    told = shown({"a": 1}, scene={"so_far": past, "on_yes": [f"n{n}" for n in range(MOST_STEPS + 2)]})
    assert told["so_far"][0]["step"] == "s3"
    assert (told["more_so_far"], len(told["on_yes"]), told["more_on_yes"]) == (3, MOST_STEPS, 2)


def redact(path: str, *labels: str) -> dict[str, Any]:
    return {"type": "redact", "path": path, "labels": list(labels)}


LETTER = {"to": "ann", "body": {"greeting": "hello", "iban": "DE1"}, "lines": ["a", "b"]}


@pytest.mark.requirement("orchestrator.approvals-shown")
@pytest.mark.parametrize(
    ("duties", "labels", "requirement", "named"),
    [
        ([redact("/body/iban")], {}, {}, ["/body/iban"]),
        ([redact("/body", "pii")], {"/body/iban": ["pii"]}, {}, ["/body/iban"]),
        ([redact("", "pii")], {"/lines/1": ["pii"], "/to": ["pii"]}, {}, ["/lines/1", "/to"]),
        ([redact("/body"), redact("/body/iban")], {}, {}, ["/body"]),
        # Of what is not shown, nothing is named but what is named already.
        ([redact("/body/iban")], {}, {"mask": ["/body"]}, ["/body"]),
        ([redact("/body")], {}, {"mask": ["/body/iban"]}, ["/body"]),
        # It will be refused: a label says that there is something, and it is not there.
        ([redact("/cc")], {"/cc": ["pii"]}, {}, ["/cc"]),
    ],
)
def test_places_that_are_taken_away_before_it_is_done_are_named(
    duties: Any, labels: Any, requirement: Any, named: Any
) -> None:
    told = shown(LETTER, *duties, labels=labels, **requirement)
    assert told["redacted"] == named
    assert told["args"]["to"] == "ann", "what is asked about is shown, and what is sent is named beside"


@pytest.mark.requirement("orchestrator.approvals-shown")
@pytest.mark.parametrize("duties", [[], [redact("/cc")], [redact("/body", "pii")]])
def test_where_nothing_is_taken_away_nothing_is_named(duties: Any) -> None:
    assert "redacted" not in shown(LETTER, *duties)


@pytest.mark.requirement("orchestrator.approvals-shown")
def test_controls_that_only_metadata_names_are_shown_and_no_other_twice() -> None:
    scene = Scene("bot", "sam", {}, NO_KEY)
    assert around(decided(controls=["C-1", "D-2", "B-3"]), scene)["controls"] == ["B-3", "D-2"]
    assert "controls" not in around(decided(controls=["C-1"]), scene)
