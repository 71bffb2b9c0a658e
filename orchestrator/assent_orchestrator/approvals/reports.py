"""Reporting how people answer, to those who look after them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.approvals.counts import Counts
from assent_orchestrator.approvals.report import MOST_ROWS, USUALLY, ApprovalReport, Span
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import Fault, InvalidError
from assent_orchestrator.store.look import one_look


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
        async with one_look(self.engine) as tx:
            look = Counts(tx, caller.tenant, whole)
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
