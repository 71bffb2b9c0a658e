"""How much time the caller of the call that is being served still gives: set by the deadline interceptor."""

import asyncio
import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

_deadline: ContextVar[float] = ContextVar("assent_deadline")


@contextlib.contextmanager
def given(seconds: float) -> Iterator[None]:
    """Note that the caller gives this many seconds from now on, for as long as the block lasts."""
    token = _deadline.set(asyncio.get_running_loop().time() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def time_left() -> float | None:
    """Return the seconds that are left (at least 0), or None when the caller named no deadline."""
    deadline = _deadline.get(None)
    return None if deadline is None else max(deadline - asyncio.get_running_loop().time(), 0.0)
