"""Streams go at the pace of their reader, and one that stops reading is dropped.

Nothing is queued: a stream takes its next item when the one before is on its way, so a slow reader costs a row of state
and no memory. What it misses meanwhile is in the trail, from where it may resume.
"""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from assent_orchestrator.server.interceptors.around import Behaviour, Context, Handler, behaviour_of, with_behaviour
from assent_orchestrator.server.refusal import ShuttingDownError, SlowReaderError

Items = Callable[[Any, Context], AsyncGenerator[Any, None]]


class Pace:
    """The innermost layer: turns a handler that yields into one that writes.

    ``patience`` is how many seconds a reader may take for one item once what is under way is full.
    """

    def __init__(self, patience: float = 20.0) -> None:
        self._patience = patience
        self._streams: set[asyncio.Task[Any]] = set()
        self._draining = False

    def drain(self) -> None:
        """End every stream and begin no more: the server stops, and streams would keep it up."""
        self._draining = True
        for task in self._streams:
            task.cancel()

    def serving(self, handler: Handler | None, method: str) -> Handler | None:
        """Take over the writing of streams."""
        if handler is None or not handler.response_streaming:
            return handler
        inner = behaviour_of(handler)
        if not inspect.isasyncgenfunction(inner):
            raise TypeError(f"{method} must be an asynchronous generator")
        return with_behaviour(handler, self._writing(inner))

    def _writing(self, items: Items) -> Behaviour:
        async def behaviour(request: Any, context: Context) -> None:
            task = asyncio.current_task()
            if task is None or self._draining:
                raise _shutting_down()
            self._streams.add(task)
            try:
                await self._write(items(request, context), context)
            except asyncio.CancelledError:
                # Ours, unless the caller hung up, too.
                if self._draining and task.uncancel() == 0:
                    raise _shutting_down() from None
                raise
            finally:
                self._streams.discard(task)

        return behaviour

    async def _write(self, items: AsyncGenerator[Any, None], context: Context) -> None:
        async with aclosing(items):
            # Now, so that a status can still be sent while an item is stuck.
            await context.send_initial_metadata(())
            sent: dict[str, str] = {}
            async for item in items:
                scope = asyncio.timeout(self._patience)
                try:
                    async with scope:
                        await context.write(item)
                except TimeoutError as error:
                    if not scope.expired():
                        raise
                    raise SlowReaderError(
                        "the stream is not read; resume it where you stopped",
                        patience_seconds=f"{self._patience:g}",
                        **sent,
                    ) from error
                if (seq := getattr(item, "seq", None)) is not None:
                    sent = {"after_seq": str(seq)}


def _shutting_down() -> ShuttingDownError:
    return ShuttingDownError("the server stops; call again, and resume where you stopped")
