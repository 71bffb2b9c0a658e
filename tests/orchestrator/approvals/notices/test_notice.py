"""A mail has the headers that we write, and no others, whatever names of a workspace hold."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent_orchestrator.approvals.approval import ApprovalKind
from assent_orchestrator.approvals.notices.mail import mail_of
from assent_orchestrator.approvals.notices.notice import EVENTS, SENTENCES, Notice, content_of, told_of
from assent_orchestrator.audit.record import ApprovalNote, Draft
from tests.orchestrator.server.specimens import APPROVAL

HEADERS = {"from", "to", "subject", "date", "message-id", "auto-submitted", "content-type",
           "content-transfer-encoding", "mime-version"}  # fmt: skip
hostile = st.text(max_size=60) | st.sampled_from(["x\r\nBcc: mole@evil.example", "y\n\nbody", "\u2028z", "a\x00b"])


@pytest.mark.requirement("orchestrator.notices-headers")
@given(event=st.sampled_from(sorted(SENTENCES)), action=hostile, process=hostile, role=hostile, step=hostile)
def test_no_text_becomes_a_header_or_another_line(event: str, action: str, process: str, role: str, step: str):
    content = {
        "kind": "action", "action": action, "process": process, "step": step, "asked": [role], "run": "r", "until": "u",
        "look": "l",
    }  # fmt: skip
    now = datetime.now(UTC)
    notice = Notice("n1", "t", "a1", event, "mail", "dana@acme.example", content, now)
    written = message_from_bytes(bytes(mail_of(notice, "assent@acme.example")), policy=default)
    assert {name.lower() for name in written.keys()} == HEADERS  # noqa: SIM118 - a message is no mapping
    assert len(written.items()) == len(HEADERS)
    assert written["to"] == "dana@acme.example"
    assert len(written.get_content().splitlines()) == 10


@pytest.mark.requirement("orchestrator.notices-headers")
@given(place=hostile)
def test_a_mail_names_the_places_that_are_taken_away_in_one_line(place: str):
    content = {
        "kind": "action", "action": "box.put", "process": "p", "step": "s", "asked": ["boss"], "run": "r", "until": "u",
        "look": "l", "redacted": [place, "/body"],
    }  # fmt: skip
    notice = Notice("n1", "t", "a1", "approval.requested", "mail", "dana@acme.example", content, datetime.now(UTC))
    lines = message_from_bytes(bytes(mail_of(notice, "assent@acme.example")), policy=default).get_content().splitlines()
    assert len(lines) == 11
    [named] = [line for line in lines if line.startswith("without")]
    assert named.endswith(", /body")


@pytest.mark.requirement("orchestrator.handoff-names-takers", "orchestrator.notices-headers")
def test_whoever_is_asked_about_a_hand_over_is_told_for_which_steps():
    takers = {"takers": [{"step": "pay", "action": "box.put"}, {"step": "tell\nBcc: x", "action": "box.take"}]}
    handoff = replace(APPROVAL, kind=ApprovalKind.HANDOFF, presented={**APPROVAL.presented, **takers})
    now = datetime.now(UTC)
    content = content_of(draft("approval.requested"), handoff, ["boss"], now)
    assert content["takers"] == ["pay", "tell\nBcc: x"]
    notice = Notice("n1", "t", "a1", "approval.requested", "mail", "dana@acme.example", content, now)
    lines = mail_of(notice, "assent@acme.example").get_content().splitlines()
    assert "to       pay, tell Bcc: x" in lines
    assert "takers" not in content_of(draft("approval.requested"), APPROVAL, ["boss"], now)


def draft(event: str, approval: str = "a1") -> Draft:
    return Draft(event=event, approval=ApprovalNote(id=approval))


def test_an_answer_that_settles_a_question_is_told_once_and_what_is_no_approval_not_at_all():
    drafts = [draft("approval.answered"), draft("approval.approved"), draft("approval.answered", "a2")]
    told = told_of([*drafts, Draft(event="step.succeeded")])
    assert [(one.event, one.approval.id) for one in told if one.approval] == [
        ("approval.approved", "a1"),
        ("approval.answered", "a2"),
    ]


def test_every_event_that_people_are_told_is_one_of_the_trail():
    assert set(SENTENCES) <= EVENTS
