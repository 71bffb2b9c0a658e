"""What people said to a run, and the time that it has, hold over a kill, on another server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf import json_format, struct_pb2

from assent.tool.v1 import tools_pb2, tools_pb2_grpc
from assent.v1 import control_pb2, runs_pb2
from tests.e2e.deployment import OPERATOR, RUNTIME, SECONDS, Deployment, state, states
from tests.e2e.servers import servers
from tests.e2e.test_crashes import effects
from tests.e2e.test_defer import LATER
from tests.kill.books import message_id

TIME = 15.0
"""Seconds that a hurried renewal has."""


class Secretive(tools_pb2_grpc.ToolServiceServicer):
    """Does what the company does, hangs up on the first letter that it sent, hangs after the next; has no Lookup."""

    def __init__(self, company: "tools_pb2_grpc.ToolServiceAsyncStub", hanging: asyncio.Event) -> None:
        self._company = company
        self._hung_up = False
        self._hanging = hanging

    async def Describe(  # noqa: N802 - the protocol's name
        self, request: tools_pb2.DescribeRequest, context: Any
    ) -> tools_pb2.DescribeResponse:
        return await self._company.Describe(request, timeout=context.time_remaining())

    async def Lookup(  # noqa: N802 - as above
        self, request: tools_pb2.LookupRequest, context: Any
    ) -> tools_pb2.LookupResponse:
        del request
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "there is no Lookup here")
        raise AssertionError  # abort raises

    async def Invoke(  # noqa: N802 - as above
        self, request: tools_pb2.InvokeRequest, context: Any
    ) -> tools_pb2.InvokeResponse:
        answer = await self._company.Invoke(request, timeout=context.time_remaining())
        if request.system == "email" and self._hung_up:
            self._hanging.set()
            await asyncio.Event().wait()
        if request.system == "email":
            self._hung_up = True
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the connection broke")
        return answer


@contextlib.asynccontextmanager
async def secretive(hanging: asyncio.Event, company: str) -> AsyncIterator[str]:
    """Stand before the company; ``hanging`` is set when it hangs."""
    async with grpc.aio.insecure_channel(company) as channel:
        server = grpc.aio.server()
        servicer = Secretive(tools_pb2_grpc.ToolServiceStub(channel), hanging)
        tools_pb2_grpc.add_ToolServiceServicer_to_server(servicer, server)
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        await server.start()
        try:
            yield address
        finally:
            await server.stop(0)


def hurried(workspace: Path) -> None:
    """Give renewals little time, have them undone when it is up, and letters put off for longer than that."""
    path = workspace / "processes" / "contract_renewal.yaml"
    line = "on_no_decision: wait\n"
    text = path.read_text(encoding="utf-8")
    assert text.count(line) == 1
    path.write_text(text.replace(line, f"{line}deadline: {TIME:.0f}s\non_deadline: compensate\n"), encoding="utf-8")
    later = LATER.replace("15000000000", "3600000000000")
    assert later != LATER
    (workspace / "policies/org/later.rego").write_text(later, encoding="utf-8")


async def undone(deployed: Deployment, run: str) -> list[str]:
    return [one["step"] for one in await deployed.trail(run) if one["event"] == "step.compensated"]


async def settle(server: Deployment, run: str) -> None:
    """Say of the letter of a run that it was sent, as the mailbox has it."""
    waits = await server.get(run)
    email = next(step for step in waits.steps if step.id == "email")
    assert (state(waits), states(waits)["email"], email.reason) == ("waiting", "unknown", "NO_LOOKUP")
    [intended] = [
        one for one in await server.trail(run) if (one["event"], one.get("step")) == ("action.intended", "email")
    ]
    result = {"message_id": message_id(intended["effect"]["idempotency_key"]), "accepted": True}
    request = control_pb2.ReconcileStepRequest(
        name=run,
        step="email",
        settlement=control_pb2.SETTLEMENT_DONE,
        rationale="it is in the mailbox",
        etag=waits.etag,
        result=json_format.ParseDict(result, struct_pb2.Value()),
    )
    await server.runs.ReconcileStep(request, metadata=server.metadata(OPERATOR))


@pytest.mark.timeout(300)
@pytest.mark.requirement(
    "orchestrator.controls-combine",
    "orchestrator.pause-and-resume",
    "orchestrator.people-settle-the-unknown",
    "orchestrator.controls-survive",
)
async def test_what_people_say_holds_over_a_kill_on_another_server(tmp_path: Path) -> None:
    hanging = asyncio.Event()
    async with servers(tmp_path, 2, before=partial(secretive, hanging)) as (first, second):
        unknown = (await first.submit("ACC-1001")).name
        await second.until(unknown, "run.waiting")
        paused = (await first.submit("ACC-1001")).name
        await asyncio.wait_for(hanging.wait(), SECONDS)
        who = first.metadata()
        await first.runs.PauseRun(control_pb2.PauseRunRequest(name=paused, reason="why"), metadata=who)
        await first.kill()
        await second.says("is gone; runs taken over")
        await settle(second, unknown)
        ended = await second.end_of(unknown)
        assert state(ended) == "succeeded", states(ended)
        # Nobody can look up the letter that was under way either; nothing else of the run is begun.
        await second.until(paused, "run.waiting")
        held = await second.get(paused)
        assert (held.pauser, states(held)["notify"]) == (RUNTIME, "pending")
        await second.runs.CancelRun(runs_pb2.CancelRunRequest(name=paused, compensate=True), metadata=who)
        ended = await second.end_of(paused)
        assert (state(ended), list(ended.not_undone)) == ("cancelled", ["email"]), states(ended)
        assert await undone(second, paused) == ["crm", "offer_upsell"]
        assert (len(second.mails()), effects(tmp_path)["notification"]) == (2, 1)
        assert await second.intact()


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.deadline-of-a-run", "orchestrator.controls-survive")
async def test_the_time_of_a_run_is_up_on_another_server_and_what_was_done_is_undone(tmp_path: Path) -> None:
    async with servers(tmp_path, 2, prepare=hurried) as (first, second):
        run = await first.submit("ACC-1001")
        await second.until(run.name, "decision.made", "email")
        await first.kill()
        ended = await second.end_of(run.name)
        assert (state(ended), ended.reason) == ("compensated", "DEADLINE_EXCEEDED"), states(ended)
        lasted = ended.end_time.ToDatetime() - ended.create_time.ToDatetime()
        assert lasted.total_seconds() >= TIME
        assert await undone(second, run.name) == ["crm", "offer_upsell"]
        assert (states(ended)["email"], list(ended.not_undone)) == ("cancelled", [])
        assert (second.mails(), effects(tmp_path)["notification"]) == ([], 0)
        assert await second.intact()
