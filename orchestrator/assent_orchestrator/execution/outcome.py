"""Doing what was permitted and writing down what became of it; after a lost answer, finding out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit import spans
from assent_orchestrator.audit.record import Draft, EffectNote, StateNote
from assent_orchestrator.audit.stride import Stride
from assent_orchestrator.clock import later
from assent_orchestrator.execution import arguments, bulk
from assent_orchestrator.execution.asking import Fall, Plight, ask_of_unknown, close_item, fall
from assent_orchestrator.execution.became import OUTCOME_LOST, became
from assent_orchestrator.execution.circuit import PERMIT_INVALID
from assent_orchestrator.execution.circuits import Call, Circuits
from assent_orchestrator.execution.compensation import tell_left
from assent_orchestrator.execution.driver import FencedError, drives
from assent_orchestrator.execution.durable import SETTLED, Pause
from assent_orchestrator.execution.ending import is_ending
from assent_orchestrator.execution.handovers import as_handed_over
from assent_orchestrator.execution.insistence import hold_out
from assent_orchestrator.execution.journal import RunRow, StepRow, change_step, lock_step
from assent_orchestrator.execution.knock import note_knock
from assent_orchestrator.execution.memory_steps import Doer
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.patience import HELD_SECONDS, patience
from assent_orchestrator.execution.remembering import (
    OBLIGATION_UNFULFILLED,
    Keepsakes,
    Remembering,
    UnkeptError,
    wanted_of,
)
from assent_orchestrator.execution.result import bare, discreet, judge
from assent_orchestrator.execution.situation import Appointed, Situation, UncataloguedError, appoint
from assent_orchestrator.execution.standing import keep
from assent_orchestrator.execution.unretained import NOT_RETAINED
from assent_orchestrator.execution.waiting import agreed_retry
from assent_orchestrator.governance import intent
from assent_orchestrator.governance.intent import EffectStatus
from assent_orchestrator.governance.minutes import alarmed
from assent_orchestrator.governance.obligations import backoff, fewest, sort_out
from assent_orchestrator.governance.permit import PermitError
from assent_orchestrator.governance.ruling import Allowed
from assent_orchestrator.plan.redaction import RedactionError
from assent_orchestrator.plan.state import TERMINAL_STEPS, RunState, StepState
from assent_orchestrator.tools.outcome import TOOL_SERVER_UNKNOWN, Failure, Found, Success
from assent_sidecar.catalogue.own import OWN_SERVER
from assent_sidecar.catalogue.process import Asking
from assent_sidecar.decision import Remember
from assent_sidecar.model import Json, seconds
from assent_sidecar.question import Action

LOOKUP_TRIES = 8
"""How often a tool server is asked in quick succession what became of a call before the step is ``unknown``."""

UNKNOWN_SECONDS = 300.0
"""How long until the tool server is asked once more of an unknown step, at first: then twice as long each time."""

NO_LOOKUP = "NO_LOOKUP"
"""Why a step is unknown whose tool server has no Lookup: only a person can settle it."""

DONE_AFTER_ALL = "DONE_AFTER_ALL"
"""Why a step is said to have failed, or to be cancelled, of which the tool server says later that it was done."""

_AFTER_ALL = "it was done: the tool server said so after somebody had said that it was not"

_UNKNOWN = {
    "NOT_RECONCILED": "the tool server cannot say whether it was done; it is asked again, or a person settles it",
    NO_LOOKUP: "the tool server has no Lookup; a person has to settle it",
    "LEFT_UNKNOWN": "the run is over, and nobody could say whether it was done; a person can still settle it",
}

_LOOKUP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Performs permitted actions."""

    parts: Parts

    async def perform(
        self, situation: Situation, appointed: Appointed, allowed: Allowed, probe: datetime | None = None
    ) -> Pause:
        """Call the tool with the permit and write down what came of it; ``probe`` if that is to try its system."""
        permit, operation = allowed.permit, appointed.operation
        limits = [seconds(operation.timeout)]
        limits += [allowed.timeout] if allowed.timeout is not None else []
        limits += [seconds(situation.spec.deadline)] if situation.spec.deadline is not None else []
        with spans.tool_span(
            situation.spec.action,
            run=situation.run.id,
            step=situation.step.id,
            attempt=permit.attempt,
            decision=permit.decision_id,
            permit=permit.id,
            action_digest=allowed.action.digest,
            agent=situation.spec.agent,
            ledgers=sorted({one.ledger for one in allowed.reserves}),
        ) as span:
            call = Call(self.parts.clock(), probe)
            result = await self._invoke(situation, allowed, appointed, min(limits))
            if isinstance(result, Success):
                spans.describe_effect(span, "succeeded")
                pause = await self._succeeded(
                    situation, appointed, allowed.action, result, permit.attempt, wanted=allowed.remembers
                )
            else:
                spans.describe_effect(span, "failed" if result.effect == "none" else "unknown", error=result.code)
        if isinstance(result, Failure):
            pause = await self._not_succeeded(situation, appointed, allowed, result)
        # After what became of the step: should the database go away in between, only this is lost.
        await Circuits(self.parts).note(situation, appointed, result, call)
        return pause

    async def _not_succeeded(
        self, situation: Situation, appointed: Appointed, allowed: Allowed, failure: Failure
    ) -> Pause:
        if failure.effect == "none":
            return await self._failed(situation, allowed, failure)
        # What may be repeated without knowing is, so many times, whatever was said of failures.
        failures = situation.step.failures + (0 if appointed.repeatable else 1)
        await self._unknown(situation, allowed.permit.attempt, failure.code, failures)
        return Pause(settled=False, seconds=patience(allowed.permit.attempt))

    async def _called(
        self, situation: Situation, allowed: Allowed, appointed: Appointed, within: float
    ) -> Success | Failure:
        if appointed.tool_server != OWN_SERVER:
            return await self.parts.tools.invoke(
                allowed.permit, allowed.action, tool_server=appointed.tool_server, timeout=within
            )
        if self.parts.memory is None:
            return Failure(TOOL_SERVER_UNKNOWN, "this server has no memory", retryable=False, effect="none")
        redactions = sort_out(allowed.decided.decision.obligations).redactions
        return await self.parts.memory.perform(
            allowed.permit, allowed.action, _doer(situation), within=within, redactions=redactions
        )

    async def _found(self, situation: Situation, appointed: Appointed, action: Action) -> Found:
        assert situation.intent is not None
        if appointed.tool_server != OWN_SERVER:
            return await self.parts.tools.lookup(
                situation.intent.idempotency_key, action, tool_server=appointed.tool_server, timeout=_LOOKUP_SECONDS
            )
        return (
            Found("never") if self.parts.memory is None else await self.parts.memory.look_up(action, _doer(situation))
        )

    async def _invoke(
        self, situation: Situation, allowed: Allowed, appointed: Appointed, within: float
    ) -> Success | Failure:
        try:
            async with self.parts.turnstile.aside():
                result = await self._called(situation, allowed, appointed, within)
            return discreet(result, appointed, allowed.action) if isinstance(result, Failure) else result
        except PermitError as error:
            # A clock that jumped, or a commit that took minutes: nothing was sent, and the gate may be asked again.
            return Failure(PERMIT_INVALID, str(error), retryable=True, effect="none")

    async def reconcile(self, situation: Situation, tries: int) -> Pause | None:
        """Find out what became of an effect whose outcome is not written down; None: it may be attempted again."""
        assert situation.intent is not None
        attempt = situation.intent.attempt
        if situation.intent.status is EffectStatus.INTENDED:
            await self._unknown(situation, attempt, OUTCOME_LOST, situation.step.failures)
        meant = await self._meant(situation)
        if meant is None:
            return await self.leave(situation, attempt, tries=tries)
        appointed, action = meant
        if appointed.repeatable:
            if attempt - situation.step.failures < LOOKUP_TRIES:
                return None
            return await self._lost(situation, attempt)
        if situation.step.reason == NO_LOOKUP:
            return await self.leave(situation, attempt, NO_LOOKUP)
        async with self.parts.turnstile.aside():
            found = await self._found(situation, appointed, action)
        if found.status == "done":
            done = Success(found.result)
            wanted = wanted_of(situation)
            return await self._succeeded(situation, appointed, action, done, attempt, wanted=wanted, recovered=True)
        if found.status == "not_done":
            return await self._did_not_happen(situation, attempt)
        if found.status == "never":
            return await self.leave(situation, attempt, NO_LOOKUP)
        if situation.step.state is not StepState.UNKNOWN and tries < LOOKUP_TRIES:
            return Pause(settled=False, seconds=patience(tries))
        return await self.leave(situation, attempt, tries=tries)

    async def _meant(self, situation: Situation) -> tuple[Appointed, Action] | None:
        """Return what was attempted; None: nobody can say it any more. What it was done with may be lost."""
        try:
            appointed = appoint(self.parts.catalogue(situation.run.tenant), situation)
            async with self.parts.reader.connect() as tx:
                situation = await as_handed_over(tx, situation, self.parts.plans)
            return appointed, await bulk.aside(arguments.bound_action, situation.values(), situation, appointed)
        except (UncataloguedError, RedactionError):
            return None
        except arguments.UnfitError as error:
            return (appointed, bare(situation, appointed, error.lost)) if error.code == NOT_RETAINED else None

    async def _succeeded(
        self,
        situation: Situation,
        appointed: Appointed,
        action: Action,
        done: Success,
        attempt: int,
        *,
        wanted: tuple[Remember, ...],
        recovered: bool = False,
    ) -> Pause:
        # Not where all others wait: a megabyte takes a while, whatever the tool server means by it.
        result = done.result
        judged = await bulk.aside(judge, (result,), done, appointed, action)
        if judged.fault:
            # It was done, but what came back is not what was agreed: never passed on.
            values: dict[str, Any] = {"reason": "RESULT_SCHEMA", "message": judged.fault}
            state = StepState.FAILED
        else:
            if judged.whole is not None:
                self.parts.unretained.keep(situation.run.id, ("output", situation.step.id), result, judged.whole)
            labels = {at: list(names) for at, names in judged.labels.items()}
            values = {"output": judged.stored, "labels": labels, "reason": None, "message": None}
            state = StepState.SUCCEEDED
        note = EffectNote(
            status="succeeded",
            tool_server=appointed.tool_server,
            result_digest=judged.digest,
            error="RESULT_SCHEMA" if judged.fault else None,
            recovered=recovered or None,
        )
        kept = Keepsakes(wanted, action, result, judged.whole or judged.labels) if wanted and not judged.fault else None
        try:
            await self._write(
                situation, action, attempt, note=note, state=state, values=values, result=result, kept=kept
            )
        except UnkeptError as error:
            # It was done, but not what was agreed to go with it: never passed on.
            note = note.model_copy(update={"error": OBLIGATION_UNFULFILLED})
            values = {"reason": OBLIGATION_UNFULFILLED, "message": str(error)}
            failed = StepState.FAILED
            await self._write(situation, action, attempt, note=note, state=failed, values=values, result=result)
        return SETTLED

    async def _failed(self, situation: Situation, allowed: Allowed, failure: Failure) -> Pause:
        attempt, retry = allowed.permit.attempt, fewest(allowed.retry, situation.spec.retry)
        note = EffectNote(status="failed", error=failure.code, retryable=failure.retryable)
        values: dict[str, Any] = {"reason": failure.code, "message": failure.message[:500]}
        wait: float | None = None
        failures = situation.step.failures
        if failure.code == PERMIT_INVALID:
            # The call was never made: not a failure, but nothing to go on with for ever either.
            wait = patience(attempt) if attempt - failures < LOOKUP_TRIES else None
        else:
            failures += 1
            if failure.retryable and retry is not None and failures < retry.max_attempts:
                wait = backoff(retry, failures, run=situation.run.id, row=situation.step.id)
        if wait is not None:
            values |= {"not_before": later(self.parts.clock(), wait), "failures": failures}
            await self._write(situation, allowed.action, attempt, note=note, state=StepState.DECIDING, values=values)
            return Pause(settled=False, seconds=wait)
        await self._write(situation, allowed.action, attempt, note=note, state=StepState.FAILED, values=values)
        return SETTLED

    async def _unknown(self, situation: Situation, attempt: int, code: str, failures: int) -> None:
        note = EffectNote(status="unknown", error=code)
        values = {"reason": code, "failures": failures}
        await self._write(situation, None, attempt, note=note, state=StepState.DISPATCHED, values=values)

    async def _did_not_happen(self, situation: Situation, attempt: int) -> Pause | None:
        """Write that nothing was done; None: it may be attempted again now.

        What a crash of ours cut off is no failure of anybody. An answer that got lost is one: it was counted as such.
        """
        note = EffectNote(status="failed", error="NOT_DONE", recovered=True)
        values: dict[str, Any] = {"reason": "NOT_DONE"}
        if situation.intent is not None and situation.intent.status is EffectStatus.INTENDED:
            await self._write(situation, None, attempt, note=note, state=StepState.DECIDING, values=values)
            return None
        retry, failures = agreed_retry(situation), situation.step.failures
        if failures >= (LOOKUP_TRIES if retry is None else retry.max_attempts):
            values["message"] = "its answer was lost, and it was not done; it is not tried again"
            await self._write(situation, None, attempt, note=note, state=StepState.FAILED, values=values)
            return SETTLED
        if retry is None or not failures:
            wait = patience(max(failures, 1))
        else:
            wait = backoff(retry, failures, run=situation.run.id, row=situation.step.id)
        values["not_before"] = later(self.parts.clock(), wait)
        await self._write(situation, None, attempt, note=note, state=StepState.DECIDING, values=values)
        return Pause(settled=False, seconds=wait)

    async def _lost(self, situation: Situation, attempt: int) -> Pause:
        """Give up something that merely looks: its answer was lost again and again, and it did nothing."""
        note = EffectNote(status="failed", error=OUTCOME_LOST)
        values = {"reason": OUTCOME_LOST, "message": "its answer was lost too often"}
        await self._write(situation, None, attempt, note=note, state=StepState.FAILED, values=values)
        return SETTLED

    async def leave(
        self, situation: Situation, attempt: int, code: str = "NOT_RECONCILED", *, tries: int = LOOKUP_TRIES
    ) -> Pause:
        """Nobody can say what happened: the step is unknown until somebody can, and the run waits, unless it ends."""
        ending = is_ending(situation.run, situation.steps)
        code = "LEFT_UNKNOWN" if ending else code
        step = situation.step
        if step.state is not StepState.UNKNOWN or step.reason != code or (ending and step.finished_at is None):
            note = EffectNote(status="unknown", error=code)
            values = {
                "reason": code,
                "message": _UNKNOWN[code],
                "finished_at": self.parts.clock() if ending else None,
                "not_before": None,
            }
            await self._write(situation, None, attempt, note=note, state=StepState.UNKNOWN, values=values)
        return SETTLED if ending else Pause(settled=False, seconds=_unhurried(code, tries))

    async def _write(
        self,
        situation: Situation,
        action: Action | None,
        attempt: int,
        *,
        note: EffectNote,
        state: StepState,
        values: dict[str, Any],
        result: Json = None,
        kept: Keepsakes | None = None,
    ) -> None:
        """Write what became of an attempt, if that is news still, however long the database is away meanwhile.

        An answer is known here alone: were it let go of, somebody would have to find out again, or nobody could.

        Raises:
            FencedError: somebody else drives the run. What is known for certain was written all the same.
            UnkeptError: what is to be remembered of it cannot be; nothing was written.
        """

        async def write() -> None:
            await self._write_once(
                situation, action, attempt, note=note, state=state, values=values, result=result, kept=kept
            )

        await hold_out(write, aside=self.parts.turnstile.aside)

    async def _write_once(
        self,
        situation: Situation,
        action: Action | None,
        attempt: int,
        *,
        note: EffectNote,
        state: StepState,
        values: dict[str, Any],
        result: Json,
        kept: Keepsakes | None,
    ) -> None:
        if kept is None and await self._written_outright(
            situation, action, attempt, note=note, state=state, values=values
        ):
            return
        async with self.parts.trail.recording() as tx:
            run, step = await lock_step(tx, situation.run.id, situation.step.id, self.parts.plans)
            ours = drives(run, situation.run.driver)
            # Of a run that somebody else drives only what is certain is worth saying, while it is on its way.
            late = not ours and (run.finished_at is not None or state not in TERMINAL_STEPS)
            after_all = note.status == "succeeded" and await _was_denied(tx, step, attempt)
            stale = late or not _concerns(step, attempt, note) or await _was_said(tx, step, note)
            if not after_all and stale:
                if not ours:
                    raise FencedError
                return
            now = self.parts.clock()
            settled = await intent.settle(tx, run.id, step.id, EffectStatus(note.status), now, result=result)
            asked: tuple[Draft, ...] = ()
            if after_all and not step.undo:
                # What follows from what was said before has happened: the state stays, and the truth is written down.
                state, values = step.state, {"reason": DONE_AFTER_ALL, "message": _AFTER_ALL}
            else:
                came = await self._came_to(tx, run, step, situation, Fall(state, values))
                state, values, asked = came.state, dict(came.values), came.drafts
            await change_step(tx, run.id, step.id, **{**values, "state": str(state)})
            draft = became(situation, action, attempt, note).model_copy(
                update={
                    "ledgers": settled.notes or None,
                    "state": StateNote(before=str(step.state), after=str(state)) if step.state is not state else None,
                    "detail": {"said_before": step.reason or str(step.state)} if after_all else None,
                }
            )
            told = await tell_left(tx, run, step.id, self.parts.catalogue(run.tenant), now) if after_all else ()
            standing = await keep(tx, run, now)
            drafts = (draft, *alarmed(draft, settled.alarms), *asked, *told, *standing)
            if kept is not None:
                drafts += await Remembering(self.parts).fulfil(tx, run, _doer(situation), kept)
            await self.parts.trail.append(tx, run.tenant, drafts)
            if not ours:
                await note_knock(tx, run.id)
        if not ours:
            raise FencedError

    async def _came_to(self, tx: AsyncConnection, run: RunRow, step: StepRow, situation: Situation, said: Fall) -> Fall:
        """Return what an outcome means for the step: a person may be asked, or need not be any more."""
        now = self.parts.clock()
        closed: tuple[Draft, ...] = ()
        plight = Plight(self.parts, run, step, situation.spec, situation.steps)
        if said.state is not StepState.UNKNOWN or said.values["finished_at"] is not None:
            closed = await close_item(tx, step, now)
        if said.state is StepState.FAILED:
            fallen = await fall(tx, plight, said)
            said = Fall(fallen.state, fallen.values, (*closed, *fallen.drafts))
        elif said.state is StepState.UNKNOWN:
            asked = await ask_of_unknown(tx, plight, said)
            said = Fall(said.state, said.values, (*closed, *asked))
        else:
            said = Fall(said.state, said.values, closed)
        if said.state in TERMINAL_STEPS:
            return Fall(said.state, {**said.values, "finished_at": now, "not_before": None}, said.drafts)
        return said

    async def _written_outright(
        self,
        situation: Situation,
        action: Action | None,
        attempt: int,
        *,
        note: EffectNote,
        state: StepState,
        values: dict[str, Any],
    ) -> bool:
        """Write what became of a first attempt in one go; False: that takes the longer way."""
        if state not in TERMINAL_STEPS or situation.intent is not None or situation.run.state is not RunState.RUNNING:
            return False
        if state is StepState.FAILED and isinstance(situation.spec.on_failure, Asking):
            return False
        moved = StateNote(before=str(StepState.DISPATCHED), after=str(state))
        stride = Stride(
            run=situation.run.id,
            driver=situation.run.driver,
            step=situation.step.id,
            state=moved.before or "",
            attempt=attempt,
            values={**values, "state": str(state), "finished_at": self.parts.clock(), "not_before": None},
            status=note.status,
            drafts=(became(situation, action, attempt, note).model_copy(update={"state": moved}),),
        )
        written = await self.parts.trail.stride(situation.run.tenant, stride)
        if written:
            self.parts.courses.follow(stride)
        return written


