"""Approvals are sought and followed over the wire."""

from dataclasses import replace
from typing import Any

import pytest

from assent.v1 import approvals_pb2
from assent_orchestrator.approvals.approval import ApprovalKind
from assent_orchestrator.approvals.sought import Sought
from assent_orchestrator.server.translate.approval import write_approval
from tests.orchestrator.server.conftest import refusal
from tests.orchestrator.server.specimens import APPROVAL

TENANT = "tenants/acme"


@pytest.mark.requirement("orchestrator.approvals-listed")
@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("role=boss AND kind=REVIEW", Sought(role="boss", kind=ApprovalKind.REVIEW)),
        ("age>2h", Sought(over=7200.0)),
        ("age > 30m AND age<7d AND process=pay", Sought(over=1800.0, under=604800.0, process="pay")),
        ("", Sought()),
    ],
)
async def test_approvals_are_sought_by_role_state_process_age_and_kind(wire, text, sought):
    await wire.inbox.ListApprovals(approvals_pb2.ListApprovalsRequest(parent=TENANT, filter=text), metadata=wire.auth)
    assert wire.approvals.calls[-1][2] == sought


@pytest.mark.parametrize(
    "text", ["age>soon", "age=2h", "age>1h AND age>2h", "run>1h", "age>", "kind=DREAM", "role", "age>>1h", "<2h"]
)
async def test_a_filter_that_makes_no_sense_is_refused(wire, text):
    call = wire.inbox.ListApprovals(approvals_pb2.ListApprovalsRequest(parent=TENANT, filter=text), metadata=wire.auth)
    assert (await refusal(call)).code == "INVALID_ARGUMENT"


async def test_who_follows_approvals_gets_what_is_open_where_to_go_on_and_what_happens(wire):
    call = wire.inbox.WatchApprovals(
        approvals_pb2.WatchApprovalsRequest(parent=TENANT, filter="role=boss", after_seq=4), metadata=wire.auth
    )
    there, beat, changed = [event async for event in call]
    assert (there.seq, there.event, there.approval.name) == (0, "", f"{TENANT}/approvals/a1")
    assert (beat.heartbeat, beat.seq, beat.HasField("approval")) == (True, 5, False)
    assert (changed.seq, changed.event) == (7, "approval.approved")
    assert changed.approval.state == approvals_pb2.APPROVAL_STATE_APPROVED
    assert wire.approvals.calls[-1][2:] == (Sought(role="boss"), 4)
    changing = approvals_pb2.WatchApprovalsRequest(parent=TENANT, filter="state=PENDING")
    refused = await refusal(wire.inbox.WatchApprovals(changing, metadata=wire.auth).read())
    assert refused.code == "INVALID_ARGUMENT"


@pytest.mark.requirement("orchestrator.approvals-lists-are-short")
async def test_arguments_that_cannot_travel_are_left_out_and_take_nothing_with_them(wire):
    deep: Any = "x"
    for _ in range(40):
        deep = [deep]
    changes = [{"pointer": "/a", "before": 1, "after": deep}]
    odd = replace(APPROVAL, id="a2", presented={**APPROVAL.presented, "args": {"a": deep}, "changes": changes})
    wire.approvals.open = [odd, APPROVAL]
    page = await wire.inbox.ListApprovals(approvals_pb2.ListApprovalsRequest(parent=TENANT), metadata=wire.auth)
    assert [(one.arguments_omitted, one.presented_digest) for one in page.approvals] == [
        (True, ""),
        (False, APPROVAL.presented_digest),
    ]
    assert write_approval(odd).arguments_omitted
