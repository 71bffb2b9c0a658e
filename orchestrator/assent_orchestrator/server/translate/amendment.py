"""Amendments, what became of proposals, and what amendments would have changed."""

from collections.abc import Iterable

from assent.v1 import amendments_pb2 as wire
from assent_orchestrator.amendments.amendment import Amendment
from assent_orchestrator.amendments.effect import RunEffect, StepEffect
from assent_orchestrator.amendments.proposals import Proposed
from assent_orchestrator.errors import Fault, InvalidError
from assent_orchestrator.plan.difference import Change
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.read import read_plan_text
from assent_orchestrator.server.names import amendment_name, run_name
from assent_orchestrator.server.translate.decision import verdict, write_decided
from assent_orchestrator.server.translate.moment import timestamp
from assent_orchestrator.server.translate.plan import read_plan, write_plan
from assent_orchestrator.server.translate.run import step_state
from assent_orchestrator.tools.value import ValueFaultError, to_value
from assent_sidecar.decision import Verdict


def read_proposal(request: wire.ProposePlanRequest) -> Plan:
    """Return the plan that is proposed.

    Raises:
        InvalidError: it is no plan; every fault is named.
    """
    if request.WhichOneof("proposal") != "plan_json":
        return read_plan(request.plan)
    plan = read_plan_text(request.plan_json)
    try:
        write_plan(plan)
    except ValueFaultError as error:  # its owner could not be shown it
        fault = Fault("", "VALUE", str(error))
        raise InvalidError("the plan is malformed", (fault,), code="INVALID_PLAN") from error
    return plan


def write_proposed(proposed: Proposed, trace_id: str) -> wire.ProposePlanResponse:
    """Return what became of a proposal."""
    made = wire.ProposePlanResponse(
        conforms=proposed.varied is not None,
        refusal=proposed.refusal,
    )
    if proposed.varied is not None:
        made.skipped.extend(proposed.varied.skipped)
        made.reordered.extend(proposed.varied.reordered)
        made.chosen.extend(proposed.varied.chosen)
        made.repeated.extend(proposed.varied.repeated)
    if proposed.decided is not None:
        made.decision.CopyFrom(write_decided(proposed.decided, trace_id))
    if proposed.amendment is not None:
        made.amendment.CopyFrom(write_amendment(proposed.amendment))
    return made


def write_amendment(amendment: Amendment, *, whole: bool = True) -> wire.Amendment:
    """Return an amendment; without ``whole``, without its plan."""
    return wire.Amendment(
        name=amendment_name(amendment.tenant, amendment.id),
        process=amendment.process,
        process_version=amendment.version,
        owner=amendment.owner,
        proposer=amendment.proposer,
        plan=write_plan(amendment.plan) if whole else None,
        changes=[_write_change(one, whole=whole) for one in amendment.changes],
        state=wire.AmendmentState.Value(f"AMENDMENT_STATE_{amendment.state.upper()}"),
        decision_id=amendment.decision_id,
        revision=amendment.revision,
        propose_time=timestamp(amendment.proposed_at),
        closer=amendment.closed_by or "",
        close_time=timestamp(amendment.closed_at),
        reason=amendment.reason or "",
    )


def write_effects(tenant: str, effects: Iterable[RunEffect]) -> wire.SimulateAmendmentResponse:
    """Return what an amendment would have changed, run by run."""
    return wire.SimulateAmendmentResponse(
        runs=[
            wire.RunEffect(
                run=run_name(tenant, one.run),
                changes=[_write_step(step) for step in one.changed],
                faults=[f"{fault.field}: {fault.code}" for fault in one.faults],
                untold=one.untold,
            )
            for one in effects
        ]
    )


def _write_change(change: Change, *, whole: bool) -> wire.ProcessChange:
    return wire.ProcessChange(
        path=change.path,
        sort=wire.ProcessChange.Sort.Value(f"SORT_{change.sort.upper()}"),
        before=to_value(change.before) if whole and change.before is not None else None,
        after=to_value(change.after) if whole and change.after is not None else None,
    )


def _write_step(step: StepEffect) -> wire.StepEffect:
    made = wire.StepEffect(step=step.step)
    if step.before is not None:
        made.before = verdict(Verdict(step.before[0]))
        made.before_reasons.extend(step.before[1])
    if step.after is not None:
        made.after = verdict(Verdict(step.after[0]))
        made.after_reasons.extend(step.after[1])
    if step.recorded is not None:
        made.recorded = step_state(step.recorded)
    return made
