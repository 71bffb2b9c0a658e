"""What time it is: handed in, so that tests can say it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Returns the present moment, in UTC."""


def utc_now() -> datetime:
    """Return the machine's present moment, in UTC."""
    return datetime.now(UTC)


_LAST = datetime(9999, 1, 1, tzinfo=UTC)


def later(now: datetime, seconds: float) -> datetime:
    """Return the moment so many seconds from now, or the last one there is: policies may say any number."""
    try:
        return writable(now + timedelta(seconds=seconds))
    except OverflowError:
        return _LAST


def writable(moment: datetime) -> datetime:
    """Return a moment, or the last one that Python and the database can write in every time zone."""
    return min(moment, _LAST)
