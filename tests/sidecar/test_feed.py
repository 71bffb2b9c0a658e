import asyncio
import json
import logging
import stat
import sys
from pathlib import Path

import pytest

from assent_sidecar.bundle.freshness import Freshness
from assent_sidecar.bundle.keep import KEPT, Keep
from assent_sidecar.bundle.refusal import (
    BundleNotKeptError,
    BundleOlderError,
    BundleSequenceError,
    BundleSignatureError,
    BundleUnavailableError,
)
from assent_sidecar.bundle.sequence import Standing, Step, follow, judge
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.decision import Verdict
from assent_sidecar.errors import ActivationError
from tests.sidecar.engines import ROOT, until
from tests.sidecar.feeds import Desk, Times, deciding, offer
from tests.sidecar.signed import Signer, archive_of, bundle, ring


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(tmp_path)


def standing_of(folder: Path) -> Standing:
    return Keep(folder / "state" / "bundles").standing()


@pytest.mark.requirement("sidecar.bundle-sequence")
async def test_an_older_signed_bundle_is_refused_over_restarts_too(tmp_path: Path, signer: Signer) -> None:
    offer(tmp_path / "bundle.tar.gz", signer, 5)
    async with deciding(tmp_path, signer) as desk:
        newest = desk.offer(6)
        assert await desk.feed.refresh() == newest.revision
        desk.offer(4)
        with pytest.raises(BundleOlderError, match="4, but 6 was in force"):
            await desk.feed.refresh()
        desk.offer(7, sequence=6)
        with pytest.raises(BundleOlderError):
            await desk.feed.refresh()
        assert await desk.number() == "6 6"
        assert "but 6 was in force" in desk.feed.status.problem
    desk.offer(4)
    async with deciding(tmp_path, signer) as again:
        assert await again.number() == "6 6"
        assert "but 6 was in force" in again.feed.status.problem
        again.offer(7)
        await again.feed.refresh()
        assert (await again.number(), again.feed.status.problem) == ("7 7", "")


@pytest.mark.requirement("sidecar.bundle-sequence")
async def test_a_rollback_by_name_is_recorded_and_stays_until_something_later_comes(
    tmp_path: Path, signer: Signer, caplog: pytest.LogCaptureFixture
) -> None:
    old = offer(tmp_path / "bundle.tar.gz", signer, 1)
    async with deciding(tmp_path, signer, wall=Times(77.0)) as desk:
        new = desk.offer(2)
        await desk.feed.refresh()
        with caplog.at_level(logging.WARNING):
            await desk.feed.roll_back(old.revision)
        assert f"from {new.revision} to {old.revision}" in caplog.text
        assert await desk.feed.refresh() == old.revision  # its origin still has the one that was left
        assert (await desk.number(), desk.feed.status.problem) == ("1 1", "")
    [rollback] = standing_of(tmp_path).rollbacks
    assert (rollback.left, rollback.to, rollback.at) == (new.revision, old.revision, 77.0)
    async with deciding(tmp_path, signer) as again:
        assert await again.number() == "1 1"
        with pytest.raises(BundleUnavailableError, match="was never in force here"):
            await again.feed.roll_back("sha256:" + "0" * 64)
        again.offer(3)
        await again.feed.refresh()
        assert await again.number() == "3 3"
        await again.feed.roll_back(new.revision)
        assert await again.number() == "2 2"
    assert len(standing_of(tmp_path).rollbacks) == 2


@pytest.mark.requirement("sidecar.bundle-sequence")
def test_which_bundle_may_follow_which(signer: Signer) -> None:
    one, two = bundle(signer, 1), bundle(signer, 2)
    standing = follow(Standing(), two, origin="o", named=False, now=0)
    assert judge(standing, two, named=False) is Step.SAME
    assert judge(standing, bundle(signer, 3), named=False) is Step.TAKE
    assert judge(standing, one, named=True) is Step.TAKE
    back = follow(standing, one, origin="o", named=True, now=0)
    assert (back.sequence, back.active, back.held) == (2, one.revision, two.revision)
    assert judge(back, two, named=False) is Step.HOLD
    assert follow(back, two, origin="o", named=True, now=0).held is None


