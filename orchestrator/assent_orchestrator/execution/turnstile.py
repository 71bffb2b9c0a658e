"""A turnstile: so many pieces of work at once and no more, and tenants take turns."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from contextvars import ContextVar

_holder: ContextVar[tuple["Turnstile", str] | None] = ContextVar("assent_turn", default=None)
"""Where what runs here holds a place, and for which tenant, or None."""


class Turnstile:
    """Lets pieces of work in, at most ``places`` at once.

    Those who wait come in by tenant, one of each in turn, and within a tenant in the order they came. One tenant holds
    at most ``most`` of the places, so that whoever else comes finds one even while all of that tenant's work hangs.
    """

    def __init__(self, places: int = 16, most: int | None = None) -> None:
        """Have so many places; by default one tenant has at most three quarters of them.

        Raises:
            ValueError: there would be no place, for anybody or for one tenant.
        """
        self._most = max(places * 3 // 4, 1) if most is None else most
        if places < 1 or self._most < 1:
            raise ValueError("a turnstile has at least one place, for each tenant, too")
        self._free = places
        self._held: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @contextlib.asynccontextmanager
    async def turn(self, tenant: str) -> AsyncIterator[None]:
        """Hold a place for as long as the block lasts."""
        await self._enter(tenant)
        token = _holder.set((self, tenant))
        try:
            yield
        finally:
            _holder.reset(token)
            self._leave(tenant)

    @contextlib.asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        """Give the place back for the block, which waits for somebody outside; who comes back comes in before others.

        Whoever holds no place just goes on.
        """
        held = _holder.get()
        if held is None or held[0] is not self:
            yield
            return
        tenant = held[1]
        token = _holder.set(None)
        self._leave(tenant)
        try:
            yield
        finally:
            # Also when the block was cut off: the turn around it gives back what it has.
            await self._come_back(tenant)
            _holder.reset(token)

    async def _come_back(self, tenant: str) -> None:
        try:
            await self._enter(tenant, first=True)
        except asyncio.CancelledError:
            self._take(tenant)  # one place too many, until the turn that is cut off gives it back in a moment
            raise

    async def _enter(self, tenant: str, *, first: bool = False) -> None:
        if self._free > 0 and (first or tenant not in self._waiting) and self._held.get(tenant, 0) < self._most:
            self._take(tenant)
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line = self._waiting.setdefault(tenant, deque())
        if first:
            line.appendleft(place)
        else:
            line.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.cancelled():
                self._forget(tenant, place)
            else:
                self._leave(tenant)  # it was given in the very moment
            raise

    def _take(self, tenant: str) -> None:
        self._free -= 1
        self._held[tenant] = self._held.get(tenant, 0) + 1

    def _leave(self, tenant: str) -> None:
        self._free += 1
        self._held[tenant] -= 1
        if not self._held[tenant]:
            del self._held[tenant]
        self._let_in()

    def _let_in(self) -> None:
        """Give free places to those who wait; the tenant of whom one was let in is the last of the tenants then."""
        while self._free > 0:
            tenant = next((name for name in self._waiting if self._held.get(name, 0) < self._most), None)
            if tenant is None:
                return
            line = self._waiting.pop(tenant)
            place = line.popleft()
            if line:
                self._waiting[tenant] = line
            if not place.done():  # else whoever waited was cut off and has not noticed yet
                self._take(tenant)
                place.set_result(None)

    def _forget(self, tenant: str, place: asyncio.Future[None]) -> None:
        line = self._waiting.get(tenant)
        if line is not None and place in line:
            line.remove(place)
            if not line:
                del self._waiting[tenant]
