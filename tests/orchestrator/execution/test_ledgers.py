from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from assent_orchestrator.caller import Role
from assent_orchestrator.execution.reconciliation import Evidence, Settlement
from assent_orchestrator.execution.runs import etag_of
from assent_orchestrator.governance.account import Account, key_of
from assent_orchestrator.governance.till import Balance, standing_of
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.tools.outcome import Failure, Found, Success
from assent_sidecar.catalogue.ledger import Ledger
from assent_sidecar.facts import Action
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import ALLOW, World, allow_all, for_actions, reaches

MONEY = Ledger(title="Money", owner="cfo", unit="EUR", limit="10")
RETRY = {"type": "retry", "max_attempts": 3, "backoff": "1ms"}
ONE = [{"id": "only", "action": "box.send"}]


def reserving(amount: str = "6", *more: Mapping[str, Any], **obligation: Any) -> Mapping[str, Any]:
    return {**ALLOW, "obligations": [{"type": "reserve", "ledger": "money", "amount": amount, **obligation}, *more]}


async def balance(world: World, per: str = "tenant", value: str = "", period: str = "total") -> dict[str, int]:
    account = Account(world.tenant, "money", key_of(world.tenant, "money", per, value or world.tenant), period)
    async with world.parts.engine.connect() as tx:
        found = (await standing_of(tx, [account])).get(account, Balance())
    return {name: int(getattr(found, name)) for name in ("spent", "reserved", "held")}


@pytest.mark.requirement("orchestrator.ledger-real-amount")
async def test_what_a_step_really_cost_is_read_from_its_result(make_world: MakeWorld) -> None:
    ruler = for_actions(lambda _: reserving(actual="/cost"))
    world = await make_world(ONE, ruler=ruler, tool=lambda _: Success({"cost": "4"}), ledgers={"money": MONEY})
    view = await world.end_of(await world.submit())
    assert view.run.state == "succeeded"
    assert await balance(world) == {"spent": 4, "reserved": 0, "held": 0}
    records = [entry.record for entry in await world.trail.read(world.tenant)]
    notes = {one["event"]: one["ledgers"][0] for one in records if "ledgers" in one}
    assert {event: (note["entry"], note["amount"]) for event, note in notes.items()} == {
        "action.intended": ("reserved", "6"),
        "action.succeeded": ("spent", "4"),
    }
    assert notes["action.succeeded"]["reserved"] == "6"


@pytest.mark.requirement("orchestrator.ledger-real-amount")
@pytest.mark.parametrize(("result", "spent"), [({"cost": 11}, 11), ({}, 6), ({"cost": "much"}, 6)], ids=str)
async def test_a_tool_that_takes_more_or_tells_nothing_is_told_on(
    make_world: MakeWorld, result: dict[str, Any], spent: int
) -> None:
    ruler = for_actions(lambda _: reserving(actual="/cost"))
    world = await make_world(ONE, ruler=ruler, tool=lambda _: Success(result), ledgers={"money": MONEY})
    run = await world.submit()
    await world.end_of(run)
    assert (await balance(world))["spent"] == spent
    assert "ledger.exceeded only" in await world.events(run)


@pytest.mark.requirement("orchestrator.ledger-never-over")
async def test_a_step_for_which_there_is_no_room_is_denied_and_nothing_is_called(make_world: MakeWorld) -> None:
    steps = [{"id": "first", "action": "box.send"}, {"id": "second", "action": "box.send", "after": ["first"]}]
    world = await make_world(steps, ruler=for_actions(lambda _: reserving()), ledgers={"money": MONEY})
    run = await world.submit()
    view = await world.end_of(run)
    assert [(str(step.state), step.reason) for step in view.steps] == [
        ("succeeded", None),
        ("denied", "LEDGER_EXHAUSTED"),
    ]
    assert len(world.tools.calls) == 1
    assert (await balance(world))["spent"] == 6


