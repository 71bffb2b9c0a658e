"""What the status of a call that failed means to a person: one line that says what is wrong and what to do."""

import re
from dataclasses import dataclass
from typing import Any

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from grpc_status import rpc_status

from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.problem import Problem

_EXIT_CODES = {
    grpc.StatusCode.INVALID_ARGUMENT: ExitCode.INVALID,
    grpc.StatusCode.NOT_FOUND: ExitCode.NOT_FOUND,
    grpc.StatusCode.PERMISSION_DENIED: ExitCode.NOT_ALLOWED,
    grpc.StatusCode.UNAUTHENTICATED: ExitCode.NOT_ALLOWED,
    grpc.StatusCode.ABORTED: ExitCode.CONFLICT,
    grpc.StatusCode.ALREADY_EXISTS: ExitCode.CONFLICT,
    grpc.StatusCode.FAILED_PRECONDITION: ExitCode.CONFLICT,
    grpc.StatusCode.UNAVAILABLE: ExitCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: ExitCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ExitCode.UNAVAILABLE,
    grpc.StatusCode.UNIMPLEMENTED: ExitCode.UNAVAILABLE,
    grpc.StatusCode.CANCELLED: ExitCode.UNAVAILABLE,
}
_ADVICE = {
    grpc.StatusCode.NOT_FOUND: "list what there is; of what is not theirs to see, callers are told the same",
    grpc.StatusCode.PERMISSION_DENIED: "ask somebody who may to do it",
    grpc.StatusCode.UNAUTHENTICATED: "take the token file of that server with --token-file, or set ASSENT_TOKEN",
    grpc.StatusCode.ABORTED: "look at it again, then repeat the command",
    grpc.StatusCode.ALREADY_EXISTS: "take another --request-id, or ask for the same as with it before",
    grpc.StatusCode.FAILED_PRECONDITION: "nothing was changed",
    grpc.StatusCode.UNAVAILABLE: "try again; assent doctor says what is wrong",
}
_ADVICE_ON_CODE = {
    "UNKNOWN_PROCESS": "assent process list shows which there are",
    "UNKNOWN_CLASS": "assent memory classes shows which there are",
    "PURPOSE_DIFFERS": "assent memory classes shows the purposes, word for word",
}
"""What to do about a code, whatever else is said."""

_INSTEAD = {
    "UNDER_PERMIT_NEEDED": "it acts while a step of a process calls it, and nobody acts for it",
    "NOT_THIS_AGENT": "ask as the agent that acts",
    "AGENT_MAY_NOT_ANSWER": "have a person do it",
    "UNKNOWN_TENANT": "ask who operates it, or name another server with --server",
}
"""What to do about a code, where what is to be done about its status would be wrong."""

_ADVICE_ON = {
    "ROLE_MISSING": "ask somebody who has it or, where they lent it to you, say with --for in whose place",
    "ANSWERED_ALREADY": "a yes is taken back with assent approvals withdraw, as long as it is not used",
}
"""What to do about a reason that has an answer of its own."""

_LISTS = {
    "run": "assent runs list",
    "step": "assent runs show RUN",
    "approval": "assent approvals list",
    "delegation": "assent delegations list",
    "stop": "assent stops list --all",
    "ledger": "assent ledgers list",
    "process": "assent process list",
    "amendment": "assent process amendments --all",
    "agent": "assent agents list",
    "hold": "assent memory holds --all",
    "permit": "assent permits list",
    "tenant": "name yours with --tenant or ASSENT_TENANT; callers in the token file need not",
}
"""Where a person sees what there is, or what else to do about what there is not."""

_TYPED = {
    "parent": "--tenant",
    "name": "the id",
    "reason": "--reason",
    "rationale": "--rationale",
    "request_id": "--request-id",
    "etag": "--etag",
    "stop.reason": "--reason",
    "edits": "--edit",
    "delegation.taker": "PERSON",
    "delegation.roles": "--role",
    "delegation.processes": "--process",
    "delegation.reason": "--reason",
    "delegation.expire_time": "--for",
}
"""What a person typed that became a field of a request. Fields of plans are those of their files."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One field of a request and what is wrong with it."""

    field: str
    code: str
    description: str

    def __str__(self) -> str:
        return " ".join(part for part in (f"{self.field}:" if self.field else "", self.code, self.description) if part)


