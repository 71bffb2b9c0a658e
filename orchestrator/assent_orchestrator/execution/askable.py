"""Whether people can be asked in the way that a policy demands."""

from assent_orchestrator.approvals.mask import names_nothing
from assent_orchestrator.governance.judging import NAMES_NOTHING
from assent_orchestrator.governance.ruling import Held, Refused, Ruling
from assent_sidecar.catalogue.system import Operation

_MOST_SLIPS = 10
"""Pointers that lead to nothing that are named."""


def askable(ruling: Ruling, operation: Operation) -> Ruling:
    """Return a ruling; where people were to be asked about places that the operation does not have, a refusal.

    What was to be masked there would be shown, wherever it really stands.
    """
    if not isinstance(ruling, Held):
        return ruling
    slips = names_nothing(ruling.requirement, operation.arguments)
    if not slips:
        return ruling
    where = ", ".join(slips[:_MOST_SLIPS])
    return Refused(ruling.decided, NAMES_NOTHING, f"the operation takes no argument at: {where}")
