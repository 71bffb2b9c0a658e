"""A shadow and its report, as people speak of them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.shadows.difference import Change
from assent_orchestrator.shadows.tally import Outcome, Seen

_ORDER = {change: number for number, change in enumerate(Change)}
"""Looser first: it is what somebody has to look at before the candidate comes into force."""

NOT_COMPARED = (Outcome.CROWDED, Outcome.NO_CANDIDATE, Outcome.LIVE_FAULT)


@dataclass(frozen=True, slots=True)
class Shadow:
    """One candidate that is tried, or was, until ``ended_at``; ``tenant`` is that of who started it."""

    id: str
    revision: str
    signed_by: str | None
    started_by: str
    started_at: datetime
    tenant: str
    ended_by: str | None = None
    ended_at: datetime | None = None

    def shown_to(self, caller: Caller) -> "Shadow":
        """Return what the caller may see: who tries policies is for their own tenant, and for compliance officers."""
        if caller.tenant == self.tenant or Role.COMPLIANCE_OFFICER in caller.roles:
            return self
        return replace(self, started_by="", ended_by=None)

    @property
    def running(self) -> bool:
        """Whether nobody has stopped it."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class Report:
    """What a shadow found in one tenant; ``problem`` is why this server cannot ask the candidate, or nothing."""

    shadow: Shadow
    outcomes: Mapping[Outcome, int]
    differences: tuple[Seen, ...]
    problem: str = ""

    @property
    def same(self) -> int:
        """Answers that were alike."""
        return self.outcomes.get(Outcome.SAME, 0)

    @property
    def different(self) -> int:
        """Answers that were not."""
        return self.outcomes.get(Outcome.DIFFERENT, 0)

    @property
    def faults(self) -> int:
        """How often the candidate gave no decision."""
        return self.outcomes.get(Outcome.FAULT, 0)

    @property
    def omitted(self) -> dict[Outcome, int]:
        """What was not compared, by why."""
        return {outcome: self.outcomes[outcome] for outcome in NOT_COMPARED if self.outcomes.get(outcome)}

    @property
    def unlisted(self) -> int:
        """Different answers and faults that are in no row, because there are too many kinds of them."""
        return max(self.different + self.faults - sum(seen.count for seen in self.differences), 0)


def in_order(differences: list[Seen]) -> tuple[Seen, ...]:
    """Return them as they are to be read: what would be looser first, and the most frequent."""
    return tuple(sorted(differences, key=lambda seen: (_ORDER[seen.difference.change], -seen.count, seen.first)))
