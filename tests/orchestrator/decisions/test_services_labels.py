"""What a service may know goes with what it asks for, whichever way it asks, and however often it is called again."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import jwt
import pytest

from assent_orchestrator.caller import Role
from assent_orchestrator.decisions.request import DecisionRequest, Wish
from assent_orchestrator.governance.mandate import UnderPermitInvalidError, UnderPermitOverError
from assent_orchestrator.governance.permit import verify_permit
from assent_orchestrator.plan.action import action_digest, plain_digest
from assent_orchestrator.plan.digests import KEYED
from assent_orchestrator.plan.label import join
from assent_orchestrator.server.authzen import read_evaluation, read_evaluations
from assent_orchestrator.tools.outcome import Failure
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.question import Question
from tests.orchestrator.decisions.services import Firm, declared_with, open_firm, without

GIVEN = {"text": {"$ref": "inputs.text"}}
CONFIDENTIAL = {"inputs": {"text": "a"}, "labels": {"/text": ("confidential",)}}
BOTH = ("confidential", "untrusted")
PINS = Memory.from_json(
    {"classes": {"pins": {"retention": "never", "purpose": "to pay", "owner": "it", "labels": ["pin"]}}}
)


def declared(**more: Any) -> Catalogue:
    return declared_with(args=GIVEN, **more)


def last(firm: Firm) -> Question:
    return firm.world.decisions.asked[-1]


def names_of(question: Question) -> list[tuple[str, ...]]:
    one = [question.action] if question.action is not None else []
    return [action.labels[""] for action in (*one, *(each.action for each in question.actions))]


@pytest.mark.requirement("orchestrator.services-labels")
async def test_each_action_of_a_batch_carries_what_the_service_knows(database, listener, fresh_tenant) -> None:
    async with open_firm(database, listener, fresh_tenant, declared()) as firm:
        run, call = await firm.begin(**CONFIDENTIAL)
        assert without(await firm.ask_many(call.permit.token, "allow", "deny")) == ["allow", "NO"]
        assert names_of(last(firm)) == [BOTH, BOTH]
        under = last(firm).under
        assert under is not None
        assert under.labels == BOTH
        await firm.end(run, call)


@pytest.mark.requirement("orchestrator.services-labels")
async def test_so_does_what_is_asked_in_the_words_of_authzen(database, listener, fresh_tenant) -> None:
    async with open_firm(database, listener, fresh_tenant, declared()) as firm:
        run, call = await firm.begin(**CONFIDENTIAL)
        whole = {
            "subject": {"type": "agent", "id": "writer"},
            "resource": {"type": "system", "id": "box", "properties": {"args": {"to": "x"}}},
            "action": {"name": "put"},
            "context": {"under_permit": call.permit.token},
        }
        one = read_evaluation(json.dumps(whole).encode())
        several = read_evaluations(json.dumps({**whole, "evaluations": [{}, {}]}).encode())
        for asked, count in ((one, 1), (several, 2)):
            await firm.desk.decide(firm.agent("writer"), asked.request)
            assert names_of(last(firm)) == [BOTH] * count
        await firm.end(run, call)


@pytest.mark.requirement("orchestrator.services-labels")
async def test_the_permit_is_for_the_arguments_with_these_labels_and_comes_again_as_it_was(
    database, listener, fresh_tenant
) -> None:
    async with open_firm(database, listener, fresh_tenant, declared()) as firm:
        run, call = await firm.begin(inputs={"text": "a"})
        first = await firm.ask(call.permit.token, id="put", request_id="r")
        assert first.leave is not None
        assert first.leave.action.labels == {"": ("untrusted",)}
        await firm.ask(call.permit.token, id="read", action="box.get")
        again = await firm.ask(call.permit.token, id="put", request_id="r")
        assert again == first
        other = await firm.ask(call.permit.token, id="other", request_id="q")
        assert other.leave is not None
        assert other.leave.action.labels == {"": BOTH}
        assert await firm.ask(call.permit.token, id="other", request_id="q") == other
        key = firm.world.parts.gate.issuer.jwk
        assert verify_permit(other.leave.permit.token, key, plain_digest(other.leave.action)).labels == BOTH
        await firm.end(run, call)


@pytest.mark.requirement("orchestrator.services-labels")
async def test_the_trail_names_them(database, listener, fresh_tenant) -> None:
    async with open_firm(database, listener, fresh_tenant, declared()) as firm:
        run, call = await firm.begin(**CONFIDENTIAL)
        await firm.ask(call.permit.token)
        records = [entry.record for entry in await firm.world.trail.read(firm.world.tenant, limit=1000)]
        further = [one for one in records if "under" in (one.get("detail") or {})]
        assert [(one["event"], one["detail"]["labels"]) for one in further] == [
            ("decision.made", list(BOTH)),
            ("action.intended", list(BOTH)),
        ]
        await firm.end(run, call)


@pytest.mark.requirement("orchestrator.services-labels", "orchestrator.services-replay")
async def test_what_it_read_in_an_earlier_attempt_it_knows_and_does_nothing_twice(
    database, listener, fresh_tenant
) -> None:
    async with open_firm(database, listener, fresh_tenant, declared(attempts=2)) as firm:
        run, call = await firm.begin(inputs={"text": "a"})
        first = await firm.ask(call.permit.token, id="mail")
        await firm.ask(call.permit.token, id="read", action="box.get")
        call.answer(Failure("BUSY", "not now", retryable=True, effect="none"))
        again = await firm.called()
        second = await firm.ask(again.permit.token, id="mail")
        assert names_of(last(firm)) == [BOTH]
        assert first.leave is not None
        assert second.leave is not None
        assert second.leave.permit.idempotency_key == first.leave.permit.idempotency_key
        await firm.end(run, again)


@pytest.mark.requirement("orchestrator.services-labels")
async def test_outside_of_runs_it_is_the_same_however_deep(database, listener, fresh_tenant) -> None:
    async with open_firm(database, listener, fresh_tenant, declared()) as firm:
        bot = firm.world.person("paul", Role.SUBMITTER)
        call = Wish(id="call", agent="bot", action="writer.draft", labels=join({"": ["internal"]}))
        (reply,) = await firm.desk.decide(bot, DecisionRequest(wishes=(call,)))
        assert reply.leave is not None
        top = reply.leave.permit.token
        await firm.ask(top)
        assert names_of(last(firm)) == [("internal", "untrusted")]
        look = await firm.ask(top, id="look", action="reader.look")
        assert look.leave is not None
        await firm.ask(look.leave.permit.token, agent="reader", action="box.get")
        assert names_of(last(firm)) == [("internal", "untrusted")]
        await firm.ask(look.leave.permit.token, id="two", agent="reader", action="box.get")
        assert names_of(last(firm)) == [("confidential", "internal", "untrusted")]
        await firm.ask(top, id="after")
        assert names_of(last(firm)) == [("confidential", "internal", "untrusted")]
        (other,) = await firm.desk.decide(bot, DecisionRequest(wishes=(call,)))
        assert other.leave is not None
        await firm.ask(other.leave.permit.token)
        assert names_of(last(firm)) == [("internal", "untrusted")]


@pytest.mark.requirement("orchestrator.services-labels", "orchestrator.never-digests-keyed")
async def test_of_what_is_never_retained_its_further_actions_keep_nothing_that_can_be_tried(
    database, listener, fresh_tenant
) -> None:
    async with open_firm(database, listener, fresh_tenant, declared(memory=PINS)) as firm:
        run, call = await firm.begin(inputs={"text": "4711"}, labels={"/text": ("pin",)})
        reply = await firm.ask(call.permit.token, args={"repeated": "4711"})
        assert reply.leave is not None
        assert reply.leave.action.digest.startswith(KEYED)
        own = action_digest("box", "put", reply.leave.action.args, {"": ("untrusted",)})
        for guess in (own, plain_digest(reply.leave.action)):
            tried = hashlib.sha256(f"{call.permit.idempotency_key}\none\n{guess}".encode()).hexdigest()
            assert reply.leave.permit.idempotency_key != tried
        assert last(firm).confided
        await firm.end(run, call)


@pytest.mark.requirement("orchestrator.services-labels")
async def test_a_permit_that_does_not_say_what_it_was_for_is_worth_nothing_here(
    database, listener, fresh_tenant
) -> None:
    async with open_firm(database, listener, fresh_tenant, declared()) as firm:
        run, call = await firm.begin(inputs={"text": "a"})
        issuer = firm.world.parts.gate.issuer
        claims = jwt.decode(call.permit.token, options={"verify_signature": False})
        del claims["labels"]
        header = {"kid": issuer.jwk["kid"], "typ": "assent-permit+jwt"}
        before = jwt.encode(claims, issuer._key, algorithm="EdDSA", headers=header)
        with pytest.raises(UnderPermitInvalidError, match="called again"):
            await firm.ask(before)
        await firm.end(run, call)


@pytest.mark.requirement("orchestrator.services-labels")
async def test_what_nobody_declares_any_more_may_have_returned_anything(database, listener, fresh_tenant) -> None:
    async with open_firm(database, listener, fresh_tenant, declared()) as firm:
        run, call = await firm.begin(inputs={"text": "a"})
        await firm.ask(call.permit.token, id="read", action="box.get")
        whole = declared().to_json()
        del whole["systems"]["box"]["operations"]["get"]
        later = Catalogue.from_json(whole)
        desk = replace(firm.desk, catalogue=lambda _: later)
        wish = Wish(id="put", agent="writer", action="box.put", args={})
        request = DecisionRequest(wishes=(wish,), under_permit=call.permit.token)
        with pytest.raises(UnderPermitOverError):
            await desk.decide(firm.agent("writer"), request)
        await firm.end(run, call)
