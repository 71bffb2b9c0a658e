"""Delegations over the wire."""

from datetime import timedelta
from typing import Any

import pytest

from assent.v1 import delegations_pb2
from assent.v1.delegations_pb2_grpc import DelegationServiceStub
from assent_orchestrator.approvals.delegation import DelegationState
from assent_orchestrator.approvals.delegations import Handing
from tests.orchestrator.server.conftest import Wire, refusal
from tests.orchestrator.server.specimens import NOON

TENANT = "tenants/acme"
NAME = "tenants/acme/delegations/d1"


def delegations(opened: Wire) -> Any:
    return DelegationServiceStub(opened.channel)


def handed(**values: Any) -> delegations_pb2.Delegation:
    asked = {"taker": "bea", "roles": ["director"], "reason": "away"} | values
    made = delegations_pb2.Delegation(**asked)
    made.expire_time.FromDatetime(NOON + timedelta(days=7))
    return made


async def test_a_delegation_is_the_callers_own_whatever_the_request_says(wire: Wire) -> None:
    asked = handed(processes=["renewal"], giver="the-boss")
    request = delegations_pb2.CreateDelegationRequest(parent=TENANT, delegation=asked, request_id="r-1")
    made = await delegations(wire).CreateDelegation(request, metadata=wire.auth)
    assert (made.name, made.state) == (NAME, delegations_pb2.DELEGATION_STATE_IN_FORCE)
    [(call, caller, handing)] = wire.lent.calls
    assert (call, caller.id) == ("create", "sales-bot")
    assert handing == Handing("bea", ("director",), ("renewal",), "away", NOON + timedelta(days=7), "r-1")


async def test_delegations_are_listed_shown_and_revoked(wire: Wire) -> None:
    request = delegations_pb2.ListDelegationsRequest(
        parent=TENANT, filter="state=IN_FORCE AND giver=dana AND taker=bea", page_size=7, page_token="x"
    )
    page = await delegations(wire).ListDelegations(request, metadata=wire.auth)
    assert ([one.name for one in page.delegations], page.next_page_token) == ([NAME], "more")
    wanted = {"state": DelegationState.IN_FORCE, "giver": "dana", "taker": "bea", "size": 7, "token": "x"}
    assert wire.lent.calls[-1][2] == wanted
    found = await delegations(wire).GetDelegation(delegations_pb2.GetDelegationRequest(name=NAME), metadata=wire.auth)
    assert (found.giver, found.taker, list(found.roles)) == ("dana", "bea", ["director"])
    ended = await delegations(wire).RevokeDelegation(
        delegations_pb2.RevokeDelegationRequest(name=NAME), metadata=wire.auth
    )
    assert (ended.state, ended.revoker) == (delegations_pb2.DELEGATION_STATE_REVOKED, "olga")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"taker": ""}, "delegation.taker"),
        ({"taker": "bea lee"}, "delegation.taker"),
        ({"roles": []}, "delegation.roles"),
        ({"roles": ["a", "a"]}, "delegation.roles"),
        ({"reason": ""}, "delegation.reason"),
        ({"processes": [""]}, "delegation.processes[0]"),
    ],
)
async def test_what_says_too_little_is_refused_with_its_field(wire: Wire, values: Any, field: str) -> None:
    request = delegations_pb2.CreateDelegationRequest(parent=TENANT, delegation=handed(**values))
    refused = await refusal(delegations(wire).CreateDelegation(request, metadata=wire.auth))
    assert refused.code == "INVALID_ARGUMENT"
    assert field in str(refused.status)
    assert wire.lent.calls == []


async def test_another_tenants_delegations_are_nobodys(wire: Wire) -> None:
    elsewhere = delegations_pb2.GetDelegationRequest(name="tenants/other/delegations/d1")
    assert (await refusal(delegations(wire).GetDelegation(elsewhere, metadata=wire.auth))).code == "NOT_FOUND"
