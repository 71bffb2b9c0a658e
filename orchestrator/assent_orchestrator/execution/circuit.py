"""The circuit of a system: open after so many failures in a row, so that what is down is left alone. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from assent_orchestrator.clock import later
from assent_orchestrator.tools.outcome import (
    TOOL_EXHAUSTED,
    TOOL_LOST,
    TOOL_TIMEOUT,
    TOOL_UNAVAILABLE,
    Failure,
    Success,
)
from assent_sidecar.catalogue.system import Breaker
from assent_sidecar.model import seconds

PERMIT_INVALID = "PERMIT_INVALID"
"""The failure of a call that was never made: it says nothing of the system."""

_OF_THE_SYSTEM = frozenset({TOOL_EXHAUSTED, TOOL_LOST, TOOL_TIMEOUT, TOOL_UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is known of one system: ``failures`` in a row since ``since``, until when it is left alone, who tries it.

    ``open_until`` is None while it is closed; when that moment has passed, one call goes through, until
    ``probe_until`` at the latest, and what comes of it closes the circuit or opens it again.
    """

    failures: int = 0
    since: datetime | None = None
    open_until: datetime | None = None
    probe_until: datetime | None = None

    def held_until(self, breaker: Breaker, now: datetime) -> datetime | None:
        """Return until when nobody calls the system, or None: it may be called, or tried."""
        if self.open_until is None or not _ahead(self.open_until, now, breaker.open_for):
            return None
        return self.open_until

    def failed(self, breaker: Breaker, now: datetime) -> "Circuit":
        """Return the circuit after a call that failed for the system's sake."""
        if self.held_until(breaker, now) is not None:
            return self  # a call from before it opened
        begun = self.since if self.since is not None and _ahead(now, self.since, breaker.within) else now
        count = self.failures + 1 if begun is self.since else 1
        opens = self.open_until is not None or count >= breaker.failures
        until = later(now, seconds(breaker.open_for)) if opens else None
        return Circuit(count, begun, until)


def speaks_of_the_system(result: Success | Failure) -> bool:
    """Say whether a failure is the system's: it could not be reached, or may do better later."""
    if isinstance(result, Success) or result.code == PERMIT_INVALID:
        return False
    return result.retryable or result.code in _OF_THE_SYSTEM


def _ahead(moment: datetime, now: datetime, within: str) -> bool:
    """Say whether a moment is ahead and within a duration: one farther off is of a clock that was set back."""
    return timedelta(0) <= moment - now <= timedelta(seconds=seconds(within))
