"""Delegations."""

from datetime import UTC, datetime

from assent.v1 import delegations_pb2 as wire
from assent_orchestrator.approvals.delegation import Delegation
from assent_orchestrator.approvals.delegations import Handing
from assent_orchestrator.server.names import delegation_name
from assent_orchestrator.server.translate.moment import timestamp


def read_handing(request: wire.CreateDelegationRequest) -> Handing:
    """Return what the caller wants to hand over."""
    asked = request.delegation
    return Handing(
        taker=asked.taker,
        roles=tuple(asked.roles),
        processes=tuple(asked.processes),
        reason=asked.reason,
        until=asked.expire_time.ToDatetime(UTC),
        request_id=request.request_id,
    )


def write_delegation(delegation: Delegation, now: datetime) -> wire.Delegation:
    """Return a delegation as it stands now."""
    return wire.Delegation(
        name=delegation_name(delegation.tenant, delegation.id),
        giver=delegation.giver,
        taker=delegation.taker,
        roles=delegation.roles,
        processes=delegation.processes,
        reason=delegation.reason,
        expire_time=timestamp(delegation.until),
        state=wire.DelegationState.Value(f"DELEGATION_STATE_{delegation.state(now).upper()}"),
        create_time=timestamp(delegation.created_at),
        revoker=delegation.revoked_by or "",
        revoke_time=timestamp(delegation.revoked_at),
    )
