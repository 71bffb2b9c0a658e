"""What can be seen of a case from outside: runs, approvals, calls of the tool server, the trail."""

import asyncio
import json
from datetime import datetime
from typing import Any

from google.protobuf.json_format import MessageToDict

from assent.v1 import approvals_pb2, audit_pb2, runs_pb2
from assent.v1.approvals_pb2_grpc import ApprovalServiceStub
from assent.v1.audit_pb2_grpc import AuditServiceStub
from assent.v1.runs_pb2_grpc import RunServiceStub
from tests.orchestrator.approvals.case import Case, Ends, Sees
from tests.orchestrator.approvals.matching import fits, out_of_order
from tests.orchestrator.approvals.office import SECONDS, Office

_WAIT = 60.0


def _word(value: str, prefix: str) -> str:
    return value.removeprefix(prefix).lower()


class Sight:
    """Looks as the case's operator and auditor."""

    def __init__(self, case: Case, office: Office) -> None:
        self._case = case
        self._office = office

    async def wait_for(self, run: str, wanted: Sees) -> None:
        """Wait, bounded, until all is as wanted at the same time."""
        faults: list[str] = ["nothing was seen"]
        try:
            async with asyncio.timeout(_WAIT):
                faults = await self._faults(run, wanted)
                async for _ in self._events(run):
                    if not faults:
                        return
                    faults = await self._faults(run, wanted)
        except TimeoutError:
            pass
        assert not faults, "; ".join(faults)

    async def newest_approval(self, run: str, step: str | None) -> dict[str, Any]:
        """Return the newest approval of a step, or of all steps; wait, bounded, until there is one."""
        async with asyncio.timeout(_WAIT):
            async for _ in self._events(run):
                found = [one for one in await self.approvals(run) if step in (None, one["step"])]
                if found:
                    return found[-1]
        raise AssertionError(f"the run ended without an approval{f' of {step}' if step else ''}")

    async def approvals(self, run: str) -> list[dict[str, Any]]:
        """Return the approvals of a run, oldest first, as an operator sees them."""
        stub: Any = ApprovalServiceStub(await self._office.channel(0))
        request = approvals_pb2.ListApprovalsRequest(
            parent=f"tenants/{self._case.slug}", filter=f"run={run.rpartition('/')[2]}", page_size=200
        )
        page = await stub.ListApprovals(request, metadata=self._as("otto"), timeout=SECONDS)
        names = [one.name for one in page.approvals]
        whole = [
            await stub.GetApproval(
                approvals_pb2.GetApprovalRequest(name=name), metadata=self._as("otto"), timeout=SECONDS
            )
            for name in names
        ]
        return [MessageToDict(one, preserving_proto_field_name=True) for one in whole]

    async def check_trail(self, wanted: Ends) -> None:
        """Make sure that the trail has what it should, nothing that it should not, and is whole."""
        records = await self.records()
        missing = out_of_order(wanted.trail, records)
        assert missing is None, f"the trail does not have, in this order, {missing}"
        wrong = [one for one in wanted.never if any(fits(one, record) for record in records)]
        assert not wrong, f"the trail has {wrong}"
        both = [event for event in wanted.never_both or () if any(fits(event, record) for record in records)]
        assert len(both) < 2, f"the trail has {' and '.join(both)}"
        counts = {event: sum(fits(event, record) for record in records) for event in wanted.counts}
        assert counts == wanted.counts, f"the trail has {counts}, not {wanted.counts}"
        stub: Any = AuditServiceStub(await self._office.channel(0))
        request = audit_pb2.VerifyTrailRequest(parent=f"tenants/{self._case.slug}")
        assert (await stub.VerifyTrail(request, metadata=self._as("audra"), timeout=SECONDS)).intact

    async def records(self) -> list[dict[str, Any]]:
        """Return the records of the case."""
        stub: Any = AuditServiceStub(await self._office.channel(0))
        request = audit_pb2.ListAuditRecordsRequest(parent=f"tenants/{self._case.slug}", page_size=1000)
        page = await stub.ListAuditRecords(request, metadata=self._as("audra"), timeout=SECONDS)
        return [json.loads(record.canonical_json) for record in page.audit_records]

    async def trail_lines(self, began: datetime) -> list[str]:
        """Return the trail as lines to read, with the time since the beginning of the case."""
        return [_line(record, began) for record in await self.records()]

    async def _events(self, run: str) -> Any:
        """Yield at once, and then whenever something happened to a run, until it is over."""
        yield None
        stub: Any = RunServiceStub(await self._office.channel(0))
        call = stub.WatchRun(runs_pb2.WatchRunRequest(name=run), metadata=self._as("otto"), timeout=SECONDS)
        try:
            async for event in call:
                yield event
        finally:
            call.cancel()
        yield None

    async def _faults(self, name: str, wanted: Sees) -> list[str]:
        stub: Any = RunServiceStub(await self._office.channel(0))
        run = await stub.GetRun(runs_pb2.GetRunRequest(name=name), metadata=self._as("otto"), timeout=SECONDS)
        state = _word(runs_pb2.RunState.Name(run.state), "RUN_STATE_")
        faults = []
        if wanted.run not in (None, state):
            faults.append(f"the run is {state}, not {wanted.run}")
        states = {step.id: _word(runs_pb2.StepState.Name(step.state), "STEP_STATE_") for step in run.steps}
        reasons = {step.id: step.reason for step in run.steps}
        faults += _unlike("the step", states, wanted.steps) + _unlike("the reason of", reasons, wanted.reasons)
        if wanted.approvals:
            found: dict[str, tuple[str, ...]] = {}
            for one in await self.approvals(name):
                found[one["step"]] = (*found.get(one["step"], ()), _word(one["state"], "APPROVAL_STATE_"))
            faults += _unlike(
                "what was asked for", {step: found.get(step, ()) for step in wanted.approvals}, wanted.approvals
            )
        run_id = name.rpartition("/")[2]
        calls = {operation: self._office.box.times(run_id, operation) for operation in wanted.calls}
        return faults + _unlike("the number of calls of", calls, wanted.calls)

    def _as(self, who: str) -> tuple[tuple[str, str], ...]:
        return self._office.metadata(self._case, who)


def _unlike(what: str, found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    return [
        f"{what} {name} is {_said(found.get(name))}, not {_said(value)}"
        for name, value in wanted.items()
        if found.get(name) != value
    ]


def _said(value: Any) -> str:
    return " then ".join(value) if isinstance(value, tuple) else str(value)


def _line(record: dict[str, Any], began: datetime) -> str:
    since = datetime.fromisoformat(record["time"]) - began
    notes = [record.get(name) for name in ("state", "approval", "detail")]
    decision = record.get("decision") or {}
    notes += [{name: decision[name] for name in ("verdict", "codes") if name in decision}]
    told = " ".join(
        f"{key}={value}"
        for note in notes
        for key, value in (note or {}).items()
        if value not in (None, [], "") and "digest" not in key and key not in {"revision", "expires_at", "id"}
    )
    return f"+{since} {record['event']} {record.get('step') or ''} {told}".rstrip()
