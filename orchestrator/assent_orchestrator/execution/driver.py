"""Who drives a run: the server whose leg began last.

The durable engine fences a server that was frozen and replaced, but only where it writes a checkpoint, and a leg has
one at its end. So every transaction of a leg that locks its run makes sure first that the run is still ours.
"""

import uuid

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.execution.driven import FencedError
from assent_orchestrator.execution.journal import RunRow, StepRow, lock_step, read_run
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.plans import Plans
from assent_orchestrator.store.tables import runs


def new_driver(executor: str) -> str:
    """Return the name that one life of a server drives runs under: no other has it, nor the same one started again."""
    return f"{executor}/{uuid.uuid4().hex[:12]}"


async def take(tx: AsyncConnection, run_id: str, driver: str) -> None:
    """Begin to drive a run; whoever drove it is fenced from here on."""
    # Not ``updated_at``: that a run was taken up does not mean that it got anywhere.
    others = sa.and_(runs.c.id == run_id, runs.c.driver.is_distinct_from(driver))
    await tx.execute(sa.update(runs).where(others).values(driver=driver))


def drives(run: RunRow, driver: str | None) -> bool:
    """Say whether a run is this driver's; one that was begun by an earlier version is anybody's."""
    return run.driver is None or run.driver == driver


def fence(run: RunRow, driver: str | None) -> RunRow:
    """Return the run if it is this driver's.

    Raises:
        FencedError: somebody else drives it.
    """
    if not drives(run, driver):
        raise FencedError
    return run


async def hold(tx: AsyncConnection, run_id: str, parts: Parts) -> RunRow:
    """Lock a run that we drive, and return it.

    Raises:
        FencedError: somebody else drives it.
        NotFoundError: there is none.
    """
    return fence(await read_run(tx, run_id, parts.plans, lock=True), parts.driver)


async def hold_step(tx: AsyncConnection, run: RunRow, step_id: str, plans: Plans) -> tuple[RunRow, StepRow]:
    """Lock a run that is still driven as it was when it was read, and return it with one of its steps.

    Raises:
        FencedError: somebody else drives it.
        NotFoundError: there is none.
    """
    locked, step = await lock_step(tx, run.id, step_id, plans)
    return fence(locked, run.driver), step
