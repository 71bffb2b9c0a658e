"""How people answered, as the wire has it."""

from datetime import UTC
from typing import Any

from google.protobuf.duration_pb2 import Duration

from assent.v1 import approval_reports_pb2 as wire
from assent_orchestrator.approvals.report import UNREAD_SECONDS, ApprovalReport, BrokenGlass, Span
from assent_orchestrator.server.names import approval_name, run_name
from assent_orchestrator.server.translate.moment import microseconds, timestamp

_MICRO = 1_000_000


def read_span(request: wire.ReportApprovalsRequest) -> Span:
    """Return what a report is wanted about."""
    span = request.unread_under
    return Span(
        start=request.start_time.ToDatetime(UTC) if request.HasField("start_time") else None,
        end=request.end_time.ToDatetime(UTC) if request.HasField("end_time") else None,
        process=request.process,
        unread_seconds=span.ToMicroseconds() / _MICRO if request.HasField("unread_under") else UNREAD_SECONDS,
    )


def write_approval_report(report: ApprovalReport, tenant: str) -> wire.ApprovalReport:
    """Return a report of a tenant."""
    return wire.ApprovalReport(
        start_time=timestamp(report.span.start),
        end_time=timestamp(report.span.end),
        unread_under=_duration(report.span.unread_seconds),
        processes=[
            wire.ProcessApprovals(
                process=one.process,
                asked=one.asked,
                expired=one.expired,
                escalated=one.escalated,
                put_again=one.put_again,
                rejected=one.rejected,
                edited=one.edited,
            )
            for one in report.processes
        ],
        promptness=[
            wire.Promptness(
                process=one.process,
                role=one.role,
                answers=one.answers,
                median=_duration(one.median),
                p90=_duration(one.p90),
            )
            for one in report.promptness
        ],
        approvers=[
            wire.ApproverConduct(
                approver=one.approver,
                answers=one.answers,
                approved=one.approved,
                withdrawn=one.withdrawn,
                unopened=one.unopened,
                hasty=one.hasty,
                **_reading(one.reading),
            )
            for one in report.approvers
        ],
        pairs=[
            wire.ApproverPair(
                approver=one.approver,
                principal=one.principal,
                answers=one.answers,
                approved=one.approved,
                unread=one.unread,
            )
            for one in report.pairs
        ],
        broken_glass=[_broken_glass(one, tenant) for one in report.broken_glass],
        cut=report.cut,
    )


def _broken_glass(one: BrokenGlass, tenant: str) -> wire.BrokenGlass:
    return wire.BrokenGlass(
        approval=approval_name(tenant, one.approval),
        run=run_name(tenant, one.run),
        step=one.step,
        process=one.process,
        approver=one.approver,
        answer_time=timestamp(one.at),
        review=approval_name(tenant, one.review) if one.review else "",
        review_time=timestamp(one.reviewed_at),
        found_fault=one.found_fault,
        due_time=timestamp(one.due),
        overdue=one.overdue,
    )


def _reading(seconds: float | None) -> dict[str, Any]:
    return {} if seconds is None else {"reading": _duration(seconds)}


def _duration(seconds: float) -> Duration:
    return microseconds(round(seconds * _MICRO))
