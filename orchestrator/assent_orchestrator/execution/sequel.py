"""What follows from a ruling: the state that is written in the very transaction that commits the ruling."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import LIVE, ApprovalState
from assent_orchestrator.approvals.note import note_state
from assent_orchestrator.approvals.presented import Scene
from assent_orchestrator.approvals.request import open_request, still_as_seen
from assent_orchestrator.approvals.requirement import Answer, Involved
from assent_orchestrator.approvals.spent import ASKED_ANEW, REVISED, trace_wait, use_up, void
from assent_orchestrator.approvals.worth import answers_worth, carried
from assent_orchestrator.audit.record import Draft, StateNote
from assent_orchestrator.audit.stride import INTENDED, Stride
from assent_orchestrator.audit.traceparent import current_trace_id, current_traceparent
from assent_orchestrator.clock import Clock, writable
from assent_orchestrator.execution.became import give_up
from assent_orchestrator.execution.driver import hold_step
from assent_orchestrator.execution.journal import RunRow, StepRow, change_step
from assent_orchestrator.execution.patience import patience
from assent_orchestrator.execution.plans import Plans
from assent_orchestrator.execution.situation import Situation
from assent_orchestrator.execution.standing import keep, move
from assent_orchestrator.execution.turn import Turn
from assent_orchestrator.governance.followed import Followed, OvertakenError
from assent_orchestrator.governance.ruling import Allowed, Deferred, Held, Refused, Ruling, Stopped
from assent_orchestrator.governance.stop import STOPPED, is_stopped
from assent_orchestrator.plan.state import GOING_RUNS, TERMINAL_STEPS, RunState, SkipReason, StepState
from assent_sidecar.decision import Decided
from assent_sidecar.facts import Action


@dataclass(frozen=True, slots=True)
class Sequels:
    """Writes what follows from rulings."""

    clock: Clock
    plans: Plans

    async def of_condition(self, tx: AsyncConnection, turn: Turn, decided: Decided) -> Followed:
        """Write what follows from whether a step is taken.

        Raises:
            OvertakenError: the run or the step moved on since the question was asked.
        """
        situation = turn.situation
        run = await self.still_wanted(tx, situation)
        now = self.clock()
        values = note_decision(decided, situation, now)
        if is_stopped(decided):
            return await self.frozen(tx, run, situation, decided, values)
        if decided.fault:
            return await self._refused(tx, run, turn, decided, values)
        if decided.decision.taken:
            return Followed()
        values |= {
            "state": str(StepState.SKIPPED),
            "reason": str(SkipReason.CONDITION_NOT_MET),
            "finished_at": now,
            "not_before": None,
        }
        return await self.written(tx, run, situation, StepState.SKIPPED, values)

    async def of_ruling(
        self,
        tx: AsyncConnection,
        turn: Turn,
        action: Action,
        ruling: Ruling,
        scene: Callable[[], Scene],
        *,
        heard: Sequence[Answer] = (),
    ) -> Followed:
        """Write what follows from a ruling on an action; ``scene`` is what is around it, should people be asked.

        ``heard`` are the answers that the question had.

        Raises:
            OvertakenError: the run or the step moved on since the question was asked, or an answer is worth nothing
                under the policies that ruled, or by now; or it is not these that let work pass to the step.

        """
        situation = turn.situation
        run = await self.still_wanted(tx, situation)
        now = self.clock()
        values = note_decision(ruling.decided, situation, now)
        approval = situation.approval
        match ruling:
            case Allowed():
                if not turn.is_let(ruling.decided.provenance.revision):
                    raise OvertakenError
                worth = answers_worth(approval, action.digest, ruling.decided.provenance.revision, now)
                if not all(answer in worth for answer in heard):
                    raise OvertakenError
                drafts: tuple[Draft, ...] = ()
                if approval is not None and approval.state in (ApprovalState.APPROVED, ApprovalState.EDITED):
                    drafts = (await use_up(tx, approval, now),)
                if situation.handoff is not None and situation.handoff.state in LIVE:
                    # What it takes over was let go meanwhile, or is something else by now.
                    drafts = (*drafts, await void(tx, situation.handoff, now, ASKED_ANEW))
                values |= {"attempt": situation.next_attempt, "not_before": None, "reason": None, "message": None}
                return await self.written(tx, run, situation, StepState.DISPATCHED, values, drafts=drafts)
            case Held():
                voided: tuple[Draft, ...] = ()
                if approval is not None and approval.state is ApprovalState.EDITED:
                    trace_wait(approval, approval.state, now)
                else:
                    revised = approval is not None and approval.revision != ruling.decided.provenance.revision
                    voided = await self._void(tx, situation, now, REVISED if revised else ASKED_ANEW)
                requested = await self._request(tx, turn, action, ruling, scene())
                values |= note_asked(ruling.decided)
                drafts = (*voided, requested)
                return await self.written(tx, run, situation, StepState.AWAITING_APPROVAL, values, drafts=drafts)
            case Deferred() | Stopped() | Refused():
                return await self._not_now(tx, run, turn, ruling, values)

    async def of_no_hand_over(self, tx: AsyncConnection, turn: Turn, ruling: Deferred | Stopped | Refused) -> Followed:
        """Write what follows for a step that may not take work over, or not yet.

        Raises:
            OvertakenError: the run or the step moved on since the question was asked.
        """
        run = await self.still_wanted(tx, turn.situation)
        values = note_decision(ruling.decided, turn.situation, self.clock())
        return await self._not_now(tx, run, turn, ruling, values)

    async def _not_now(
        self,
        tx: AsyncConnection,
        run: RunRow,
        turn: Turn,
        ruling: Deferred | Stopped | Refused,
        values: dict[str, Any],
    ) -> Followed:
        match ruling:
            case Deferred(until=until):
                values |= {
                    "not_before": writable(until),
                    "message": None,
                    "reason": ruling.decided.codes[0] if ruling.decided.codes else None,
                }
                return await self.written(tx, run, turn.situation, StepState.DEFERRED, values)
            case Stopped():
                return await self.frozen(tx, run, turn.situation, ruling.decided, values)
            case Refused(code=code, message=message):
                values |= {"reason": code, "message": message}
                return await self._refused(tx, run, turn, ruling.decided, values, halt=ruling.halt)

    def outright(self, turn: Turn, allowed: Allowed) -> Stride | None:
        """Return what an allow comes to for a step that nobody was asked about and nothing was tried of; else None."""
        situation = turn.situation
        if (
            situation.intent is not None
            or situation.requests
            or not turn.is_let(allowed.decided.provenance.revision)
            or situation.run.state is not RunState.RUNNING
            or situation.step.undo
        ):
            return None
        dispatched: dict[str, Any] = {"state": str(StepState.DISPATCHED), "attempt": situation.next_attempt}
        cleared = dict.fromkeys(("not_before", "reason", "message"))
        return Stride(
            run=situation.run.id,
            driver=situation.run.driver,
            step=situation.step.id,
            state=str(situation.step.state),
            attempt=situation.step.attempt,
            values={**note_decision(allowed.decided, situation, self.clock()), **dispatched, **cleared},
            status=INTENDED,
            drafts=(),
        )

    async def _refused(
        self,
        tx: AsyncConnection,
        run: RunRow,
        turn: Turn,
        decided: Decided,
        values: dict[str, Any],
        *,
        halt: bool = False,
    ) -> Followed:
        situation, now = turn.situation, self.clock()
        if decided.fault and turn.appointed.process.on_no_decision == "wait":
            # Nobody said no: an approval given earlier stays good, and the step is asked about again.
            values |= {"not_before": now + timedelta(seconds=patience(turn.tries)), "reason": decided.codes[0]}
            # A step that was never asked about stays as it is: its condition is still open.
            state = situation.step.state if situation.step.state is StepState.PENDING else StepState.DECIDING
            return await self.written(tx, run, situation, state, values)
        values = {"reason": decided.codes[0] if decided.codes else "DENIED", **values}
        given_up = await give_up(tx, situation, now, repeatable=turn.appointed.repeatable)
        drafts = (*given_up, *await self._void(tx, situation, now, str(values["reason"])))
        if halt and run.state in GOING_RUNS:
            drafts = (*drafts, await move(tx, run, RunState.STOPPING, now, reason=values["reason"]))
        values |= {"finished_at": now, "not_before": None}
        return await self.written(tx, run, situation, StepState.DENIED, values, drafts=drafts)

    async def frozen(
        self, tx: AsyncConnection, run: RunRow, situation: Situation, decided: Decided, values: dict[str, Any]
    ) -> Followed:
        """Wait until the stop is lifted: nobody said no to this step, and an approval given earlier stays good."""
        values |= {"reason": STOPPED, "message": decided.decision.reasons[0].message, "not_before": None}
        return await self.written(tx, run, situation, StepState.DEFERRED, values)

    async def written(
        self,
        tx: AsyncConnection,
        run: RunRow,
        situation: Situation,
        state: StepState,
        values: dict[str, Any],
        *,
        drafts: Sequence[Draft] = (),
    ) -> Followed:
        """Write where a step stands now, and the run with it; the run is locked."""
        now = self.clock()
        await change_step(tx, run.id, situation.step.id, **{**values, "state": str(state)})
        standing = await keep(tx, run, now)
        moved = StateNote(before=str(situation.step.state), after=str(state))
        return Followed(moved if state is not situation.step.state else None, (*drafts, *standing))

    async def still_wanted(self, tx: AsyncConnection, situation: Situation, *, though_paused: bool = False) -> RunRow:
        """Lock the run and make sure that it still is what the question was about, and not paused unless that is fine.

        Raises:
            OvertakenError: it is not.
            FencedError: somebody else drives it.
        """
        run, step = await hold_step(tx, situation.run, situation.step.id, self.plans)
        if (
            (run.paused and not though_paused)
            or not _goes_on(run, step, self.clock())
            or step.state in TERMINAL_STEPS
            or (step.state, step.attempt) != (situation.step.state, situation.step.attempt)
        ):
            raise OvertakenError
        return run

    async def _request(
        self,
        tx: AsyncConnection,
        turn: Turn,
        action: Action,
        held: Held,
        scene: Scene,
    ) -> Draft:
        situation = turn.situation
        revision, now = held.decided.provenance.revision, self.clock()
        before = situation.approval
        worth: Sequence[Answer] = ()
        if before is not None and before.state is ApprovalState.EDITED:
            await still_as_seen(tx, before)
            worth = answers_worth(before, action.digest, revision, now)
        run, owner = situation.run, turn.appointed.process.owner
        approval = await open_request(
            tx,
            tenant=situation.run.tenant,
            run_id=situation.run.id,
            step_id=situation.step.id,
            process=situation.run.process,
            action=action,
            requirement=held.requirement,
            decided=held.decided,
            scene=scene,
            now=now,
            traceparent=current_traceparent(),
            carried=carried(held.requirement, worth, Involved(run.principal.id, run.submitter, owner)),
            never=turn.appointed.never,
        )
        return note_state(approval, ApprovalState.PENDING)

    async def _void(self, tx: AsyncConnection, situation: Situation, now: datetime, why: str) -> tuple[Draft, ...]:
        """An approval that policy no longer accepts, or that was for something else, is worth nothing."""
        live = [one for one in situation.requests if one.state in LIVE]
        return tuple([await void(tx, one, now, why) for one in live])


def _goes_on(run: RunRow, step: StepRow, now: datetime) -> bool:
    """Say whether a run is where such a step is taken: what undoes something is taken after the run was stopped."""
    if run.overdue(now):
        return False
    if step.undo:
        return run.state is RunState.STOPPING and run.compensate
    return run.cancel_requested is None and run.state in GOING_RUNS


def note_asked(decided: Decided) -> dict[str, Any]:
    """Return what a row says of a step that waits for people, beside the decision."""
    return {"reason": decided.codes[0] if decided.codes else None, "message": None, "not_before": None}


def note_decision(decided: Decided, situation: Situation, now: datetime) -> dict[str, Any]:
    """Return what a row keeps of a decision."""
    return {
        "decision": decided.to_json(),
        "decision_id": decided.provenance.decision_id,
        "trace_id": current_trace_id(),
        "started_at": situation.step.started_at or now,
    }
