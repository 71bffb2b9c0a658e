"""What follows when a step does not get on and its process has a person asked: the item, and what becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import ApprovalState
from assent_orchestrator.approvals.note import note_event, note_state
from assent_orchestrator.approvals.request import open_item, resolve
from assent_orchestrator.approvals.work_item import Trouble, Whose, open_work_item
from assent_orchestrator.audit.record import Draft
from assent_orchestrator.audit.traceparent import current_traceparent
from assent_orchestrator.execution.journal import RunRow, StepRow, change_run, change_step
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.scene import happened_before
from assent_orchestrator.governance import intent
from assent_orchestrator.governance.intent import EffectStatus
from assent_orchestrator.governance.minutes import step_moved
from assent_orchestrator.plan.state import BEFORE_PEOPLE_STEPS, GOING_RUNS, SkipReason, StepState
from assent_sidecar.catalogue.process import Ask, Asking, ItemChoice, Step


@dataclass(frozen=True, slots=True)
class Fall:
    """What becomes of a step that did not get on: its state, other values of its row, and what to record."""

    state: StepState
    values: Mapping[str, Any] = field(default_factory=dict)
    drafts: tuple[Draft, ...] = ()


@dataclass(frozen=True, slots=True)
class Plight:
    """A step that does not get on, as it is in a run that is locked; ``rows`` are the others of the run."""

    parts: Parts
    run: RunRow
    step: StepRow
    spec: Step
    rows: Mapping[str, StepRow]


async def fall(
    tx: AsyncConnection,
    plight: Plight,
    failed: Fall,
) -> Fall:
    """Return what becomes of a step that failed: what its process says, or a person is asked. The run is locked.

    ``failed`` is how it fails; its values have a ``reason``. What became of its effect is in the database already.
    """
    run, step = plight.run, plight.step
    ask = _ask_of(plight)
    if ask is None:
        return failed
    known = await intent.read(tx, run.id, step.id)
    done = known is not None and known.status is EffectStatus.SUCCEEDED
    # What was done is not done again, though what came back is not what was agreed.
    choices = tuple(one for one in ask.choices if one in ("skip", "compensate") or (one == "retry" and not done))
    if not choices:
        return await follow(tx, run, ask.otherwise, failed, plight.parts.clock())
    draft = await _open(tx, plight, (ask, failed, choices))
    values = {**failed.values, "finished_at": None, "not_before": None}
    return Fall(StepState.AWAITING_CHOICE, values, (*failed.drafts, draft))


async def ask_of_unknown(
    tx: AsyncConnection,
    plight: Plight,
    unknown: Fall,
) -> tuple[Draft, ...]:
    """Put an unknown step before a person if its process says so, and it is not yet; return what to record."""
    step, ask = plight.step, _ask_of(plight)
    if ask is None or "reconcile" not in ask.choices or await open_item(tx, step.run_id, step.id) is not None:
        return ()
    return (await _open(tx, plight, (ask, unknown, ("reconcile",))),)


async def follow(tx: AsyncConnection, run: RunRow, choice: str, failed: Fall, now: datetime) -> Fall:
    """Return what becomes of a failed step by ``skip``, ``compensate`` or ``fail``; the run is locked."""
    ended = {**failed.values, "finished_at": now, "not_before": None}
    if choice == "skip":
        why = ": ".join(str(part) for part in (failed.values.get("reason"), failed.values.get("message")) if part)
        ended |= {"reason": str(SkipReason.SKIPPED_ON_FAILURE), "message": why[:500]}
        return Fall(StepState.SKIPPED, ended, failed.drafts)
    if choice == "compensate":
        await change_run(tx, run.id, now, compensate=True)
    return Fall(StepState.FAILED, ended, failed.drafts)


async def close_item(
    tx: AsyncConnection, step: StepRow, now: datetime, state: ApprovalState = ApprovalState.VOID
) -> tuple[Draft, ...]:
    """End the item of a step that is not before people any more; return what to record. The run is locked."""
    if step.state not in BEFORE_PEOPLE_STEPS:
        return ()
    item = await open_item(tx, step.run_id, step.id, lock=True)
    if item is None:
        return ()
    await resolve(tx, item, state, now)
    return (note_state(item, state),)


async def lapse(
    tx: AsyncConnection, run: RunRow, step: StepRow, spec: Step, now: datetime, *, ending: bool
) -> tuple[Draft, ...]:
    """Write what becomes of a failed step that nobody chose for in time, or before its run ended; return the records.

    The run is locked.
    """
    closed = await close_item(tx, step, now, ApprovalState.VOID if ending else ApprovalState.EXPIRED)
    otherwise = spec.on_failure.ask.otherwise if isinstance(spec.on_failure, Asking) and not ending else "fail"
    came = await follow(tx, run, otherwise, failure_of(step), now)
    await change_step(tx, run.id, step.id, **came.values, state=str(came.state))
    detail = {"reason": str(came.values["reason"])}
    draft = step_moved(run.id, step.id, step.state, came.state, attempt=step.attempt, detail=detail)
    return (*closed, draft)


def failure_of(step: StepRow) -> Fall:
    """Return how a step failed that waits for a choice."""
    return Fall(StepState.FAILED, {"reason": step.reason, "message": step.message})


def _ask_of(plight: Plight) -> Ask | None:
    spec, run = plight.spec, plight.run
    if not isinstance(spec.on_failure, Asking) or run.cancel_requested is not None or run.state not in GOING_RUNS:
        return None
    return spec.on_failure.ask


async def _open(
    tx: AsyncConnection,
    plight: Plight,
    asked: tuple[Ask, Fall, tuple[ItemChoice, ...]],
) -> Draft:
    ask, fallen, choices = asked
    parts, run, step, spec = plight.parts, plight.run, plight.step, plight.spec
    known, operation = await intent.read(tx, run.id, step.id), parts.catalogue(run.tenant).operation(spec.action)
    unknown = fallen.state is StepState.UNKNOWN
    trouble = Trouble(
        state=str(StepState.UNKNOWN if unknown else StepState.AWAITING_CHOICE),
        code=str(fallen.values.get("reason") or ""),
        message=str(fallen.values.get("message") or ""),
        attempts=step.attempt,
        choices=choices,
        otherwise="" if unknown else ask.otherwise,
        digest=known.action_digest if known is not None else "",
        so_far=tuple(happened_before(run, plight.rows, spec.id)),
    )
    whose = Whose(
        tenant=run.tenant,
        run_id=run.id,
        step_id=step.id,
        process=run.process,
        agent=spec.agent,
        principal=run.principal.id,
        action=spec.action,
        effect=operation.effect if operation is not None else "write",
        decision_id=step.decision_id or "",
        revision=parts.revision(run.tenant),
        traceparent=current_traceparent(),
    )
    item = await open_work_item(tx, whose, ask, trouble, parts.clock())
    return note_event("approval.choice_requested", item, str(item.state))
