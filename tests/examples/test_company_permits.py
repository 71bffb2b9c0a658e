import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assent.tool.v1 import tools_pb2
from assent_orchestrator.governance.permit import Permit, PermitIssuer
from assent_orchestrator.plan.action import make_action
from assent_orchestrator.plan.label import names
from assent_orchestrator.tools.outcome import Success
from assent_orchestrator.tools.server import ToolServers
from assent_sidecar.facts import Action
from company.accounts import FLOWS
from tests.examples.programs import Company, company, failure, request

ARGS: dict[str, Any] = {"account": FLOWS, "recipient": "ines-albrecht", "message": "Done"}
ACTION = make_action("tasks.notify", "write", ARGS, {"/account": ["untrusted"]})
REFUSED = ("PERMIT_REFUSED", False, "none")


@pytest.fixture(scope="module")
def issuer() -> PermitIssuer:
    return PermitIssuer.generate()


@pytest.fixture(scope="module")
async def demanding(tmp_path_factory: pytest.TempPathFactory, issuer: PermitIssuer) -> AsyncIterator[Company]:
    """A company that does nothing without a permit."""
    folder: Path = tmp_path_factory.mktemp("demanding")
    key = folder / "permit-key.json"
    key.write_text(json.dumps(issuer.jwk), "utf-8")
    async with company(folder / "data", "127.0.0.1:1", "--permit-key", str(key), "--tenant", "sales") as opened:
        yield opened


def permit(
    issuer: PermitIssuer, key: str, *, action: Action = ACTION, now: datetime | None = None, tenant: str = "sales"
) -> Permit:
    return issuer.issue(
        tenant=tenant,
        action_digest=action.digest,
        action=f"{action.system}.{action.operation}",
        decision_id="decision",
        run="run",
        step="notify",
        attempt=1,
        idempotency_key=key,
        labels=names(action.labels),
        now=now or datetime.now(UTC),
    )


def call(token: str, key: str, **changes: Any) -> tools_pb2.InvokeRequest:
    made = request("tasks.notify", {**ARGS, **changes}, key)
    made.labels["/account"].CopyFrom(tools_pb2.LabelSet(labels=["untrusted"]))
    made.permit = token
    made.action_digest = ACTION.digest
    return made


@pytest.mark.requirement("example.permits")
async def test_what_was_permitted_is_done_and_only_once(demanding: Company, issuer: PermitIssuer) -> None:
    asked = call(permit(issuer, "once").token, "once")
    assert (await demanding.ask(asked)).HasField("result")
    assert failure(await demanding.ask(asked)) == REFUSED


async def test_another_attempt_with_a_permit_of_its_own_gets_the_first_answer(
    demanding: Company, issuer: PermitIssuer
) -> None:
    first = await demanding.ask(call(permit(issuer, "retry").token, "retry"))
    second = await demanding.ask(call(permit(issuer, "retry").token, "retry"))
    assert first.result == second.result


@pytest.mark.requirement("example.permits")
async def test_without_a_permit_nothing_is_done(demanding: Company) -> None:
    assert failure(await demanding.ask(call("", "none"))) == REFUSED
    assert failure(await demanding.ask(call("a.b.c", "none"))) == REFUSED
    assert (await demanding.look_up("tasks.notify", "none")).state == tools_pb2.LOOKUP_STATE_NOT_DONE


@pytest.mark.requirement("example.permits")
async def test_a_permit_of_somebody_else_is_worth_nothing(demanding: Company) -> None:
    forged = permit(PermitIssuer.generate(), "forged").token
    assert failure(await demanding.ask(call(forged, "forged"))) == REFUSED


@pytest.mark.requirement("example.permits", "orchestrator.tenants-own-permits")
async def test_a_permit_of_another_tenant_is_worth_nothing(demanding: Company, issuer: PermitIssuer) -> None:
    """It may have a system of the same name, and policies of its own that allow everything there."""
    asked = call(permit(issuer, "theirs", tenant="legal").token, "theirs")
    assert failure(await demanding.ask(asked)) == REFUSED


@pytest.mark.requirement("example.permits")
async def test_a_permit_is_good_for_exactly_its_arguments(demanding: Company, issuer: PermitIssuer) -> None:
    # The request still claims the digest that was permitted; what counts is what is really asked.
    asked = call(permit(issuer, "other").token, "other", message="Something else")
    assert failure(await demanding.ask(asked)) == REFUSED


async def test_a_permit_is_good_for_exactly_its_effect(demanding: Company, issuer: PermitIssuer) -> None:
    assert failure(await demanding.ask(call(permit(issuer, "a-key").token, "another-key"))) == REFUSED


async def test_a_permit_expires(demanding: Company, issuer: PermitIssuer) -> None:
    old = permit(issuer, "old", now=datetime.now(UTC) - timedelta(minutes=10))
    assert failure(await demanding.ask(call(old.token, "old"))) == REFUSED


@pytest.mark.requirement("example.permits")
async def test_the_orchestrators_own_client_is_understood(demanding: Company, issuer: PermitIssuer) -> None:
    servers = ToolServers({"company": demanding.program.address})
    try:
        usage = make_action("product_analytics.get_usage", "read", {"account": FLOWS}, {"/account": ["untrusted"]})
        for action in (usage, ACTION):
            granted = permit(issuer, f"client-{action.system}", action=action)
            answer = await servers.invoke(granted, action, tool_server="company", timeout=10)
            assert isinstance(answer, Success), answer
        found = await servers.lookup("client-tasks", ACTION, tool_server="company", timeout=10)
        assert found.status == "done"
    finally:
        await servers.close()
