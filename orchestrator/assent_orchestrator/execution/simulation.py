"""What policy would say to a plan: one question for the whole of it, nothing stored, nothing done."""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from assent_orchestrator.audit import spans
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.execution.acceptance import accept
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.governance.enquiry import Matter, plan_question
from assent_orchestrator.plan.forecast import forecast
from assent_orchestrator.plan.model import Plan
from assent_sidecar.decision import Decided


@dataclass(frozen=True, slots=True)
class Forecast:
    """The decision on a plan and its steps. ``unknown`` are the places in a step's arguments not known beforehand."""

    decided: Decided
    plan: Plan
    plan_digest: str
    unknown: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Simulations:
    """Forecasts plans."""

    parts: Parts

    async def simulate(self, caller: Caller, plan: Plan, *, within: float | None = None) -> Forecast:
        """Return the forecast; the decision is recorded, for it is one.

        ``within`` is how many seconds the caller still waits; None: it did not say.

        Raises:
            BusyError: as many decisions wait as may.
            ForbiddenError: the caller may not submit plans.
            InvalidError: the plan has faults; every one is named.

        """
        caller.require(Role.SUBMITTER)
        catalogue = self.parts.catalogue()
        principal = caller.principal(plan.on_behalf_of)
        accepted = await asyncio.to_thread(accept, plan, catalogue)
        with spans.plan_span(accepted.process, tenant=caller.tenant):
            facts = await asyncio.to_thread(forecast, accepted, catalogue)
            matter = Matter(
                tenant=caller.tenant,
                run=f"simulation-{uuid.uuid4().hex}",
                plan_digest=facts.digest,
                principal=principal,
                process=catalogue.processes[accepted.process],
                inputs=accepted.inputs,
            )
            decided = await self.parts.gate.decide(plan_question(matter, self.parts.clock(), facts), within=within)
        return Forecast(decided, accepted, facts.digest, {step.id: step.action.unknown for step in facts.steps})
