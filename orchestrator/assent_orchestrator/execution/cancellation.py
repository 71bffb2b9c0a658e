"""Cancelling a run: nothing that has not started starts, what is under way is settled honestly."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Actor, Draft
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.errors import ConflictError, ForbiddenError, StateError
from assent_orchestrator.execution.durable import Durable
from assent_orchestrator.execution.journal import RunRow, change_run
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.pausing import heard, lift, may_resume
from assent_orchestrator.execution.runs import RunView, etag_of, read_visible, view
from assent_orchestrator.execution.standing import keep
from assent_orchestrator.plan.state import ASLEEP_STEPS, TERMINAL_RUNS
from assent_sidecar.model import Json


@dataclass(frozen=True, slots=True)
class Cancellations:
    """Cancels runs."""

    parts: Parts
    durable: Durable

    async def cancel(
        self, caller: Caller, run_id: str, etag: str, *, compensate: bool = False, reason: str = ""
    ) -> RunView:
        """Ask a run to stop, and with ``compensate`` to undo what it did; asking again changes nothing.

        Who asks only to stop first can still ask to ``compensate`` until the run is over; there is no way back from it.
        To ``compensate`` lets a paused run go on, if the caller is one who may resume it; otherwise it stays paused.
        The ``reason`` is recorded where something changes.

        Raises:
            NotFoundError: there is no run that this caller may know of.
            ForbiddenError: the caller may see it, but neither submitted it nor is an operator.
            ConflictError: the etag is not the newest.
            StateError: the run is over.

        """
        async with self.parts.trail.recording() as tx:
            run = await read_visible(tx, caller, run_id, self.parts.plans, lock=True)
            if caller.id not in (run.submitter, run.principal.id) and Role.OPERATOR not in caller.roles:
                raise ForbiddenError("only its submitter or an operator cancels a run", run=run_id)
            if etag and etag != etag_of(run):
                raise ConflictError("the run changed since you saw it; look again", run=run_id)
            if run.state in TERMINAL_RUNS:
                raise StateError(f"the run is {run.state}", run=run_id, state=str(run.state))
            if run.cancel_requested is None or (compensate and not run.compensate):
                undo = run.compensate or compensate  # what is being undone is not left halfway
                asked = {"cancel_requested": run.cancel_requested or caller.id, "compensate": undo}
                await change_run(tx, run_id, self.parts.clock(), **asked)
                said: dict[str, Json] = {"compensate": True} if compensate else {}
                said |= {"rationale": reason} if reason else {}
                draft = Draft(
                    event="run.cancel_requested",
                    run=run_id,
                    actor=Actor.of(caller),
                    detail=said or None,
                    trace=trace_note(),
                )
                drafts = (draft, *(await self._resumed(tx, caller, run) if compensate else ()))
                await self.parts.trail.append(tx, run.tenant, drafts)
            after = await view(tx, caller, run_id, self.parts.plans)
        await self.durable.wake(run_id, tuple(step.id for step in after.steps if step.state in ASLEEP_STEPS))
        await heard(self.parts.engine, (run_id,), after.run.updated_at)
        return after

    async def _resumed(self, tx: AsyncConnection, caller: Caller, run: RunRow) -> tuple[Draft, ...]:
        """Let a paused run go on for what it did to be undone; return what to record."""
        if not run.paused or not may_resume(caller, run):
            return ()
        now = self.parts.clock()
        resumed = await lift(tx, run, now)
        draft = Draft(
            event="run.resumed",
            run=run.id,
            actor=Actor.of(caller),
            detail={"reason": "CANCELLED"},
            trace=trace_note(),
        )
        return (draft, *await keep(tx, resumed, now))
