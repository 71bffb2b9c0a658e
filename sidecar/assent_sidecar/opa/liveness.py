"""Finds an engine that lives but does not answer, and has it ended: whoever supervises it starts it again."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from assent_sidecar.errors import EngineTimeoutError, EngineUnavailableError, SidecarError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often an engine is looked at, how long it has to answer, and how often in a row it may fail to; in seconds.

    Generous on purpose: an engine with its hands full answers late, and ending it would not make it faster.
    """

    every: float = 1.0
    timeout: float = 3.0
    misses: int = 3


class Liveness:
    """Looks at an engine for as long as it is open."""

    def __init__(
        self, probe: Callable[[float], Awaitable[object]], end: Callable[[], None], patience: Patience
    ) -> None:
        """Name how to ask (with a time limit, raising a ``SidecarError``) and how to end what does not answer."""
        self._probe = probe
        self._end = end
        self._patience = patience
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look(), name="assent-engine-liveness")

    async def stop(self) -> None:
        """Look no more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _look(self) -> None:
        missed = 0
        while True:
            await asyncio.sleep(self._patience.every)
            missed = await self._missed(missed)
            if missed >= self._patience.misses:
                _log.error("the engine did not answer %s times in a row; it is ended and started again", missed)
                self._end()
                missed = 0

    async def _missed(self, before: int) -> int:
        """Ask once; return how often in a row there was no answer."""
        try:
            await self._probe(self._patience.timeout)
        except EngineTimeoutError:
            return before + 1
        except EngineUnavailableError:
            return before  # it is away or starting, which is the supervisor's business; or its queue is full
        except SidecarError:
            return 0  # a bad answer is a sign of life
        return 0
