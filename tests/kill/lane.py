"""One renewal as its callers see it: submitted, watched, approved, over; whatever is killed meanwhile."""

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import json_format
from grpc import aio

from assent.v1 import approvals_pb2, runs_pb2
from assent.v1.control_pb2 import SETTLEMENT_DONE, SETTLEMENT_NOT_DONE, ReconcileStepRequest
from assent.v1.plans_pb2 import Plan
from assent_orchestrator.cli.run_card import ENDED
from assent_orchestrator.cli.stage.desk import Desk
from tests.kill.books import message_id, read_books
from tests.kill.place import DIRECTOR, OPERATOR, RUNTIME, Place
from tests.kill.scenario import Scenario

_WAITS_FOR_PEOPLE = (
    runs_pb2.STEP_STATE_AWAITING_APPROVAL,
    runs_pb2.STEP_STATE_AWAITING_CHOICE,
    runs_pb2.STEP_STATE_UNKNOWN,
)
_ANSWERED_ALREADY = (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ABORTED)


@dataclass(frozen=True, slots=True)
class Lane:
    """A tenant with a number, and about whom or what its next run remembers something."""

    number: int
    tenant: str
    subject: str = field(default_factory=lambda: str(uuid.uuid4()))


async def renew(place: Place, lane: Lane, scenario: Scenario) -> runs_pb2.Run:
    """Renew the contract of an account; return the run when it is over."""
    server = place.server
    plan = Plan(process=scenario.process, request_id=str(uuid.uuid4()))
    more: dict[str, Any] = {"people": list(scenario.people)} if scenario.people else {}
    more |= {"subject": lane.subject} if scenario.keeps else {}
    plan.inputs.update({"account": scenario.account, **more})
    run = await server.insist(lane.tenant, RUNTIME, lambda desk: desk.submit(plan))
    seq = 0
    while seq := await server.insist(lane.tenant, RUNTIME, lambda desk, after=seq: _asked(desk, run.name, after)):  # type: ignore[misc] # mypy cannot infer the type of a bound default
        await server.insist(lane.tenant, DIRECTOR, lambda desk: _answer(desk, run.name, place, lane))
        await server.insist(lane.tenant, OPERATOR, lambda desk: _settle(desk, run.name, place))
    over = await server.insist(lane.tenant, RUNTIME, lambda desk: desk.run(run.name))
    if scenario.keeps:
        await place.gone(_jotted(over))
    return over


def _jotted(run: runs_pb2.Run) -> str:
    [step] = [step for step in run.steps if step.id == "jot"]
    return step.output.struct_value.fields["id"].string_value


async def recalled(place: Place, lane: Lane) -> frozenset[str]:
    """Return the ids of all that a caller recalls of what the lane's run remembered."""
    found: set[str] = set()
    for name, purpose, subject in (
        ("renewal_outcome", "How a renewal ended, for the next one", lane.subject),
        ("jotting", "What is good for a moment", f"{lane.subject}/jotted"),
    ):
        answer = await place.server.insist(
            lane.tenant,
            RUNTIME,
            lambda desk, name=name, purpose=purpose, subject=subject: desk.recall(name, purpose, subject, "keeping"),  # type: ignore[misc] # as above
        )
        assert not answer.refusal, answer
        found |= {one.memory.name.rpartition("/")[2] for one in answer.memories}
    return frozenset(found)


async def _asked(desk: Desk, run: str, after: int) -> int:
    """Watch until a person is asked; return the number of the record that says so, 0 when the run is over."""
    async for event in desk.watch(run, after):
        if event.step_to in _WAITS_FOR_PEOPLE:
            return event.seq
    # A stream also ends with its server, in an orderly way.
    if (await desk.run(run)).state not in ENDED:
        return await _asked(desk, run, after)
    return 0


async def _settle(desk: Desk, name: str, place: Place) -> None:
    """Say of what nobody else can tell what the company's own books say, read this very moment."""
    run = await desk.run(name)
    for step in run.steps:
        if step.state != runs_pb2.STEP_STATE_UNKNOWN or step.reason != "NO_LOOKUP":
            continue
        key = await place.key_of(run.name.rpartition("/")[2], step.id)
        books = await asyncio.to_thread(read_books, place.books, place.mailbox)
        request = ReconcileStepRequest(name=name, step=step.id, rationale="looked into the mailbox", etag=run.etag)
        if books.letters_of([key]):
            request.settlement = SETTLEMENT_DONE
            json_format.ParseDict({"message_id": message_id(key), "accepted": True}, request.result)
        else:
            request.settlement = SETTLEMENT_NOT_DONE
        try:
            await desk.reconcile(request)
        except aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
                raise


async def _answer(desk: Desk, run: str, place: Place, lane: Lane) -> None:
    """Say yes to what waits, and have tried again what failed: the tool server does it from now on."""
    for found in await desk.pending(run):
        shown = await desk.approval(found.name)
        try:
            if shown.kind == approvals_pb2.APPROVAL_KIND_WORK_ITEM:
                place.toll.fails.pop(lane.tenant, None)
                await desk.choose(shown, approvals_pb2.WorkItem.CHOICE_RETRY, "it works again")
            else:
                await desk.approve(shown, "worth keeping")
        except aio.AioRpcError as error:
            if error.code() not in _ANSWERED_ALREADY:
                raise
