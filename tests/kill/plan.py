"""Which trials there are: every transition of every scenario, on both sides, for each victim; or one of each kind."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assent.v1 import runs_pb2
from tests.kill.place import Place
from tests.kill.point import CALLED, COMMITTED, EXPIRY, How, Kind, Point, Strike
from tests.kill.scenario import Scenario, Victim
from tests.kill.wave import Result, Trial, wave

_SERVERS = (Victim.SERVER, Victim.REPLACED)

_FIRST_COMMITS = 2

_UNDISTURBED = 3
"""Runs that nobody disturbs: steps run side by side, so what one of them has and another has not is left to luck."""


@dataclass(frozen=True, slots=True)
class Course:
    """A scenario as it goes when nobody disturbs it: its transitions in their order, and how its steps end."""

    scenario: Scenario
    points: tuple[Point, ...]
    expected: Mapping[str, str]


async def enumerate_points(place: Place, scenarios: Sequence[Scenario]) -> list[Course]:
    """Run scenarios undisturbed, and return of each the transitions that all of its runs had."""
    at_once = max(1, len(place.lanes) // _UNDISTURBED)
    courses: list[Course] = []
    for first in range(0, len(scenarios), at_once):
        several = scenarios[first : first + at_once]
        results = await wave(place, [Trial(one, Victim.ANSWER) for one in several for _ in range(_UNDISTURBED)])
        for number, scenario in enumerate(several):
            own = slice(number * _UNDISTURBED, (number + 1) * _UNDISTURBED)
            courses.append(await _course(place, scenario, results[own], place.lanes[own]))
    return courses


async def _course(place: Place, scenario: Scenario, results: Sequence[Result], tenants: Sequence[str]) -> Course:
    for result in results:
        assert result.run is not None, result.breaches
        assert not result.breaches, result.breaches
    passed = [await _passed(place, tenant) for tenant in tenants]
    points = [point for point in passed[0] if all(point in other for other in passed[1:])]
    run = results[0].run
    assert run is not None
    run_id = run.name.rpartition("/")[2]
    called = dict.fromkeys(step for step, _ in place.toll.calls.get(run_id, ()) if step != scenario.fails)
    points += [Point(Kind.CALL, step, 1) for step in called]
    points += [Point(Kind.CALL, scenario.fails, 2)] if scenario.retry else []
    if scenario.around:
        points = [point for point in points if point.name.partition(":")[0] == scenario.around]
    states = {step.id: runs_pb2.StepState.Name(step.state).removeprefix("STEP_STATE_").lower() for step in run.steps}
    return Course(scenario, tuple(points), states)


async def _passed(place: Place, tenant: str) -> list[Point]:
    """Return one point a transaction: the first thing in it."""
    first: dict[str, Point] = {}
    for one in await place.ambush.passed(tenant):
        first.setdefault(one.tx, one.point)
    return list(first.values())


def every_trial(course: Course) -> list[Trial]:
    """Return each transition with each way to be cut off there."""
    scenario = course.scenario
    trials = [
        Trial(scenario, victim, (Strike(point, how),), course.expected)
        for victim in scenario.victims
        for point in course.points
        for how in _ways(victim, point)
    ]
    if Victim.SERVER in scenario.victims:
        again = [Trial(scenario, Victim.SERVER, strikes, course.expected) for strikes in _again(course)]
        trials = [*again[:_FIRST_COMMITS], *trials, *again[_FIRST_COMMITS:]]
    return trials


def _again(course: Course) -> Iterator[tuple[Strike, Strike]]:
    """Yield two kills, the second one in the middle of the recovery from the first."""
    # What has expired may be removed when the run is over, and then nothing is left to recover.
    records = [point for point in course.points if point.kind is Kind.RECORD and point.name != EXPIRY]
    ways = ((How.LOST, How.KEPT), (How.KEPT, How.LOST))
    # In the first and the second commit of all, for one record; a wave has one of these, and so they come first.
    for number, (how, other) in zip(range(1, _FIRST_COMMITS + 1), ways, strict=True):
        yield Strike(records[len(records) // 2], how), Strike(Point(Kind.ANY, "recovery", number), other)
    for how, other in ways:
        for point in records:
            # Of the record that is a run's last, nothing is left to recover when it counts.
            if how is How.LOST or point != records[-1]:
                yield Strike(point, how), Strike(Point(Kind.NEXT, "recovery", 1), other)


def _ways(victim: Victim, point: Point) -> Iterable[How]:
    if point.kind is not Kind.CALL:
        if victim is Victim.ANSWER:
            return ()
        # What the engine has on disk and was not told is, over a death of PostgreSQL, what it is told again.
        return COMMITTED if victim in _SERVERS or point.kind is Kind.RECORD else (How.LOST,)
    # Over a death of PostgreSQL the server itself holds the call: it comes back, or nothing does.
    return (How.UNSENT, How.UNHEARD) if victim is Victim.DATABASE else CALLED


def one_of_each_kind(courses: Sequence[Course]) -> list[Trial]:
    """Return one trial for each victim, kind of transition and way to be cut off there; always the same ones.

    Of those that are of one kind, the next scenario gives the next one.
    """
    groups: dict[tuple[object, ...], list[list[Trial]]] = {}
    for number, course in enumerate(courses):
        for trial in every_trial(course):
            groups.setdefault(_kind_of(trial), [[] for _ in courses])[number].append(trial)
    chosen = []
    for turn, by_course in enumerate(groups.values()):
        there = [trials for trials in by_course if trials]
        trials = there[turn % len(there)]
        chosen.append(trials[turn % len(trials)])
    return chosen


def _kind_of(trial: Trial) -> tuple[object, ...]:
    def kind(strike: Strike) -> tuple[object, ...]:
        what = "" if strike.point.kind is Kind.CALL else strike.point.name.rpartition(":")[2]
        if trial.victim is Victim.DATABASE and what.startswith("memory."):
            what = "memory"  # each is one commit with its record: what a dead PostgreSQL has of one, it has of all
        return strike.point.kind, what, strike.how

    if len(trial.strikes) > 1:
        return trial.victim, "again", trial.strikes[1]
    if trial.victim is Victim.REPLACED:
        # What is done after each kind of transition is what a server does that is started again.
        return trial.victim, trial.strikes[0].point.kind, trial.strikes[0].how
    return (trial.victim, *map(kind, trial.strikes))
