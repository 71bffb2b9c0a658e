"""Who puts which bundle in force: on record first, and the same for every server on the database."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.audit.trail import AuditUnavailableError, Trail
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.clock import utc_now
from assent_orchestrator.config import HOME
from assent_orchestrator.errors import (
    AlreadyExistsError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    StateError,
)
from assent_orchestrator.governance.activations import Activations
from assent_orchestrator.store.migrate import migrate
from assent_orchestrator.store.postgres import Database, open_database
from assent_sidecar.activation.rehearsal import Rehearsal
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.feed import Feed
from assent_sidecar.bundle.freshness import Freshness
from assent_sidecar.bundle.gate import ActivationGate
from assent_sidecar.bundle.keep import Keep
from assent_sidecar.bundle.origin.file import FileOrigin
from assent_sidecar.bundle.refusal import (
    BundleAuthorError,
    BundleNotRecordedError,
    BundleRehearsalError,
    BundleUnavailableError,
)
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.errors import ActivationError
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.sidecar import Sidecar, SidecarSettings, open_sidecar
from tests.sidecar.engines import question, until
from tests.sidecar.rehearsals import MAIN, archive, publish

GENEROUS = 60.0
TRUST = Trust(allow_unsigned=True)
FAILING = {"policies/org/rules_test.rego": "package policies.org.rules_test\n\ntest_no if 1 == 2\n"}


def person(name: str, *roles: str) -> Caller:
    return Caller(name, "acme", frozenset(roles))


CARLA, ADA = person("carla", Role.COMPLIANCE_OFFICER), person("ada", Role.COMPLIANCE_OFFICER)


@pytest.fixture
async def own(database: Database) -> AsyncIterator[Database]:
    """A database of the test's own: policies are the same for all tenants of one."""
    name = f"policies_{uuid.uuid4().hex[:12]}"
    async with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(sa.text(f"CREATE DATABASE {name}"))
        url = sa.make_url(database.url).set(database=name).render_as_string(hide_password=False)
        async with open_database(url, Path("/nonexistent")) as opened:
            await migrate(opened)
            yield opened
        await connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


@dataclass
class Server:
    """One server, as far as policies go."""

    file: Path
    database: Database
    feed: Feed
    sidecar: Sidecar
    activations: Activations

    async def number(self) -> str:
        decided = await self.sidecar.evaluator.decide(question(), budget=GENEROUS)
        return decided.codes[0] if decided.fault else decided.decision.reasons[0].message

    async def decides(self, number: str) -> None:
        async def does() -> bool:
            return await self.number() == number

        await until(does, timeout=60)

    async def offer(self, content: bytes) -> str:
        offered = publish(self.file, content)
        await self.feed.refresh()
        return offered.revision


@contextlib.asynccontextmanager
async def server(
    folder: Path,
    database: Database,
    *,
    file: Path,
    name: str = "one",
    automatic: bool = False,
    two_persons: bool = False,
    follow: bool = True,
) -> AsyncIterator[Server]:
    binary = find_binary({})
    gate = ActivationGate(
        Rehearsal(binary), engine_version=binary.version, automatic=automatic, two_persons=two_persons
    )
    feed = Feed(FileOrigin(file, TRUST), TRUST, Keep(folder / name / "bundles"), Freshness(), gate=gate)
    settings = SidecarSettings(folder / name, {}, query_timeout=GENEROUS, activation_timeout=GENEROUS, trust=TRUST)
    trail = Trail(database.engine)
    activations = Activations(database.engine, trail, utc_now, feed, gate, name)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(feed.close)
        sidecar = await stack.enter_async_context(open_sidecar(settings, await feed.begin()))
        await activations.begin(sidecar.activate)
        if follow:
            listener = await stack.enter_async_context(Listener(database.sync_url))
            await stack.enter_async_context(activations.following(listener))
        yield Server(file, database, feed, sidecar, activations)


async def records(database: Database, tenant: str) -> list[dict[str, Any]]:
    return [entry.record for entry in await Trail(database.engine).read(tenant)]


