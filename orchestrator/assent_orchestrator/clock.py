"""What time it is: handed in, so that tests can say it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present moment, in UTC."""


def utc_now() -> datetime:
    """Return the machine's present moment, in UTC."""
    return datetime.now(UTC)
