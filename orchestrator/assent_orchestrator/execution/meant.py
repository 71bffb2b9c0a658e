"""What a step was asked about, bound once more as it was then, for whoever has to know it later."""

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.execution import bulk
from assent_orchestrator.execution.arguments import bound_action
from assent_orchestrator.execution.handovers import as_handed_over
from assent_orchestrator.execution.plans import Plans
from assent_orchestrator.execution.situation import Appointed, Situation
from assent_sidecar.facts import Action


async def meant(
    tx: AsyncConnection, situation: Situation, appointed: Appointed, plans: Plans
) -> tuple[Situation, Action]:
    """Return a situation as the step saw it, without what was not handed over to it, and the action in it.

    Raises:
        RedactionError: what was not handed over cannot be taken away with certainty.
        UnfitError: a value is missing or lost, or the arguments do not fit the operation any more.
    """
    seen = await as_handed_over(tx, situation, plans)
    return seen, await bulk.aside(bound_action, seen.values(), seen, appointed)
