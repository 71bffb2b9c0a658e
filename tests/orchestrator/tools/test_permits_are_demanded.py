from datetime import timedelta

import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from assent_orchestrator.clock import utc_now
from assent_orchestrator.governance.permit import PermitError, verify_permit
from assent_orchestrator.tools.outcome import Success
from assent_orchestrator.tools.server import ToolServers
from tests.orchestrator.tools.actions import ISSUER, permit_for, update
from tests.orchestrator.tools.tool_server import Tools

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.requirement("orchestrator.tool-call-demands-permit")
async def test_a_permit_for_another_action_is_worth_nothing(tools: Tools, servers: ToolServers) -> None:
    with pytest.raises(PermitError, match="another action"):
        await servers.invoke(permit_for(update(account="OTHER")), update(), tool_server="company", timeout=5)
    assert not tools.asked


@pytest.mark.requirement("orchestrator.tool-call-demands-permit")
async def test_an_expired_permit_is_worth_nothing(tools: Tools, servers: ToolServers) -> None:
    permit = permit_for(update(), utc_now() - timedelta(hours=1))
    with pytest.raises(PermitError, match="expired"):
        await servers.invoke(permit, update(), tool_server="company", timeout=5)
    assert not tools.asked


@pytest.mark.requirement("orchestrator.tool-call-demands-permit")
async def test_an_action_that_only_claims_the_permitted_digest_is_not_performed(
    tools: Tools, servers: ToolServers
) -> None:
    action = update()
    forged = action.model_copy(update={"args": {"account": "OTHER"}})
    with pytest.raises(PermitError, match="not what its digest says"):
        await servers.invoke(permit_for(action), forged, tool_server="company", timeout=5)
    assert not tools.asked


@pytest.mark.requirement("orchestrator.tool-call-demands-permit")
async def test_the_tool_server_gets_all_it_needs_to_verify(tools: Tools, servers: ToolServers) -> None:
    action = update(account="ACME", seats=12, rate=0.5, tags=["a", None, True])
    parent = SpanContext(int(TRACE, 16), 0x00F067AA0BA902B7, is_remote=True, trace_flags=TraceFlags(1))
    with trace.use_span(NonRecordingSpan(parent)):
        answer = await servers.invoke(permit_for(action), action, tool_server="company", timeout=5)
    assert answer == Success(action.args)
    assert isinstance(answer, Success)
    assert isinstance(answer.result["seats"], int)
    [request] = tools.asked
    claims = verify_permit(request.permit, ISSUER.jwk, action.digest, idempotency_key=request.idempotency_key)
    assert claims.action == "crm.update"
    assert request.action_digest == action.digest
    assert {key: list(value.labels) for key, value in request.labels.items()} == {"/account": ["untrusted"]}
    assert 0 < request.deadline.ToDatetime(utc_now().tzinfo).timestamp() - utc_now().timestamp() <= 5
    assert TRACE in request.traceparent
    assert tools.metadata[0]["traceparent"] == request.traceparent
