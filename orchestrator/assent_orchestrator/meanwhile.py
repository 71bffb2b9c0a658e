"""What is done beside a block of code, and ends with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any


@contextlib.asynccontextmanager
async def meanwhile(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Do ``work`` as the task ``name`` for as long as the block lasts.

    What ``work`` raises by itself comes out of the end of the block.
    """
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        await end(task)


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a task, and return when it is over."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
