"""A deployment as a user has it: ``assent serve``, the company's tool server and its mail server, all processes."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import psutil
from google.protobuf import json_format

from assent.v1 import (
    approvals_pb2,
    approvals_pb2_grpc,
    audit_pb2,
    audit_pb2_grpc,
    health_pb2,
    health_pb2_grpc,
    plans_pb2,
    runs_pb2,
    runs_pb2_grpc,
    stops_pb2,
    stops_pb2_grpc,
)
from assent_orchestrator.server.tokens import TokenFile, new_entry, write_tokens
from tests.examples.programs import EXAMPLES, program

SECONDS = 120.0
TENANT = "tenants/local"
RUNTIME, DIRECTOR, AUDITOR, OPERATOR = "renewals-runtime", "dana.whitfield", "audra.lin", "otto.berg"
PLANNER, OWNER = "renewals-planner", "head-of-renewals"


@dataclass
class Deployment:
    """The folders and processes; the server can be killed and started again on what it left."""

    folder: Path
    company: str
    workspace: Path
    tokens: TokenFile
    environ: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    address: str = ""
    log: list[str] = field(default_factory=list)
    _heard: asyncio.Event = field(default_factory=asyncio.Event)
    _process: asyncio.subprocess.Process | None = None
    _reader: asyncio.Task[None] | None = None
    _channel: grpc.aio.Channel | None = None

    async def start(self) -> None:
        """Start the server and wait until it takes calls."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "assent_orchestrator", "serve"),
            *("--workspace", str(self.workspace), "--data", str(self.folder / "data")),
            *("--listen", "127.0.0.1:0", "--tool-server", f"company={self.company}"),
            *("--token-file", str(self.folder / "tokens.json"), *self.arguments),
            env={**os.environ, **self.environ},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self._reader = asyncio.create_task(self._read())
        assert self._process.stdout is not None
        line = (await asyncio.wait_for(self._process.stdout.readline(), SECONDS)).decode()
        assert line.startswith("serving on "), (line, self.log[-20:])
        self.address = line.split()[-1]
        self._channel = grpc.aio.insecure_channel(self.address)

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.log.append(line.decode().rstrip())
            self._heard.set()

    async def says(self, text: str) -> None:
        """Wait, bounded, until a line of the server's log holds ``text``."""
        async with asyncio.timeout(SECONDS):
            while not any(text in line for line in self.log):
                self._heard.clear()
                await self._heard.wait()

    @property
    def process(self) -> psutil.Process:
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def engine(self) -> psutil.Process:
        """The engine's process."""
        return next(child for child in self.process.children(recursive=True) if Path(child.exe()).name == "opa")

    async def kill(self) -> None:
        """Kill the server with -9: nothing of it runs any more afterwards."""
        assert self._process is not None
        self._process.kill()
        await self._gone()

    async def stop(self) -> int:
        """Ask the server to end; return its exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        return await self._gone()

    async def _gone(self) -> int:
        assert self._process is not None
        code = await asyncio.wait_for(self._process.wait(), SECONDS)
        if self._channel is not None:
            await self._channel.close()
        if self._reader is not None:
            await asyncio.wait_for(self._reader, SECONDS)
        return code

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def metadata(self, who: str = RUNTIME) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.tokens.token_of(who)}"),)

    @property
    def runs(self) -> "runs_pb2_grpc.RunServiceAsyncStub":
        assert self._channel is not None
        return runs_pb2_grpc.RunServiceStub(self._channel)

    @property
    def approvals(self) -> "approvals_pb2_grpc.ApprovalServiceAsyncStub":
        assert self._channel is not None
        return approvals_pb2_grpc.ApprovalServiceStub(self._channel)

    @property
    def audit(self) -> "audit_pb2_grpc.AuditServiceAsyncStub":
        assert self._channel is not None
        return audit_pb2_grpc.AuditServiceStub(self._channel)

    @property
    def stops(self) -> "stops_pb2_grpc.StopServiceAsyncStub":
        assert self._channel is not None
        return stops_pb2_grpc.StopServiceStub(self._channel)

    async def stop_all_of(self, scope: str, value: str = "") -> stops_pb2.Stop:
        """Give an order to stop."""
        stop = stops_pb2.Stop(scope=stops_pb2.StopScope.Value(f"STOP_SCOPE_{scope.upper()}"), value=value, reason="why")
        request = stops_pb2.CreateStopRequest(parent=TENANT, stop=stop)
        async with asyncio.timeout(SECONDS):
            while True:
                try:
                    return await self.stops.CreateStop(request, metadata=self.metadata(OPERATOR), timeout=SECONDS)
                except grpc.aio.AioRpcError as error:
                    # A frozen server may hold the trail for a moment: nothing was done, so the caller asks again.
                    if error.code() is not grpc.StatusCode.UNAVAILABLE:
                        raise

    async def lift(self, stop: stops_pb2.Stop) -> stops_pb2.Stop:
        """Lift a stop."""
        request = stops_pb2.LiftStopRequest(name=stop.name, reason="looked into")
        return await self.stops.LiftStop(request, metadata=self.metadata(OPERATOR), timeout=SECONDS)

    async def health(self) -> health_pb2.Health:
        assert self._channel is not None
        stub: health_pb2_grpc.HealthServiceAsyncStub = health_pb2_grpc.HealthServiceStub(self._channel)
        return await stub.GetHealth(health_pb2.GetHealthRequest(), metadata=self.metadata(), timeout=SECONDS)

    async def submit(self, account: str, **plan: Any) -> runs_pb2.Run:
        """Submit a renewal."""
        wanted = json_format.ParseDict(
            {"process": "contract_renewal", "inputs": {"account": account}, **plan}, plans_pb2.Plan()
        )
        request = runs_pb2.SubmitPlanRequest(parent=TENANT, plan=wanted)
        return await self.runs.SubmitPlan(request, metadata=self.metadata(), timeout=SECONDS)

    async def events(self, run: str, after: int = 0) -> AsyncGenerator[runs_pb2.RunEvent, None]:
        """Watch a run until it is over."""
        request = runs_pb2.WatchRunRequest(name=run, after_seq=after)
        async for event in self.runs.WatchRun(request, metadata=self.metadata(), timeout=SECONDS):
            if not event.heartbeat:
                yield event

    async def until(self, run: str, event: str, step: str = "") -> runs_pb2.RunEvent:
        """Wait for an event of a run."""
        async with contextlib.aclosing(self.events(run)) as events:
            async for one in events:
                if one.event == event and one.step == step:
                    return one
        raise AssertionError(f"the run ended without {event} {step}")

    async def until_stopped(self, run: str) -> None:
        """Wait until a run waits for nothing but a stop: all that it has under way is stopped."""
        async for _ in self.events(run):
            found = await self.get(run)
            under_way = [step for step in found.steps if state_of(step) not in ("pending", "succeeded", "skipped")]
            waits = under_way and all(step.reason == "STOPPED" for step in under_way)
            if waits or (state(found), found.reason) == ("planned", "STOPPED"):
                return
        raise AssertionError(f"the run ended without being stopped: {run}")

    async def end_of(self, run: str) -> runs_pb2.Run:
        """Wait for the end of a run and return it."""
        async for _ in self.events(run):
            pass
        return await self.get(run)

    async def get(self, run: str) -> runs_pb2.Run:
        request = runs_pb2.GetRunRequest(name=run)
        return await self.runs.GetRun(request, metadata=self.metadata(), timeout=SECONDS)

    async def pending(self, run: str, who: str = DIRECTOR) -> list[approvals_pb2.Approval]:
        """Return what waits in a run for an answer."""
        listed = await self.approvals.ListApprovals(
            approvals_pb2.ListApprovalsRequest(parent=TENANT), metadata=self.metadata(who), timeout=SECONDS
        )
        return [one for one in listed.approvals if one.run == run and one.state == approvals_pb2.APPROVAL_STATE_PENDING]

    async def approve(self, run: str, who: str = DIRECTOR) -> approvals_pb2.Approval:
        """Approve what waits in a run."""
        waiting = (await self.pending(run, who))[0]
        request = approvals_pb2.DecideApprovalRequest(
            name=waiting.name,
            etag=waiting.etag,
            answer=approvals_pb2.DecideApprovalRequest.ANSWER_APPROVE,
            rationale="worth keeping",
            presented_digest=waiting.presented_digest,
        )
        return await self.approvals.DecideApproval(request, metadata=self.metadata(who), timeout=SECONDS)

    async def trail(self, run: str = "") -> list[dict[str, Any]]:
        """The records of a run, or all."""
        records: list[dict[str, Any]] = []
        token = ""
        while True:
            page = await self.audit.ListAuditRecords(
                audit_pb2.ListAuditRecordsRequest(
                    parent=TENANT,
                    filter=f"run={run.rpartition('/')[2]}" if run else "",
                    page_size=500,
                    page_token=token,
                ),
                metadata=self.metadata(AUDITOR),
                timeout=SECONDS,
            )
            records += [json.loads(record.canonical_json) for record in page.audit_records]
            token = page.next_page_token
            if not token:
                return records

    async def intact(self) -> bool:
        """Verify the trail."""
        answer = await self.audit.VerifyTrail(
            audit_pb2.VerifyTrailRequest(parent=TENANT), metadata=self.metadata(AUDITOR), timeout=SECONDS
        )
        return answer.intact

    def mails(self) -> list[Path]:
        """What really arrived."""
        return sorted((self.folder / "mail").rglob("*.eml"))


def state_of(step: runs_pb2.Step) -> str:
    return runs_pb2.StepState.Name(step.state).removeprefix("STEP_STATE_").lower()


def states(run: runs_pb2.Run) -> dict[str, str]:
    return {step.id: state_of(step) for step in run.steps}


def state(run: runs_pb2.Run) -> str:
    return runs_pb2.RunState.Name(run.state).removeprefix("RUN_STATE_").lower()


@contextlib.asynccontextmanager
async def _nobody(company: str) -> AsyncIterator[str]:
    yield company


@contextlib.asynccontextmanager
async def deployment(
    folder: Path,
    *faults: str,
    environ: Mapping[str, str] | None = None,
    copy: bool = False,
    arguments: tuple[str, ...] = (),
    prepare: Callable[[Path], None] | None = None,
    before: Callable[[str], contextlib.AbstractAsyncContextManager[str]] | None = None,
) -> AsyncIterator[Deployment]:
    """Start everything in a folder; ``faults`` are the company's. ``copy``: the workspace may be changed.

    ``prepare`` changes the copy before anything of it is used. ``before`` puts a tool server before the company's, of
    which it is given the address.
    """
    workspace = EXAMPLES / "contract_renewal"
    if copy or prepare is not None:
        workspace = Path(shutil.copytree(workspace, folder / "workspace"))
    if prepare is not None:
        prepare(workspace)
    tokens = write_tokens(
        folder / "tokens.json",
        (
            new_entry(RUNTIME, ("submitter",)),
            new_entry(DIRECTOR, ("sales_director",)),
            new_entry(AUDITOR, ("auditor",)),
            new_entry(OPERATOR, ("operator",)),
            new_entry(PLANNER, ("submitter", "planner", "auditor")),
            new_entry(OWNER, ()),
        ),
    )
    given = [part for fault in faults for part in ("--fault", fault)]
    async with (
        program("tool_server.mailbox", "--folder", str(folder / "mail"), "--port", "0") as mailbox,
        program(
            "company.server", "--folder", str(folder / "company"), "--port", "0", "--smtp", mailbox.address, *given
        ) as company,
        (before or _nobody)(company.address) as address,
    ):
        deployed = Deployment(folder, address, workspace, tokens, environ or {}, arguments)
        await deployed.start()
        try:
            yield deployed
        finally:
            await deployed.stop()
