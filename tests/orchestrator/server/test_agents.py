from typing import Any

import pytest

from assent.v1 import agents_pb2
from assent.v1.agents_pb2_grpc import AgentServiceStub
from tests.orchestrator.server.conftest import Wire, refusal
from tests.orchestrator.server.specimens import DIGEST

NAME = "tenants/acme/agents/desk"


def agents(opened: Wire) -> Any:
    return AgentServiceStub(opened.channel)


@pytest.mark.requirement("cli.agents")
async def test_an_agent_is_shown_with_all_that_people_decided_of_it(wire: Wire) -> None:
    found = await agents(wire).GetAgent(agents_pb2.GetAgentRequest(name=NAME), metadata=wire.auth)
    assert found == agents_pb2.Agent(
        name=NAME,
        title="Gives money back",
        owner="olga",
        department="service",
        systems=["shop", "mail"],
        may=["shop.refund", "shop.get_order", "mail.send"],
        hands_over_to=["bank"],
        takes_over_from=["reception"],
        limits=agents_pb2.AgentLimits(hand_overs=100, depth=2, fan_out=10, actions=1000),
        processes=["refund"],
        revision=DIGEST,
        called_as=["front"],
        called_from=[agents_pb2.AgentCall(process="sale", step="ask", action="front.ask", undoing=True)],
    )
    request = agents_pb2.ListAgentsRequest(parent="tenants/acme")
    assert list((await agents(wire).ListAgents(request, metadata=wire.auth)).agents) == [found]


@pytest.mark.requirement("cli.agents")
@pytest.mark.parametrize("name", ["tenants/acme/agents/other", "tenants/other/agents/desk"])
async def test_what_there_is_not_or_is_another_tenants_is_not_found(wire: Wire, name: str) -> None:
    call = agents(wire).GetAgent(agents_pb2.GetAgentRequest(name=name), metadata=wire.auth)
    assert (await refusal(call)).code == "NOT_FOUND"
