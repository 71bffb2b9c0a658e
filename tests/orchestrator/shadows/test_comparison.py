"""What a live decision has to do with a candidate: nothing, whatever that does. The candidates are scripted."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from assent_orchestrator.clock import utc_now
from assent_orchestrator.decisions.desk import Desk
from assent_orchestrator.shadows import comparison as comparisons
from assent_orchestrator.shadows.beside import Beside
from assent_orchestrator.shadows.comparison import AT_ONCE, MOST_BYTES, MOST_WAITING, Comparison
from assent_orchestrator.shadows.difference import Change
from assent_orchestrator.shadows.tally import MOST_DIFFERENCES, MOST_EXAMPLES, Outcome
from assent_sidecar.decision import Decided
from assent_sidecar.question import Question
from tests.orchestrator.decisions.office import Office, open_office
from tests.orchestrator.execution.world import ScriptedDecisionPoint
from tests.orchestrator.shadows.servers import AnyWord
from tests.sidecar.engines import question

ALLOW: dict[str, Any] = {"verdict": "allow"}
BUDGET = 0.05


@dataclass
class Candidate:
    """Does with a question what a test wants, and remembers that it was asked."""

    behaviour: Callable[[Question], Awaitable[Decided]]
    asked: list[Question] = field(default_factory=list)

    async def decide(self, question: Question, *, budget: float) -> Decided:
        del budget
        self.asked.append(question)
        return await self.behaviour(question)


def saying(**answer: Any) -> ScriptedDecisionPoint:
    return ScriptedDecisionPoint(lambda _: answer)


async def never(_: Question) -> Decided:
    await asyncio.Event().wait()
    raise AssertionError


async def failing(asked: Question) -> Decided:
    raise RuntimeError(str(asked))


async def stubborn(_: Question) -> Decided:
    """Is told to stop again and again, and goes on."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    raise OSError


@contextlib.asynccontextmanager
async def beside(live: Any, candidate: Any) -> AsyncIterator[tuple[Beside, Comparison]]:
    """A live decision point with a candidate that is asked."""
    point, comparison = Beside(live), Comparison("s1", utc_now, budget=BUDGET)
    point.comparison = comparison
    asking = asyncio.create_task(comparison.compare_with(candidate, AnyWord()))
    await asyncio.sleep(0)
    try:
        yield point, comparison
    finally:
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking


def outcomes(comparison: Comparison) -> dict[Outcome, int]:
    return {outcome: count for (_, outcome), count in comparison.tally.outcomes.items()}


@pytest.mark.requirement("shadow.never-delays-or-changes-a-live-decision")
@pytest.mark.parametrize("behaviour", [never, failing, stubborn])
async def test_the_live_answer_is_given_whatever_the_candidate_does(behaviour: Any) -> None:
    live = saying(**ALLOW)
    async with beside(live, Candidate(behaviour)) as (point, comparison):
        answers = [await point.decide(question(), budget=2) for _ in range(10)]
        assert comparison.tally.outcomes == {}, "no answer waited for the candidate's"
        assert [(one.verdict, one.fault) for one in answers] == [("allow", False)] * 10
        assert len(live.asked) == 10
        async with asyncio.timeout(60):
            await comparison.idle()
        assert outcomes(comparison) == {Outcome.NO_CANDIDATE: 10}
        assert comparison.held == (0, 0)


@pytest.mark.requirement("shadow.never-delays-or-changes-a-live-decision")
async def test_what_the_candidate_says_changes_nothing_in_the_live_answer() -> None:
    live, candidate = saying(**ALLOW), saying(verdict="halt", reasons=[{"code": "STOP_IT", "control": "X-1"}])
    async with beside(live, candidate) as (point, comparison):
        answer = await point.decide(question(), budget=2)
        await comparison.idle()
        assert answer.decision.to_json() == (await live.decide(question(), budget=2)).decision.to_json()
        [seen] = comparison.tally.differences.values()
        assert (seen.difference.change, seen.difference.candidate.verdict) == (Change.STRICTER, "halt")
        assert seen.examples[0].decision == answer.provenance.decision_id


@pytest.mark.requirement("shadow.never-delays-or-changes-a-live-decision")
async def test_a_question_that_cannot_be_offered_is_answered_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Question) -> int:
        raise RuntimeError

    async with beside(saying(**ALLOW), saying(**ALLOW)) as (point, comparison):
        monkeypatch.setattr(Comparison, "_offer", lambda *_: broken(question()))
        assert (await point.decide(question(), budget=2)).verdict == "allow"
        assert outcomes(comparison) == {Outcome.NO_CANDIDATE: 1}


@pytest.mark.requirement("shadow.memory-is-bounded")
async def test_more_than_may_wait_are_counted_and_forgotten() -> None:
    async with beside(saying(**ALLOW), Candidate(never)) as (point, comparison):
        for _ in range(3 * MOST_WAITING):
            await point.decide(question(), budget=2)
        assert comparison.held[0] == MOST_WAITING
        assert outcomes(comparison)[Outcome.CROWDED] == 2 * MOST_WAITING


