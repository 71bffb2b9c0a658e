"""What will become of the steps of a plan, given what the policies say of them now. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from assent_orchestrator.governance.judging import UNFULFILLED, UNSUPPORTED, redacted
from assent_orchestrator.governance.keepsake import misplaced, unkeepable
from assent_orchestrator.governance.obligations import sort_out
from assent_orchestrator.plan.digests import Digests
from assent_orchestrator.plan.redaction import RedactionError
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.memory_flaw import label_flaws
from assent_sidecar.catalogue.process import Alternative
from assent_sidecar.decision import ApprovalRequirement, Decided, Reason, StepForecast, Verdict
from assent_sidecar.facts import Action, LedgerFacts, PlanFacts, PlanStep

REFUSALS = frozenset({Verdict.DENY, Verdict.HALT})


@dataclass(frozen=True, slots=True)
class ApprovalAhead:
    """An approval that a plan will need. ``conditional``: only if the step is taken at all."""

    step: PlanStep
    requirement: ApprovalRequirement
    reasons: tuple[Reason, ...]
    conditional: bool


def foretell(decided: Decided, plan: PlanFacts, memory: Memory) -> Decided:
    """Return the decision on a plan with each step's verdict as the gate will take it.

    What policies want remembered goes into the classes of ``memory``.
    """
    said = decided.decision.steps
    steps = {
        step.id: foretold(step.action, said[step.id], step.ledgers, memory) for step in plan.steps if step.id in said
    }
    return with_steps(decided, steps)


def with_steps(decided: Decided, steps: Mapping[str, StepForecast]) -> Decided:
    """Return the decision on a plan with these verdicts on its steps."""
    said = decided.decision.model_copy(update={"steps": dict(steps)})
    return decided.model_copy(update={"decision": said})


def foretold(action: Action, said: StepForecast, ledgers: Mapping[str, LedgerFacts], memory: Memory) -> StepForecast:
    """Return what the gate will make of a verdict: where an obligation cannot be fulfilled, nobody is asked or allowed.

    A redaction is tried as far as the values are known; with unknown ones the answer may be another one anyway. So is
    what must be reserved: of ``ledgers`` as they stand, without what other steps will reserve before. With a label of
    what is never retained by ``memory``, nothing is remembered, and no policy is asked.
    """
    return _retained(action, _kept(action, _fulfilled(action, said, ledgers), memory), memory)


def _fulfilled(action: Action, said: StepForecast, ledgers: Mapping[str, LedgerFacts]) -> StepForecast:
    if said.verdict not in {Verdict.ALLOW, Verdict.REQUIRE_APPROVAL}:
        return said
    duties = sort_out(said.obligations)
    if duties.unmet:
        return _refused(said, UNSUPPORTED, f"nobody here can fulfil: {', '.join(duties.unmet)}")
    try:
        if not action.unknown:
            # Whether it can be done is all that is asked: what is left, and how that is named, nobody sees.
            redacted(action, duties, Digests.fresh())
    except RedactionError:
        return _refused(said, UNFULFILLED, "a redaction cannot be carried out with certainty")
    for one in duties.reserves if not action.unknown else ():
        ledger = ledgers.get(one.ledger)
        if ledger is None:
            return _refused(said, "LEDGER_UNKNOWN", f"no ledger {one.ledger!r} counts this action")
        if Decimal(one.amount) > _left(ledger):
            return _refused(said, "LEDGER_EXHAUSTED", f"the ledger {one.ledger!r} has no room for it")
    return said


def _kept(action: Action, said: StepForecast, memory: Memory) -> StepForecast:
    """Return what the gate will make of a verdict by which something is to be remembered, where values are known."""
    if said.verdict is not Verdict.ALLOW:
        return said
    wanted = sort_out(said.obligations).remembers
    found = (misplaced(one, memory) or ("" if action.unknown else unkeepable(one, action, memory)) for one in wanted)
    why = next(filter(None, found), "")
    return _refused(said, UNFULFILLED, why) if why else said


def _retained(action: Action, said: StepForecast, memory: Memory) -> StepForecast:
    if said.verdict in REFUSALS:
        return said
    flaw = next(label_flaws(f"{action.system}.{action.operation}", action.labels, memory), None)
    return _refused(said, flaw.code, f"{flaw.member}: {flaw.message}") if flaw else said


def _left(ledger: LedgerFacts) -> Decimal:
    return Decimal(ledger.limit) - Decimal(ledger.spent) - Decimal(ledger.reserved) - Decimal(ledger.held)


def approvals_ahead(decided: Decided, plan: PlanFacts) -> tuple[ApprovalAhead, ...]:
    """Return the approvals that the steps of a plan will need, in the order of the plan."""
    replacing = {step.on_failure.alternative for step in plan.steps if isinstance(step.on_failure, Alternative)}
    ahead = ((step, decided.decision.steps.get(step.id)) for step in plan.steps)
    return tuple(
        ApprovalAhead(step, said.approval, said.reasons, _may_be_left_out(step) or step.id in replacing)
        for step, said in ahead
        if said is not None and said.verdict is Verdict.REQUIRE_APPROVAL and said.approval is not None
    )


def _may_be_left_out(step: PlanStep) -> bool:
    """Say whether it depends on what comes out whether a step is taken, or how often: a list may be empty."""
    return step.when is not None or step.branch is not None or step.for_each is not None


def _refused(said: StepForecast, code: str, message: str) -> StepForecast:
    return StepForecast(verdict=Verdict.DENY, reasons=(Reason(code=code, message=message), *said.reasons))
