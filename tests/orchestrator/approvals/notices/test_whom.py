"""Who is told of a question: those whose turn came, however it goes on, and nobody who is only let in to see it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from assent_orchestrator.approvals.approval import Approval
from assent_orchestrator.approvals.moments import extended, happened
from assent_orchestrator.approvals.notices.whom import asked, concerned, may_answer_now, told_besides
from assent_orchestrator.audit.record import ApprovalNote, Draft
from tests.orchestrator.approvals.test_moments import DAY
from tests.orchestrator.approvals.test_moments import asked as question
from tests.orchestrator.approvals.test_requirement import NOON, yes

STAGES = [{"role": "boss", "substitutes": ["deputy"]}, {"role": "cfo"}]
GLASS = {"roles": ["duty"], "review": {"role": "audit", "within": "48h"}}


def held(**more: Any) -> Approval:
    return replace(question(**{"stages": STAGES, "break_glass": GLASS} | more), roles=("boss", "deputy", "cfo", "duty"))


def draft(event: str, *roles: str) -> Draft:
    return Draft(event=event, approval=ApprovalNote(id="a1", roles=roles))


@pytest.mark.requirement("orchestrator.notices-whom")
def test_a_stage_is_told_when_its_turn_comes_and_goes_on_hearing_of_it() -> None:
    fresh = held()
    assert asked(fresh) == ("boss", "deputy")
    once = replace(fresh, answers=(yes("bea"),))
    assert asked(once) == ("boss", "deputy", "cfo")
    taken_back = replace(fresh, answers=(yes("bea", withdrawn_at=NOON),))
    assert asked(taken_back) == ("boss", "deputy", "cfo")
    assert may_answer_now(taken_back) == ("boss", "deputy")
    done = replace(fresh, answers=(yes("bea"), yes("carl", 1)))
    assert asked(done) == ("boss", "deputy", "cfo")
    assert asked(held(order="parallel")) == ("boss", "deputy", "cfo")


@pytest.mark.requirement("orchestrator.notices-whom")
def test_reminded_is_who_has_not_answered() -> None:
    once = replace(held(), answers=(yes("bea"),))
    assert concerned(once, draft("approval.reminded")) == ("cfo",)
    assert concerned(once, draft("approval.void")) == ("boss", "deputy", "cfo")


@pytest.mark.requirement("orchestrator.notices-whom")
def test_a_rung_is_told_once_it_is_reached_and_alone_once_the_others_had_their_time() -> None:
    fresh = held(escalate=[{"after": "24h", "role": "ceo"}], on_expiry="escalate")
    assert "ceo" not in asked(fresh)
    reached, _ = happened(fresh, NOON + DAY + timedelta(seconds=1))
    assert asked(reached) == ("boss", "deputy", "ceo")
    assert concerned(reached, draft("approval.escalated", "ceo")) == ("ceo",)
    again = extended(reached, NOON + 3 * DAY)
    assert may_answer_now(again) == ("ceo",)
    assert asked(again) == ("boss", "deputy", "ceo")


@pytest.mark.requirement("orchestrator.notices-whom")
@pytest.mark.parametrize("event", ["approval.requested", "approval.reminded", "approval.void", "approval.approved"])
def test_who_may_break_the_glass_is_told_of_nothing_but_that(event: str) -> None:
    one = held()
    assert "duty" not in (*concerned(one, draft(event)), *told_besides(one, draft(event)))
    assert told_besides(one, draft("approval.broke_glass", "duty")) == ("duty",)
    assert told_besides(question(), draft("approval.broke_glass", "duty")) == ()
