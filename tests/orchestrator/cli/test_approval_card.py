"""The card of an approval says how people answered, of a review what is looked at, of a work item what failed."""

import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.timestamp_pb2 import Timestamp

from assent.v1 import approvals_pb2 as wire
from assent.v1 import decisions_pb2, runs_pb2
from assent_orchestrator.cli.approval_card import answer_line, asked_line, needs_line, show_approval

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


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ({"code": "A", "message": "too much", "control": "FIN-1", "rule": "Much"}, "under the control FIN-1: Much"),
        ({"code": "A", "message": "Much", "control": "FIN-1", "rule": "Much"}, "under the control FIN-1"),
        ({"code": "A", "message": "too much", "rule": "Much"}, "by the rule: Much"),
    ],
)
def test_a_reason_says_under_which_control_it_asks(
    reason: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show_approval(wire.Approval(reasons=[ParseDict(reason, decisions_pb2.Reason())]))
    assert said in [line.strip() for line in capsys.readouterr().out.splitlines()]


def test_a_card_says_which_controls_rules_held_under_that_no_reason_names(capsys: pytest.CaptureFixture[str]) -> None:
    show_approval(wire.Approval(controls=["FIN-1", "OPS-2"]))
    assert "  also under FIN-1, OPS-2" in capsys.readouterr().out.splitlines()


@pytest.mark.requirement("orchestrator.approvals-how-far")
def test_a_list_says_how_far_each_stage_is() -> None:
    stages = [{"role": "lead", "quorum": 2}, {"role": "cfo", "quorum": 1}]
    asked = wire.Approval(requirement=ParseDict({"stages": stages}, decisions_pb2.ApprovalRequirement()))
    assert needs_line(asked) == "lead 0/2, cfo"
    yes = wire.ApprovalAnswer(stage=0, approver="ada", approved=True, answer_time=AT)
    taken_back = wire.ApprovalAnswer(stage=0, approver="bob", approved=True, answer_time=AT, withdraw_time=AT)
    no = wire.ApprovalAnswer(stage=0, approver="eve", approved=False, answer_time=AT)
    asked.answers.extend([yes, taken_back, no])
    assert needs_line(asked) == "lead 1/2, cfo"
    asked.answers.add(stage=1, approver="cora", approved=True)
    assert needs_line(asked) == "lead 1/2, cfo 1/1"


def test_an_answer_that_was_taken_back_says_so() -> None:
    given = wire.ApprovalAnswer(approver="dana", approved=True, rationale="ok", answer_time=AT, withdraw_time=AT)
    assert ": ok (taken back at " in answer_line(given)


@pytest.mark.requirement("orchestrator.approvals-shown", "orchestrator.approvals-difference")
def test_the_card_fits_a_narrow_terminal_and_breaks_no_digest(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    digest = f"sha256:{'ab' * 32}"
    said = {
        "arguments": {"amount": 60, "note": "Dear Ada,\n" + "yours " * 30},
        "labels": {"/amount": {"labels": ["untrusted"]}, "/account/iban": {"labels": ["pii"]}},
        "masked": ["/account/iban"],
        "redacted": ["/account/iban", "/note"],
        "sources": {"/amount": {"sources": ["edit"]}, "/note": {"sources": ["inputs.name", "steps.a.output"]}},
        "changes": [
            {"pointer": "/amount", "before": 100, "after": 60},
            {"pointer": "/account/iban"},
            {"pointer": "/new", "after": True},
            {"pointer": "/old", "before": "x"},
            {"pointer": "/note", "before": "a\nb", "after": "c"},
        ],
        "so_far": [{"step": "look", "action": "box.get", "state": "STEP_STATE_SUCCEEDED"}],
        "more_so_far": 7,
        "on_yes": ["tell", "file"],
        "more_on_yes": 2,
        "on_no": "compensates: b, a",
        "costs": [
            {"ledger": "budget", "amount": "60", "unit": "EUR", "spent": "1", "reserved": "2", "limit": "100"},
            {"ledger": "other", "amount": "1"},
        ],
        "action_digest": digest,
        "presented_digest": digest,
        "revision": digest,
    }
    show_approval(ParseDict(said, wire.Approval()))
    card = capsys.readouterr().out
    lines = card.splitlines()
    assert [line for line in lines if len(line) > 80] == []
    assert sum(digest in line for line in lines) == 3
    for text in (
        "amount  60  [untrusted]  from an approver's edit",
        "/account/iban  is not shown  [pii]",
        "/account/iban  is taken away, or some of it, before it is done",
        "/note  is taken away before it is done",
        "changed    /amount was 100 and is 60",
        "/account/iban is another one, and not shown",
        "/new is new: true",
        "/old is gone; it was x",
        "takes      60 EUR of the ledger budget (1 of 100 spent, 2 reserved)",
        "1 of the ledger other",
        "so far     7 steps before these",
        "look  box.get  succeeded",
        "on yes     it is done; then tell, file and 2 more",
        "on no      the run stops, and undoes: b, a",
    ):
        assert text in card, card
    at = next(number for number, line in enumerate(lines) if line.endswith("/note was"))
    assert [line.strip() for line in lines[at + 1 : at + 5]] == ["a", "│ b", "and is", "c"]


@pytest.mark.requirement("orchestrator.approval-break-glass")
def test_a_review_says_who_approved_alone_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    review = wire.Approval(
        name="tenants/a/approvals/r1",
        kind=wire.APPROVAL_KIND_REVIEW,
        about="tenants/a/approvals/a1",
        reviewed=ALONE,
        state=wire.APPROVAL_STATE_PENDING,
        on_no="stops",
        requirement=decisions_pb2.ApprovalRequirement(
            stages=[decisions_pb2.ApprovalStage(role="auditor", quorum=1)],
            on_expiry=decisions_pb2.ApprovalRequirement.EXPIRY_DENY,
        ),
    )
    show_approval(review)
    card = capsys.readouterr().out
    assert "reviews    approval a1" in card
    assert "yes alone by dora" in card
    assert "no power" in card
    assert "nothing is undone" in card
    assert "1 x auditor" in card
    assert "the run stops" not in card
    assert "without an answer in time" not in card


BOUND = [
    {"argument": "/text", "sources": ["steps.read.output.text", "inputs.more"], "labels": ["privileged"]},
    {"argument": "for_each", "sources": ["inputs.all"]},
]


@pytest.mark.requirement("orchestrator.handoff-approved")
@pytest.mark.parametrize(
    ("reason", "origins", "how"),
    [("next", ["read", "sum"], "step note takes over from read, sum"), ("call", [], "step note calls its service")],
)
def test_a_hand_over_says_who_passes_what_to_whom(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, reason: str, origins: list[str], how: str
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    over = {
        "source": "legal",
        "target": "finance",
        "reason": reason,
        "origins": origins,
        "labels": ["privileged", "pii"],
        "ledgers": {"budget": "60"},
        "less": [{"entrust": {"ledgers": {"budget": "5"}}}, {"redact": {"path": "/read/names"}}],
        "depth": 2,
        "takers": [
            {"step": "note", "action": "books.post", "inputs": BOUND},
            {"step": "remind", "action": "mail.send"},
        ],
    }
    said = {
        "kind": "APPROVAL_KIND_HANDOFF",
        "step": "note",
        "agent": "legal",
        "action": "books.post",
        "on_yes": ["note"],
    }
    asked = ParseDict({**said, "hand_over": over}, wire.Approval())
    assert asked_line(asked) == "legal hands over to finance"
    show_approval(asked)
    card = capsys.readouterr().out
    for text in (
        f"hand-over  legal to finance ({reason}, depth 2): {how}",
        "passes     labels privileged, pii; memory none",
        "budget has 60 left",
        "but        ",
        "/read/names",
        "to         note    books.post",
        "             /text  from steps.read.output.text, inputs.more  [privileged]",
        "             for_each  from inputs.all",
        "           remind  mail.send",
        "on yes     the work passes to note, remind, and to no other step; then each is asked about by itself",
    ):
        assert text in card, card
    assert "  with" not in card.splitlines()


@pytest.mark.requirement("orchestrator.work-items-shown")
def test_a_work_item_says_what_failed_and_what_follows_from_each_choice(capsys: pytest.CaptureFixture[str]) -> None:
    said = {
        "name": "tenants/a/approvals/w1",
        "kind": "APPROVAL_KIND_WORK_ITEM",
        "state": "APPROVAL_STATE_PENDING",
        "requirement": {"stages": [{"role": "manager"}]},
        "work_item": {
            "state": "STEP_STATE_AWAITING_CHOICE",
            "code": "NO_ROOM",
            "message": "the box is full",
            "attempts": 3,
            "choices": ["CHOICE_RETRY", "CHOICE_SKIP"],
            "otherwise": "fail",
        },
    }
    show_approval(ParseDict(said, wire.Approval()))
    card = capsys.readouterr().out
    for text in (
        "because    it failed: NO_ROOM, tried 3 times\n             the box is full",
        "needs      a choice of manager",
        "choose     retry  it is tried once more, if the policies allow it\n",
        "             skip   the run goes on without it\n",
        "otherwise  it fails, and the run with it",
    ):
        assert text in card, card
    # No policy said which arguments to mask, nobody is asked to say yes, and nothing is denied.
    for text in ("  with", "on yes", "on no", "denied"):
        assert text not in card, card


@pytest.mark.requirement("orchestrator.work-items-shown")
def test_a_work_item_of_what_is_unknown_stays_until_somebody_says(capsys: pytest.CaptureFixture[str]) -> None:
    item = wire.WorkItem(
        state=runs_pb2.STEP_STATE_UNKNOWN, code="NO_LOOKUP", attempts=1, choices=[wire.WorkItem.CHOICE_RECONCILE]
    )
    show_approval(wire.Approval(name="tenants/a/approvals/w1", kind=wire.APPROVAL_KIND_WORK_ITEM, work_item=item))
    card = capsys.readouterr().out
    assert "because    nobody knows what became of it: NO_LOOKUP, tried once" in card
    assert "choose     reconcile  you say what became of it" in card
    assert "otherwise  it stays unknown until somebody says what became of it" in card
