"""Who opened a question when: the first time that somebody who may answer is shown it, once a person."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import BY_POLICY, Approval, ApprovalState, age_of
from assent_orchestrator.approvals.lending import Lent
from assent_orchestrator.approvals.requirement import Involved, Person, Seat, glass_seat_of, seat_of
from assent_orchestrator.audit.record import Actor, ApprovalNote, Draft
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.caller import Caller
from assent_orchestrator.store.approval_tables import openings


def may_answer(approval: Approval, caller: Caller, lent_to_them: Lent, involved: Involved, now: datetime) -> bool:
    """Say whether the caller could answer at this moment: as themselves, in another one's place, or alone. Pure."""
    expired = approval.kind in BY_POLICY and approval.expires_at <= now
    if approval.state is not ApprovalState.PENDING or expired:
        return False
    requirement, age = approval.requirement, age_of(approval, now)
    return any(
        isinstance(seat_of(requirement, approval.answers, person, involved, age), Seat)
        or isinstance(glass_seat_of(requirement, approval.answers, person, involved), Seat)
        for person in _persons(caller, lent_to_them)
    )


def _persons(caller: Caller, lent_to_them: Lent) -> Iterable[Person]:
    yield Person(caller.id, caller.roles)
    for giver, roles in sorted(lent_to_them.items()):
        yield Person(caller.id, roles, stands_for=giver)


async def was_opened(tx: AsyncConnection, approval_id: str, person: str) -> bool:
    """Say whether somebody opened a question before."""
    query = sa.select(openings.c.opened_at).where(openings.c.approval_id == approval_id, openings.c.person == person)
    return (await tx.execute(query)).one_or_none() is not None


async def write_opening(tx: AsyncConnection, approval: Approval, caller: Caller, now: datetime) -> tuple[Draft, ...]:
    """Write down that the caller opened a question, unless they did before; return what to record."""
    row = {"approval_id": approval.id, "person": caller.id, "opened_at": now}
    written = await tx.execute(insert(openings).values(row).on_conflict_do_nothing().returning(openings.c.person))
    if written.one_or_none() is None:
        return ()
    return (
        Draft(
            event="approval.opened",
            run=approval.run_id,
            step=approval.step_id,
            actor=Actor.of(caller),
            approval=ApprovalNote(
                id=approval.id,
                approver=caller.id,
                presented_digest=approval.presented_digest,
                action_digest=approval.action_digest,
                revision=approval.revision,
            ),
            trace=trace_note(),
        ),
    )
