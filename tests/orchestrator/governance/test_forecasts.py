"""What a forecast says of a plan: verdicts, what may change, approvals, and the fewest steps and arguments to blame."""

import random
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from assent_orchestrator.governance.trials import QUESTIONS, Culprit, Failure, Trials
from assent_orchestrator.plan.culprit import Search
from assent_orchestrator.plan.withhold import Argument
from assent_sidecar.decision import Decided
from assent_sidecar.question import Kind, Question
from tests.orchestrator.governance.forecasting import SECONDS, Counting, Office, Seen

FILE = Path(__file__).parents[2] / "cases" / "forecasts" / "forecasts.yaml"
CASES = YAML(typ="safe", pure=True).load(FILE.read_text(encoding="utf-8"))


def shown(seen: Seen) -> dict[str, Any]:
    """Return a forecast in the words of the cases."""
    said: dict[str, Any] = {
        "verdict": str(seen.decided.verdict),
        "steps": {name: str(one.verdict) for name, one in seen.decided.decision.steps.items()},
        "may_change": [step.id for step in seen.facts.steps if step.action.unknown],
        "approvals": {
            ahead.step.id: [f"{stage.role} x {stage.quorum}" for stage in ahead.requirement.stages]
            + ["if taken"] * ahead.conditional
            for ahead in seen.approvals
        },
    }
    if seen.failure is not None:
        said["failure"] = {}
        whole = seen.failure.plan
        if whole is not None:
            said["failure"]["plan"] = list(whole.steps) if whole.search is Search.FOUND else str(whole.search)
        if seen.failure.culprits:
            said["failure"]["culprits"] = {one.step: culprit(one) for one in seen.failure.culprits}
    return {name: value for name, value in said.items() if value not in ([], {})}


def culprit(one: Culprit) -> dict[str, Any]:
    said: dict[str, Any] = {"because": one.said.reasons[0].code}
    if one.search is not Search.FOUND:
        return said | {"search": str(one.search)}
    said["arguments"] = [f"{part.pointer} is {part.label}" if part.label else part.pointer for part in one.arguments]
    return said if one.sufficient else said | {"sufficient": False}


def wanted(case: dict[str, Any], seen: Seen) -> dict[str, Any]:
    """Return what the case wants; where it wants any so many steps, those that were found, if they are so many."""
    want = dict(case["want"])
    count = want.get("failure", {}).get("plan")
    if isinstance(count, int) and seen.failure and seen.failure.plan and len(seen.failure.plan.steps) == count:
        want["failure"] = want["failure"] | {"plan": list(seen.failure.plan.steps)}
    return want


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
async def test_a_forecast_says_what_the_case_wants(office: Office, case: dict[str, Any]) -> None:
    seen = await office.foresee(case["steps"], case.get("inputs"))
    assert shown(seen) == wanted(case, seen)
    await prove(office, seen)


async def prove(office: Office, seen: Seen) -> None:
    """Ask anew, without trials: without all that was found it passes, and with any one of it given back it does not."""
    for one in seen.failure.culprits if seen.failure else ():
        assert await office.refuses(seen, one.step, ()) == (one.said.reasons[0].code != "OBLIGATION_UNSUPPORTED")
        if one.search is Search.FOUND and one.sufficient:
            assert not await office.refuses(seen, one.step, one.arguments)
            for part in one.arguments:
                assert await office.refuses(seen, one.step, [other for other in one.arguments if other != part])
    whole = seen.failure.plan if seen.failure else None
    if whole is not None and whole.search is Search.FOUND:
        assert await office.allows(seen, whole.steps)
        for step in whole.steps:
            assert not await office.allows(seen, [other for other in whole.steps if other != step])


@pytest.mark.requirement("sidecar.plan-culprits")
async def test_the_same_plan_has_the_same_culprits(office: Office) -> None:
    case = next(case for case in CASES if case["want"].get("failure", {}).get("plan") == 2)
    first, second = [(await office.foresee(case["steps"])).failure for _ in range(2)]
    assert first == second


MANY = 1000


@pytest.mark.requirement("sidecar.plan-thousand-steps")
async def test_a_thousand_steps_are_one_question_and_one_of_them_is_found(office: Office) -> None:
    steps: list[dict[str, Any]] = [{"id": "look", "action": "crm.read"}, {"id": "review", "action": "desk.review"}]
    steps += [
        {"id": f"s{n}", "action": "crm.update", "after": ["review"], "args": {"n": {"$ref": "steps.look.output.n"}}}
        for n in range(MANY - 2)
    ]
    steps[700] = {"id": "early", "action": "crm.update", "args": {"n": 1}}
    steps[800] = {"id": "leak", "action": "email.send", "args": {"to": "anna", "body": "DE00"}}
    counting = Counting(office.decision_point)
    seen = await office.foresee(steps, decision_point=counting)
    assert counting.asked[0] is Kind.PLAN
    assert set(counting.asked[1:]) == {Kind.TRIAL}
    assert len(seen.decided.decision.steps) == MANY
    assert seen.failure is not None
    [leak] = seen.failure.culprits
    assert (leak.step, leak.arguments) == ("leak", (Argument("/body"),))
    assert seen.failure.plan is not None
    assert (seen.failure.plan.search, seen.failure.plan.steps) == (Search.FOUND, ("early",))
    assert len(counting.asked) <= QUESTIONS


