"""Giving the order to stop, lifting it, and looking at both."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.audit.record import Actor, Draft
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import AlreadyExistsError, Fault, InvalidError, NotFoundError, StateError
from assent_orchestrator.governance.barrier import Barrier, stop_of
from assent_orchestrator.governance.stop import WITHOUT_VALUE, Scope, Stop
from assent_orchestrator.page import Page
from assent_orchestrator.store.confinement import unconfined
from assent_orchestrator.store.keyset import window
from assent_orchestrator.store.tables import runs, stops

Known = Callable[[str, Scope, str], bool]
"""Says whether the bundle in force declares an agent, a process or a system of that name."""

WakeFrozen = Callable[[Stop], Awaitable[None]]
"""Hints to everything that a stop held up that it may look again."""


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants stopped, and why. ``request_id`` makes giving it twice giving it once."""

    scope: Scope
    value: str
    reason: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Stops:
    """The stops of one server's database."""

    engine: AsyncEngine
    trail: Trail
    clock: Clock
    known: Known
    wake: WakeFrozen

    async def create(self, caller: Caller, order: Order) -> Stop:
        """Stop; when this returns, nothing in the scope is dispatched any more, on any server.

        Raises:
            ForbiddenError: the caller may not stop that.
            InvalidError: there is nothing of that name, so that nothing would be stopped.
            AlreadyExistsError: the request id was used for another stop.
            UnavailableError: it could not be recorded; nothing is stopped.

        """
        caller.require(_role(order.scope))
        stop = Stop(
            tenant=caller.tenant,
            id=uuid.uuid4().hex,
            scope=order.scope,
            value=order.value,
            reason=order.reason,
            created_by=caller.id,
            created_at=self.clock(),
        )
        async with self.trail.recording() as tx:
            await Barrier.shut(tx)
            earlier = await _by_request(tx, caller, order.request_id)
            if earlier is not None:
                return _same(earlier, order)
            await self._check(tx, caller, order)
            await tx.execute(sa.insert(stops).values(_row(stop, order)))
            await self.trail.append(tx, caller.tenant, (_draft("stop.created", caller, stop, order.reason),))
        return stop

    async def lift(self, caller: Caller, stop_id: str, reason: str, request_id: str = "") -> Stop:
        """Lift a stop; what it held up goes on. The same request id again changes nothing.

        Raises:
            NotFoundError: there is no such stop.
            ForbiddenError: the caller may not lift it.
            StateError: it is lifted already.
            UnavailableError: it could not be recorded; it is still in force.

        """
        caller.require_person()
        async with self.trail.recording() as tx:
            # Whoever commits a decision under this stop has done so, and is found by the waking below.
            await Barrier.shut(tx)
            row = await _read(tx, caller, stop_id, lock=True)
            stop = stop_of(row)
            caller.require(_role(stop.scope))
            if not stop.in_force:
                if request_id and (row["lifted_by"], row["lift_request_id"]) == (caller.id, request_id):
                    return stop
                raise StateError("the stop is lifted already", stop=stop_id, lifted_by=stop.lifted_by or "")
            await tx.execute(
                sa.update(stops)
                .where(stops.c.id == stop_id)
                .values(
                    lifted_by=caller.id,
                    lifted_at=self.clock(),
                    lift_reason=reason,
                    lift_request_id=request_id or None,
                )
            )
            await self.trail.append(tx, caller.tenant, (_draft("stop.lifted", caller, stop, reason),))
            lifted = stop_of(await _read(tx, caller, stop_id))
        with unconfined():  # a stop for all held up what is other tenants'
            await self.wake(stop)
        return lifted

    async def get(self, caller: Caller, stop_id: str) -> Stop:
        """Return a stop of the caller's tenant, or one for all.

        Raises:
            NotFoundError: there is none.

        """
        async with self.engine.connect() as tx:
            return stop_of(await _read(tx, caller, stop_id))

    async def list(
        self,
        caller: Caller,
        *,
        in_force: bool | None = None,
        scope: Scope | None = None,
        size: int = 0,
        token: str = "",
    ) -> Page[Stop]:
        """Return the stops of the caller's tenant and those for all, newest first."""
        query = sa.select(stops).where(_visible(caller))
        if in_force is not None:
            query = query.where(stops.c.lifted_at.is_(None) if in_force else stops.c.lifted_at.is_not(None))
        if scope is not None:
            query = query.where(stops.c.scope == str(scope))
        page = window(stops.c.created_at, stops.c.id, size=size, token=token)
        async with self.engine.connect() as tx:
            return await page.read(tx, query, stop_of)

    async def _check(self, tx: AsyncConnection, caller: Caller, order: Order) -> None:
        """A stop of nothing would be worse than none: somebody would rely on it."""
        if order.scope in WITHOUT_VALUE:
            if order.value:
                raise _unusable("VALUE_NOT_NEEDED", f"the scope {order.scope} names nothing further; leave it out")
            return
        if not order.value:
            raise _unusable("VALUE_MISSING", f"say which {order.scope}")
        if order.scope is Scope.RUN:
            query = sa.select(runs.c.id).where(runs.c.tenant == caller.tenant, runs.c.id == order.value)
            there = (await tx.execute(query)).one_or_none() is not None
        else:
            there = self.known(caller.tenant, order.scope, order.value)
        if not there:
            raise _unusable("VALUE_UNKNOWN", f"there is no {order.scope} of that name; nothing would be stopped")


def _role(scope: Scope) -> Role:
    return Role.PLATFORM_OPERATOR if scope is Scope.ALL else Role.OPERATOR


def _visible(caller: Caller) -> sa.ColumnElement[bool]:
    return sa.or_(stops.c.tenant == caller.tenant, stops.c.scope == str(Scope.ALL))


async def _read(tx: AsyncConnection, caller: Caller, stop_id: str, *, lock: bool = False) -> Any:
    query = sa.select(stops).where(stops.c.id == stop_id, _visible(caller))
    row = (await tx.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    if row is None:
        raise NotFoundError("there is no such stop", stop=stop_id)
    return row


async def _by_request(tx: AsyncConnection, caller: Caller, request_id: str) -> Stop | None:
    if not request_id:
        return None
    query = sa.select(stops).where(
        stops.c.tenant == caller.tenant, stops.c.created_by == caller.id, stops.c.request_id == request_id
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    return stop_of(row) if row is not None else None


def _same(earlier: Stop, order: Order) -> Stop:
    if (earlier.scope, earlier.value, earlier.reason) != (order.scope, order.value, order.reason):
        raise AlreadyExistsError("the request id was used for another stop", request_id=order.request_id)
    return earlier


def _row(stop: Stop, order: Order) -> dict[str, object]:
    return {
        "tenant": stop.tenant,
        "id": stop.id,
        "scope": str(stop.scope),
        "value": stop.value,
        "reason": stop.reason,
        "created_by": stop.created_by,
        "created_at": stop.created_at,
        "request_id": order.request_id or None,
    }


def _draft(event: str, caller: Caller, stop: Stop, reason: str) -> Draft:
    return Draft(
        event=event,
        run=stop.value if stop.scope is Scope.RUN else None,
        actor=Actor.of(caller),
        detail={"stop": stop.id, "scope": str(stop.scope), "value": stop.value, "rationale": reason},
        trace=trace_note(),
    )


def _unusable(code: str, description: str) -> InvalidError:
    return InvalidError("the stop cannot be made", (Fault("stop.value", code, description),))