@pytest.mark.requirement("orchestrator.policies-recorded", "orchestrator.policies-roles")
async def test_a_person_activates_what_waits_and_goes_back_and_all_of_it_is_on_record(
    own: Database, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.tar.gz"
    first = publish(file, archive(1)).revision
    async with server(tmp_path, own, file=file) as one:
        second = await one.offer(archive(2, author="ada"))
        assert await one.number() == "1"
        for stranger in (person("sam", Role.SUBMITTER), person("olga", Role.OPERATOR), person("audra", Role.AUDITOR)):
            for act in (one.activations.activate, one.activations.roll_back):
                with pytest.raises(ForbiddenError):
                    await act(stranger, second, "why")
        with pytest.raises(ForbiddenError):
            await one.activations.status(person("sam", Role.SUBMITTER))
        seen = await one.activations.status(person("audra", Role.AUDITOR))
        assert seen.status.waiting is not None
        assert seen.status.waiting.revision == second
        with pytest.raises(NotFoundError):
            await one.activations.activate(CARLA, "sha256:" + "0" * 64, "why")
        done = await one.activations.activate(CARLA, second, "reviewed", "r-1")
        assert done.activation is not None
        assert (done.status.revision, done.activation.actor, done.activation.reason) == (second, "carla", "reviewed")
        assert (await one.number(), done.status.author) == ("2", "ada")
        again = await one.activations.activate(CARLA, second, "reviewed", "r-1")
        assert again.activation == done.activation
        with pytest.raises(AlreadyExistsError):
            await one.activations.activate(CARLA, first, "reviewed", "r-1")
        with pytest.raises(StateError, match="in force already"):
            await one.activations.activate(CARLA, second, "once more")
        back = await one.activations.roll_back(CARLA, first, "it denied too much")
        assert (await one.number(), back.activation.rollback if back.activation else None) == ("1", True)
        await one.feed.refresh()
        assert await one.number() == "1", "what was left is not taken again"
    [begun] = await records(own, HOME)
    assert (begun["event"], begun["detail"]["cause"], begun["actor"]["authn"]) == ("policy.activated", "start", "os")
    told = await records(own, "acme")
    assert [(one["event"], one["actor"]["id"], one["detail"]["revision"]) for one in told] == [
        ("policy.activated", "carla", second),
        ("policy.rolled_back", "carla", first),
    ]
    assert told[0]["detail"]["rehearsal"]["against"] == first
    assert told[1]["detail"]["left"] == second


@pytest.mark.requirement("orchestrator.policies-roles")
async def test_what_concerns_others_is_shown_to_their_tenant_and_to_compliance_officers_only(
    own: Database, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.tar.gz"
    publish(file, archive(1))
    stricter = {"assent/main.rego": MAIN.replace("GRANTED", "GRANTED_OTHERWISE")}
    said = {"verdict": "allow", "reasons": ["GRANTED_OTHERWISE"]}
    async with server(tmp_path, own, file=file, follow=False) as one:
        second = await one.offer(archive(2, files=stricter, want=said))
        await one.activations.activate(CARLA, second, "as the customer asked")
        with pytest.raises(BundleRehearsalError):
            await one.offer(archive(3, tests=FAILING))
        stranger = await one.activations.status(Caller("olga", "other", frozenset({Role.OPERATOR})))
        assert stranger.activation is not None
        assert (stranger.activation.actor, stranger.activation.reason, stranger.status.origin) == ("", "", "")
        assert (stranger.status.revision, "policies/org" in stranger.status.problem) == (second, False)
        assert stranger.status.report is not None
        assert (stranger.status.report.differing, stranger.status.report.differences) == (1, ())
        neighbour = await one.activations.status(person("olga", Role.OPERATOR))
        assert neighbour.activation is not None
        assert (neighbour.activation.reason, neighbour.status.origin) == ("as the customer asked", "")
        officer = await one.activations.status(Caller("otto", "other", frozenset({Role.COMPLIANCE_OFFICER})))
        assert (officer.activation, officer.status.origin) == (neighbour.activation, one.feed.status.origin)
        assert officer.status.report is not None
        assert ("policies/org" in officer.status.problem, len(officer.status.report.differences)) == (True, 1)


@pytest.mark.requirement("sidecar.activation-two-persons")
async def test_the_author_of_a_bundle_does_not_activate_it(own: Database, tmp_path: Path) -> None:
    file = tmp_path / "bundle.tar.gz"
    publish(file, archive(1, author="ada"))
    async with server(tmp_path, own, file=file, two_persons=True, follow=False) as one:
        second = await one.offer(archive(2, author="ada"))
        with pytest.raises(ForbiddenError, match="another compliance_officer"):
            await one.activations.activate(ADA, second, "mine")
        assert await one.number() == "1"
        await one.activations.activate(CARLA, second, "looked at it")
        assert await one.number() == "2"
        third = await one.offer(archive(3, author="ADA"))
        with pytest.raises(ForbiddenError, match="another compliance_officer"):
            await one.activations.activate(ADA, third, "mine, in large letters")
        for alike in ("\u0430da", "ada\u200b", "a\u0301da", "\ufeffada", "ada\u202e", "ada+acme"):
            with pytest.raises(BundleAuthorError, match="no caller's id"):
                await one.offer(archive(4, author=alike))
        assert await one.number() == "2"


@pytest.mark.requirement("sidecar.activation-two-persons")
async def test_what_was_never_in_force_is_nothing_to_go_back_to(own: Database, tmp_path: Path) -> None:
    file = tmp_path / "bundle.tar.gz"
    first = publish(file, archive(1, author="ada")).revision
    async with server(tmp_path, own, file=file, two_persons=True, follow=False) as one:
        second = await one.offer(archive(2, author="ada"))
        third = await one.offer(archive(3, author="ada"))
        assert (await one.activations.status(ADA)).kept == (first,)
        for candidate in (second, third):
            with pytest.raises(NotFoundError, match="never in force"):
                await one.activations.roll_back(ADA, candidate, "in a roundabout way")
        assert await one.number() == "1"
    async with server(tmp_path, own, file=file, two_persons=True, follow=False) as again:
        with pytest.raises(BundleUnavailableError, match="never in force"):
            await again.activations.begin(again.sidecar.activate, rollback=second)
        assert await again.number() == "1"
        await again.activations.activate(CARLA, third, "looked at it")
        assert (await again.activations.status(CARLA)).kept == (third, first)
        await again.activations.roll_back(ADA, first, "one person is enough to go back")
        assert await again.number() == "1"


@pytest.mark.requirement("sidecar.activation-two-persons")
async def test_a_server_that_needs_two_persons_follows_others_only_in_what_two_persons_saw(
    own: Database, tmp_path: Path
) -> None:
    files = [tmp_path / "a.tar.gz", tmp_path / "b.tar.gz"]
    first, _ = (publish(file, archive(1, author="ada")).revision for file in files)
    async with server(tmp_path, own, file=files[0], two_persons=True, follow=False) as strict:

        async def follows() -> str:
            wanted = await strict.activations._wanted()
            if wanted is not None:
                await strict.feed.take(wanted)
            return await strict.number()

        async with server(tmp_path, own, file=files[1], name="two", automatic=True, follow=False) as by_itself:
            await by_itself.offer(archive(2, author="ada"))
        assert await follows() == "1"
        assert "not seen by two persons" in strict.feed.status.problem
        async with server(tmp_path, own, file=files[1], name="two", follow=False) as lax:
            third = await lax.offer(archive(3, author="Ada"))
            await lax.activations.activate(ADA, third, "mine")
            assert await follows() == "1"
            await lax.activations.roll_back(CARLA, first, "one person is enough to go back")
            assert (await follows(), strict.feed.status.problem) == ("1", "")
            await lax.activations.roll_back(ADA, third, "in a roundabout way")
            assert await follows() == "1"
            unlike = await lax.offer(archive(5, author="\u0430da"))  # a letter that only looks like an a
            await lax.activations.activate(ADA, unlike, "mine")
            assert await follows() == "1"
            fourth = await lax.offer(archive(4, author="ada"))
            await lax.activations.activate(CARLA, fourth, "looked at it")
            assert (await follows(), strict.feed.status.problem) == ("4", "")


@pytest.mark.requirement("orchestrator.policies-recorded")
async def test_what_comes_into_force_by_itself_and_what_is_refused_is_on_record(own: Database, tmp_path: Path) -> None:
    file = tmp_path / "bundle.tar.gz"
    publish(file, archive(1))
    async with server(tmp_path, own, file=file, automatic=True, follow=False) as one:
        for _ in range(2):
            with pytest.raises(BundleRehearsalError):
                await one.offer(archive(2, tests=FAILING))
        third = await one.offer(archive(3))
    _, refused, taken = await records(own, HOME)
    assert (refused["event"], refused["detail"]["code"]) == ("policy.refused", "BUNDLE_REHEARSAL")
    assert (taken["event"], taken["detail"]["cause"], taken["detail"]["revision"]) == (
        "policy.activated",
        "automatic",
        third,
    )
    assert taken["actor"] == {"kind": "system", "id": "assent"}


class Away(Trail):
    """A trail that cannot be written."""

    async def append(self, *_: Any) -> Any:
        raise AuditUnavailableError("the trail is not available; nothing was done")


@pytest.mark.requirement("orchestrator.policies-recorded")
async def test_without_a_record_nothing_comes_into_force(own: Database, tmp_path: Path) -> None:
    file = tmp_path / "bundle.tar.gz"
    publish(file, archive(1))
    async with server(tmp_path, own, file=file, follow=False) as one:
        second = await one.offer(archive(2))
        lost = replace(one.activations, trail=Away(own.engine))
        with pytest.raises(AuditUnavailableError):
            await lost.activate(CARLA, second, "reviewed")
        assert (await one.number(), one.feed.status.waiting is not None) == ("1", True)
    async with server(tmp_path, own, file=file, automatic=True, follow=False) as again:
        assert await again.number() == "2", "it came into force by itself, with its record"
        lost = replace(again.activations, trail=Away(own.engine))
        again.feed._in_force.recording = lost._record
        with pytest.raises(BundleNotRecordedError):
            await again.offer(archive(3))
        assert await again.number() == "2"
    events = [one["event"] for one in await records(own, HOME)]
    assert events == ["policy.activated", "policy.activated", "policy.refused"]


@pytest.mark.requirement("orchestrator.policies-everywhere")
async def test_what_is_done_on_one_server_is_done_on_all(own: Database, tmp_path: Path) -> None:
    file, elsewhere = tmp_path / "bundle.tar.gz", tmp_path / "elsewhere.tar.gz"
    first = publish(file, archive(1)).revision
    publish(elsewhere, archive(1))
    async with server(tmp_path, own, file=file) as one, server(tmp_path, own, file=elsewhere, name="two") as two:
        second = await one.offer(archive(2))
        await one.activations.activate(CARLA, second, "reviewed")
        await two.decides("2")  # which it never had from its own origin
        await two.activations.roll_back(CARLA, first, "it denied too much")
        await one.decides("1")
    async with server(tmp_path, own, file=elsewhere, name="three", follow=False) as three:
        assert await three.number() == "1", "a server that is new begins with what the others have"
    async with server(tmp_path, own, file=file, name="four", automatic=True, follow=False) as four:
        assert await four.number() == "1", "what was left by name is not what a new server begins with"


@pytest.mark.requirement("orchestrator.policies-everywhere")
async def test_a_database_that_was_restored_from_a_backup_is_followed_from_there_on(
    own: Database, tmp_path: Path
) -> None:
    files = [tmp_path / "a.tar.gz", tmp_path / "b.tar.gz"]
    first, _ = (publish(file, archive(1)).revision for file in files)
    async with (
        server(tmp_path, own, file=files[0]) as one,
        server(tmp_path, own, file=files[1], name="two") as two,
    ):
        second = await one.offer(archive(2))
        await one.activations.activate(CARLA, second, "reviewed")
        await two.decides("2")
        await one.activations.roll_back(CARLA, first, "not yet")
        await two.decides("1")
        await one.activations.roll_back(CARLA, second, "now")
        await until(lambda: two.feed.applied[0] == one.feed.applied[0])
    async with own.engine.begin() as tx:  # the backup is of before the last two; numbers are given a second time
        reviewed = sa.text("SELECT min(number) FROM assent.activations WHERE revision = :revision")
        last = (await tx.execute(reviewed, {"revision": second})).scalar_one()
        await tx.execute(sa.text("DELETE FROM assent.activations WHERE number > :last"), {"last": last})
        await tx.execute(sa.text(f"ALTER TABLE assent.activations ALTER COLUMN number RESTART WITH {last + 1}"))
    async with (
        server(tmp_path, own, file=files[0]) as one,
        server(tmp_path, own, file=files[1], name="two") as two,
    ):
        assert (await one.number(), await two.number()) == ("2", "2"), "what was followed before is not followed again"
        await one.activations.roll_back(CARLA, first, "it allows too much")
        await two.decides("1")


@pytest.mark.requirement("orchestrator.policies-everywhere")
async def test_of_two_servers_that_activate_at_once_one_is_first_and_both_end_alike(
    own: Database, tmp_path: Path
) -> None:
    files = [tmp_path / "a.tar.gz", tmp_path / "b.tar.gz"]
    for file in files:
        publish(file, archive(1))
    async with (
        server(tmp_path, own, file=files[0]) as one,
        server(tmp_path, own, file=files[1], name="two") as two,
    ):
        offered = [await one.offer(archive(2)), await two.offer(archive(3))]
        done = await asyncio.gather(
            one.activations.activate(CARLA, offered[0], "mine"),
            two.activations.activate(ADA, offered[1], "no, mine"),
            return_exceptions=True,
        )
        lost = [outcome for outcome in done if isinstance(outcome, BaseException)]
        assert all(isinstance(outcome, (ConflictError, NotFoundError)) for outcome in lost), lost
        async with own.engine.connect() as tx:
            query = sa.text("SELECT revision FROM assent.activations WHERE cause = 'named' ORDER BY number DESC")
            named = (await tx.execute(query)).scalars().all()
        await one.decides("2" if named[0] == offered[0] else "3")
        await two.decides("2" if named[0] == offered[0] else "3")


class KilledError(BaseException):
    """The process is no more."""


@pytest.mark.requirement("orchestrator.policies-everywhere")
async def test_a_server_that_dies_between_record_and_activation_makes_the_record_true_when_it_is_back(
    own: Database, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.tar.gz"
    publish(file, archive(1))
    async with server(tmp_path, own, file=file, follow=False) as one:
        second = await one.offer(archive(2))

        async def die(_: object) -> None:
            raise KilledError

        one.feed._in_force.activating = die
        with pytest.raises(KilledError):
            await one.activations.activate(CARLA, second, "reviewed")
    async with server(tmp_path, own, file=file, follow=False) as again:
        seen = await again.activations.status(CARLA)
        assert seen.activation is not None
        assert (await again.number(), seen.status.revision, seen.activation.actor) == ("2", second, "carla")


@pytest.mark.requirement("orchestrator.policies-recorded")
async def test_what_the_engine_does_not_take_is_refused_on_record(own: Database, tmp_path: Path) -> None:
    file = tmp_path / "bundle.tar.gz"
    publish(file, archive(1))
    async with server(tmp_path, own, file=file, follow=False) as one:
        second = await one.offer(archive(2))
        activate = one.feed._in_force.activating

        async def refuse(_: object) -> None:
            raise ActivationError("the engine did not activate it")

        one.feed._in_force.activating = refuse
        with pytest.raises(StateError, match="did not activate"):
            await one.activations.activate(CARLA, second, "reviewed")
        assert await one.number() == "1"
        one.feed._in_force.activating = activate
        wanted = await one.activations._wanted()
        assert wanted is not None, "what is on record is tried again"
        await one.feed.take(wanted)
        assert await one.number() == "2"
    assert [entry["event"] for entry in await records(own, "acme")] == ["policy.activated", "policy.refused"]


@pytest.mark.requirement("orchestrator.policies-everywhere")
async def test_what_is_on_record_and_is_never_taken_does_not_stand_in_the_way_of_what_is_named_later(
    own: Database, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.tar.gz"
    first = publish(file, archive(1)).revision
    async with server(tmp_path, own, file=file, follow=False) as one:
        second = await one.offer(archive(2))
        activate = one.feed._in_force.activating
        assert activate is not None

        async def refuse(bundle: Bundle) -> None:
            if bundle.revision == second:
                raise ActivationError("the engine did not activate it")
            await activate(bundle)

        one.feed._in_force.activating = refuse
        with pytest.raises(StateError, match="did not activate"):
            await one.activations.activate(CARLA, second, "reviewed")
        seen = await one.activations.status(CARLA)
        assert (seen.status.revision, "POLICY_NOT_ACTIVATED" in seen.status.problem) == (first, True)
        await one.activations.roll_back(CARLA, first, "then not")
        assert (await one.activations.status(CARLA)).status.problem == ""
        assert await one.activations._wanted() is None, "it is withdrawn, on every server"
        with pytest.raises(StateError, match="in force already"):
            await one.activations.roll_back(CARLA, first, "once more")
        with pytest.raises(StateError, match="did not activate"):
            await one.activations.activate(CARLA, second, "perhaps now")
        third = await one.offer(archive(3))
        await one.activations.activate(CARLA, third, "mended")
        assert (await one.number(), one.feed.status.problem, await one.activations._wanted()) == ("3", "", None)
    told = [(entry["event"], entry["detail"].get("revision")) for entry in await records(own, "acme")]
    assert told[2] == ("policy.rolled_back", first)


@pytest.mark.requirement("orchestrator.policies-everywhere")
async def test_a_server_that_cannot_take_what_was_named_meanwhile_begins_with_what_was_in_force_and_says_so(
    own: Database, tmp_path: Path
) -> None:
    files = [tmp_path / "a.tar.gz", tmp_path / "b.tar.gz"]
    for file in files:
        publish(file, archive(1))
    async with server(tmp_path, own, file=files[1], name="two", follow=False):
        pass
    async with server(tmp_path, own, file=files[0], follow=False) as one:
        second = await one.offer(archive(2))
        await one.activations.activate(CARLA, second, "reviewed")
    async with own.engine.begin() as tx:
        await tx.execute(sa.text("UPDATE assent.bundles SET archive = 'broken'"))
    async with server(tmp_path, own, file=files[1], name="two", follow=False) as two:
        assert (await two.number(), "BUNDLE_MALFORMED" in two.feed.status.problem) == ("1", True)