@pytest.mark.requirement("orchestrator.ledger-one-reservation")
async def test_attempts_at_one_step_hold_one_reservation_and_a_failure_gives_it_back(make_world: MakeWorld) -> None:
    seen: list[dict[str, int]] = []
    answers = [Failure("BUSY", "later", retryable=True, effect="none")] * 3

    def rule(question: Question) -> Mapping[str, Any]:
        found = question.ledgers["money"]
        seen.append({"reserved": int(found.reserved), "held": int(found.held), "spent": int(found.spent)})
        return reserving("6", RETRY)

    world = await make_world(ONE, ruler=for_actions(rule), tool=lambda _: answers.pop(), ledgers={"money": MONEY})
    view = await world.end_of(await world.submit())
    assert (view.run.state, len(world.tools.calls)) == ("failed", 3)
    assert seen == [{"reserved": 0, "held": 0, "spent": 0}] * 3
    assert await balance(world) == {"spent": 0, "reserved": 0, "held": 0}


@pytest.mark.requirement("orchestrator.ledger-one-reservation")
async def test_what_is_held_of_a_repeatable_step_is_its_own_when_it_is_tried_again(make_world: MakeWorld) -> None:
    """6 of 10 are held after the answer was lost: the second attempt does not stand in its own way."""
    answers = [Success({}), Failure("LOST", "?", retryable=True, effect="unknown")]
    asked: list[tuple[str, str]] = []

    def rule(question: Question) -> Mapping[str, Any]:
        asked.append((question.ledgers["money"].reserved, question.ledgers["money"].held))
        return reserving()

    world = await make_world(
        [{"id": "only", "action": "box.get"}],
        ruler=for_actions(rule),
        tool=lambda _: answers.pop(),
        ledgers={"money": MONEY},
    )
    view = await world.end_of(await world.submit())
    assert (view.run.state, asked) == ("succeeded", [("0", "0"), ("0", "0")])
    assert await balance(world) == {"spent": 6, "reserved": 0, "held": 0}


@pytest.mark.requirement("orchestrator.ledger-settled")
async def test_what_nobody_knows_is_held_until_it_is_found_out(make_world: MakeWorld) -> None:
    world = await make_world(
        ONE,
        ruler=for_actions(lambda _: reserving()),
        tool=lambda _: Failure("LOST", "?", retryable=False, effect="unknown"),
        ledgers={"money": MONEY},
    )
    run = await world.submit()
    await world.until(run, "action.unknown")
    assert await balance(world) == {"spent": 0, "reserved": 0, "held": 6}
    world.tools.found = Found("done", {"n": 1})
    view = await world.end_of(run)
    assert view.run.state == "succeeded"
    assert await balance(world) == {"spent": 6, "reserved": 0, "held": 0}


@pytest.mark.requirement("orchestrator.ledger-one-reservation")
async def test_a_step_that_people_approve_reserves_once_and_only_then(make_world: MakeWorld) -> None:
    held = {
        "verdict": "require_approval",
        "reasons": [{"code": "BIG"}],
        "obligations": reserving()["obligations"],
        "approval": {"stages": [{"role": "boss"}]},
    }
    world = await make_world(
        ONE, ruler=for_actions(lambda asked: reserving() if asked.approvals else held), ledgers={"money": MONEY}
    )
    run = await world.submit()
    await world.until(run, "approval.requested")
    assert await balance(world) == {"spent": 0, "reserved": 0, "held": 0}
    await world.reply(run, world.person("boss", "boss"))
    await world.end_of(run)
    assert await balance(world) == {"spent": 6, "reserved": 0, "held": 0}


@pytest.mark.requirement("orchestrator.ledger-windows")
@pytest.mark.parametrize(
    ("per", "value"),
    [("agent", "bot"), ("principal", "alice"), ("process", "work"), ("input:/who", "c-1"), ("argument:/n", "7")],
)
async def test_it_is_counted_for_each_of_what_the_ledger_says(make_world: MakeWorld, per: str, value: str) -> None:
    ledger = MONEY.model_copy(update={"per": per})
    steps = [{"id": "only", "action": "box.send", "args": {"n": 7}}]
    world = await make_world(steps, ruler=for_actions(lambda _: reserving()), ledgers={"money": ledger})
    await world.end_of(await world.submit(inputs={"who": "c-1"}))
    assert (await balance(world, per, value))["spent"] == 6


