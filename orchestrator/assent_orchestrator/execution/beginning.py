"""A run begins, or is over before it began: its plan is decided as a whole, under the bundle in force by then."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit import spans
from assent_orchestrator.audit.traceparent import traceparent_of
from assent_orchestrator.errors import BusyError
from assent_orchestrator.execution import bulk
from assent_orchestrator.execution.deadline import expire, within_deadline
from assent_orchestrator.execution.driven import SETTLED, Pause
from assent_orchestrator.execution.driver import hold
from assent_orchestrator.execution.insistence import INTERNAL
from assent_orchestrator.execution.journal import RunRow, change_run, read_run
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.patience import HELD_SECONDS, patience
from assent_orchestrator.execution.standing import move
from assent_orchestrator.execution.unretained import INPUTS, NOT_RETAINED
from assent_orchestrator.governance.enquiry import Matter, plan_question
from assent_orchestrator.governance.followed import Followed, OvertakenError
from assent_orchestrator.governance.stop import STOPPED, Subject, is_stopped
from assent_orchestrator.plan.check import check
from assent_orchestrator.plan.forecast import forecast
from assent_orchestrator.plan.state import RunState
from assent_orchestrator.plan.unretained import is_marked
from assent_sidecar.decision import Decided, Verdict

_FROZEN = Pause(settled=False, seconds=HELD_SECONDS)


@dataclass(frozen=True, slots=True)
class Beginnings:
    """Has runs begin."""

    parts: Parts

    async def begin(self, run_id: str, tries: int) -> Pause:
        """Decide the plan as a whole; settled when the run is running or over."""
        async with self.parts.reader.connect() as tx:
            run = await read_run(tx, run_id, self.parts.plans)
        if run.state is not RunState.PLANNED:
            return SETTLED
        if run.overdue(self.parts.clock()):
            await self._expire(run_id)
            return Pause(settled=False, seconds=0.0)
        return within_deadline(await self._decide(run, tries), run, self.parts.clock())

    async def _expire(self, run_id: str) -> None:
        async with self.parts.trail.recording() as tx:
            run = await hold(tx, run_id, self.parts)
            await self.parts.trail.append(tx, run.tenant, await expire(tx, run, self.parts.clock()))

    async def _decide(self, run: RunRow, tries: int) -> Pause:
        if run.paused and run.cancel_requested is None:
            return _FROZEN
        if run.reason == STOPPED and run.cancel_requested is None and await self.parts.gate.stops(_subject(run)):
            return _FROZEN  # and recorded already
        with spans.segment_span(
            run.id, process=run.process, tenant=run.tenant, segment=1, links={"caller": run.traceparent}
        ) as span:
            traceparent = traceparent_of(span)
            catalogue = self.parts.catalogue(run.tenant)
            process = catalogue.processes.get(run.process)
            kept = self.parts.unretained.get(run.id, INPUTS)
            if kept is None and is_marked(run.plan.labels):
                await self._refuse(run, NOT_RETAINED, traceparent)
                return SETTLED
            known = {} if kept is None else {"inputs": kept.value, "labels": kept.labels}
            plan = run.plan.model_copy(update=known)
            faults = await bulk.of_plan(plan, check, plan, catalogue)
            if process is None or faults:
                # The bundle changed since the plan was taken: it is not one that this bundle would take.
                await self._refuse(run, "PLAN_OUTDATED", traceparent)
                return SETTLED
            facts = await bulk.of_plan(plan, forecast, plan, catalogue)
            matter = Matter(
                tenant=run.tenant,
                run=run.id,
                plan_digest=run.plan_digest,
                principal=run.principal,
                process=process,
                inputs=plan.inputs,
                confided=kept is not None,
            )
            wait = process.on_no_decision == "wait"

            async def sequel(tx: AsyncConnection, decided: Decided) -> Followed:
                return await self._begun(tx, run, decided, traceparent, wait=wait)

            try:
                decided = await self.parts.gate.decide(plan_question(matter, self.parts.clock(), facts), sequel)
            except OvertakenError:
                return Pause(settled=False, seconds=0.0)  # paused, say, or begun by another server: look again
            except BusyError:
                return Pause(settled=False, seconds=patience(tries))
            if is_stopped(decided):
                return Pause(settled=False, seconds=0.0)  # it is recorded now, or the run was cancelled: look again
            if decided.fault and wait:
                return Pause(settled=False, seconds=patience(tries))
            return SETTLED

    async def _begun(
        self, tx: AsyncConnection, run: RunRow, decided: Decided, traceparent: str | None, *, wait: bool
    ) -> Followed:
        current = await hold(tx, run.id, self.parts)
        now = self.parts.clock()
        if current.state is not RunState.PLANNED or current.overdue(now):
            raise OvertakenError
        if current.paused and current.cancel_requested is None:
            raise OvertakenError
        if current.cancel_requested is not None:
            return Followed(drafts=(await move(tx, current, RunState.STOPPING, now, reason="CANCELLED"),))
        if is_stopped(decided):
            await change_run(tx, run.id, now, reason=STOPPED)
            return Followed()
        if decided.fault and wait:
            await change_run(tx, run.id, now, reason=decided.codes[0])
            return Followed()
        begun: dict[str, Any] = {"traceparent": traceparent, "revision": decided.provenance.revision}
        if decided.verdict is Verdict.ALLOW:
            # What it waited for until now is over.
            return Followed(drafts=(await move(tx, replace(current, reason=None), RunState.RUNNING, now, **begun),))
        # A plan is allowed or it is not: approvals and timers belong to its steps.
        code = (
            decided.codes[0]
            if decided.verdict in (Verdict.DENY, Verdict.HALT) and decided.codes
            else "PLAN_NOT_ALLOWED"
        )
        return Followed(drafts=(await move(tx, current, RunState.STOPPING, now, reason=code, **begun),))

    async def abandon(self, run_id: str) -> Pause:
        """Have a run come to its end whose plan could not be decided because something went wrong inside."""
        async with self.parts.engine.connect() as tx:
            run = await read_run(tx, run_id, self.parts.plans)
        await self._refuse(run, INTERNAL, None)
        return SETTLED

    async def _refuse(self, run: RunRow, code: str, traceparent: str | None) -> None:
        async with self.parts.trail.recording() as tx:
            current = await hold(tx, run.id, self.parts)
            now = self.parts.clock()
            if current.state is RunState.PLANNED:
                await change_run(tx, run.id, now, traceparent=traceparent)
                draft = await move(tx, current, RunState.STOPPING, now, reason=code)
                await self.parts.trail.append(tx, run.tenant, (draft,))


def _subject(run: RunRow) -> Subject:
    return Subject(run.tenant, run.id, run.process)
