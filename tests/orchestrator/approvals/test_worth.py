"""Which answers the gate is asked with, and which stand in a new question."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given as examples

from assent_orchestrator.approvals.approval import ApprovalState
from assent_orchestrator.approvals.requirement import NEW, Answer, Person, Seat, seat_of, unmet_stages
from assent_orchestrator.approvals.worth import answers_worth, carried, facts_of
from assent_orchestrator.plan.action import make_action
from assent_sidecar.decision import ApprovalRequirement
from tests.orchestrator.approvals.test_moments import asked
from tests.orchestrator.approvals.test_requirement import INVOLVED, NOON, deeds, requirement, requirements, yes

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
    assert answers_worth(approval, BEFORE.digest, R1, NOON) == (given,)
    assert answers_worth(approval, ACTION.digest, R1, NOON) == ()
    assert answers_worth(approval, BEFORE.digest, R2, NOON) == ()
    assert answers_worth(approval, BEFORE.digest, R1, NOON + timedelta(days=3)) == ()
    assert answers_worth(None, BEFORE.digest, R1, NOON) == ()
    for state in set(ApprovalState) - {ApprovalState.APPROVED, ApprovalState.EDITED}:
        assert answers_worth(replace(approval, state=state), BEFORE.digest, R1, NOON) == ()
    lasting = answered(ApprovalState.APPROVED, given, on_revision="ask_again")
    assert answers_worth(lasting, BEFORE.digest, R2, NOON) == (given,)


@pytest.mark.requirement("orchestrator.approval-edits")
def test_of_what_was_changed_only_the_editor_is_heard() -> None:
    approval = answered(ApprovalState.EDITED, replace(yes("dirk"), digest=BEFORE.digest), mine())
    [fact] = facts_of(approval, answers_worth(approval, ACTION.digest, R1, NOON))
    assert (fact.approver, fact.digest, fact.edits, fact.asked_at) == ("dana", ACTION.digest, ("/amount",), NOON)
    assert answers_worth(answered(ApprovalState.EDITED, mine(withdrawn_at=NOON)), ACTION.digest, R1, NOON) == ()


@pytest.mark.requirement("orchestrator.approval-edits")
def test_an_answer_is_carried_to_where_it_counts_and_never_makes_a_question_answered() -> None:
    two = requirement({"role": "legal"}, {"role": "boss", "quorum": 2}, order="parallel")
    assert [(one.stage, one.role, one.number) for one in carried(two, [mine()], INVOLVED)] == [(1, "boss", 1)]
    assert carried(requirement({"role": "legal"}, {"role": "boss"}), [mine()], INVOLVED) == ()
    assert carried(requirement({"role": "boss"}), [mine()], INVOLVED) == ()
    assert carried(two, [replace(mine(), approver="paul")], INVOLVED) == ()
    ladder = requirement({"role": "legal", "quorum": 2}, escalate=[{"after": "1h", "role": "boss"}])
    assert carried(ladder, [mine()], INVOLVED) == ()


@pytest.mark.requirement("orchestrator.approval-quorum")
@examples(wanted=requirements, done=deeds)
def test_whatever_is_changed_in_between_all_quorums_mean_what_is_done(
    wanted: ApprovalRequirement, done: list[tuple[str, str, set[str], str | None]]
) -> None:
    """The policies that are asked here demand the same of every action, and hear what the gate lets them hear."""
    approval = replace(answered(ApprovalState.PENDING), requirement=wanted, action_digest="0")
    for moment, (deed, who, roles, stands_for) in enumerate(done):
        if deed == "withdraw":
            kept = [replace(one, withdrawn_at=NOON) if one.approver == who else one for one in approval.answers]
            approval = replace(approval, answers=tuple(kept))
            continue
        person = Person(who, frozenset(roles), None if stands_for == who else stands_for)
        seat = seat_of(wanted, approval.answers, person, INVOLVED, NEW)
        if not isinstance(seat, Seat):
            continue
        changed = "boss" in roles and "cfo" in roles  # those who may do much change something
        digest = str(moment + 1) if changed else approval.action_digest
        given = Answer(seat.stage, seat.role, who, person.roles, approved=True, at=NOON, digest=digest)
        given = replace(given, stands_for=person.stands_for, edits={"/a": moment} if changed else {})
        approval = replace(approval, answers=(*approval.answers, given))
        state = ApprovalState.EDITED if changed else ApprovalState.APPROVED
        action = ACTION.model_copy(update={"digest": digest})
        heard = answers_worth(replace(approval, state=state), action.digest, R1, NOON)
        if not unmet_stages(wanted, heard):
            break  # this is what would be done
        if changed:
            approval = replace(approval, action_digest=digest, answers=carried(wanted, heard, INVOLVED))
    else:
        return
    assert {one.digest for one in heard} == {digest}
    for number, stage in enumerate(wanted.stages):
        behind = [one for one in heard if one.stage == number]
        assert len(behind) == stage.quorum
        assert len({person for one in behind for person in one.persons}) == sum(len(one.persons) for one in behind)
