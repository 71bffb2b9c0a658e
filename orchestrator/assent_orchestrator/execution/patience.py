"""How long to wait before looking again. Pure."""

from datetime import datetime

STOPPED_SECONDS = 300.0
"""How long what is stopped sleeps when nobody wakes it: lifting does, unless the server dies in that moment."""

_FIRST = 0.25

LONGEST = 30.0
"""What patience comes to, in seconds."""


def patience(tries: int) -> float:
    """Return the seconds to wait after this many tries (1 is the first): doubling, up to half a minute."""
    return min(_FIRST * 2.0 ** min(tries - 1, 10), LONGEST)


def until(moment: datetime, now: datetime) -> float:
    """Return the seconds from now until a moment, at least a little."""
    return max((moment - now).total_seconds(), 0.01)
