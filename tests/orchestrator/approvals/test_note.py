"""What the trail holds of an answer about work that passes: for which steps it is."""

from dataclasses import replace

import pytest

from assent_orchestrator.approvals.approval import ApprovalKind
from assent_orchestrator.approvals.note import note_answer, note_event
from assent_orchestrator.approvals.passage import Taker
from assent_orchestrator.audit.chain import GENESIS, seal
from assent_orchestrator.caller import Caller
from tests.orchestrator.server.specimens import ANSWER, APPROVAL, NOON

DORA = Caller("dora", "acme", frozenset({"sales_director"}))


@pytest.mark.requirement("orchestrator.handoff-names-takers")
@pytest.mark.parametrize(("length", "more"), [(8, 0), (63, 628)])
def test_a_record_of_an_answer_names_the_steps_that_it_holds_for_and_counts_those_without_room(length, more):
    names = [f"{'s' * (length - 4)}{number:04}" for number in range(1000)]
    takers = [Taker(name, "box.put").to_json() for name in names]
    shown = {**APPROVAL.presented, "handoff": {"from": "reader", "to": "writer"}, "takers": takers}
    asked = replace(APPROVAL, kind=ApprovalKind.HANDOFF, presented=shown)
    draft = note_answer("approval.answered", asked, DORA, ANSWER)
    seal(draft, tenant="acme", head=GENESIS, now=NOON, record_id="0199")
    told = {"from": "reader", "to": "writer", "takers": names[: 1000 - more]}
    assert draft.detail == told | ({"more_takers": more} if more else {})
    assert note_event("approval.reminded", asked, "pending").detail == {"from": "reader", "to": "writer"}


def test_an_answer_about_an_action_names_no_steps():
    assert note_answer("approval.answered", APPROVAL, DORA, ANSWER).detail is None
