"""A plan is taken whole, with every step written out, or refused with every fault named. Pure."""

from assent_orchestrator.errors import Fault, InvalidError, NotRetainedError
from assent_orchestrator.plan.check import check
from assent_orchestrator.plan.expand import expand
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.unretained import is_marked
from assent_sidecar.catalogue.catalogue import Catalogue

MAX_FAULTS = 100
"""How many faults one answer names; more than that is counted."""


def accept(plan: Plan, catalogue: Catalogue) -> Plan:
    """Return the plan with the steps of its process filled in.

    Raises:
        InvalidError: it has faults.

    """
    faults = check(plan, catalogue)
    if is_marked(plan.labels):
        what = "has a mark in the place of a value that was not retained: give the value, with the labels that it has"
        faults = (*faults, Fault("labels", NotRetainedError.code, what))
    if len(faults) > MAX_FAULTS:
        more = Fault("steps", "MORE_FAULTS", f"and {len(faults) - MAX_FAULTS} more")
        faults = (*faults[:MAX_FAULTS], more)
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise InvalidError(f"the plan has {count}; nothing was stored", faults, code="INVALID_PLAN")
    return expand(plan, catalogue.processes[plan.process])
