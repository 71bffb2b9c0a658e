import asyncio
from dataclasses import replace

import pytest

from assent_orchestrator.audit.verify import verify_trail
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.decisions.permits import Outcome
from assent_orchestrator.decisions.sweep import sweeping
from assent_orchestrator.errors import ForbiddenError, InvalidError, NotFoundError
from assent_orchestrator.governance.handed_out import PermitClosedError, PermitStatus
from tests.orchestrator.decisions.office import Office

DONE = Outcome(PermitStatus.SUCCEEDED, result_digest="sha256:" + "a" * 64)
FAILED = Outcome(PermitStatus.FAILED, error="NO_STOCK")
LOST = Outcome(PermitStatus.UNKNOWN)


async def permit_of(office: Office) -> str:
    reply = await office.ask()
    assert reply.leave is not None
    return reply.leave.permit.id


@pytest.mark.requirement("sidecar.decide-outcome")
async def test_the_holder_reports_once_and_it_is_recorded(office: Office) -> None:
    permit = await permit_of(office)
    closed = await office.permits.report(office.alice, permit, DONE)
    assert (closed.status, closed.late) == (PermitStatus.SUCCEEDED, False)
    assert (await office.permits.report(office.alice, permit, DONE)).status is PermitStatus.SUCCEEDED
    with pytest.raises(PermitClosedError):
        await office.permits.report(office.alice, permit, FAILED)
    last = (await office.records())[-1]
    assert (last["event"], last["effect"]["result_digest"]) == ("action.succeeded", DONE.result_digest)
    assert (await office.events()).count("action.succeeded") == 1


@pytest.mark.requirement("sidecar.decide-outcome")
async def test_nobody_but_the_holder_reports(office: Office) -> None:
    permit = await permit_of(office)
    with pytest.raises(ForbiddenError):
        await office.permits.report(office.operator, permit, DONE)
    with pytest.raises(NotFoundError):
        await office.permits.report(Caller("eve", office.tenant, frozenset({Role.SUBMITTER})), permit, DONE)
    assert (await office.permits.get(office.operator, permit)).status is PermitStatus.ISSUED


@pytest.mark.requirement("sidecar.decide-unknown")
async def test_a_permit_that_nobody_reports_on_becomes_unknown_and_is_listed(office: Office) -> None:
    permit = await permit_of(office)
    await office.permits.sweep()
    assert (await office.permits.get(office.alice, permit)).status is PermitStatus.ISSUED
    office.forward(minutes=3)
    await asyncio.gather(*(office.permits.sweep() for _ in range(4)))
    listed = await office.permits.list(office.operator, status=PermitStatus.UNKNOWN)
    assert [one.id for one in listed.items] == [permit]
    assert (await office.events()).count("action.unknown") == 1


@pytest.mark.requirement("sidecar.decide-unknown")
async def test_a_late_report_settles_what_was_unknown_and_says_that_it_is_late(office: Office, database) -> None:
    permit = await permit_of(office)
    office.forward(minutes=3)
    await office.permits.sweep()
    assert (await office.permits.report(office.alice, permit, FAILED)).late
    last = (await office.records())[-1]
    assert (last["event"], last["detail"]["late"], last["effect"]["error"]) == ("action.failed", True, "NO_STOCK")
    assert (await verify_trail(database.engine, office.tenant)).fault is None


@pytest.mark.requirement("orchestrator.permit-settled")
@pytest.mark.parametrize("reported", [True, False], ids=["said to be unknown", "never reported"])
@pytest.mark.parametrize("settled", [DONE, FAILED], ids=["done", "failed"])
async def test_an_operator_settles_what_is_unknown_and_says_how_it_was_found_out(
    office: Office, reported: bool, settled: Outcome
) -> None:
    permit = await permit_of(office)
    with pytest.raises(ForbiddenError):
        await office.permits.report(office.operator, permit, replace(settled, rationale="looked"))
    if reported:
        await office.permits.report(office.alice, permit, LOST)
    else:
        office.forward(minutes=3)
        await office.permits.sweep()
    with pytest.raises(InvalidError) as refused:
        await office.permits.report(office.operator, permit, settled)
    assert [fault.code for fault in refused.value.faults] == ["RATIONALE_MISSING"]
    with pytest.raises(ForbiddenError):
        await office.permits.report(office.operator, permit, replace(LOST, rationale="looked"))
    word = replace(settled, rationale="looked into the system")
    for _ in range(2):
        closed = await office.permits.report(office.operator, permit, word)
        assert (closed.status, closed.late) == (settled.status, True)
    last = (await office.records())[-1]
    assert (last["event"], last["actor"]["kind"], last["actor"]["id"]) == (f"action.{settled.status}", "user", "olga")
    assert (last["detail"]["rationale"], last["detail"]["caller"]) == ("looked into the system", "alice")
    assert (await office.events()).count(f"action.{settled.status}") == 1
    other = FAILED if settled is DONE else DONE
    for who, said in ((office.alice, other), (office.operator, replace(other, rationale="no"))):
        with pytest.raises(PermitClosedError):
            await office.permits.report(who, permit, said)


@pytest.mark.requirement("orchestrator.permit-settled")
async def test_a_holder_who_did_not_know_may_find_out(office: Office) -> None:
    permit = await permit_of(office)
    for _ in range(2):
        assert (await office.permits.report(office.alice, permit, LOST)).status is PermitStatus.UNKNOWN
    assert (await office.events()).count("action.unknown") == 1
    assert (await office.permits.report(office.alice, permit, DONE)).late
    auditor = Caller("ada", office.tenant, frozenset({Role.AUDITOR}))
    with pytest.raises(ForbiddenError):
        await office.permits.report(auditor, permit, replace(FAILED, rationale="looked"))


@pytest.mark.requirement("sidecar.decide-unknown")
async def test_a_server_that_runs_finds_them_by_itself(office: Office) -> None:
    permit = await permit_of(office)
    office.forward(minutes=3)
    async with sweeping(office.permits, interval=0.01), asyncio.timeout(60):
        while (await office.permits.get(office.alice, permit)).status is PermitStatus.ISSUED:
            pass


@pytest.mark.requirement("sidecar.decide-outcome")
async def test_permits_are_listed_page_by_page_newest_first(office: Office) -> None:
    made = []
    for _ in range(3):
        made.append(await permit_of(office))
        office.forward(seconds=1)
    page = await office.permits.list(office.alice, size=2)
    rest = await office.permits.list(office.alice, size=2, token=page.next_token)
    assert [one.id for one in (*page.items, *rest.items)] == made[::-1]
    assert (await office.permits.list(Caller("eve", office.tenant, frozenset()))).items == []


@pytest.mark.requirement("sidecar.decide-permits")
@pytest.mark.parametrize("status", [*PermitStatus][1:])
async def test_a_permit_that_is_closed_is_not_handed_out_again(office: Office, status: PermitStatus) -> None:
    first = await office.ask(request_id="r")
    assert first.leave is not None
    assert await office.ask(request_id="r") == first
    if status is PermitStatus.UNKNOWN:
        office.forward(hours=1)
        await office.permits.sweep()
    else:
        await office.permits.report(office.alice, first.leave.permit.id, Outcome(status))
    with pytest.raises(PermitClosedError) as refused:
        await office.ask(request_id="r")
    assert (refused.value.code, refused.value.metadata) == ("PERMIT_CLOSED", {"permit": first.leave.permit.id})
    assert (await office.permits.get(office.alice, first.leave.permit.id)).status is status
