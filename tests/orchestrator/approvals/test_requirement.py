"""Who may answer, and when it is enough: whatever people do, in whatever order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent_orchestrator.approvals.requirement import (
    Age,
    Answer,
    Involved,
    Person,
    Seat,
    glass_seat_of,
    open_stages,
    roles_asked,
    seat_of,
    unmet_stages,
)
from assent_sidecar.decision import ApprovalRequirement, Stage

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
INVOLVED = Involved(principal="paul", submitter="sue", process_owner="olga")
HOUR = 3600.0
NEW = Age(0.0)


def requirement(*stages: Any, **more: Any) -> ApprovalRequirement:
    return ApprovalRequirement.from_json({"stages": list(stages), **more})


def seat(
    asked: ApprovalRequirement, who: str, *roles: str, before: Sequence[Answer] = (), stands_for: str | None = None,
    age: Age = NEW,
) -> Seat | str:  # fmt: skip
    return seat_of(asked, before, Person(who, frozenset(roles), stands_for), INVOLVED, age)


def yes(who: str, stage: int = 0, **more: Any) -> Answer:
    return Answer(stage, "boss", who, frozenset({"boss"}), approved=True, at=NOON, digest="sha256:1", **more)


BOSS = {"role": "boss"}
CFO = {"role": "cfo"}


@pytest.mark.requirement("orchestrator.approval-requirement")
def test_in_a_sequence_the_next_stage_waits_for_the_one_before() -> None:
    asked = requirement(BOSS, CFO)
    assert seat(asked, "carl", "cfo") == "ROLE_MISSING"
    assert seat(asked, "carl", "cfo", before=[yes("bea")]) == Seat(1, "cfo")


@pytest.mark.requirement("orchestrator.approval-requirement")
def test_in_parallel_any_stage_may_be_answered_and_all_must() -> None:
    asked = requirement(BOSS, CFO, order="parallel")
    assert seat(asked, "carl", "cfo") == Seat(1, "cfo")
    assert unmet_stages(asked, [yes("carl", 1)]) == (0,)
    assert unmet_stages(asked, [yes("carl", 1), yes("bea")]) == ()
    assert seat(asked, "carl", "cfo", "boss", before=[yes("carl", 1)]) == Seat(0, "boss")
    asked = requirement(BOSS, CFO, order="parallel", **{"not": ["previous_stage"]})
    assert seat(asked, "carl", "cfo", "boss", before=[yes("carl", 1)]) == "ANSWERED_EARLIER_STAGE"


@pytest.mark.requirement("orchestrator.approval-requirement")
@pytest.mark.parametrize(
    ("who", "stands_for", "code"),
    [
        ("paul", None, "OWN_REQUEST"),
        ("sue", None, "OWN_REQUEST"),
        ("olga", None, "PROCESS_OWNER_EXCLUDED"),
        ("bea", "paul", "OWN_REQUEST"),
        ("bea", "sue", "OWN_REQUEST"),
        ("bea", "olga", "PROCESS_OWNER_EXCLUDED"),
    ],
)
def test_whoever_is_excluded_is_excluded_by_standing_in_too(who: str, stands_for: str | None, code: str) -> None:
    asked = requirement(BOSS, **{"not": ["process_owner"]})
    assert seat(asked, who, "boss", stands_for=stands_for) == code


@pytest.mark.requirement("orchestrator.approval-requirement")
@pytest.mark.parametrize(
    ("first", "second"),
    [(("bea", None), ("bea", None)), (("bea", None), ("dan", "bea")), (("dan", "bea"), ("bea", None)),
     (("dan", "bea"), ("eve", "bea")), (("dan", "bea"), ("dan", "ben"))],
)  # fmt: skip
def test_nobody_stands_twice_in_a_stage(first: tuple[str, str | None], second: tuple[str, str | None]) -> None:
    asked = requirement({"role": "boss", "quorum": 2})
    before = [yes(first[0], stands_for=first[1])]
    assert seat(asked, second[0], "boss", before=before, stands_for=second[1]) == "ANSWERED_ALREADY"
    assert unmet_stages(asked, [*before, yes(second[0], stands_for=second[1])]) == (0,)


@pytest.mark.requirement("orchestrator.approval-requirement")
@pytest.mark.parametrize("order", ["sequence", "parallel"])
def test_stages_of_one_role_are_met_by_different_people(order: str) -> None:
    asked = requirement(BOSS, CFO, {"role": "boss", "substitutes": ["deputy"]}, order=order)
    before = [yes("bea"), yes("bea", 1)]
    assert seat(asked, "bea", "boss", before=before) == "ANSWERED_ALREADY"
    assert seat(asked, "bea", "deputy", before=before) == "ANSWERED_ALREADY"
    assert seat(asked, "dan", "boss", before=before, stands_for="bea") == "ANSWERED_ALREADY"
    assert seat(asked, "ben", "boss", before=before) == Seat(2, "boss")
    assert unmet_stages(asked, [*before, yes("bea", 2)]) == (2,)
    assert unmet_stages(asked, [*before, yes("ben", 2)]) == ()


def test_whoever_withdrew_may_answer_again() -> None:
    asked = requirement({"role": "boss", "quorum": 2})
    withdrawn = replace(yes("bea"), withdrawn_at=NOON)
    assert unmet_stages(asked, [withdrawn, yes("ben")]) == (0,)
    assert seat(asked, "bea", "boss", before=[withdrawn, yes("ben")]) == Seat(0, "boss")


def test_substitutes_answer_in_the_place_of_a_role() -> None:
    asked = requirement({"role": "boss", "substitutes": ["deputy"]})
    assert seat(asked, "dan", "deputy") == Seat(0, "deputy")
    assert seat(asked, "dan", "deputy", "boss") == Seat(0, "boss")
    assert roles_asked(asked) == ("boss", "deputy")


def test_a_rung_of_the_ladder_may_answer_from_its_time_on_and_alone_once_the_others_had_theirs() -> None:
    asked = requirement(BOSS, escalate=[{"after": "1h", "role": "cfo"}, {"after": "9h", "role": "ceo"}])
    assert seat(asked, "carl", "cfo", age=Age(HOUR - 1)) == "ROLE_MISSING"
    assert seat(asked, "carl", "cfo", age=Age(HOUR)) == Seat(0, "cfo")
    assert seat(asked, "bea", "boss", age=Age(HOUR)) == Seat(0, "boss")
    assert seat(asked, "cleo", "ceo", age=Age(2 * HOUR)) == "ROLE_MISSING"
    assert seat(asked, "cleo", "ceo", age=Age(2 * HOUR, extended=True)) == Seat(0, "ceo")
    assert seat(asked, "bea", "boss", age=Age(2 * HOUR, extended=True)) == "ROLE_MISSING"


def test_the_glass_is_broken_by_those_named_who_have_no_part_in_it() -> None:
    glass = {"roles": ["duty"], "review": {"role": "audit", "within": "1h"}}
    asked = requirement({"role": "boss", "quorum": 3}, CFO, break_glass=glass, **{"not": ["process_owner"]})

    def seat_behind_glass(who: str, *roles: str) -> Seat | str:
        return glass_seat_of(asked, [], Person(who, frozenset(roles)), INVOLVED)

    assert seat_behind_glass("dora", "duty") == Seat(0, "duty")
    assert seat_behind_glass("bea", "boss") == "BREAK_GLASS_MISSING"
    assert seat_behind_glass("paul", "duty") == "OWN_REQUEST"
    assert seat_behind_glass("olga", "duty") == "PROCESS_OWNER_EXCLUDED"
    assert glass_seat_of(requirement(BOSS), [], Person("dora", frozenset({"duty"})), INVOLVED) == "BREAK_GLASS_MISSING"
    assert unmet_stages(asked, [yes("dora", break_glass=True)]) == ()
    assert unmet_stages(asked, [yes("dora", break_glass=True, withdrawn_at=NOON)]) == (0, 1)


ROLES = ["boss", "cfo", "deputy", "ceo"]
PEOPLE = ["ann", "ben", "cat", "dan", "eve", "paul", "sue", "olga"]
requirements = st.builds(
    ApprovalRequirement,
    stages=st.lists(
        st.builds(
            Stage,
            role=st.sampled_from(ROLES),
            quorum=st.integers(1, 3),
            substitutes=st.lists(st.sampled_from(ROLES), max_size=2).map(tuple),
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
    order=st.sampled_from(["sequence", "parallel"]),
    **{"not": st.sets(st.sampled_from(["process_owner", "previous_stage"])).map(tuple)},
)
deeds = st.lists(
    st.tuples(
        st.sampled_from(["answer", "answer", "answer", "withdraw"]),
        st.sampled_from(PEOPLE),
        st.sets(st.sampled_from(ROLES)),
        st.none() | st.sampled_from(PEOPLE),
    ),
    max_size=25,
)


@pytest.mark.requirement("orchestrator.approval-quorum")
@given(asked=requirements, done=deeds)
def test_never_approved_without_every_quorum_of_distinct_persons(
    asked: ApprovalRequirement, done: list[tuple[str, str, set[str], str | None]]
) -> None:
    answers: list[Answer] = []
    for moment, (deed, who, roles, stands_for) in enumerate(done):
        if deed == "withdraw":
            answers = [
                replace(one, withdrawn_at=NOON) if one.approver == who and one.stands else one for one in answers
            ]
            continue
        person = Person(who, frozenset(roles), None if stands_for == who else stands_for)
        found = seat_of(asked, answers, person, INVOLVED, NEW)
        if not isinstance(found, Seat):
            continue
        assert found.stage in open_stages(asked, answers)
        at = NOON + timedelta(seconds=moment)
        answers.append(
            Answer(
                found.stage,
                found.role,
                who,
                person.roles,
                approved=True,
                at=at,
                digest="",
                stands_for=person.stands_for,
            )
        )
    standing = [one for one in answers if one.stands]
    for number, stage in enumerate(asked.stages):
        given = [one for one in standing if one.stage == number]
        assert len(given) <= stage.quorum
        assert number in unmet_stages(asked, answers) or len(given) == stage.quorum
        assert all(one.persons.isdisjoint(other.persons) for one, other in combinations(given, 2))
        assert all(one.role in {stage.role, *stage.substitutes} & one.roles for one in given)
        assert not any({"paul", "sue"} & one.persons for one in given)
        if "process_owner" in asked.excluded:
            assert not any("olga" in one.persons for one in given)
    for one, other in combinations(standing, 2):
        if asked.stages[one.stage].role == asked.stages[other.stage].role:
            assert one.persons.isdisjoint(other.persons)
    if "previous_stage" in asked.excluded:
        pairs = combinations(standing, 2)
        assert all(one.persons.isdisjoint(other.persons) for one, other in pairs if one.stage != other.stage)


@pytest.mark.requirement("orchestrator.approval-quorum")
def test_ids_that_differ_in_case_only_are_one_persons():
    two = requirement({"role": "boss", "quorum": 2})
    assert unmet_stages(two, [yes("dana"), yes("Dana")]) == (0,)
    for who, why in (("DANA", "ANSWERED_ALREADY"), ("Paul", "OWN_REQUEST"), ("SUE", "OWN_REQUEST")):
        assert seat_of(two, [yes("dana")], Person(who, frozenset({"boss"})), INVOLVED, NEW) == why
    owned = requirement({"role": "boss"}, **{"not": ["process_owner"]})
    assert seat_of(owned, [], Person("Olga", frozenset({"boss"})), INVOLVED, NEW) == "PROCESS_OWNER_EXCLUDED"
