"""One person's line to the server: the same calls that any client makes, with that person's token."""

import contextlib
from collections.abc import AsyncIterator, Mapping

from grpc import aio

from assent.v1 import approvals_pb2, audit_pb2, control_pb2, health_pb2, permits_pb2, plans_pb2, runs_pb2
from assent.v1.approvals_pb2_grpc import ApprovalServiceStub
from assent.v1.audit_pb2_grpc import AuditServiceStub
from assent.v1.health_pb2_grpc import HealthServiceStub
from assent.v1.permits_pb2_grpc import DecisionServiceStub
from assent.v1.runs_pb2_grpc import RunServiceStub
from assent_orchestrator.tools.value import to_value
from assent_sidecar.model import Json

_SECONDS = 30.0
"""How long an answer may take; a watch lasts as long as its run."""
_PAGE = 500
# Proxies of the environment are for browsing, not for this machine's own programs.
_OPTIONS = (("grpc.enable_http_proxy", 0),)


@contextlib.asynccontextmanager
async def open_channel(address: str) -> AsyncIterator[aio.Channel]:
    """Connect to a program of this machine."""
    async with aio.insecure_channel(address, options=_OPTIONS) as channel:
        yield channel


class Desk:
    """What one caller asks the server."""

    def __init__(self, channel: aio.Channel, tenant: str, token: str) -> None:
        self._runs = RunServiceStub(channel)
        self._approvals = ApprovalServiceStub(channel)
        self._audit = AuditServiceStub(channel)
        self._health = HealthServiceStub(channel)
        self._decisions = DecisionServiceStub(channel)
        self._parent = f"tenants/{tenant}"
        self._metadata = (("authorization", f"Bearer {token}"),)

    async def health(self) -> health_pb2.Health:
        """Return how the server is."""
        request = health_pb2.GetHealthRequest()
        return await self._health.GetHealth(request, metadata=self._metadata, timeout=_SECONDS)

    async def submit(self, plan: plans_pb2.Plan) -> runs_pb2.Run:
        """Submit a plan."""
        request = runs_pb2.SubmitPlanRequest(parent=self._parent, plan=plan)
        return await self._runs.SubmitPlan(request, metadata=self._metadata, timeout=_SECONDS)

    async def run(self, name: str) -> runs_pb2.Run:
        """Return a run."""
        request = runs_pb2.GetRunRequest(name=name)
        return await self._runs.GetRun(request, metadata=self._metadata, timeout=_SECONDS)

    async def watch(self, name: str, after: int = 0) -> AsyncIterator[runs_pb2.RunEvent]:
        """Yield what happened to a run behind the record ``after`` and what happens, until it is over."""
        request = runs_pb2.WatchRunRequest(name=name, after_seq=after)
        call = self._runs.WatchRun(request, metadata=self._metadata)
        try:
            async for event in call:
                if not event.heartbeat:
                    yield event
        finally:
            call.cancel()

    async def pending(self, run: str) -> list[approvals_pb2.Approval]:
        """Return what waits for an answer in a run, oldest first."""
        run_id = run.rpartition("/")[2]
        request = approvals_pb2.ListApprovalsRequest(parent=self._parent, filter=f"state=PENDING AND run={run_id}")
        page = await self._approvals.ListApprovals(request, metadata=self._metadata, timeout=_SECONDS)
        return list(page.approvals)

    async def approval(self, name: str) -> approvals_pb2.Approval:
        """Return an approval as it stands."""
        request = approvals_pb2.GetApprovalRequest(name=name)
        return await self._approvals.GetApproval(request, metadata=self._metadata, timeout=_SECONDS)

    async def approve(
        self, shown: approvals_pb2.Approval, rationale: str, edits: Mapping[str, Json] | None = None
    ) -> approvals_pb2.Approval:
        """Say yes to exactly what was shown, or to it with other values at some places of its arguments."""
        request = _answer(shown, approvals_pb2.DecideApprovalRequest.ANSWER_APPROVE, rationale)
        for pointer, value in (edits or {}).items():
            request.edits[pointer].CopyFrom(to_value(value))
        return await self._approvals.DecideApproval(request, metadata=self._metadata, timeout=_SECONDS)

    async def reject(self, shown: approvals_pb2.Approval, rationale: str) -> approvals_pb2.Approval:
        """Say no to what was shown."""
        request = _answer(shown, approvals_pb2.DecideApprovalRequest.ANSWER_REJECT, rationale)
        return await self._approvals.DecideApproval(request, metadata=self._metadata, timeout=_SECONDS)

    async def choose(
        self, shown: approvals_pb2.Approval, choice: approvals_pb2.WorkItem.Choice.ValueType, rationale: str
    ) -> approvals_pb2.Approval:
        """Say what follows from the step of a work item, as it was shown."""
        request = approvals_pb2.DecideApprovalRequest(
            name=shown.name,
            etag=shown.etag,
            choice=choice,
            rationale=rationale,
            presented_digest=shown.presented_digest,
        )
        return await self._approvals.DecideApproval(request, metadata=self._metadata, timeout=_SECONDS)

    async def reconcile(self, request: control_pb2.ReconcileStepRequest) -> runs_pb2.Run:
        """Say what became of a step that nobody else can tell of."""
        return await self._runs.ReconcileStep(request, metadata=self._metadata, timeout=_SECONDS)

    async def records(self, run: str) -> list[audit_pb2.AuditRecord]:
        """Return everything the trail has on a run, oldest first."""
        return await self._listed(audit_pb2.ListAuditRecordsRequest(filter=f"run={run.rpartition('/')[2]}"))

    async def records_after(self, seq: int) -> list[audit_pb2.AuditRecord]:
        """Return everything the trail has behind this number, oldest first."""
        return await self._listed(audit_pb2.ListAuditRecordsRequest(after_seq=seq))

    async def _listed(self, request: audit_pb2.ListAuditRecordsRequest) -> list[audit_pb2.AuditRecord]:
        found: list[audit_pb2.AuditRecord] = []
        request.parent, request.page_size = self._parent, _PAGE
        while True:
            page = await self._audit.ListAuditRecords(request, metadata=self._metadata, timeout=_SECONDS)
            found.extend(page.audit_records)
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def verify(self) -> audit_pb2.VerifyTrailResponse:
        """Prove the whole trail."""
        request = audit_pb2.VerifyTrailRequest(parent=self._parent)
        return await self._audit.VerifyTrail(request, metadata=self._metadata, timeout=_SECONDS)

    async def decide(self, request: permits_pb2.DecideRequest, within: float) -> permits_pb2.DecideResponse:
        """Ask whether an agent may do something itself, and wait ``within`` seconds for the answer."""
        request.parent = self._parent
        return await self._decisions.Decide(request, metadata=self._metadata, timeout=within)

    async def report(self, permit: str, outcome: permits_pb2.PermitState.ValueType) -> permits_pb2.Permit:
        """Say what became of what was permitted."""
        request = permits_pb2.ReportOutcomeRequest(name=permit, outcome=outcome)
        return await self._decisions.ReportOutcome(request, metadata=self._metadata, timeout=_SECONDS)


def _answer(
    shown: approvals_pb2.Approval, answer: approvals_pb2.DecideApprovalRequest.Answer.ValueType, rationale: str
) -> approvals_pb2.DecideApprovalRequest:
    return approvals_pb2.DecideApprovalRequest(
        name=shown.name,
        etag=shown.etag,
        answer=answer,
        rationale=rationale,
        presented_digest=shown.presented_digest,
    )
