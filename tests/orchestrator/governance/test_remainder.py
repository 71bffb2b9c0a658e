"""What redactions leave of an action is decided as well, on the real engine: the stricter answer counts."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from assent_orchestrator.governance.remainder import Remainder
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.system import System
from assent_sidecar.decision import Decided
from assent_sidecar.question import Question
from assent_sidecar.sidecar import Sidecar, SidecarSettings, open_sidecar
from tests.sidecar.engines import DIGEST, bundle_of_library, question

pytestmark = pytest.mark.requirement("orchestrator.redacted-is-decided")

POLICY = """
import rego.v1

acts contains [input.agent, input.action] if input.kind == "action"

# METADATA
# labels: {control: T-01}
allow contains {"code": "FINE", "control": "T-01"} if true

# METADATA
# labels: {control: T-02}
deny contains {"code": "NOT_ARCHIVED", "control": "T-02"} if {
	input.action.operation == "send"
	object.get(input.action.args, "archive", "") != "archive@house"
}

# METADATA
# labels: {control: T-03}
require_approval contains finding if {
	input.action.args.text == "ask"
	not input.action.args.reviewer
	finding := {"code": "ASK", "control": "T-03", "approval": {"stages": [{"role": "boss"}]}}
}

obligations contains {"type": "redact", "path": path} if some path in input.action.args.away

obligations contains {"type": "redact", "path": "/extra"} if not input.action.args.away

