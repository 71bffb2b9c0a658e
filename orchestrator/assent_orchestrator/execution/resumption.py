"""After a start, and after the database was away: runs are started and woken again whose hints were lost.

Who is cut off in the very commit of an answer cannot know that it counts, and wakes nobody; the run would sleep on.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

from sqlalchemy.exc import SQLAlchemyError

from assent_orchestrator.audit.listen import Listener, Wakeups
from assent_orchestrator.errors import AssentError
from assent_orchestrator.execution.submission import Submissions
from assent_orchestrator.meanwhile import meanwhile

_TOPIC = "connection"
"""Nobody notes anything about it: its waiters are rung when the listener is connected again."""

_SAFETY_NET_SECONDS = 600.0
_AGAIN_SECONDS = 1.0

_log = logging.getLogger("assent.runs")


@contextlib.asynccontextmanager
async def resuming(listener: Listener, submissions: Submissions) -> AsyncIterator[Callable[[], None]]:
    """Resume at once, whenever the database is back, and now and then anyway, for as long as the block lasts.

    Gives what has it done once more: a server that is gone may have died before it woke a run.

    Nobody waits for it: a server takes calls though one run is held up.
    """
    async with listener.subscribe(_TOPIC) as back, meanwhile(_resume(back, submissions), "assent-resuming"):
        yield back.ring


async def _resume(back: Wakeups, submissions: Submissions) -> None:
    back.ring()
    while True:
        await back.wait(_SAFETY_NET_SECONDS)
        try:
            await submissions.resume()
        except (AssentError, SQLAlchemyError, OSError) as error:
            _log.warning("runs could not be looked through, and will be again: %s", type(error).__name__)
            back.ring()
            await asyncio.sleep(_AGAIN_SECONDS)
