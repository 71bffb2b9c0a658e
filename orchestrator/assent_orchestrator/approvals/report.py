"""How people answer: for auditors, and against rubber-stamping. Counted in the database, in one look at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.approvals.approval import ApprovalKind, ApprovalState
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import Fault, InvalidError
from assent_orchestrator.store.tables import answers, approvals, openings, runs
from assent_sidecar.decision import ApprovalRequirement
from assent_sidecar.model import seconds

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


@dataclass(frozen=True, slots=True)
class ApprovalReports:
    """Reports on the approvals of one database."""

    engine: AsyncEngine
    clock: Clock

    async def report(self, caller: Caller, span: Span) -> ApprovalReport:
        """Return how people of the caller's tenant answered.

        Raises:
            ForbiddenError: the caller is neither auditor nor operator.
            InvalidError: the time ends before it begins.
        """
        caller.require(Role.AUDITOR, Role.OPERATOR)
        now = self.clock()
        end = span.end or now
        start = span.start or end - USUALLY
        if start >= end:
            fault = Fault("end_time", "ENDS_BEFORE_IT_BEGINS", "is not later than start_time")
            raise InvalidError("the time of a report ends after it begins", faults=(fault,))
        whole = Span(start, end, span.process, span.unread_seconds)
        one_look = self.engine.execution_options(isolation_level="REPEATABLE READ")
        async with one_look.connect() as tx:
            look = _Look(tx, caller.tenant, whole)
            processes, promptness, approvers = await look.processes(), await look.promptness(), await look.approvers()
            pairs, broken = await look.pairs(), await look.broken_glass(now)
        lists: tuple[Sequence[object], ...] = (processes, promptness, approvers, pairs, broken)
        return ApprovalReport(
            span=whole,
            processes=processes[:MOST_ROWS],
            promptness=promptness[:MOST_ROWS],
            approvers=approvers[:MOST_ROWS],
            pairs=pairs[:MOST_ROWS],
            broken_glass=broken[:MOST_ROWS],
            cut=any(len(one) > MOST_ROWS for one in lists),
        )


class _Look:
    """Counts in one transaction; each list has one row more than is told, if there are so many."""

    def __init__(self, tx: AsyncConnection, tenant: str, span: Span) -> None:
        self._tx = tx
        self._about = [
            approvals.c.tenant == tenant,
            approvals.c.kind == str(ApprovalKind.ACTION),
            approvals.c.requested_at >= span.start,
            approvals.c.requested_at < span.end,
            *([approvals.c.process == span.process] if span.process else []),
        ]
        # What an editor's answer is carried over to was not put to them: it stands in the question that they answered.
        self._given = [*self._about, answers.c.answered_at >= approvals.c.requested_at]
        self._taken = _epoch(answers.c.answered_at - _turn())
        self._reading = _epoch(answers.c.answered_at - openings.c.opened_at)
        self._unopened = sa.or_(openings.c.opened_at.is_(None), openings.c.opened_at > answers.c.answered_at)
        self._hasty = sa.and_(sa.not_(self._unopened), self._reading < span.unread_seconds)
        self._answered = answers.join(approvals, approvals.c.id == answers.c.approval_id)
        self._opened = self._answered.outerjoin(
            openings,
            sa.and_(openings.c.approval_id == answers.c.approval_id, openings.c.person == answers.c.approver),
        )

    async def processes(self) -> list[ProcessCounts]:
        states = (ApprovalState.EXPIRED, ApprovalState.REJECTED, ApprovalState.EDITED)
        expired, rejected, edited = (_count(approvals.c.state == str(state)) for state in states)
        query = (
            sa.select(
                approvals.c.process,
                sa.func.count().label("asked"),
                expired.label("expired"),
                _count(approvals.c.rungs > 0).label("escalated"),
                _count(approvals.c.extended).label("put_again"),
                rejected.label("rejected"),
                edited.label("edited"),
            )
            .where(*self._about)
            .group_by(approvals.c.process)
            .order_by(sa.func.count().desc(), approvals.c.process)
        )
        return [ProcessCounts(**row) for row in await self._rows(query)]

    async def promptness(self) -> list[Promptness]:
        count = sa.func.count()
        query = (
            sa.select(
                approvals.c.process,
                answers.c.role,
                count.label("answers"),
                _percentile(0.5, self._taken).label("median"),
                _percentile(0.9, self._taken).label("p90"),
            )
            .select_from(self._answered)
            .where(*self._given)
            .group_by(approvals.c.process, answers.c.role)
            .order_by(count.desc(), approvals.c.process, answers.c.role)
        )
        return [Promptness(**row) for row in await self._rows(query)]

    async def approvers(self) -> list[ApproverCounts]:
        count = sa.func.count()
        query = (
            sa.select(
                answers.c.approver,
                count.label("answers"),
                _count(answers.c.approved).label("approved"),
                _count(answers.c.withdrawn_at.is_not(None)).label("withdrawn"),
                _count(self._unopened).label("unopened"),
                _count(self._hasty).label("hasty"),
                _percentile(0.5, self._reading).filter(sa.not_(self._unopened)).label("reading"),
            )
            .select_from(self._opened)
            .where(*self._given)
            .group_by(answers.c.approver)
            .order_by(count.desc(), answers.c.approver)
        )
        return [ApproverCounts(**row) for row in await self._rows(query)]

    async def pairs(self) -> list[Pair]:
        count, principal = sa.func.count(), runs.c.principal["id"].astext
        query = (
            sa.select(
                answers.c.approver,
                principal.label("principal"),
                count.label("answers"),
                _count(answers.c.approved).label("approved"),
                _count(sa.or_(self._unopened, self._hasty)).label("unread"),
            )
            .select_from(self._opened.join(runs, runs.c.id == approvals.c.run_id))
            .where(*self._given)
            .group_by(answers.c.approver, principal)
            .order_by(count.desc(), answers.c.approver, principal)
        )
        return [Pair(**row) for row in await self._rows(query)]

    async def broken_glass(self, now: datetime) -> list[BrokenGlass]:
        review = approvals.alias("review")
        query = (
            sa.select(
                approvals.c.id,
                approvals.c.run_id,
                approvals.c.step_id,
                approvals.c.process,
                approvals.c.requirement,
                answers.c.approver,
                answers.c.answered_at,
                review.c.id.label("review"),
                review.c.resolved_at,
                review.c.state.label("review_state"),
            )
            .select_from(
                self._answered.outerjoin(
                    review,
                    sa.and_(review.c.about == approvals.c.id, review.c.kind == str(ApprovalKind.REVIEW)),
                )
            )
            .where(*self._given, answers.c.break_glass)
            .order_by(answers.c.answered_at.desc(), approvals.c.id)
        )
        return [_broken(row, now) for row in await self._rows(query)]

    async def _rows(self, query: sa.Select[Any]) -> Sequence[Any]:
        rows: Sequence[Any] = (await self._tx.execute(query.limit(MOST_ROWS + 1))).mappings().all()
        return rows


def _turn() -> sa.ColumnElement[datetime]:
    """Return when it was the turn of an answer's stage: at once, or with the last yes of those before it."""
    earlier = answers.alias("earlier")
    before = (
        sa.select(sa.func.max(earlier.c.answered_at))
        .where(
            earlier.c.approval_id == answers.c.approval_id,
            earlier.c.stage < answers.c.stage,
            earlier.c.answered_at <= answers.c.answered_at,
            earlier.c.approved,
            approvals.c.requirement["order"].astext.is_distinct_from("parallel"),
        )
        .correlate(answers, approvals)
        .scalar_subquery()
    )
    return sa.func.greatest(approvals.c.requested_at, before)


def _epoch(span: sa.ColumnElement[Any]) -> sa.ColumnElement[float]:
    return sa.cast(sa.func.extract("epoch", span), sa.Float)


def _count(which: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count().filter(which)


def _percentile(part: float, of: sa.ColumnElement[float]) -> Any:
    return sa.func.percentile_cont(part).within_group(of)


def _broken(row: Any, now: datetime) -> BrokenGlass:
    glass = ApprovalRequirement.from_json(row["requirement"]).break_glass
    within = seconds(glass.review.within) if glass is not None else 0.0
    due = row["answered_at"] + timedelta(seconds=within)
    return BrokenGlass(
        approval=row["id"],
        run=row["run_id"],
        step=row["step_id"],
        process=row["process"],
        approver=row["approver"],
        at=row["answered_at"],
        review=row["review"],
        reviewed_at=row["resolved_at"],
        found_fault=row["review_state"] == ApprovalState.REJECTED,
        due=due,
        overdue=(row["resolved_at"] or now) > due,
    )
