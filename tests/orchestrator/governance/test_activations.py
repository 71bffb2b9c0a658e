"""Who puts which bundle in force: on record first, and the same for every server on the database."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assent_orchestrator.audit.trail import AuditUnavailableError, Trail
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.config import HOME
from assent_orchestrator.errors import (
    AlreadyExistsError,
    ForbiddenError,
    NotFoundError,
    StateError,
)
from assent_orchestrator.store.postgres import Database
from assent_sidecar.bundle.refusal import (
    BundleAuthorError,
    BundleNotRecordedError,
    BundleRehearsalError,
    BundleUnavailableError,
)
from assent_sidecar.errors import ActivationError
from tests.orchestrator.governance.servers import ADA, CARLA, FAILING, person, records, server
from tests.sidecar.rehearsals import MAIN, archive, publish


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
