"""Forecasts of plans."""

from decimal import Decimal

from assent.v1 import forecasts_pb2 as wire
from assent_orchestrator.execution.simulation import Forecast, HandOverAhead
from assent_orchestrator.governance.foretell import ApprovalAhead
from assent_orchestrator.governance.obligations import sort_out
from assent_orchestrator.governance.trials import Culprit, Failure
from assent_orchestrator.plan.culprit import Search
from assent_orchestrator.plan.redaction import lowered
from assent_orchestrator.server.translate.decision import (
    effect,
    verdict,
    write_decided,
    write_obligation,
    write_reason,
    write_requirement,
)
from assent_orchestrator.server.translate.label import label_sets
from assent_orchestrator.server.translate.moment import timestamp
from assent_orchestrator.server.translate.plan import write_plan
from assent_sidecar.decision import StepForecast
from assent_sidecar.facts import LedgerFacts, PlanStep


def write_forecast(forecast: Forecast, trace_id: str) -> wire.Forecast:
    """Return a forecast, its steps in the order of the plan."""
    found = forecast.decided.decision.steps
    facts = {step.id: step for step in forecast.facts}
    return wire.Forecast(
        decision=write_decided(forecast.decided, trace_id),
        steps=[
            _write_step_forecast(step.id, found[step.id], forecast, facts.get(step.id))
            for step in forecast.plan.steps
            if step.id in found
        ],
        plan=write_plan(forecast.plan),
        plan_digest=forecast.plan_digest,
        approvals=[_write_approval(one) for one in forecast.approvals],
        failure=_write_failure(forecast.failure) if forecast.failure else None,
        may_change=forecast.may_change,
        hand_overs=[_write_hand_over(one) for one in forecast.hand_overs],
        hand_overs_omitted=forecast.omitted,
    )


def _write_hand_over(ahead: HandOverAhead) -> wire.HandOverForecast:
    facts, decision = ahead.facts, ahead.decided.decision
    return wire.HandOverForecast(
        source=facts.source,
        target=facts.target,
        steps=ahead.steps,
        reason=facts.reason,
        verdict=verdict(decision.verdict),
        reasons=[write_reason(reason) for reason in decision.reasons],
        obligations=[write_obligation(obligation) for obligation in decision.obligations],
        refusal=ahead.refusal,
        labels=facts.passes.labels,
        memory=facts.passes.memory,
        depth=facts.depth,
        fan_out=facts.fan_out,
        approval=write_requirement(ahead.requirement) if ahead.requirement else None,
    )


def _write_step_forecast(
    step_id: str, found: StepForecast, forecast: Forecast, facts: PlanStep | None
) -> wire.StepForecast:
    unknown, duties = forecast.unknown.get(step_id, ()), sort_out(found.obligations)
    made = wire.StepForecast(
        id=step_id,
        verdict=verdict(found.verdict),
        reasons=[write_reason(reason) for reason in found.reasons],
        obligations=[write_obligation(obligation) for obligation in found.obligations],
        approval=write_requirement(found.approval) if found.approval else None,
        defer_time=timestamp(found.defer_until),
        unknown=unknown,
        may_change=bool(unknown or duties.remembers),
        fails_when_done=step_id in forecast.unkept,
    )
    if facts is not None:
        sent = lowered(facts.action.labels, duties.redactions)
        made.depends_on.extend(facts.depends_on)
        made.effect = effect(facts.action.effect)
        for pointer, labels in label_sets(sent).items():
            made.labels[pointer].CopyFrom(labels)
        made.ledgers.extend(_write_ledger(name, ledger) for name, ledger in facts.ledgers.items())
    return made


def _write_ledger(name: str, ledger: LedgerFacts) -> wire.LedgerForecast:
    limit = Decimal(ledger.limit)
    left = max(limit - Decimal(ledger.spent) - Decimal(ledger.reserved) - Decimal(ledger.held), Decimal(0))
    return wire.LedgerForecast(ledger=name, limit=ledger.limit, remaining=f"{left:f}")


def _write_approval(ahead: ApprovalAhead) -> wire.ApprovalForecast:
    action = ahead.step.action
    return wire.ApprovalForecast(
        step=ahead.step.id,
        agent=ahead.step.agent.id,
        action=f"{action.system}.{action.operation}",
        requirement=write_requirement(ahead.requirement),
        reasons=[write_reason(reason) for reason in ahead.reasons],
        conditional=ahead.conditional,
        may_change=bool(action.unknown),
    )


def _write_failure(failure: Failure) -> wire.PlanFailure:
    whole = failure.plan
    return wire.PlanFailure(
        plan_search=_search(whole.search) if whole else wire.SEARCH_UNSPECIFIED,
        plan_steps=whole.steps if whole else (),
        culprits=[_write_culprit(one) for one in failure.culprits],
    )


def _write_culprit(culprit: Culprit) -> wire.Culprit:
    return wire.Culprit(
        step=culprit.step,
        verdict=verdict(culprit.said.verdict),
        reasons=[write_reason(reason) for reason in culprit.said.reasons],
        search=_search(culprit.search),
        arguments=[wire.CulpritArgument(path=one.pointer, label=one.label or "") for one in culprit.arguments],
        sufficient=culprit.sufficient,
    )


def _search(ended: Search | None) -> wire.Search.ValueType:
    if ended is None:
        return wire.SEARCH_UNSPECIFIED
    return wire.Search.Value(f"SEARCH_{ended.upper()}")
