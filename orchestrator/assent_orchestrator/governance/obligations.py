"""Which obligations can be fulfilled, and with what. One that cannot be makes an allow a deny. Pure."""

import hashlib
from dataclasses import dataclass

from assent_sidecar.decision import Entrust, Obligation, Redact, Remember, Reserve, Retry, Timeout
from assent_sidecar.model import seconds
from assent_sidecar.retry import Attempts


@dataclass(frozen=True, slots=True)
class Duties:
    """Obligations sorted by what they ask for; ``unmet`` names the types nobody here can fulfil."""

    redactions: tuple[Redact, ...]
    retry: Retry | None
    timeout: float | None
    reserves: tuple[Reserve, ...]
    remembers: tuple[Remember, ...]
    entrusts: tuple[Entrust, ...]
    unmet: tuple[str, ...]


OURS = frozenset({"redact", "retry", "timeout", "reserve", "remember"})
"""What Assent does itself where it calls the tool."""

HANDED_OVER = frozenset({"redact", "entrust"})
"""What Assent does where work passes between agents."""


def sort_out(obligations: tuple[Obligation, ...], fulfilled: frozenset[str] = OURS) -> Duties:
    """Sort obligations by what they ask for; ``fulfilled`` are the types that somebody fulfils.

    Of several of one kind, the strictest holds.
    """
    retries = [one for one in obligations if isinstance(one, Retry)]
    timeouts = [seconds(one.after) for one in obligations if isinstance(one, Timeout)]
    return Duties(
        redactions=tuple(one for one in obligations if isinstance(one, Redact)),
        retry=min(retries, key=lambda one: one.max_attempts, default=None),
        timeout=min(timeouts, default=None),
        reserves=tuple(one for one in obligations if isinstance(one, Reserve)),
        remembers=tuple(one for one in obligations if isinstance(one, Remember)),
        entrusts=tuple(one for one in obligations if isinstance(one, Entrust)),
        unmet=tuple(sorted({one.type for one in obligations if one.type not in fulfilled})),
    )


def fewest(*retries: Attempts | None) -> Attempts | None:
    """Return what holds of an obligation and of what the process says: the one with fewer attempts; None: no retry."""
    return min((one for one in retries if one is not None), key=lambda one: one.max_attempts, default=None)


def backoff(retry: Attempts, attempt: int, *, run: str, row: str) -> float:
    """Return the seconds to wait after the given attempt (1 is the first) of a run's row failed.

    From half of what the back-off says to all of it, so that what failed together does not come back together. The
    part is drawn from the names alone: the same attempt waits equally long whichever server looks at it.
    """
    # The exponent is bounded so that no policy's factor overflows; max_backoff has won long before.
    grown = min(seconds(retry.backoff) * retry.factor ** min(attempt - 1, 60), seconds(retry.max_backoff))
    drawn = hashlib.sha256(f"{run}\n{row}\n{attempt}".encode()).digest()
    return grown * (1 + int.from_bytes(drawn[:8]) / 2**64) / 2
