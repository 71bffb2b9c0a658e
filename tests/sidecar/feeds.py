"""What the tests of the feed share: an origin that holds what a test puts there, and a whole decision point on it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.feed import Feed
from assent_sidecar.bundle.freshness import Freshness
from assent_sidecar.bundle.gate import ActivationGate
from assent_sidecar.bundle.keep import Keep
from assent_sidecar.bundle.origin.file import FileOrigin
from assent_sidecar.bundle.origin.origin import Origin
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.decision import Decided
from assent_sidecar.sidecar import Sidecar, SidecarSettings, open_sidecar
from tests.sidecar.engines import question
from tests.sidecar.signed import Signer, archive_of, ring

GENEROUS = 60.0


class Times:
    """A clock that a test sets."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass
class Desk:
    """A decision point, its feed, and the file that its bundles come from."""

    file: Path
    signer: Signer
    feed: Feed
    sidecar: Sidecar

    def offer(self, number: int, sequence: int | None = None) -> Bundle:
        return offer(self.file, self.signer, number, sequence)

    async def decide(self) -> Decided:
        return await self.sidecar.evaluator.decide(question(), budget=GENEROUS)

    async def number(self) -> str:
        decided = await self.decide()
        return decided.codes[0] if decided.fault else decided.decision.reasons[0].message


def offer(file: Path, signer: Signer, number: int, sequence: int | None = None) -> Bundle:
    """Put a bundle into the file, as whoever publishes does: whole, by a rename."""
    archive = signer.sign(archive_of(number), number if sequence is None else sequence)
    scratch = file.with_suffix(".new")
    scratch.write_bytes(archive)
    scratch.replace(file)
    return Trust(ring(signer)).read(archive)


@contextlib.asynccontextmanager
async def deciding(
    folder: Path,
    signer: Signer,
    *,
    trust: Trust | None = None,
    origin: Origin | None = None,
    freshness: Freshness | None = None,
    wall: Times | None = None,
    gate: ActivationGate | None = None,
) -> AsyncIterator[Desk]:
    """Open a whole decision point on the file ``bundle.tar.gz`` in ``folder``, or another origin."""
    trust = trust or Trust(ring(signer))
    freshness = freshness or Freshness()
    file = folder / "bundle.tar.gz"
    feed = Feed(
        origin or FileOrigin(file, trust, every=0.5),
        trust,
        Keep(folder / "state" / "bundles"),
        freshness,
        gate=gate,
        wall=wall or Times(),
    )
    settings = SidecarSettings(
        folder / "state", {}, query_timeout=GENEROUS, activation_timeout=GENEROUS, trust=trust, freshness=freshness
    )
    try:
        bundle = await feed.begin()
        async with open_sidecar(settings, bundle) as sidecar:
            await feed.begun(sidecar.activate)
            yield Desk(file, signer, feed, sidecar)
    finally:
        await feed.close()


@contextlib.asynccontextmanager
async def followed(desk: Desk) -> AsyncIterator[None]:
    """Take in every change of the origin meanwhile."""
    following = asyncio.create_task(desk.feed.follow())
    try:
        yield
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
