"""What is put in force on one server is in force on all, whatever happens to them meanwhile."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from assent_orchestrator.errors import (
    ConflictError,
    NotFoundError,
    StateError,
)
from assent_orchestrator.store.postgres import Database
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.errors import ActivationError
from tests.orchestrator.governance.servers import ADA, CARLA, records, server
from tests.sidecar.engines import until
from tests.sidecar.rehearsals import archive, publish


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
