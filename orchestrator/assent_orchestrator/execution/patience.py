"""How long to wait before looking again. Pure."""

from datetime import datetime

HELD_SECONDS = 3600.0
"""How long what only a person lets go on sleeps at most, when nobody wakes it: each look leaves a mark with the engine.

Whoever lifts, resumes or settles wakes it; where a server dies in that moment, what was not told is looked for.
"""

_FIRST = 0.25

LONGEST = 30.0
"""What patience comes to, in seconds."""


def patience(tries: int) -> float:
    """Return the seconds to wait after this many tries (1 is the first): doubling, up to half a minute."""
    return min(_FIRST * 2.0 ** min(tries - 1, 10), LONGEST)


def until(moment: datetime, now: datetime) -> float:
    """Return the seconds from now until a moment, at least a little."""
    return max((moment - now).total_seconds(), 0.01)
