"""What an agent tries that obeys a text instead of its process: a plan of its own, and an action of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from google.rpc import error_details_pb2
from grpc import StatusCode, aio
from grpc_status import rpc_status

from assent.v1.decisions_pb2 import Verdict
from assent.v1.permits_pb2 import DecideRequest
from assent.v1.plans_pb2 import Plan
from assent_orchestrator.cli.stage.desk import Desk
from assent_orchestrator.tools.value import to_struct
from assent_sidecar.model import Json

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was tried, whether it was refused, and by which codes."""

    what: str
    refused: bool
    codes: tuple[str, ...]

    @property
    def answer(self) -> str:
        """What it was told, in one line."""
        return f"{'refused' if self.refused else 'NOT refused'}, {', '.join(self.codes) or 'without a reason'}"


async def try_plan(runtime: Desk, what: str, plan: Plan) -> Attempt:
    """Submit a plan that is not its process.

    Raises:
        grpc.aio.AioRpcError: the server answers anything but that the plan is wrong.
    """
    try:
        await runtime.submit(plan)
    except aio.AioRpcError as error:
        if error.code() is not StatusCode.INVALID_ARGUMENT:
            raise
        return Attempt(what, True, _faults(error))
    return Attempt(what, False, ())


async def try_action(
    runtime: Desk,
    what: str,
    *,
    agent: str,
    process: str,
    action: str,
    args: Mapping[str, Json],
    labels: Mapping[str, str],
) -> Attempt:
    """Ask for leave to do something that no run asked for, as if it were work of a process.

    ``labels`` has one label for each place in the arguments.
    """
    request = DecideRequest()
    request.terms.process = process
    asked = request.action
    asked.id, asked.agent, asked.action = "own", agent, action
    asked.args.CopyFrom(to_struct(args))
    for pointer, label in labels.items():
        asked.labels[pointer].labels.append(label)
    answer = await runtime.decide(request, _SECONDS)
    refused = answer.decision.verdict != Verdict.VERDICT_ALLOW and not answer.HasField("permit")
    return Attempt(what, refused, tuple(reason.code for reason in answer.decision.reasons))


def _faults(error: aio.AioRpcError) -> tuple[str, ...]:
    """Return the codes of every fault of a plan that was refused."""
    status = rpc_status.from_call(error)
    codes: dict[str, None] = {}
    for detail in status.details if status is not None else ():
        bad = error_details_pb2.BadRequest()
        if detail.Unpack(bad):
            codes.update(dict.fromkeys(violation.reason for violation in bad.field_violations))
    return tuple(codes)
