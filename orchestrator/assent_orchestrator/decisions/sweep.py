"""Keeps looking for permits that nobody reported on, for as long as a server runs."""

import contextlib
import logging
from collections.abc import AsyncIterator

from assent_orchestrator.decisions.permits import SWEPT_AT_ONCE, Permits
from assent_orchestrator.errors import code_of
from assent_orchestrator.meanwhile import meanwhile, rounds

INTERVAL = 5.0

_log = logging.getLogger("assent.permits")


@contextlib.asynccontextmanager
async def sweeping(permits: Permits, interval: float = INTERVAL) -> AsyncIterator[None]:
    """Sweep every ``interval`` seconds while the block lasts; what fails is tried again with the next round."""

    async def sweep() -> bool:
        return await permits.sweep() >= SWEPT_AT_ONCE

    async with meanwhile(rounds(sweep, interval, _complain), "assent-permits"):
        yield


def _complain(error: Exception) -> None:
    _log.warning("permits could not be looked through, and will be again: %s", code_of(error))
