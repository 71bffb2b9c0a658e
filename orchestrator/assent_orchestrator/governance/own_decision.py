"""What was decided on one action alone, of those that were asked about together."""

from assent_sidecar.decision import Decided, Decision
from assent_sidecar.facts import BatchAction
from assent_sidecar.question import Kind, Question


def own_decision(question: Question, decided: Decided, one: BatchAction) -> Decided:
    """Return the decision on one action alone; of a batch, under an id of its own.

    Its controls are those that its own reasons name: the rules that fired, fired for the batch as a whole.
    """
    if question.kind is not Kind.BATCH:
        return decided
    source, own = decided.provenance, decided.decision if decided.fault else decided.decision.steps[one.id]
    controls = tuple(sorted({reason.control for reason in own.reasons if reason.control is not None}))
    provenance = source.model_copy(update={"decision_id": f"{source.decision_id}/{one.id}", "controls": controls})
    decision = Decision(
        verdict=own.verdict,
        reasons=own.reasons,
        obligations=own.obligations,
        approval=own.approval,
        defer_until=own.defer_until,
    )
    return Decided(decision=decision, provenance=provenance, fault=decided.fault)
