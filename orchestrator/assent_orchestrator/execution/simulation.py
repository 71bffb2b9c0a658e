"""What policy would say to a plan: one question for the whole of it, nothing done; and what makes it fail."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit import spans
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.execution.acceptance import accept
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.governance.enquiry import agent_facts
from assent_orchestrator.governance.entrusted import WITHHELD, Entrusted
from assent_orchestrator.governance.followed import Followed
from assent_orchestrator.governance.foretell import ApprovalAhead, approvals_ahead
from assent_orchestrator.governance.judging import Less, RuledHandOver, rule_hand_over
from assent_orchestrator.governance.outlook import Outlooks
from assent_orchestrator.governance.ruling import Held, Refused
from assent_orchestrator.governance.trials import SECONDS, Failure, Trials
from assent_orchestrator.plan.forecast import Ahead, hand_overs_ahead
from assent_orchestrator.plan.model import Plan
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.decision import ApprovalRequirement, Decided, Entrust
from assent_sidecar.facts import HandoffFacts, PlanStep
from assent_sidecar.question import Kind, Question

MOST_HAND_OVERS = 50
"""As many hand-overs of a plan are asked about, each in a question of its own."""

_SHARE = 0.8
"""How much of a caller's time is used; the rest is for the way back."""


@dataclass(frozen=True, slots=True)
class HandOverAhead:
    """Work that will pass between agents, with the steps that take over the same, and the decision on it.

    ``refusal`` is why nothing passes where the policies themselves do not say no, ``requirement`` who has to
    approve it.
    """

    facts: HandoffFacts
    steps: tuple[str, ...]
    decided: Decided
    refusal: str = ""
    requirement: ApprovalRequirement | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The decision on a plan and its steps, as far as it can be told before anything has happened.

    ``unknown`` are the places in a step's arguments not known beforehand: with them its verdict may be another one.
    ``facts`` are the steps as policies saw them.
    ``approvals`` are those that will be asked for, ``failure`` is why the plan would fail, None when it would not.
    ``hand_overs`` are those between its agents, as far as they were asked about; ``omitted`` is how many more
    there are. The steps ``unkept`` are done, and fail for what is to be remembered of them.
    """

    decided: Decided
    plan: Plan
    plan_digest: str
    unknown: Mapping[str, tuple[str, ...]]
    approvals: tuple[ApprovalAhead, ...] = ()
    failure: Failure | None = None
    facts: tuple[PlanStep, ...] = ()
    hand_overs: tuple[HandOverAhead, ...] = ()
    omitted: int = 0
    unkept: frozenset[str] = frozenset()

    @property
    def may_change(self) -> bool:
        """Whether the verdict on the plan as a whole was reached without values that are not known yet."""
        return any(self.unknown.values())


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
        started = time.monotonic()
        caller.require(Role.SUBMITTER)
        catalogue = self.parts.catalogue(caller.tenant)
        principal = caller.principal(plan.on_behalf_of)
        accepted = await asyncio.to_thread(accept, plan, catalogue)
        with spans.plan_span(accepted.process, tenant=caller.tenant):
            outlooks = Outlooks(self.parts.gate, self.parts.clock)
            outlook = await outlooks.of(caller.tenant, principal, accepted, catalogue, within=within)
            facts, decided = outlook.facts, outlook.decided
            ahead = await asyncio.to_thread(hand_overs_ahead, accepted, catalogue)
            over = [await self._ask(outlook.question, one, catalogue, within) for one in ahead[:MOST_HAND_OVERS]]
            left = SECONDS if within is None else within * _SHARE - (time.monotonic() - started)
            trials = Trials(self.parts.gate.decision_point, memory=catalogue.memory)
            failure = await trials.failure(
                outlook.question, decided, accepted.steps, within=left, unkept=outlook.unkept
            )
        return Forecast(
            decided,
            accepted,
            facts.digest,
            {step.id: step.action.unknown for step in facts.steps},
            approvals_ahead(outlook.asked, facts),
            failure,
            facts.steps,
            tuple(over),
            len(ahead) - len(over),
            outlook.unkept,
        )

    async def _ask(self, about: Question, ahead: Ahead, catalogue: Catalogue, within: float | None) -> HandOverAhead:
        """Ask about a hand-over as the run will be asked; the decision is recorded, for it is one."""
        target = agent_facts(catalogue.agents[ahead.facts.target])
        changed: dict[str, object] = {
            "kind": Kind.HANDOFF,
            "plan": None,
            "ledgers": {},
            "agent": target,
            "handoff": ahead.facts,
        }
        question = about.model_copy(update=changed)
        ledgers = catalogue.ledgers

        whole = ahead.facts.reason == "call"

        ruled: RuledHandOver | None = None

        async def sequel(_: AsyncConnection, decided: Decided) -> Followed:
            nonlocal ruled
            ruled = rule_hand_over(decided, ledgers, whole=whole)
            return Followed(step=ahead.steps[0], ruling=None if isinstance(ruled, Less) else ruled)

        decided = await self.parts.gate.decide(question, sequel, within=within)
        refusal = ""
        if isinstance(ruled, Refused) and ruled.code not in decided.codes:
            refusal = ruled.code
        elif isinstance(ruled, Less | Held) and _left(decided).withholds(ahead.facts.passes.memory):
            refusal = WITHHELD
        needs = ruled.requirement if isinstance(ruled, Held) else None
        return HandOverAhead(ahead.facts, ahead.steps, decided, refusal, needs)


def _left(decided: Decided) -> Entrusted:
    """Return what the policies leave to who takes over, be it at once or when people say yes."""
    return Entrusted.of(one for one in decided.decision.obligations if isinstance(one, Entrust))
