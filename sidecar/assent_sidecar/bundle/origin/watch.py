"""Waits for changes of files, without asking all the time."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from watchfiles import Change, awatch

_SETTLE = 200
"""Milliseconds for which more changes are waited for: a check-out touches many files."""

_AGAIN = 1.0


async def changes_of(
    folder: Path, every: float, *, relevant: Callable[[Path], bool], recursive: bool
) -> AsyncGenerator[None]:
    """Yield when something ``relevant`` in ``folder`` changed, and at least every ``every`` seconds."""
    while True:
        yielded = time.monotonic()

        def counts(_: Change, path: str) -> bool:
            # Where other files change all the time, there is no quiet second in which the time could run out.
            return relevant(Path(path)) or time.monotonic() - yielded >= every  # noqa: B023 - it is meant to move along

        try:
            async for _ in awatch(
                folder,
                watch_filter=counts,
                debounce=_SETTLE,
                step=50,
                rust_timeout=max(1, int(every * 1000)),
                yield_on_timeout=True,
                recursive=recursive,
            ):
                yielded = time.monotonic()
                yield
        except OSError:  # the folder is away, or the system has no watches left: look again and again instead
            await asyncio.sleep(min(every, _AGAIN))
            yield
