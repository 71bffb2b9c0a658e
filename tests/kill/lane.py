"""One renewal as its callers see it: submitted, watched, approved, over; whatever is killed meanwhile."""

import uuid
from dataclasses import dataclass

import grpc
from grpc import aio

from assent.v1 import runs_pb2
from assent.v1.plans_pb2 import Plan
from assent_orchestrator.cli.run_card import ENDED
from assent_orchestrator.cli.stage.desk import Desk
from tests.kill.place import DIRECTOR, RUNTIME
from tests.kill.server import Server

_ANSWERED_ALREADY = (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ABORTED)


@dataclass(frozen=True, slots=True)
class Lane:
    """A tenant with a number."""

    number: int
    tenant: str


async def renew(server: Server, lane: Lane, account: str) -> runs_pb2.Run:
    """Renew the contract of an account; return the run when it is over."""
    plan = Plan(process="contract_renewal", request_id=str(uuid.uuid4()))
    plan.inputs.update({"account": account})
    run = await server.insist(lane.tenant, RUNTIME, lambda desk: desk.submit(plan))
    seq = 0
    while seq := await server.insist(lane.tenant, RUNTIME, lambda desk, after=seq: _asked(desk, run.name, after)):  # type: ignore[misc] # mypy cannot infer the type of a bound default
        await server.insist(lane.tenant, DIRECTOR, lambda desk: _approve(desk, run.name))
    return await server.insist(lane.tenant, RUNTIME, lambda desk: desk.run(run.name))


async def _asked(desk: Desk, run: str, after: int) -> int:
    """Watch until a person is asked; return the number of the record that says so, 0 when the run is over."""
    async for event in desk.watch(run, after):
        if event.step_to == runs_pb2.STEP_STATE_AWAITING_APPROVAL:
            return event.seq
    # A stream also ends with its server, in an orderly way.
    if (await desk.run(run)).state not in ENDED:
        return await _asked(desk, run, after)
    return 0


async def _approve(desk: Desk, run: str) -> None:
    for found in await desk.pending(run):
        try:
            await desk.approve(await desk.approval(found.name), "worth keeping")
        except aio.AioRpcError as error:
            if error.code() not in _ANSWERED_ALREADY:
                raise
