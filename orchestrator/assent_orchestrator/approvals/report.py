"""What a report on approvals says of how people answer: for auditors, and against rubber-stamping. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

USUALLY = timedelta(days=30)
"""How far back a report goes when nobody says."""

UNREAD_SECONDS = 10.0
"""An answer given sooner after the question was opened counts as unread, when nobody says."""

MOST_ROWS = 500
"""Of each list, so many rows are told: those with most answers; of broken glass, the newest."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which questions a report is about: those put from ``start`` on and before ``end``, of one process or of all."""

    start: datetime | None = None
    end: datetime | None = None
    process: str = ""
    unread_seconds: float = UNREAD_SECONDS


@dataclass(frozen=True, slots=True)
class ProcessCounts:
    """What became of the questions of a process, and how many were put to others because time passed."""

    process: str
    asked: int
    expired: int
    escalated: int
    put_again: int
    rejected: int
    edited: int


@dataclass(frozen=True, slots=True)
class Promptness:
    """How long the people of a role took in a process, in seconds from when it was their turn."""

    process: str
    role: str
    answers: int
    median: float
    p90: float


@dataclass(frozen=True, slots=True)
class ApproverCounts:
    """How one person answered. ``unopened``: never shown the whole; ``hasty``: sooner after it than may be.

    ``reading`` is the median, in seconds, from opening to answering; None when nothing was opened.
    """

    approver: str
    answers: int
    approved: int
    withdrawn: int
    unopened: int
    hasty: int
    reading: float | None


@dataclass(frozen=True, slots=True)
class Pair:
    """How often one person answered questions about what is done for another one."""

    approver: str
    principal: str
    answers: int
    approved: int
    unread: int


@dataclass(frozen=True, slots=True)
class BrokenGlass:
    """Somebody approved alone. ``review`` is the question that follows, which was or is late if ``overdue``."""

    approval: str
    run: str
    step: str
    process: str
    approver: str
    at: datetime
    review: str | None
    reviewed_at: datetime | None
    found_fault: bool
    due: datetime
    overdue: bool


@dataclass(frozen=True, slots=True)
class ApprovalReport:
    """The whole report; ``span`` has what nobody said filled in. ``cut``: a list has more than ``MOST_ROWS`` rows."""

    span: Span
    processes: Sequence[ProcessCounts]
    promptness: Sequence[Promptness]
    approvers: Sequence[ApproverCounts]
    pairs: Sequence[Pair]
    broken_glass: Sequence[BrokenGlass]
    cut: bool