@pytest.mark.requirement("sidecar.bundle-kept")
@pytest.mark.parametrize("broken", [None, b"no archive", archive_of(9)])
async def test_with_the_origin_away_or_broken_the_last_good_one_decides_and_this_is_said(
    tmp_path: Path, signer: Signer, broken: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "bundle.tar.gz"
    offer(file, signer, 1)
    async with deciding(tmp_path, signer) as desk:
        assert await desk.number() == "1 1"
    kept = tmp_path / "state" / "bundles"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept.iterdir()} == {0o600}
    file.unlink()
    if broken is not None:
        file.write_bytes(broken)
    async with deciding(tmp_path, signer) as again:
        assert await again.number() == "1 1"
        assert again.feed.status.problem
        assert "stays" in caplog.text
        again.offer(2)
        await again.feed.refresh()
        assert (await again.number(), again.feed.status.problem) == ("2 2", "")


@pytest.mark.requirement("sidecar.bundle-kept")
async def test_with_nothing_kept_and_nothing_there_nothing_opens(tmp_path: Path, signer: Signer) -> None:
    with pytest.raises(BundleUnavailableError):
        async with deciding(tmp_path, signer):
            pytest.fail("it opened")


@pytest.mark.requirement("sidecar.bundle-key-rotation")
async def test_the_last_good_one_of_a_key_that_does_not_count_any_more_is_not_used(
    tmp_path: Path, signer: Signer
) -> None:
    offer(tmp_path / "bundle.tar.gz", signer, 1)
    after = Signer(tmp_path, "next")
    async with deciding(tmp_path, signer, trust=Trust(ring(signer, after))) as desk:
        assert desk.feed.status.signed_by == "release"
    with pytest.raises(BundleSignatureError):
        async with deciding(tmp_path, after):
            pytest.fail("it opened")
    offer(tmp_path / "bundle.tar.gz", after, 2)
    async with deciding(tmp_path, after) as rotated:
        assert (await rotated.number(), rotated.feed.status.signed_by) == ("2 2", "next")


@pytest.mark.requirement("sidecar.bundle-kept")
async def test_what_the_engine_does_not_take_is_not_kept(tmp_path: Path, signer: Signer) -> None:
    offer(tmp_path / "bundle.tar.gz", signer, 1)
    async with deciding(tmp_path, signer) as desk:
        before = standing_of(tmp_path)
        desk.file.write_bytes(signer.sign(archive_of(2, "package assent\n\nno Rego {number}\n"), 2))
        with pytest.raises(ActivationError):
            await desk.feed.refresh()
        assert standing_of(tmp_path) == before
        assert await desk.number() == "1 1"
        assert not list((tmp_path / "state" / "bundles").glob(".new-*"))


