"""Which answers the gate is asked with, and which stand in a new question."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from assent_orchestrator.approvals.approval import ApprovalState
from assent_orchestrator.approvals.requirement import Answer
from assent_orchestrator.approvals.worth import answers_worth, carried, facts_of
from assent_orchestrator.plan.action import make_action
from tests.orchestrator.approvals.test_moments import asked
from tests.orchestrator.approvals.test_requirement import INVOLVED, NOON, requirement, yes

ACTION = make_action("box.put", "write", {"amount": 60}, {})
BEFORE = make_action("box.put", "write", {"amount": 100}, {})
R1, R2 = "sha256:1", "sha256:2"


def answered(state: ApprovalState, *answers: Answer, **more: Any) -> Any:
    return replace(asked(**more), state=state, answers=answers, revision=R1, action_digest=BEFORE.digest)


def mine(**more: Any) -> Answer:
    return replace(yes("dana"), digest=ACTION.digest, edits={"/amount": 60}, **more)


@pytest.mark.requirement("orchestrator.approval-revision")
def test_answers_are_worth_what_was_asked_under_the_rules_in_force_and_in_time() -> None:
    given = replace(yes("dana"), digest=BEFORE.digest)
    approval = answered(ApprovalState.APPROVED, given)
    assert answers_worth(approval, BEFORE, R1, NOON) == (given,)
    assert answers_worth(approval, ACTION, R1, NOON) == ()
    assert answers_worth(approval, BEFORE, R2, NOON) == ()
    assert answers_worth(approval, BEFORE, R1, NOON + timedelta(days=3)) == ()
    assert answers_worth(None, BEFORE, R1, NOON) == ()
    for state in set(ApprovalState) - {ApprovalState.APPROVED, ApprovalState.EDITED}:
        assert answers_worth(replace(approval, state=state), BEFORE, R1, NOON) == ()
    lasting = answered(ApprovalState.APPROVED, given, on_revision="ask_again")
    assert answers_worth(lasting, BEFORE, R2, NOON) == (given,)


@pytest.mark.requirement("orchestrator.approval-edits")
def test_of_what_was_changed_only_the_editor_is_heard() -> None:
    approval = answered(ApprovalState.EDITED, replace(yes("dirk"), digest=BEFORE.digest), mine())
    [fact] = facts_of(approval, answers_worth(approval, ACTION, R1, NOON))
    assert (fact.approver, fact.digest, fact.edits, fact.asked_at) == ("dana", ACTION.digest, ("/amount",), NOON)
    assert answers_worth(answered(ApprovalState.EDITED, mine(withdrawn_at=NOON)), ACTION, R1, NOON) == ()


@pytest.mark.requirement("orchestrator.approval-edits")
def test_an_answer_is_carried_to_where_it_counts_and_never_makes_a_question_answered() -> None:
    two = requirement({"role": "legal"}, {"role": "boss", "quorum": 2}, order="parallel")
    assert [(one.stage, one.role, one.number) for one in carried(two, [mine()], INVOLVED)] == [(1, "boss", 1)]
    assert carried(requirement({"role": "legal"}, {"role": "boss"}), [mine()], INVOLVED) == ()
    assert carried(requirement({"role": "boss"}), [mine()], INVOLVED) == ()
    assert carried(two, [replace(mine(), approver="paul")], INVOLVED) == ()
    ladder = requirement({"role": "legal", "quorum": 2}, escalate=[{"after": "1h", "role": "boss"}])
    assert carried(ladder, [mine()], INVOLVED) == ()
