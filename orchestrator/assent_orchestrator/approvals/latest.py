"""Which of the requests about a step counts: one that is open, one that somebody said no to, or the newest."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import BY_POLICY, LIVE, REFUSING, Approval, ApprovalKind, ApprovalState
from assent_orchestrator.approvals.request import approval_of, with_answers
from assent_orchestrator.plan.derived import whole_id
from assent_orchestrator.plan.state import StepState
from assent_orchestrator.store.approval_tables import approvals, open_approvals
from assent_orchestrator.store.tables import steps

_COUNTS = (
    open_approvals.desc(),
    (approvals.c.state == str(ApprovalState.REJECTED)).desc(),
    approvals.c.requested_at.desc(),
)
"""In which order requests count: one that is open, one that somebody said no to, the newest."""


BY_POLICIES = approvals.c.kind.in_(sorted(map(str, BY_POLICY)))
"""What policies have people asked."""


async def latest_request(tx: AsyncConnection, run_id: str, step_id: str, *, lock: bool = False) -> Approval | None:
    """Return the request that counts for the action of a step, or None.

    What is open, at most one, or what ended the step; else the newest, as clocks went, which go back at times.
    """
    of_action = approvals.c.kind == str(ApprovalKind.ACTION)
    return await _latest(tx, run_id, approvals.c.step_id == step_id, of_action, lock=lock)


async def latest_requests(tx: AsyncConnection, run_id: str, step_id: str) -> dict[ApprovalKind, Approval]:
    """Return the requests of a step that count (``latest_request``) for its action, and for what it takes over."""
    query = (
        sa.select(approvals)
        .where(approvals.c.run_id == run_id, approvals.c.step_id == step_id, BY_POLICIES)
        .ext(distinct_on(approvals.c.kind))
        .order_by(approvals.c.kind, *_COUNTS)
    )
    rows = (await tx.execute(query)).mappings().all()
    return {ApprovalKind(row["kind"]): await with_answers(tx, row) for row in rows}


async def latest_about(tx: AsyncConnection, run_id: str, asked: str, taker: str) -> Approval | None:
    """Return the request that counts for a hand-over of a run, by its digest, to a step that its card names; or None.

    ``taker`` is the step, without the item.
    """
    for row in (await tx.execute(_about(run_id, asked).order_by(*_COUNTS))).mappings():
        if taker in approval_of(row, ()).takers:
            return await with_answers(tx, row)
    return None


async def spoken_for(tx: AsyncConnection, run_id: str, asked: str) -> frozenset[str]:
    """Return the steps for which a hand-over of a run, by its digest, is asked about, or people let it not pass."""
    states = [str(state) for state in (*LIVE, *REFUSING)]
    rows = (await tx.execute(_about(run_id, asked).where(approvals.c.state.in_(states)))).mappings()
    return frozenset(taker for row in rows for taker in approval_of(row, ()).takers)


def any_refused(run_id: str) -> sa.ColumnElement[bool]:
    """Return the condition that people let some hand-over of a run not pass."""
    return _refused(run_id).exists()


async def refused_to(tx: AsyncConnection, run_id: str, taker: str) -> frozenset[str]:
    """Return the digests of the hand-overs of a run that people let not pass to a step; ``taker`` is it, as above."""
    rows = (await tx.execute(_refused(run_id))).mappings()
    return frozenset(row["action_digest"] for row in rows if taker in approval_of(row, ()).takers)


def _refused(run_id: str) -> sa.Select[Any]:
    return _of_hand_overs(run_id).where(approvals.c.state.in_([str(state) for state in REFUSING]))


def _about(run_id: str, asked: str) -> sa.Select[Any]:
    return _of_hand_overs(run_id).where(approvals.c.action_digest == asked)


def _of_hand_overs(run_id: str) -> sa.Select[Any]:
    return sa.select(approvals).where(approvals.c.run_id == run_id, approvals.c.kind == str(ApprovalKind.HANDOFF))


async def _latest(
    tx: AsyncConnection, run_id: str, *such: sa.ColumnElement[bool], lock: bool = False
) -> Approval | None:
    query = sa.select(approvals).where(approvals.c.run_id == run_id, *such).order_by(*_COUNTS).limit(1)
    row = (await tx.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    return await with_answers(tx, row) if row is not None else None


async def waiting_for(tx: AsyncConnection, approval: Approval) -> tuple[str, ...]:
    """Return the rows that may wait for the answer: of a hand-over, those of all the steps that its card names."""
    if approval.kind is ApprovalKind.REVIEW:
        return ()
    if approval.kind is not ApprovalKind.HANDOFF:
        return (approval.step_id,)
    query = sa.select(steps.c.id).where(
        steps.c.run_id == approval.run_id, steps.c.state == str(StepState.AWAITING_APPROVAL)
    )
    return tuple(row for row in await tx.scalars(query.order_by(steps.c.id)) if whole_id(row) in approval.takers)
