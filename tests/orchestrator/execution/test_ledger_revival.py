"""What was given back is charged only when it turns out that the very attempt was done for which it had been taken."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from assent_orchestrator.governance.account import Account
from assent_orchestrator.governance.settlement import Truth, settle
from assent_orchestrator.governance.till import Booking, Want, open_till, standing_of
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.facts import Action
from assent_sidecar.question import Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.test_ledgers import MONEY, ONE, RETRY, balance, reserving
from tests.orchestrator.execution.world import ALLOW, World, for_actions


async def notes_of(world: World, run: str) -> list[tuple[str, str, str]]:
    records = [entry.record for entry in await world.trail.read(world.tenant) if entry.record["run"] == run]
    return [(one["event"], note["entry"], note["amount"]) for one in records for note in one.get("ledgers") or ()]


@pytest.mark.requirement("orchestrator.ledger-never-over")
async def test_an_attempt_that_reserves_nothing_is_not_charged_what_an_earlier_one_gave_back(
    make_world: MakeWorld,
) -> None:
    runs: list[str] = []
    called: list[Action] = []

    def rule(question: Question) -> Mapping[str, Any]:
        assert question.run is not None
        assert question.step is not None
        runs.append(question.run.id)
        if question.run.id == runs[0] and question.step.attempt > 1:
            return {**ALLOW, "obligations": [RETRY]}
        return reserving("6", {**RETRY, "backoff": "2s"})

    def tool(action: Action) -> Success | Failure:
        called.append(action)
        return Failure("BUSY", "later", retryable=True, effect="none") if len(called) == 1 else Success({})

    world = await make_world(ONE, ruler=for_actions(rule), tool=tool, ledgers={"money": MONEY})
    run = await world.submit()
    await world.until(run, "action.failed")
    await world.end_of(await world.submit())
    view = await world.end_of(run)
    assert (view.run.state, len(called)) == ("succeeded", 3)
    assert await balance(world) == {"spent": 6, "reserved": 0, "held": 0}
    assert await notes_of(world, run) == [("action.intended", "reserved", "6"), ("action.failed", "released", "6")]


@pytest.mark.requirement("orchestrator.ledger-never-over")
@pytest.mark.parametrize(
    ("others", "attempt", "spent", "alarms"),
    [("4", 3, 10, 0), ("5", 3, 11, 1), ("5", 4, 5, 0), ("5", 2, 5, 0)],
    ids=["room is left", "no room is left", "of a later attempt", "of the one that reserved it and got lost"],
)
async def test_what_was_given_back_and_done_after_all_is_charged_and_told_where_there_is_no_room_for_it(  # noqa: PLR0917 - one case
    database: Database, fresh_tenant: str, others: str, attempt: int, spent: int, alarms: int
) -> None:
    """The second attempt reserves and gets lost, the third reserves nothing and is said not to have been done."""
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    account = Account(fresh_tenant, "money", "k", "total")
    key, other = f"{fresh_tenant}-one", f"{fresh_tenant}-other"

    def booked(effect: str, amount: str, attempt: int) -> Booking:
        want = Want(account, Decimal(10), Decimal(amount), ({"amount": amount, "actual": None},))
        return Booking(effect, (want,), None, "s", "bot", attempt)

    async with database.engine.begin() as tx:
        for booking in (booked(key, "6", 2), booked(other, others, 1)):
            till = await open_till(tx, (booking,))
            assert till.take(booking) is None
            await till.close(tx, now)
            await settle(tx, {key: Truth("unknown", attempt=2), other: Truth("succeeded")}, now)
            await settle(tx, {key: Truth("failed", attempt=3)}, now)
        settled = await settle(tx, {key: Truth("succeeded", attempt=attempt)}, now)
        standing = (await standing_of(tx, [account]))[account]
    assert (int(standing.spent), int(standing.taken)) == (spent, spent)
    assert [len(one.alarms) for one in settled.values()] == ([alarms] if spent > 5 else [])
