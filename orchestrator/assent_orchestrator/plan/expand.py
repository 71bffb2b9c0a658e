"""A plan without steps is its process as written."""

from assent_orchestrator.plan.choice import choices_of
from assent_orchestrator.plan.model import Plan
from assent_sidecar.catalogue.process import Process


def expand(plan: Plan, process: Process) -> Plan:
    """Return the plan with everything it leaves to its process: the steps, the choices, and the version in force."""
    steps = plan.steps or process.steps
    return plan.model_copy(
        update={
            "steps": steps,
            "choices": plan.choices or choices_of(process, {step.id for step in steps}),
            "process_version": plan.process_version or process.version,
        }
    )