class Refusal(Problem):
    """A call that was refused. ``status`` is the gRPC code, ``faults`` are the fields that are wrong."""

    def __init__(
        self, message: str, status: grpc.StatusCode, *, code: str, faults: tuple[FieldFault, ...], total: int
    ) -> None:
        """Keep what the command may want to say better."""
        exit_code = _EXIT_CODES.get(status, ExitCode.INTERNAL)
        super().__init__(message, exit_code, code=code, details=[str(fault) for fault in faults], total=total)
        self.status = status
        self.faults = faults


def problem_of(error: grpc.RpcError, address: str) -> Refusal:
    """Return what an error of a call to ``address`` means."""
    status = status_code(error)
    info, faults = _details(error)
    if info is None:
        return Refusal(_unexplained(status, address), status, code=status.name, faults=(), total=0)
    told = str(error.details()) if isinstance(error, grpc.Call) else ""
    why = info.metadata.get("reason", "")
    advice = _ADVICE_ON.get(why) or _INSTEAD.get(info.reason) or _ADVICE.get(status, "")
    if missing := re.fullmatch(r"there is no such (\w+)", told):
        told += f", or you may not see it; {_LISTS.get(missing[1], advice)}"
    said = told + (f" ({why})" if why else "")
    # Many messages of the server say what to do themselves, behind a semicolon.
    message = said if ";" in said or not advice else f"{said}; {advice}"
    known = {info.reason, *(fault.code for fault in faults)}
    message = "; ".join((message, *(text for code, text in _ADVICE_ON_CODE.items() if code in known)))
    if alone := info.metadata.get("alone", "") if why == "ROLE_MISSING" else "":
        message += f"; or approve it alone with --break-glass, as the role {alone} may"
    if hold := info.metadata.get("hold", "") if info.reason == "HELD" else "":
        message += f"; assent memory holds shows it, and assent memory lift {hold} --reason ... lifts it"
    shown = info.metadata.get("faults", "")
    total = int(shown) if shown.isdecimal() else 0
    return Refusal(message, status, code=info.reason, faults=faults, total=total)


def status_code(error: grpc.RpcError) -> grpc.StatusCode:
    """Return the gRPC status of an error."""
    return error.code() if isinstance(error, grpc.Call) else grpc.StatusCode.UNKNOWN


def _details(error: grpc.RpcError) -> tuple[Any, tuple[FieldFault, ...]]:
    """Return the ErrorInfo, None when an answer is not Assent's, and the fields that are wrong."""
    try:
        status = rpc_status.from_call(error)
    except ValueError:  # what it says and what it carries are two things
        return None, ()
    info, faults = None, []
    for detail in status.details if status is not None else ():
        found, bad = ErrorInfo(), BadRequest()
        if detail.Unpack(found):
            info = found
        elif detail.Unpack(bad):
            faults += [FieldFault(one.field, one.reason, one.description) for one in bad.field_violations]
    return info, tuple(map(_as_typed, faults))


def _as_typed(fault: FieldFault) -> FieldFault:
    """Return a fault under the name of the option or argument that a person gave."""
    typed = _TYPED.get(fault.field, fault.field)
    shapeless = fault.field in {"name", "parent"} and fault.code == "STRING_PATTERN"
    return FieldFault(typed, fault.code, "write it as lists show it" if shapeless else fault.description)


def _unexplained(status: grpc.StatusCode, address: str) -> str:
    """Say what is wrong when it is not Assent that says so: gRPC itself, or something in between."""
    match status:
        case grpc.StatusCode.UNAVAILABLE:
            return (
                f"no Assent server answers at {address}; start one with assent serve, name it with --server, "
                "and with TLS its CA with --tls-ca"
            )
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return f"the server at {address} did not answer in time; try again, or ask assent doctor"
        case grpc.StatusCode.UNIMPLEMENTED:
            return f"what answers at {address} is not an Assent server of this version; see --server"
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            return f"the answer of {address} is too large, or the server is too busy; ask for less, or later"
        case _:
            return f"the call to {address} failed with {status.name}; try again, or ask assent doctor"
