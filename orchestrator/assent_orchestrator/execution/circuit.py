"""The circuit of a system: open after so many failures in a row, so that what is down is left alone. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from assent_orchestrator.clock import later
from assent_orchestrator.tools.outcome import (
    ARGUMENTS_INVALID,
    ARGUMENTS_TOO_LARGE,
    TOOL_EXHAUSTED,
    TOOL_LOST,
    TOOL_SERVER_UNKNOWN,
    TOOL_TIMEOUT,
    TOOL_UNAVAILABLE,
    Failure,
    Success,
)
from assent_sidecar.catalogue.system import Breaker
from assent_sidecar.model import seconds

PERMIT_INVALID = "PERMIT_INVALID"
"""The failure of a call that was not made because its permit was not good any more."""

_OF_THE_SYSTEM = frozenset({TOOL_EXHAUSTED, TOOL_LOST, TOOL_TIMEOUT, TOOL_UNAVAILABLE})
_NEVER_MADE = frozenset({PERMIT_INVALID, TOOL_SERVER_UNKNOWN, ARGUMENTS_INVALID, ARGUMENTS_TOO_LARGE})


class Word(Enum):
    """What a call says of its system."""

    FAILS = "fails"
    ANSWERED = "answered"
    NOTHING = "nothing"
    """It was never made."""


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

    def answered(self, begun: datetime, probe: datetime | None) -> "Circuit":
        """Return the circuit after a call that the system answered, begun at a moment, perhaps to try it (``probe``).

        An open one is closed by who tries, and by what was begun after the time in which the system is left alone.
        """
        tried = probe is not None and probe == self.probe_until
        return self if self.open_until is not None and not tried and begun < self.open_until else Circuit()


def word_of(result: Success | Failure) -> Word:
    """Return what a call says of its system: it fails when it could not be reached, or may do better later."""
    if isinstance(result, Success):
        return Word.ANSWERED
    if result.code in _NEVER_MADE:
        return Word.NOTHING
    return Word.FAILS if result.retryable or result.code in _OF_THE_SYSTEM else Word.ANSWERED


def _ahead(moment: datetime, now: datetime, within: str) -> bool:
    """Say whether a moment is ahead and within a duration: one farther off is of a clock that was set back."""
    return timedelta(0) <= moment - now <= timedelta(seconds=seconds(within))
