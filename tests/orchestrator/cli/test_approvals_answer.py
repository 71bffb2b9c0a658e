"""What an answer is beside a yes or no to what is shown, before it is given."""

from typing import Any

import pytest
from google.protobuf.json_format import ParseDict

from assent.v1 import approvals_pb2 as wire
from assent_orchestrator.cli.approvals_answer import changes_beside

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