obligations contains {"type": "reserve", "ledger": "sums", "amount": amount} if {
	amount := object.get(input.action.args, "amount", "9")
	amount != "0"
}
"""

SYSTEM = {
    "name": "mail",
    "title": "Mail",
    "owner": "it",
    "tool_server": "mail",
    "operations": {
        name: {
            "title": "t",
            "effect": "write",
            "arguments": {"type": "object", "required": ["text"]},
            "result": {"type": "object"},
        }
        for name in ("send", "note")
    },
}
CATALOGUE = Catalogue(workspace="w", systems={"mail": System.from_json(SYSTEM)})


@pytest.fixture(scope="module")
async def sidecar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sidecar]:
    settings = SidecarSettings(tmp_path_factory.mktemp("s"), {}, query_timeout=20, probe_timeout=20)
    async with open_sidecar(settings, bundle_of_library(POLICY)) as opened:
        yield opened


class Counting:
    """Counts what the real decision point is asked."""

    def __init__(self, sidecar: Sidecar) -> None:
        self.sidecar = sidecar
        self.asked: list[Question] = []

    async def decide(self, question: Question, *, budget: float) -> Decided:
        self.asked.append(question)
        return await self.sidecar.evaluator.decide(question, budget=budget)


def action(operation: str, **args: Any) -> dict[str, Any]:
    text = {"text": "hello"}
    return {"system": "mail", "operation": operation, "effect": "write", "args": text | args, "digest": DIGEST}


ARCHIVED = {"archive": "archive@house"}


@pytest.mark.parametrize(
    ("asked", "verdict", "code", "times"),
    [
        (action("send", **ARCHIVED, away=[]), "allow", "FINE", 1),
        (action("send", **ARCHIVED, away=["/other"]), "allow", "FINE", 2),
        # What a policy demands of an argument is not done without it.
        (action("send", **ARCHIVED, away=["/archive"]), "deny", "NOT_ARCHIVED", 2),
        (action("note", text="ask", reviewer="ann", away=["/reviewer"]), "require_approval", "ASK", 2),
        (action("note", text="ask", away=["/other"]), "require_approval", "ASK", 2),
        # Nobody is sent what the operation does not take.
        (action("note", away=["/text"]), "deny", "OBLIGATION_UNFULFILLED", 1),
        # What is left would have to be decided a third time.
        (action("note", extra="x", away=["/away"]), "deny", "OBLIGATION_UNFULFILLED", 2),
        # What cannot be carried out is refused by whoever would do it.
        (action("note", away=["/text/deep"]), "allow", "FINE", 1),
        # A deny is one, whatever would be left.
        (action("send", away=["/other"]), "deny", "NOT_ARCHIVED", 1),
    ],
)
async def test_the_stricter_of_both_answers_counts(
    sidecar: Sidecar, asked: dict[str, Any], verdict: str, code: str, times: int
) -> None:
    behind = Counting(sidecar)
    decided = await Remainder(behind, lambda: CATALOGUE).decide(question(action=asked), budget=20)
    assert (decided.fault, str(decided.verdict), decided.codes[0], len(behind.asked)) == (False, verdict, code, times)
    assert {one.action.digest for one in behind.asked if one.action} == {DIGEST}, "answers of people name the first"


async def test_a_batch_is_asked_once_more_about_what_changes_only(sidecar: Sidecar) -> None:
    agent = {"id": "clerk", "department": "sales", "owner": "ada"}
    several = {
        "kept": action("send", **ARCHIVED, away=[]),
        "loose": action("send", **ARCHIVED, away=["/archive"]),
        "fine": action("note", more=1, away=["/more"]),
        "unfit": action("note", away=["/text"]),
    }
    actions = [{"id": name, "agent": agent, "action": one} for name, one in several.items()]
    behind = Counting(sidecar)
    decided = await Remainder(behind, lambda: CATALOGUE).decide(question("batch", actions=actions), budget=20)
    assert {name: str(one.verdict) for name, one in decided.decision.steps.items()} == {
        "kept": "allow",
        "loose": "deny",
        "fine": "allow",
        "unfit": "deny",
    }
    assert [[one.id for one in asked.actions] for asked in behind.asked] == [list(several), ["loose", "fine"]]


@pytest.mark.parametrize(("amount", "reserved"), [("5", "9"), ("12", "12")])
async def test_the_larger_amount_is_reserved(sidecar: Sidecar, amount: str, reserved: str) -> None:
    asked = question(action=action("note", amount=amount, away=["/amount"]))
    decided = await Remainder(sidecar.evaluator, lambda: CATALOGUE).decide(asked, budget=20)
    duties = [one.to_json() for one in decided.decision.obligations]
    assert [one["amount"] for one in duties if one["type"] == "reserve"] == [reserved]
    assert [one["path"] for one in duties if one["type"] == "redact"] == ["/amount"]


async def test_no_second_answer_is_no_answer(sidecar: Sidecar) -> None:
    class Once(Counting):
        async def decide(self, question: Question, *, budget: float) -> Decided:
            return await super().decide(question, budget=budget if not self.asked else 0.0)

    asked = question(action=action("note", more=1, away=["/more"]))
    decided = await Remainder(Once(sidecar), lambda: CATALOGUE).decide(asked, budget=20)
    assert decided.fault


def planned(**actions: dict[str, Any]) -> Question:
    agent = {"id": "clerk", "department": "sales", "owner": "ada"}
    steps = [{"id": name, "agent": agent, "action": one} for name, one in actions.items()]
    return question("plan", plan={"digest": DIGEST, "steps": steps})


UNKNOWN = {"labels": {"/archive": ["untrusted"]}, "unknown": ["/archive"]}

SEVERAL = {
    "kept": action("send", **ARCHIVED, away=[]),
    "loose": action("send", **ARCHIVED, away=["/archive"]),
    "ask": action("note", text="ask", reviewer="ann", away=["/reviewer"]),
    "unfit": action("note", away=["/text"]),
    # What is not known yet is gone as well; what stays unknown is not judged.
    "unknown": {**action("note", away=["/archive"]), **UNKNOWN},
    "partly": {**action("note", more=1, away=["/more"]), **UNKNOWN},
    "needed": {**action("note", away=["/text"]), "args": {"away": ["/text"]}, "unknown": ["/text"]},
    # It needs what is not known yet, and that is left to it.
    "coming": {**action("note", away=["/more"]), "args": {"away": ["/more"], "more": 1}, "unknown": ["/text"]},
}
WANTED = {
    "kept": "allow",
    "loose": "deny",
    "ask": "require_approval",
    "unfit": "deny",
    "unknown": "allow",
    "partly": "allow",
    "needed": "deny",
    "coming": "allow",
}


async def test_a_forecast_says_of_each_step_what_the_run_will(sidecar: Sidecar) -> None:
    behind = Counting(sidecar)
    deciding = Remainder(behind, lambda: CATALOGUE)
    decided = await deciding.decide(planned(**SEVERAL), budget=20)
    assert {name: str(one.verdict) for name, one in decided.decision.steps.items()} == WANTED
    assert [[one.id for one in asked.plan.steps] for asked in behind.asked if asked.plan] == [
        list(SEVERAL),
        ["loose", "ask", "unknown", "partly", "coming"],
    ]
    left = {one.id: one.action for asked in behind.asked[1:] if asked.plan for one in asked.plan.steps}
    assert (left["unknown"].unknown, left["unknown"].labels) == ((), {})
    assert (left["partly"].unknown, left["partly"].labels) == (("/archive",), {"/archive": ("untrusted",)})
    for name, one in SEVERAL.items():
        if "unknown" not in one:
            alone = await deciding.decide(question(action=one), budget=20)
            said = decided.decision.steps[name]
            assert (said.verdict, said.reasons[0].code) == (alone.verdict, alone.codes[0]), name


async def test_so_does_each_trial_of_a_step(sidecar: Sidecar) -> None:
    asked = planned(look=action("send", **ARCHIVED, away=["/archive"]))
    trials = [{"id": f"t{number}", "step": "look", "action": one} for number, one in enumerate(SEVERAL.values())]
    whole = Question.from_json(asked.to_json() | {"kind": "trial", "trials": [*trials, {"id": "whole"}]})
    decided = await Remainder(sidecar.evaluator, lambda: CATALOGUE).decide(whole, budget=20)
    said = [str(decided.decision.steps[f"t{number}"].verdict) for number in range(len(SEVERAL))]
    assert said == list(WANTED.values())
    assert str(decided.decision.steps["whole"].verdict) == "allow"
