"""The graph: what may start, what never will, and that every run of steps comes to an end."""

import random
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.state import TERMINAL_STEPS, RunState, SkipReason, StepState
from assent_sidecar.catalogue.process import Step

S = StepState


def step(name: str, **content: Any) -> Step:
    return Step.from_json({"id": name, "agent": "clerk", "action": "crm.read", **content})


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"steps.{name}.output.value"}


def first(*names: str) -> dict[str, Any]:
    return {"$first": [ref(name) for name in names]}


def states(graph: Graph, **known: StepState) -> dict[str, StepState]:
    return {name: known.get(name, S.PENDING) for name in graph.order}


CHAIN = Graph.of([step("c", args={"x": ref("b")}), step("b", after=["a"]), step("a"), step("d")])


@pytest.mark.requirement("orchestrator.plan-parallel")
def test_steps_without_dependencies_are_ready_at_once_in_the_order_of_their_names():
    assert CHAIN.ready(states(CHAIN)) == ("a", "d")


def test_bindings_and_after_are_dependencies_and_nothing_else_is():
    assert [CHAIN.depends_on(name) for name in "abcd"] == [(), ("a",), ("b",), ()]
    assert CHAIN.order.index("a") < CHAIN.order.index("b") < CHAIN.order.index("c")


def test_a_step_waits_until_everything_it_depends_on_is_at_rest():
    for state in S:
        ready = CHAIN.ready(states(CHAIN, a=state, d=S.SUCCEEDED))
        assert ("b" in ready) is (state in {S.SUCCEEDED, S.SKIPPED})


def test_a_skipped_step_satisfies_after_but_not_a_binding():
    assert CHAIN.ready(states(CHAIN, a=S.SKIPPED)) == ("b", "d")
    assert CHAIN.settle(states(CHAIN, a=S.SUCCEEDED, b=S.SKIPPED)) == {"c": SkipReason.DEPENDENCY_SKIPPED}


@pytest.mark.parametrize("state", [S.FAILED, S.DENIED, S.CANCELLED])
@pytest.mark.requirement("orchestrator.plan-on-failure", "orchestrator.dependents-named")
def test_a_failure_stops_scheduling_and_says_who_depended_on_it(state: StepState):
    now = states(CHAIN, a=state)
    assert CHAIN.ready(now) == ()
    assert CHAIN.failures(now) == ("a",)
    assert CHAIN.settle(now) == {
        "b": SkipReason.DEPENDENCY_FAILED,
        "c": SkipReason.DEPENDENCY_FAILED,
        "d": SkipReason.RUN_FAILED,
    }


def test_a_failure_that_the_process_skips_counts_as_a_step_that_was_not_taken():
    graph = Graph.of([step("a", on_failure="skip"), step("b", after=["a"]), step("c", args={"x": ref("a")})])
    now = states(graph, a=S.FAILED)
    assert graph.ready(now) == ("b",)
    assert graph.settle(now) == {"c": SkipReason.DEPENDENCY_SKIPPED}
    assert graph.result(now | {"b": S.SUCCEEDED, "c": S.SKIPPED}) is RunState.SUCCEEDED


ALTERNATIVE = Graph.of(
    [
        step("mail", on_failure={"alternative": "letter"}),
        step("letter"),
        step("file", args={"x": first("mail", "letter")}),
        step("note", after=["mail"]),
    ]
)


def test_an_alternative_is_not_needed_when_the_step_succeeds():
    now = states(ALTERNATIVE, mail=S.SUCCEEDED)
    assert ALTERNATIVE.ready(now) == ("note",)
    assert ALTERNATIVE.settle(now) == {"letter": SkipReason.NOT_NEEDED}
    assert ALTERNATIVE.ready(now | {"letter": S.SKIPPED}) == ("file", "note")


@pytest.mark.requirement("orchestrator.plan-on-failure")
def test_an_alternative_waits_for_the_step_to_fail_and_the_steps_behind_wait_for_the_alternative():
    assert ALTERNATIVE.ready(states(ALTERNATIVE)) == ("mail",)
    failed = states(ALTERNATIVE, mail=S.DENIED)
    assert ALTERNATIVE.ready(failed) == ("letter",)
    assert ALTERNATIVE.settle(failed) == {}
    replaced = failed | {"letter": S.SUCCEEDED}
    assert ALTERNATIVE.ready(replaced) == ("file", "note")
    assert ALTERNATIVE.result(replaced | {"file": S.SUCCEEDED, "note": S.SUCCEEDED}) is RunState.SUCCEEDED


def test_a_run_fails_when_the_alternative_fails_as_well():
    now = states(ALTERNATIVE, mail=S.FAILED, letter=S.FAILED)
    assert ALTERNATIVE.failures(now) == ("letter",)
    assert ALTERNATIVE.settle(now) == {"file": SkipReason.DEPENDENCY_FAILED, "note": SkipReason.DEPENDENCY_FAILED}


def test_a_failure_whose_alternative_is_not_taken_fails_the_run():
    now = states(ALTERNATIVE, mail=S.FAILED, letter=S.SKIPPED)
    assert ALTERNATIVE.failures(now) == ("mail",)
    assert ALTERNATIVE.ready(now) == ()


def test_a_choice_waits_for_all_and_needs_one():
    graph = Graph.of([step("a", when="hot"), step("b", when="cold"), step("c", args={"x": first("a", "b")})])
    assert "c" not in graph.ready(states(graph, a=S.SUCCEEDED))
    assert graph.ready(states(graph, a=S.SKIPPED, b=S.SUCCEEDED)) == ("c",)
    assert graph.settle(states(graph, a=S.SKIPPED, b=S.SKIPPED)) == {"c": SkipReason.DEPENDENCY_SKIPPED}