@pytest.mark.requirement("shadow.memory-is-bounded")
async def test_large_questions_fill_the_room_by_their_bytes() -> None:
    large = question(context={"text": "x" * (MOST_BYTES // 4)})
    async with beside(saying(**ALLOW), Candidate(never)) as (point, comparison):
        for _ in range(10):
            await point.decide(large, budget=2)
        count, size = comparison.held
        assert (count, size <= MOST_BYTES) == (3, True)
        assert outcomes(comparison)[Outcome.CROWDED] == 7


@pytest.mark.requirement("shadow.memory-is-bounded")
async def test_kinds_of_differences_beyond_the_limit_are_counted_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparisons, "MOST_WAITING", 10 * MOST_DIFFERENCES)
    many = iter(range(10_000))
    live = ScriptedDecisionPoint(lambda _: {"verdict": "deny", "reasons": [{"code": f"NO_{next(many)}"}]})
    async with beside(live, saying(**ALLOW)) as (point, comparison):
        for _ in range(MOST_DIFFERENCES + 50):
            await point.decide(question(), budget=2)
        await comparison.idle()
        taken = comparison.tally.take()
        assert len(taken.differences) == MOST_DIFFERENCES
        assert taken.outcomes["default", Outcome.DIFFERENT] == MOST_DIFFERENCES + 50
        await point.decide(question(), budget=2)
        await comparison.idle()
        assert comparison.tally.differences == {}, "the limit holds for all of it, however often it is written down"


async def test_of_the_decisions_that_differ_a_few_are_named() -> None:
    async with beside(saying(verdict="deny"), saying(**ALLOW)) as (point, comparison):
        ids = [(await point.decide(question(), budget=2)).provenance.decision_id for _ in range(MOST_EXAMPLES + 3)]
        await comparison.idle()
        [seen] = comparison.tally.differences.values()
        assert (seen.count, [one.decision for one in seen.examples]) == (len(ids), ids[:MOST_EXAMPLES])


@pytest.mark.requirement("shadow.answers-every-live-question")
async def test_without_a_live_decision_there_is_nothing_to_compare() -> None:
    async with beside(ScriptedDecisionPoint(lambda _: ALLOW, away=True), saying(**ALLOW)) as (point, comparison):
        assert (await point.decide(question("plan"), budget=2)).fault
        assert outcomes(comparison) == {Outcome.LIVE_FAULT: 3}, "the plan and its two steps"


@pytest.mark.requirement("shadow.answers-every-live-question")
async def test_what_nobody_can_be_asked_is_counted_before_and_after() -> None:
    point, comparison = Beside(saying(**ALLOW)), Comparison("s1", utc_now, budget=BUDGET)
    point.comparison = comparison
    await point.decide(question(), budget=2)
    candidate = Candidate(never)
    asking = asyncio.create_task(comparison.compare_with(candidate, AnyWord()))
    await asyncio.sleep(0)
    for _ in range(AT_ONCE + 5):
        await point.decide(question(), budget=2)
    asking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asking
    assert outcomes(comparison) == {Outcome.NO_CANDIDATE: 1 + AT_ONCE + 5}
    assert comparison.held == (0, 0)


@pytest.mark.requirement("shadow.reports-faults")
async def test_a_candidate_without_a_decision_is_counted_and_shown_with_its_code() -> None:
    async with beside(saying(**ALLOW), ScriptedDecisionPoint(lambda _: ALLOW, away=True)) as (point, comparison):
        await point.decide(question(), budget=2)
        await comparison.idle()
        [seen] = comparison.tally.differences.values()
        assert outcomes(comparison) == {Outcome.FAULT: 1}
        assert (seen.difference.change, seen.difference.candidate.reasons[0].code) == (
            Change.FAULT,
            "ENGINE_UNAVAILABLE",
        )


@pytest.fixture
def office(database: Any, fresh_tenant: str) -> Office:
    return open_office(database, fresh_tenant)


def overheard(office: Office, comparison: Comparison) -> Desk:
    """The desk of the office, with the comparison beside its decision point."""
    point = Beside(office.decisions)
    point.comparison = comparison
    return replace(office.desk, gate=replace(office.desk.gate, decision_point=point))


@pytest.mark.requirement("shadow.has-no-effect")
async def test_what_is_denied_stays_denied_and_what_is_allowed_goes_on_and_only_that_is_on_record(
    office: Office,
) -> None:
    halting = saying(verdict="halt", reasons=[{"code": "CANDIDATE_HALTS"}])
    allowing = saying(verdict="allow", reasons=[{"code": "CANDIDATE_ALLOWS"}])
    for say, candidate in (("deny", allowing), ("allow", halting)):
        comparison = Comparison("s1", utc_now, budget=BUDGET)
        asking = asyncio.create_task(comparison.compare_with(candidate, AnyWord()))
        await asyncio.sleep(0)
        reply = await replace(office, desk=overheard(office, comparison)).ask(say)
        await comparison.idle()
        asking.cancel()
        assert (reply.leave is not None, reply.decided.verdict) == (say == "allow", say)
        assert len(comparison.tally.differences) == 1
    records = await office.records()
    assert [record["event"] for record in records] == ["decision.made", "decision.made", "action.intended"]
    assert [record["decision"]["codes"] for record in records[:2]] == [["NO"], []]
    assert "CANDIDATE" not in str(records)
