"""What a comparison has counted and the database has not heard of yet: outcomes, and each kind of difference once."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from assent_orchestrator.shadows.difference import Difference
from assent_sidecar.model import Document

MOST_DIFFERENCES = 500
"""Kinds of differences that one server lists of a shadow; further ones are counted only."""

MOST_EXAMPLES = 5


class Outcome(StrEnum):
    """What became of one live answer: compared (the first two), no decision of the candidate, or not compared."""

    SAME = "same"
    DIFFERENT = "different"
    FAULT = "fault"
    CROWDED = "crowded"
    """More came than the candidate could be asked."""
    NO_CANDIDATE = "no_candidate"
    """Its engine is starting, or cannot be had here."""
    LIVE_FAULT = "live_fault"
    """There was no live decision to compare with."""


class Example(Document):
    """Where a difference was seen, to be found in the trail; never what was asked."""

    decision: str
    run: str | None = None
    step: str | None = None


@dataclass(slots=True)
class Seen:
    """How often a difference was seen, when first and last, and where."""

    difference: Difference
    first: datetime
    last: datetime
    count: int = 0
    examples: list[Example] = field(default_factory=list)

    def add(self, count: int, when: datetime, examples: list[Example]) -> None:
        """Add what was seen elsewhere, or now."""
        self.count += count
        self.first, self.last = min(self.first, when), max(self.last, when)
        self.examples = (self.examples + examples)[:MOST_EXAMPLES]


@dataclass(slots=True)
class Tally:
    """Counts by tenant; it takes memory for ``MOST_DIFFERENCES`` differences and no more."""

    outcomes: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    differences: dict[tuple[str, str], Seen] = field(default_factory=dict)
    _known: set[tuple[str, str]] = field(default_factory=set)

    def add(self, tenant: str, outcome: Outcome, count: int = 1) -> None:
        """Count answers."""
        if count:
            self.outcomes[tenant, outcome] += count

    def differ(self, tenant: str, difference: Difference, example: Example, when: datetime, count: int = 1) -> None:
        """Count a difference; one of a kind too many is not listed."""
        key = (tenant, difference.digest)
        if key not in self._known:
            if len(self._known) >= MOST_DIFFERENCES:
                return
            self._known.add(key)
        self.differences.setdefault(key, Seen(difference, when, when)).add(count, when, [example])

    def take(self) -> "Tally":
        """Return what was counted since it was last taken, and begin anew."""
        taken = Tally(self.outcomes, self.differences)
        self.outcomes, self.differences = Counter(), {}
        return taken

    def put_back(self, taken: "Tally") -> None:
        """Count again what was taken and could not be kept."""
        self.outcomes += taken.outcomes
        for key, seen in taken.differences.items():
            mine = self.differences.setdefault(key, Seen(seen.difference, seen.first, seen.last))
            mine.add(seen.count, seen.first, seen.examples)
            mine.last = max(mine.last, seen.last)

    def __bool__(self) -> bool:
        return bool(self.outcomes)
