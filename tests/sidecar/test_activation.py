"""From what is offered to what is in force: rehearsed first, by itself or when a person says so, over restarts too."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from assent_sidecar.activation.rehearsal import Rehearsal
from assent_sidecar.activation.report import RehearsalReport
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.change import Change
from assent_sidecar.bundle.gate import ActivationGate
from assent_sidecar.bundle.keep import KEPT, Keep
from assent_sidecar.bundle.refusal import (
    BundleAuthorError,
    BundleNotRecordedError,
    BundleRehearsalError,
    BundleUnavailableError,
)
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.opa.binary import find_binary
from tests.sidecar.engines import until
from tests.sidecar.feeds import Desk, deciding
from tests.sidecar.rehearsals import archive, publish
from tests.sidecar.signed import Signer

UNSIGNED = Trust(allow_unsigned=True)
FAILING = {"policies/org/rules_test.rego": "package policies.org.rules_test\n\ntest_no if 1 == 2\n"}


class Counted:
    """A real rehearsal; how often, and held until the test says so where it wants to look meanwhile."""

    def __init__(self) -> None:
        self.rehearsal = Rehearsal(find_binary({}))
        self.times = 0
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def __call__(self, bundle: Bundle, running: Bundle | None) -> RehearsalReport:
        self.times += 1
        await self.go_on.wait()
        return await self.rehearsal(bundle, running)


@pytest.fixture
def rehearse() -> Counted:
    return Counted()


def opened(
    folder: Path, rehearse: Counted, *, automatic: bool = True, two_persons: bool = False, engine: str = "1.22.2"
) -> AbstractAsyncContextManager[Desk]:
    gate = ActivationGate(rehearse, engine_version=engine, automatic=automatic, two_persons=two_persons)
    signer = Signer.__new__(Signer)  # nothing is signed here
    return deciding(folder, signer, trust=UNSIGNED, gate=gate)


@pytest.mark.requirement("sidecar.activation-rehearsed")
async def test_what_does_not_pass_is_not_in_force_and_the_one_before_stays(tmp_path: Path, rehearse: Counted) -> None:
    file = tmp_path / "bundle.tar.gz"
    publish(file, archive(1))
    async with opened(tmp_path, rehearse) as desk:
        publish(file, archive(2, tests=FAILING))
        for _ in range(2):
            with pytest.raises(BundleRehearsalError, match=r"policies/org/rules_test\.rego:3: tests"):
                await desk.feed.refresh()
        assert rehearse.times == 2, "what failed once is not rehearsed again and again"
        assert "did not pass its rehearsal" in desk.feed.status.problem
        assert await desk.number() == "1"
        publish(file, archive(3))
        await desk.feed.refresh()
        assert (await desk.number(), desk.feed.status.problem) == ("3", "")
        report = desk.feed.status.report
        assert report is not None
        assert (report.passed, report.compared) == (True, 1)


@pytest.mark.requirement("sidecar.activation-rehearsed")
async def test_what_carries_no_checks_does_not_replace_by_itself_what_does(tmp_path: Path, rehearse: Counted) -> None:
    file = tmp_path / "bundle.tar.gz"
    publish(file, archive(1, carries=False))
    async with opened(tmp_path, rehearse) as desk:
        publish(file, archive(2, carries=False))
        await desk.feed.refresh()
        publish(file, archive(3))
        await desk.feed.refresh()
        publish(file, archive(4, carries=False))
        with pytest.raises(BundleRehearsalError, match="neither tests nor cases"):
            await desk.feed.refresh()
        assert await desk.number() == "3"
    async with opened(tmp_path, rehearse, automatic=False) as manual:
        await manual.feed.refresh()
        waiting = manual.feed.status.waiting
        assert waiting is not None
        assert not waiting.report.carried
        await manual.feed.activate(waiting.revision)
        assert await manual.number() == "4"


@pytest.mark.requirement("sidecar.activation-rehearsed")
async def test_nothing_begins_with_what_does_not_pass(tmp_path: Path, rehearse: Counted) -> None:
    publish(tmp_path / "bundle.tar.gz", archive(1, tests=FAILING))
    with pytest.raises(BundleRehearsalError):
        async with opened(tmp_path, rehearse):
            pytest.fail("it opened")


@pytest.mark.requirement("sidecar.activation-undisturbed")
async def test_decisions_and_rollbacks_do_not_wait_for_a_rehearsal(tmp_path: Path, rehearse: Counted) -> None:
    file = tmp_path / "bundle.tar.gz"
    first = publish(file, archive(1))
    async with opened(tmp_path, rehearse) as desk:
        publish(file, archive(2))
        await desk.feed.refresh()
        rehearse.go_on.clear()
        third = publish(file, archive(3))
        offering = asyncio.create_task(desk.feed.refresh())
        await until(lambda: rehearse.times == 3)
        assert await desk.number() == "2"
        await desk.feed.roll_back(first.revision)
        assert await desk.number() == "1"
        rehearse.go_on.set()
        assert await offering == third.revision


@pytest.mark.requirement("sidecar.activation-once")
async def test_after_a_restart_what_passed_is_not_rehearsed_again_but_for_another_engine(
    tmp_path: Path, rehearse: Counted
) -> None:
    publish(tmp_path / "bundle.tar.gz", archive(1))
    async with opened(tmp_path, rehearse):
        assert rehearse.times == 1
    async with opened(tmp_path, rehearse) as again:
        assert rehearse.times == 1
        assert again.feed.status.report is not None
    async with opened(tmp_path, rehearse, engine="1.23.0"):
        assert rehearse.times == 2
    standing = Keep(tmp_path / "state" / "bundles").standing()
    assert standing.rehearsal is not None
    assert standing.rehearsal.engine_version == "1.22.2"


@pytest.mark.requirement("sidecar.activation-manual")
async def test_what_passed_waits_over_restarts_until_somebody_names_it(tmp_path: Path, rehearse: Counted) -> None:
    file = tmp_path / "bundle.tar.gz"
    publish(file, archive(1))
    async with opened(tmp_path, rehearse, automatic=False) as desk:
        assert await desk.number() == "1", "the first one is in force: who starts the server says so"
        second = publish(file, archive(2))
        await desk.feed.refresh()
        assert (await desk.number(), desk.feed.status.problem) == ("1", "")
    file.unlink()
    async with opened(tmp_path, rehearse, automatic=False) as again:
        waiting = again.feed.status.waiting
        assert waiting is not None
        assert (waiting.revision, waiting.report.compared, rehearse.times) == (second.revision, 1, 2)
        with pytest.raises(BundleUnavailableError, match="does not wait"):
            await again.feed.activate("sha256:" + "0" * 64)
        with pytest.raises(BundleUnavailableError, match="never in force"):
            await again.feed.roll_back(second.revision)
        await again.feed.activate(second.revision)
        assert (await again.number(), again.feed.status.waiting) == ("2", None)
    async with opened(tmp_path, rehearse, automatic=False) as last:
        assert (await last.number(), last.feed.status.waiting, rehearse.times) == ("2", None, 2)


@pytest.mark.requirement("sidecar.activation-manual")
async def test_a_later_one_takes_the_place_of_what_waits_and_of_two_activations_one_counts(
    tmp_path: Path, rehearse: Counted
) -> None:
    file = tmp_path / "bundle.tar.gz"
    publish(file, archive(1))
    async with opened(tmp_path, rehearse, automatic=False) as desk:
        second = publish(file, archive(2))
        await desk.feed.refresh()
        third = publish(file, archive(3))
        await desk.feed.refresh()
        with pytest.raises(BundleUnavailableError):
            await desk.feed.activate(second.revision)
        both = await asyncio.gather(*(desk.feed.activate(third.revision) for _ in range(2)), return_exceptions=True)
        assert sorted(type(one).__name__ for one in both) == ["BundleUnavailableError", "NoneType"]
        assert await desk.number() == "3"


@pytest.mark.requirement("sidecar.activation-manual")
async def test_what_is_put_aside_while_it_waits_is_dropped_and_what_was_in_force_is_not(
    tmp_path: Path, rehearse: Counted
) -> None:
    file = tmp_path / "bundle.tar.gz"
    first = publish(file, archive(1))
    async with opened(tmp_path, rehearse, automatic=False) as desk:
        second = publish(file, archive(2))
        await desk.feed.refresh()
        await desk.feed.activate(second.revision)
        for number in range(3, 4 + KEPT):
            last = publish(file, archive(number))
            await desk.feed.refresh()
        kept = Keep(tmp_path / "state" / "bundles").revisions()
        assert kept == {first.revision, second.revision, last.revision}
        assert await desk.feed.kept() == (second.revision, first.revision)
        await desk.feed.roll_back(first.revision)
        assert await desk.number() == "1"


def numbered(number: int, sequence: int) -> bytes:
    return archive(number, manifest={"metadata": {"workspace": "test", "author": "ada", "sequence": sequence}})


@pytest.mark.requirement("sidecar.activation-manual")
async def test_another_number_alone_changes_neither_what_is_in_force_nor_what_waits_without_a_person(
    tmp_path: Path, rehearse: Counted
) -> None:
    file = tmp_path / "bundle.tar.gz"
    publish(file, numbered(1, 1))
    async with opened(tmp_path, rehearse, automatic=False) as desk:
        publish(file, numbered(1, 9000))
        await desk.feed.refresh()
        assert (desk.feed.status.sequence, Keep(tmp_path / "state" / "bundles").standing().sequence) == (1, 1)
        second = publish(file, numbered(2, 2))
        await desk.feed.refresh()
        publish(file, numbered(2, 9000))
        await desk.feed.refresh()
        assert desk.feed.status.waiting is not None
        assert desk.feed.status.waiting.sequence == 2, "what people look at stays as it is"
        await desk.feed.activate(second.revision)
        assert (await desk.number(), desk.feed.status.sequence) == ("2", 2)


@pytest.mark.requirement("orchestrator.policies-recorded")
async def test_another_number_that_counts_by_itself_is_recorded_first(tmp_path: Path, rehearse: Counted) -> None:
    file = tmp_path / "bundle.tar.gz"
    first = publish(file, numbered(1, 1))
    async with opened(tmp_path, rehearse) as desk:
        seen: list[Change] = []

        async def record(change: Change) -> str:
            seen.append(change)
            return f"id-{len(seen)}"

        desk.feed._in_force.recording = record
        publish(file, numbered(1, 5))
        await desk.feed.refresh()
        [change] = seen
        assert (change.bundle.revision, change.left, change.bundle.sequence) == (first.revision, first.revision, 5)
        standing = Keep(tmp_path / "state" / "bundles").standing()
        assert (standing.sequence, standing.applied, rehearse.times) == (5, ("id-1",), 1)


@pytest.mark.requirement("sidecar.activation-two-persons")
async def test_where_two_persons_are_needed_somebody_must_have_made_it(tmp_path: Path, rehearse: Counted) -> None:
    file = tmp_path / "bundle.tar.gz"
    publish(file, archive(1))
    with pytest.raises(BundleAuthorError, match="assent bundle build --author"):
        async with opened(tmp_path, rehearse, two_persons=True):
            pytest.fail("it opened")
    publish(file, archive(1, author="ada"))
    async with opened(tmp_path, rehearse, two_persons=True) as desk:
        publish(file, archive(2))
        with pytest.raises(BundleAuthorError):
            await desk.feed.refresh()
        publish(file, archive(3, author="ada"))
        await desk.feed.refresh()
        assert await desk.number() == "1", "two persons are never automatic"
        assert desk.feed.status.waiting is not None
        assert desk.feed.status.waiting.author == "ada"


@pytest.mark.requirement("orchestrator.policies-recorded")
async def test_what_cannot_be_recorded_does_not_come_into_force(tmp_path: Path, rehearse: Counted) -> None:
    file = tmp_path / "bundle.tar.gz"
    publish(file, archive(1))
    async with opened(tmp_path, rehearse) as desk:
        seen: list[str] = []

        async def away(change: Change) -> str | None:
            seen.append(desk.sidecar.bundle.revision)
            raise BundleNotRecordedError(f"{change.bundle.revision} waits: the trail is away")

        before = Keep(tmp_path / "state" / "bundles").standing()
        first = desk.sidecar.bundle.revision
        desk.feed._in_force.recording = away
        publish(file, archive(2))
        with pytest.raises(BundleNotRecordedError):
            await desk.feed.refresh()
        assert seen == [first], "it is asked before anything changes"
        assert (await desk.number(), Keep(tmp_path / "state" / "bundles").standing()) == ("1", before)
