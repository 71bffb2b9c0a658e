"""Giving delegations, ending them, and looking at them."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.approvals.delegation import LONGEST, MOST_GIVEN, MOST_TO_ONE, Delegation, DelegationState
from assent_orchestrator.audit.record import Actor, Draft
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.caller import Caller, Role, one_person
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import (
    AlreadyExistsError,
    Fault,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StateError,
)
from assent_orchestrator.page import Page
from assent_orchestrator.store.approval_tables import delegations
from assent_orchestrator.store.keyset import window

KnownProcess = Callable[[str, str], bool]
"""Says whether the bundle in force declares a process of that name."""


class TooManyDelegationsError(StateError):
    """As many delegations as may be are in force of this giver, or of this giver to that taker; none was made."""

    code = "TOO_MANY_DELEGATIONS"


@dataclass(frozen=True, slots=True)
class Handing:
    """What somebody wants to hand over, to whom and until when. ``request_id`` makes doing it twice doing it once."""

    taker: str
    roles: tuple[str, ...]
    processes: tuple[str, ...]
    reason: str
    until: datetime
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Delegations:
    """The delegations of one server's database."""

    engine: AsyncEngine
    trail: Trail
    clock: Clock
    known: KnownProcess

    async def create(self, caller: Caller, handing: Handing) -> Delegation:
        """Let somebody answer in the caller's place.

        Raises:
            ForbiddenError: a role is not the caller's own.
            InvalidError: the taker is the caller, a process is not known, or the time is over or too long.
            AlreadyExistsError: the request id was used for another delegation.
            TooManyDelegationsError: as many of the caller's are in force as may be.
            UnavailableError: it could not be recorded; nothing was handed over.
        """
        caller.require_person()
        wider = sorted(set(handing.roles) - caller.roles)
        if wider:
            raise ForbiddenError("nobody hands over a role that is not theirs", reason="WIDER", roles=", ".join(wider))
        now = self.clock()
        self._check(caller, handing, now)
        given = Delegation(
            tenant=caller.tenant,
            id=uuid.uuid4().hex,
            giver=caller.id,
            taker=handing.taker,
            roles=tuple(sorted(handing.roles)),
            processes=tuple(sorted(handing.processes)),
            reason=handing.reason,
            until=handing.until,
            created_at=now,
        )
        async with self.trail.recording() as tx:
            # Two calls with one request id take turns, so that the second one finds the first.
            await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"{caller.tenant}/{caller.id}"))))
            earlier = await _by_request(tx, caller, handing.request_id)
            if earlier is not None:
                return _same(earlier, given)
            await _check_room(tx, given)
            await tx.execute(sa.insert(delegations).values(_row(given, handing.request_id)))
            await self.trail.append(tx, caller.tenant, (_draft("delegation.given", caller, given),))
        return given

    async def revoke(self, caller: Caller, delegation_id: str) -> Delegation:
        """End a delegation before its time.

        Raises:
            NotFoundError: there is none that this caller may know of.
            ForbiddenError: the caller only looks on: it is neither theirs nor to them, and they are no operator.
            StateError: it has ended already.
            UnavailableError: it could not be recorded; it is still in force.
        """
        caller.require_person()
        async with self.trail.recording() as tx:
            found = await _read(tx, caller, delegation_id, lock=True)
            if caller.id not in (found.giver, found.taker):
                caller.require(Role.OPERATOR)
            now = self.clock()
            state = found.state(now)
            if state is not DelegationState.IN_FORCE:
                raise StateError(f"the delegation is {state} already", delegation=delegation_id, state=str(state))
            ended = {"revoked_by": caller.id, "revoked_at": now}
            await tx.execute(sa.update(delegations).where(delegations.c.id == delegation_id).values(ended))
            await self.trail.append(tx, caller.tenant, (_draft("delegation.revoked", caller, found),))
            return await _read(tx, caller, delegation_id)

    async def get(self, caller: Caller, delegation_id: str) -> Delegation:
        """Return one delegation.

        Raises:
            NotFoundError: there is none that this caller may know of.
        """
        async with self.engine.connect() as tx:
            return await _read(tx, caller, delegation_id)

    async def list(
        self,
        caller: Caller,
        *,
        state: DelegationState | None = None,
        giver: str = "",
        taker: str = "",
        size: int = 0,
        token: str = "",
    ) -> Page[Delegation]:
        """Return the delegations that the caller may know of, newest first."""
        query = sa.select(delegations).where(_visible(caller))
        if state is not None:
            query = query.where(stands(state, self.clock()))
        if giver:
            query = query.where(delegations.c.giver == giver)
        if taker:
            query = query.where(delegations.c.taker == taker)
        page = window(delegations.c.created_at, delegations.c.id, size=size, token=token)
        async with self.engine.connect() as tx:
            return await page.read(tx, query, delegation_of)

    def _check(self, caller: Caller, handing: Handing, now: datetime) -> None:
        faults = []
        if one_person(handing.taker) == one_person(caller.id):
            faults.append(Fault("delegation.taker", "TAKER_IS_GIVER", "nobody needs to stand in for themselves"))
        if handing.until <= now:
            faults.append(Fault("delegation.expire_time", "IN_THE_PAST", "the time is over before it begins"))
        if handing.until > now + LONGEST:
            told = f"a delegation ends within {LONGEST.days} days; give it anew then"
            faults.append(Fault("delegation.expire_time", "TOO_LONG", told))
        faults += [
            Fault(f"delegation.processes[{at}]", "UNKNOWN_PROCESS", f"there is no process {process!r}")
            for at, process in enumerate(handing.processes)
            if not self.known(caller.tenant, process)
        ]
        if faults:
            raise InvalidError("the delegation cannot be made", tuple(faults))


