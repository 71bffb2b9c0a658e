"""Decisions, as far as anything is said about one."""

from assent.v1 import decisions_pb2 as wire
from assent_orchestrator.server.translate.moment import duration, microseconds, timestamp
from assent_sidecar.decision import (
    ApprovalRequirement,
    BreakGlass,
    Decided,
    Decision,
    Entrust,
    Notify,
    Obligation,
    Reason,
    Redact,
    Remember,
    Reserve,
    Retry,
    Stage,
    Timeout,
    Verdict,
)
from assent_sidecar.model import Json


def write_decided(decided: Decided, trace_id: str = "") -> wire.Decision:
    """Return a decision with where it comes from."""
    source = decided.provenance
    made = write_decision(decided.decision, source.decision_id, trace_id)
    made.revision = source.revision
    made.engine = source.engine
    made.engine_version = source.engine_version
    made.controls.extend(control for control in source.controls if control not in made.controls)
    made.input_digest = source.input_digest
    made.evaluation_duration.CopyFrom(microseconds(source.duration_us))
    made.fault = decided.fault
    return made


def write_decision(decision: Decision, decision_id: str, trace_id: str = "") -> wire.Decision:
    """Return a decision by itself."""
    return wire.Decision(
        verdict=verdict(decision.verdict),
        reasons=[write_reason(reason) for reason in decision.reasons],
        obligations=[write_obligation(obligation) for obligation in decision.obligations],
        approval=write_requirement(decision.approval) if decision.approval else None,
        defer_time=timestamp(decision.defer_until),
        decision_id=decision_id,
        controls=dict.fromkeys(reason.control for reason in decision.reasons if reason.control),
        trace_id=trace_id,
    )


def write_stored(stored: dict[str, Json], decision_id: str, trace_id: str) -> wire.Decision:
    """Return a decision from its stored form: with its provenance, or by itself."""
    if "provenance" in stored:
        return write_decided(Decided.from_json(stored), trace_id)
    return write_decision(Decision.from_json(stored), decision_id, trace_id)


def verdict(said: Verdict) -> wire.Verdict.ValueType:
    """Return a verdict."""
    return wire.Verdict.Value(f"VERDICT_{said.upper()}")


def effect(said: str) -> wire.Effect.ValueType:
    """Return what an operation does to its system: ``read``, ``write`` or ``irreversible``."""
    return wire.Effect.Value(f"EFFECT_{said.upper()}")


def write_reason(reason: Reason) -> wire.Reason:
    """Return one finding."""
    return wire.Reason(
        code=reason.code,
        message=reason.message,
        control=reason.control or "",
        scope=reason.scope or "",
        rule=reason.rule or "",
        grants=reason.grants,
    )


def write_obligation(obligation: Obligation) -> wire.Obligation:
    """Return one obligation."""
    match obligation:
        case Redact():
            return wire.Obligation(redact=wire.Redact(path=obligation.path, labels=obligation.labels))
        case Retry():
            return wire.Obligation(
                retry=wire.Retry(
                    max_attempts=obligation.max_attempts,
                    backoff=duration(obligation.backoff),
                    factor=obligation.factor,
                    max_backoff=duration(obligation.max_backoff),
                )
            )
        case Timeout():
            return wire.Obligation(timeout=wire.Timeout(after=duration(obligation.after)))
        case Reserve():
            return wire.Obligation(
                reserve=wire.Reserve(ledger=obligation.ledger, amount=obligation.amount, actual=obligation.actual or "")
            )
        case Remember():
            return wire.Obligation(
                remember=wire.Remember(
                    memory_class=obligation.memory_class,
                    path=obligation.path,
                    purpose=obligation.purpose,
                    subject=obligation.subject,
                )
            )
        case Entrust(memory=memory):
            only = None if memory is None else wire.Entrust.MemoryClasses(names=memory)
            return wire.Obligation(entrust=wire.Entrust(ledgers=obligation.ledgers, memory=only))
        case Notify():
            return wire.Obligation(notify=wire.Notify(role=obligation.role, template=obligation.template or ""))


def write_requirement(requirement: ApprovalRequirement) -> wire.ApprovalRequirement:
    """Return what an approval needs."""
    kinds = wire.ApprovalRequirement
    return kinds(
        stages=[_write_stage(stage) for stage in requirement.stages],
        order=kinds.Order.Value(f"ORDER_{requirement.order.upper()}"),
        excluded=[kinds.Excluded.Value(f"EXCLUDED_{one.upper()}") for one in requirement.excluded],
        expires_in=duration(requirement.expires_in),
        on_expiry=kinds.Expiry.Value(f"EXPIRY_{requirement.on_expiry.upper()}"),
        escalations=[wire.Escalation(after=duration(one.after), role=one.role) for one in requirement.escalate],
        remind=duration(requirement.remind) if requirement.remind else None,
        rationale=kinds.Rationale.Value(f"RATIONALE_{requirement.rationale.upper()}"),
        editable=requirement.editable,
        mask=requirement.mask,
        mask_labels=requirement.mask_labels,
        on_revision=kinds.OnRevision.Value(f"ON_REVISION_{requirement.on_revision.upper()}"),
        break_glass=_write_break_glass(requirement.break_glass) if requirement.break_glass else None,
    )


def _write_stage(stage: Stage) -> wire.ApprovalStage:
    return wire.ApprovalStage(role=stage.role, quorum=stage.quorum, substitutes=stage.substitutes)


def _write_break_glass(given: BreakGlass) -> wire.BreakGlass:
    review = wire.ApprovalReview(role=given.review.role, within=duration(given.review.within))
    return wire.BreakGlass(roles=given.roles, review=review)
