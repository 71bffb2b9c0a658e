"""The permits that callers were given: listed, reported on, and unknown when nobody does in time."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.audit.record import ActionNote, Actor, Draft, EffectNote
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.audit.whose import own_runs
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import Fault, ForbiddenError, InvalidError, NotFoundError
from assent_orchestrator.governance.handed_out import Issued, PermitClosedError, PermitStatus, read_row
from assent_orchestrator.governance.minutes import alarmed
from assent_orchestrator.governance.settlement import NOTHING_SETTLED, Settled, Truth, settle
from assent_orchestrator.page import Page
from assent_orchestrator.store.keyset import window
from assent_orchestrator.store.tables import permits, runs

SWEPT_AT_ONCE = 200

_FINAL = (PermitStatus.SUCCEEDED, PermitStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the holder of a permit says became of the action."""

    status: PermitStatus
    result_digest: str = ""
    error: str = ""
    amounts: Mapping[str, str] = field(default_factory=dict)
    """What it really was, by ledger; only where the obligation says that the outcome tells."""
    rationale: str = ""
    """How a person found it out who is not the holder."""


@dataclass(frozen=True, slots=True)
class Permits:
    """Looks after the permits that callers were given."""

    engine: AsyncEngine
    trail: Trail
    clock: Clock

    async def get(self, caller: Caller, permit_id: str) -> Issued:
        """Return one permit.

        Raises:
            NotFoundError: there is none, or the caller may not know of it.
        """
        async with self.engine.connect() as tx:
            return await _find(tx, caller, permit_id)

    async def list(
        self,
        caller: Caller,
        *,
        status: PermitStatus | None = None,
        agent: str = "",
        run: str = "",
        size: int = 0,
        token: str = "",
    ) -> Page[Issued]:
        """Return a page of permits, newest first: the caller's own and those of its runs, or everybody's.

        Everybody's are for operators and auditors.

        Raises:
            InvalidError: the token is not one of ours.
        """
        page = window(permits.c.issued_at, permits.c.id, size=size, token=token)
        query = sa.select(permits).where(permits.c.tenant == caller.tenant)
        if not caller.sees_all():
            own = sa.select(runs.c.id).where(own_runs(caller))
            query = query.where(sa.or_(permits.c.holder == caller.id, permits.c.run_id.in_(own)))
        if status is not None:
            query = query.where(permits.c.status == str(status))
        if agent:
            query = query.where(permits.c.agent == agent)
        if run:
            query = query.where(permits.c.run_id == run)
        async with self.engine.connect() as tx:
            return await page.read(tx, query, read_row)

    async def report(self, caller: Caller, permit_id: str, outcome: Outcome) -> Issued:
        """Take what became of a permitted action: from its holder, once; the same again changes nothing.

        What is unknown is settled, and recorded as late: by the holder, also one who said that it was unknown, or by
        an operator who says how it was found out.

        Raises:
            NotFoundError: there is no such permit, or the caller may not know of it.
            ForbiddenError: the caller is not its holder, and there is nothing for an operator to settle.
            InvalidError: an operator does not say how it was found out.
            PermitClosedError: another outcome was reported before.
            UnavailableError: it could not be recorded; nothing is changed.
        """
        async with self.trail.recording() as tx:
            found = await _find(tx, caller, permit_id, lock=True)
            if found.holder != caller.id:
                _may_settle(caller, found, outcome)
            if found.reported_at is not None and found.status is outcome.status:
                return found
            if found.status in _FINAL:
                raise PermitClosedError("another outcome was reported before", permit=permit_id)
            now = self.clock()
            late = found.status is PermitStatus.UNKNOWN
            closed = replace(found, status=outcome.status, late=late, reported_at=now, closed_at=now)
            await tx.execute(sa.update(permits).where(permits.c.id == permit_id).values(**_changed(closed)))
            settled = NOTHING_SETTLED
            if found.reserves:
                truth = Truth(str(outcome.status), told=outcome.amounts)
                done = await settle(tx, {found.idempotency_key: truth}, now)
                settled = done.get(found.idempotency_key, NOTHING_SETTLED)
            draft = _with(_settled(closed, outcome, caller), settled)
            await self.trail.append(tx, caller.tenant, (draft, *alarmed(draft, settled.alarms)))
        return closed

    async def sweep(self) -> int:
        """Make unknown what nobody reported in time; return how many. Every server may do this at any time.

        Raises:
            UnavailableError: it could not be recorded; nothing is changed.
        """
        now = self.clock()
        async with self.trail.recording() as tx:
            due = sa.select(permits).where(permits.c.status == str(PermitStatus.ISSUED), permits.c.report_by <= now)
            due = due.order_by(permits.c.report_by).limit(SWEPT_AT_ONCE).with_for_update(skip_locked=True)
            found = [read_row(row) for row in (await tx.execute(due)).mappings()]
            if not found:
                return 0
            changed = {"status": str(PermitStatus.UNKNOWN), "closed_at": now}
            ids = [one.id for one in found]
            await tx.execute(sa.update(permits).where(permits.c.id.in_(ids)).values(**changed))
            reserving = {one.idempotency_key: Truth("unknown") for one in found if one.reserves}
            held = await settle(tx, reserving, now) if reserving else {}
            # Always in this order, so that two sweeps never wait for one another's tenant.
            for tenant in sorted({one.tenant for one in found}):
                overdue = [
                    _with(_overdue(one), held.get(one.idempotency_key, NOTHING_SETTLED))
                    for one in found
                    if one.tenant == tenant
                ]
                await self.trail.append(tx, tenant, overdue)
        return len(found)


