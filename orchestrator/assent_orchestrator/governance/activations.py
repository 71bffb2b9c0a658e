"""Who puts which bundle in force: by itself or by name, recorded first, the same for every server on the database."""

import contextlib
import getpass
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.audit.record import Actor
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.clock import Clock
from assent_orchestrator.config import HOME
from assent_orchestrator.errors import (
    AlreadyExistsError,
    AssentError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    StateError,
)
from assent_orchestrator.governance.activation import (
    TOPIC,
    By,
    Cause,
    activation_of,
    draft_of,
    later_than,
    refusal_draft,
    seen_by_two,
    take_turn,
    write,
)
from assent_orchestrator.governance.policies import Policies, unmet
from assent_orchestrator.meanwhile import meanwhile
from assent_orchestrator.store.confinement import unconfined
from assent_orchestrator.store.tables import activations, bundles
from assent_sidecar.activation.report import RehearsalReport
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.change import Activate, Change, Named
from assent_sidecar.bundle.feed import Feed
from assent_sidecar.bundle.gate import ActivationGate
from assent_sidecar.bundle.manifest import same_person
from assent_sidecar.bundle.refusal import REFUSALS, BundleNotRecordedError, BundleUnavailableError
from assent_sidecar.errors import SidecarError

_LOOK_EVERY = 5.0
_SERVER = Actor(kind="system", id="assent")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Activations:
    """The activations on one database, as one server (its executor's name) makes and follows them.

    ``home`` is the tenant whose policies these are; it is the server's own where all tenants have the same. ``met``
    says whether what is in force may decide: under the organisation's policies, where these are a tenant's.
    """

    engine: AsyncEngine
    trail: Trail
    clock: Clock
    feed: Feed
    gate: ActivationGate
    server: str
    home: str = HOME
    met: Callable[[], bool] = lambda: True

    async def begin(self, activate: Activate, rollback: str | None = None) -> None:
        """Bring into force what is to be, before anything is decided; ``rollback`` is what whoever starts us names.

        Raises:
            SidecarError: what there is does not pass, or cannot be had.
            AssentError: the database is away.
        """
        await self.feed.begun(activate, self._record, self._refuse, wanted=await self._wanted())
        if rollback is None or rollback == self.feed.status.revision:
            return
        by = By(self.home, _starter(), self.server, Cause.NAMED, "assent serve --rollback")

        async def record(change: Change) -> str:
            return await self._write(change, by)

        await self.feed.roll_back(rollback, record)

    async def status(self, caller: Caller) -> Policies:
        """Say how things are, as far as the caller may see it.

        Raises:
            ForbiddenError: the caller may not see it.
            UnavailableError: the database is away.
        """
        caller.require(Role.OPERATOR, Role.AUDITOR, Role.COMPLIANCE_OFFICER)
        return (await self._policies()).shown_to(caller)

    async def activate(self, caller: Caller, revision: str, reason: str, request_id: str = "") -> Policies:
        """Put the bundle that waits in force, on every server; the same request id again does it only once.

        Raises:
            ForbiddenError: the caller may not, or made the bundle.
            NotFoundError: no bundle of that revision waits.
            StateError: it does not come into force; the message says why.
            ConflictError: somebody else recorded another activation meanwhile.
            AlreadyExistsError: the request id was used for another one.
            UnavailableError: it could not be recorded; nothing changed.
        """
        return await self._by_name(caller, revision, reason, request_id, rollback=False)

    async def roll_back(self, caller: Caller, revision: str, reason: str, request_id: str = "") -> Policies:
        """Put a bundle back in force that was before, on every server; raises as ``activate``.

        To go back to what is in force withdraws what is on record, and not taken here.
        """
        return await self._by_name(caller, revision, reason, request_id, rollback=True)

    @contextlib.asynccontextmanager
    async def following(self, listener: Listener) -> AsyncIterator[None]:
        """Do what is done by name on other servers, for as long as the block lasts."""
        async with meanwhile(self._follow(listener), "assent-activations"):
            yield

    async def _follow(self, listener: Listener) -> None:
        said = ""
        async with listener.subscribe(TOPIC) as wakeups:
            while True:
                await wakeups.wait(_LOOK_EVERY)
                try:
                    wanted = await self._wanted()
                    if wanted is not None:
                        await self.feed.take(wanted)
                    said = ""
                except (*REFUSALS, AssentError) as error:
                    if said != str(error):
                        _log.error("what was activated on another server is not in force here: %s", error)
                    said = str(error)
                except Exception:  # noqa: BLE001 -- whoever follows goes on following; the bundle in force stays
                    _log.exception("what was activated on another server is not in force here")

    async def _by_name(
        self, caller: Caller, revision: str, reason: str, request_id: str, *, rollback: bool
    ) -> Policies:
        caller.require(Role.COMPLIANCE_OFFICER)
        actor = Actor.of(caller)
        by = By(caller.tenant, actor, self.server, Cause.NAMED, reason, request_id)

        done: list[str] = []

        async def record(change: Change) -> str:
            self._require_another(caller, change)
            done.append(await self._write(change, by))
            return done[0]

        if await self._was_asked(by, revision, rollback=rollback):
            return await self._policies()
        try:
            await (self.feed.roll_back if rollback else self.feed.activate)(revision, record)
        except BundleUnavailableError as error:
            if revision == self.feed.status.revision:
                raise _in_force(revision) from error
            raise NotFoundError(f"{error}; see assent policy status", revision=revision) from error
        except SidecarError as error:
            await self._note_refusal(error, revision, caller.tenant, actor)
            raise StateError(str(error).partition("\n")[0], revision=revision, reason=error.code) from error
        if not done:
            raise _in_force(revision)
        return await self._policies()

    def _require_another(self, caller: Caller, change: Change) -> None:
        """Pass when not the author alone decides; what was in force before was seen by two persons then."""
        if not self.gate.two_persons or change.rollback:
            return
        self.gate.require_author(change.bundle)
        if same_person(change.bundle.author or "", caller.id):
            raise ForbiddenError(
                "who made a bundle does not activate it; ask another compliance_officer to", caller=caller.id
            )

    async def _record(self, change: Change) -> str:
        """Record what comes into force without anybody naming it."""
        if change.left is None:
            by = By(self.home, _starter(), self.server, Cause.START, "nothing was in force")
        else:
            by = By(self.home, _SERVER, self.server, Cause.AUTOMATIC, "it passed its rehearsal")
        try:
            return await self._write(change, by)
        except AssentError as error:
            raise BundleNotRecordedError(f"the bundle {change.bundle.revision} waits: {error.message}") from error

    @contextlib.asynccontextmanager
    async def _recording(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction of the server's own: policies are its business, and callers do not reach their tables."""
        with unconfined():
            async with self.trail.recording() as tx:
                yield tx

    async def _write(self, change: Change, by: By) -> str:
        async with self._recording() as tx:
            await take_turn(tx)
            pending, untaken = await self._pending(tx), self.feed.untaken
            if pending is not None and (untaken is None or pending["id"] != untaken.activation):
                what = "another activation by name was recorded and comes first; look at the status and try again"
                raise ConflictError(what)
            activation = await write(tx, self.home, change, by, self.clock())
            await self.trail.append(tx, by.tenant, (draft_of(change, by),))
        return activation

    async def _refuse(self, error: Exception, bundle: Bundle | None) -> None:
        await self._note_refusal(error, bundle.revision if bundle is not None else None, self.home, _SERVER)

    async def _note_refusal(self, error: Exception, revision: str | None, tenant: str, actor: Actor) -> None:
        """Record a refusal; where even that fails, the log has it, and nothing changed anyway."""
        code = error.code if isinstance(error, SidecarError) else "WORKSPACE_FAULTS"
        said = str(error).partition("\n")[0]
        try:
            async with self._recording() as tx:
                await self.trail.append(tx, tenant, (refusal_draft(code, said, revision, actor, self.server),))
        except AssentError as lost:
            _log.warning("the refusal of a bundle is not on record: %s", lost)

    async def _wanted(self) -> Named | None:
        """Return what was activated elsewhere and is not in force here."""
        async with self._recording() as tx:
            row = await self._pending(tx)
            self.feed.say_unfollowed(await self._unfollowed(tx, row))
            if row is None:
                return None
            query = sa.select(bundles.c.archive).where(bundles.c.revision == row["revision"])
            archive = (await tx.execute(query)).scalar_one_or_none()
        report = RehearsalReport.from_json(row["report"]) if row["report"] is not None else None
        return Named(row["revision"], row["id"], row["rollback"], archive, report, left=row["left_revision"])

    async def _pending(self, tx: AsyncConnection) -> Any:
        """Return the row of the last activation if this server has to follow it, else None.

        What comes into force automatically is found by each server itself, at its origin.
        """
        query = later_than(self.home, self.feed.applied)
        if self.gate.two_persons:
            query = query.where(seen_by_two(await self.feed.kept()))
        row = (await tx.execute(query)).mappings().one_or_none()
        if row is None:
            return None
        return row if row["cause"] == Cause.NAMED or not self.gate.automatic else None

    async def _unfollowed(self, tx: AsyncConnection, pending: Any) -> str:
        """Say what is in force elsewhere and was not seen by the two persons that are needed here, or nothing."""
        if not self.gate.two_persons:
            return ""
        row = (await tx.execute(later_than(self.home, self.feed.applied))).mappings().one_or_none()
        here = self.feed.status.revision
        if row is None or row["revision"] == here or (pending is not None and pending["id"] == row["id"]):
            return ""
        who = f"{row['server']} ({row['cause']}, {row['actor']})"
        return f"{row['revision']} is in force on {who}, but was not seen by two persons: here {here} stays"

    async def _was_asked(self, by: By, revision: str, *, rollback: bool) -> bool:
        if not by.request_id:
            return False
        query = sa.select(activations).where(
            activations.c.tenant == by.tenant,
            activations.c.actor == by.actor.id,
            activations.c.request_id == by.request_id,
        )
        async with self._recording() as tx:
            row = (await tx.execute(query)).mappings().one_or_none()
        if row is None:
            return False
        if (row["revision"], row["rollback"], row["reason"]) != (revision, rollback, by.reason):
            raise AlreadyExistsError("the request id was used for another activation", request_id=by.request_id)
        return True

    async def _policies(self) -> Policies:
        status = self.feed.status
        query = sa.select(activations).where(activations.c.home == self.home, activations.c.revision == status.revision)
        query = query.order_by(activations.c.number.desc()).limit(1)
        async with self._recording() as tx:
            row = (await tx.execute(query)).mappings().one_or_none()
        return Policies(
            status=status if self.met() else unmet(status),
            activation=activation_of(row) if row is not None else None,
            kept=await self.feed.kept(),
            automatic=self.gate.automatic,
            two_persons=self.gate.two_persons,
            home=self.home,
        )


def _in_force(revision: str) -> StateError:
    return StateError("this revision is in force already", revision=revision)


def _starter() -> Actor:
    """Return who started this server, as the operating system knows them."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in many containers
        name = "unknown"
    return Actor(kind="user", id=name, authn="os")
