"""Of a value that is never retained, which an agent asks about that acts itself, nothing is kept that can be tried."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from assent_orchestrator.decisions.request import DecisionRequest, Reply, Wish
from assent_orchestrator.errors import AlreadyExistsError, MemoryKeyWrongError
from assent_orchestrator.governance.permit import verify_permit
from assent_orchestrator.plan.action import plain_digest
from assent_orchestrator.plan.digests import KEYED, NO_KEY, Digests
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.store.tables import permits, requests
from assent_sidecar.canonical import digest
from tests.orchestrator.decisions.office import Office, open_office


def request(pin: str, say: str = "allow") -> DecisionRequest:
    wish = Wish(id="one", agent="bot", action="box.put", args={"say": say, "pin": pin}, labels={"/pin": ("pin",)})
    return DecisionRequest(wishes=(wish,), request_id="r-1")


async def ask(office: Office, pin: str, say: str = "allow") -> Reply:
    (reply,) = await office.desk.decide(office.alice, request(pin, say))
    return reply


@pytest.mark.requirement("orchestrator.never-digests-keyed")
@pytest.mark.parametrize("say", ["allow", "redact"])
async def test_its_digests_are_keyed_and_the_permit_proves_what_was_permitted(
    office: Office, database: Database, say: str
) -> None:
    leave = (await ask(office, "4711", say)).leave
    assert leave is not None
    plain = plain_digest(leave.action)
    assert leave.action.digest == leave.permit.action_digest == office.desk.gate.digests.keyed(plain)
    assert verify_permit(leave.permit.token, office.issuer.jwk, plain, now=office.now[0]).digest == plain
    assert leave.permit.claimed == plain
    async with database.engine.connect() as tx:
        named = await tx.scalar(sa.select(permits.c.action_digest).where(permits.c.id == leave.permit.id))
        whose = requests.c.tenant == office.tenant
        asked = await tx.scalar(sa.select(requests.c.request_digest).where(whose))
    assert named == leave.action.digest
    assert asked is not None
    assert asked.startswith(KEYED)
    digests = [one["action"]["digest"] for one in await office.records() if "action" in one]
    assert digests
    assert all(one.startswith(KEYED) for one in digests)


@pytest.mark.requirement("orchestrator.never-digests-keyed")
async def test_after_a_restart_the_same_request_has_the_same_permit_and_another_value_has_none(
    office: Office, database: Database
) -> None:
    first = (await ask(office, "4711")).leave
    again = open_office(database, office.tenant)
    again.now[0] = office.now[0]
    gate = replace(again.desk.gate, digests=Digests(office.desk.gate.digests.key), issuer=office.issuer)
    again.desk = replace(again.desk, gate=gate)
    same = (await ask(again, "4711")).leave
    assert first is not None
    assert same is not None
    assert (same.permit.id, same.permit.token) == (first.permit.id, first.permit.token)
    with pytest.raises(AlreadyExistsError):
        await ask(again, "4712")


@pytest.mark.requirement("orchestrator.never-digests-keyed")
async def test_a_request_of_before_there_were_keyed_digests_is_known_again(office: Office, database: Database) -> None:
    first = (await ask(office, "4711")).leave
    content = request("4711").to_json()
    del content["request_id"], content["under_permit"]
    async with database.engine.begin() as tx:
        whose = requests.c.tenant == office.tenant
        await tx.execute(sa.update(requests).where(whose).values(request_digest=digest(content)))
    same = (await ask(office, "4711")).leave
    assert first is not None
    assert same is not None
    assert same.permit.id == first.permit.id


@pytest.mark.requirement("orchestrator.never-digests-keyed")
async def test_without_the_key_nothing_is_decided_of_it_and_all_else_is(office: Office) -> None:
    gate = replace(office.desk.gate, digests=NO_KEY)
    keyless = replace(office, desk=replace(office.desk, gate=gate))
    with pytest.raises(MemoryKeyWrongError):
        await ask(keyless, "4711")
    assert (await keyless.ask()).leave is not None


@pytest.mark.requirement("orchestrator.never-digests-keyed")
async def test_without_the_key_nobody_is_told_that_a_request_id_was_used_for_something_else(office: Office) -> None:
    await ask(office, "4711")
    keyless = replace(office, desk=replace(office.desk, gate=replace(office.desk.gate, digests=NO_KEY)))
    with pytest.raises(MemoryKeyWrongError):
        await ask(keyless, "4711")
