"""Which approvals somebody may see, and which of them they want to."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from assent_orchestrator.approvals.approval import ApprovalKind, ApprovalState
from assent_orchestrator.approvals.lending import seen_by_delegation
from assent_orchestrator.audit.whose import own_runs
from assent_orchestrator.caller import Caller
from assent_orchestrator.store.approval_tables import answers, approvals
from assent_orchestrator.store.tables import runs


@dataclass(frozen=True, slots=True)
class Sought:
    """What is wanted; None, or an empty text, is any.

    ``role`` may answer it. It was asked more than ``over`` seconds ago, or less than ``under``.
    """

    state: ApprovalState | None = None
    kind: ApprovalKind | None = None
    process: str = ""
    run: str = ""
    role: str = ""
    over: float | None = None
    under: float | None = None

    def conditions(self, now: datetime) -> Iterator[sa.ColumnElement[bool]]:
        """Yield the conditions on the table of approvals."""
        if self.state is not None:
            # Said in the statement itself, so that the index of those that are open is found however it is prepared.
            yield approvals.c.state == sa.literal(str(self.state), literal_execute=True)
        if self.kind is not None:
            yield approvals.c.kind == str(self.kind)
        if self.process:
            yield approvals.c.process == self.process
        if self.run:
            yield approvals.c.run_id == self.run
        if self.role:
            yield approvals.c.roles.contains([self.role])
        if self.over is not None:
            yield approvals.c.requested_at < _ago(now, self.over)
        if self.under is not None:
            yield approvals.c.requested_at > _ago(now, self.under)


ANY = Sought()


def seen_by(caller: Caller, now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition on the table of approvals under which the caller may see one."""
    ours = approvals.c.tenant == caller.tenant
    if caller.sees_all():
        return ours
    mine = sa.exists().where(runs.c.id == approvals.c.run_id, own_runs(caller))
    asked = approvals.c.roles.overlap(sorted(caller.roles))
    behind = sa.or_(answers.c.approver == caller.id, answers.c.stands_for == caller.id)
    # Whoever answered goes on seeing it, whatever roles they have by now: they may take it back.
    answered = sa.exists().where(answers.c.approval_id == approvals.c.id, behind)
    return sa.and_(ours, sa.or_(asked, mine, answered, seen_by_delegation(caller, now)))


def _ago(now: datetime, seconds: float) -> datetime:
    try:
        return now - timedelta(seconds=seconds)
    except OverflowError:
        return datetime.min.replace(tzinfo=now.tzinfo)
