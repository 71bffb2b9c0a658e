"""Several servers that share one database: each a process of its own, none of them special."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from tests.e2e.deployment import Deployment, deployment


@contextlib.asynccontextmanager
async def servers(folder: Path, count: int, *faults: str) -> AsyncIterator[list[Deployment]]:
    """Start so many servers on the embedded database of one data folder; all of them are stopped at the end."""
    async with deployment(folder, *faults, arguments=("--executor", "server-0")) as first:
        more = [
            Deployment(folder, first.company, first.workspace, first.tokens, arguments=("--executor", f"server-{n}"))
            for n in range(1, count)
        ]
        try:
            await asyncio.gather(*(one.start() for one in more))
            yield [first, *more]
        finally:
            await asyncio.gather(*(one.stop() for one in more))
