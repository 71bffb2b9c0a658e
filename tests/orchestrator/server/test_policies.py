"""The policies over the wire."""

from typing import Any

import pytest

from assent.v1 import policies_pb2
from assent.v1.policies_pb2_grpc import PolicyServiceStub
from tests.orchestrator.server.conftest import Wire, refusal
from tests.orchestrator.server.policies import WAITING
from tests.orchestrator.server.specimens import DIGEST

NAME = "tenants/acme/policyStatus"


def policies(opened: Wire) -> Any:
    return PolicyServiceStub(opened.channel)


async def test_callers_are_told_how_the_policies_are(wire: Wire) -> None:
    request = policies_pb2.GetPolicyStatusRequest(name=NAME)
    found = await policies(wire).GetPolicyStatus(request, metadata=wire.auth)
    assert (found.name, found.active.revision, found.active.sequence, found.active.author) == (NAME, DIGEST, 7, "ada")
    assert (found.activation.actor, found.activation.reason) == ("carla", "reviewed")
    assert found.activation.cause == policies_pb2.ACTIVATION_CAUSE_NAMED
    assert (found.waiting.revision, found.waiting.author) == (WAITING, "bob")
    [one] = found.waiting.rehearsal.differences
    assert (one.case, one.before, one.after) == ("a refund", "allow GRANTED", "deny TOO_MUCH")
    assert dict(found.waiting.rehearsal.passed) == {"tests": 3, "cases": 2}
    assert (list(found.kept_revisions), found.automatic, found.two_persons) == ([WAITING, DIGEST], False, True)


async def test_policies_are_activated_and_rolled_back_with_what_the_caller_said(wire: Wire) -> None:
    said = {"name": NAME, "revision": WAITING, "reason": "why", "request_id": "r"}
    await policies(wire).ActivatePolicy(policies_pb2.ActivatePolicyRequest(**said), metadata=wire.auth)
    await policies(wire).RollBackPolicy(policies_pb2.RollBackPolicyRequest(**said), metadata=wire.auth)
    assert wire.policies.calls == [
        ("activate", "sales-bot", WAITING, "why", "r"),
        ("roll_back", "sales-bot", WAITING, "why", "r"),
    ]


@pytest.mark.parametrize(
    ("request_", "field"),
    [({"revision": "latest", "reason": "why"}, "revision"), ({"revision": WAITING}, "reason")],
)
async def test_what_is_missing_is_named(wire: Wire, request_: dict[str, str], field: str) -> None:
    request = policies_pb2.ActivatePolicyRequest(name=NAME, **request_)
    refused = await refusal(policies(wire).ActivatePolicy(request, metadata=wire.auth))
    assert refused.code == "INVALID_ARGUMENT"
    assert field in str(refused.status)
    assert wire.policies.calls == []


async def test_another_tenants_name_is_unknown(wire: Wire) -> None:
    request = policies_pb2.GetPolicyStatusRequest(name="tenants/other/policyStatus")
    assert (await refusal(policies(wire).GetPolicyStatus(request, metadata=wire.auth))).code == "NOT_FOUND"
