"""Where a run can be cut off, and how."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is about to be written, or done."""

    RECORD = "record"
    """A commit of ours: a record of the trail with the state that it is about."""
    CHECKPOINT = "checkpoint"
    """A commit of the durable engine: where a run is in its code."""
    WORKFLOW = "workflow"
    """A commit of the durable engine: a run, or a branch of it, begins or is over."""
    CALL = "call"
    """A call of a tool."""
    ANY = "any"
    """Whatever is committed next: for a second kill in the middle of the recovery from the first."""
    NEXT = "next"
    """Whatever record is committed next: the same, but where the run itself is taken up again."""


EXPIRY = "memory:memory.expired"
"""The record of what was removed because its time was over: no run has it, and one sweep looks through all."""


class How(StrEnum):
    """On which side of a transition the run is cut off."""

    LOST = "lost"
    """In the commit, and it does not count."""
    KEPT = "kept"
    """In the commit: it counts, and nobody ever heard so."""
    UNSENT = "unsent"
    """Before the tool server has the call; it never gets it."""
    LATE = "late"
    """Before the tool server has the call; it gets it when somebody has asked already what became of it."""
    UNHEARD = "unheard"
    """After the effect, before the answer."""


COMMITTED = (How.LOST, How.KEPT)
CALLED = (How.UNSENT, How.LATE, How.UNHEARD)


@dataclass(frozen=True, slots=True)
class Point:
    """One transition of a run: ``name`` is ``<step or branch>:<what>``, ``nth`` tells those of one name apart."""

    kind: Kind
    name: str
    nth: int

    def __str__(self) -> str:
        """Return it as a report names it."""
        return f"{self.kind} {self.name}" + (f" #{self.nth}" if self.nth > 1 else "")


@dataclass(frozen=True, slots=True)
class Strike:
    """One kill: at this point, on this side of it."""

    point: Point
    how: How

    def __str__(self) -> str:
        """Return it as a report names it."""
        return f"{self.point} {self.how}"
