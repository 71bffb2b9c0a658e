"""The lists of what makes a plan fail are sufficient and minimal, whatever the policies are like."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assent_orchestrator.plan.action import make_action
from assent_orchestrator.plan.culprit import SINGLES, Searching, arguments, minimal, roots
from assent_orchestrator.plan.graph import Graph, failures
from assent_orchestrator.plan.state import StepState
from assent_orchestrator.plan.withhold import Argument, without
from assent_sidecar.catalogue.process import Step
from assent_sidecar.facts import Action

Passes = Callable[[frozenset[Any]], bool]


def run(search: Searching[Any], passes: Passes) -> tuple[tuple[Any, ...] | None, int]:
    """Answer all that a search tries; return what it found, and in how many rounds."""
    rounds = 0
    try:
        wanted = next(search)
        while True:
            rounds += 1
            wanted = search.send([passes(one) for one in wanted])
    except StopIteration as end:
        return end.value, rounds


def proven(found: tuple[Any, ...], passes: Passes) -> bool:
    return passes(frozenset(found)) and not any(passes(frozenset(found) - {one}) for one in found)


SETS = st.sets(st.integers(0, 59), min_size=1, max_size=6)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 60), st.lists(SETS, min_size=1, max_size=6))
@pytest.mark.requirement("sidecar.plan-culprits")
def test_what_is_found_is_sufficient_and_minimal_for_any_rules_that_forbid(count: int, forbidden: list[set[int]]):
    # Each rule is broken while all of its set is there; withholding more never breaks one.
    rules = [one & set(range(count)) or {0} for one in forbidden]

    def passes(gone: frozenset[int]) -> bool:
        return all(rule & gone for rule in rules)

    found, _ = run(minimal(range(count)), passes)
    assert found is not None
    assert proven(found, passes)
    assert found == run(minimal(range(count)), passes)[0]
    assert list(found) == sorted(found)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 24), st.integers(0, 2**32))
@pytest.mark.requirement("sidecar.plan-culprits")
def test_nothing_is_claimed_that_is_not_so_for_any_rules_at_all(count: int, seed: int):
    def passes(gone: frozenset[int]) -> bool:
        return bool(gone) and random.Random(f"{seed} {sorted(gone)}").random() < 0.3

    found, _ = run(minimal(range(count)), passes)
    assert found is None or proven(found, passes)
    if found is None:
        assert not passes(frozenset(range(count)))
        assert not any(passes(frozenset({one})) for one in range(count))


def test_one_of_a_thousand_is_found_in_a_few_rounds():
    found, rounds = run(minimal(range(1000)), lambda gone: 700 in gone)
    assert found == (700,)
    assert rounds <= 6


def test_without_elements_there_is_nothing_to_find_and_nothing_to_try():
    assert run(minimal(()), lambda _: True) == (None, 0)


def test_more_than_can_be_tried_alone_are_found_only_together():
    assert run(minimal(range(SINGLES)), lambda gone: gone == {3})[0] == (3,)
    assert run(minimal(range(SINGLES + 1)), lambda gone: gone == {3})[0] is None


ACTION = make_action(
    "email.send",
    "irreversible",
    {"to": "anna", "body": {"lines": ["a", {"b": 1}], "note": "n"}},
    {"": ("internal",), "/to": ("pii",), "/body/lines/1/b": ("pii", "secret"), "/cc": ("pii",)},
    ["/cc"],
)


def test_withholding_takes_value_and_labels_and_says_that_it_is_not_known():
    left = without(ACTION, [Argument("/body/lines/1"), Argument("/to")])
    assert left.args == {"body": {"lines": ["a", None], "note": "n"}}
    assert left.labels == {"": ("internal",), "/cc": ("pii",)}
    assert left.unknown == ("/body/lines/1", "/cc", "/to")
    assert left.digest != ACTION.digest
    assert without(ACTION, []) == ACTION


def test_withholding_a_label_leaves_the_value_and_every_other_label():
    left = without(ACTION, [Argument("/body", "secret"), Argument("/to", "pii")])
    assert left.args == ACTION.args
    assert left.unknown == ACTION.unknown
    assert left.labels == {"": ("internal",), "/body/lines/1/b": ("pii",), "/cc": ("pii",)}


def test_a_value_is_named_as_exactly_as_trials_can_tell():
    def none_of(*forbidden: str) -> Callable[[frozenset[Argument]], bool]:
        return lambda gone: not any(text in str(without(ACTION, gone).args) for text in forbidden)

    assert run(arguments(ACTION), none_of("'b'"))[0] == (Argument("/body/lines/1/b"),)
    assert run(arguments(ACTION), none_of("'a'", "anna"))[0] == (Argument("/body/lines/0"), Argument("/to"))


def test_labels_are_named_before_values_when_they_alone_do():
    def unlabelled(gone: frozenset[Argument]) -> bool:
        left: Action = without(ACTION, gone)
        return not any("pii" in names for names in left.labels.values())

    wanted = (Argument("/body", "pii"), Argument("/cc", "pii"), Argument("/to", "pii"))
    assert run(arguments(ACTION), unlabelled)[0] == wanted


NAMES = [f"s{n}" for n in range(7)]


@st.composite
def plans(draw: Any) -> tuple[list[Step], frozenset[str], frozenset[str]]:
    """Draw a plan without cycles, with what of it is refused and what of that halts."""
    steps = []
    for at, name in enumerate(NAMES):
        earlier = st.lists(st.sampled_from(NAMES[:at]), max_size=2, unique=True) if at else st.just([])
        later: list[Any] = [{"alternative": other} for other in NAMES[at + 1 :]]
        document = {
            "id": name,
            "agent": "bot",
            "action": "box.put",
            "after": draw(earlier),
            "args": {f"a{n}": {"$ref": f"steps.{other}.output"} for n, other in enumerate(draw(earlier))},
            "on_failure": draw(st.sampled_from(["fail", "fail", "skip", *later])),
        }
        steps.append(Step.from_json(document))
    refused = draw(st.frozensets(st.sampled_from(NAMES)))
    return steps, refused, draw(st.frozensets(st.sampled_from(sorted(refused)))) if refused else frozenset()


def fails(steps: list[Step], refused: frozenset[str], halted: frozenset[str]) -> bool:
    """Play the run to its end: every call succeeds, every refusal stands."""
    graph, states = Graph.of(steps), dict.fromkeys(NAMES, StepState.PENDING)
    while True:
        states |= dict.fromkeys(graph.settle(states), StepState.SKIPPED)
        ready = graph.ready(states)
        if not ready:
            return bool(failures(steps, states))
        for name in ready:
            if name in halted:
                return True
            states[name] = StepState.DENIED if name in refused else StepState.SUCCEEDED


@settings(max_examples=300, deadline=None)
@given(plans())
@pytest.mark.requirement("sidecar.plan-culprits")
def test_a_plan_fails_by_its_roots_and_each_of_them_is_needed(plan: Any):
    steps, refused, halted = plan
    if Graph.of(steps).cycles:
        return
    found = roots(steps, refused, halted)
    assert bool(found) == fails(steps, refused, halted)
    mended = frozenset(found)
    assert not fails(steps, refused - mended, halted - mended)
    for one in found:
        left = mended - {one}
        assert fails(steps, refused - left, halted - left)
