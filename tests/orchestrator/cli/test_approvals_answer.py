"""What an answer is beside a yes or no to what is shown, before it is given."""

from typing import Any

import pytest
from google.protobuf.json_format import ParseDict

from assent.v1 import approvals_pb2 as wire
from assent_orchestrator.cli.approvals_answer import changes_beside, what_follows

SHOWN = {
    "arguments": {"amount": 100, "to": {"name": "ACME"}},
    "requirement": {"break_glass": {"roles": ["cfo"], "review": {"role": "auditor"}}},
}


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ({}, []),
        ({"edits": {"/amount": 60}}, ["/amount is to be 60 instead of 100"]),
        ({"edits": {"/to/name": "EVIL"}}, ['/to/name is to be "EVIL" instead of "ACME"']),
        ({"edits": {"/none": None}}, ["/none is to be null"]),
        ({"edits": {"none": 1, "/amount/x": 2}}, ["/amount/x is to be 2", "none is to be 1"]),
        ({"on_behalf_of": "dana"}, ["you answer in place of dana"]),
        ({"break_glass": True}, ["you say yes alone, without the others; auditor reviews it afterwards"]),
    ],
)
def test_everything_that_goes_with_an_answer_is_said(given: dict[str, Any], lines: list[str]) -> None:
    shown = ParseDict(SHOWN, wire.Approval())
    assert list(changes_beside(shown, ParseDict(given, wire.DecideApprovalRequest()))) == lines


STAGES = {"stages": [{"role": "director", "quorum": 2}, {"role": "cfo", "quorum": 1, "substitutes": ["ceo"]}]}
YES = {"approved": True, "stage": 0}


@pytest.mark.parametrize(
    ("state", "answers", "lines"),
    [
        ("PENDING", [YES], ["still needed: 1 x director", "still needed: 1 x cfo or ceo"]),
        ("PENDING", [YES, YES], ["still needed: 1 x cfo or ceo"]),
        (
            "PENDING",
            [{**YES, "withdrawTime": "2026-03-02T12:00:00Z"}],
            ["still needed: 2 x director", "still needed: 1 x cfo or ceo"],
        ),
        ("APPROVED", [YES, YES, {"approved": True, "stage": 1}], []),
        ("REJECTED", [{"stage": 0}], []),
    ],
)
def test_who_is_still_needed_is_said(state: str, answers: list[dict[str, Any]], lines: list[str]) -> None:
    after = {
        "state": f"APPROVAL_STATE_{state}",
        "kind": "APPROVAL_KIND_ACTION",
        "requirement": STAGES,
        "answers": answers,
    }
    assert list(what_follows(ParseDict(after, wire.Approval()))) == lines


def test_who_changed_something_is_told_that_it_is_decided_anew() -> None:
    [line] = what_follows(ParseDict({"state": "APPROVAL_STATE_EDITED"}, wire.Approval()))
    assert "is asked anew" in line
