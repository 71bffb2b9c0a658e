"""Doing a piece of a run's work in spite of what goes wrong: for how long, and what then."""

import asyncio
import logging
import threading
import traceback
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TypeVar

from assent_orchestrator.errors import UnavailableError
from assent_orchestrator.execution.driven import FencedError
from assent_orchestrator.execution.patience import patience
from assent_orchestrator.store.absence import is_away

T = TypeVar("T")

REST_SECONDS = 600.0
"""How long what got nowhere is left alone, unless somebody does something about it."""

INTERNAL = "INTERNAL"
"""The reason code of what went wrong inside: also of a run that got nowhere and rests."""

_FAULTS = 3
"""How often something that is nobody's absence may go wrong before it is given up."""

_log = logging.getLogger(__name__)


class StuckError(Exception):
    """Something goes wrong over and over that is nobody's absence: trying on would only keep the server busy."""


@dataclass(frozen=True, slots=True)
class Insistence:
    """Repeats work. In between it waits ``aside``, so that a few that wait are not in the way of the others.

    Once the database was ``put_away``, because the server stops, nothing is said of its being away.
    """

    aside: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
    put_away: threading.Event = field(default_factory=threading.Event)

    async def insist(self, work: Callable[[], Awaitable[T]], abandon: Callable[[], Awaitable[T]] | None = None) -> T:
        """Repeat work for as long as the database is away. What is repeated reads first what was already done.

        Whatever else goes wrong is tried a few times; then ``abandon`` brings things to rest, and is tried as often.

        Raises:
            FencedError: somebody else drives the run; the leg ends by it.
            StuckError: it goes wrong for a reason of its own, and bringing it to rest does, too.
        """
        tries = faults = 0
        while True:
            try:
                return await work()
            except FencedError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, somebody has to go on driving the run
                tries += 1
                if not self._is_absence(error):
                    faults += 1
                    _log_fault(error)
                if faults >= _FAULTS:
                    if abandon is None:
                        raise StuckError from None  # the error may quote what a caller sent
                    work, abandon, faults = abandon, None, 0
                await self.wait(tries)

    async def hold_out(self, work: Callable[[], Awaitable[T]]) -> T:
        """Repeat work for as long as the database is away, and for that reason only: what is known here alone is kept.

        What is repeated reads first what was already done.

        Raises:
            Exception: what ``work`` raised, if that says anything but that the database is away.
        """
        tries = 0
        while True:
            try:
                return await work()
            except Exception as error:
                if not self._is_absence(error):
                    raise
                tries += 1
            await self.wait(tries)

    async def wait(self, tries: int) -> None:
        """Wait for as long as is right after so many tries."""
        async with self.aside():
            await asyncio.sleep(patience(tries))

    def _is_absence(self, error: Exception) -> bool:
        """Say, and log, whether an error is the database's being away."""
        if not (isinstance(error, UnavailableError) or is_away(error)):
            return False
        if not self.put_away.is_set():
            _log.warning("waiting for the database: %s", type(error).__name__)
        return True


def _log_fault(error: Exception) -> None:
    # Not the text of the error: it may quote what a caller sent.
    places = "".join(traceback.format_tb(error.__traceback__))
    _log.error("something went wrong inside: %s\n%s", type(error).__qualname__, places)
