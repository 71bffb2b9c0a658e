"""Orders to stop."""

from enum import StrEnum

from assent.v1 import stops_pb2 as wire
from assent_orchestrator.governance.stop import Scope, Stop
from assent_orchestrator.governance.stops import Order
from assent_orchestrator.server.names import stop_name
from assent_orchestrator.server.translate.moment import timestamp


class StopState(StrEnum):
    """Where a stop stands, in the words of a filter."""

    IN_FORCE = "in_force"
    LIFTED = "lifted"


def read_order(request: wire.CreateStopRequest) -> Order:
    """Return what the caller wants stopped."""
    stop = request.stop
    return Order(
        scope=Scope(wire.StopScope.Name(stop.scope).removeprefix("STOP_SCOPE_").lower()),
        value=stop.value,
        reason=stop.reason,
        request_id=request.request_id,
    )


def write_stop(stop: Stop, tenant: str) -> wire.Stop:
    """Return a stop as the callers of a tenant know it."""
    return wire.Stop(
        name=stop_name(tenant, stop.id),
        scope=stop_scope(stop.scope),
        value=stop.value,
        reason=stop.reason,
        state=stop_state(StopState.IN_FORCE if stop.in_force else StopState.LIFTED),
        creator=stop.created_by,
        create_time=timestamp(stop.created_at),
        lifter=stop.lifted_by or "",
        lift_time=timestamp(stop.lifted_at),
        lift_reason=stop.lift_reason or "",
    )


def stop_scope(scope: Scope) -> wire.StopScope.ValueType:
    """Return how far a stop reaches."""
    return wire.StopScope.Value(f"STOP_SCOPE_{scope.upper()}")


def stop_state(state: StopState) -> wire.StopState.ValueType:
    """Return where a stop stands."""
    return wire.StopState.Value(f"STOP_STATE_{state.upper()}")
