"""How long ago the origin of the policies last said that they are its newest, and whether that is too long."""

import time
from collections.abc import Callable


def _steady() -> float:
    """Return seconds on a clock that nobody sets, and that goes on while the machine sleeps."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)  # Linux only; elsewhere the monotonic clock has to do
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Freshness:
    """Whether decisions may still be made. Without a limit, always."""

    def __init__(self, limit: float | None = None, clock: Callable[[], float] = _steady) -> None:
        """Say after how many seconds without a confirmation nothing is decided any more; None is never."""
        self._limit = limit
        self._clock = clock
        self._confirmed: float | None = None

    @property
    def limit(self) -> float | None:
        """The limit in seconds."""
        return self._limit

    @property
    def age(self) -> float | None:
        """Seconds since the last confirmation; None when there was none."""
        return None if self._confirmed is None else self._clock() - self._confirmed

    @property
    def stale(self) -> bool:
        """Whether the policies are older than they may be, or nobody knows how old they are."""
        return self._limit is not None and (self.age is None or self.age > self._limit)

    def confirm(self, age: float = 0.0) -> None:
        """Take in that the origin said so ``age`` seconds ago. A negative one is of a clock that was set: no."""
        if age < 0:
            return
        confirmed = self._clock() - age
        self._confirmed = confirmed if self._confirmed is None else max(confirmed, self._confirmed)
