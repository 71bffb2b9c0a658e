"""A service that acts as an agent: real processes of Assent, of the service and of the archive that it uses."""

import asyncio
import contextlib
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from assent.tool.v1 import tools_pb2, tools_pb2_grpc
from assent.v1 import permits_pb2, permits_pb2_grpc, plans_pb2, runs_pb2
from assent_orchestrator.server.tokens import new_entry, write_tokens
from tests.e2e.deployment import AUDITOR, OPERATOR, RUNTIME, SECONDS, TENANT, Deployment, state
from tests.examples.programs import EXAMPLES, Program, program

CLERK, INTAKE = "clerk-service", "intake-bot"


def letters(*titles: str) -> list[dict[str, str]]:
    return [{"folder": "2026", "title": title, "text": "Dear all"} for title in titles]


THREE = ("One", "Two", "Three")


@dataclass
class Office:
    """The deployment, its clerk and its archive. What is started here again finds its place and its data again."""

    deployed: Deployment
    ports: dict[str, int]
    stack: contextlib.AsyncExitStack
    running: dict[str, Program] = field(default_factory=dict)

    async def start(self, what: str, *faults: str) -> None:
        folder = self.deployed.folder
        given = [part for fault in faults for part in ("--fault", fault)]
        arguments = ["--folder", str(folder / what), "--port", str(self.ports[what]), *given]
        arguments += ["--permit-key", str(folder / "data" / "permit-key.json")]
        if what == "clerk":
            arguments += ["--assent", self.deployed.address, "--archive", f"127.0.0.1:{self.ports['archive']}"]
        self.running[what] = await self.stack.enter_async_context(program("clerk.server", what, *arguments))

    def send(self, what: str, number: signal.Signals) -> None:
        self.running[what].process.send_signal(number)

    async def kill(self, what: str) -> None:
        self.send(what, signal.SIGKILL)
        await self.running[what].ended()

    async def submit(self, *titles: str, labels: Sequence[str] = ()) -> str:
        told: dict[str, Any] = {"process": "filing", "inputs": {"letters": letters(*titles)}}
        if labels:
            told["labels"] = {"/letters": {"labels": list(labels)}}
        plan = json_format.ParseDict(told, plans_pb2.Plan())
        request = runs_pb2.SubmitPlanRequest(parent=TENANT, plan=plan)
        return (await self.deployed.runs.SubmitPlan(request, metadata=self.deployed.metadata(), timeout=SECONDS)).name

    async def begun(self, run: str, further: int) -> None:
        """Wait, bounded, until the clerk has leave for so many letters."""
        seen = -1  # the first intent is that of the step itself
        async with contextlib.aclosing(self.deployed.events(run)) as events:
            async for event in events:
                seen += event.event == "action.intended"
                if seen == further:
                    return
        raise AssertionError("the run ended before that")

    async def ask(self, who: str, token: str, agent: str = "clerk", action: str = "archive.put") -> str:
        """Ask as whoever has the token of ``who``; return ``allow``, or the code of why not."""
        request = permits_pb2.DecideRequest(parent=TENANT)
        request.action.id, request.action.agent, request.action.action = "x", agent, action
        request.action.args.update(letters("X")[0])
        request.terms.under_permit = token
        async with grpc.aio.insecure_channel(self.deployed.address) as channel:
            stub: Any = permits_pb2_grpc.DecisionServiceStub(channel)
            try:
                answer = await stub.Decide(request, metadata=self.deployed.metadata(who), timeout=SECONDS)
            except grpc.aio.AioRpcError as error:
                return _reason(error)
        return "allow" if answer.HasField("permit") else str(answer.decision.reasons[0].code)

    async def permits(self, run: str) -> list[permits_pb2.Permit]:
        request = permits_pb2.ListPermitsRequest(parent=TENANT, filter=f"run={run.rpartition('/')[2]}")
        async with grpc.aio.insecure_channel(self.deployed.address) as channel:
            stub: Any = permits_pb2_grpc.DecisionServiceStub(channel)
            return list((await stub.ListPermits(request, metadata=self.deployed.metadata(AUDITOR))).permits)

    async def show(self, run: str) -> str:
        """Return what the command line shows of a run to who submitted it."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "assent_orchestrator", "runs", "show", run, "--server", self.deployed.address),
            env={**os.environ, "ASSENT_TOKEN": self.deployed.tokens.token_of(RUNTIME) or "", "COLUMNS": "200"},
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await asyncio.wait_for(process.communicate(), SECONDS)
        assert process.returncode == 0
        return out.decode()

    def archived(self) -> list[str]:
        file = self.deployed.folder / "archive" / "archive.sqlite3"
        with contextlib.closing(sqlite3.connect(file)) as tx:
            return [title for (title,) in tx.execute("SELECT title FROM letter ORDER BY title")]


def _reason(error: grpc.aio.AioRpcError) -> str:
    info = error_details_pb2.ErrorInfo()
    status = rpc_status.from_call(error)
    assert status is not None
    assert any(detail.Unpack(info) for detail in status.details)
    return str(info.reason)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.asynccontextmanager
async def office(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """Start Assent with the workspace of the mail room; who does the work is started by the test."""
    folder.mkdir(exist_ok=True)  # noqa: ASYNC240 - a moment, and nobody waits
    ports = {name: free_port() for name in ("assent", "clerk", "archive")}
    entries = [new_entry(CLERK, ()), new_entry(INTAKE, ("submitter",))]
    entries = [one.model_copy(update={"agent": one.id.partition("-")[0]}) for one in entries]
    entries += [
        new_entry(RUNTIME, ("submitter",)),
        new_entry(AUDITOR, ("auditor",)),
        new_entry(OPERATOR, ("operator",)),
    ]
    tokens = write_tokens(folder / "tokens.json", tuple(entries))
    monkeypatch.setenv("CLERK_TOKEN", tokens.token_of(CLERK) or "")
    arguments = ["--listen", f"127.0.0.1:{ports['assent']}"]
    for name in ("clerk", "archive"):
        arguments += ["--tool-server", f"{name}=127.0.0.1:{ports[name]}"]
    deployed = Deployment(folder, "127.0.0.1:1", EXAMPLES / "filing", tokens, arguments=tuple(arguments))
    await deployed.start()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(deployed.stop)
        yield Office(deployed, ports, stack)


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.services-ask", "orchestrator.services-limits", "orchestrator.services-labels")
async def test_a_service_acts_as_its_agent_and_each_of_its_actions_is_decided_and_on_record(tmp_path, monkeypatch):
    async with office(tmp_path / "office", monkeypatch) as one:
        await one.start("archive")
        await one.start("clerk")
        titles = ("One", "SEALED: for Ada", "Two", "Three", "Four", "Five", "Six")
        run = await one.submit(*titles, labels=["confidential"])
        ended = await one.deployed.end_of(run)
        assert state(ended) == "succeeded"
        assert one.archived() == ["Five", "Four", "One", "Three", "Two"]
        records = await one.deployed.trail(run)
        [handed] = [record for record in records if record["event"] == "handoff.decided"]
        carried = ["confidential", "untrusted"]
        passing = {name: handed["detail"][name] for name in ("from", "to", "reason", "labels")}
        assert passing == {"from": "intake", "to": "clerk", "reason": "call", "labels": carried}
        assert handed["decision"]["codes"] == ["HANDED_TO_THE_CLERK"]
        further = [record for record in records if "under" in record.get("detail", {})]
        said = {record["detail"]["item"]: record for record in further if record["event"] == "decision.made"}
        assert said["letter-1"]["decision"]["codes"][0] == "SEALED"
        assert said["letter-6"]["detail"]["refused"] == "TOO_WIDE"
        assert {tuple(record["detail"]["labels"]) for record in said.values()} == {tuple(carried)}
        done = [record for record in further if record["event"] == "action.succeeded"]
        assert len(done) == 5
        assert {(record["step"], record["actor"]["kind"], record["actor"]["id"]) for record in done} == {
            ("file", "agent", "clerk")
        }
        [step] = [record for record in records if record["event"] == "action.intended" and record not in further]
        assert {record["detail"]["under"] for record in further} == {step["effect"]["permit"]}
        assert {permits_pb2.PermitState.Name(permit.state) for permit in await one.permits(run)} == {
            "PERMIT_STATE_SUCCEEDED"
        }
        assert await one.deployed.intact()
        events = [event async for event in one.deployed.events(run)]
        asked = [event.further for event in events if event.HasField("further")]
        assert {(what.under, what.agent, what.action) for what in asked} == {
            (step["effect"]["permit"], "clerk", "archive.put")
        }
        assert {what.item for what in asked} == {f"letter-{number}" for number in range(7)}
        shown = await one.show(run)
        asked_further = shown.partition("asked further:")[2].splitlines()[2:]
        assert [line.split()[:5] for line in asked_further if "succeeded" in line] == [
            ["file", f"letter-{number}", "clerk", "archive.put", "succeeded"] for number in (0, 2, 3, 4, 5)
        ]
        [sealed] = [line for line in asked_further if " letter-1 " in line]
        assert "deny" in sealed
        assert "SEALED" in sealed
        [wide] = [line for line in asked_further if " letter-6 " in line]
        assert "allow, then refused" in wide
        assert "TOO_WIDE" in wide


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.services-replay")
@pytest.mark.parametrize("killed", ["assent", "clerk"])
async def test_whoever_is_killed_in_the_middle_each_letter_is_put_away_once(tmp_path, monkeypatch, killed):
    async with office(tmp_path / "office", monkeypatch) as one:
        await one.start("archive", "archive.put=slow:1")
        await one.start("clerk")
        run = await one.submit(*THREE)
        await one.begun(run, 2)
        if killed == "assent":
            await one.deployed.kill()
            await one.deployed.start()
        else:
            await one.kill("clerk")
            await one.start("clerk")
        assert state(await one.deployed.end_of(run)) == "succeeded"
        assert one.archived() == sorted(THREE)
        keys = {permit.action_digest for permit in await one.permits(run)}
        assert len(keys) == 3
        assert await one.deployed.intact()


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.services-stopped")
async def test_the_agent_is_stopped_alone_while_its_service_works(tmp_path, monkeypatch):
    async with office(tmp_path / "office", monkeypatch) as one:
        await one.start("archive", "archive.put=slow:1")
        await one.start("clerk")
        run = await one.submit(*THREE)
        await one.begun(run, 1)
        one.send("archive", signal.SIGSTOP)  # however long it takes to say stop, there is no second letter meanwhile
        stop = await one.deployed.stop_all_of("agent", "clerk")
        one.send("archive", signal.SIGCONT)
        assert state(await one.deployed.end_of(run)) == "succeeded"
        assert one.archived() == ["One"]
        codes = [record["decision"]["codes"] for record in await one.deployed.trail(run) if "decision" in record]
        assert codes[-2:] == [["STOPPED"], ["STOPPED"]]
        await one.deployed.lift(stop)
        assert state(await one.deployed.end_of(await one.submit("Four"))) == "succeeded"
        assert one.archived() == ["Four", "One"]


class Taciturn(tools_pb2_grpc.ToolServiceServicer):
    """In the place of the clerk: takes the call, and answers when it is told to."""

    def __init__(self) -> None:
        self.permits: asyncio.Queue[str] = asyncio.Queue()
        self.enough = asyncio.Event()

    async def Invoke(self, request: tools_pb2.InvokeRequest, context: Any) -> tools_pb2.InvokeResponse:  # noqa: N802 - the protocol's name
        del context
        self.permits.put_nowait(request.permit)
        await self.enough.wait()
        response = tools_pb2.InvokeResponse()
        response.result.struct_value.update({"filed": [], "refused": []})
        return response

    async def Describe(self, request: tools_pb2.DescribeRequest, context: Any) -> tools_pb2.DescribeResponse:  # noqa: N802 - as above
        del request, context
        return tools_pb2.DescribeResponse(name="taciturn")

    async def Lookup(self, request: tools_pb2.LookupRequest, context: Any) -> tools_pb2.LookupResponse:  # noqa: N802 - as above
        del request, context
        return tools_pb2.LookupResponse(state=tools_pb2.LOOKUP_STATE_UNKNOWN)


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.services-lies", "orchestrator.agents-as-themselves")
async def test_nobody_gets_by_a_permit_what_is_not_theirs(tmp_path, monkeypatch):
    async with office(tmp_path / "office", monkeypatch) as one:
        clerk, server = Taciturn(), grpc.aio.server()
        tools_pb2_grpc.add_ToolServiceServicer_to_server(clerk, server)
        server.add_insecure_port(f"127.0.0.1:{one.ports['clerk']}")
        await server.start()
        try:
            run = await one.submit("One")
            async with asyncio.timeout(SECONDS):
                token = await clerk.permits.get()
            assert await one.ask(CLERK, "") == "UNDER_PERMIT_NEEDED"
            assert await one.ask(INTAKE, token) == "NOT_THIS_AGENT"
            assert await one.ask(INTAKE, token, agent="intake") == "NOT_THIS_AGENT"
            assert await one.ask(RUNTIME, token) == "NOT_THIS_AGENT"
            assert await one.ask(CLERK, token, agent="intake", action="clerk.file") == "NOT_THIS_AGENT"
            assert await one.ask(CLERK, token[:-8] + "AAAAAAAA") == "UNDER_PERMIT_INVALID"
            assert await one.ask(CLERK, token) == "allow"
            clerk.enough.set()
            assert state(await one.deployed.end_of(run)) == "succeeded"
            assert await one.ask(CLERK, token) == "UNDER_PERMIT_OVER"
            assert [permit.under != "" for permit in await one.permits(run)] == [True]
        finally:
            await server.stop(None)
