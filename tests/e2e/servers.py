"""Several servers that share one database: each a process of its own, none of them special."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.e2e.deployment import Deployment, deployment


@contextlib.asynccontextmanager
async def servers(folder: Path, count: int, *faults: str, **more: Any) -> AsyncIterator[list[Deployment]]:
    """Start so many servers on the embedded database of one data folder; all of them are stopped at the end.

    ``more`` is for ``deployment``.
    """
    async with deployment(folder, *faults, arguments=("--executor", "server-0"), **more) as first:
        others = [
            Deployment(folder, first.company, first.workspace, first.tokens, arguments=("--executor", f"server-{n}"))
            for n in range(1, count)
        ]
        try:
            await asyncio.gather(*(one.start() for one in others))
            yield [first, *others]
        finally:
            await asyncio.gather(*(one.stop() for one in others))
