"""What time does to a question: each thing once, whenever somebody looks."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent_orchestrator.approvals.approval import Approval, ApprovalKind, ApprovalState
from assent_orchestrator.approvals.moments import extended, happened, may_extend, next_due
from assent_sidecar.decision import ApprovalRequirement
from tests.orchestrator.approvals.test_requirement import NOON

DAY = timedelta(days=1)


def asked(**more: Any) -> Approval:
    requirement = ApprovalRequirement.from_json({"stages": [{"role": "boss"}], "expires_in": "72h"} | more)
    fresh = Approval(
        tenant="acme",
        id="a1",
        run_id="r1",
        step_id="pay",
        process="pay",
        state=ApprovalState.PENDING,
        version=1,
        roles=("boss",),
        action_digest="",
        revision="",
        decision_id="",
        requirement=requirement,
        presented={},
        presented_digest="",
        requested_at=NOON,
        expires_at=NOON + 3 * DAY,
        resolved_at=None,
        traceparent=None,
    )
    return replace(fresh, due_at=next_due(fresh))


def told(approval: Approval, now: datetime) -> list[tuple[str, str | None]]:
    return [(one.event, one.role) for one in happened(approval, now)[1]]


def test_a_question_without_a_ladder_or_reminders_only_expires() -> None:
    assert asked().due_at is None
    assert told(asked(), NOON + 9 * DAY) == []


def test_a_rung_after_the_expiry_is_never_climbed() -> None:
    late = asked(escalate=[{"after": "80h", "role": "cfo"}])
    assert late.due_at is None
    assert told(late, NOON + 9 * DAY) == []


def test_what_is_put_once_more_is_put_to_the_whole_ladder_for_as_long_again() -> None:
    rungs = [{"after": "80h", "role": "cfo"}, {"after": "1h", "role": "ceo"}]
    first = asked(escalate=rungs, on_expiry="escalate")
    again = extended(first, NOON + 3 * DAY)
    assert again.roles == ("boss", "ceo", "cfo")
    assert again.expires_at == NOON + 6 * DAY
    assert (may_extend(first), may_extend(again)) == (True, False)
    assert not may_extend(asked(on_expiry="escalate"))
    assert not may_extend(asked(escalate=rungs))
    assert told(again, NOON + 4 * DAY) == []


def test_a_review_is_overdue_once_and_stays() -> None:
    review = replace(asked(), kind=ApprovalKind.REVIEW, about="a0")
    review = replace(review, due_at=next_due(review))
    assert told(review, NOON + 2 * DAY) == []
    assert told(review, NOON + 3 * DAY) == [("approval.review_overdue", None)]
    assert told(happened(review, NOON + 3 * DAY)[0], NOON + 4 * DAY) == []


durations = st.builds(
    lambda number, unit: f"{number}{unit}", st.integers(1, 200_000), st.sampled_from(["ms", "s", "m", "h"])
)


@pytest.mark.requirement("orchestrator.approval-escalation")
@given(
    afters=st.lists(durations, max_size=4),
    remind=st.none() | st.integers(60_000, 9_999_999).map(lambda number: f"{number}ms"),
    looks=st.lists(st.integers(0, 400_000_000), max_size=8).map(sorted),
)
def test_whenever_somebody_looks_each_thing_happens_once_and_time_approves_nothing(
    afters: list[str], remind: str | None, looks: list[int]
) -> None:
    ladder = [{"after": after, "role": f"rung_{number}"} for number, after in enumerate(afters)]
    approval = asked(escalate=ladder, **({"remind": remind} if remind else {}))
    events: list[tuple[str, str | None]] = []
    for milliseconds in looks:
        now = NOON + timedelta(milliseconds=milliseconds)
        approval, happenings = happened(approval, now)
        events += [(one.event, one.role) for one in happenings]
        assert approval.due_at is None or approval.due_at > now
        assert happened(approval, now)[1] == ()
        assert approval.state is ApprovalState.PENDING
    climbed = [role for event, role in events if event == "approval.escalated"]
    assert len(climbed) == len(set(climbed)) == approval.rungs
    assert approval.roles == ("boss", *climbed)
    assert sum(event == "approval.reminded" for event, _ in events) <= len(looks)
