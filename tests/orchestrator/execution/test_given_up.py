"""A read whose answer got lost, and that is not taken again: nothing of it stays open."""

from collections.abc import Mapping
from typing import Any

import pytest

from assent_orchestrator.governance.intent import EffectStatus
from assent_orchestrator.governance.intent import read as read_intent
from assent_orchestrator.tools.outcome import Failure
from assent_sidecar.question import Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.test_ledgers import MONEY, balance, reserving
from tests.orchestrator.execution.world import deny, for_actions

LOST = Failure("LOST", "?", retryable=True, effect="unknown")
HELD: Mapping[str, Any] = {
    "verdict": "require_approval",
    "reasons": [{"code": "BIG"}],
    "approval": {"stages": [{"role": "boss"}]},
}


@pytest.mark.requirement("orchestrator.ledger-settled")
@pytest.mark.parametrize(("then", "state"), [(deny(), "denied"), (HELD, "cancelled")], ids=["denied", "cancelled"])
async def test_a_read_that_got_lost_and_is_not_taken_again_is_settled_with_its_step(
    make_world: MakeWorld, then: Mapping[str, Any], state: str
) -> None:
    def rule(question: Question) -> Mapping[str, Any]:
        assert question.step is not None
        return reserving() if question.step.attempt == 1 else then

    steps = [{"id": "only", "action": "box.get"}]
    world = await make_world(steps, ruler=for_actions(rule), tool=lambda _: LOST, ledgers={"money": MONEY})
    run = await world.submit()
    if then is HELD:
        await world.until(run, "approval.requested")
        assert await balance(world) == {"spent": 0, "reserved": 0, "held": 6}
        await world.cancellations.cancel(world.alice, run, "")
    view = await world.end_of(run)
    assert (view.steps[0].state, len(world.tools.calls)) == (state, 1)
    assert await balance(world) == {"spent": 0, "reserved": 0, "held": 0}
    async with world.parts.engine.connect() as tx:
        intent = await read_intent(tx, run, "only")
    assert intent is not None
    assert intent.status is EffectStatus.FAILED
    record = (await world.until(run, "action.failed")).record
    assert (record["effect"]["error"], record["attempt"]) == ("OUTCOME_LOST", 1)
    assert [note["entry"] for note in record["ledgers"]] == ["released"]
