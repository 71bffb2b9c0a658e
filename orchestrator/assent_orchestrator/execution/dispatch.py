"""What was permitted is sent to whoever does it: a tool server, or for steps of memory this server itself."""

from dataclasses import dataclass

from assent_orchestrator.execution.circuit import PERMIT_INVALID
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.remembering import doer_of
from assent_orchestrator.execution.result import discreet
from assent_orchestrator.execution.situation import Appointed, Situation
from assent_orchestrator.governance.obligations import sort_out
from assent_orchestrator.governance.permit import PermitError
from assent_orchestrator.governance.ruling import Allowed
from assent_orchestrator.tools.outcome import TOOL_SERVER_UNKNOWN, Failure, Found, Success
from assent_sidecar.catalogue.own import OWN_SERVER
from assent_sidecar.facts import Action

_LOOKUP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Sends it there; meanwhile others have the turn."""

    parts: Parts

    async def call(
        self, situation: Situation, appointed: Appointed, allowed: Allowed, *, within: float
    ) -> Success | Failure:
        """Have the permitted action done within so many seconds."""
        try:
            async with self.parts.turnstile.aside():
                result = await self._called(situation, appointed, allowed, within)
        except PermitError as error:
            # A clock that jumped, or a commit that took minutes: nothing was sent, and the gate may be asked again.
            return Failure(PERMIT_INVALID, str(error), retryable=True, effect="none")
        return discreet(result, appointed, allowed.action) if isinstance(result, Failure) else result

    async def look_up(self, situation: Situation, appointed: Appointed, action: Action) -> Found:
        """Find out what became of the newest attempt at a step."""
        assert situation.intent is not None
        async with self.parts.turnstile.aside():
            if appointed.tool_server != OWN_SERVER:
                return await self.parts.tools.lookup(
                    situation.intent.idempotency_key, action, tool_server=appointed.tool_server, timeout=_LOOKUP_SECONDS
                )
            if self.parts.memory is None:
                return Found("never")
            return await self.parts.memory.look_up(action, doer_of(situation.run, situation.step.id, situation.spec))

    async def _called(
        self, situation: Situation, appointed: Appointed, allowed: Allowed, within: float
    ) -> Success | Failure:
        if appointed.tool_server != OWN_SERVER:
            return await self.parts.tools.invoke(
                allowed.permit, allowed.action, tool_server=appointed.tool_server, timeout=within
            )
        if self.parts.memory is None:
            return Failure(TOOL_SERVER_UNKNOWN, "this server has no memory", retryable=False, effect="none")
        redactions = sort_out(allowed.decided.decision.obligations).redactions
        return await self.parts.memory.perform(
            allowed.permit,
            allowed.action,
            doer_of(situation.run, situation.step.id, situation.spec),
            within=within,
            redactions=redactions,
        )
