"""Having done what was permitted, and what its outcome means for the step; after a lost answer, finding out."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from assent_orchestrator.audit import spans
from assent_orchestrator.audit.record import EffectNote
from assent_orchestrator.clock import later
from assent_orchestrator.errors import BusyError
from assent_orchestrator.execution import bulk
from assent_orchestrator.execution.arguments import UnfitError
from assent_orchestrator.execution.became import OUTCOME_LOST
from assent_orchestrator.execution.circuit import PERMIT_INVALID
from assent_orchestrator.execution.circuits import Call, Circuits
from assent_orchestrator.execution.conclusion import Conclusion, Conclusions
from assent_orchestrator.execution.dispatch import Dispatch
from assent_orchestrator.execution.driven import SETTLED, Pause
from assent_orchestrator.execution.ending import is_ending
from assent_orchestrator.execution.meant import meant
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.patience import HELD_SECONDS, patience
from assent_orchestrator.execution.remembering import (
    Keepsakes,
    Remembering,
    UnkeptError,
    wanted_of,
)
from assent_orchestrator.execution.result import bare, judge
from assent_orchestrator.execution.situation import Appointed, Situation, UncataloguedError, appoint
from assent_orchestrator.execution.unretained import NOT_RETAINED
from assent_orchestrator.execution.waiting import agreed_retry
from assent_orchestrator.governance.intent import EffectStatus
from assent_orchestrator.governance.judging import UNFULFILLED
from assent_orchestrator.governance.obligations import backoff, fewest
from assent_orchestrator.governance.ruling import Allowed
from assent_orchestrator.plan.redaction import RedactionError
from assent_orchestrator.plan.state import StepState
from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.decision import Remember
from assent_sidecar.facts import Action
from assent_sidecar.model import seconds

LOOKUP_TRIES = 8
"""How often a tool server is asked in quick succession what became of a call before the step is ``unknown``."""

UNKNOWN_SECONDS = 300.0
"""How long until the tool server is asked once more of an unknown step, at first: then twice as long each time."""

NO_LOOKUP = "NO_LOOKUP"
"""Why a step is unknown whose tool server has no Lookup: only a person can settle it."""

_UNKNOWN = {
    "NOT_RECONCILED": "the tool server cannot say whether it was done; it is asked again, or a person settles it",
    NO_LOOKUP: "the tool server has no Lookup; a person has to settle it",
    "LEFT_UNKNOWN": "the run is over, and nobody could say whether it was done; a person can still settle it",
}


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
            result = await Dispatch(self.parts).call(situation, appointed, allowed, within=min(limits))
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
        found = await Dispatch(self.parts).look_up(situation, appointed, action)
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
                _, action = await meant(tx, situation, appointed, self.parts.plans)
        except (UncataloguedError, RedactionError):
            return None
        except UnfitError as error:
            return (appointed, bare(situation, appointed, error.lost)) if error.code == NOT_RETAINED else None
        return appointed, action

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
        concluded = Conclusion(situation, action, attempt, note, state, values, result)
        try:
            if kept is not None:
                concluded = replace(concluded, kept=await self._granted(situation, appointed, kept, attempt))
            await self._write(concluded)
        except UnkeptError as error:
            # It was done, but not what was agreed to go with it: never passed on.
            note = note.model_copy(update={"error": UNFULFILLED})
            values = {"reason": UNFULFILLED, "message": str(error)}
            failed = replace(concluded, note=note, state=StepState.FAILED, values=values, kept=None)
            await self._write(failed)
        return SETTLED

    async def _granted(self, situation: Situation, appointed: Appointed, kept: Keepsakes, attempt: int) -> Keepsakes:
        """Ask whether it may be remembered, for as long as nobody answers: what was returned is known here alone.

        Raises:
            UnkeptError: it may not be, or cannot.
        """

        async def ask() -> Keepsakes:
            return await Remembering(self.parts).ask(situation, appointed, kept, attempt)

        tries = 0
        while True:
            try:
                return await self.parts.insistence.hold_out(ask)
            except BusyError:
                tries += 1
            await self.parts.insistence.wait(tries)

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
            await self._write(Conclusion(situation, allowed.action, attempt, note, StepState.DECIDING, values))
            return Pause(settled=False, seconds=wait)
        await self._write(Conclusion(situation, allowed.action, attempt, note, StepState.FAILED, values))
        return SETTLED

    async def _unknown(self, situation: Situation, attempt: int, code: str, failures: int) -> None:
        note = EffectNote(status="unknown", error=code)
        values = {"reason": code, "failures": failures}
        await self._write(Conclusion(situation, None, attempt, note, StepState.DISPATCHED, values))

    async def _did_not_happen(self, situation: Situation, attempt: int) -> Pause | None:
        """Write that nothing was done; None: it may be attempted again now.

        What a crash of ours cut off is no failure of anybody. An answer that got lost is one: it was counted as such.
        """
        note = EffectNote(status="failed", error="NOT_DONE", recovered=True)
        values: dict[str, Any] = {"reason": "NOT_DONE"}
        if situation.intent is not None and situation.intent.status is EffectStatus.INTENDED:
            await self._write(Conclusion(situation, None, attempt, note, StepState.DECIDING, values))
            return None
        retry, failures = agreed_retry(situation), situation.step.failures
        if failures >= (LOOKUP_TRIES if retry is None else retry.max_attempts):
            values["message"] = "its answer was lost, and it was not done; it is not tried again"
            await self._write(Conclusion(situation, None, attempt, note, StepState.FAILED, values))
            return SETTLED
        if retry is None or not failures:
            wait = patience(max(failures, 1))
        else:
            wait = backoff(retry, failures, run=situation.run.id, row=situation.step.id)
        values["not_before"] = later(self.parts.clock(), wait)
        await self._write(Conclusion(situation, None, attempt, note, StepState.DECIDING, values))
        return Pause(settled=False, seconds=wait)

    async def _lost(self, situation: Situation, attempt: int) -> Pause:
        """Give up something that merely looks: its answer was lost again and again, and it did nothing."""
        note = EffectNote(status="failed", error=OUTCOME_LOST)
        values = {"reason": OUTCOME_LOST, "message": "its answer was lost too often"}
        await self._write(Conclusion(situation, None, attempt, note, StepState.FAILED, values))
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
            await self._write(Conclusion(situation, None, attempt, note, StepState.UNKNOWN, values))
        return SETTLED if ending else Pause(settled=False, seconds=_unhurried(code, tries))

    async def _write(self, conclusion: Conclusion) -> None:
        await Conclusions(self.parts).write(conclusion)


def _unhurried(code: str, tries: int) -> float:
    """Return the seconds until an unknown step is looked at again, unless somebody settles it."""
    if code == NO_LOOKUP:
        return HELD_SECONDS
    return min(UNKNOWN_SECONDS * 2.0 ** min(max(tries - LOOKUP_TRIES, 0), 10), HELD_SECONDS)
