"""Decisions for agents that act themselves: the real engine, database, gRPC and HTTP, with the workspace of a test."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from grpc import aio

from assent.v1 import decisions_pb2, permits_pb2
from assent.v1.permits_pb2_grpc import DecisionServiceStub
from assent_orchestrator.app.assembly import open_app
from assent_orchestrator.app.served import server_parts
from assent_orchestrator.config import Settings
from assent_orchestrator.governance.permit import verify_permit
from assent_orchestrator.plan.action import action_digest
from assent_orchestrator.server.address import ListenError
from assent_orchestrator.server.http import listening_http
from assent_orchestrator.server.listen import ListenSettings, listening
from assent_orchestrator.server.tokens import TokenDirectory, TokenFile, new_entry

SALES = Path(__file__).parents[1] / "sidecar/workspaces/sales"
OFFER = {"id": "offer", "agent": "seller", "action": "crm.write_offer", "args": {"account": "A", "discount": 5}}
PARENT = "tenants/local"


@dataclass
class Place:
    stub: Any
    session: aiohttp.ClientSession
    url: str
    auth: tuple[tuple[str, str], ...]
    jwk: dict[str, str]

    async def decide(self, **request: Any) -> Any:
        message = ParseDict({"parent": PARENT, **request}, permits_pb2.DecideRequest())
        return await self.stub.Decide(message, metadata=self.auth)

    async def batch(self, *actions: Any) -> Any:
        message = ParseDict({"parent": PARENT, "actions": actions}, permits_pb2.DecideBatchRequest())
        return await self.stub.DecideBatch(message, metadata=self.auth)

    async def post(self, path: str, body: Any, **more: Any) -> tuple[int, Any]:
        headers = {"Authorization": self.auth[0][1], **more}
        async with self.session.post(self.url + path, json=body, headers=headers) as response:
            return response.status, await response.json()


@pytest.fixture(scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    entry = new_entry("gateway", ("submitter",))
    settings = Settings(workspace=SALES, data=tmp_path_factory.mktemp("data"))
    async with open_app(settings, os.environ) as app:
        parts = server_parts(app, TokenDirectory(TokenFile(callers=(entry,))))
        async with (
            listening(parts, ListenSettings(address="127.0.0.1:0", grace=1.0)) as server,
            listening_http(parts, "127.0.0.1:0") as http,
            aio.insecure_channel(str(server.address)) as channel,
            aiohttp.ClientSession() as session,
        ):
            auth = (("authorization", f"Bearer {entry.token}"),)
            yield Place(DecisionServiceStub(channel), session, f"http://{http}", auth, app.issuer.jwk)


def evaluation(discount: int = 5, **more: Any) -> dict[str, Any]:
    return {
        "subject": {"type": "agent", "id": "seller"},
        "action": {"name": "write_offer"},
        "resource": {"type": "system", "id": "crm", "properties": {"args": {"account": "A", "discount": discount}}},
        **more,
    }


@pytest.mark.requirement("sidecar.decide-permits", "sidecar.decide-outcome")
async def test_an_agent_asks_acts_and_reports_over_grpc(place: Place) -> None:
    answer = await place.decide(action=OFFER)
    assert answer.decision.verdict == decisions_pb2.VERDICT_ALLOW
    digest = action_digest("crm", "write_offer", {"account": "A", "discount": 5}, {"": ("untrusted",)})
    assert answer.permit.action_digest == digest
    assert verify_permit(answer.permit.token, place.jwk, digest).decision_id == answer.decision.decision_id
    outcome = permits_pb2.ReportOutcomeRequest(name=answer.permit.name, outcome=permits_pb2.PERMIT_STATE_SUCCEEDED)
    await place.stub.ReportOutcome(outcome, metadata=place.auth)
    found = await place.stub.GetPermit(permits_pb2.GetPermitRequest(name=answer.permit.name), metadata=place.auth)
    assert (found.state, found.agent, found.holder) == (permits_pb2.PERMIT_STATE_SUCCEEDED, "seller", "gateway")
    listed = permits_pb2.ListPermitsRequest(parent=PARENT, filter="state=SUCCEEDED")
    assert found in (await place.stub.ListPermits(listed, metadata=place.auth)).permits


@pytest.mark.requirement("sidecar.decide-batch")
async def test_a_batch_has_the_answers_that_each_action_has_alone(place: Place) -> None:
    offers = [{**OFFER, "id": f"o{n}", "args": {"account": "A", "discount": n}} for n in (5, 30, 60)]
    mail = {"id": "mail", "agent": "seller", "action": "email.send", "args": {"to": "x", "body": "y"}}
    answers = (await place.batch(*offers, mail)).answers
    for action, answer in zip((*offers, mail), answers, strict=True):
        alone = await place.decide(action=action)
        assert (answer.id, answer.decision.verdict) == (alone.id, alone.decision.verdict)
        assert list(answer.decision.reasons) == list(alone.decision.reasons)
        assert answer.HasField("permit") == alone.HasField("permit")
    assert len({answer.decision.revision for answer in answers}) == 1


@pytest.mark.requirement("sidecar.decide-batch")
async def test_a_thousand_actions_are_decided_at_once(place: Place) -> None:
    answers = (await place.batch(*({**OFFER, "id": f"o{n}"} for n in range(1000)))).answers
    assert all(answer.decision.verdict == decisions_pb2.VERDICT_ALLOW for answer in answers)
    assert len({answer.permit.token for answer in answers}) == 1000


@pytest.mark.requirement("sidecar.decide-authzen")
@pytest.mark.parametrize(("discount", "verdict"), [(5, "allow"), (30, "require_approval"), (60, "deny")])
async def test_authzen_gives_the_same_answer(place: Place, discount: int, verdict: str) -> None:
    status, said = await place.post("/access/v1/evaluation", evaluation(discount), **{"X-Request-ID": "x"})
    alone = await place.decide(action={**OFFER, "args": {"account": "A", "discount": discount}})
    assert (status, said["decision"]) == (200, verdict == "allow")
    assert said["context"]["verdict"] == verdict
    codes = [reason["code"] for reason in said["context"]["reasons"]]
    assert codes == [reason["code"] for reason in MessageToDict(alone.decision)["reasons"]]
    assert ("permit" in said["context"]) is alone.HasField("permit")


@pytest.mark.requirement("sidecar.decide-authzen")
async def test_authzen_evaluations_take_defaults_and_stop_where_they_are_told(place: Place) -> None:
    properties = [{"args": {"account": "A", "discount": discount}} for discount in (5, 60, 5)]
    body = evaluation() | {
        "evaluations": [{"resource": {"type": "system", "id": "crm", "properties": one}} for one in properties]
    }
    decided = {}
    for semantic in ("execute_all", "deny_on_first_deny", "permit_on_first_permit"):
        _, said = await place.post("/access/v1/evaluations", body | {"options": {"evaluations_semantic": semantic}})
        decided[semantic] = [one["decision"] for one in said["evaluations"]]
    assert decided == {
        "execute_all": [True, False, True],
        "deny_on_first_deny": [True, False],
        "permit_on_first_permit": [True],
    }
    assert (await place.post("/access/v1/evaluations", evaluation()))[1]["decision"] is True


@pytest.mark.requirement("sidecar.decide-authzen")
async def test_authzen_says_where_it_is(place: Place) -> None:
    async with place.session.get(f"{place.url}/.well-known/authzen-configuration") as response:
        said = await response.json()
    assert said["policy_decision_point"] == place.url
    assert said["access_evaluations_endpoint"] == f"{place.url}/access/v1/evaluations"


@pytest.mark.requirement("sidecar.decide-authzen")
@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        ({}, {}, 400, "INVALID_REQUEST"),
        ([], {}, 400, "INVALID_REQUEST"),
        (evaluation(action={"name": "fly"}), {}, 400, "INVALID_REQUEST"),
        (evaluation(subject={"type": "user", "id": "seller"}), {}, 400, "INVALID_REQUEST"),
        (evaluation(context={"on_behalf_of": "the-boss"}), {}, 403, "FORBIDDEN"),
        (evaluation(), {"Authorization": "Bearer no"}, 401, "UNAUTHENTICATED"),
        (evaluation(), {"Content-Type": "text/plain"}, 415, "INVALID_REQUEST"),
    ],
)
async def test_what_is_no_question_of_a_known_caller_is_refused(
    place: Place, body: Any, headers: dict[str, str], status: int, code: str
) -> None:
    found, said = await place.post("/access/v1/evaluation", body, **headers)
    assert (found, said["error"]["code"]) == (status, code)


@pytest.mark.requirement("sidecar.decide-authzen")
async def test_the_http_port_is_for_this_machine_only(place: Place) -> None:
    del place
    with pytest.raises(ListenError):
        async with listening_http(None, "0.0.0.0:0"):  # type: ignore[arg-type] # it is not looked at
            pass
