"""Of what policies say about values that are never retained, only words that stand in the bundle are passed on."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from assent_orchestrator.clock import utc_now
from assent_orchestrator.governance.veil import WITHHELD, Veil, veiled
from assent_orchestrator.plan.digests import Digests
from assent_sidecar.bundle.contents import write_archive
from assent_sidecar.decision import Decided, Decision, Provenance
from assent_sidecar.facts import Principal
from assent_sidecar.question import Kind, Question

WORDS = frozenset({"TOO_MUCH", "it is too much", "FIN-01", "Not too much"})
SAID = {"code": "TOO_MUCH", "message": "it is too much", "control": "FIN-01", "scope": "org", "rule": "Not too much"}
MADE = {"code": "NO_4111", "message": "not with 4111", "control": "FIN-4111", "scope": "org", "rule": "4111"}
LEFT = {"code": WITHHELD, "message": "", "control": None, "scope": "org", "rule": None}


def decided(*reasons: dict[str, Any], fault: bool = False, **more: Any) -> Decided:
    source = Provenance(
        decision_id="d",
        revision="r",
        engine="opa",
        engine_version="1",
        input_digest="x",
        controls=("FIN-01", "FIN-4111"),
        duration_us=1,
    )
    answer = {"verdict": "deny", "reasons": list(reasons), **more}
    return Decided(decision=Decision.from_json(answer), provenance=source, fault=fault)


@pytest.mark.requirement("orchestrator.never-in-memory-only")
def test_what_a_policy_put_together_is_left_out_and_what_it_decided_stays() -> None:
    steps = {"one": {"verdict": "deny", "reasons": [MADE, SAID]}}
    answer = veiled(decided(SAID, MADE, steps=steps, obligations=[{"type": "timeout", "after": "5s"}]), WORDS)
    assert [one.to_json() for one in answer.decision.reasons] == [SAID, LEFT]
    assert [one.to_json() for one in answer.decision.steps["one"].reasons] == [LEFT, SAID]
    assert answer.provenance.controls == ("FIN-01",)
    assert (str(answer.verdict), len(answer.decision.obligations)) == ("deny", 1)


DIGESTS = Digests.fresh()


@dataclass
class Fixed:
    answer: Decided

    async def decide(self, question: Question, *, budget: float) -> Decided:
        del question, budget
        return self.answer


@pytest.mark.requirement("orchestrator.never-in-memory-only")
@pytest.mark.parametrize(
    ("confided", "fault", "shown"), [(True, False, False), (False, False, True), (True, True, True)]
)
async def test_only_where_something_is_confided(confided: bool, fault: bool, shown: bool) -> None:
    told = decided(MADE, {"code": "PII_IN_EMAIL"}, fault=fault)
    bundle: Any = SimpleNamespace(revision="r", archive=write_archive({"policies/org/a.rego": b'x := "PII_IN_EMAIL"'}))
    veil = Veil(Fixed(told), lambda _: bundle, DIGESTS)
    principal = Principal(id="sam", roles=(), authn="token")
    question = Question(kind=Kind.ACTION, time=utc_now(), tenant="local", principal=principal).confidentially(confided)
    answer = await veil.decide(question, budget=1.0)
    assert answer.codes == (("NO_4111" if shown else WITHHELD), "PII_IN_EMAIL")
    named = answer.provenance.input_digest
    plain = told.provenance.input_digest
    assert (named == DIGESTS.keyed(plain)) if confided else (named == plain)
    again = await veil.decide(question, budget=1.0)
    assert again == answer
