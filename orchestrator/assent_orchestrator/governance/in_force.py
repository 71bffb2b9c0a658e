"""What is looked at anew whenever other bundles are in force, on every server."""

import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from sqlalchemy.exc import SQLAlchemyError

from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.errors import AssentError, code_of
from assent_orchestrator.governance.activation import TOPIC
from assent_orchestrator.meanwhile import meanwhile
from assent_sidecar.bundle.archive import Bundle

_LOOK_EVERY = 5.0

InForce = Callable[[], Mapping[str | None, Bundle]]
"""Returns the bundles in force, by tenant; or one, of None, where all have the same."""

Look = Callable[[Bundle, str | None], Awaitable[object]]
"""Looks at what a bundle means for a tenant; None: for all."""

_log = logging.getLogger("assent.bundles")


@contextlib.asynccontextmanager
async def looking(name: str, look: Look, listener: Listener, bundles: InForce) -> AsyncIterator[None]:
    """Look whenever another bundle is in force, for as long as the block lasts; what fails is tried again.

    The bundle that is in force when the block begins is looked at, too.
    """
    async with meanwhile(_follow(name, look, listener, bundles), f"assent-{name}"):
        yield


async def _follow(name: str, look: Look, listener: Listener, bundles: InForce) -> None:
    seen: dict[str | None, str] = {}
    async with listener.subscribe(TOPIC) as wakeups:
        while True:
            try:
                for tenant, now in bundles().items():
                    if seen.get(tenant) != now.revision:
                        await look(now, tenant)
                        seen[tenant] = now.revision
            except (AssentError, SQLAlchemyError) as error:
                _log.warning("%s could not be looked through, and will be again: %s", name, code_of(error))
            await wakeups.wait(_LOOK_EVERY)
