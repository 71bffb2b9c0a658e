"""What was meant to happen and what became of it: the row that makes an effect happen at most once."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.governance.permit import Permit
from assent_orchestrator.governance.settlement import NOTHING_SETTLED, Settled, Truth
from assent_orchestrator.governance.settlement import settle as settle_reservations
from assent_orchestrator.plan.derived import row_id
from assent_orchestrator.store.tables import effects
from assent_sidecar.facts import StepFacts
from assent_sidecar.model import Json


class EffectStatus(StrEnum):
    """What is known of an effect."""

    INTENDED = "intended"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """It certainly did not happen."""
    UNKNOWN = "unknown"


_REPLACEABLE = (str(EffectStatus.FAILED),)
_REPLACEABLE_IF_REPEATABLE = (str(EffectStatus.FAILED), str(EffectStatus.UNKNOWN))


@dataclass(frozen=True, slots=True)
class Intent:
    """The newest intent of a step."""

    idempotency_key: str
    action_digest: str
    permit_id: str
    attempt: int
    status: EffectStatus


class DoubleIntentError(Exception):
    """There is an intent whose outcome is not known to be nothing: a second one could do the effect twice."""


def idempotency_key(run: str, step: str) -> str:
    """Return the key under which a tool server knows an effect: one for each step of a run, over all its attempts."""
    return hashlib.sha256(f"{run}\n{step}".encode()).hexdigest()


async def read(tx: AsyncConnection, run_id: str, step_id: str) -> Intent | None:
    """Return the newest intent of a step, or None."""
    query = sa.select(
        effects.c.idempotency_key,
        effects.c.action_digest,
        effects.c.permit_id,
        effects.c.attempt,
        effects.c.status,
    ).where(effects.c.run_id == run_id, effects.c.step_id == step_id)
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        return None
    return Intent(row.idempotency_key, row.action_digest, row.permit_id, row.attempt, EffectStatus(row.status))


async def write(
    tx: AsyncConnection,
    run_id: str,
    step: StepFacts,
    permit: Permit,
    now: datetime,
    *,
    repeatable: bool,
    reserves: bool = False,
) -> None:
    """Write the intent of an attempt, replacing one whose effect did not happen, or may happen again unharmed.

    ``reserves``: something is reserved for it, and has to be settled with it.

    Raises:
        DoubleIntentError: the effect of an earlier attempt happened, may have happened, or is under way.

    """
    values = {
        "idempotency_key": permit.idempotency_key,
        "action_digest": permit.action_digest,
        "permit_id": permit.id,
        "attempt": step.attempt,
        "status": str(EffectStatus.INTENDED),
        "intended_at": now,
        "settled_at": None,
    }
    statement = insert(effects).values(run_id=run_id, step_id=row_id(step), reserves=reserves, **values)
    statement = statement.on_conflict_do_update(
        index_elements=[effects.c.run_id, effects.c.step_id],
        # What an earlier attempt reserved may still be held.
        set_={**values, "reserves": sa.or_(effects.c.reserves, statement.excluded.reserves)},
        where=effects.c.status.in_(_REPLACEABLE_IF_REPEATABLE if repeatable else _REPLACEABLE),
    )
    written = await tx.execute(statement.returning(effects.c.permit_id))
    if written.one_or_none() is None:
        raise DoubleIntentError


async def settle(
    tx: AsyncConnection, run_id: str, step_id: str, status: EffectStatus, now: datetime, *, result: Json = None
) -> Settled:
    """Write what became of an effect, and settle what was reserved for it; say what the trail is to be told of that.

    ``result`` is what the tool returned, where it is known: the real amounts are in there. The run must be locked.
    """
    settled = await tx.execute(
        sa.update(effects)
        .where(effects.c.run_id == run_id, effects.c.step_id == step_id)
        .values(status=str(status), settled_at=now)
        .returning(effects.c.reserves, effects.c.idempotency_key, effects.c.attempt)
    )
    row = settled.one_or_none()
    if row is None or not row.reserves:
        return NOTHING_SETTLED
    truths = {row.idempotency_key: Truth(str(status), result, attempt=row.attempt)}
    return (await settle_reservations(tx, truths, now)).get(row.idempotency_key, NOTHING_SETTLED)
