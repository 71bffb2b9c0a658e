"""The permits that callers were given: written by the gate, closed by their holders or by time."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from assent_orchestrator.errors import StateError
from assent_orchestrator.governance.mandate import first_footing
from assent_orchestrator.governance.ruling import Allowed
from assent_orchestrator.governance.terms import Terms
from assent_orchestrator.store.tables import permits
from assent_sidecar.facts import BatchAction
from assent_sidecar.model import Json
from assent_sidecar.question import Question

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
    """One permit that a caller was given. ``late``: its outcome came after it had become unknown.

    Under the permit ``parent_id``, which may have others above it (``depth`` of them with itself), it belongs to the
    run and step in which the first of them was given, if any. ``footing`` is what a service may ask for under it.
    """

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
    run_id: str | None = None
    step_id: str | None = None
    parent_id: str | None = None
    depth: int = 0
    footing: dict[str, Json] | None = None

    def detail(self) -> dict[str, Json]:
        """Return what the trail has beside where it happened: under which permit, and as what the caller knows it."""
        if self.parent_id is None:
            return {}
        return {"under": self.parent_id, "depth": self.depth, "item": self.item}


def read_row(row: sa.RowMapping) -> Issued:
    """Return a permit from its row."""
    return Issued(**{**row, "status": PermitStatus(row["status"])})


def row(
    question: Question, asked: BatchAction, allowed: Allowed, terms: Terms, report_by: datetime
) -> dict[str, object]:
    """Return the row of a permit that is about to be given."""
    permit, mandate = allowed.permit, terms.mandate
    footing = None
    if f"{asked.action.system}.{asked.action.operation}" in terms.services:
        first = first_footing(question.principal, question.process, permit, asked)
        footing = first if mandate is None else mandate.footing(permit, asked)
    return {
        "tenant": question.tenant,
        "id": permit.id,
        "holder": terms.holder,
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
        "run_id": mandate.run_id if mandate is not None else None,
        "step_id": mandate.origin.row if mandate is not None and mandate.origin is not None else None,
        "parent_id": mandate.permit if mandate is not None else None,
        "depth": mandate.depth if mandate is not None else 0,
        "footing": footing,
    }
