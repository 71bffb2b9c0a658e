"""One candidate, asked what was asked live: behind a queue of limited size, and never waited for by anybody."""

import asyncio
import logging
from collections.abc import Container
from dataclasses import dataclass

from opentelemetry.trace import SpanContext, get_current_span

from assent_orchestrator.audit import spans
from assent_orchestrator.clock import Clock
from assent_orchestrator.governance.decision_point import DecisionPoint
from assent_orchestrator.shadows.difference import VEILED, Compared, answers_to, compare, faulted, item_of, veiled
from assent_orchestrator.shadows.tally import Example, Outcome, Tally
from assent_sidecar.decision import Decided
from assent_sidecar.evaluator import PER_ACTION
from assent_sidecar.question import Question

MOST_WAITING = 200
"""Questions that wait for the candidate, or are before it."""

MOST_BYTES = 8 * 1024 * 1024
"""What these have together at most, as JSON: one question of the largest size, or many of the usual one."""

AT_ONCE = 4
"""Questions before the candidate at a time."""

_GRACE = 1.0
_MANY = 20  # answers; more are compared on a thread

_log = logging.getLogger("assent.shadow")


@dataclass(frozen=True, slots=True)
class _Offer:
    question: Question
    live: Decided
    span: SpanContext
    size: int


class Comparison:
    """Takes what is offered without ever waiting, and compares while ``compare_with`` runs."""

    def __init__(self, shadow: str, clock: Clock, *, budget: float) -> None:
        """Name the shadow; ``budget`` is how many seconds the candidate has for a question."""
        self.shadow = shadow
        self.tally = Tally()
        self._clock = clock
        self._budget = budget
        self._offers: asyncio.Queue[_Offer] = asyncio.Queue()
        self._count = 0
        self._bytes = 0
        self._asking = False
        self._words: Container[str] = frozenset()

    @property
    def asking(self) -> bool:
        """Whether there is a candidate that is asked; without one, what is offered is only counted."""
        return self._asking

    @property
    def held(self) -> tuple[int, int]:
        """How many questions are kept in memory, and how many bytes of JSON they are."""
        return self._count, self._bytes

    def offer(self, question: Question, live: Decided) -> None:
        """Take note of a live decision: to be compared, or counted as not compared. It never waits and never fails."""
        try:
            self._offer(question, live)
        except Exception as error:  # noqa: BLE001 - the live decision stands; the text of the error may quote the question
            self.tally.add(question.tenant, Outcome.NO_CANDIDATE)
            _log.warning("a question could not be offered to the candidate (%s)", type(error).__name__)

    async def idle(self) -> None:
        """Wait until everything that was offered is compared."""
        await self._offers.join()

    async def compare_with(self, candidate: DecisionPoint, words: Container[str]) -> None:
        """Ask the candidate everything that is offered, until this is cancelled.

        Of its codes, controls and roles only those are shown that stand in it (``words``) or were said live.
        """
        self._asking, self._words = True, words
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(self._ask(candidate), name="assent-shadow")
        finally:
            self._asking = False
            while not self._offers.empty():
                offer = self._offers.get_nowait()
                self._omit(offer.question, Outcome.NO_CANDIDATE)
                self._let_go(offer)

    def _offer(self, question: Question, live: Decided) -> None:
        if live.fault:
            return self._omit(question, Outcome.LIVE_FAULT)
        if not self._asking:
            return self._omit(question, Outcome.NO_CANDIDATE)
        if self._count >= MOST_WAITING:
            return self._omit(question, Outcome.CROWDED)
        size = len(question.__pydantic_serializer__.to_json(question, by_alias=True))
        if self._bytes + size > MOST_BYTES:
            return self._omit(question, Outcome.CROWDED)
        self._count += 1
        self._bytes += size
        self._offers.put_nowait(_Offer(question, live, get_current_span().get_span_context(), size))
        return None

    def _omit(self, question: Question, outcome: Outcome) -> None:
        self.tally.add(question.tenant, outcome, answers_to(question))

    def _let_go(self, offer: _Offer) -> None:
        self._count -= 1
        self._bytes -= offer.size
        self._offers.task_done()

    async def _ask(self, candidate: DecisionPoint) -> None:
        while True:
            offer = await self._offers.get()
            try:
                await self._compare(candidate, offer)
            except asyncio.CancelledError:
                self._omit(offer.question, Outcome.NO_CANDIDATE)
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the next question is asked; its text may quote this one
                self._omit(offer.question, Outcome.NO_CANDIDATE)
                _log.warning("a question could not be asked of the candidate (%s)", type(error).__name__)
            finally:
                self._let_go(offer)

    async def _compare(self, candidate: DecisionPoint, offer: _Offer) -> None:
        question, live = offer.question, offer.live
        budget = self._budget + PER_ACTION * len(question.actions)
        async with asyncio.timeout(budget + _GRACE):  # it keeps to its budget by itself, or it is no decision point
            other = await candidate.decide(question, budget=budget)
        run, now, answers = question.run.id if question.run else None, self._clock(), answers_to(question)
        if other.fault:
            example = Example(decision=live.provenance.decision_id, run=run, step=item_of(question))
            self.tally.add(question.tenant, Outcome.FAULT, answers)
            self.tally.differ(question.tenant, faulted(question, live, other), example, now, answers)
            return
        compared = (
            list(compare(question, live, other))
            if answers <= _MANY
            else await asyncio.to_thread(lambda: list(compare(question, live, other)))
        )
        different = [one for one in compared if one.difference is not None]
        self.tally.add(question.tenant, Outcome.SAME, len(compared) - len(different))
        self.tally.add(question.tenant, Outcome.DIFFERENT, len(different))
        for one in different:
            self._note(question.tenant, run, one)
        if different:
            codes = tuple(code if code in self._words or code in live.codes else VEILED for code in other.codes)
            codes = tuple(dict.fromkeys(codes))
            spans.shadow_span(offer.span, self.shadow, live, other, codes=codes, differences=len(different))

    def _note(self, tenant: str, run: str | None, one: Compared) -> None:
        if one.difference is not None:
            example = Example(decision=one.decision_id, run=run, step=one.item)
            self.tally.differ(tenant, veiled(one.difference, self._words), example, self._clock())
