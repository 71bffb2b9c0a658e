"""How questions were answered, counted in the database in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import ApprovalKind, ApprovalState
from assent_orchestrator.approvals.latest import BY_POLICIES
from assent_orchestrator.approvals.report import (
    MOST_ROWS,
    ApproverCounts,
    BrokenGlass,
    Pair,
    ProcessCounts,
    Promptness,
    Span,
)
from assent_orchestrator.clock import later
from assent_orchestrator.store.approval_tables import answers, approvals, openings
from assent_orchestrator.store.tables import runs
from assent_sidecar.decision import ApprovalRequirement
from assent_sidecar.model import seconds


class Counts:
    """Counts in one transaction; each list has one row more than is told, if there are so many."""

    def __init__(self, tx: AsyncConnection, tenant: str, span: Span) -> None:
        self._tx = tx
        self._about = [
            approvals.c.tenant == tenant,
            BY_POLICIES,
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
        """Return what became of the questions of each process."""
        states = (ApprovalState.EXPIRED, ApprovalState.REJECTED)
        expired, rejected = (_count(approvals.c.state == str(state)) for state in states)
        # Whatever became of it afterwards. What an editor's answer was carried over to is another question.
        changes = (answers.c.edits.is_not(None), answers.c.withdrawn_at.is_(None))
        edits = sa.select(answers.c.number).where(
            answers.c.approval_id == approvals.c.id, answers.c.answered_at >= approvals.c.requested_at, *changes
        )
        query = (
            sa.select(
                approvals.c.process,
                sa.func.count().label("asked"),
                expired.label("expired"),
                _count(approvals.c.rungs > 0).label("escalated"),
                _count(approvals.c.extended).label("put_again"),
                rejected.label("rejected"),
                _count(edits.exists()).label("edited"),
            )
            .where(*self._about)
            .group_by(approvals.c.process)
            .order_by(sa.func.count().desc(), approvals.c.process)
        )
        return [ProcessCounts(**row) for row in await self._rows(query)]

    async def promptness(self) -> list[Promptness]:
        """Return how long the people of each role took."""
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
        """Return how each person answered."""
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
        """Return who answered what is done for whom."""
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
        """Return who approved alone, the newest first."""
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
                    sa.and_(
                        review.c.about == approvals.c.id,
                        review.c.tenant == approvals.c.tenant,
                        review.c.kind == str(ApprovalKind.REVIEW),
                        review.c.requested_at == answers.c.answered_at,  # of this answer, and not of another one
                    ),
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
    due = later(row["answered_at"], seconds(glass.review.within) if glass is not None else 0.0)
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
