"""What one governed action costs.

In one process: question, decision, permit and two committed audit records, beside a raw call of the same engine with
the same question. Over gRPC: a run of one step, from SubmitPlan to the end of WatchRun, beside a bare grpc.aio echo.
"""

import asyncio
import dataclasses
import json
import os
import sys
import uuid

import aiohttp
import grpc.aio

from assent.v1 import plans_pb2, runs_pb2, runs_pb2_grpc
from assent_orchestrator.app.assembly import App
from assent_orchestrator.app.served import server_parts
from assent_orchestrator.execution.arguments import bound_action
from assent_orchestrator.execution.attempt import Attempts
from assent_orchestrator.execution.journal import RunRow, insert_run
from assent_orchestrator.execution.outcome import Outcomes
from assent_orchestrator.execution.sequel import Sequels
from assent_orchestrator.execution.situation import appoint, read_situation
from assent_orchestrator.governance.enquiry import action_question
from assent_orchestrator.plan.expand import expand
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.state import RunState
from assent_orchestrator.server.listen import ListenSettings, listening
from assent_orchestrator.server.tokens import TokenDirectory, TokenFile, new_entry
from bench.echo import echo_server, say
from bench.measure import interleaved, table
from bench.parts import engine_socket
from bench.stage import CALLER, Instant, stage


async def _running(app: App) -> str:
    """Store a run of one step that is running, without starting it."""
    process = app.sidecar.bundle.catalogue.processes["steps-1"]
    plan = expand(Plan(process="steps-1"), process)
    now = app.submissions.parts.clock()
    run = RunRow(
        tenant=CALLER.tenant,
        id=uuid.uuid4().hex,
        request_id=None,
        request_digest="",
        process="steps-1",
        process_version="1",
        revision=app.sidecar.bundle.revision,
        plan=plan,
        plan_digest=plan.digest(),
        principal=CALLER.principal(""),
        submitter=CALLER.id,
        state=RunState.RUNNING,
        reason=None,
        cancel_requested=None,
        traceparent=None,
        created_at=now,
        updated_at=now,
        finished_at=None,
    )
    async with app.database.engine.begin() as tx:
        await insert_run(tx, run)
    return run.id


async def in_process(app: App, count: int) -> None:
    """Measure without a server."""
    parts = dataclasses.replace(app.submissions.parts, tools=Instant())
    attempts = Attempts(parts, Outcomes(parts), Sequels(parts.clock, parts.plans))
    warm_up = count // 10
    runs = iter([await _running(app) for _ in range(count + warm_up)])
    async with app.database.engine.connect() as tx:
        situation = await read_situation(tx, await _running(app), "s0", parts.plans, unretained=parts.unretained)
    catalogue = app.sidecar.bundle.catalogue
    question = action_question(
        situation.matter(catalogue.processes["steps-1"]),
        parts.clock(),
        step=situation.facts(),
        agent=catalogue.agents["bot"],
        action=bound_action(situation, appoint(catalogue, situation)),
    )
    body = json.dumps({"input": question.to_json()}).encode()
    socket = engine_socket(app.sidecar)
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(socket)) as session:

        async def raw() -> None:
            async with session.post("http://opa/v1/data/assent/decision", data=body) as response:
                assert (await response.json())["result"]["verdict"] == "allow"

        async def decided() -> None:
            answer = await app.sidecar.evaluator.decide(question, budget=2)
            assert answer.verdict == "allow"

        async def governed() -> None:
            await attempts.attempt(next(runs), "s0", 1)

        series = await interleaved(
            count, warm_up, raw_OPA_call=raw, decision_by_the_evaluator=decided, governed_action_two_commits=governed
        )
    print(f"one governed action, {count} times each\n{table(series)}\n")


async def over_grpc(app: App, count: int) -> None:
    """Measure through a server."""
    entry = new_entry("bench", ("submitter",))
    directory = TokenDirectory(TokenFile(callers=(entry,)))
    async with (
        echo_server() as address,
        listening(server_parts(app, directory), ListenSettings(address="127.0.0.1:0")) as server,
        grpc.aio.insecure_channel(address) as bare,
        grpc.aio.insecure_channel(str(server.address)) as channel,
    ):
        call = say(bare)
        stub = runs_pb2_grpc.RunServiceStub(channel)
        metadata = (("authorization", f"Bearer {entry.token}"),)
        request = runs_pb2.SubmitPlanRequest(parent="tenants/local", plan=plans_pb2.Plan(process="steps-1"))

        async def echoed() -> None:
            await call(b"x" * 200)

        async def governed() -> None:
            run = await stub.SubmitPlan(request, metadata=metadata)
            async for _ in stub.WatchRun(runs_pb2.WatchRunRequest(name=run.name), metadata=metadata):
                pass

        series = await interleaved(
            count, count // 10, bare_grpc_aio_echo=echoed, run_of_one_step_submit_to_end=governed
        )
    print(f"a run of one governed action over gRPC, {count} times each\n{table(series)}\n")


async def main() -> None:
    """Measure both."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    async with stage(1) as app:
        await in_process(app, count)
        await over_grpc(app, max(count // 3, 10))


if __name__ == "__main__":
    os.environ.setdefault("OTEL_SDK_DISABLED", "true")
    asyncio.run(main())
