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
