"""One person's word that another one may answer in their place, and what it is worth. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST = timedelta(days=90)
"""For how long a delegation is given at most: nobody is away for longer without somebody else having their role."""

MOST_GIVEN = 100
"""So many delegations of one giver are in force at once: more than one has colleagues that can stand in for them."""

MOST_TO_ONE = 10
"""So many of one giver to one taker are in force at once: for each role and process one, rather than any number."""


class DelegationState(StrEnum):
    """Where a delegation stands."""

    IN_FORCE = "in_force"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Delegation:
    """``taker`` may answer as ``giver`` with ``roles``, in ``processes`` (empty: in all), before ``until``."""

    tenant: str
    id: str
    giver: str
    taker: str
    roles: tuple[str, ...]
    processes: tuple[str, ...]
    reason: str
    until: datetime
    created_at: datetime
    revoked_by: str | None = None
    revoked_at: datetime | None = None

    def state(self, now: datetime) -> DelegationState:
        """Return where it stands."""
        if self.revoked_at is not None:
            return DelegationState.REVOKED
        return DelegationState.IN_FORCE if now < self.until else DelegationState.EXPIRED

    def lends(self, process: str, now: datetime) -> frozenset[str]:
        """Return with which of the giver's roles its taker answers now, in that process."""
        if self.state(now) is not DelegationState.IN_FORCE or (self.processes and process not in self.processes):
            return frozenset()
        return frozenset(self.roles)


def lent(delegations: Iterable[Delegation], process: str, now: datetime) -> frozenset[str]:
    """Return with which roles their taker answers now in a process."""
    return frozenset().union(*(one.lends(process, now) for one in delegations))
