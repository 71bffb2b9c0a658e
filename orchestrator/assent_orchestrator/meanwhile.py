"""What is done beside a block of code, and ends with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from assent_orchestrator.errors import AssentError


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


async def rounds(look: Callable[[], Awaitable[bool]], every: float, complain: Callable[[Exception], None]) -> None:
    """Look again and again, without end: at once where ``look`` says that there is more, else after so many seconds.

    A round that fails is complained of, and the next one comes in its time.
    """
    while True:
        more = False
        try:
            more = await look()
        except (AssentError, SQLAlchemyError, OSError) as error:
            complain(error)
        if not more:
            await asyncio.sleep(every)


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a task, and return when it is over."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
