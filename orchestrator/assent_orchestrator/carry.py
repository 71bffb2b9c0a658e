"""What was begun is brought to its end, whether or not anybody still waits for it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def carry_through(work: Coroutine[Any, Any, T]) -> T:
    """Return what ``work`` returns; when the waiting is cancelled, the work goes on.

    For what commits something and then tells others of it: a caller that hangs up between the two would leave a run
    that nobody wakes.
    """
    return await asyncio.shield(asyncio.ensure_future(work))