def stands(state: DelegationState, now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition on the table of delegations under which one is in that state."""
    revoked = delegations.c.revoked_at.is_not(None)
    if state is DelegationState.REVOKED:
        return revoked
    ahead = delegations.c.until > now
    return sa.and_(sa.not_(revoked), ahead if state is DelegationState.IN_FORCE else sa.not_(ahead))


def _visible(caller: Caller) -> sa.ColumnElement[bool]:
    own = delegations.c.tenant == caller.tenant
    if caller.sees_all():
        return own
    return sa.and_(own, sa.or_(delegations.c.giver == caller.id, delegations.c.taker == caller.id))


async def _read(tx: AsyncConnection, caller: Caller, delegation_id: str, *, lock: bool = False) -> Delegation:
    query = sa.select(delegations).where(delegations.c.id == delegation_id, _visible(caller))
    row = (await tx.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    if row is None:
        raise NotFoundError("there is no such delegation", delegation=delegation_id)
    return delegation_of(row)


async def _check_room(tx: AsyncConnection, given: Delegation) -> None:
    to_one = sa.func.count().filter(delegations.c.taker == given.taker)
    query = sa.select(sa.func.count(), to_one).where(
        delegations.c.tenant == given.tenant,
        delegations.c.giver == given.giver,
        stands(DelegationState.IN_FORCE, given.created_at),
    )
    of_all, of_taker = (await tx.execute(query)).one()
    if of_taker >= MOST_TO_ONE:
        told = f"{MOST_TO_ONE} delegations to one person are as many as can be in force; revoke one first"
        raise TooManyDelegationsError(told, taker=given.taker, most=str(MOST_TO_ONE))
    if of_all >= MOST_GIVEN:
        told = f"{MOST_GIVEN} delegations of one person are as many as can be in force; revoke one first"
        raise TooManyDelegationsError(told, giver=given.giver, most=str(MOST_GIVEN))


async def _by_request(tx: AsyncConnection, caller: Caller, request_id: str) -> Delegation | None:
    if not request_id:
        return None
    query = sa.select(delegations).where(
        delegations.c.tenant == caller.tenant,
        delegations.c.giver == caller.id,
        delegations.c.request_id == request_id,
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    return delegation_of(row) if row is not None else None


def _same(earlier: Delegation, given: Delegation) -> Delegation:
    def said(one: Delegation) -> tuple[object, ...]:
        # Not until when: whoever says for how long says another moment each time.
        return one.taker, one.roles, one.processes, one.reason

    if said(earlier) != said(given):
        raise AlreadyExistsError("the request id was used for another delegation", delegation=earlier.id)
    return earlier


def _row(given: Delegation, request_id: str) -> dict[str, Any]:
    return {
        "tenant": given.tenant,
        "id": given.id,
        "giver": given.giver,
        "taker": given.taker,
        "roles": list(given.roles),
        "processes": list(given.processes),
        "reason": given.reason,
        "until": given.until,
        "created_at": given.created_at,
        "request_id": request_id or None,
    }


def delegation_of(row: sa.RowMapping) -> Delegation:
    """Return the delegation of a row."""
    values = {name: value for name, value in row.items() if name != "request_id"}
    return Delegation(**{**values, "roles": tuple(row["roles"]), "processes": tuple(row["processes"])})


def _draft(event: str, caller: Caller, given: Delegation) -> Draft:
    return Draft(
        event=event,
        actor=Actor.of(caller),
        detail={
            "delegation": given.id,
            "giver": given.giver,
            "taker": given.taker,
            "roles": list(given.roles),
            "processes": list(given.processes),
            "until": given.until.isoformat(),
            "rationale": given.reason,
        },
        trace=trace_note(),
    )
