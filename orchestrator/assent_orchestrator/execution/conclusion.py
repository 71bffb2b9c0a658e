"""What became of an attempt, written down once: while it is news, and with all that follows from it for the step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Draft, EffectNote, StateNote
from assent_orchestrator.audit.stride import Stride
from assent_orchestrator.execution.asking import Fall, Plight, ask_of_unknown, close_item, fall
from assent_orchestrator.execution.became import became
from assent_orchestrator.execution.compensation import tell_left
from assent_orchestrator.execution.driven import FencedError
from assent_orchestrator.execution.driver import drives
from assent_orchestrator.execution.journal import RunRow, StepRow, change_step, lock_step
from assent_orchestrator.execution.knock import note_knock
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.remembering import Keepsakes, Remembering, doer_of
from assent_orchestrator.execution.situation import Situation
from assent_orchestrator.execution.standing import keep
from assent_orchestrator.governance import intent
from assent_orchestrator.governance.intent import EffectStatus
from assent_orchestrator.governance.minutes import alarmed
from assent_orchestrator.plan.state import TERMINAL_STEPS, RunState, StepState
from assent_sidecar.catalogue.process import Asking
from assent_sidecar.facts import Action
from assent_sidecar.model import Json

DONE_AFTER_ALL = "DONE_AFTER_ALL"
"""Why a step is said to have failed, or to be cancelled, of which the tool server says later that it was done."""

_AFTER_ALL = "it was done: the tool server said so after somebody had said that it was not"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What one attempt at a step came to: the step's new state with its other columns, and what is noted of the effect.

    ``action`` is what was done, where that is certain, ``result`` what it returned, ``kept`` what to remember of it.
    """

    situation: Situation
    action: Action | None
    attempt: int
    note: EffectNote
    state: StepState
    values: Mapping[str, Any]
    result: Json = None
    kept: Keepsakes | None = None


@dataclass(frozen=True, slots=True)
class Conclusions:
    """Writes them."""

    parts: Parts

    async def write(self, conclusion: Conclusion) -> None:
        """Write what became of an attempt, if that is news still, however long the database is away meanwhile.

        An answer is known here alone: were it let go of, somebody would have to find out again, or nobody could.

        Raises:
            FencedError: somebody else drives the run. What is known for certain was written all the same.
            UnkeptError: what is to be remembered of it cannot be; nothing was written.
        """

        async def write() -> None:
            if conclusion.kept is not None or not await self._outright(conclusion):
                await self._at_length(conclusion)

        await self.parts.insistence.hold_out(write)

    async def _at_length(self, conclusion: Conclusion) -> None:
        situation, note = conclusion.situation, conclusion.note
        async with self.parts.trail.recording() as tx:
            run, step = await lock_step(tx, situation.run.id, situation.step.id, self.parts.plans)
            ours = drives(run, situation.run.driver)
            # Of a run that somebody else drives only what is certain is worth saying, while it is on its way.
            late = not ours and (run.finished_at is not None or conclusion.state not in TERMINAL_STEPS)
            after_all = note.status == "succeeded" and await _was_denied(tx, step, conclusion.attempt)
            stale = late or not _concerns(step, conclusion.attempt, note) or await _was_said(tx, step, note)
            if not after_all and stale:
                if not ours:
                    raise FencedError
                return
            now = self.parts.clock()
            status = EffectStatus(note.status)
            settled = await intent.settle(tx, run.id, step.id, status, now, result=conclusion.result)
            if after_all and not step.undo:
                # What follows from what was said before has happened: the state stays, and the truth is written down.
                came = Fall(step.state, {"reason": DONE_AFTER_ALL, "message": _AFTER_ALL})
            else:
                came = await self._came_to(tx, run, step, situation, Fall(conclusion.state, conclusion.values))
            await change_step(tx, run.id, step.id, **{**came.values, "state": str(came.state)})
            moved = StateNote(before=str(step.state), after=str(came.state))
            draft = became(situation, conclusion.action, conclusion.attempt, note).model_copy(
                update={
                    "ledgers": settled.notes or None,
                    "state": moved if step.state is not came.state else None,
                    "detail": {"said_before": step.reason or str(step.state)} if after_all else None,
                }
            )
            told = await tell_left(tx, run, step.id, self.parts.catalogue(run.tenant), now) if after_all else ()
            standing = await keep(tx, run, now)
            drafts = (draft, *alarmed(draft, settled.alarms), *came.drafts, *told, *standing)
            if conclusion.kept is not None:
                drafts += await Remembering(self.parts).fulfil(
                    tx, run, doer_of(situation.run, situation.step.id, situation.spec), conclusion.kept
                )
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

    async def _outright(self, conclusion: Conclusion) -> bool:
        """Write what became of a first attempt in one go; False: that takes the longer way."""
        situation, state = conclusion.situation, conclusion.state
        if state not in TERMINAL_STEPS or situation.intent is not None or situation.run.state is not RunState.RUNNING:
            return False
        if state is StepState.FAILED and isinstance(situation.spec.on_failure, Asking):
            return False
        moved = StateNote(before=str(StepState.DISPATCHED), after=str(state))
        draft = became(situation, conclusion.action, conclusion.attempt, conclusion.note)
        stride = Stride(
            run=situation.run.id,
            driver=situation.run.driver,
            step=situation.step.id,
            state=moved.before or "",
            attempt=conclusion.attempt,
            values={**conclusion.values, "state": str(state), "finished_at": self.parts.clock(), "not_before": None},
            status=conclusion.note.status,
            drafts=(draft.model_copy(update={"state": moved}),),
        )
        written = await self.parts.trail.stride(situation.run.tenant, stride)
        if written:
            self.parts.courses.follow(stride)
        return written


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
