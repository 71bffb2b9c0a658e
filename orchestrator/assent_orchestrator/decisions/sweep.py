"""Keeps looking for permits that nobody reported on, for as long as a server runs."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from sqlalchemy.exc import SQLAlchemyError

from assent_orchestrator.decisions.permits import SWEPT_AT_ONCE, Permits
from assent_orchestrator.errors import AssentError
from assent_orchestrator.meanwhile import meanwhile

INTERVAL = 5.0

_log = logging.getLogger("assent.permits")


@contextlib.asynccontextmanager
async def sweeping(permits: Permits, interval: float = INTERVAL) -> AsyncIterator[None]:
    """Sweep every ``interval`` seconds while the block lasts; what fails is tried again with the next round."""
    async with meanwhile(_sweep(permits, interval), "assent-permits"):
        yield


async def _sweep(permits: Permits, interval: float) -> None:
    while True:
        try:
            if await permits.sweep() < SWEPT_AT_ONCE:
                await asyncio.sleep(interval)
        except (AssentError, SQLAlchemyError) as error:
            code = error.code if isinstance(error, AssentError) else type(error).__name__
            _log.warning("permits could not be looked through, and will be again: %s", code)
            await asyncio.sleep(interval)
