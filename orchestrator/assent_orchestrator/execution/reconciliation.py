"""A person says what became of a call that nobody else can tell of."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Actor, Draft, EffectNote, StateNote
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.errors import ConflictError, Fault, InvalidError, NotFoundError, StateError
from assent_orchestrator.execution.arguments import UnfitError
from assent_orchestrator.execution.asking import Fall, Plight, close_item, fall
from assent_orchestrator.execution.bulk import aside
from assent_orchestrator.execution.compensation import tell_left
from assent_orchestrator.execution.driver import drives
from assent_orchestrator.execution.durable import Durable
from assent_orchestrator.execution.ending import is_ending
from assent_orchestrator.execution.journal import RunRow, StepRow, change_step, read_steps
from assent_orchestrator.execution.meant import meant
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.remembering import (
    Keepsakes,
    Remembering,
    UnkeptError,
    doer_of,
)
from assent_orchestrator.execution.result import bare, repeated
from assent_orchestrator.execution.runs import RunView, etag_of, read_visible, view
from assent_orchestrator.execution.situation import Situation, UncataloguedError, appoint, read_situation
from assent_orchestrator.execution.standing import keep
from assent_orchestrator.execution.unretained import NOT_RETAINED
from assent_orchestrator.governance import intent
from assent_orchestrator.governance.intent import EffectStatus
from assent_orchestrator.governance.judging import UNFULFILLED
from assent_orchestrator.governance.minutes import alarmed
from assent_orchestrator.plan.derived import spec_of
from assent_orchestrator.plan.label import UNTRUSTED, fit, join
from assent_orchestrator.plan.redaction import RedactionError
from assent_orchestrator.plan.schema import validate
from assent_orchestrator.plan.state import TERMINAL_RUNS, TERMINAL_STEPS, StepState
from assent_orchestrator.plan.unretained import withheld
from assent_orchestrator.store.look import one_look
from assent_sidecar.canonical import digest
from assent_sidecar.facts import Labels
from assent_sidecar.model import Json


class Settlement(StrEnum):
    """What a person says became of the call."""

    DONE = "done"
    NOT_DONE = "not_done"
    """It was not done: the policies are asked again whether it may be tried again, unless the run comes to its end."""
    FAILED = "failed"
    """It was not done, and is not tried again: the step failed."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a person found out. ``result`` is what the tool would have answered; only for what was done."""

    settlement: Settlement
    rationale: str
    etag: str
    result: Json = None
    has_result: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """What it comes to that an action was done: the labels of its result, and what may be remembered of it, if any."""

    labels: Labels
    kept: Keepsakes | None