@pytest.mark.requirement("sidecar.plan-thousand-steps")
@pytest.mark.parametrize("shape", ["rows of three", "three of the last twenty"])
async def test_a_thousand_steps_with_many_ways_through_them_are_decided(office: Office, shape: str) -> None:
    dice = random.Random(1)
    steps: list[dict[str, Any]] = [{"id": "s0", "action": "desk.review"}]
    for n in range(1, MANY):
        row = range(max(0, 3 * ((n - 1) // 3) - 2), 3 * ((n - 1) // 3) + 1)
        near = {dice.randrange(max(0, n - 20), n) for _ in range(3)} if shape.startswith("three") else row
        after = [f"s{other}" for other in sorted(near)]
        steps.append({"id": f"s{n}", "action": "crm.update", "args": {"n": n}, "after": after})
    question, _ = office.question(steps, {})
    decided = await office.decision_point.decide(question, budget=SECONDS)
    assert not decided.fault
    assert "WRITE_BEFORE_REVIEW" not in decided.codes
    assert len(decided.decision.steps) == MANY


IBAN = [{"id": "mail", "action": "email.send", "args": {"to": "anna", "body": "DE00"}}]


@pytest.mark.requirement("sidecar.plan-culprits")
@pytest.mark.parametrize("fault", ["no answer", "other policies", "no time"])
async def test_a_search_without_answers_gives_up_and_says_so(office: Office, fault: str) -> None:
    class Faulty(Counting):
        async def decide(self, question: Question, *, budget: float) -> Decided:
            decided = await super().decide(question, budget=budget)
            if question.kind is not Kind.TRIAL or fault == "no time":
                return decided
            if fault == "no answer":
                return decided.model_copy(update={"fault": True})
            return decided.model_copy(
                update={"provenance": decided.provenance.model_copy(update={"revision": "another"})}
            )

    faulty = Faulty(office.decision_point)
    seen = await office.foresee(IBAN, decision_point=faulty)
    failure = seen.failure
    if fault == "no time":
        faulty.asked.clear()
        failure = await Trials(faulty).failure(seen.question, seen.decided, seen.steps, within=0)
        assert faulty.asked == []
    assert failure == Failure((Culprit("mail", seen.decided.decision.steps["mail"], Search.GAVE_UP),), None)
    assert faulty.asked.count(Kind.TRIAL) <= QUESTIONS


async def test_a_plan_that_nobody_decided_on_has_no_culprits(office: Office) -> None:
    seen = await office.foresee(IBAN)
    fault = seen.decided.model_copy(update={"fault": True})
    assert await Trials(office.decision_point).failure(seen.question, fault, seen.steps, within=SECONDS) is None


POSSIBLE: tuple[dict[str, Any], ...] = (
    {"action": "crm.read"},
    {"action": "crm.update", "args": {"n": 1}},
    {"action": "crm.delete", "args": {"all": True}},
    {"action": "desk.review", "args": {"text": {"$ref": "steps.s0.output.margin"}}},
    {"action": "desk.review", "args": {"text": "fine"}},
    {"action": "desk.pay", "args": {"to": "anna", "amount": 2000}},
    {"action": "email.send", "args": {"to": "anna", "body": {"a": "DE00", "b": {"$ref": "steps.s0.output"}}}},
    {"action": "email.send", "args": {"subject": "urgent", "body": "urgent", "to": ["DE00", "bob"]}},
    {"action": "email.shout"},
)


@pytest.mark.requirement("sidecar.plan-culprits")
@pytest.mark.parametrize("seed", range(12))
async def test_whatever_the_plan_what_is_found_is_proven_anew(office: Office, seed: int) -> None:
    chance = random.Random(seed)
    steps: list[dict[str, Any]] = [{"id": "s0", "action": "crm.read"}]
    for at in range(1, chance.randint(3, 14)):
        after = [f"s{chance.randrange(at)}"] if chance.random() < 0.5 else []
        failing = chance.choice(["fail", "fail", "skip"])
        steps.append({"id": f"s{at}", "after": after, "on_failure": failing, **chance.choice(POSSIBLE)})
    seen = await office.foresee(steps)
    await prove(office, seen)
    assert seen.failure is not None or seen.decided.verdict == "allow"
    assert (await office.foresee(steps)).failure == seen.failure