def test_what_follows_from_a_skip_is_told_in_the_same_answer():
    graph = Graph.of([step("a"), step("b", args={"x": ref("a")}), step("c", args={"x": ref("b")})])
    assert graph.settle(states(graph, a=S.SKIPPED)) == dict.fromkeys("bc", SkipReason.DEPENDENCY_SKIPPED)


def test_an_alternative_may_name_the_step_it_replaces_as_its_predecessor():
    graph = Graph.of([step("a", on_failure={"alternative": "b"}), step("b", after=["a"])])
    assert graph.cycles == ()
    assert graph.ready(states(graph, a=S.FAILED)) == ("b",)


def test_every_cycle_is_named_once_in_the_order_of_the_plan():
    graph = Graph.of(
        [
            step("a", after=["b"]),
            step("b", args={"x": ref("a")}),
            step("c", after=["c"]),
            step("d", after=["a"]),
            step("e", on_failure={"alternative": "e"}),
        ]
    )
    assert graph.cycles == (("a", "b"), ("c",), ("e",))


def test_waiting_for_a_step_whose_alternative_waits_for_oneself_is_a_cycle():
    graph = Graph.of([step("a", on_failure={"alternative": "b"}), step("b", after=["d"]), step("d", after=["a"])])
    assert graph.cycles == (("b", "d"),)


def test_steps_on_a_cycle_are_never_ready():
    graph = Graph.of([step("a", after=["b"]), step("b", after=["a"]), step("c")])
    assert graph.ready(states(graph)) == ("c",)


def test_a_snapshot_is_read_and_never_written():
    now = states(ALTERNATIVE, mail=S.SUCCEEDED)
    before = deepcopy(now)
    ALTERNATIVE.settle(now)
    ALTERNATIVE.ready(now)
    assert now == before


@st.composite
def plans(draw: Callable[..., Any]) -> list[Step]:
    names = [f"s{number}" for number in range(draw(st.integers(1, 9)))]
    steps = []
    for at, name in enumerate(names):
        earlier = st.lists(st.sampled_from(names[:at]), max_size=3) if at else st.just([])
        chosen = draw(earlier)
        args = {f"a{number}": ref(other) for number, other in enumerate(draw(earlier))}
        args |= {"first": first(*chosen)} if chosen else {}
        later = names[at + 1 :]
        on_failure = draw(
            st.one_of(
                st.sampled_from(["fail", "skip"]),
                st.sampled_from(later).map(lambda other: {"alternative": other}) if later else st.just("skip"),
            )
        )
        steps.append(step(name, after=draw(earlier), args=args, on_failure=on_failure))
    shuffled: list[Step] = draw(st.permutations(steps))
    return shuffled


def outputs_are_there(graph: Graph, now: Mapping[str, StepState], plan: Mapping[str, Step], name: str) -> bool:
    for value in plan[name].args.values():
        candidates = value.get("$first", [value])
        if not any(now[candidate["$ref"].split(".")[1]] is S.SUCCEEDED for candidate in candidates):
            return False
    return all(now[other] in TERMINAL_STEPS for other in graph.depends_on(name))


@settings(max_examples=150, deadline=None)
@given(steps=plans(), seed=st.integers())
@pytest.mark.requirement("orchestrator.plan-order")
def test_whatever_happens_to_its_steps_a_run_ends_and_no_step_starts_too_early(steps: list[Step], seed: int):
    graph = Graph.of(steps)
    chance = random.Random(seed)
    plan = {one.id: one for one in steps}
    now = states(graph)
    outcomes = [S.SUCCEEDED, S.SUCCEEDED, S.SUCCEEDED, S.FAILED, S.DENIED, S.SKIPPED, S.CANCELLED]
    if graph.cycles:
        return
    running: set[str] = set()
    for _ in range(4 * len(steps) + 4):
        for name in graph.settle(now):
            assert now[name] is S.PENDING
            now[name] = S.SKIPPED
        assert graph.settle(now) == {}
        ready = graph.ready(now)
        assert list(ready) == sorted(ready)
        assert ready == graph.ready(dict(now))
        for name in ready:
            assert outputs_are_there(graph, now, plan, name)
        started = [name for name in ready if chance.random() < 0.7] or list(ready)
        for name in started:
            now[name] = S.DISPATCHED
            running.add(name)
        if not running:
            break
        finished = chance.choice(sorted(running))
        running.discard(finished)
        now[finished] = chance.choice(outcomes)
    assert all(state in TERMINAL_STEPS for state in now.values())
    assert graph.result(now) is (RunState.FAILED if graph.failures(now) else RunState.SUCCEEDED)


@settings(max_examples=100, deadline=None)
@given(steps=plans())
def test_the_order_puts_each_step_behind_what_it_depends_on(steps: list[Step]):
    graph = Graph.of(steps)
    if not graph.cycles:
        place = {name: at for at, name in enumerate(graph.order)}
        assert all(place[other] < place[name] for name in graph.order for other in graph.depends_on(name))


def test_a_thousand_steps_in_a_row_are_no_deeper_than_the_stack_and_scheduled_quickly():
    names = [f"s{number}" for number in range(1000)]
    steps = [step(name, after=names[max(0, at - 3) : at]) for at, name in enumerate(names)]
    started = time.perf_counter()
    graph = Graph.of(steps)
    now = states(graph)
    for name in names:
        assert graph.settle(now) == {}
        assert graph.ready(now) == (name,)
        now[name] = S.SUCCEEDED
    assert graph.result(now) is RunState.SUCCEEDED
    assert time.perf_counter() - started < 20
