"""Shadows, and what they found."""

from assent.v1 import decisions_pb2
from assent.v1 import shadows_pb2 as wire
from assent_orchestrator.server.names import run_name, shadow_name
from assent_orchestrator.server.translate.decision import verdict
from assent_orchestrator.server.translate.moment import timestamp
from assent_orchestrator.shadows.difference import Answer
from assent_orchestrator.shadows.shadow import Report, Shadow
from assent_orchestrator.shadows.tally import Seen


def write_shadow(shadow: Shadow, tenant: str) -> wire.Shadow:
    """Return a shadow as the callers of a tenant know it."""
    return wire.Shadow(
        name=shadow_name(tenant, shadow.id),
        state=wire.SHADOW_STATE_RUNNING if shadow.running else wire.SHADOW_STATE_ENDED,
        revision=shadow.revision,
        signer=shadow.signed_by or "",
        creator=shadow.started_by,
        create_time=timestamp(shadow.started_at),
        stopper=shadow.ended_by or "",
        stop_time=timestamp(shadow.ended_at),
    )


def write_report(report: Report, tenant: str) -> wire.ShadowReport:
    """Return what a shadow found in a tenant."""
    return wire.ShadowReport(
        shadow=write_shadow(report.shadow, tenant),
        compared_count=report.same + report.different,
        same_count=report.same,
        different_count=report.different,
        fault_count=report.faults,
        not_compared_count=sum(report.omitted.values()),
        omissions=[
            wire.ShadowOmissionCount(
                omission=wire.ShadowOmission.Value(f"SHADOW_OMISSION_{outcome.upper()}"), count=count
            )
            for outcome, count in report.omitted.items()
        ],
        differences=[_difference(seen, tenant) for seen in report.differences],
        unlisted_count=report.unlisted,
        problem=report.problem,
    )


def _difference(seen: Seen, tenant: str) -> wire.ShadowDifference:
    found = seen.difference
    return wire.ShadowDifference(
        change=wire.ShadowChange.Value(f"SHADOW_CHANGE_{found.change.upper()}"),
        kind=found.kind,
        action=found.action,
        live=_answer(found.live),
        candidate=_answer(found.candidate),
        aspects=[wire.ShadowAspect.Value(f"SHADOW_ASPECT_{aspect.upper()}") for aspect in found.aspects],
        live_revision=found.live_revision,
        count=seen.count,
        first_time=timestamp(seen.first),
        last_time=timestamp(seen.last),
        examples=[
            wire.ShadowExample(
                decision_id=example.decision,
                run=run_name(tenant, example.run) if example.run else "",
                step=example.step or "",
            )
            for example in seen.examples
        ],
    )


def _answer(answer: Answer) -> wire.ShadowAnswer:
    return wire.ShadowAnswer(
        verdict=verdict(answer.verdict),
        reasons=[wire.ShadowReason(code=one.code, control=one.control or "") for one in answer.reasons],
        controls=answer.controls,
        stages=[decisions_pb2.ApprovalStage(role=stage.role, quorum=stage.quorum) for stage in answer.stages],
        obligations=answer.obligations,
        taken=answer.taken,
    )
