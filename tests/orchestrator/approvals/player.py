"""Plays a case, turn by turn, through the API and nothing else."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc import aio
from grpc_status import rpc_status

from assent.tool.v1 import tools_pb2
from assent.v1 import approvals_pb2, delegations_pb2, runs_pb2, stops_pb2
from assent_sidecar.model import seconds
from tests.orchestrator.approvals.box import REFUSED
from tests.orchestrator.approvals.case import (
    Answer,
    Bundle,
    Call,
    Cancel,
    Case,
    Choose,
    Kill,
    Look,
    Submit,
    Together,
    Tools,
    Turn,
    UsePermit,
    Wait,
    Withdraw,
)
from tests.orchestrator.approvals.matching import differences
from tests.orchestrator.approvals.office import SECONDS, Office
from tests.orchestrator.approvals.sight import Sight

_APPROVALS = approvals_pb2.DESCRIPTOR.services_by_name["ApprovalService"]
_DELEGATIONS = delegations_pb2.DESCRIPTOR.services_by_name["DelegationService"]
_RUNS = runs_pb2.DESCRIPTOR.services_by_name["RunService"]
_STOPS = stops_pb2.DESCRIPTOR.services_by_name["StopService"]
_CALLED: tuple[ServiceDescriptor, ...] = (_APPROVALS, _DELEGATIONS, _RUNS, _STOPS)
_MOMENT = re.compile(r"\{\+([0-9]+(?:ms|s|m|h|d))\}")


@dataclass(frozen=True)
class Outcome:
    """What a call came to: the words that say so, and the answer as JSON."""

    words: frozenset[str]
    answer: dict[str, Any]


OK = frozenset({"OK"})


def _refusal(error: aio.AioRpcError) -> Outcome:
    words = {error.code().name}
    status = rpc_status.from_call(error)
    for detail in status.details if status is not None else ():
        info, faults = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.Unpack(info):
            words |= {info.reason, *info.metadata.values()}
        if detail.Unpack(faults):
            words |= {one.reason for one in faults.field_violations}
    return Outcome(frozenset(words - {""}), {"details": error.details()})


@dataclass
class Player:
    """One case being played."""

    case: Case
    office: Office
    began: datetime = field(init=False)
    runs: dict[str, str] = field(default_factory=dict)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.began = self.office.now()
        self.office.box.tools = dict(self.case.tools)
        self.sight = Sight(self.case, self.office)

    async def play(self) -> None:
        """Play it to its end, and look at everything that it wants.

        Raises:
            AssertionError: something is not so; the message says in which turn, and has the trail.
        """
        for number, turn in enumerate(self.case.sequence, 1):
            try:
                await self._turn(turn)
            except AssertionError as error:
                raise await self._failed(f"turn {number} ({turn.does} by {turn.who})", error) from error
        try:
            ends = self.case.ends
            if ends.model_fields_set - {"trail", "never", "never_both", "counts"}:
                await self.sight.wait_for(self._run("run"), ends)
            await self.sight.check_trail(ends)
        except AssertionError as error:
            raise await self._failed("the end", error) from error

    async def _failed(self, where: str, error: AssertionError) -> AssertionError:
        trail = "\n  ".join(await self.sight.trail_lines(self.began))
        log = "\n  ".join(self.office.servers[0].last_lines())
        told = f"{where}: {error}\nthe trail:\n  {trail}\nthe end of the server's log:\n  {log}"
        return AssertionError(f"{self.case.file}: {self.case.name}\n{told}")

    async def _turn(self, turn: Turn) -> None:
        if turn.at is not None:
            await self.office.move_to(self.began + timedelta(seconds=seconds(turn.at)))
        if isinstance(turn, Together):
            await self._together(turn)
        else:
            outcome = await self._outcome(turn)
            missing = set(turn.wants) - outcome.words
            assert not missing, f"wants {', '.join(turn.wants)}, but it came to {_told(outcome)}"
            faults = differences(turn.answers, outcome.answer) if turn.answers is not None else []
            assert not faults, "the answer: " + "; ".join(faults)
        if turn.sees is not None:
            await self.sight.wait_for(self._run(turn.on), turn.sees)

    async def _together(self, turn: Together) -> None:
        ready = [await self._prepare(one) for one in turn.turns]
        outcomes = await asyncio.gather(*(go() for go in ready))
        left = [outcome.words for outcome in outcomes]
        for wanted in turn.outcomes:
            one = next((words for words in left if words & set(wanted.split("|"))), None)
            told = "; ".join(map(_told, outcomes))
            assert one is not None, f"wants {', '.join(turn.outcomes)} in any order, but they came to {told}"
            left.remove(one)
        assert not left, f"there are more outcomes than {', '.join(turn.outcomes)}"

    async def _outcome(self, turn: Any) -> Outcome:
        match turn:
            case Bundle():
                self.office.workspace.govern(
                    self.case,
                    approval=self.case.approval if turn.approval is None else turn.approval,
                    handoff=self.case.handoff if turn.handoff is None else turn.handoff,
                    policy=self.case.policy if turn.policy is None else turn.policy,
                )
                await self.office.reload()
            case Tools():
                self.office.box.tools |= turn.tools
            case Kill():
                await (self.office.replace() if turn.replaced else self.office.kill(down=seconds(turn.down)))
            case UsePermit():
                return await self._use_permit(turn)
            case Wait():
                pass
            case _:
                return await (await self._prepare(turn))()
        return Outcome(OK, {})

    async def _prepare(self, turn: Any) -> Callable[[], Awaitable[Outcome]]:
        """Look at all that the call is made of, and return the call."""
        service, method, request = await self._request(turn)
        asked = service.methods_by_name.get(method)
        assert asked is not None, f"{service.name} has no {method}"
        given = json_format.ParseDict(request, message_factory.GetMessageClass(asked.input_type)())
        line = await self.office.channel(turn.via)
        answer_type = message_factory.GetMessageClass(asked.output_type)
        call: Any = line.unary_unary(
            f"/{service.full_name}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer_type.FromString,
        )

        async def go() -> Outcome:
            try:
                answer: Message = await call(given, metadata=self.office.metadata(self.case, turn.who), timeout=SECONDS)
            except aio.AioRpcError as error:
                return _refusal(error)
            said = json_format.MessageToDict(answer, preserving_proto_field_name=True)
            self._keep(turn, said)
            return Outcome(OK, said)

        return go

    def _keep(self, turn: Any, said: dict[str, Any]) -> None:
        if isinstance(turn, Submit):
            self.runs[turn.on] = said["name"]
        if isinstance(turn, Look) and turn.keep is not None:
            self.kept[turn.keep] = said
        if isinstance(turn, Call) and turn.keep is not None:
            self.names[turn.keep] = said["name"]

    async def _request(self, turn: Any) -> tuple[ServiceDescriptor, str, dict[str, Any]]:
        match turn:
            case Submit():
                inputs = self.case.inputs if turn.inputs is None else turn.inputs
                plan = {"process": self.case.slug, "inputs": inputs, "on_behalf_of": turn.on_behalf_of or ""}
                return _RUNS, "SubmitPlan", {"parent": self._parent, "plan": plan}
            case Cancel():
                return _RUNS, "CancelRun", {"name": self._run(turn.on)}
            case Call():
                service = next((one for one in _CALLED if turn.method in one.methods_by_name), _APPROVALS)
                return service, turn.method, await self._filled(turn.request, turn)
            case Look():
                return _APPROVALS, "GetApproval", {"name": (await self._approval(turn))["name"]}
        shown = await self._approval(turn)
        request = {"name": shown["name"], "etag": shown["etag"]}
        if isinstance(turn, Withdraw):
            return _APPROVALS, "WithdrawApproval", request
        request |= {"presented_digest": shown["presented_digest"], "rationale": turn.rationale}
        if isinstance(turn, Choose):
            choice = f"CHOICE_{turn.choice.upper()}"
            return _APPROVALS, "DecideApproval", request | {"choice": choice} | await self._filled(turn.more, turn)
        assert isinstance(turn, Answer)
        said = {"etag": turn.etag, "presented_digest": turn.presented_digest}
        request |= {name: value for name, value in said.items() if value is not None}
        request |= {"answer": f"ANSWER_{turn.does.upper()}"}
        return _APPROVALS, "DecideApproval", request | await self._filled(turn.more, turn)

    async def _approval(self, turn: Any) -> dict[str, Any]:
        """Return the approval as it is now, or as it was kept. The operator looks: that opens it for nobody."""
        if turn.seen is not None:
            assert turn.seen in self.kept, f"nobody kept {turn.seen} by a look"
            return self.kept[turn.seen]
        return await self.sight.newest_approval(self._run(turn.on), turn.step)

    async def _filled(self, said: Any, turn: Any) -> Any:
        """Return what is said with everything in braces replaced."""
        if isinstance(said, dict):
            return {key: await self._filled(value, turn) for key, value in said.items()}
        if isinstance(said, list):
            return [await self._filled(one, turn) for one in said]
        if not isinstance(said, str) or "{" not in said:
            return said
        moment = _MOMENT.fullmatch(said)
        if moment is not None:
            return _written(self.began + timedelta(seconds=seconds(moment[1])))
        known: dict[str, Any] = {
            "parent": self._parent,
            "process": self.case.slug,
            "now": _written(self.office.now()),
            **self.names,
        }
        known |= self.kept
        if "{run}" in said:
            known["run"] = self._run(turn.on)
        if "{approval}" in said:
            known["approval"] = (await self.sight.newest_approval(self._run(turn.on), turn.step))["name"]
        return said.format_map(known)

    async def _use_permit(self, turn: UsePermit) -> Outcome:
        system, _, operation = turn.operation.partition(".")
        given = next((one for one in reversed(self.office.box.asked) if one.operation == operation), None)
        assert given is not None, f"the tool server was never called for {turn.operation}"
        request = tools_pb2.InvokeRequest()
        request.CopyFrom(given)
        request.system = system
        match turn.how:
            case "for_other_arguments":
                request.args["amount"] = 99999
            case "forged":
                head, _, _ = request.permit.rpartition(".")
                request.permit = f"{head}.{'A' * 86}"
            case "without":
                request.permit = ""
        answer = await self.office.box.Invoke(request, None)  # type: ignore[arg-type] # which does not look at it
        code = answer.failure.code
        return Outcome(frozenset({code}) if code else OK, {"refused": code == REFUSED})

    @property
    def _parent(self) -> str:
        return f"tenants/{self.case.slug}"

    def _run(self, name: str) -> str:
        assert name in self.runs, f"no run was submitted as {name}"
        return self.runs[name]


def _told(outcome: Outcome) -> str:
    return f"{', '.join(sorted(outcome.words))} {outcome.answer if outcome.words != OK else ''}".strip()


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
