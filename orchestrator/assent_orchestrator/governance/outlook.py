"""What the policies say of a plan that nobody runs: one question for the whole of it, and nothing is done.

What is to be remembered of a step is a question of its own, as it will be in the run.
"""

import asyncio
import uuid
from dataclasses import dataclass

from assent_orchestrator.clock import Clock
from assent_orchestrator.governance.duties_ahead import DutiesAhead
from assent_orchestrator.governance.enquiry import Matter, plan_question
from assent_orchestrator.governance.foretell import foretell
from assent_orchestrator.governance.gate import Gate
from assent_orchestrator.plan.forecast import forecast
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.unretained import labels_of_never
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.decision import Decided
from assent_sidecar.facts import PlanFacts, Principal
from assent_sidecar.question import Question


@dataclass(frozen=True, slots=True)
class Outlook:
    """The decision on a plan, with each step as the gate will take it; ``facts`` are the steps as policies saw them.

    ``asked`` is the decision before the policies of memory were heard, who let nothing be remembered of the steps
    ``unkept``: people are asked about these all the same, and they are done, and fail.
    """

    question: Question
    facts: PlanFacts
    asked: Decided
    decided: Decided
    unkept: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outlooks:
    """Asks about plans as if they were run."""

    gate: Gate
    clock: Clock

    async def of(
        self, tenant: str, principal: Principal, plan: Plan, catalogue: Catalogue, *, within: float | None = None
    ) -> Outlook:
        """Ask about an expanded plan without faults; the decision is recorded, for it is one.

        ``within`` is how many seconds the caller still waits; None: it did not say.

        Raises:
            BusyError: as many decisions wait as may.
            UnavailableError: the decision could not be recorded.
        """
        facts = await asyncio.to_thread(forecast, plan, catalogue)
        told = (plan.labels, *(step.action.labels for step in facts.steps))
        matter = Matter(
            tenant=tenant,
            run=f"simulation-{uuid.uuid4().hex}",
            plan_digest=facts.digest,
            principal=principal,
            process=catalogue.processes[plan.process],
            inputs=plan.inputs,
            confided=any(labels_of_never(labels, catalogue.memory.never) for labels in told),
        )
        question = await self.gate.informed(plan_question(matter, self.clock(), facts))
        seen = question.plan or facts
        decided = await self.gate.decide(question, within=within)
        asked = await asyncio.to_thread(foretell, decided, seen, catalogue.memory)
        kept, unkept = await DutiesAhead(self.gate).told(question, plan, asked, catalogue, within=within)
        return Outlook(question, seen, asked, kept, unkept)
