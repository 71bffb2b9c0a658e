"""The permits that callers were given: written by the gate, closed by their holders or by time."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from assent_orchestrator.errors import StateError
from assent_orchestrator.governance.ruling import Allowed
from assent_orchestrator.store.tables import permits
from assent_sidecar.question import BatchAction, Question

TABLE = permits


class PermitStatus(StrEnum):
    """What is known of what a permit was for."""

    ISSUED = "issued"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """It certainly did not happen."""
    UNKNOWN = "unknown"


class PermitClosedError(StateError):
    """What became of it is settled, or was not told in time: no other outcome is taken, and it is not given again."""

    code = "PERMIT_CLOSED"


@dataclass(frozen=True, slots=True)
class Issued:
    """One permit that a caller was given. ``late``: its outcome came after it had become unknown."""

    tenant: str
    id: str
    holder: str
    principal: str
    agent: str
    item: str
    action: str
    effect: str
    action_digest: str
    idempotency_key: str
    decision_id: str
    status: PermitStatus
    late: bool
    issued_at: datetime
    expires_at: datetime
    report_by: datetime
    reported_at: datetime | None
    closed_at: datetime | None
    reserves: bool = False


def read_row(row: sa.RowMapping) -> Issued:
    """Return a permit from its row."""
    return Issued(**{**row, "status": PermitStatus(row["status"])})


def row(
    question: Question, asked: BatchAction, allowed: Allowed, holder: str, report_by: datetime
) -> dict[str, object]:
    """Return the row of a permit that is about to be given."""
    permit = allowed.permit
    return {
        "tenant": question.tenant,
        "id": permit.id,
        "holder": holder,
        "principal": question.principal.id,
        "agent": asked.agent.id,
        "item": asked.id,
        "action": f"{allowed.action.system}.{allowed.action.operation}",
        "effect": allowed.action.effect,
        "action_digest": permit.action_digest,
        "idempotency_key": permit.idempotency_key,
        "decision_id": permit.decision_id,
        "status": str(PermitStatus.ISSUED),
        "issued_at": permit.issued_at,
        "expires_at": permit.expires_at,
        "report_by": report_by,
        "reserves": bool(allowed.reserves),
    }
