"""Shadows of one database: started, followed by every server, reported on, stopped. Real PostgreSQL."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.caller import Role
from assent_orchestrator.errors import ForbiddenError, InvalidError, NotFoundError, StateError, UnavailableError
from assent_orchestrator.shadows.difference import Change
from assent_orchestrator.shadows.journal import LATEST, Journal
from assent_orchestrator.shadows.tally import MOST_EXAMPLES
from assent_orchestrator.store.postgres import Database
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.refusal import BundleSignatureError
from assent_sidecar.errors import ActivationError, EngineMissingError
from tests.orchestrator.shadows.servers import REVISION, Server, server
from tests.sidecar.engines import DIGEST

DENY = {"verdict": "deny", "reasons": [{"code": "NO", "control": "A-1"}]}
ALLOW = {"verdict": "allow", "reasons": [{"code": "FINE", "control": "B-2"}]}
HELD = {"verdict": "require_approval", "approval": {"stages": [{"role": "cfo"}]}}
LOOSER: dict[str, Any] = {"live": DENY, "candidate": ALLOW}


@pytest.fixture
async def one(alone: Database, fresh_tenant: str) -> AsyncIterator[Server]:
    async with server(alone, fresh_tenant, **LOOSER) as opened:
        yield opened


@pytest.mark.requirement("shadow.answers-every-live-question", "shadow.reports-by-reason-and-control")
async def test_a_candidate_is_asked_every_live_question_until_it_is_stopped(one: Server) -> None:
    await one.decide()
    shadow = await one.start()
    answers = await one.decide(7)
    report = await one.shadows.report(one.cora, LATEST)
    assert (report.shadow.id, report.shadow.running, report.problem) == (shadow, True, "")
    assert (report.same, report.different, report.faults, report.omitted, report.unlisted) == (0, 7, 0, {}, 0)
    [seen] = report.differences
    assert (seen.difference.change, seen.count, seen.difference.action) == (Change.LOOSER, 7, "crm.read")
    assert [(one.code, one.control) for one in seen.difference.live.reasons] == [("NO", "A-1")]
    assert [(one.code, one.control) for one in seen.difference.candidate.reasons] == [("FINE", "B-2")]
    ids = [answer.provenance.decision_id for answer in answers]
    assert [(each.decision, each.run, each.step) for each in seen.examples] == [
        (identifier, "run-1", "look") for identifier in ids[:MOST_EXAMPLES]
    ]
    await one.shadows.stop(one.cora, shadow)
    await one.left()
    before = len(one.candidate.asked)
    await one.decide(3)
    assert len(one.candidate.asked) == before
    ended = await one.shadows.report(one.cora, shadow)
    assert (ended.different, ended.shadow.running, ended.shadow.ended_by) == (7, False, one.cora.id)


@pytest.mark.requirement("shadow.is-started-by-a-recorded-call", "shadow.has-no-effect")
async def test_start_and_stop_are_on_record_and_nothing_else_is(one: Server, trail: Trail) -> None:
    shadow = await one.start()
    await one.decide(3)
    await one.shadows.stop(one.cora, shadow)
    records = [entry.record for entry in await trail.read(one.tenant)]
    assert [record["event"] for record in records] == ["policy.shadow_started", "policy.shadow_stopped"]
    for record in records:
        assert record["actor"]["id"] == one.cora.id
        assert (record["detail"]["shadow"], record["detail"]["revision"]) == (shadow, REVISION)


@pytest.mark.requirement("shadow.one-at-a-time")
async def test_another_shadow_is_refused_while_one_runs_and_the_refusal_names_it(one: Server) -> None:
    shadow = await one.start()
    with pytest.raises(StateError, match="stop it first") as refused:
        await one.shadows.start(one.cora, archive=b"another")
    assert refused.value.metadata == {"shadow": shadow, "revision": REVISION}
    await one.shadows.stop(one.cora, shadow)
    with pytest.raises(StateError, match="over already"):
        await one.shadows.stop(one.cora, shadow)
    await one.shadows.start(one.cora, archive=b"another")


@pytest.mark.requirement("shadow.one-at-a-time")
async def test_of_two_that_are_started_at_once_one_runs(one: Server, trail: Trail) -> None:
    starting = (one.shadows.start(one.cora, archive=name) for name in (b"a", b"b", b"c"))
    begun = await asyncio.gather(*starting, return_exceptions=True)
    assert sorted(type(result).__name__ for result in begun) == ["Shadow", "StateError", "StateError"]
    assert len(await trail.read(one.tenant)) == 1


@pytest.mark.requirement("shadow.is-started-by-a-recorded-call")
async def test_only_a_compliance_officer_starts_and_stops_and_auditors_and_operators_may_look(one: Server) -> None:
    others = (Role.SUBMITTER, Role.OPERATOR, Role.AUDITOR, Role.PLATFORM_OPERATOR)
    for role in others:
        with pytest.raises(ForbiddenError):
            await one.shadows.start(one.person(role), archive=b"bundle")
    shadow = await one.start()
    for role in others:
        with pytest.raises(ForbiddenError):
            await one.shadows.stop(one.person(role), shadow)
    for role in (Role.COMPLIANCE_OFFICER, Role.OPERATOR, Role.AUDITOR):
        assert (await one.shadows.report(one.person(role), shadow)).shadow.id == shadow
    for role in (Role.SUBMITTER, Role.PLATFORM_OPERATOR):
        with pytest.raises(ForbiddenError):
            await one.shadows.report(one.person(role), shadow)


@pytest.mark.requirement("shadow.is-durable")
async def test_every_server_hears_of_a_shadow_and_what_they_count_adds_up(alone: Database, fresh_tenant: str) -> None:
    async with (
        server(alone, fresh_tenant, **LOOSER) as one,
        server(alone, fresh_tenant, live=DENY, candidate=HELD) as two,
    ):
        shadow = await one.start()
        await two.asked()
        await one.decide(3)
        await two.decide(4)
        for each in (one, two):
            await each.shadows.report(each.cora, shadow)  # so that both have written down what they counted
        report = await one.shadows.report(one.cora, shadow)
        assert report.different == 7
        assert [(seen.count, seen.difference.candidate.verdict) for seen in report.differences] == [
            (4, "require_approval"),
            (3, "allow"),
        ]
        await one.decide(2)
        await one.shadows.stop(one.cora, shadow)
        await two.left()
        await two.decide(5)
        assert (await two.shadows.report(two.cora, shadow)).different == 9


@pytest.mark.requirement("shadow.is-durable")
async def test_a_server_that_hears_nothing_looks_for_itself(alone: Database, fresh_tenant: str) -> None:
    async with (
        server(alone, fresh_tenant, **LOOSER) as one,
        server(alone, fresh_tenant, **LOOSER, interval=0.02) as two,
    ):
        shadow = await one.start()
        await two.asked()
        async with alone.engine.begin() as tx:  # without a word to anybody
            await tx.execute(sa.text("UPDATE assent.shadows SET running = NULL, ended_at = now() WHERE running"))
        await two.left()
        assert not (await one.shadows.report(one.cora, shadow)).shadow.running


@pytest.mark.requirement("shadow.is-durable")
async def test_a_shadow_goes_on_after_a_restart_and_its_counts_with_it(alone: Database, fresh_tenant: str) -> None:
    async with server(alone, fresh_tenant, **LOOSER) as before:
        shadow = await before.start()
        await before.decide(2)
    async with server(alone, fresh_tenant, **LOOSER) as after:
        await after.asked()
        [answer] = await after.decide()
        report = await after.shadows.report(after.cora, shadow)
        [seen] = report.differences
        assert (report.different, seen.count, len(seen.examples)) == (3, 3, 3)
        assert seen.examples[-1].decision == answer.provenance.decision_id
        assert seen.first < seen.last


@pytest.mark.requirement("shadow.is-durable")
async def test_what_cannot_be_written_now_is_written_later(one: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    shadow = await one.start()
    await one.decide(2)
    real = Journal.add

    async def away(*_: Any) -> None:
        raise OSError

    monkeypatch.setattr(Journal, "add", away)
    assert (await one.shadows.report(one.cora, shadow)).different == 0
    assert (await one.decide(1))[0].verdict == "deny"
    monkeypatch.setattr(Journal, "add", real)
    assert (await one.shadows.report(one.cora, shadow)).different == 3


@pytest.mark.requirement("shadow.keeps-no-question", "shadow.reports-by-reason-and-control")
async def test_a_report_is_about_the_callers_tenant_alone(one: Server) -> None:
    shadow = await one.start()
    await one.decide(2)
    await one.decide(3, tenant="elsewhere")
    assert (await one.shadows.report(one.cora, shadow)).different == 2
    other = await one.shadows.report(one.person(Role.AUDITOR, "elsewhere"), shadow)
    assert (other.different, [seen.count for seen in other.differences]) == (3, [3])
    assert (await one.shadows.report(one.person(Role.AUDITOR, "nowhere"), shadow)).differences == ()


@pytest.mark.requirement("shadow.keeps-no-question")
async def test_no_word_of_a_question_reaches_the_database(one: Server, alone: Database) -> None:
    secret = "IBAN-DE89370400440532013000"
    shadow = await one.start()
    action = {"system": "crm", "operation": "read", "effect": "read", "args": {"iban": secret}, "digest": DIGEST}
    await one.decide(2, action=action, inputs={secret: secret}, context={"note": secret})
    assert (await one.shadows.report(one.cora, shadow)).different == 2
    async with alone.engine.connect() as connection:
        for table in ("shadows", "shadow_counts", "shadow_differences", "trail"):
            rows = (await connection.execute(sa.text(f"SELECT t::text FROM assent.{table} t"))).scalars().all()
            assert rows, table
            assert not [row for row in rows if secret in row or secret.encode().hex() in row]


@pytest.mark.requirement("shadow.is-believed-like-any-bundle")
async def test_what_is_not_believed_is_refused_with_its_reason_and_nothing_starts(
    alone: Database, fresh_tenant: str
) -> None:
    def unbelieving(_: bytes) -> Bundle:
        raise BundleSignatureError("a file was changed since")

    async with server(alone, fresh_tenant, **LOOSER, believe=unbelieving) as one:
        with pytest.raises(InvalidError) as refused:
            await one.shadows.start(one.cora, archive=b"forged")
        [fault] = refused.value.faults
        assert (fault.field, fault.code) == ("archive", "BUNDLE_SIGNATURE")
        assert await one.shadows.journal.running() is None


@pytest.mark.requirement("shadow.is-believed-like-any-bundle")
@pytest.mark.parametrize(
    ("error", "told"), [(ActivationError("rego_parse_error"), InvalidError), (EngineMissingError(""), UnavailableError)]
)
async def test_what_no_engine_takes_is_refused_before_it_starts(
    alone: Database, fresh_tenant: str, error: Exception, told: type[Exception]
) -> None:
    @contextlib.asynccontextmanager
    async def opening(_bundle: Bundle, _shadow: str) -> AsyncIterator[Any]:
        raise error
        yield

    async with server(alone, fresh_tenant, **LOOSER, opening=opening) as one:
        with pytest.raises(told):
            await one.shadows.start(one.cora, archive=b"bundle")
        assert await one.shadows.journal.running() is None


@pytest.mark.requirement("shadow.is-believed-like-any-bundle")
async def test_a_bundle_that_is_kept_can_be_named_and_one_that_is_not_cannot(
    alone: Database, fresh_tenant: str
) -> None:
    async with server(alone, fresh_tenant, **LOOSER, kept={REVISION: b"kept"}) as one:
        with pytest.raises(NotFoundError, match="send the bundle"):
            await one.shadows.start(one.cora, revision="sha256:" + "d" * 64)
        shadow = await one.shadows.start(one.cora, revision=REVISION)
        assert await one.shadows.journal.archive(shadow.id) == b"kept"
        await one.shadows.stop(one.cora, LATEST)
        assert await one.shadows.journal.archive(shadow.id) is None


@pytest.mark.requirement("shadow.reports-faults")
async def test_a_server_that_cannot_have_the_candidate_says_so_and_counts_what_it_did_not_ask(
    alone: Database, fresh_tenant: str
) -> None:
    failed = asyncio.Event()

    @contextlib.asynccontextmanager
    async def opening(_bundle: Bundle, _shadow: str) -> AsyncIterator[Any]:
        failed.set()
        raise EngineMissingError("there is no OPA here")
        yield

    async with (
        server(alone, fresh_tenant, **LOOSER) as one,
        server(alone, fresh_tenant, **LOOSER, opening=opening) as two,
    ):
        shadow = await one.start()
        async with asyncio.timeout(60):
            await failed.wait()
        assert [answer.verdict for answer in await two.decide(2)] == ["deny", "deny"]
        report = await two.shadows.report(two.cora, shadow)
        assert (report.omitted, report.problem) == ({"no_candidate": 2}, "there is no OPA here")


async def test_there_is_nothing_to_report_before_the_first_shadow(one: Server, alone: Database) -> None:
    with pytest.raises(NotFoundError):
        await one.shadows.report(one.cora, "ffff")
    with pytest.raises(NotFoundError):
        await one.shadows.stop(one.cora, "ffff")
    del alone
