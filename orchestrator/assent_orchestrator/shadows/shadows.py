"""Starting and stopping a shadow, and what it found."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from assent_orchestrator.audit.record import Actor, Draft
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.carry import carry_through
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import Fault, InvalidError, NotFoundError, StateError, UnavailableError
from assent_orchestrator.shadows import journal as rows
from assent_orchestrator.shadows.follow import Candidates, Follower
from assent_orchestrator.shadows.journal import Journal
from assent_orchestrator.shadows.shadow import Report, Shadow
from assent_orchestrator.store.confinement import unconfined
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.command import CommandError
from assent_sidecar.bundle.refusal import OrgLoosenedError, OrgMissingError
from assent_sidecar.errors import ActivationError, SidecarError

Kept = Callable[[str], bytes | None]
"""Returns the archive of a revision that this server keeps; it reads a file, so it is called on a thread."""


@dataclass(frozen=True, slots=True)
class Shadows:
    """The shadows beside one tenant's policies, or everybody's: at most one runs, on all servers of the database."""

    journal: Journal
    trail: Trail
    clock: Clock
    candidates: Candidates
    kept: Kept
    follower: Follower

    async def start(self, caller: Caller, *, archive: bytes = b"", revision: str = "") -> Shadow:
        """Have a candidate asked beside the policies in force: the bundle in ``archive``, or one that is kept.

        Raises:
            ForbiddenError: the caller may not.
            NotFoundError: no bundle of that revision is kept here.
            InvalidError: the bundle is not believed, or the engine does not take it.
            StateError: another shadow runs.
            UnavailableError: it could not be recorded, or there is no engine to try it; nothing was started.
        """
        caller.require(Role.COMPLIANCE_OFFICER)
        running = await self.journal.running()
        if running is not None:
            raise _busy(running)
        if revision:
            archive = await asyncio.to_thread(self._kept, revision)
        shadow_id = uuid.uuid4().hex
        bundle = await self._tried(archive, shadow_id, "revision" if revision else "archive")
        shadow = Shadow(
            id=shadow_id,
            revision=bundle.revision,
            signed_by=bundle.signed_by,
            started_by=caller.id,
            started_at=self.clock(),
            tenant=caller.tenant,
        )
        with unconfined():  # what is tried is the server's own
            async with self.trail.recording() as tx:
                begun = await rows.begin(tx, self.journal.home, caller.tenant, shadow, archive)
                if begun:
                    await self.trail.append(tx, caller.tenant, (_draft("policy.shadow_started", caller, shadow),))
        if not begun:
            raise _busy(await self.journal.running())
        await self.follower.look()
        return shadow

    async def stop(self, caller: Caller, shadow_id: str) -> Shadow:
        """End a shadow: no question is offered to the candidate any more, and nobody keeps it.

        Raises:
            ForbiddenError: the caller may not.
            NotFoundError: there is no such shadow.
            StateError: it is over already.
            UnavailableError: it could not be recorded; it goes on.
        """
        caller.require(Role.COMPLIANCE_OFFICER)
        with unconfined():  # what is tried is the server's own
            async with self.trail.recording() as tx:
                shadow = await rows.find(tx, self.journal.home, shadow_id, lock=True)
                if shadow is None:
                    raise _none(shadow_id)
                if not shadow.running:
                    raise StateError("the shadow is over already", shadow=shadow.id)
                await rows.end(tx, shadow.id, caller.id, self.clock())
                await self.trail.append(tx, caller.tenant, (_draft("policy.shadow_stopped", caller, shadow),))
        await self.follower.look()
        ended = await self.journal.find(shadow.id)
        return ended or shadow

    async def report(self, caller: Caller, shadow_id: str) -> Report:
        """Return what a shadow found among the questions of the caller's tenant.

        Raises:
            ForbiddenError: the caller may not see it.
            NotFoundError: there is no such shadow.
        """
        caller.require(Role.COMPLIANCE_OFFICER, Role.OPERATOR, Role.AUDITOR)
        # What this server has counted so far is part of it. Whoever hangs up meanwhile must not leave it half written.
        await carry_through(self.follower.look())
        shadow = await self.journal.find(shadow_id)
        if shadow is None:
            raise _none(shadow_id)
        outcomes, differences = await self.journal.counted(shadow.id, caller.tenant)
        return Report(shadow.shown_to(caller), outcomes, differences, self.follower.problem if shadow.running else "")

    def _kept(self, revision: str) -> bytes:
        archive = self.kept(revision)
        if archive is None:
            raise NotFoundError(
                "no bundle of that revision is kept by this server; send the bundle itself", revision=revision
            )
        return archive

    async def _tried(self, archive: bytes, shadow_id: str, field: str) -> Bundle:
        """Return the bundle, after an engine has taken it."""
        try:
            bundle = await asyncio.to_thread(self.candidates.believe, archive)
        except SidecarError as error:
            raise _unusable(field, error) from error
        try:
            async with self.candidates.open(bundle, shadow_id):
                pass
        except (ActivationError, OrgLoosenedError, OrgMissingError) as error:
            raise _unusable(field, error) from error
        except (SidecarError, CommandError, OSError) as error:
            raise UnavailableError("no engine can be started for the candidate; nothing was started") from error
        return bundle


def _unusable(field: str, error: SidecarError) -> InvalidError:
    return InvalidError(
        "the candidate cannot be used; nothing was started",
        (Fault(field, error.code, str(error)),),
    )


def _busy(running: Shadow | None) -> StateError:
    found = {"shadow": running.id, "revision": running.revision} if running else {}
    which = f" ({running.id}, started by {running.started_by})" if running else ""
    what = f"a shadow runs already{which}, and there is one at a time; stop it first: assent policy shadow stop"
    return StateError(what, **found)


def _none(shadow_id: str) -> NotFoundError:
    said = (
        "no shadow was ever started; start one with assent policy shadow start"
        if shadow_id == rows.LATEST
        else "there is no such shadow"
    )
    return NotFoundError(said, shadow=shadow_id)


def _draft(event: str, caller: Caller, shadow: Shadow) -> Draft:
    return Draft(
        event=event,
        actor=Actor.of(caller),
        detail={"shadow": shadow.id, "revision": shadow.revision, "signed_by": shadow.signed_by},
        trace=trace_note(),
    )