def _may_settle(caller: Caller, permit: Issued, outcome: Outcome) -> None:
    """Let an operator say of what is unknown, and of that only, what became of it."""
    caller.require_person()
    if Role.OPERATOR not in caller.roles or permit.status is PermitStatus.ISSUED:
        raise ForbiddenError("only the holder of a permit reports its outcome", permit=permit.id)
    if permit.status is PermitStatus.UNKNOWN and outcome.status not in _FINAL:
        raise ForbiddenError("only its holder says of a permit that it is unknown", permit=permit.id)
    if not outcome.rationale:
        fault = Fault("rationale", "RATIONALE_MISSING", "say how you found out what became of it")
        raise InvalidError("the permit cannot be settled so", (fault,))


async def _find(tx: Any, caller: Caller, permit_id: str, *, lock: bool = False) -> Issued:
    query = sa.select(permits).where(permits.c.tenant == caller.tenant, permits.c.id == permit_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    if row is None or (row["holder"] != caller.id and not caller.sees_all()):
        raise NotFoundError("there is no such permit", permit=permit_id)
    return read_row(row)


def _changed(permit: Issued) -> Mapping[str, object]:
    return {
        "status": str(permit.status),
        "late": permit.late,
        "reported_at": permit.reported_at,
        "closed_at": permit.closed_at,
    }


def _settled(permit: Issued, outcome: Outcome, caller: Caller) -> Draft:
    effect = EffectNote(
        status=_status(outcome.status),
        permit=permit.id,
        idempotency_key=permit.idempotency_key,
        result_digest=outcome.result_digest or None,
        error=outcome.error or None,
    )
    late = {"late": True} if permit.late else {}
    detail = {"caller": permit.holder, "decision": permit.decision_id, **permit.detail(), **late}
    if caller.id == permit.holder:
        holder = Actor.of(caller) if caller.agent else Actor(kind="service", id=caller.id)
        return _draft(permit, effect, holder, detail)
    detail |= {"settlement": str(outcome.status), "rationale": outcome.rationale}
    return _draft(permit, effect, Actor.of(caller), detail)


def _overdue(permit: Issued) -> Draft:
    effect = EffectNote(
        status="unknown", permit=permit.id, idempotency_key=permit.idempotency_key, error="NEVER_REPORTED"
    )
    detail = {"caller": permit.holder, "decision": permit.decision_id, **permit.detail()}
    return _draft(permit, effect, Actor(kind="system", id="assent"), detail)


def _with(draft: Draft, settled: Settled) -> Draft:
    return draft.model_copy(update={"ledgers": settled.notes}) if settled.notes else draft


def _draft(permit: Issued, effect: EffectNote, actor: Actor, detail: dict[str, Any]) -> Draft:
    return Draft(
        event=f"action.{effect.status}",
        run=permit.run_id,
        step=permit.step_id or permit.item,
        actor=actor,
        on_behalf_of=permit.principal,
        action=ActionNote.model_validate(
            {"name": permit.action, "digest": permit.action_digest, "effect": permit.effect}
        ),
        effect=effect,
        trace=trace_note(),
        detail=detail,
    )


def _status(status: PermitStatus) -> Any:
    return str(status)
