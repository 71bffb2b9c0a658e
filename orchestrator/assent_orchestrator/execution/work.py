"""What the durable engine drives: begin a run, advance it, attempt its steps, finish it.

Nothing here fails for reasons of the outside world: while the database is away it waits, because without a record
nothing may happen and nothing is lost. What goes wrong inside, over and over, is given up or rests.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit import spans
from assent_orchestrator.errors import AssentError, BusyError
from assent_orchestrator.execution import bulk
from assent_orchestrator.execution.advancing import Advances, roused
from assent_orchestrator.execution.attempt import Attempts
from assent_orchestrator.execution.compensation import Compensations, not_undone, read_effects, wanted
from assent_orchestrator.execution.deadline import expire, within_deadline
from assent_orchestrator.execution.driven import SETTLED, Move, Pause
from assent_orchestrator.execution.driver import FencedError, hold, take
from assent_orchestrator.execution.ending import is_ending
from assent_orchestrator.execution.insistence import INTERNAL, REST_SECONDS, StuckError, insist
from assent_orchestrator.execution.journal import (
    RunRow,
    StepRow,
    change_run,
    read_run,
    read_steps,
)
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.patience import HELD_SECONDS, patience
from assent_orchestrator.execution.pausing import PAUSED
from assent_orchestrator.execution.situation import Seen
from assent_orchestrator.execution.standing import at_rest, move
from assent_orchestrator.execution.unretained import INPUTS, NOT_RETAINED
from assent_orchestrator.governance.enquiry import Matter, plan_question
from assent_orchestrator.governance.followed import Followed, OvertakenError
from assent_orchestrator.governance.stop import STOPPED, Subject, is_stopped
from assent_orchestrator.plan.check import check
from assent_orchestrator.plan.choice import nodes
from assent_orchestrator.plan.forecast import forecast
from assent_orchestrator.plan.graph import failures
from assent_orchestrator.plan.state import FOLLOWING_STEPS, RunState
from assent_orchestrator.plan.unretained import is_marked
from assent_sidecar.decision import Decided, Verdict

T = TypeVar("T")

_FROZEN = Pause(settled=False, seconds=HELD_SECONDS)
_RESTS = Pause(settled=False, seconds=REST_SECONDS)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunWork:
    """Implements the engine's ``Work``."""

    parts: Parts
    attempts: Attempts
    compensations: Compensations

    async def take(self, run_id: str) -> None:
        """Drive the run from here on; whoever drove it writes nothing more."""
        await self._insist(lambda: self._take(run_id))

    async def begin(self, run_id: str, tries: int) -> Pause:
        """Decide the plan as a whole; settled when the run is running or over."""
        try:
            return await self._insist(lambda: self._begin(run_id, tries), lambda: self._abandon(run_id))
        except StuckError:
            await self.rest(run_id)
            return _RESTS

    async def advance(self, run_id: str, outstanding: list[str]) -> Move:
        """Settle what follows from what has happened; say what may start."""
        return await self._insist(lambda: Advances(self.parts).advance(run_id, outstanding))

    async def attempt(self, run_id: str, step_id: str, tries: int) -> Pause:
        """Make one attempt at one step."""
        try:
            return await self._insist(
                lambda: self._attempt(run_id, step_id, tries), lambda: self.attempts.abandon(run_id, step_id)
            )
        except StuckError:
            # Not the others': they go on beside it.
            await self.rest(run_id)
            return _RESTS
        except FencedError:
            self.parts.unretained.forget(run_id)
            raise
        finally:
            self.parts.courses.settle(run_id, step_id)

    def forget(self, run_id: str) -> None:
        """Read where the run stands before anything more is done."""
        self.parts.courses.forget(run_id)

    async def end(self, run_id: str) -> str | None:
        """Say what has to be undone next; empty: nothing, and the run is closed; None: it is not over after all."""
        undo = await self._insist(lambda: self._end(run_id))
        if undo == "":
            self.parts.unretained.forget(run_id)
        return undo

    async def finish(self, run_id: str) -> None:
        """Close the run as it is."""
        await self._insist(lambda: self._finish(run_id))
        self.forget(run_id)
        self.parts.unretained.forget(run_id)

    async def rest(self, run_id: str) -> None:
        """Say of the run that it got nowhere and is left alone for a while; without a database only the log does."""
        _log.error("the run %s got nowhere: something is wrong inside, and it rests for ten minutes", run_id)
        try:
            async with self.parts.trail.recording() as tx:
                run = await hold(tx, run_id, self.parts)
                if run.reason is None and run.finished_at is None:
                    await change_run(tx, run_id, self.parts.clock(), reason=INTERNAL)
        except (AssentError, FencedError, SQLAlchemyError, OSError) as error:
            _log.warning("that the run %s rests could not be written down: %s", run_id, type(error).__name__)

    async def _insist(self, work: Callable[[], Awaitable[T]], abandon: Callable[[], Awaitable[T]] | None = None) -> T:
        return await insist(work, abandon, aside=self.parts.turnstile.aside, closing=self.parts.closing.is_set)

    async def _attempt(self, run_id: str, step_id: str, tries: int) -> Pause:
        try:
            return await self.attempts.attempt(run_id, step_id, tries, self._seen(run_id, step_id))
        except BaseException:
            self.forget(run_id)  # nobody knows what it did
            raise

    def _seen(self, run_id: str, step_id: str) -> Seen | None:
        """Return what is known by heart, for a step that nobody was asked about before."""
        course = self.parts.courses.get(run_id)
        if course is None or step_id not in course.rows or course.rows[step_id].decision_id is not None:
            return None
        return Seen(course.run, course.rows)

    async def _take(self, run_id: str) -> None:
        async with self.parts.reader.connect() as tx:
            await take(tx, run_id, self.parts.driver)

    async def _begin(self, run_id: str, tries: int) -> Pause:
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
            traceparent = spans.traceparent_of(span)
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

    async def _abandon(self, run_id: str) -> Pause:
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

    async def _end(self, run_id: str) -> str | None:
        # One transaction: between what is to be undone and the end of the run nobody can ask for it to be undone.
        async with self.parts.trail.recording() as tx:
            run = await roused(tx, self.parts, run_id)
            if run.finished_at is not None:
                return ""
            rows = await read_steps(tx, run_id)
            open_ = _left_open(run, rows)
            if open_:
                # It is not over, as it was a moment ago; once undoing has begun, what is open is ended by itself.
                return open_ if any(row.undo for row in rows.values()) else None
            undo = await self.compensations.following(tx, run, rows)
            if undo:
                return undo
            if wanted(run, rows):  # what was found out about undoing is not in what was read
                run, rows = await hold(tx, run_id, self.parts), await read_steps(tx, run_id)
            await self._close(tx, run, rows)
            return ""

    async def _finish(self, run_id: str) -> None:
        async with self.parts.trail.recording() as tx:
            run = await hold(tx, run_id, self.parts)
            if run.finished_at is None:
                await self._close(tx, run, await read_steps(tx, run_id))

    async def _close(self, tx: AsyncConnection, run: RunRow, rows: Mapping[str, StepRow]) -> None:
        run_id = run.id
        if run.paused:  # nothing is left that could be held up
            await change_run(tx, run_id, self.parts.clock(), paused_by=None, paused_at=None, pause_reason=None)
            run = replace(run, reason=None if run.reason == PAUSED else run.reason)
        failed = failures(nodes(run.plan), {step_id: row.state for step_id, row in rows.items()})
        reason = run.reason
        if run.cancel_requested is not None and not (run.compensate and reason not in (None, "CANCELLED")):
            state, reason = RunState.CANCELLED, "CANCELLED"
        elif run.state is RunState.STOPPING:
            halted = any(row.verdict == Verdict.HALT for row in rows.values())
            state = RunState.HALTED if halted else RunState.FAILED
        elif failed:
            state, reason = RunState.FAILED, rows[failed[0]].reason
        else:
            state, reason = RunState.SUCCEEDED, None
        left = (
            not_undone(rows, await read_effects(tx, run_id), self.parts.catalogue(run.tenant))
            if run.compensate
            else None
        )
        if left == () and any(row.undo for row in rows.values()):
            state = RunState.COMPENSATED
        with spans.segment_span(
            run_id, process=run.process, tenant=run.tenant, traceparent=run.traceparent, state=str(state)
        ):
            draft = await move(tx, run, state, self.parts.clock(), reason=reason, not_undone=left)
        await self.parts.trail.append(tx, run.tenant, (draft,))


def _left_open(run: RunRow, rows: Mapping[str, StepRow]) -> str:
    """Return a row of the run, and of nothing that undoes, that has not come to rest; empty: there is none."""
    ending = is_ending(run, rows)
    open_ = (row.id for row in rows.values() if not row.undo and not _rests(row, ending=ending))
    return next(open_, "")


def _rests(row: StepRow, *, ending: bool) -> bool:
    # What iterates is at rest when its items are, and they are rows, too.
    return row.state in FOLLOWING_STEPS or at_rest(row, ending=ending)


def _subject(run: RunRow) -> Subject:
    return Subject(run.tenant, run.id, run.process)
