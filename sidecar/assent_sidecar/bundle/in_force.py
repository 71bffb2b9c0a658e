"""The bundle in force, and how another takes over from it: written, recorded, activated, and then only counted."""

import asyncio
import logging
from collections.abc import Callable

from assent_sidecar.activation.report import RehearsalReport
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.change import Activate, Admit, Change, Named, Record, Untaken
from assent_sidecar.bundle.kept import Kept
from assent_sidecar.bundle.refusal import REFUSALS, BundleUnavailableError, first_line
from assent_sidecar.bundle.sequence import Standing, follow, judge
from assent_sidecar.errors import SidecarError

_log = logging.getLogger(__name__)


class InForce:
    """What is in force here, and what waits; ``report`` is of the rehearsal of the first.

    ``applied`` are the ids of the activations on record that are, or were, in force here.

    ``untaken`` is what was recorded last and tried here, and is not in force: whatever is recorded later supersedes it.
    ``waiting`` passed its rehearsal and comes into force when somebody activates it. Whoever changes any of this, or
    writes the standing, holds ``lock``; what is done by name does so by itself.
    """

    def __init__(self, kept: Kept, origin: str, wall: Callable[[], float], admit: Admit | None = None) -> None:
        """Name the origin, for the standing and the record; ``wall`` is seconds since 1970.

        ``admit`` is asked about everything that is to come into force, however it comes.
        """
        self._kept = kept
        self._origin = origin
        self._wall = wall
        self._admit = admit
        self._bundle: Bundle | None = None
        self._written = 0.0
        self.lock = asyncio.Lock()
        self.report: RehearsalReport | None = None
        self.applied: tuple[str, ...] = ()
        self.untaken: Untaken | None = None
        self.waiting: tuple[Bundle, RehearsalReport] | None = None
        self.activating: Activate | None = None
        self.recording: Record | None = None

    @property
    def bundle(self) -> Bundle:
        """The bundle in force."""
        if self._bundle is None:
            raise RuntimeError("the feed has not begun")
        return self._bundle

    def begin(self, bundle: Bundle) -> None:
        """Say what there is to begin with."""
        self._bundle = bundle

    async def standing(self) -> Standing:
        """Return what is remembered, with what is in force here: other servers may share the folder."""
        standing = await self._kept.standing()
        return standing.model_copy(update={"active": self.bundle.revision})

    async def activate(self, revision: str, record: Record | None) -> None:
        """Put the bundle that waits in force, because somebody said so.

        Raises:
            BundleUnavailableError: no bundle of that revision waits.
            SidecarError: it does not come into force; the one before stays.
            Exception: whatever ``record`` raises; nothing has changed then.
        """
        async with self.lock:
            if self.waiting is None or self.waiting[0].revision != revision:
                raise BundleUnavailableError(f"the bundle {revision[:80]} does not wait for its activation")
            bundle, report = self.waiting
            standing = await self.standing()
            judge(standing, bundle, named=False)
            await self.take_over(bundle, standing, report=report, left=standing.active, record=record)
            _log.info("activated by name: %s, %s", revision, report.summary)

    async def roll_back(self, revision: str, record: Record | None) -> None:
        """Put a kept bundle back in force, and take the one that is left not again until a later one is offered.

        To go back to what is in force withdraws what is on record and was not taken.

        Raises:
            BundleUnavailableError: it was never in force here, or is not among those that are kept.
            SidecarError: it is not believed any more, or does not come into force; the one before stays.
            Exception: whatever ``record`` raises; nothing has changed then.
        """
        async with self.lock:
            standing = await self.standing()
            if revision not in (standing.active, *standing.been):
                raise BundleUnavailableError(
                    f"the bundle {revision[:80]} was never in force here; what waits is activated, not gone back to"
                )
            if revision != self.bundle.revision:
                await self._go_back(await self._kept.load(revision), record=record)
            elif self.untaken is not None:
                await self._withdraw(self.untaken, standing, record)

    async def take(self, named: Named) -> None:
        """Do what was done by name on another server, and was recorded there.

        Raises:
            SidecarError: it does not come into force; the one before stays.
        """
        async with self.lock:
            try:
                await self._take(named)
            except REFUSALS as error:
                self._say_untaken(named.activation, named.revision, error)
                raise
            self.untaken = None

    async def wait(self, bundle: Bundle, standing: Standing, report: RehearsalReport) -> None:
        """Keep a bundle that passed until somebody activates it; the one that waited before waits no more."""
        await self._kept.write(bundle, standing.model_copy(update={"waiting": report}))
        self.waiting = (bundle, report)
        _log.warning(
            "%s waits: assent policy activate %s --reason ...; %s", bundle.revision, bundle.revision, report.summary
        )

    async def confirmed(self, every: float) -> None:
        """Write down that the origin says it is its newest, unless that was done within the last ``every`` seconds."""
        now = self._wall()
        if 0 <= now - self._written < every:
            return
        async with self.lock:
            try:
                standing = await self._kept.standing()
                await self._kept.write(self.bundle, standing.model_copy(update={"confirmed_at": now}))
            except SidecarError as error:  # then a restart takes the policies for older than they are
                _log.warning("the confirmation is not written down: %s", error)
        self._written = now

    async def take_over(
        self,
        bundle: Bundle,
        standing: Standing,
        *,
        report: RehearsalReport | None,
        left: str | None,
        named: bool = False,
        record: Record | None = None,
    ) -> None:
        """Write, record, activate, commit; without ``record``, it is recorded as of nobody's naming.

        What cannot be kept or recorded never decides, and what never decided does not count as kept.
        """
        if self._admit is not None:
            await self._admit(bundle)
        before, before_report = self.bundle, self.report
        record = record or self.recording
        next_one = follow(standing, bundle, origin=self._origin, named=named, now=self._wall())
        ended = standing.waiting is not None and standing.waiting.revision == bundle.revision
        update = {"rehearsal": report, "waiting": None if ended else standing.waiting, "applied": self.applied}
        next_one = next_one.model_copy(update=update)
        prepared = await self._kept.prepare(bundle, next_one)
        activation: str | None = None
        try:
            renumbered = bundle.sequence != before.sequence
            if record is not None and (bundle.revision != left or renumbered):
                activation = await record(Change(bundle, left, self._origin, report, rollback=named))
                await asyncio.to_thread(prepared.discard)
                next_one = next_one.having(activation)
                prepared = await self._kept.prepare(bundle, next_one)
            if bundle.revision != before.revision:
                await self._put(bundle)
            await asyncio.to_thread(prepared.commit)
        except BaseException as error:
            if activation is not None and isinstance(error, REFUSALS):
                self._say_untaken(activation, bundle.revision, error)
            await asyncio.to_thread(prepared.discard)
            if self._bundle is not before:
                await self._put(before)
            self.report = before_report
            raise
        self._bundle, self.report, self.applied = bundle, report, next_one.applied
        if activation is not None:
            self.untaken = None
        if ended:
            self.waiting = None
        self._written = 0.0

    async def _take(self, named: Named) -> None:
        standing = await self.standing()
        if named.revision == self.bundle.revision:
            same = follow(standing, self.bundle, origin=self._origin, named=False, now=self._wall())
            held = named.left if named.rollback else standing.held
            await self._note(same.model_copy(update={"held": held}), named.activation)
            return

        async def recorded(_: Change) -> str:
            return named.activation

        bundle = await self._kept.load(named.revision, named.archive)
        if named.rollback:
            await self._go_back(bundle, record=recorded)
            return
        judge(standing, bundle, named=False)
        await self.take_over(bundle, standing, report=named.report, left=standing.active, record=recorded)
        _log.info("activated by name, on another server: %s", named.revision)

    async def _withdraw(self, untaken: Untaken, standing: Standing, record: Record | None) -> None:
        """Record that what is in force stays, so that no server goes on trying what was recorded before."""
        record = record or self.recording
        if record is None:
            return
        activation = await record(Change(self.bundle, untaken.revision, self._origin, None, rollback=True))
        await self._note(standing.model_copy(update={"held": standing.held or untaken.revision}), activation)
        self.untaken = None
        _log.warning("withdrawn by name: %s; %s stays", untaken.revision, self.bundle.revision)

    async def _note(self, standing: Standing, activation: str | None) -> None:
        """Remember an activation on record that leaves in force what is."""
        standing = standing.model_copy(update={"applied": self.applied}).having(activation)
        await self._kept.write(self.bundle, standing)
        self.applied = standing.applied

    def _say_untaken(self, activation: str, revision: str, error: Exception) -> None:
        why = f"{revision}, activated by name, is not in force here: {first_line(error)}"
        self.untaken = Untaken(activation, revision, why)

    async def _go_back(self, bundle: Bundle, *, record: Record | None) -> None:
        standing = await self.standing()
        left = self.bundle.revision
        await self.take_over(bundle, standing, report=None, left=left, named=True, record=record)
        _log.warning("rolled back by name: from %s to %s", left, bundle.revision)

    async def _put(self, bundle: Bundle) -> None:
        if self.activating is None:
            raise RuntimeError("nobody said yet who decides")
        await self.activating(bundle)
        self._bundle = bundle
