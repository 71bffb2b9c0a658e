"""What services that act as agents may ask for while they do what they were called for."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.audit.verify import verify_trail
from assent_orchestrator.governance.mandate import UnderPermitOverError
from assent_orchestrator.store.handoff_tables import handoffs
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.question import Kind
from tests.orchestrator.decisions.services import Firm, declared_with, open_firm, without
from tests.orchestrator.execution.test_entrusted import at_most, handoff_row


@pytest.fixture
async def firm(database: Database, listener: Listener, fresh_tenant: str) -> AsyncIterator[Firm]:
    async with open_firm(database, listener, fresh_tenant, declared_with({"fan_out": 4})) as opened:
        yield opened


@pytest.mark.requirement("orchestrator.services-ask")
async def test_policies_are_asked_about_the_run_in_which_the_service_was_called(firm: Firm) -> None:
    run, call = await firm.begin()
    reply = await firm.ask(call.permit.token, args={"to": "x"})
    asked = firm.world.decisions.asked[-1]
    assert (asked.kind, asked.tenant, asked.principal.id) == (Kind.ACTION, firm.world.tenant, "alice")
    assert asked.run is not None
    assert (asked.run.id, [(one.id, one.state) for one in asked.run.steps]) == (run, [("draft", "dispatched")])
    assert asked.step is not None
    assert (asked.step.id, asked.step.attempt) == ("draft", 1)
    assert asked.process is not None
    assert asked.process.name == "work"
    assert asked.agent is not None
    assert asked.agent.id == "writer"
    assert asked.under is not None
    assert asked.under.to_json() == {"agent": "bot", "action": "writer.draft", "depth": 1, "labels": []}
    assert asked.action is not None
    assert asked.action.labels == {"": ("untrusted",)}
    assert reply.leave is not None
    [given] = (await firm.permits.list(firm.agent("writer"))).items
    assert (given.run_id, given.step_id, given.parent_id, given.depth) == (run, "draft", call.permit.id, 1)
    assert (await firm.permits.list(firm.world.alice, run=run)).items == [given]
    assert (await firm.permits.list(firm.world.person("bob"), run=run)).items == []
    assert (await firm.permits.list(firm.world.alice, run="another")).items == []
    assert str((await firm.end(run, call)).run.state) == "succeeded"


@pytest.mark.requirement("orchestrator.services-limits")
async def test_however_many_ask_at_once_no_more_are_permitted_than_there_is_room_for(firm: Firm, database) -> None:
    run, call = await firm.begin()
    replies = await asyncio.gather(*(firm.ask(call.permit.token, id=f"n{number}") for number in range(12)))
    assert sorted(without(tuple(replies))) == ["TOO_WIDE"] * 8 + ["allow"] * 4
    more = await firm.ask_many(call.permit.token, "allow")
    assert without(more) == ["TOO_WIDE"]
    assert len((await firm.permits.list(firm.operator(), run=run, size=50)).items) == 4
    assert (await verify_trail(database.engine, firm.world.tenant)).fault is None
    await firm.end(run, call)


@pytest.mark.requirement("orchestrator.services-replay")
async def test_what_is_asked_just_as_the_step_ends_is_permitted_before_that_or_not_at_all(firm: Firm) -> None:
    run, call = await firm.begin()

    async def ask(number: int) -> str:
        try:
            return without((await firm.ask(call.permit.token, id=f"n{number}"),))[0]
        except UnderPermitOverError as error:
            return error.code

    asking = [asyncio.create_task(ask(number)) for number in range(4)]
    ended = await firm.end(run, call)
    said = await asyncio.gather(*asking)
    assert set(said) <= {"allow", "UNDER_PERMIT_OVER"}
    assert str(ended.run.state) == "succeeded"
    events = await firm.world.trail.read(firm.world.tenant, limit=1000)
    order = [(one.record["event"], "under" in (one.record.get("detail") or {})) for one in events]
    closed = order.index(("action.succeeded", False))
    assert all(place < closed for place, (_, under) in enumerate(order) if under)
    assert sum(under and event == "action.intended" for event, under in order) == said.count("allow")
    assert await ask(9) == "UNDER_PERMIT_OVER"


@pytest.mark.requirement("orchestrator.services-replay")
async def test_another_attempt_at_the_step_does_what_it_set_going_once(database, listener, fresh_tenant) -> None:
    async with open_firm(database, listener, fresh_tenant, declared_with(attempts=2)) as firm:
        run, call = await firm.begin()
        first = await firm.ask(call.permit.token, id="mail")
        other = await firm.ask(call.permit.token, id="mail", args={"to": "somebody else"})
        call.answer(Failure("BUSY", "not now", retryable=True, effect="none"))
        again = await firm.called()
        assert again.permit.id != call.permit.id
        with pytest.raises(UnderPermitOverError):
            await firm.ask(call.permit.token, id="mail")
        second = await firm.ask(again.permit.token, id="mail")
        assert first.leave is not None
        assert other.leave is not None
        assert second.leave is not None
        assert second.leave.permit.idempotency_key == first.leave.permit.idempotency_key
        assert other.leave.permit.idempotency_key != first.leave.permit.idempotency_key
        await firm.end(run, again)


@pytest.mark.requirement("orchestrator.services-ask")
async def test_the_same_request_id_gives_the_same_permit_while_the_step_lasts(firm: Firm) -> None:
    run, call = await firm.begin()
    first = await firm.ask(call.permit.token, request_id="r")
    assert await firm.ask(call.permit.token, request_id="r") == first
    await firm.end(run, call, Success({}))
    with pytest.raises(UnderPermitOverError):
        await firm.ask(call.permit.token, request_id="r")


@pytest.mark.requirement("orchestrator.handoff-entrusts")
async def test_what_a_service_asks_for_takes_no_more_of_a_ledger_than_was_handed_over(firm: Firm, database) -> None:
    run, call = await firm.begin()
    async with database.engine.begin() as tx:
        await tx.execute(sa.insert(handoffs).values(**handoff_row(run, "bot", at_most("13"))))
    assert without(await firm.ask_many(call.permit.token, "seven", "seven")) == ["allow", "HANDOFF_EXHAUSTED"]
    asked = firm.world.decisions.asked[-1]
    assert [one.ledgers["money"].limit for one in asked.actions] == ["13", "13"]
    assert without((await firm.ask(call.permit.token, say="seven", id="more"),)) == ["HANDOFF_EXHAUSTED"]
    assert firm.world.decisions.asked[-1].ledgers["money"].limit == "13"
    await firm.end(run, call)


@pytest.mark.requirement("orchestrator.handoff-entrusts")
async def test_nobody_fulfils_for_an_action_what_is_for_a_hand_over(firm: Firm) -> None:
    run, call = await firm.begin()
    reply = await firm.ask(call.permit.token, say="entrust", fulfils=("entrust",))
    assert without((reply,)) == ["OBLIGATION_UNSUPPORTED"]
    await firm.end(run, call)
