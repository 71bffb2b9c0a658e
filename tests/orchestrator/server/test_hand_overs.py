"""Hand-overs that people are asked about, over the wire: with all that a policy may take away from what passes."""

import json
from dataclasses import replace

import pytest
from google.protobuf.json_format import MessageToDict

from assent.v1 import approvals_pb2
from assent_orchestrator.approvals.approval import Approval, ApprovalKind
from assent_orchestrator.approvals.passage import Bound, Passage, Taker
from assent_orchestrator.approvals.presented import Scene
from assent_orchestrator.plan.digests import NO_KEY
from assent_orchestrator.server.translate.approval import write_approval
from assent_sidecar.decision import Decided
from assent_sidecar.facts import HandoffFacts
from tests.orchestrator.server.specimens import APPROVAL, DECIDED

TENANT = "tenants/acme"
FACTS = HandoffFacts.from_json(
    {
        "from": "reader",
        "to": "writer",
        "reason": "to note it",
        "passes": {"labels": ["internal"], "memory": ["preferences"], "ledgers": {"budget": "50"}},
        "depth": 1,
        "fan_out": 1,
        "digest": "sha256:" + "ab" * 32,
    }
)

BOUND = Bound("/text", ("steps.read.output.text", "inputs.more"), ("internal",))
TAKERS = [Taker("note", "box.put", (BOUND,)), Taker("send", "box.send")]


def asked(*less: object) -> Approval:
    """A hand-over as the inbox has it: what was presented went through the database as JSON."""
    told = DECIDED.to_json()
    told["decision"]["obligations"] = [*less]
    scene = Scene("reader", "sam", {}, NO_KEY)
    shown = Passage(FACTS, "box.put", "write", ["look"]).present(Decided.from_json(told), scene, TAKERS)
    stored = json.loads(json.dumps(shown))
    return replace(APPROVAL, id="a2", kind=ApprovalKind.HANDOFF, presented=stored, answers=())


@pytest.mark.requirement("orchestrator.handoff-approved")
@pytest.mark.parametrize(
    ("less", "told"),
    [
        ({"type": "redact", "path": "/text"}, {"redact": {"path": "/text"}}),
        (
            {"type": "redact", "path": "/text", "labels": ["pii", "secret"]},
            {"redact": {"path": "/text", "labels": ["pii", "secret"]}},
        ),
        ({"type": "entrust", "ledgers": {"budget": "5"}}, {"entrust": {"ledgers": {"budget": "5"}}}),
        ({"type": "entrust", "memory": []}, {"entrust": {"memory": {}}}),
        ({"type": "entrust", "memory": ["preferences"]}, {"entrust": {"memory": {"names": ["preferences"]}}}),
        (
            {"type": "entrust", "memory": ["preferences"], "ledgers": {"budget": "0"}},
            {"entrust": {"memory": {"names": ["preferences"]}, "ledgers": {"budget": "0"}}},
        ),
    ],
    ids=["redact", "redact by label", "ledgers", "no memory", "some memory", "both"],
)
async def test_a_hand_over_that_passes_less_is_shown_whatever_it_is_and_the_rest_of_the_inbox_with_it(wire, less, told):
    wire.approvals.open = [asked(less), APPROVAL, asked(less, less)]
    page = await wire.inbox.ListApprovals(approvals_pb2.ListApprovalsRequest(parent=TENANT), metadata=wire.auth)
    assert [one.name.rpartition("/")[2] for one in page.approvals] == ["a2", "a1", "a2"]
    shown = [MessageToDict(one.hand_over, preserving_proto_field_name=True) for one in page.approvals]
    assert [one.get("less") for one in shown] == [[told], None, [told, told]]


@pytest.mark.requirement("orchestrator.handoff-names-takers")
def test_who_takes_over_is_shown_with_what_they_are_bound_to_but_not_in_lists() -> None:
    whole, listed = write_approval(asked()), write_approval(asked(), whole=False)
    inputs = [{"argument": "/text", "sources": ["steps.read.output.text", "inputs.more"], "labels": ["internal"]}]
    assert MessageToDict(whole.hand_over)["takers"] == [
        {"step": "note", "action": "box.put", "inputs": inputs},
        {"step": "send", "action": "box.send"},
    ]
    assert not listed.hand_over.takers
    before = asked()
    del before.presented["takers"]
    assert not write_approval(before).hand_over.takers


@pytest.mark.requirement("orchestrator.handoff-names-takers")
def test_more_takers_than_an_answer_holds_are_left_out_and_nobody_can_answer() -> None:
    large = asked()
    large.presented["takers"] = [{"step": "note", "action": "x" * 4_000_000}]
    told = write_approval(large)
    assert told.arguments_omitted
    assert (told.presented_digest, list(told.hand_over.takers)) == ("", [])
