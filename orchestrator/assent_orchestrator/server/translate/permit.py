"""What agents that act themselves ask and are answered, and the permits they hold."""

from collections.abc import Sequence

from google.protobuf.struct_pb2 import Struct
from pydantic import ValidationError

from assent.v1 import permits_pb2 as wire
from assent_orchestrator.decisions.permits import Outcome
from assent_orchestrator.decisions.request import DecisionRequest, Leave, Reply, Wish
from assent_orchestrator.errors import Fault, InvalidError
from assent_orchestrator.governance.handed_out import Issued, PermitStatus
from assent_orchestrator.server.names import permit_name, run_name
from assent_orchestrator.server.translate.decision import effect, write_decided
from assent_orchestrator.server.translate.label import label_sets, labels_of
from assent_orchestrator.server.translate.moment import timestamp
from assent_orchestrator.tools.value import ValueFaultError, from_struct, to_struct
from assent_sidecar.misfit import misfits
from assent_sidecar.model import Json


def read_request(
    actions: Sequence[wire.ActionRequest], terms: wire.DecisionTerms, request_id: str, *, batch: bool
) -> DecisionRequest:
    """Return what a caller asks.

    Raises:
        InvalidError: a value cannot be taken in; each is named.
    """
    faults: list[Fault] = []
    context = _read_struct(terms.context, "terms.context", faults)
    wishes = []
    for number, action in enumerate(actions):
        root = f"actions[{number}]" if batch else "action"
        args = _read_struct(action.args, f"{root}.args", faults)
        try:
            wishes.append(
                Wish(id=action.id, agent=action.agent, action=action.action, args=args, labels=labels_of(action.labels))
            )
        except ValidationError as error:
            faults += [Fault(f"{root}.{'.'.join(map(str, one.place))}", one.code, one.text) for one in misfits(error)]
    if faults:
        what = "the request holds values that cannot be taken in"
        raise InvalidError(what, tuple(faults))
    return DecisionRequest(
        wishes=tuple(wishes),
        batch=batch,
        process=terms.process,
        context=context,
        on_behalf_of=terms.on_behalf_of,
        fulfils=tuple(sorted(terms.fulfils)),
        under_permit=terms.under_permit,
        request_id=request_id,
    )


def read_outcome(request: wire.ReportOutcomeRequest) -> Outcome:
    """Return what is said to have become of a permitted action."""
    said = wire.PermitState.Name(request.outcome).removeprefix("PERMIT_STATE_").lower()
    return Outcome(PermitStatus(said), request.result_digest, request.error, dict(request.amounts), request.rationale)


def write_reply(tenant: str, reply: Reply, trace_id: str) -> wire.DecideResponse:
    """Return the answer to one action."""
    leave = reply.leave
    return wire.DecideResponse(
        id=reply.id,
        decision=write_decided(reply.decided, trace_id),
        permit=_write_leave(tenant, leave) if leave is not None else None,
    )


def write_permit(permit: Issued) -> wire.Permit:
    """Return a permit as it stands."""
    return wire.Permit(
        name=permit_name(permit.tenant, permit.id),
        holder=permit.holder,
        agent=permit.agent,
        action=permit.action,
        effect=effect(permit.effect),
        action_digest=permit.action_digest,
        decision_id=permit.decision_id,
        state=wire.PermitState.Value(f"PERMIT_STATE_{permit.status.upper()}"),
        create_time=timestamp(permit.issued_at),
        expire_time=timestamp(permit.expires_at),
        report_time=timestamp(permit.report_by),
        close_time=timestamp(permit.closed_at),
        late=permit.late,
        run=run_name(permit.tenant, permit.run_id) if permit.run_id else "",
        step=permit.step_id or "",
        under=permit.parent_id or "",
        depth=permit.depth,
    )


def _write_leave(tenant: str, leave: Leave) -> wire.IssuedPermit:
    permit, action = leave.permit, leave.action
    return wire.IssuedPermit(
        name=permit_name(tenant, permit.id),
        token=permit.token,
        args=to_struct(action.args),
        labels=label_sets(action.labels),
        action_digest=permit.claimed,
        idempotency_key=permit.idempotency_key,
        expire_time=timestamp(permit.expires_at),
        report_time=timestamp(leave.report_by),
    )


def _read_struct(struct: Struct, field: str, faults: list[Fault]) -> dict[str, Json]:
    try:
        return from_struct(struct)
    except ValueFaultError as error:
        faults.append(Fault(field, "VALUE", str(error)))
        return {}
