"""The elements that the items of a step are for, and what an item has to know of the others."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.plan.binding import Item
from assent_orchestrator.plan.state import UNSUCCESSFUL_STEPS
from assent_orchestrator.store.tables import elements, steps
from assent_sidecar.catalogue.process import Step


async def read_item(tx: AsyncConnection, run_id: str, item_id: str) -> Item:
    """Return the element that an item is for, as it was when the item was made."""
    query = sa.select(elements.c.element, elements.c.labels)
    found = (await tx.execute(query.where(elements.c.run_id == run_id, elements.c.step_id == item_id))).one()
    return Item({pointer: tuple(names) for pointer, names in found.labels.items()}, True, found.element)


async def is_spoilt(tx: AsyncConnection, run_id: str, step: Step) -> bool:
    """Say whether an item did not succeed and its step does not go on without it."""
    if step.on_failure == "skip":
        return False
    failed = [str(state) for state in UNSUCCESSFUL_STEPS]
    return bool(
        await tx.scalar(sa.select(sa.exists().where(*items_of_step(run_id, step.id), steps.c.state.in_(failed))))
    )


def items_of_step(run_id: str, step_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Return what is true of the rows of a step's items."""
    return (steps.c.run_id == run_id, steps.c.origin == step_id, steps.c.item.is_not(None), sa.not_(steps.c.undo))
