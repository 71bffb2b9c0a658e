"""The runs of a demo as they go on: submitted, watched, answered by a person, read back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

from assent.v1 import approvals_pb2, audit_pb2, runs_pb2
from assent_orchestrator.cli.demo.story import Customer
from assent_orchestrator.cli.stage.desk import Desk
from assent_sidecar.model import Json

_SECONDS = 90.0
"""How long all of it together may take."""

Hear = Callable[[Customer, runs_pb2.RunEvent], None]
"""Is told each thing that happens."""


@dataclass(slots=True)
class Act:
    """The run for one customer. ``asked`` holds what a person was shown, ``answered`` what became of it."""

    customer: Customer
    run: runs_pb2.Run
    asked: list[approvals_pb2.Approval] = field(default_factory=list)
    answered: list[approvals_pb2.Approval] = field(default_factory=list)
    records: list[audit_pb2.AuditRecord] = field(default_factory=list)
    resting: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the run is over or waits for a person."""

    def step(self, step_id: str) -> runs_pb2.Step:
        """Return a step; an empty one when there is none of that name."""
        return next((step for step in self.run.steps if step.id == step_id), runs_pb2.Step())


async def submit(runtime: Desk, customers: tuple[Customer, ...]) -> tuple[Act, ...]:
    """Submit a plan for each customer."""
    runs = await asyncio.gather(*(runtime.submit(customer.plan()) for customer in customers))
    return tuple(Act(customer, run) for customer, run in zip(customers, runs, strict=True))


@contextlib.asynccontextmanager
async def following(runtime: Desk, acts: tuple[Act, ...], hear: Hear) -> AsyncIterator[None]:
    """Follow every run while the block goes on, and behind it until all of them are over.

    Raises:
        TimeoutError, grpc.aio.AioRpcError: it cannot be followed to its end.
    """
    try:
        async with asyncio.timeout(_SECONDS), asyncio.TaskGroup() as group:
            for act in acts:
                group.create_task(_follow(runtime, act, hear), name=f"demo-{act.customer.key}")
            yield
    except BaseExceptionGroup as errors:
        raise _first(errors) from None  # it says what is wrong; the others follow from it


async def _follow(runtime: Desk, act: Act, hear: Hear) -> None:
    async for event in runtime.watch(act.run.name):
        hear(act.customer, event)
        if event.step_to == runs_pb2.STEP_STATE_AWAITING_APPROVAL:
            act.resting.set()
    act.run = await runtime.run(act.run.name)
    act.resting.set()


def _first(errors: BaseException) -> BaseException:
    while isinstance(errors, BaseExceptionGroup):
        errors = errors.exceptions[0]
    return errors


async def answer(
    director: Desk,
    act: Act,
    rationale: str,
    edits: Callable[[approvals_pb2.Approval], Mapping[str, Json]],
    show: Callable[[approvals_pb2.Approval], None],
) -> None:
    """Say yes, as the person who is asked, to what waits in a run, after it was shown; with ``edits``, if any."""
    for found in await director.pending(act.run.name):
        shown = await director.approval(found.name)
        act.asked.append(shown)
        show(shown)
        act.answered.append(await director.approve(shown, rationale, edits(shown)))


async def read_back(auditor: Desk, acts: tuple[Act, ...]) -> audit_pb2.VerifyTrailResponse:
    """Read what the trail and the inbox have on each run, and have the trail proven."""
    for act in acts:
        act.records = await auditor.records(act.run.name)
        act.answered = [await auditor.approval(one.name) for one in act.answered]
    return await auditor.verify()
