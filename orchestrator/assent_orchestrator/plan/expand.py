"""A plan without steps is its process as written."""

from assent_orchestrator.plan.model import Plan
from assent_sidecar.catalogue.process import Process


def expand(plan: Plan, process: Process) -> Plan:
    """Return the plan with everything it leaves to its process: the steps, and the version in force."""
    return plan.model_copy(
        update={"steps": plan.steps or process.steps, "process_version": plan.process_version or process.version}
    )
