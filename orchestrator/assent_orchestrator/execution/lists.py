"""A step that is done for a list begins: a row for each element, or none at all."""

from collections.abc import Sequence

from assent_orchestrator.execution.ending import Ending
from assent_orchestrator.execution.items import TOO_MANY_ACTIONS, TOO_MANY_STEPS, begin_items, room, room_of_agent
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.sequel import Sequels
from assent_orchestrator.execution.standing import keep
from assent_orchestrator.execution.turn import Turn
from assent_orchestrator.plan.binding import Item
from assent_orchestrator.plan.state import StepState


async def begin_list(parts: Parts, sequels: Sequels, turn: Turn, items: Sequence[Item]) -> Ending | None:
    """Write a row for each element; return how the step ends instead where there is no room for them.

    Raises:
        OvertakenError: the run or the step moved on since the list was read.
    """
    situation, appointed = turn.situation, turn.appointed
    async with parts.trail.recording() as tx:
        run = await sequels.still_wanted(tx, situation)
        left = await room(tx, run, appointed.process.max_steps)
        own = await room_of_agent(tx, run, appointed.agent)
        if len(items) <= min(left, own):
            now = parts.clock()
            stored = parts.unretained.elements(run.id, situation.step.id, items, appointed.never)
            drafts = await begin_items(tx, situation.step, situation.spec, stored, now)
            await parts.trail.append(tx, run.tenant, (*drafts, *await keep(tx, run, now)))
            return None
    if own < left:
        many = f"the list has {len(items)} elements, and the agent may do {max(own, 0)} more actions in the run"
        return Ending(StepState.FAILED, TOO_MANY_ACTIONS, many)
    many = f"the list has {len(items)} elements, and the run may have {left} more steps"
    return Ending(StepState.FAILED, TOO_MANY_STEPS, many)
