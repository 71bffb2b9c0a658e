"""Brings bundles from their origin into force: believed, in order, rehearsed, recorded, kept, activated; or not."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from assent_sidecar.activation.report import RehearsalReport
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.change import Candidate, Change, FeedStatus, Record, Refuse
from assent_sidecar.bundle.command import CommandError
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.bundle.freshness import Freshness
from assent_sidecar.bundle.gate import ActivationGate
from assent_sidecar.bundle.keep import Keep
from assent_sidecar.bundle.origin.origin import Origin
from assent_sidecar.bundle.refusal import BundleUnavailableError
from assent_sidecar.bundle.sequence import Standing, Step, follow, judge
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.errors import SidecarError

__all__ = ["REFUSALS", "Activate", "Candidate", "Change", "Feed", "FeedStatus", "Named"]

Activate = Callable[[Bundle], Awaitable[None]]
"""Puts a bundle in force, or raises and leaves the one before."""

REFUSALS = (SidecarError, WorkspaceError, CommandError)
"""What keeps a bundle from coming into force."""

_CONFIRMED_EVERY = 60.0
"""Seconds between two times that a confirmation is written down, at most."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Named:
    """An activation by name that another server recorded under ``number``: ``archive`` took over from ``left``."""

    revision: str
    number: int
    rollback: bool
    archive: bytes | None
    report: RehearsalReport | None
    left: str | None = None


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
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Put the parts together; ``wall`` is the time of the day, in seconds since 1970."""
        self._origin = origin
        self._trust = trust
        self._keep = keep
        self._freshness = freshness
        self._gate = gate or ActivationGate()
        self._wall = wall
        self._offering = asyncio.Lock()
        """Held from fetching to deciding what becomes of it: a rehearsal takes its time."""
        self._lock = asyncio.Lock()
        """Held while a bundle comes into force: going back by name does not wait for a rehearsal."""
        self._active: Bundle | None = None
        self._report: RehearsalReport | None = None
        self._candidate: tuple[Bundle, RehearsalReport] | None = None
        self._activate: Activate | None = None
        self._record: Record | None = None
        self._refuse: Refuse | None = None
        self._first: asyncio.Task[RehearsalReport | None] | None = None
        self._applied: int | None = None
        self._problem = ""
        self._offered = False
        self._written = 0.0

    @property
    def status(self) -> FeedStatus:
        """How things are, but for what is kept: see ``look``."""
        active = self._in_force()
        candidate = None
        if self._candidate is not None:
            waiting, report = self._candidate
            candidate = Candidate(waiting.revision, waiting.sequence, waiting.signed_by, waiting.author, report)
        return FeedStatus(
            revision=active.revision,
            sequence=active.sequence,
            signed_by=active.signed_by,
            author=active.author,
            origin=self._origin.name,
            age=self._freshness.age,
            problem=self._problem,
            report=self._report,
            candidate=candidate,
        )

    @property
    def applied(self) -> int | None:
        """The number of the last recorded activation that is, or was, in force here."""
        return self._applied

    async def kept(self) -> tuple[str, ...]:
        """Return the revisions that one can go back to, newest first."""
        return await asyncio.to_thread(self._keep.revisions)

    async def begin(self) -> Bundle:
        """Return what to begin with: the last one that was in force, else what the origin has.

        Raises:
            SidecarError, WorkspaceError, CommandError: there is neither, and why.
        """
        standing = await asyncio.to_thread(self._keep.standing)
        self._applied = standing.applied
        kept = await self._last_good(standing)
        if kept is not None:
            self._active = kept
            self._report = self._gate.proof(standing.rehearsal, kept)
            await self._find_candidate(standing)
            if standing.confirmed_at is not None:
                self._freshness.confirm(self._wall() - standing.confirmed_at)
            if self._report is None and not _was_named(standing):
                self._first = asyncio.create_task(self._gate.rehearse(kept, None), name="assent-rehearsal")
            return kept
        offered = await self._origin.fetch()
        if offered is None:
            raise BundleUnavailableError(f"there is no bundle at {self._origin.name}")
        judge(standing, offered, named=False)
        self._gate.require_author(offered)
        self._active = offered
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

        ``wanted`` was activated by name while this server was away, and takes over. A newest bundle that does not come
        into force is a problem that is logged, and no reason not to begin.

        Raises:
            BundleRehearsalError: what there is to begin with does not pass.
            BundleNotKeptError: the state folder cannot be written.
            Exception: whatever ``record`` raises.
        """
        self._activate, self._record, self._refuse = activate, record, refuse
        if wanted is not None:
            if wanted.revision != self._in_force().revision:
                await self._drop_first()
            await self.take(wanted)
            self._offered = False  # it is on record already
        await self._prove_first()
        if not self._offered:
            await self._try()
            return
        async with self._lock:
            active = self._in_force()
            standing = await asyncio.to_thread(self._keep.standing)
            await self._remember(active, standing, report=self._report, left=None)
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
            return self._in_force().revision

    async def activate(self, revision: str, record: Record | None = None) -> None:
        """Put the bundle that waits in force, because somebody said so.

        Raises:
            BundleUnavailableError: no bundle of that revision waits.
            SidecarError: it does not come into force; the one before stays.
            Exception: whatever ``record`` raises; nothing has changed then.
        """
        async with self._lock:
            if self._candidate is None or self._candidate[0].revision != revision:
                raise BundleUnavailableError(f"the bundle {revision[:80]} does not wait for its activation")
            bundle, report = self._candidate
            standing = await self._standing()
            judge(standing, bundle, named=False)
            await self._remember(bundle, standing, report=report, left=standing.active, record=record)
            _log.info("activated by name: %s, %s", revision, report.summary)

    async def roll_back(self, revision: str, record: Record | None = None) -> None:
        """Put a kept bundle back in force, and take the one that is left not again until a later one is offered.

        Raises:
            BundleUnavailableError: it is not among those that are kept.
            SidecarError: it is not believed any more, or does not come into force; the one before stays.
            Exception: whatever ``record`` raises; nothing has changed then.
        """
        async with self._lock:
            if self._candidate is not None and self._candidate[0].revision == revision:
                raise BundleUnavailableError(f"the bundle {revision[:80]} was never in force: activate it")
            bundle = await self._load(revision, None)
            if bundle.revision != self._in_force().revision:
                await self._go_back(bundle, record=record)

    async def take(self, named: Named) -> None:
        """Do what was done by name on another server, and was recorded there.

        Raises:
            SidecarError: it does not come into force; the one before stays.
        """
        async with self._lock:
            if named.revision == self._in_force().revision:
                standing = await self._standing()
                same = follow(standing, self._in_force(), origin=self._origin.name, named=False, now=self._wall())
                held = named.left if named.rollback else standing.held
                await self._write(self._in_force(), same.model_copy(update={"applied": named.number, "held": held}))
                self._applied = named.number
                return

            async def recorded(_: Change) -> int:
                return named.number

            bundle = await self._load(named.revision, named.archive)
            if named.rollback:
                await self._go_back(bundle, record=recorded)
                return
            standing = await self._standing()
            judge(standing, bundle, named=False)
            await self._remember(bundle, standing, report=named.report, left=standing.active, record=recorded)
            _log.info("activated by name, on another server: %s", named.revision)

    async def follow(self) -> None:
        """Take in every change of the origin, for as long as this runs. Whatever goes wrong is logged, once."""
        async with contextlib.aclosing(self._origin.changes()) as changes:
            async for _ in changes:
                await self._try()

    async def close(self) -> None:
        """Let go of the origin, and of a rehearsal that goes on."""
        await self._drop_first()
        await self._origin.close()

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
        kept = self._in_force()
        report = await self._first
        self._first = None
        self._report = report
        try:
            if report is not None:
                report.require_passed()
        except SidecarError as error:
            if self._offered:
                raise
            _log.error("the bundle %s was in force, but does not pass any more: %s", kept.revision, error)
            await self.refresh()
            if self._in_force() is kept:
                raise
            return
        if report is not None and not self._offered:
            await self._write(kept, (await self._standing()).model_copy(update={"rehearsal": report}))

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

    async def _consider(self, bundle: Bundle) -> None:
        """Rehearse what is offered and put it in force, or make it wait."""
        step = judge(await self._standing(), bundle, named=False)
        waiting = self._candidate is not None and self._candidate[0].archive == bundle.archive
        if step is Step.TAKE and not waiting:
            self._gate.require_author(bundle)
            report = await self._gate.pass_rehearsal(bundle, self._in_force())
            async with self._lock:
                standing = await self._standing()
                if judge(standing, bundle, named=False) is not Step.TAKE:
                    pass  # somebody was faster, by name
                elif self._gate.automatic:
                    await self._remember(bundle, standing, report=report, left=standing.active)
                elif report is not None:
                    await self._wait(bundle, standing, report)
        elif step is Step.SAME:
            async with self._lock:
                standing = await self._standing()
                if bundle.revision == standing.active and (bundle.sequence or 0) > (standing.sequence or 0):
                    await self._remember(bundle, standing, report=self._report, left=standing.active)
        self._origin.taken()

    async def _wait(self, bundle: Bundle, standing: Standing, report: RehearsalReport) -> None:
        """Keep a bundle that passed until somebody activates it; the one that waited before waits no more."""
        waiting = standing.model_copy(update={"candidate": report})
        await self._write(bundle, waiting)
        self._candidate = (bundle, report)
        _log.warning(
            "%s waits: assent policy activate %s --reason ...; %s", bundle.revision, bundle.revision, report.summary
        )

    async def _go_back(self, bundle: Bundle, *, record: Record | None) -> None:
        standing = await self._standing()
        left = self._in_force().revision
        await self._remember(bundle, standing, report=None, left=left, named=True, record=record)
        _log.warning("rolled back by name: from %s to %s", left, bundle.revision)

    async def _remember(
        self,
        bundle: Bundle,
        standing: Standing,
        *,
        report: RehearsalReport | None,
        left: str | None,
        named: bool = False,
        record: Record | None = None,
    ) -> None:
        """Write, record, activate, commit.

        What cannot be kept or recorded never decides, and what never decided does not count as kept.
        """
        before, before_report = self._in_force(), self._report
        record = record or self._record
        next_one = follow(standing, bundle, origin=self._origin.name, named=named, now=self._wall())
        ended = standing.candidate is not None and standing.candidate.revision == bundle.revision
        update = {"rehearsal": report, "candidate": None if ended else standing.candidate, "applied": self._applied}
        next_one = next_one.model_copy(update=update)
        prepared = await asyncio.to_thread(self._keep.prepare, bundle, next_one)
        try:
            if record is not None and bundle.revision != left:
                number = await record(Change(bundle, left, self._origin.name, report, rollback=named))
                await asyncio.to_thread(prepared.discard)
                next_one = next_one.model_copy(update={"applied": number})
                prepared = await asyncio.to_thread(self._keep.prepare, bundle, next_one)
            if bundle.revision != before.revision:
                await self._put_in_force(bundle)
            await asyncio.to_thread(prepared.commit)
        except BaseException:
            await asyncio.to_thread(prepared.discard)
            if self._active is not before:
                await self._put_in_force(before)
            self._report = before_report
            raise
        self._active, self._report, self._applied = bundle, report, next_one.applied
        if ended:
            self._candidate = None
        self._written = 0.0

    async def _put_in_force(self, bundle: Bundle) -> None:
        if self._activate is None:
            raise RuntimeError("nobody said yet who decides")
        await self._activate(bundle)
        self._active = bundle

    async def _say(self, error: Exception, offered: Bundle | None) -> None:
        """Remember why the newest is not in force, and have it recorded when it is news."""
        before, self._problem = self._problem, _first_line(error)
        if self._refuse is not None and self._problem != before:
            await self._refuse(error, offered)

    async def _confirm(self) -> None:
        self._problem = ""
        self._freshness.confirm()
        now = self._wall()
        if self._freshness.limit is None or 0 <= now - self._written < min(_CONFIRMED_EVERY, self._freshness.limit / 4):
            return
        async with self._lock:
            try:
                standing = await asyncio.to_thread(self._keep.standing)
                await self._write(self._in_force(), standing.model_copy(update={"confirmed_at": now}))
            except SidecarError as error:  # then a restart takes the policies for older than they are
                _log.warning("the confirmation is not written down: %s", error)
        self._written = now

    async def _write(self, bundle: Bundle, standing: Standing) -> None:
        """Keep the bundle and remember the standing."""
        prepared = await asyncio.to_thread(self._keep.prepare, bundle, standing)
        await asyncio.to_thread(prepared.commit)

    async def _standing(self) -> Standing:
        """Return what is remembered, with what is in force here: other servers may share the folder."""
        standing = await asyncio.to_thread(self._keep.standing)
        return standing.model_copy(update={"active": self._in_force().revision})

    async def _load(self, revision: str, archive: bytes | None) -> Bundle:
        """Return a kept bundle, or the one in ``archive``, if it is believed and of that revision."""
        found = await asyncio.to_thread(self._keep.load, revision) or archive
        if found is None:
            raise BundleUnavailableError(f"the bundle {revision[:80]} is not among those that are kept")
        bundle = await asyncio.to_thread(self._trusted.read, found)
        if bundle.revision != revision:
            raise BundleUnavailableError(f"what is kept as {revision[:80]} is {bundle.revision}")
        return bundle

    async def _find_candidate(self, standing: Standing) -> None:
        """Find the bundle that waited before a restart; one that is not believed any more waits no more."""
        report = standing.candidate
        if report is None or report.engine_version != self._gate.engine_version or self._gate.automatic:
            return  # the origin offers it again
        with contextlib.suppress(SidecarError):
            self._candidate = (await self._load(report.revision, None), report)

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


def _was_named(standing: Standing) -> bool:
    """Return whether what is in force is there because somebody went back to it: it is not put to the test again."""
    return bool(standing.rollbacks) and standing.rollbacks[-1].to == standing.active


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    if isinstance(error, SidecarError):
        lines[0] = f"{error.code}: {lines[0]}"
    return lines[0] if len(lines) == 1 else f"{lines[0]} (and {len(lines) - 1} more)"