@pytest.mark.requirement("sidecar.bundle-disk-full")
async def test_with_a_full_disk_the_old_one_stays_in_force(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.sidecar.full_disk", str(tmp_path)), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert json.loads(out) == {"refused": "BUNDLE_NOT_KEPT", "full": "1 1", "afterwards": "2 2"}


@pytest.mark.requirement("sidecar.bundle-kept")
async def test_a_standing_that_cannot_be_read_is_not_guessed(tmp_path: Path, signer: Signer) -> None:
    offer(tmp_path / "bundle.tar.gz", signer, 1)
    async with deciding(tmp_path, signer):
        pass
    (tmp_path / "state" / "bundles" / "standing.json").write_text("{")
    with pytest.raises(BundleNotKeptError, match="nobody knows which bundles are older"):
        async with deciding(tmp_path, signer):
            pytest.fail("it opened")


async def test_of_many_bundles_the_last_few_are_kept(tmp_path: Path, signer: Signer) -> None:
    keep = Keep(tmp_path / "kept")
    for number in range(KEPT + 3):
        one = bundle(signer, number)
        keep.prepare(one, follow(keep.standing(), one, origin="o", named=False, now=0)).commit()
    assert len(list((tmp_path / "kept").glob("*.tar.gz"))) == KEPT
    assert keep.load(bundle(signer, KEPT + 2).revision) is not None


@pytest.mark.requirement("sidecar.bundle-sequence")
async def test_a_number_of_the_future_is_refused_so_that_something_can_follow(tmp_path: Path, signer: Signer) -> None:
    offer(tmp_path / "bundle.tar.gz", signer, 1)
    async with deciding(tmp_path, signer, wall=Times(1_000_000.0)) as desk:
        for sequence in (1_000_000 + 86_401, 2**53 - 1):
            desk.offer(2, sequence=sequence)
            with pytest.raises(BundleSequenceError, match="later than tomorrow"):
                await desk.feed.refresh()
        assert (await desk.number(), standing_of(tmp_path).sequence) == ("1 1", 1)
        desk.offer(2, sequence=1_000_000 + 86_400)
        await desk.feed.refresh()
        assert await desk.number() == "2 2"


@pytest.mark.requirement("sidecar.bundle-sequence")
def test_of_two_servers_on_one_folder_the_slower_one_does_not_win(tmp_path: Path, signer: Signer) -> None:
    keep = Keep(tmp_path / "kept")
    slow, fast = bundle(signer, 1), bundle(signer, 2)
    prepared = keep.prepare(slow, follow(Standing(), slow, origin="o", named=False, now=0))
    keep.prepare(fast, follow(Standing(), fast, origin="o", named=False, now=0)).commit()
    with pytest.raises(BundleOlderError):
        prepared.commit()
    assert keep.standing().active == fast.revision


async def _stale(desk: Desk) -> bool:
    decided = await desk.decide()
    health = await desk.sidecar.health()
    assert health.ready is not decided.fault
    return decided.codes == ("POLICY_STALE",) and decided.verdict is Verdict.DENY


@pytest.mark.requirement("sidecar.bundle-stale")
async def test_policies_that_nobody_confirms_decide_nothing_any_more(tmp_path: Path, signer: Signer) -> None:
    clock, wall = Times(), Times()
    file = tmp_path / "bundle.tar.gz"
    offer(file, signer, 1)
    async with deciding(tmp_path, signer, freshness=Freshness(3600, clock), wall=wall) as desk:
        assert not await _stale(desk)
        clock.now += 3601
        assert await _stale(desk)
        await desk.feed.refresh()  # the same bundle: confirmed
        assert not await _stale(desk)
        desk.offer(0)  # an older one says nothing about the one in force
        clock.now += 3601
        with pytest.raises(BundleOlderError):
            await desk.feed.refresh()
        assert await _stale(desk)
    file.unlink()
    for passed, stale in ((3599, False), (3601, True), (-60, True)):
        later = Times(wall.now + passed)
        async with deciding(tmp_path, signer, freshness=Freshness(3600, clock), wall=later) as again:
            assert await _stale(again) is stale, passed


@pytest.mark.requirement("sidecar.bundle-stale")
def test_without_a_limit_nothing_is_stale_and_with_one_everything_that_was_never_confirmed() -> None:
    assert not Freshness(None).stale
    assert Freshness(10.0).stale
    fresh = Freshness(10.0)
    fresh.confirm(9.0)
    fresh.confirm(11.0)
    assert not fresh.stale


@pytest.mark.requirement("sidecar.bundle-one-revision", "sidecar.bundle-read-back")
async def test_twenty_swaps_under_load_and_every_decision_is_wholly_of_the_revision_that_it_names(
    tmp_path: Path, signer: Signer
) -> None:
    of_revision = {offer(tmp_path / "bundle.tar.gz", signer, 0).revision: "0 0"}
    async with deciding(tmp_path, signer) as desk:
        swapped = asyncio.Event()
        seen: set[str] = set()
        made = 0

        async def ask() -> None:
            nonlocal made
            while not swapped.is_set():
                decided = await desk.decide()
                assert not decided.fault, decided.codes
                assert decided.decision.reasons[0].message == of_revision[decided.provenance.revision]
                seen.add(decided.provenance.revision)
                made += 1

        asking = [asyncio.create_task(ask()) for _ in range(8)]
        for number in range(1, 21):
            newer = desk.offer(number)
            of_revision[newer.revision] = f"{number} {number}"
            assert await desk.feed.refresh() == newer.revision
            assert await desk.number() == f"{number} {number}"  # from here on, under nothing earlier
            before = made

            async def asked(before: int = before) -> bool:
                return made > before

            await until(asked)
        swapped.set()
        await asyncio.gather(*asking)
        assert len(seen) >= 20
