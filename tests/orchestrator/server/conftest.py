import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc import aio
from grpc_status import rpc_status

from assent.v1.approvals_pb2_grpc import ApprovalServiceStub
from assent.v1.audit_pb2_grpc import AuditServiceStub
from assent.v1.health_pb2_grpc import HealthServiceStub
from assent.v1.runs_pb2_grpc import RunServiceStub
from assent_orchestrator.server.interceptors.identity import Identities
from assent_orchestrator.server.listen import Listening, ListenSettings, listening
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.tokens import TokenDirectory, TokenEntry, TokenFile, new_entry
from tests.orchestrator.server.agents import KnownAgents
from tests.orchestrator.server.inbox import Approvals
from tests.orchestrator.server.keeping import KnownClasses, NoHolds, NoMemory
from tests.orchestrator.server.policies import KnownPolicies
from tests.orchestrator.server.processes import KnownProcesses, NoAmendments
from tests.orchestrator.server.specimens import NOON
from tests.orchestrator.server.use_cases import Lent, NoDecisions, OpenBooks, Orders, TrailRecords, Trials, UseCases


@dataclass
class Wire:
    """A server with use cases in memory behind it, and a channel to it."""

    use_cases: UseCases
    approvals: Approvals
    trail: TrailRecords
    stops: Orders
    shadows: Trials
    policies: KnownPolicies
    books: OpenBooks
    lent: Lent
    listening: Listening
    channel: aio.Channel
    entry: TokenEntry
    stop: Callable[[], Coroutine[Any, Any, None]]

    @property
    def auth(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.entry.token}"),)

    @property
    def runs(self) -> RunServiceStub:
        return RunServiceStub(self.channel)

    @property
    def inbox(self) -> ApprovalServiceStub:
        return ApprovalServiceStub(self.channel)

    @property
    def audit(self) -> AuditServiceStub:
        return AuditServiceStub(self.channel)

    @property
    def health(self) -> HealthServiceStub:
        return HealthServiceStub(self.channel)


@contextlib.asynccontextmanager
async def open_wire(identities: Identities | None = None, **settings: Any) -> AsyncIterator[Wire]:
    use_cases, approvals, trail, stops, shadows = UseCases(), Approvals(), TrailRecords(), Orders(), Trials()
    policies, books, lent = KnownPolicies(), OpenBooks(), Lent()
    entry = new_entry("sales-bot", ("submitter",), tenant="acme")
    parts = ServerParts(
        identities=identities or TokenDirectory(TokenFile(callers=(entry,))),
        submissions=use_cases,
        simulations=use_cases,
        runs=use_cases,
        cancellations=use_cases,
        pauses=use_cases,
        reconciliations=use_cases,
        inbox=approvals,
        following=approvals,
        reports=approvals,
        work_items=approvals,
        delegations=lent,
        stops=stops,
        policies=policies,
        records=trail,
        desk=NoDecisions(),
        permits=NoDecisions(),
        books=books,
        processes=KnownProcesses(),
        agents=KnownAgents(),
        proposals=NoAmendments(),
        amendments=NoAmendments(),
        effects=NoAmendments(),
        keeper=NoMemory(),
        recalling=NoMemory(),
        custody=NoHolds(),
        memory_classes=KnownClasses(),
        shadows=shadows,
        health=use_cases,
        clock=lambda: NOON,
    )
    chosen = replace(ListenSettings(address="127.0.0.1:0", health_interval=0.05, grace=1.0), **settings)
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(listening(parts, chosen))
        async with aio.insecure_channel(str(server.address)) as channel:
            yield Wire(
                use_cases, approvals, trail, stops, shadows, policies, books, lent, server, channel, entry, stack.aclose
            )


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with open_wire() as opened:
        yield opened


@dataclass
class Refused:
    """What a failed call says."""

    status: status_pb2.Status
    code: str
    info: error_details_pb2.ErrorInfo

    def find(self, kind: type[Message]) -> Any:
        for one in self.status.details:
            if one.Is(kind.DESCRIPTOR):
                found = kind()
                one.Unpack(found)
                return found
        return None


def read_refusal(error: aio.AioRpcError) -> Refused:
    """Decode a rich error; it has exactly one ErrorInfo, and no detail twice."""
    status = rpc_status.from_call(error)
    assert status is not None, error
    kinds = [one.TypeName() for one in status.details]
    assert kinds.count("google.rpc.ErrorInfo") == 1
    assert len(set(kinds)) == len(kinds)
    refused = Refused(status, error.code().name, error_details_pb2.ErrorInfo())
    info = refused.find(error_details_pb2.ErrorInfo)
    assert info is not None
    assert info.domain == "assent"
    refused.info = info
    return refused


async def refusal(call) -> Refused:
    """Await a call that fails, and decode what it says."""
    with pytest.raises(aio.AioRpcError) as caught:
        await call
    return read_refusal(caught.value)
