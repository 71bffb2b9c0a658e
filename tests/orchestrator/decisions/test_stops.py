"""What agents that act themselves are answered while somebody's order to stop is in force."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from assent_orchestrator.audit.verify import verify_trail
from assent_orchestrator.decisions.request import DecisionRequest, Wish
from assent_orchestrator.errors import BusyError, StateError
from assent_orchestrator.governance.stop import Scope
from assent_sidecar.decision import Decided, Verdict
from assent_sidecar.question import Question
from tests.orchestrator.decisions.office import Office

BATCH = DecisionRequest(
    wishes=(Wish(id="a", agent="bot", action="box.put"), Wish(id="b", agent="bot", action="crate.put")), batch=True
)


@pytest.mark.requirement("sidecar.decide-stops")
@pytest.mark.parametrize(
    ("scope", "value"), [(Scope.AGENT, "bot"), (Scope.SYSTEM, "box"), (Scope.TENANT, ""), (Scope.PROCESS, "work")]
)
async def test_under_a_stop_the_answer_is_no_and_lifting_it_restores_it(
    office: Office, scope: Scope, value: str
) -> None:
    stop = await office.stop(scope, value)
    reply = await office.ask(process="work")
    assert (reply.leave, reply.decided.verdict, reply.decided.codes) == (None, Verdict.DENY, ("STOPPED",))
    assert not reply.decided.fault
    office.decisions.asked.clear()  # nobody knew of the stop before the answer was committed; now it is known
    assert (await office.ask(process="work")).decided.codes == ("STOPPED",)
    assert office.decisions.asked == []
    assert (await office.permits.list(office.alice)).items == []
    made = (await office.records())[-1]
    assert (made["event"], made["detail"]) == ("decision.made", {"caller": "alice", "stops": [stop.id]})
    await office.lift(stop)
    assert (await office.ask(process="work")).leave is not None


@pytest.mark.requirement("sidecar.decide-stops")
async def test_a_stop_of_one_system_holds_up_just_its_actions_of_a_batch(office: Office) -> None:
    stop = await office.stop(Scope.SYSTEM, "crate")
    box, crate = await office.desk.decide(office.alice, BATCH)
    assert (box.leave is not None, box.decided.verdict) == (True, Verdict.ALLOW)
    assert (crate.leave, crate.decided.verdict, crate.decided.codes) == (None, Verdict.DENY, ("STOPPED",))
    assert [one.item for one in (await office.permits.list(office.alice)).items] == ["a"]
    await office.lift(stop)
    assert all(reply.leave for reply in await office.desk.decide(office.alice, BATCH))


@pytest.mark.requirement("sidecar.decide-stops")
async def test_a_batch_that_is_stopped_as_a_whole_is_not_asked_about(office: Office) -> None:
    await office.stop(Scope.AGENT, "bot")
    await office.ask()
    office.decisions.asked.clear()
    replies = await office.ask_many("allow", "deny")
    assert [(reply.id, reply.decided.codes) for reply in replies] == [("w0", ("STOPPED",)), ("w1", ("STOPPED",))]
    assert office.decisions.asked == []


@pytest.mark.requirement("sidecar.decide-stops")
async def test_a_stop_is_the_answer_while_the_engine_is_away(office: Office) -> None:
    await office.stop(Scope.AGENT, "bot")
    office.decisions.away = True
    for _ in range(2):  # before it is known here, and when it is
        reply = await office.ask()
        assert (reply.leave, reply.decided.codes, reply.decided.fault) == (None, ("STOPPED",), False)


@pytest.mark.requirement("sidecar.decide-stops")
async def test_a_stop_that_comes_while_the_engine_thinks_is_in_time(office: Office) -> None:
    thinking, said = asyncio.Event(), asyncio.Event()

    class Slow:
        async def decide(self, question: Question, *, budget: float) -> Decided:
            thinking.set()
            await said.wait()
            return await office.decisions.decide(question, budget=budget)

    slow = replace(office.desk, gate=replace(office.desk.gate, decision_point=Slow()))
    for warm in (False, True):  # by the longer way, and with one statement where the trail ended as it was left
        thinking.clear()
        said.clear()
        asking = asyncio.create_task(slow.decide(office.alice, BATCH))
        await thinking.wait()
        stop = await office.stop(Scope.SYSTEM, "box")
        if warm:
            assert (await office.ask()).leave is None
        said.set()
        box, crate = await asking
        assert (box.leave, box.decided.codes) == (None, ("STOPPED",))
        assert crate.leave is not None
        await office.lift(stop)


@pytest.mark.requirement("sidecar.decide-stops")
async def test_between_a_stop_and_its_end_no_permit_is_on_record(office: Office, database: Any) -> None:
    async def ask() -> None:
        for _ in range(15):
            await office.ask()

    asking = [asyncio.create_task(ask()) for _ in range(4)]
    stop = await office.stop(Scope.AGENT, "bot")
    assert (await office.ask()).decided.codes == ("STOPPED",)
    await office.lift(stop)
    await asyncio.gather(*asking)
    events = await office.events()
    between = events[events.index("stop.created") : events.index("stop.lifted")]
    assert "decision.made" in between
    assert "action.intended" not in between
    assert (await verify_trail(database.engine, office.tenant)).fault is None


@pytest.mark.requirement("sidecar.decide-stops")
async def test_a_permit_is_not_handed_out_again_under_a_stop(office: Office) -> None:
    first = await office.ask(request_id="r")
    stop = await office.stop(Scope.AGENT, "bot")
    with pytest.raises(StateError):
        await office.ask(request_id="r")
    await office.lift(stop)
    assert await office.ask(request_id="r") == first


@pytest.mark.requirement("sidecar.decide-permits")
async def test_the_time_of_the_caller_is_that_of_the_engine_and_who_is_turned_away_is_told(office: Office) -> None:
    budgets: list[float] = []
    busy = False

    class Counting:
        async def decide(self, question: Question, *, budget: float) -> Decided:
            budgets.append(budget)
            decided = await office.decisions.decide(question, budget=budget)
            if not busy:
                return decided
            reasons = ({"code": "ENGINE_BUSY"},)
            return Decided.from_json(
                {**decided.to_json(), "decision": {"verdict": "deny", "reasons": list(reasons)}, "fault": True}
            )

    desk = replace(office.desk, gate=replace(office.desk.gate, decision_point=Counting()))
    await desk.decide(office.alice, BATCH, within=0.5)
    assert budgets == [pytest.approx(0.4)]
    busy = True
    before = await office.events()
    with pytest.raises(BusyError):
        await desk.decide(office.alice, BATCH)
    assert await office.events() == before
