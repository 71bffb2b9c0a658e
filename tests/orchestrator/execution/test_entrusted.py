"""Less of ledgers and memory passes with a hand-over where the policies say so, and nobody gets round it."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from assent_orchestrator.clock import utc_now
from assent_orchestrator.governance.account import Account
from assent_orchestrator.governance.entrusted import Entrusted
from assent_orchestrator.governance.settlement import Truth, settle
from assent_orchestrator.governance.till import Booking, Short, Want, open_till
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.store.handoff_tables import handoffs
from assent_orchestrator.store.ledger_tables import reservations
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.store.tables import runs
from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.catalogue.ledger import Ledger
from assent_sidecar.decision import Entrust
from assent_sidecar.facts import Action
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.handing_over import AGENTS, LOOK_AND_NOTE, SERVICES, handed, recorded, scripted
from tests.orchestrator.execution.test_memory_steps import MEMORY
from tests.orchestrator.execution.world import ALLOW, World, allow_all, states

FILE = Path(__file__).parents[2] / "cases" / "handoffs" / "entrusted.yaml"
CASES = YAML(typ="safe", pure=True).load(FILE.read_text(encoding="utf-8"))
MONEY = Ledger(title="Money", owner="cfo", unit="EUR", limit="10")


def at_most(amount: str) -> dict[str, Any]:
    return {"type": "entrust", "ledgers": {"money": amount}}


def reserving(amount: str) -> dict[str, Any]:
    return {"type": "reserve", "ledger": "money", "amount": amount, "actual": "/cost"}


def ruled(case: Mapping[str, Any]) -> Any:
    hand_overs = scripted(case)

    def ruler(question: Question) -> Mapping[str, Any]:
        if question.kind is not Kind.ACTION or question.step is None:
            answer: Mapping[str, Any] = hand_overs(question)
            return answer
        amount = case.get("reserves", {}).get(question.step.id)
        duties = [*([reserving(amount)] if amount else []), *([case["duty"]] if "duty" in case else [])]
        return {**ALLOW, "obligations": duties}

    return ruler


def limits_told(world: World) -> dict[str, str]:
    asked = (question for question in world.decisions.asked if question.kind is Kind.ACTION)
    return {question.step.id: question.ledgers["money"].limit for question in asked if question.step is not None}


@pytest.mark.requirement("orchestrator.handoff-entrusts", "orchestrator.handoff-narrows")
@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
async def test_less_passes_where_policies_say_so(make_world: MakeWorld, case: dict[str, Any]) -> None:
    given_to: list[dict[str, Any]] = []

    def tool(action: Action) -> Success | Failure:
        if f"{action.system}.{action.operation}" in case.get("fails", []):
            return Failure("REFUSED", "no", retryable=False, effect="none")
        if action.operation == "put":
            given_to.append(action.args)
        cost = {"cost": case["spends"]} if "spends" in case else {}
        secret = {"secret": "hush"} if action.operation == "get" else {}
        return Success({"n": 1, "open": "hello", **secret, **cost})

    world = await make_world(
        case["steps"],
        ruler=ruled(case),
        tool=tool,
        agents=AGENTS,
        services=SERVICES,
        ledgers={"money": MONEY},
        memory=MEMORY,
    )
    run = await world.submit(inputs=case.get("inputs", {}))
    view = await world.end_of(run)
    wanted = case["wanted"]
    assert {name: states(view)[name] for name in wanted["states"]} == wanted["states"]
    reasons = {step.id: step.reason for step in view.steps}
    assert {name: reasons[name] for name in wanted.get("reasons", {})} == wanted.get("reasons", {})
    told = limits_told(world)
    assert {name: told.get(name) for name in wanted.get("told", {})} == wanted.get("told", {})
    left = {one["to"]: one["ledgers"]["money"] for one in handed(world)}
    assert {name: left[name] for name in wanted.get("left", {})} == wanted.get("left", {})
    for name, times in wanted.get("calls", {}).items():
        assert world.tools.times(name) == times
    if "at_most" in wanted:
        assert world.tools.times("box.put") <= wanted["at_most"]
    if "given" in wanted:
        assert given_to == list(wanted["given"].values())
    if "recorded" in wanted:
        found = await recorded(world, run)
        assert [
            {name: one.get(name) for name in want} for one, want in zip(found, wanted["recorded"], strict=True)
        ] == wanted["recorded"]


@pytest.mark.requirement("orchestrator.handoff-entrusts")
async def test_steps_side_by_side_do_not_spend_more_together_than_was_handed_over(make_world: MakeWorld) -> None:
    side_by_side = [{**LOOK_AND_NOTE[1], "id": f"note{number}", "on_failure": "skip"} for number in range(12)]
    case = {
        "rules": [{"of": {"to": "writer"}, "answer": {**ALLOW, "obligations": [at_most("5")]}}],
        "reserves": {step["id"]: "2" for step in side_by_side},
    }
    plenty = MONEY.model_copy(update={"limit": "1000"})
    world = await make_world(
        [LOOK_AND_NOTE[0], *side_by_side], ruler=ruled(case), agents=AGENTS, ledgers={"money": plenty}
    )
    run = await world.submit()
    view = await world.end_of(run)
    assert sorted(states(view).values()) == ["denied"] * 10 + ["succeeded"] * 3
    assert world.tools.times("box.put") == 2
    refused = [
        entry.record["detail"]["refused"]
        for entry in await world.trail.read(world.tenant, limit=1000)
        if "refused" in (entry.record.get("detail") or {})
    ]
    assert refused == ["HANDOFF_EXHAUSTED"] * 10


@pytest.mark.requirement("orchestrator.handoff-entrusts")
async def test_what_nobody_knows_of_is_not_there_for_others_and_not_in_its_own_way(make_world: MakeWorld) -> None:
    answers: list[Success | Failure] = [Failure("LOST", "?", retryable=True, effect="unknown"), Success({})]
    case = {
        "rules": [{"of": {"to": "writer"}, "answer": {**ALLOW, "obligations": [at_most("5")]}}],
        "reserves": {"note": "3", "more": "3"},
    }
    note = {"id": "note", "agent": "writer", "action": "box.get", "after": ["look"]}
    steps = [LOOK_AND_NOTE[0], note, {"id": "more", "agent": "writer", "action": "box.put", "after": ["note"]}]
    told: list[str] = []

    def ruler(question: Question) -> Mapping[str, Any]:
        if question.step is not None and question.step.id == "note" and question.kind is Kind.ACTION:
            told.append(question.ledgers["money"].limit)
        answer: Mapping[str, Any] = ruled(case)(question)
        return answer

    def tool(action: Action) -> Success | Failure:
        assert action.operation == "get"
        return answers.pop() if answers else Success({})

    world = await make_world(steps, ruler=ruler, tool=tool, agents=AGENTS, ledgers={"money": MONEY})
    view = await world.end_of(await world.submit())
    assert states(view) == {"look": "succeeded", "note": "succeeded", "more": "denied"}
    assert told == ["5", "5"]
    assert next(step.reason for step in view.steps if step.id == "more") == "HANDOFF_EXHAUSTED"


@pytest.mark.requirement("orchestrator.handoff-entrusts")
async def test_another_bundle_hands_over_no_more_within_a_run(make_world: MakeWorld) -> None:
    steps = [*LOOK_AND_NOTE, {"id": "more", "agent": "writer", "action": "box.put", "after": ["note", "look"]}]

    def ruler(question: Question) -> Mapping[str, Any]:
        first = world.decisions.revision.endswith("0")
        if question.kind is Kind.HANDOFF:
            return {**ALLOW, "obligations": [at_most("3" if first else "9")]}
        if question.kind is not Kind.ACTION:
            return allow_all(question)
        if question.step is not None and question.step.id == "note":
            world.decisions.revision = "sha256:" + "1" * 64
        return {**ALLOW, "obligations": [reserving("2")] if question.step and question.step.id != "look" else []}

    world = await make_world(steps, ruler=ruler, agents=AGENTS, ledgers={"money": MONEY})
    run = await world.submit()
    view = await world.end_of(run)
    assert [one["entrusted"] for one in await recorded(world, run)] == [
        {"ledgers": {"money": "3"}},
        {"ledgers": {"money": "9"}},
    ]
    assert states(view) == {"look": "succeeded", "note": "succeeded", "more": "denied"}


@pytest.mark.requirement("orchestrator.handoff-foreseen")
async def test_a_forecast_tells_what_would_not_be_handed_over(make_world: MakeWorld) -> None:
    known = {"class": "preferences", "purpose": "how a client wants it", "subject": "ACME"}
    steps = [
        {"id": "known", "agent": "reader", "action": "memory.recall", "args": known},
        {"id": "use", "agent": "writer", "action": "box.put", "args": {"all": {"$ref": "steps.known.output.values"}}},
        {"id": "send", "agent": "sender", "action": "box.put", "after": ["known"]},
    ]
    rules = [
        {"of": {"to": "writer"}, "answer": {**ALLOW, "obligations": [{"type": "entrust", "memory": []}]}},
        {"of": {"to": "sender"}, "answer": {**ALLOW, "obligations": [{"type": "entrust", "ledgers": {"no": "1"}}]}},
    ]
    world = await make_world(steps, ruler=ruled({"rules": rules}), agents=AGENTS, memory=MEMORY)
    forecast = await world.simulations.simulate(world.alice, Plan.from_json({"process": "work"}))
    assert {one.facts.target: one.refusal for one in forecast.hand_overs} == {
        "writer": "HANDOFF_WITHHELD",
        "sender": "OBLIGATION_UNFULFILLED",
    }


AMOUNTS = st.decimals(0, 6, places=2)


@pytest.mark.requirement("orchestrator.handoff-entrusts")
@given(
    limits=st.lists(AMOUNTS, min_size=1, max_size=3),
    wanted=st.lists(st.tuples(AMOUNTS, st.sampled_from(("", "succeeded", "failed", "unknown"))), max_size=12),
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
async def test_however_many_reserve_at_once_no_more_is_taken_than_the_least_that_was_handed_over(
    database: Database, fresh_tenant: str, limits: list[Decimal], wanted: list[tuple[Decimal, str]]
) -> None:
    """Each reserves in a transaction of its own, on one of two accounts of the ledger, and is settled afterwards."""
    run, least = f"run-{fresh_tenant}", min(limits)
    async with database.engine.begin() as tx:
        await tx.execute(sa.delete(reservations).where(reservations.c.tenant == fresh_tenant))
        await tx.execute(sa.delete(runs).where(runs.c.id == run))
        await tx.execute(sa.insert(runs).values(**run_row(run, fresh_tenant)))
        for number, amount in enumerate(limits):
            await tx.execute(sa.insert(handoffs).values(**handoff_row(run, f"a{number}", at_most(str(amount)))))

    async def reserve(number: int, amount: Decimal, status: str) -> Short | None:
        account = Account(fresh_tenant, "money", f"k{number % 2}", "total")
        want = Want(account, Decimal(1000), amount, ({"amount": str(amount), "actual": None},))
        booking = Booking(f"{fresh_tenant}-{number}", (want,), run, f"s{number}", "writer")
        async with database.engine.begin() as tx:
            await tx.execute(sa.select(runs.c.id).where(runs.c.id == run).with_for_update())
            till = await open_till(tx, (booking,))
            short = till.take(booking)
            await till.close(tx, utc_now())
        if short is None and status:
            async with database.engine.begin() as tx:
                await settle(tx, {booking.effect: Truth(status)}, utc_now())
        return short

    said = await asyncio.gather(*(reserve(number, *one) for number, one in enumerate(wanted)))
    assert set(said) <= {None, Short("money", entrusted=True)}
    async with database.engine.connect() as tx:
        total = sa.select(sa.func.coalesce(sa.func.sum(reservations.c.amount), 0)).where(
            reservations.c.run_id == run, reservations.c.state != "released"
        )
        taken = (await tx.execute(total)).scalar_one()
    assert taken <= least
    if not any(status == "failed" for _, status in wanted):  # else there may be room again
        refused = [amount for (amount, _), short in zip(wanted, said, strict=True) if short is not None]
        assert all(taken + amount > least for amount in refused)


@pytest.mark.requirement("orchestrator.handoff-entrusts")
@given(
    st.lists(
        st.builds(
            lambda ledgers, memory: Entrust(type="entrust", ledgers=ledgers, memory=memory),
            st.dictionaries(st.sampled_from(("a", "b", "c")), AMOUNTS.map(str), max_size=3),
            st.lists(st.sampled_from(("x", "y", "z")), unique=True).map(tuple),
        ),
        max_size=5,
    ),
    st.randoms(),
)
def test_more_hand_overs_leave_less_in_whatever_order(several: list[Entrust], dice: Any) -> None:
    whole = Entrusted.of(several)
    shuffled = dice.sample(several, len(several))
    assert Entrusted.of(shuffled) == whole
    for one in several:
        alone = Entrusted.of([one])
        assert all(whole.ledgers[name] <= amount for name, amount in alone.ledgers.items())
        assert all(whole.withholds([name]) for name in "xyz" if alone.withholds([name]))
    assert whole.withholds([""]) is bool(several)


def run_row(run: str, tenant: str) -> dict[str, Any]:
    names = ("request_digest", "process", "process_version", "revision", "plan_digest", "submitter")
    now = {"created_at": utc_now(), "updated_at": utc_now(), "finished_at": utc_now()}
    over = {"plan": {}, "principal": {}, "state": "succeeded"}
    return {**dict.fromkeys(names, "-"), **now, **over, "id": run, "tenant": tenant}


def handoff_row(run: str, source: str, *entrusts: dict[str, Any]) -> dict[str, Any]:
    return {
        "run_id": run,
        "source": source,
        "target": "writer",
        "digest": "d",
        "revision": "r",
        "step_id": "s",
        "decision_id": "d",
        "redactions": [],
        "entrusts": list(entrusts),
        "decided_at": utc_now(),
    }