def _doer(situation: Situation) -> Doer:
    run, agent = situation.run, situation.spec.agent
    return Doer(run.tenant, run.id, situation.step.id, agent, run.principal.id)


def _unhurried(code: str, tries: int) -> float:
    """Return the seconds until an unknown step is looked at again, unless somebody settles it."""
    if code == NO_LOOKUP:
        return HELD_SECONDS
    return min(UNKNOWN_SECONDS * 2.0 ** min(max(tries - LOOKUP_TRIES, 0), 10), HELD_SECONDS)


async def _was_denied(tx: AsyncConnection, step: StepRow, attempt: int) -> bool:
    """Say whether a step is at rest and somebody said that nothing was done by this, its newest, attempt."""
    if step.state not in TERMINAL_STEPS:
        return False
    said = await intent.read(tx, step.run_id, step.id)
    return said is not None and said.attempt == attempt and said.status is EffectStatus.FAILED


async def _was_said(tx: AsyncConnection, step: StepRow, note: EffectNote) -> bool:
    """Say whether just this not knowing was written before, as when a commit was done and its answer got lost."""
    if note.status != "unknown" or step.reason != note.error:
        return False
    said = await intent.read(tx, step.run_id, step.id)
    return said is not None and said.attempt == step.attempt and said.status is EffectStatus.UNKNOWN


def _concerns(step: StepRow, attempt: int, note: EffectNote) -> bool:
    """Say whether what was found out is still news for a step: it may have been settled, or tried again, meanwhile."""
    if step.state in TERMINAL_STEPS or step.attempt != attempt:
        return False
    # That it was done is the truth, whatever a person said before; that it was not has been said already.
    return note.status == "succeeded" or step.state in (StepState.DISPATCHED, StepState.UNKNOWN)
