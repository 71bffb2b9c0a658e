import uuid
from dataclasses import replace

import pytest
import sqlalchemy as sa

from assent_orchestrator.audit.chain import Head
from assent_orchestrator.audit.record import DecisionNote, Draft
from assent_orchestrator.audit.records import Records
from assent_orchestrator.audit.trail import AuditUnavailableError, Trail
from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.errors import ForbiddenError, InvalidError, NotFoundError
from assent_orchestrator.execution.journal import insert_run
from assent_orchestrator.page import write_token
from tests.orchestrator.server.specimens import RUN


@pytest.fixture
def records(database, trail: Trail) -> Records:
    return Records(database.engine, trail)


@pytest.fixture
async def run(trail, fresh_tenant) -> str:
    """A run of alice's that sales-bot submitted, with five records, and one record of another run."""
    run_id = uuid.uuid4().hex
    async with trail.recording() as tx:
        assert await insert_run(tx, replace(RUN, tenant=fresh_tenant, id=run_id, request_id=None))
        drafts = [Draft(event="run.created", run="another"), *(Draft(event="decision.made", run=run_id),) * 5]
        await trail.append(tx, fresh_tenant, drafts)
    return run_id


def caller(tenant: str, caller_id: str, *roles: str) -> Caller:
    return Caller(caller_id, tenant, frozenset(roles))


@pytest.mark.requirement("orchestrator.list-audit-records")
@pytest.mark.usefixtures("run")
async def test_an_auditor_reads_the_whole_trail_page_by_page(records, fresh_tenant):
    auditor = caller(fresh_tenant, "ada", Role.AUDITOR)
    first = await records.list(auditor, size=4)
    second = await records.list(auditor, size=4, token=first.next_token)
    assert [entry.seq for entry in first.items] == [1, 2, 3, 4]
    assert [entry.seq for entry in second.items] == [5, 6]
    assert second.next_token == ""
    assert [entry.seq for entry in (await records.list(auditor, after_seq=5)).items] == [6]


@pytest.mark.requirement("orchestrator.list-audit-records")
async def test_records_are_chosen_by_run_by_event_by_kind_of_event_and_by_decision(records, run, trail, fresh_tenant):
    note = DecisionNote(id="d-1", verdict="allow", revision="r", engine_version="1", input_digest="sha256:1")
    async with trail.recording() as tx:
        told = Draft(event="decision.made", decision=note)
        await trail.append(tx, fresh_tenant, [told, Draft(event="policy.activated"), Draft(event="policy.refused")])
    for wanted, numbers in (
        (Wanted(event="policy.*"), [8, 9]),
        (Wanted(event="policy.activated"), [8]),
        (Wanted(event="polic_.*"), []),
        (Wanted(decision="d-1"), [7]),
        (Wanted(decision="d-"), []),
        (Wanted(run=run, event="decision.made"), [2, 3, 4, 5, 6]),
        (Wanted(run=run, decision="d-1"), []),
    ):
        page = await records.list(caller(fresh_tenant, "ada", Role.AUDITOR), wanted)
        assert [entry.seq for entry in page.items] == numbers, wanted
    with pytest.raises(ForbiddenError):
        await records.list(caller(fresh_tenant, "alice", Role.OPERATOR), Wanted(event="policy.*"))


@pytest.mark.requirement("orchestrator.trail-is-for-auditors")
async def test_others_read_no_more_than_the_records_of_their_own_runs(records, run, fresh_tenant):
    for own in ("alice", "sales-bot"):
        page = await records.list(caller(fresh_tenant, own), Wanted(run=run))
        assert [entry.seq for entry in page.items] == [2, 3, 4, 5, 6]
    for role in (Role.SUBMITTER, Role.OPERATOR):
        with pytest.raises(ForbiddenError):
            await records.list(caller(fresh_tenant, "alice", role))
    with pytest.raises(NotFoundError):
        await records.list(caller(fresh_tenant, "bob", Role.SUBMITTER), Wanted(run=run))
    with pytest.raises(NotFoundError):
        await records.list(caller(fresh_tenant, "alice"), Wanted(run="another"))
    with pytest.raises(NotFoundError):
        await records.list(caller("elsewhere", "alice"), Wanted(run=run))
    assert (await records.list(caller("elsewhere", "ada", Role.AUDITOR), Wanted(run=run))).items == []


@pytest.mark.usefixtures("run")
async def test_only_auditors_have_the_trail_proved(records, fresh_tenant):
    with pytest.raises(ForbiddenError):
        await records.verify(caller(fresh_tenant, "alice", Role.OPERATOR))
    auditor = caller(fresh_tenant, "ada", Role.AUDITOR)
    whole = await records.verify(auditor)
    assert (whole.records, whole.fault) == (6, None)
    assert (await records.verify(auditor, whole.head)).fault is None
    another = Head(whole.head.seq, bytes(32))
    fault = (await records.verify(auditor, another)).fault
    assert fault is not None
    assert fault.code == "REWRITTEN"


@pytest.mark.parametrize("token", ["nonsense", write_token("one"), write_token("-1"), write_token("1", "2")])
async def test_a_page_token_that_is_not_ours_is_refused(records, fresh_tenant, token):
    with pytest.raises(InvalidError):
        await records.list(caller(fresh_tenant, "ada", Role.AUDITOR), token=token)


async def test_a_trail_that_cannot_be_read_is_unavailable_and_not_empty(records, monkeypatch, fresh_tenant):
    def away(*_: object) -> None:
        raise sa.exc.OperationalError("SELECT", {}, OSError("away"))

    broken = Records(records.engine, records.trail)
    monkeypatch.setattr(type(records.engine), "connect", away)
    with pytest.raises(AuditUnavailableError):
        await broken.list(caller(fresh_tenant, "alice"), Wanted(run="r"))