@pytest.mark.requirement("orchestrator.ledger-windows")
async def test_a_ledger_by_run_begins_anew_with_each_run(make_world: MakeWorld) -> None:
    ledger = MONEY.model_copy(update={"window": "run"})
    world = await make_world(ONE, ruler=for_actions(lambda _: reserving()), ledgers={"money": ledger})
    for _ in range(2):
        run = await world.submit()
        assert (await world.end_of(run)).run.state == "succeeded"
        assert (await balance(world, period=run))["spent"] == 6


@pytest.mark.requirement("orchestrator.ledger-foretold")
async def test_a_forecast_knows_the_ledgers_and_what_will_not_fit(make_world: MakeWorld) -> None:
    asked: list[Question] = []

    def rule(question: Question) -> Mapping[str, Any]:
        if question.kind is not Kind.PLAN:
            return allow_all(question)
        asked.append(question)
        assert question.plan is not None
        return {"verdict": "allow", "steps": {step.id: reserving("11") for step in question.plan.steps}}

    world = await make_world(ONE, ruler=rule, ledgers={"money": MONEY})
    forecast = await world.simulations.simulate(world.alice, Plan.from_json({"process": "work"}))
    assert forecast.decided.decision.steps["only"].reasons[0].code == "LEDGER_EXHAUSTED"
    assert asked[0].ledgers["money"].limit == "10"
    assert asked[0].plan is not None
    assert asked[0].plan.steps[0].ledgers["money"].limit == "10"


@pytest.mark.requirement("orchestrator.ledger-costs-nothing")
async def test_a_ledger_that_does_not_count_an_action_is_not_read_for_it(make_world: MakeWorld) -> None:
    asked: list[Action | None] = []

    def rule(question: Question) -> Mapping[str, Any]:
        assert question.ledgers == {}
        asked.append(question.action)
        return reserving()

    ledger = MONEY.model_copy(update={"actions": ("box.put",)})
    world = await make_world(ONE, ruler=for_actions(rule), ledgers={"money": ledger})
    view = await world.end_of(await world.submit())
    assert (view.steps[0].reason, len(asked)) == ("LEDGER_UNKNOWN", 1)


@pytest.mark.requirement("orchestrator.ledger-settled")
@pytest.mark.parametrize(
    ("settlement", "spent"), [(Settlement.DONE, 4), (Settlement.FAILED, 0)], ids=["it was done", "it was not"]
)
async def test_what_a_person_finds_out_settles_what_was_held(
    make_world: MakeWorld, settlement: Settlement, spent: int
) -> None:
    lost = Failure("LOST", "?", retryable=False, effect="unknown")
    ruler = for_actions(lambda _: reserving(actual="/cost"))
    world = await make_world(ONE, ruler=ruler, tool=lambda _: lost, ledgers={"money": MONEY})
    world.tools.found = Found("never")
    run = await world.submit()
    await reaches(world, run, "only", "unknown")
    assert await balance(world) == {"spent": 0, "reserved": 0, "held": 6}
    seen = await world.runs.get(world.alice, run)
    evidence = Evidence(settlement, "looked", etag_of(seen.run))
    if settlement is Settlement.DONE:
        evidence = replace(evidence, result={"cost": "4"}, has_result=True)
    await world.reconciliations.reconcile(world.person("olga", Role.OPERATOR), run, "only", evidence)
    assert await balance(world) == {"spent": spent, "reserved": 0, "held": 0}
    records = [entry.record for entry in await world.trail.read(world.tenant) if "ledgers" in entry.record]
    assert records[-1]["ledgers"][0]["entry"] == ("spent" if spent else "released")
    await world.end_of(run)