@dataclass(frozen=True, slots=True)
class Reconciliations:
    """Takes the word of people for what is unknown."""

    parts: Parts
    durable: Durable

    async def reconcile(self, caller: Caller, run_id: str, step_id: str, evidence: Evidence) -> RunView:
        """Settle an unknown step. In a run that is over the truth is written down, and the run stays as it is.

        Raises:
            NotFoundError: there is no run that this caller may know of, or it has no such step.
            ForbiddenError: the caller is no operator.
            ConflictError: the etag is not the newest: what the person looked at may be another attempt.
            StateError: the step is not unknown, or not any more.
            InvalidError: the result is missing, or not one that the operation has.

        """
        caller.require_person()
        parts = self.parts
        async with one_look(parts.engine) as tx:
            await self._unknown(tx, caller, run_id, step_id, evidence)
            situation = await read_situation(tx, run_id, step_id, parts.plans, unretained=parts.unretained)
        word = await self.examined(situation, evidence)
        async with self.parts.trail.recording() as tx:
            plight = await self._unknown(tx, caller, run_id, step_id, evidence, lock=True)
            run, step = plight.run, plight.step
            closed = await close_item(tx, step, self.parts.clock())
            drafts = await self.settle(tx, caller, plight, evidence, word)
            await self.parts.trail.append(tx, run.tenant, (*closed, *drafts))
            after = await view(tx, caller, run_id, self.parts.plans)
        await self.durable.wake(run_id, (step_id,))
        return after

    async def _unknown(
        self, tx: AsyncConnection, caller: Caller, run_id: str, step_id: str, evidence: Evidence, *, lock: bool = False
    ) -> Plight:
        run = await read_visible(tx, caller, run_id, self.parts.plans, lock=lock)
        caller.require(Role.OPERATOR)
        rows = await read_steps(tx, run_id)
        step = rows.get(step_id)
        if step is None:
            raise NotFoundError("there is no such step", run=run_id, step=step_id)
        if evidence.etag != etag_of(run):
            raise ConflictError("the run changed since you saw it; look again", run=run_id)
        if step.state is not StepState.UNKNOWN:
            raise StateError(f"the step is {step.state}", run=run_id, step=step_id, state=str(step.state))
        return Plight(self.parts, run, step, spec_of(run.plan.steps, step_id), rows)

    async def examined(self, situation: Situation, evidence: Evidence) -> Word | None:
        """Find out what it comes to that an action was done, before the run is locked; None: it was not done.

        What policies want remembered of it is put to the policies of memory.

        Raises:
            InvalidError: it may not be, or cannot; or the result is missing, or not one that the operation has.
            BusyError: as many decisions wait as may; nothing was done.
            UnavailableError: it could not be recorded; nothing was done.
        """
        if evidence.settlement is not Settlement.DONE:
            return None
        remembering = Remembering(self.parts)
        given = (evidence.result,)
        labels = await aside(self._labels, given, situation.run, situation.step, evidence)
        try:
            async with one_look(self.parts.engine) as tx:
                labels = join(labels, await self._repeated(tx, situation, evidence.result))
                found = await remembering.of_settled(tx, situation, evidence.result, labels)
            return Word(labels, await remembering.ask(*found, situation.step.attempt) if found is not None else None)
        except UnkeptError as error:
            raise _unusable(UNFULFILLED, str(error)) from error

    async def settle(
        self,
        tx: AsyncConnection,
        caller: Caller,
        plight: Plight,
        evidence: Evidence,
        word: Word | None,
    ) -> tuple[Draft, ...]:
        """Write what a person says became of an unknown step; return what to record. The run is locked.

        ``word`` is what was ``examined`` of it.

        Raises:
            InvalidError: what was not done has a result, or what is to be remembered cannot be.
        """
        now, run, step = self.parts.clock(), plight.run, plight.step
        again = _goes_on(run, step, plight.rows)
        state, values = await aside(self._settled, (evidence.result,), run, step, evidence, word, repeatable=again)
        status = EffectStatus.SUCCEEDED if evidence.settlement is Settlement.DONE else EffectStatus.FAILED
        settled = await intent.settle(tx, run.id, step.id, status, now, result=evidence.result)
        came = Fall(state, {**values, "finished_at": now if state in TERMINAL_STEPS else None})
        if state is StepState.FAILED:
            came = await fall(tx, plight, came)
        remembered = await self._remembered(tx, plight, word.kept) if word is not None else ()
        await change_step(tx, run.id, step.id, state=str(came.state), **came.values)
        concluded = await tell_left(tx, run, step.id, self.parts.catalogue(run.tenant), now)
        stored = came.values.get("output")
        draft = await aside(_draft, (stored,), caller, run, step, came.state, evidence, stored=stored)
        draft = draft.model_copy(update={"ledgers": settled.notes or None})
        return (
            draft,
            *alarmed(draft, settled.alarms),
            *came.drafts,
            *concluded,
            *await keep(tx, run, now),
            *remembered,
        )

    async def _remembered(self, tx: AsyncConnection, plight: Plight, kept: Keepsakes | None) -> tuple[Draft, ...]:
        """Remember what policies want remembered of the step; return what to record."""
        if kept is None:
            return ()
        doer = doer_of(plight.run, plight.step.id, plight.spec)
        try:
            return await Remembering(self.parts).fulfil(tx, plight.run, doer, kept)
        except UnkeptError as error:
            raise _unusable(UNFULFILLED, str(error)) from error

    def _settled(
        self, run: RunRow, step: StepRow, evidence: Evidence, word: Word | None, *, repeatable: bool
    ) -> tuple[StepState, dict[str, Any]]:
        if word is not None:
            output = self._output(run, step, evidence.result, word.labels)
            return StepState.SUCCEEDED, {**output, "reason": None, "message": None}
        if evidence.has_result:
            raise _unusable("RESULT_NOT_NEEDED", "what was not done has no result")
        again = evidence.settlement is Settlement.NOT_DONE and repeatable
        values = {"reason": "NOT_DONE", "message": "a person found that it was not done"}
        return StepState.DECIDING if again else StepState.FAILED, values

    def _labels(self, run: RunRow, step: StepRow, evidence: Evidence) -> Labels:
        """Return the labels of what a person says was returned.

        Raises:
            InvalidError: it is missing, or not one that the operation has.
        """
        operation = self.parts.catalogue(run.tenant).operation(step.action)
        if operation is None:
            raise _unusable("UNKNOWN_OPERATION", "the bundle in force does not say what a result looks like")
        if not evidence.has_result:
            raise _unusable("RESULT_MISSING", "say what the tool would have answered")
        violations = validate(evidence.result, operation.result)
        if violations:
            faults = tuple(Fault(f"result{one.pointer}", "RESULT_SCHEMA", one.message) for one in violations)
            raise InvalidError("the operation has no such result", faults)
        return join(fit(operation.labels, evidence.result), {"": (UNTRUSTED,)})

    async def _repeated(self, tx: AsyncConnection, situation: Situation, result: Json) -> Labels:
        """Return labels for what repeats an argument that is never retained, as of what a tool server says itself."""
        catalogue = self.parts.catalogue(situation.run.tenant)
        if not catalogue.memory.never:
            return {}
        try:
            appointed = appoint(catalogue, situation)
            try:
                _, action = await meant(tx, situation, appointed, self.parts.plans)
            except UnfitError as error:
                if error.code != NOT_RETAINED:
                    raise
                action = bare(situation, appointed, error.lost)
        except (UncataloguedError, UnfitError, RedactionError):
            # Nobody can say any more what the arguments were: it may repeat whatever the step may have seen.
            return {"": (min(catalogue.memory.never),)} if situation.confided or situation.lost else {}
        return await aside(repeated, (result,), result, appointed, action)

    def _output(self, run: RunRow, step: StepRow, result: Json, labels: Labels) -> dict[str, Any]:
        never = self.parts.catalogue(run.tenant).memory.never
        if drives(run, self.parts.driver):
            stored, labels = self.parts.unretained.store(run.id, ("output", step.id), result, labels, never)
        else:  # it would be of no use here
            stored, labels = withheld(result, labels, never) or (result, labels)
        return {"output": stored, "labels": {pointer: list(names) for pointer, names in labels.items()}}


def _goes_on(run: RunRow, step: StepRow, rows: Mapping[str, StepRow]) -> bool:
    """Say whether such a step is still taken: in a run that comes to its end only what undoes something is."""
    return run.state not in TERMINAL_RUNS if step.undo else not is_ending(run, rows)


def _draft(caller: Caller, run: RunRow, step: StepRow, state: StepState, evidence: Evidence, *, stored: Json) -> Draft:
    done = evidence.settlement is Settlement.DONE
    note = EffectNote(
        status="succeeded" if done else "failed",
        result_digest=digest(stored) if done else None,
        error=None if done else "NOT_DONE",
        recovered=True,
    )
    return Draft(
        event=f"action.{note.status}",
        run=run.id,
        step=step.id,
        attempt=step.attempt,
        actor=Actor.of(caller),
        on_behalf_of=run.principal.id,
        effect=note,
        state=StateNote(before=str(step.state), after=str(state)),
        detail={"settlement": str(evidence.settlement), "rationale": evidence.rationale},
        trace=trace_note(),
    )


def _unusable(code: str, description: str) -> InvalidError:
    return InvalidError("the step cannot be settled so", (Fault("result", code, description),))
