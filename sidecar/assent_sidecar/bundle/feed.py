"""Brings bundles from their origin into force: believed, in order, rehearsed, recorded, kept, activated; or not."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from assent_sidecar.activation.report import RehearsalReport
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.change import Activate, Admit, FeedStatus, Named, Record, Refuse, Untaken, Waiting
from assent_sidecar.bundle.freshness import Freshness
from assent_sidecar.bundle.gate import ActivationGate
from assent_sidecar.bundle.in_force import InForce
from assent_sidecar.bundle.keep import Keep
from assent_sidecar.bundle.kept import Kept
from assent_sidecar.bundle.origin.origin import Origin
from assent_sidecar.bundle.refusal import REFUSALS, BundleUnavailableError, first_line
from assent_sidecar.bundle.sequence import Standing, Step, judge, require_near
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.errors import SidecarError

_CONFIRMED_EVERY = 60.0
"""Seconds between two times that a confirmation is written down, at most."""

_log = logging.getLogger(__name__)


class Feed:
    """One origin and what has become of it. ``begin``, then ``begun`` before decisions are made, then ``follow``."""

    def __init__(
        self,
        origin: Origin,
        trust: Trust,
        keep: Keep,
        freshness: Freshness,
        *,
        gate: ActivationGate | None = None,
        admit: Admit | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Put the parts together; ``wall`` is the time of the day, in seconds since 1970.

        ``admit`` says of every bundle whether it may come into force here. What was in force before may begin in any
        case: nothing else may be there, and whoever decides by it has to know what it is worth.
        """
        self._origin = origin
        self._kept = Kept(keep, trust, origin)
        self._in_force = InForce(self._kept, origin.name, wall, admit)
        self._admit = admit
        self._freshness = freshness
        self._gate = gate or ActivationGate()
        self._wall = wall
        self._offering = asyncio.Lock()
        """Held from fetching to deciding what becomes of it: a rehearsal takes its time."""
        self._refuse: Refuse | None = None
        self._first: asyncio.Task[RehearsalReport | None] | None = None
        self._problem = ""
        self._unfollowed = ""
        self._offered = False

    @property
    def status(self) -> FeedStatus:
        """How things are, but for what is kept: see ``kept``."""
        active = self._in_force.bundle
        waiting, untaken = None, self._in_force.untaken
        if self._in_force.waiting is not None:
            bundle, report = self._in_force.waiting
            waiting = Waiting(bundle.revision, bundle.sequence, bundle.signed_by, bundle.author, report)
        return FeedStatus(
            revision=active.revision,
            sequence=active.sequence,
            signed_by=active.signed_by,
            author=active.author,
            origin=self._origin.name,
            age=self._freshness.age,
            problem=untaken.why if untaken is not None else self._unfollowed or self._problem,
            report=self._in_force.report,
            waiting=waiting,
        )

    @property
    def applied(self) -> tuple[str, ...]:
        """The ids of the last recorded activations that are, or were, in force here, newest first."""
        return self._in_force.applied

    @property
    def untaken(self) -> Untaken | None:
        """The activation on record that was tried here, and is not in force; something later may be recorded."""
        return self._in_force.untaken

    async def kept(self) -> tuple[str, ...]:
        """Return the revisions that one can go back to, newest first."""
        return await self._kept.revisions()

    async def begin(self) -> Bundle:
        """Return what to begin with: the last one that was in force, else what the origin has.

        Raises:
            SidecarError, WorkspaceError, CommandError: there is neither, and why.
        """
        standing = await self._kept.standing()
        self._in_force.applied = standing.applied
        kept = await self._kept.last_good(standing)
        if kept is not None:
            self._in_force.begin(kept)
            self._in_force.report = self._gate.proof(standing.rehearsal, kept)
            await self._find_waiting(standing)
            if standing.confirmed_at is not None:
                self._freshness.confirm(self._wall() - standing.confirmed_at)
            if self._in_force.report is None and not standing.named:  # which is not put to the test again
                self._first = asyncio.create_task(self._gate.rehearse(kept, None), name="assent-rehearsal")
            return kept
        offered = await self._origin.fetch()
        if offered is None:
            raise BundleUnavailableError(f"there is no bundle at {self._origin.name}")
        require_near(offered, self._wall())
        judge(standing, offered, named=False)
        self._gate.require_author(offered)
        if self._admit is not None:
            await self._admit(offered)
        self._in_force.begin(offered)
        self._offered = True
        self._first = asyncio.create_task(self._gate.rehearse(offered, None), name="assent-rehearsal")
        return offered

    async def begun(
        self,
        activate: Activate,
        record: Record | None = None,
        refuse: Refuse | None = None,
        *,
        wanted: Named | None = None,
    ) -> None:
        """Hear who decides, under what ``begin`` returned; before anything is decided, that must have been rehearsed.

        ``wanted`` was activated by name while this server was away, and takes over. If it does not come into force, or
        a newest bundle, this is a problem that is logged, and no reason not to begin with what was in force.

        Raises:
            BundleRehearsalError: what there is to begin with does not pass.
            SidecarError: nothing was in force here, and ``wanted`` does not come into force.
            BundleNotKeptError: the state folder cannot be written.
            Exception: whatever ``record`` raises.
        """
        self._in_force.activating, self._in_force.recording, self._refuse = activate, record, refuse
        if wanted is not None:
            await self._begin_with(wanted)
        await self._prove_first()
        if not self._offered:
            await self.look()
            return
        async with self._in_force.lock:
            standing = await self._kept.standing()
            await self._in_force.take_over(self._in_force.bundle, standing, report=self._in_force.report, left=None)
            self._origin.taken()
        await self._confirm()

    async def refresh(self) -> str:
        """Take in what the origin has now; return the revision in force.

        Raises:
            SidecarError, WorkspaceError, CommandError: it does not come into force; the one before stays.
        """
        async with self._offering:
            offered = None
            try:
                offered = await self._origin.fetch()
                if offered is not None:
                    await self._consider(offered)
            except REFUSALS as error:
                await self._say(error, offered)
                raise
            await self._confirm()
            return self._in_force.bundle.revision

    async def activate(self, revision: str, record: Record | None = None) -> None:
        """Put the bundle that waits in force, because somebody said so; raises as ``InForce.activate``."""
        await self._in_force.activate(revision, record)

    async def roll_back(self, revision: str, record: Record | None = None) -> None:
        """Put a kept bundle back in force; raises as ``InForce.roll_back``."""
        await self._in_force.roll_back(revision, record)

    async def take(self, named: Named) -> None:
        """Do what was done by name on another server; raises as ``InForce.take``."""
        await self._in_force.take(named)

    def say_unfollowed(self, why: str) -> None:
        """Show in the status why what is in force elsewhere is not followed; empty where everything is."""
        if why and why != self._unfollowed:
            _log.error("%s", why)
        self._unfollowed = why

    async def follow(self) -> None:
        """Take in every change of the origin, for as long as this runs. Whatever goes wrong is logged, once."""
        async with contextlib.aclosing(self._origin.changes()) as changes:
            async for _ in changes:
                await self.look()

    async def look(self) -> None:
        """Take in what the origin has now. Whatever goes wrong is logged, once; the bundle in force stays."""
        before = self._problem
        revision = self._in_force.bundle.revision
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

    async def close(self) -> None:
        """Let go of the origin, and of a rehearsal that goes on."""
        await self._drop_first()
        await self._origin.close()

    async def _begin_with(self, wanted: Named) -> None:
        before = self._in_force.bundle
        try:
            await self.take(wanted)
        except REFUSALS as error:
            if self._offered:  # which the others may have left
                raise
            _log.error("what was activated by name is not in force, %s stays: %s", before.revision, error)
            return
        if self._in_force.bundle is not before:
            await self._drop_first()
        self._offered = False  # it is on record already

    async def _drop_first(self) -> None:
        first, self._first = self._first, None
        if first is not None:
            first.cancel()
            with contextlib.suppress(asyncio.CancelledError, *REFUSALS):
                await first

    async def _prove_first(self) -> None:
        """Wait for the rehearsal of what there is to begin with. One that fails now may have a better successor."""
        if self._first is None:
            return
        kept = self._in_force.bundle
        report = await self._first
        self._first = None
        self._in_force.report = report
        try:
            if report is not None:
                report.require_passed()
        except SidecarError as error:
            if self._offered:
                raise
            _log.error("the bundle %s was in force, but does not pass any more: %s", kept.revision, error)
            await self.refresh()
            if self._in_force.bundle is kept:
                raise
            return
        if report is not None and not self._offered:
            standing = await self._in_force.standing()
            await self._kept.write(kept, standing.model_copy(update={"rehearsal": report}))

    async def _consider(self, bundle: Bundle) -> None:
        """Rehearse what is offered and put it in force, or make it wait."""
        require_near(bundle, self._wall())
        standing = await self._in_force.standing()
        step = judge(standing, bundle, named=False)
        if step is Step.TAKE and not self._waits(bundle, standing):
            self._gate.require_author(bundle)
            if self._admit is not None:
                await self._admit(bundle)
            report = await self._gate.pass_rehearsal(bundle, self._in_force.bundle)
            async with self._in_force.lock:
                standing = await self._in_force.standing()
                if judge(standing, bundle, named=False) is not Step.TAKE:
                    pass  # somebody was faster, by name
                elif self._gate.automatic:
                    await self._in_force.take_over(bundle, standing, report=report, left=standing.active)
                elif report is not None:
                    await self._in_force.wait(bundle, standing, report)
        elif step is Step.SAME and self._gate.automatic:  # with another number; else nothing changes without a person
            async with self._in_force.lock:
                standing = await self._in_force.standing()
                if bundle.revision == standing.active and (bundle.sequence or 0) > (standing.sequence or 0):
                    report = self._in_force.report
                    await self._in_force.take_over(bundle, standing, report=report, left=standing.active)
        self._origin.taken()

    def _waits(self, bundle: Bundle, standing: Standing) -> bool:
        """Return whether this waits already. What people look at stays as it is, whatever number it gets meanwhile."""
        if self._in_force.waiting is None:
            return False
        waiting, _ = self._in_force.waiting
        later = (waiting.sequence or 0) > (standing.sequence or 0)
        return waiting.archive == bundle.archive or (waiting.revision == bundle.revision and later)

    async def _say(self, error: Exception, offered: Bundle | None) -> None:
        """Remember why the newest is not in force, and have it recorded when it is news."""
        before, self._problem = self._problem, first_line(error)
        if self._refuse is not None and self._problem != before:
            await self._refuse(error, offered)

    async def _confirm(self) -> None:
        self._problem = ""
        self._freshness.confirm()
        if self._freshness.limit is not None:
            await self._in_force.confirmed(min(_CONFIRMED_EVERY, self._freshness.limit / 4))

    async def _find_waiting(self, standing: Standing) -> None:
        """Find the bundle that waited before a restart; one that is not believed any more waits no more."""
        report = standing.waiting
        if report is None or report.engine_version != self._gate.engine_version or self._gate.automatic:
            return  # the origin offers it again
        with contextlib.suppress(SidecarError):
            self._in_force.waiting = (await self._kept.load(report.revision), report)
