import asyncio
from typing import Any

import pytest

from assent_sidecar.admission import Admission
from assent_sidecar.decision import Verdict
from assent_sidecar.errors import EngineBusyError
from assent_sidecar.evaluator import Evaluator
from assent_sidecar.opa.client import Answer
from tests.sidecar.engines import ALLOW, SaidEngine, question, until


class Held(SaidEngine):
    """An engine that answers when it is let go."""

    def __init__(self) -> None:
        super().__init__(ALLOW)
        self.go = asyncio.Event()
        self.most = 0
        self.inside = 0

    async def decide(self, *arguments: Any) -> Answer:
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await self.go.wait()
            return await super().decide(*arguments)
        finally:
            self.inside -= 1


def evaluator(engine: Held, *, at_once: int, waiting: int) -> Evaluator:
    return Evaluator(
        engine,
        versions=frozenset({"1.22.2"}),
        revisions=lambda: ("r1",),
        query_timeout=60,
        at_once=at_once,
        waiting=waiting,
    )


@pytest.mark.requirement("sidecar.admission")
async def test_beyond_those_that_may_wait_the_answer_is_busy_at_once_and_the_others_are_served() -> None:
    engine = Held()
    subject = evaluator(engine, at_once=2, waiting=3)
    asking = [asyncio.create_task(subject.decide(question(), budget=30)) for _ in range(5)]
    await until(lambda: engine.inside == 2 and subject._admission.present == 5)
    async with asyncio.timeout(20):
        refused = [await subject.decide(question(), budget=30) for _ in range(50)]
    assert {decided.codes for decided in refused} == {("ENGINE_BUSY",)}
    assert all(decided.fault and decided.verdict is Verdict.DENY for decided in refused)
    assert engine.asked == 0
    engine.go.set()
    assert {(await one).verdict for one in asking} == {Verdict.ALLOW}
    assert (engine.asked, engine.most, subject._admission.present) == (5, 2, 0)
    assert (await subject.decide(question(), budget=30)).verdict is Verdict.ALLOW


@pytest.mark.requirement("sidecar.admission")
async def test_to_wait_is_part_of_the_budget_and_who_gives_up_leaves_the_queue() -> None:
    engine = Held()
    subject = evaluator(engine, at_once=1, waiting=2)
    first = asyncio.create_task(subject.decide(question(), budget=30))
    await until(lambda: engine.inside == 1)
    assert (await subject.decide(question(), budget=0.05)).codes == ("ENGINE_TIMEOUT",)
    gone = asyncio.create_task(subject.decide(question(), budget=30))
    await until(lambda: subject._admission.present == 2)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    assert subject._admission.present == 1
    engine.go.set()
    assert (await first).verdict is Verdict.ALLOW


async def test_a_place_is_given_back_whatever_happens_in_it() -> None:
    admission = Admission(at_once=1, waiting=0)

    async def breaks() -> None:
        async with admission.place():
            with pytest.raises(EngineBusyError):
                await admission.place().__aenter__()
            raise RuntimeError

    for _ in range(3):
        with pytest.raises(RuntimeError):
            await breaks()
    assert admission.present == 0


@pytest.mark.parametrize(("at_once", "waiting"), [(0, 1), (1, -1)])
def test_nobody_would_ever_be_let_in(at_once: int, waiting: int) -> None:
    with pytest.raises(ValueError, match="let in"):
        Admission(at_once=at_once, waiting=waiting)
