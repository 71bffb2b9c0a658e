from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from assent_orchestrator.decisions.permits import Outcome
from assent_orchestrator.decisions.request import Reply
from assent_orchestrator.governance.handed_out import PermitStatus
from assent_orchestrator.store.postgres import Database
from assent_sidecar.decision import Verdict
from tests.orchestrator.decisions.office import LEDGERS, MONEY, Office, open_office

STATES = {"spent", "reserved", "held"}


def codes(reply: Reply) -> tuple[str, ...]:
    return reply.decided.codes


async def facts(office: Office) -> dict[str, Any]:
    """What the next question is told, of the only ledger that is not counted by run."""
    await office.ask("deny")
    return office.decisions.asked[-1].ledgers["money"].to_json()


async def report(office: Office, reply: Reply, status: str, **more: Any) -> None:
    assert reply.leave is not None
    await office.permits.report(office.alice, reply.leave.permit.id, Outcome(PermitStatus(status), **more))


@pytest.mark.requirement("orchestrator.ledger-reserved")
async def test_a_permit_reserves_in_its_own_commit_and_the_question_after_sees_it(office: Office) -> None:
    reply = await office.ask("seven")
    assert reply.leave is not None
    assert await facts(office) == {"limit": "20", "spent": "0", "reserved": "7", "held": "0", "until": None}
    intended = next(one for one in await office.records() if one["event"] == "action.intended")
    [note] = intended["ledgers"]
    assert (note["ledger"], note["entry"], note["amount"], note["period"]) == ("money", "reserved", "7", "total")


@pytest.mark.requirement("orchestrator.ledger-never-over")
async def test_when_there_is_no_room_an_allow_is_a_deny_and_no_permit_is_given(office: Office) -> None:
    verdicts = [(await office.ask("seven")).decided.verdict for _ in range(3)]
    assert verdicts == [Verdict.ALLOW, Verdict.ALLOW, Verdict.DENY]
    assert codes(await office.ask("seven")) == ("LEDGER_EXHAUSTED",)
    assert (await facts(office))["reserved"] == "14"
    last = [one for one in await office.records() if one["event"] == "decision.made"][-2]
    assert last["detail"]["refused"] == "LEDGER_EXHAUSTED"


@pytest.mark.requirement("orchestrator.ledger-refused")
@pytest.mark.parametrize(
    ("say", "code"),
    [("unknown_ledger", "LEDGER_UNKNOWN"), ("by_run", "LEDGER_KEY"), ("too_exact", "LEDGER_AMOUNT")],
)
async def test_what_cannot_be_counted_is_denied_and_said(office: Office, say: str, code: str) -> None:
    reply = await office.ask(say)
    assert (reply.decided.verdict, codes(reply), reply.leave) == (Verdict.DENY, (code,), None)


@pytest.mark.requirement("orchestrator.ledger-batch")
async def test_the_actions_of_a_batch_reserve_as_far_as_each_of_them_goes(office: Office) -> None:
    replies = await office.ask_many("seven", "seven", "seven", "allow", "unknown_ledger")
    assert [codes(one) for one in replies] == [(), (), ("LEDGER_EXHAUSTED",), (), ("LEDGER_UNKNOWN",)]
    assert [one.leave is not None for one in replies] == [True, True, False, True, False]
    assert (await facts(office))["reserved"] == "14"
    assert {one.id: set(one.ledgers) for one in office.decisions.asked[0].actions} == {
        f"w{number}": {"money"} for number in range(5)
    }


@pytest.mark.requirement("orchestrator.permit-settled", "orchestrator.ledger-settled")
@pytest.mark.parametrize(("status", "spent"), [("succeeded", "7"), ("failed", "0")], ids=str)
async def test_what_was_held_for_the_unknown_is_settled_with_it(office: Office, status: str, spent: str) -> None:
    reply = await office.ask("seven")
    assert reply.leave is not None
    await report(office, reply, "unknown")
    assert (await facts(office))["held"] == "7"
    word = Outcome(PermitStatus(status), rationale="looked into the system")
    await office.permits.report(office.operator, reply.leave.permit.id, word)
    found = await facts(office)
    assert {name: found[name] for name in STATES} == {"spent": spent, "reserved": "0", "held": "0"}


@pytest.mark.requirement("orchestrator.ledger-settled")
@pytest.mark.parametrize(("status", "where"), [("succeeded", "spent"), ("failed", None), ("unknown", "held")], ids=str)
async def test_the_reported_outcome_settles(office: Office, status: str, where: str | None) -> None:
    await report(office, await office.ask("seven"), status)
    found = await facts(office)
    assert {name: found[name] for name in STATES} == {name: "7" if name == where else "0" for name in STATES}


@pytest.mark.requirement("orchestrator.ledger-settled")
async def test_what_nobody_reports_is_held_until_a_late_report_settles_it(office: Office) -> None:
    reply = await office.ask("seven")
    office.forward(hours=1)
    assert await office.permits.sweep() >= 1
    assert (await facts(office))["held"] == "7"
    unknown = [one for one in await office.records() if one["event"] == "action.unknown"]
    assert [note["entry"] for note in unknown[0]["ledgers"]] == ["held"]
    await report(office, reply, "failed")
    assert (await facts(office))["held"] == "0"


@pytest.mark.requirement("orchestrator.ledger-real-amount")
@pytest.mark.parametrize(
    ("amounts", "spent", "alarm"),
    [({"money": "2.5"}, "2.5", False), ({"money": "30"}, "30", True), ({}, "7", True), ({"gold": "1"}, "7", True)],
    ids=["less", "more", "nothing told", "of another ledger"],
)
async def test_the_real_amount_is_what_is_spent_and_more_than_reserved_is_told(
    office: Office, amounts: dict[str, str], spent: str, alarm: bool
) -> None:
    await report(office, await office.ask("told"), "succeeded", amounts=amounts)
    assert (await facts(office))["spent"] == spent
    alarms = [one for one in await office.records() if one["event"] == "ledger.exceeded"]
    assert bool(alarms) is alarm
    if Decimal(spent) > 20:
        assert codes(await office.ask("seven")) == ("LEDGER_EXHAUSTED",)


@pytest.mark.requirement("orchestrator.ledger-reserved")
async def test_the_same_request_reserves_once(office: Office) -> None:
    for _ in range(3):
        assert (await office.ask("seven", request_id="r-1")).leave is not None
    assert (await facts(office))["reserved"] == "7"


@pytest.mark.requirement("orchestrator.ledger-costs-nothing")
async def test_where_nothing_is_counted_the_database_is_asked_nothing_more(
    database: Database, fresh_tenant: str
) -> None:
    """The office counts other actions than the one that is asked about; the second counts it."""
    other = {"money": MONEY.model_copy(update={"actions": ("box.send",)})}
    counts = []
    for number, ledgers in enumerate(({}, other, dict(LEDGERS))):
        office = open_office(database, f"{fresh_tenant}-{number}", ledgers)
        await office.ask("allow")  # the first of a tenant goes a longer way
        asked: list[str] = []

        def note(_: Any, __: Any, statement: str, *___: Any, asked: list[str] = asked) -> None:
            asked.append(statement)

        sa.event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        try:
            await office.ask("allow")
        finally:
            sa.event.remove(database.engine.sync_engine, "before_cursor_execute", note)
        counts.append(len(asked))
    assert counts[0] == counts[1] == counts[2] - 1
