"""OPA's compliance tests turned round: there, documents that must be understood; here, documents that must not be."""

import json

import pytest

from assent_sidecar.decision import Verdict
from assent_sidecar.model import Json
from tests.sidecar.decisions import WELL_FORMED, mutations
from tests.sidecar.engines import question
from tests.sidecar.test_evaluator import is_fault, told


@pytest.mark.requirement("sidecar.fuzz", "sidecar.malformed-denies")
@pytest.mark.parametrize(
    ("kind", "decision"), WELL_FORMED, ids=[f"{k}-{d['verdict']}-{len(d)}" for k, d in WELL_FORMED]
)
async def test_every_single_mutation_of_a_well_formed_decision_is_a_deny(kind: str, decision: Json) -> None:
    asked = question(kind)
    assert not (await told(decision, asked)).fault
    believed = []
    count = 0
    for what, mutated in mutations(decision):
        count += 1
        json.dumps(mutated)  # it could come over the wire
        decided = await told(mutated, asked)
        if not is_fault(decided, "MALFORMED_DECISION"):
            believed.append(f"{what}: {decided.verdict}")
        assert decided.verdict is not Verdict.ALLOW or not decided.fault
    assert not believed
    assert count > 40
