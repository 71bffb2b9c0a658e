"""Agents that act themselves: they ask without end, call the tool when they are allowed to, and report."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from google.protobuf.timestamp_pb2 import Timestamp
from grpc import aio

from assent.tool.v1 import tools_pb2, tools_pb2_grpc
from assent.v1 import decisions_pb2, permits_pb2
from assent_orchestrator.cli.chaos.policies import DIRECTOR_ABOVE, NEVER_ABOVE
from assent_orchestrator.cli.stage.desk import Desk

DISCOUNTS = (5, 18, 40)
"""What is asked for in turn, in percent: allowed by both policies, by the wide one only, and by none."""

AGENTS = 3
_WITHIN = 1.5
"""Seconds that an agent waits for its answer."""
_PACE = 0.02
_PATIENCE = 60.0
_VERDICTS = {
    decisions_pb2.VERDICT_ALLOW: "allow",
    decisions_pb2.VERDICT_DEFER: "defer",
    decisions_pb2.VERDICT_REQUIRE_APPROVAL: "require_approval",
    decisions_pb2.VERDICT_DENY: "deny",
    decisions_pb2.VERDICT_HALT: "halt",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One question and its answer. ``sent`` and ``answered`` are seconds on the monotonic clock.

    ``verdict`` is empty where there was no answer; ``codes`` then has the status of the call.
    """

    discount: int
    sent: float
    answered: float
    verdict: str
    codes: tuple[str, ...]
    decision_id: str = ""
    revision: str = ""
    fault: bool = False
    permitted: bool = False


def verdict_of(policy: str, discount: int) -> str:
    """Return what one of the two policies says of a discount."""
    if discount > NEVER_ABOVE:
        return "deny"
    return "require_approval" if discount > DIRECTOR_ABOVE[policy] else "allow"


class Asking:
    """What was asked and answered so far."""

    def __init__(self, desk: Callable[[], Desk], tools: "tools_pb2_grpc.ToolServiceAsyncStub") -> None:
        """Ask at ``desk``, and call ``tools`` with what is permitted."""
        self.asks: list[Ask] = []
        self._desk = desk
        self._tools = tools
        self._asked = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Ask for as long as the block lasts; what is under way at its end is finished."""
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for agent in range(AGENTS):
                group.create_task(self._ask_on(agent, enough), name=f"chaos-agent-{agent}")
            try:
                yield
            finally:
                enough.set()

    async def until(self, satisfied: Callable[[list[Ask]], bool], *, since: float) -> bool:
        """Wait until what was asked ``since`` then satisfies; False: it does not within a minute."""
        try:
            async with asyncio.timeout(_PATIENCE), self._asked:
                await self._asked.wait_for(lambda: satisfied([ask for ask in self.asks if ask.sent >= since]))
        except TimeoutError:
            return False
        return True

    async def _ask_on(self, agent: int, enough: asyncio.Event) -> None:
        turn = agent
        while not enough.is_set():
            ask = await self._ask(DISCOUNTS[turn % len(DISCOUNTS)])
            turn += 1
            async with self._asked:
                self.asks.append(ask)
                self._asked.notify_all()
            await asyncio.sleep(_PACE)

    async def _ask(self, discount: int) -> Ask:
        sent = time.monotonic()
        try:
            answer = await self._desk().decide(_question(discount), _WITHIN)
        except aio.AioRpcError as error:
            return Ask(discount, sent, time.monotonic(), "", (error.code().name,))
        answered, decision = time.monotonic(), answer.decision
        permitted = answer.HasField("permit")
        if permitted:
            await self._act(answer.permit)
        return Ask(
            discount,
            sent,
            answered,
            _VERDICTS.get(decision.verdict, "unknown"),
            tuple(reason.code for reason in decision.reasons),
            decision.decision_id,
            decision.revision,
            decision.fault,
            permitted,
        )

    async def _act(self, permit: permits_pb2.IssuedPermit) -> None:
        """Do what was permitted and report it; where that fails, the permit becomes unknown, as it should."""
        deadline = Timestamp()
        deadline.FromMilliseconds(int((time.time() + 20) * 1000))
        request = tools_pb2.InvokeRequest(
            system="cpq",
            operation="create_proposal",
            args=permit.args,
            idempotency_key=permit.idempotency_key,
            permit=permit.token,
            deadline=deadline,
            action_digest=permit.action_digest,
        )
        for pointer, named in permit.labels.items():
            request.labels[pointer].labels.extend(named.labels)
        outcome = permits_pb2.PERMIT_STATE_FAILED
        with contextlib.suppress(aio.AioRpcError):
            answer = await self._tools.Invoke(request, timeout=20)
            if answer.WhichOneof("outcome") == "result":
                outcome = permits_pb2.PERMIT_STATE_SUCCEEDED
            await self._desk().report(permit.name, outcome)


def _question(discount: int) -> permits_pb2.DecideRequest:
    request = permits_pb2.DecideRequest()
    request.action.id, request.action.agent, request.action.action = "offer", "deal_desk", "cpq.create_proposal"
    request.action.args.update(
        {
            "account": "ACC-1001",
            "kind": "renewal",
            "seats_now": 10,
            "seats": 10,
            "discount_percent": discount,
            "annual_value": "1000.00",
        }
    )
    request.terms.process = "contract_renewal"
    request.terms.fulfils.extend(("retry", "timeout"))
    return request
