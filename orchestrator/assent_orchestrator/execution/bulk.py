"""What is large is looked at in a thread, so that meanwhile everybody else is served."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import ParamSpec, TypeVar

from assent_orchestrator.plan.model import Plan
from assent_sidecar.model import Json

FEW_STEPS = 50
"""Up to so many steps, a plan is looked through in less time than it takes to hand it to a thread and back."""

P = ParamSpec("P")
T = TypeVar("T")

MANY_VALUES = 1000
"""What more values than these is worth a thread of its own."""


def is_large(*values: Json) -> bool:
    """Say whether there are more than ``MANY_VALUES`` in all; it takes no longer however many there are."""
    left: list[Iterator[Json]] = [iter(values)]
    found = 0
    while left:
        for value in left[-1]:
            found += 1
            if found > MANY_VALUES:
                return True
            if isinstance(value, dict):
                left.append(iter(value.values()))
                break
            if isinstance(value, list):
                left.append(iter(value))
                break
        else:
            left.pop()
    return False


async def aside(work: Callable[P, T], values: Iterable[Json], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do work on ``values``: in a thread if they are large."""
    if is_large(*values):
        return await asyncio.to_thread(work, *args, **kwargs)
    return work(*args, **kwargs)


async def of_plan(plan: Plan, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do work that grows with a plan, all of whose steps are written out: in a thread unless the plan is small."""
    if len(plan.steps) > FEW_STEPS or is_large(plan.inputs, *(step.args for step in plan.steps)):
        return await asyncio.to_thread(work, *args, **kwargs)
    return work(*args, **kwargs)
