"""The kill suite in its bounded form: one transition of each kind, each way to be cut off there, each victim.

The whole of it is ``make kill-suite``.
"""

import pytest

from tests.kill.plan import Course, every_trial, one_of_each_kind
from tests.kill.point import How, Kind, Point
from tests.kill.scenario import Victim, read_scenarios
from tests.kill.suite import kill_all


@pytest.mark.timeout(1500)
@pytest.mark.requirement(
    "orchestrator.kill-every-transition",
    "orchestrator.kill-honest",
    "orchestrator.kill-postgresql",
    "orchestrator.kill-taken-over",
    "orchestrator.kill-memory",
    "orchestrator.kill-hand-over",
)
async def test_killed_at_each_kind_of_transition_nothing_is_lost_doubled_or_told_wrongly() -> None:
    findings = await kill_all(bounded=True)
    assert findings.faults() == []
    struck = {(one.trial.victim, strike.point.kind) for one in findings.results for strike in one.trial.strikes}
    committed = (Kind.RECORD, Kind.CHECKPOINT, Kind.WORKFLOW, Kind.CALL)
    assert {(victim, kind) for victim in Victim if victim is not Victim.ANSWER for kind in committed} <= struck
    assert (Victim.ANSWER, Kind.CALL) in struck
    names = {strike.point.name.rpartition(":")[2] for one in findings.results for strike in one.trial.strikes}
    assert {"memory.remembered", "memory.recalled", "memory.forgotten", "memory.expired", "handoff.decided"} <= names


COURSE = Course(
    read_scenarios()[0],
    (
        Point(Kind.RECORD, "run:run.created", 1),
        Point(Kind.RECORD, "crm:decision.made", 1),
        Point(Kind.RECORD, "email:decision.made", 1),
        Point(Kind.CHECKPOINT, "run:advance", 2),
        Point(Kind.CALL, "email", 1),
    ),
    {},
)


@pytest.mark.requirement("orchestrator.kill-every-transition")
def test_the_whole_suite_has_every_point_on_both_sides_for_each_victim() -> None:
    trials = every_trial(COURSE)
    for victim in (Victim.SERVER, Victim.DATABASE):
        for point in COURSE.points[:-1]:
            for how in (How.LOST, How.KEPT) if point.kind is Kind.RECORD else (How.LOST,):
                assert any(
                    (one.victim, one.strikes[0].point, one.strikes[0].how) == (victim, point, how) for one in trials
                ), (victim, point, how)
    assert len(trials) == len(set(trials))
    assert any(one.victim is Victim.REPLACED and one.strikes[0].point == COURSE.points[-1] for one in trials)
    again = [one for one in trials if len(one.strikes) > 1]
    assert {one.strikes[0].point for one in again} == set(COURSE.points[:3])


def test_the_bounded_suite_has_each_kind_once_and_is_the_same_every_time() -> None:
    chosen = one_of_each_kind([COURSE, COURSE])
    assert chosen == one_of_each_kind([COURSE, COURSE])
    assert {one.victim for one in chosen} == set(Victim)
    decisions = [
        one
        for one in chosen
        if len(one.strikes) == 1 and one.strikes[0].point.name.endswith("decision.made") and one.victim is Victim.SERVER
    ]
    assert [one.strikes[0].how for one in decisions] == [How.LOST, How.KEPT]
