"""Work between agents in a whole deployment: decided by the real engine, and recorded once, whatever is killed."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.deployment import deployment, state, states
from tests.e2e.test_crashes import SLOW, effects

KEPT = """# METADATA
# title: What stays with the analysts
package policies.org.kept

# METADATA
# title: Nobody who writes to customers learns what they wrote
# labels:
#   control: KEP-01
deny contains {"code": "WORDS_STAY", "message": "the customer's words stay with the analysts", "control": "KEP-01"} if {
	input.kind == "handoff"
	input.handoff.to == "correspondent"
	"untrusted" in input.handoff.passes.labels
}
"""

ENTRUSTED = """# METADATA
# title: What the deal desk may give away
package policies.org.kept

obligations contains {"type": "entrust", "ledgers": {"discount_eur": "100000.00"}} if {
	input.kind == "handoff"
	input.handoff.to == "deal_desk"
}

obligations contains {"type": "reserve", "ledger": "discount_eur", "amount": "100000.01"} if {
	input.kind == "action"
	input.action.operation == "create_proposal"
}
"""


def keep(workspace: Path, policy: str = KEPT) -> None:
    """Have a policy on one of the hand-overs; the cases of the example are about it without."""
    for case in (workspace / "cases").iterdir():
        case.unlink()
    (workspace / "policies" / "org" / "kept.rego").write_text(policy)


def entrust(workspace: Path) -> None:
    keep(workspace, ENTRUSTED)


def passed(records: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (one["detail"]["from"], one["detail"]["to"], tuple(one["detail"]["labels"]), one["decision"]["verdict"])
        for one in records
        if one["event"] == "handoff.decided"
    ]


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.handoff-once")
@pytest.mark.parametrize(
    ("event", "step", "fault"),
    [
        ("handoff.decided", "email", None),
        ("action.intended", "email", f"email.send={SLOW}"),
        pytest.param("handoff.decided", "crm", None, marks=pytest.mark.long),
        pytest.param("handoff.decided", "notify", None, marks=pytest.mark.long),
    ],
)
async def test_after_a_kill_no_hand_over_is_decided_twice(
    tmp_path: Path, event: str, step: str, fault: str | None
) -> None:
    async with deployment(tmp_path, *([fault] if fault else [])) as deployed:
        run = (await deployed.submit("ACC-1001")).name
        await deployed.until(run, event, step)
        await deployed.kill()
        await deployed.start()
        ended = await deployed.end_of(run)
        assert state(ended) == "succeeded", states(ended)
        assert len(deployed.mails()) == 1
        assert effects(tmp_path) == {"proposal": 1, "task": 1, "notification": 1}
        found = Counter(passed(await deployed.trail(run)))
        assert set(found.values()) == {1}, found
        assert {edge[:2] for edge in found} == {
            ("renewal_analyst", "deal_desk"),
            ("renewal_analyst", "correspondent"),
            ("deal_desk", "correspondent"),
            ("renewal_analyst", "coordinator"),
            ("deal_desk", "coordinator"),
            ("correspondent", "coordinator"),
        }
        assert await deployed.intact()


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.handoff-decided")
async def test_what_may_not_pass_does_not_and_the_process_goes_on_as_it_says(tmp_path: Path) -> None:
    async with deployment(tmp_path, prepare=keep) as deployed:
        run = (await deployed.submit("ACC-1001")).name
        ended = await deployed.end_of(run)
        found = states(ended)
        assert (found["email"], found["letter_by_hand"], found["notify"]) == ("denied", "succeeded", "succeeded")
        assert next(step.reason for step in ended.steps if step.id == "email") == "WORDS_STAY"
        assert deployed.mails() == []
        records = await deployed.trail(run)
        refused = [one for one in passed(records) if one[3] == "deny"]
        assert [one[:2] for one in refused] == [("renewal_analyst", "correspondent")]
        assert not [one for one in records if one["event"] == "action.intended" and one["step"] == "email"]


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.handoff-entrusts")
async def test_what_was_handed_over_of_a_ledger_is_known_after_a_kill(tmp_path: Path) -> None:
    async with deployment(tmp_path, prepare=entrust) as deployed:
        run = (await deployed.submit("ACC-1001")).name
        await deployed.until(run, "handoff.decided", "offer_upsell")
        await deployed.kill()
        await deployed.start()
        ended = await deployed.end_of(run)
        assert next((step.reason for step in ended.steps if step.id == "offer_upsell"), "") == "HANDOFF_EXHAUSTED"
        assert effects(tmp_path)["proposal"] == 0
        told = [one["detail"] for one in await deployed.trail(run) if one["event"] == "handoff.decided"]
        assert [one.get("entrusted") for one in told if one["to"] == "deal_desk"] == [
            {"ledgers": {"discount_eur": "100000.00"}}
        ]
        assert await deployed.intact()
