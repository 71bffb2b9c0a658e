"""The card of an approval says how people answered, and of a review what is looked at."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from assent.v1 import approvals_pb2 as wire
from assent_orchestrator.cli.approval_card import answer_line, show_approval

AT = Timestamp(seconds=1767355200)
ALONE = wire.ApprovalAnswer(
    approver="dora", role="duty", approved=True, rationale="no power", answer_time=AT, break_glass=True
)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (wire.ApprovalAnswer(approver="dana", approved=False, rationale="no", answer_time=AT), "no by dana at "),
        (
            wire.ApprovalAnswer(approver="bea", on_behalf_of="dana", approved=True, answer_time=AT),
            "yes by bea for dana at ",
        ),
        (ALONE, "yes alone by dora at "),
        (
            wire.ApprovalAnswer(approver="dana", approved=True, edits=["/a", "/b"], answer_time=AT),
            "yes, with other values at /a, /b by dana at ",
        ),
    ],
)
def test_an_answer_says_who_and_how(given: wire.ApprovalAnswer, said: str) -> None:
    assert answer_line(given).startswith(said)


def test_an_answer_that_was_taken_back_says_so() -> None:
    given = wire.ApprovalAnswer(approver="dana", approved=True, rationale="ok", answer_time=AT, withdraw_time=AT)
    assert ": ok (taken back at " in answer_line(given)


@pytest.mark.requirement("orchestrator.approval-break-glass")
def test_a_review_says_who_approved_alone_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    review = wire.Approval(
        name="tenants/a/approvals/r1",
        kind=wire.APPROVAL_KIND_REVIEW,
        about="tenants/a/approvals/a1",
        reviewed=ALONE,
        state=wire.APPROVAL_STATE_PENDING,
        on_no="stops",
    )
    show_approval(review)
    card = capsys.readouterr().out
    assert "reviews    approval a1" in card
    assert "yes alone by dora" in card
    assert "no power" in card
    assert "nothing is undone" in card
    assert "the run stops" not in card
