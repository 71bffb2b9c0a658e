"""Asking Assent for leave, one action at a time, under the permit that the service was called with."""

from dataclasses import dataclass
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from assent.v1 import decisions_pb2, permits_pb2, permits_pb2_grpc
from tool_server.errors import CallError

_SECONDS = 10.0


class RefusedError(Exception):
    """The policies do not let it happen; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Leave:
    """What is permitted: exactly these arguments and labels, once, under this key."""

    name: str
    permit: permits_pb2.IssuedPermit


class Desk:
    """Asks as one agent, whose token it has."""

    def __init__(self, address: str, token: str, *, tenant: str = "local") -> None:
        self._stub: Any = permits_pb2_grpc.DecisionServiceStub(grpc.insecure_channel(address))
        self._metadata = (("authorization", f"Bearer {token}"),)
        self._parent = f"tenants/{tenant}"

    def ask(self, item: str, action: str, args: dict[str, Any], *, agent: str, under: str) -> Leave:
        """Return leave to do an action while we do what we were called for; ``under`` is the permit of that call.

        Raises:
            RefusedError: the policies refuse it, or our limits do.
            CallError: Assent does not answer, or nothing more may be asked under that permit.
        """
        request = permits_pb2.DecideRequest(parent=self._parent)
        request.action.id, request.action.agent, request.action.action = item, agent, action
        request.action.args.update(args)
        request.terms.under_permit = under
        answer = self._call(self._stub.Decide, request)
        if answer.decision.verdict != decisions_pb2.VERDICT_ALLOW:
            raise RefusedError(answer.decision.reasons[0].code if answer.decision.reasons else "DENIED")
        return Leave(answer.permit.name, answer.permit)

    def report(self, leave: Leave, outcome: str, error: str = "") -> None:
        """Say what became of what was permitted: ``SUCCEEDED``, ``FAILED`` or ``UNKNOWN``.

        Raises:
            CallError: Assent does not answer.
        """
        state = permits_pb2.PermitState.Value(f"PERMIT_STATE_{outcome}")
        self._call(
            self._stub.ReportOutcome, permits_pb2.ReportOutcomeRequest(name=leave.name, outcome=state, error=error)
        )

    def _call(self, method: Any, request: Any) -> Any:
        try:
            return method(request, metadata=self._metadata, timeout=_SECONDS)
        except grpc.RpcError as error:
            # What was done before stays done, under its keys: made again, the whole call does only what is missing.
            raise CallError(_reason(error), "Assent gives no leave", retryable=True, effect="unknown") from error


def _reason(error: Any) -> str:
    status = rpc_status.from_call(error)
    for detail in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return str(info.reason)
    return "ASSENT_AWAY"
