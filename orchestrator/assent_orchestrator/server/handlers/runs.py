"""``assent.v1.RunService``."""

# ruff: noqa: ARG002, N802 -- names and signatures of the methods are the protocol's

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import replace

from assent.v1 import control_pb2, forecasts_pb2
from assent.v1 import runs_pb2 as wire
from assent.v1.runs_pb2_grpc import RunServiceServicer
from assent_orchestrator.audit.traceparent import current_trace_id
from assent_orchestrator.audit.trail import Entry
from assent_orchestrator.carry import carry_through
from assent_orchestrator.errors import InvalidError
from assent_orchestrator.plan.state import TERMINAL_RUNS, RunState
from assent_orchestrator.server import names
from assent_orchestrator.server.caller_context import current_caller
from assent_orchestrator.server.filters import choice, read_filter
from assent_orchestrator.server.interceptors.around import Context
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.time_left import time_left
from assent_orchestrator.server.translate.forecast import write_forecast
from assent_orchestrator.server.translate.plan import read_plan
from assent_orchestrator.server.translate.run import (
    read_evidence,
    write_event,
    write_heartbeat,
    write_run,
    write_view,
    write_whole_step,
)

_FILTERS = frozenset({"state", "process"})


class RunHandlers(RunServiceServicer):
    """Submits plans and follows what becomes of them."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts

    async def SimulatePlan(self, request: wire.SimulatePlanRequest, context: Context) -> forecasts_pb2.Forecast:
        """Forecast a plan."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        plan = read_plan(request.plan)
        with _faults_of_plan():
            forecast = await self._parts.simulations.simulate(caller, plan, within=time_left())
        return write_forecast(forecast, current_trace_id() or "")

    async def SubmitPlan(self, request: wire.SubmitPlanRequest, context: Context) -> wire.Run:
        """Make a run of a plan."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        plan = read_plan(request.plan)
        with _faults_of_plan():
            view = await carry_through(self._parts.submissions.submit(caller, plan))
        return write_view(view)

    async def GetRun(self, request: wire.GetRunRequest, context: Context) -> wire.Run:
        """Return one run."""
        caller = current_caller()
        return write_view(await self._parts.runs.get(caller, names.run_id(request.name, caller)))

    async def GetStep(self, request: wire.GetStepRequest, context: Context) -> wire.Step:
        """Return one step of a run."""
        caller = current_caller()
        return write_whole_step(await self._parts.runs.step(caller, *names.step_id(request.name, caller)))

    async def ListRuns(self, request: wire.ListRunsRequest, context: Context) -> wire.ListRunsResponse:
        """Return a page of runs."""
        caller = current_caller()
        names.own_tenant(request.parent, caller)
        wanted = read_filter(request.filter, _FILTERS)
        page = await self._parts.runs.list(
            caller,
            state=choice(wanted["state"], RunState) if "state" in wanted else None,
            process=wanted.get("process", ""),
            size=request.page_size,
            token=request.page_token,
        )
        return wire.ListRunsResponse(runs=[write_run(run) for run in page.items], next_page_token=page.next_token)

    async def WatchRun(self, request: wire.WatchRunRequest, context: Context) -> AsyncGenerator[wire.RunEvent, None]:
        """Follow a run to its end."""
        caller = current_caller()
        run_id = names.run_id(request.name, caller)
        runs, last_seq = self._parts.runs, request.after_seq
        state = (await runs.get(caller, run_id)).run.state
        entries = runs.watch(caller, run_id, request.after_seq)
        try:
            async for entry in entries:
                if state not in TERMINAL_RUNS and (entry is None or _changes_run(entry, state)):
                    state = (await runs.get(caller, run_id)).run.state
                if entry is None:
                    yield write_heartbeat(last_seq, self._parts.clock(), state)
                else:
                    last_seq = entry.seq
                    yield write_event(entry, state)
        finally:
            await _close(entries)

    async def ListRunEvents(self, request: wire.ListRunEventsRequest, context: Context) -> wire.ListRunEventsResponse:
        """Return a page of what happened to a run."""
        caller = current_caller()
        run_id = names.run_id(request.parent, caller)
        event = read_filter(request.filter, frozenset({"event"})).get("event")
        runs = self._parts.runs
        state, page = await runs.events(caller, run_id, event=event, size=request.page_size, token=request.page_token)
        told = [write_event(entry, state) for entry in page.items]
        return wire.ListRunEventsResponse(events=told, next_page_token=page.next_token)

    async def CancelRun(self, request: wire.CancelRunRequest, context: Context) -> wire.Run:
        """Ask a run to stop."""
        caller = current_caller()
        run_id = names.run_id(request.name, caller)
        cancelled = self._parts.cancellations.cancel(
            caller, run_id, request.etag, compensate=request.compensate, reason=request.reason
        )
        return write_view(await carry_through(cancelled))

    async def PauseRun(self, request: control_pb2.PauseRunRequest, context: Context) -> wire.Run:
        """Begin nothing of a run any more."""
        caller = current_caller()
        run_id = names.run_id(request.name, caller)
        return write_view(await carry_through(self._parts.pauses.pause(caller, run_id, request.reason)))

    async def ResumeRun(self, request: control_pb2.ResumeRunRequest, context: Context) -> wire.Run:
        """Let a run go on."""
        caller = current_caller()
        run_id = names.run_id(request.name, caller)
        return write_view(await carry_through(self._parts.pauses.resume(caller, run_id, request.reason)))

    async def ReconcileStep(self, request: control_pb2.ReconcileStepRequest, context: Context) -> wire.Run:
        """Take a person's word for what became of a step."""
        caller = current_caller()
        run_id = names.run_id(request.name, caller)
        evidence = read_evidence(request)
        return write_view(
            await carry_through(self._parts.reconciliations.reconcile(caller, run_id, request.step, evidence))
        )


@contextlib.contextmanager
def _faults_of_plan() -> Iterator[None]:
    """Name faults of a plan by their place in the request, as those that its message's rules find."""
    try:
        yield
    except InvalidError as error:
        faults = tuple(replace(fault, field=f"plan.{fault.field}" if fault.field else "plan") for fault in error.faults)
        raise InvalidError(error.message, faults, code=error.code) from error.__cause__


def _changes_run(entry: Entry, state: RunState) -> bool:
    """Say whether a record tells of another state of the run than the one that is known."""
    after = (entry.record.get("state") or {}).get("to")
    return not entry.record.get("step") and after is not None and after != state


async def _close(entries: AsyncIterator[Entry | None]) -> None:
    """Let go of what a generator holds, now and here and not when it is collected."""
    if isinstance(entries, AsyncGenerator):
        await entries.aclose()
