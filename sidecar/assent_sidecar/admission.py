"""How many questions are looked at together, how many may wait, and what happens to the next one: it is turned away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from assent_sidecar.errors import EngineBusyError

AT_ONCE = 60
"""Questions before the engine at a time: a few less than there are connections, which leaves room to ask how it is."""

WAITING = 256
"""Questions that may wait for those."""


class Admission:
    """Lets ``at_once`` in and ``waiting`` more wait for their turn, in the order they came.

    Whoever comes beyond that is told so at once: a queue that only grows makes everybody late and nobody wiser.
    """

    def __init__(self, *, at_once: int, waiting: int) -> None:
        """Say how many."""
        if at_once < 1 or waiting < 0:
            raise ValueError("at least one must be let in, and nobody can wait less than not at all")
        self._room = at_once + waiting
        self._turns = asyncio.Semaphore(at_once)
        self._present = 0

    @property
    def present(self) -> int:
        """How many are inside or wait."""
        return self._present

    @contextlib.asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a turn and hold it for as long as the block lasts.

        Raises:
            EngineBusyError: as many wait as may.
        """
        if self._present >= self._room:
            raise EngineBusyError(f"{self._present} questions are being decided or wait")
        self._present += 1
        try:
            async with self._turns:
                yield
        finally:
            self._present -= 1
