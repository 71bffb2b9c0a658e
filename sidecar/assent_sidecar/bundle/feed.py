"""Brings bundles from their origin into force: believed, in order, kept, activated; or not at all."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.command import CommandError
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.bundle.freshness import Freshness
from assent_sidecar.bundle.keep import Keep
from assent_sidecar.bundle.origin.origin import Origin
from assent_sidecar.bundle.refusal import BundleUnavailableError
from assent_sidecar.bundle.sequence import Standing, Step, follow, judge
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.errors import SidecarError

Activate = Callable[[Bundle], Awaitable[None]]
"""Puts a bundle in force, or raises and leaves the one before."""

REFUSALS = (SidecarError, WorkspaceError, CommandError)
"""What keeps a bundle from coming into force."""

_CONFIRMED_EVERY = 60.0
"""Seconds between two times that a confirmation is written down, at most."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """What is in force and where it is from; ``problem`` is why the origin's newest is not, or nothing."""

    revision: str
    sequence: int | None
    signed_by: str | None
    origin: str
    age: float | None
    problem: str


class Feed:
    """One origin and what has become of it. ``begin``, then ``begun`` once decisions are made, then ``follow``."""

    def __init__(
        self,
        origin: Origin,
        trust: Trust,
        keep: Keep,
        freshness: Freshness,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Put the parts together; ``wall`` is the time of the day, in seconds since 1970."""
        self._origin = origin
        self._trust = trust
        self._keep = keep
        self._freshness = freshness
        self._wall = wall
        self._lock = asyncio.Lock()
        self._active: Bundle | None = None
        self._activate: Activate | None = None
        self._problem = ""
        self._offered = False
        self._written = 0.0

    @property
    def status(self) -> FeedStatus:
        """How things are."""
        active = self._in_force()
        return FeedStatus(
            revision=active.revision,
            sequence=active.sequence,
            signed_by=active.signed_by,
            origin=self._origin.name,
            age=self._freshness.age,
            problem=self._problem,
        )

    async def begin(self) -> Bundle:
        """Return what to begin with: the last one that was in force, else what the origin has.

        Raises:
            SidecarError, WorkspaceError, CommandError: there is neither, and why.
        """
        standing = await asyncio.to_thread(self._keep.standing)
        kept = await self._last_good(standing)
        if kept is not None:
            self._active = kept
            if standing.confirmed_at is not None:
                self._freshness.confirm(self._wall() - standing.confirmed_at)
            return kept
        offered = await self._origin.fetch()
        if offered is None:
            raise BundleUnavailableError(f"there is no bundle at {self._origin.name}")
        judge(standing, offered, named=False)
        self._active = offered
        self._offered = True
        return offered

    async def begun(self, activate: Activate) -> None:
        """Hear that decisions are made under what ``begin`` returned; take in what the origin has meanwhile.

        A newest bundle that does not come into force is a problem that is logged, and no reason not to begin.

        Raises:
            BundleNotKeptError: the state folder cannot be written.
        """
        self._activate = activate
        async with self._lock:
            active = self._in_force()
            if self._offered:
                await self._remember(active, await asyncio.to_thread(self._keep.standing))
                self._origin.taken()
                await self._confirm()
                return
        await self._try()

    async def refresh(self) -> str:
        """Take in what the origin has now; return the revision in force.

        Raises:
            SidecarError, WorkspaceError, CommandError: it does not come into force; the one before stays.
        """
        async with self._lock:
            try:
                offered = await self._origin.fetch()
                if offered is not None:
                    await self._consider(offered, named=False)
            except REFUSALS as error:
                self._problem = _first_line(error)
                raise
            await self._confirm()
            return self._in_force().revision

    async def roll_back(self, revision: str) -> None:
        """Put a kept bundle back in force, and take the one that is left not again until a later one is offered.

        Raises:
            BundleUnavailableError: it is not among those that are kept.
            SidecarError: it is not believed any more, or does not come into force; the one before stays.
        """
        async with self._lock:
            archive = await asyncio.to_thread(self._keep.load, revision)
            if archive is None:
                raise BundleUnavailableError(f"the bundle {revision[:80]} is not among those that are kept")
            bundle = await asyncio.to_thread(self._trusted.read, archive)
            left = self._in_force().revision
            await self._consider(bundle, named=True)
            if left != bundle.revision:
                _log.warning("rolled back by name: from %s to %s", left, bundle.revision)

    async def follow(self) -> None:
        """Take in every change of the origin, for as long as this runs. Whatever goes wrong is logged, once."""
        async with contextlib.aclosing(self._origin.changes()) as changes:
            async for _ in changes:
                await self._try()

    async def close(self) -> None:
        """Let go of the origin."""
        await self._origin.close()

    async def _try(self) -> None:
        before = self._problem
        revision = self._in_force().revision
        try:
            now = await self.refresh()
        except REFUSALS as error:
            if self._problem != before:
                code = error.code if isinstance(error, SidecarError) else type(error).__name__
                _log.error("the newest of %s is not in force (%s), %s stays", self._origin.name, code, revision)
                for line in str(error).splitlines():
                    _log.error("%s", line)
        except Exception:  # noqa: BLE001 - whoever follows goes on following; the bundle in force stays
            self._problem = "something went wrong inside"
            _log.exception("the newest of %s is not in force, %s stays", self._origin.name, revision)
        else:
            if now != revision:
                _log.info("the revision %s is in force, from %s", now, self._origin.name)
            elif before:
                _log.info("%s is well again", self._origin.name)

    async def _consider(self, bundle: Bundle, *, named: bool) -> None:
        standing = await asyncio.to_thread(self._keep.standing)
        step = judge(standing.model_copy(update={"active": self._in_force().revision}), bundle, named=named)
        if step is Step.TAKE or (step is Step.SAME and (bundle.sequence or 0) > (standing.sequence or 0)):
            await self._remember(bundle, standing, named=named)
        if not named:
            self._origin.taken()

    async def _remember(self, bundle: Bundle, standing: Standing, *, named: bool = False) -> None:
        """Write, activate, commit: what cannot be kept never decides, and what never decided does not count as kept."""
        before = self._in_force()
        now = self._wall()
        next_one = follow(standing, bundle, origin=self._origin.name, named=named, now=now)
        prepared = await asyncio.to_thread(self._keep.prepare, bundle, next_one)
        try:
            if bundle.revision != before.revision:
                await self._put_in_force(bundle)
            await asyncio.to_thread(prepared.commit)
        except BaseException:
            await asyncio.to_thread(prepared.discard)
            if self._active is not before:
                await self._put_in_force(before)
            raise
        self._active = bundle
        self._written = 0.0

    async def _put_in_force(self, bundle: Bundle) -> None:
        if self._activate is None:
            raise RuntimeError("nobody said yet who decides")
        await self._activate(bundle)
        self._active = bundle

    async def _confirm(self) -> None:
        self._problem = ""
        self._freshness.confirm()
        now = self._wall()
        if self._freshness.limit is None or 0 <= now - self._written < min(_CONFIRMED_EVERY, self._freshness.limit / 4):
            return
        standing = await asyncio.to_thread(self._keep.standing)
        confirmed = standing.model_copy(update={"confirmed_at": now})
        try:
            prepared = await asyncio.to_thread(self._keep.prepare, self._in_force(), confirmed)
            await asyncio.to_thread(prepared.commit)
        except SidecarError as error:  # then a restart takes the policies for older than they are
            _log.warning("the confirmation is not written down: %s", error)
        self._written = now

    async def _last_good(self, standing: Standing) -> Bundle | None:
        """Return the bundle that was in force, if it is still believed; an unsigned one only of this very origin."""
        archive = await asyncio.to_thread(self._keep.load, standing.active) if standing.active else None
        if archive is None:
            return None
        try:
            kept = await asyncio.to_thread(self._trusted.read, archive)
        except SidecarError as error:
            _log.error("the bundle %s was in force, but is not believed any more: %s", standing.active, error)
            return None
        same = kept.signed_by is not None or standing.origin == self._origin.name
        return kept if same and kept.revision == standing.active else None

    @property
    def _trusted(self) -> Trust:
        """What is believed of that which is kept: as of the origin, where what was built here needs no signature."""
        return Trust(self._trust.keys, allow_unsigned=self._trust.allow_unsigned or self._origin.local)

    def _in_force(self) -> Bundle:
        if self._active is None:
            raise RuntimeError("the feed has not begun")
        return self._active


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    if isinstance(error, SidecarError):
        lines[0] = f"{error.code}: {lines[0]}"
    return lines[0] if len(lines) == 1 else f"{lines[0]} (and {len(lines) - 1} more)"
