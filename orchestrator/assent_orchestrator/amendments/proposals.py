"""Taking plans from planners: one that its process lets be is told so, any other is put before the owner.

A planner suggests, and never does: nothing here starts a run or changes a process.
"""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.amendments.amendment import Amendment, AmendmentState, facts_of
from assent_orchestrator.amendments.rows import amendment_of, row_of
from assent_orchestrator.audit.record import Actor, Draft
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import AmendmentsFullError, InvalidError
from assent_orchestrator.governance.deed import carry_out
from assent_orchestrator.governance.enquiry import amendment_question
from assent_orchestrator.governance.gate import Gate
from assent_orchestrator.plan.check import check
from assent_orchestrator.plan.conformance import varied
from assent_orchestrator.plan.difference import difference, with_plan
from assent_orchestrator.plan.expand import expand
from assent_orchestrator.plan.forecast import forecast
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.variation import Varied
from assent_orchestrator.store.amendment_tables import amendments
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.decision import Decided

MOST_OPEN = 200
"""Amendments that may be open in one tenant: whoever proposes more waits until owners have looked at some."""

MOST_OPEN_OF_ONE = 50
"""Of these, how many one proposer may have: nobody alone leaves the others no room."""

_MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Proposed:
    """What became of a proposal.

    A plan that conforms has ``varied``, and nothing else. Another one was ``decided`` on, and is an ``amendment`` if
    the policies allowed to propose it; otherwise ``refusal`` is the code of why not.
    """

    varied: Varied | None = None
    decided: Decided | None = None
    amendment: Amendment | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Proposals:
    """Takes proposals; ``bundle`` says which bundle is in force for a tenant now."""

    gate: Gate
    clock: Clock
    bundle: Callable[[str], Bundle]
    most_open: int = field(default=MOST_OPEN)
    most_of_one: int = field(default=MOST_OPEN_OF_ONE)

    async def propose(self, caller: Caller, plan: Plan, *, within: float | None = None) -> Proposed:
        """Take a plan; ``within`` is how many seconds the caller still waits, None: it did not say.

        Raises:
            ForbiddenError: the caller may not submit plans, and so may not propose any.
            InvalidError: the plan has faults that are no matter of its process; every one is named.
            AmendmentsFullError: too many amendments are open, of all or of this proposer.
            BusyError: as many decisions wait as may.
            UnavailableError: it could not be recorded; nothing was stored.
        """
        caller.require(Role.SUBMITTER)
        principal = caller.principal(plan.on_behalf_of)
        bundle = self.bundle(caller.tenant)
        catalogue = bundle.catalogue
        whole, conforms = await asyncio.to_thread(examine, plan, catalogue)
        process = catalogue.processes[whole.process]
        if conforms:
            return Proposed(varied=await asyncio.to_thread(varied, whole, process))
        changes = await asyncio.to_thread(difference, process, with_plan(process, whole))
        facts = await asyncio.to_thread(forecast, whole, catalogue)
        now = self.clock()
        question = amendment_question(
            caller.tenant, now, principal=principal, process=process, plan=facts, amendment=facts_of(changes)
        )

        async def store(tx: AsyncConnection, decided: Decided) -> tuple[Amendment, tuple[Draft, ...]]:
            amendment = Amendment(
                tenant=caller.tenant,
                id=uuid.uuid4().hex,
                process=process.name,
                version=process.version,
                owner=process.owner,
                proposer=caller.id,
                plan=whole,
                plan_digest=facts.digest,
                changes=changes,
                state=AmendmentState.OPEN,
                decision_id=decided.provenance.decision_id,
                revision=bundle.revision,
                proposed_at=now,
            )
            kept = await self._keep(tx, amendment)
            return kept, (_proposed(caller, kept),) if kept.id == amendment.id else ()

        deed = await carry_out(self.gate, question, store, within=within)
        return Proposed(None, deed.decided, deed.made, deed.refusal)

    async def _keep(self, tx: AsyncConnection, amendment: Amendment) -> Amendment:
        """Store an amendment; where the same plan is open already, that one is it."""
        lock = sa.func.hashtext(f"amendments/{amendment.tenant}")
        await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
        still_open = sa.and_(amendments.c.tenant == amendment.tenant, amendments.c.state == AmendmentState.OPEN)
        same = sa.and_(amendments.c.process == amendment.process, amendments.c.plan_digest == amendment.plan_digest)
        row = (await tx.execute(sa.select(amendments).where(still_open, same))).mappings().one_or_none()
        if row is not None:
            return amendment_of(row)
        theirs = amendments.c.proposer == amendment.proposer
        both = sa.select(sa.func.count(), sa.func.count().filter(theirs)).select_from(amendments).where(still_open)
        count, own = (await tx.execute(both)).one()
        if count >= self.most_open:
            raise AmendmentsFullError(
                f"{count} amendments are open; their owners have to look at some first", open=str(count)
            )
        if own >= self.most_of_one:
            raise AmendmentsFullError(
                f"{own} amendments of yours are open; their owners have to look at some first", open=str(own)
            )
        await tx.execute(insert(amendments).values(row_of(amendment)))
        return amendment


def examine(plan: Plan, catalogue: Catalogue) -> tuple[Plan, bool]:
    """Return a plan with every step and without inputs, and whether it conforms to its process.

    Inputs are checked where there are any: a planner need not know them.

    Raises:
        InvalidError: it has faults that no owner could accept: what it names is not there, is not the agent's, or no
            run could have it.
    """
    faults = check(plan, catalogue, given=bool(plan.inputs))
    wrong = tuple(one for one in faults if one.code != "AMENDMENT")
    if plan.process not in catalogue.processes:  # what else is wrong is so for want of it, or matters once it is right
        wrong = tuple(one for one in wrong if one.field == "process")
    if wrong:
        count = "1 fault" if len(wrong) == 1 else f"{len(wrong)} faults"
        raise InvalidError(f"the plan has {count}; nothing was stored", wrong[:_MOST_FAULTS], code="INVALID_PLAN")
    whole = expand(plan, catalogue.processes[plan.process])
    kept = {"inputs": {}, "labels": {}, "on_behalf_of": "", "request_id": ""}
    return whole.model_copy(update=kept), not faults


def _proposed(caller: Caller, amendment: Amendment) -> Draft:
    facts = facts_of(amendment.changes)
    return Draft(
        event="amendment.proposed",
        actor=Actor.of(caller),
        detail={
            "amendment": amendment.id,
            "process": amendment.process,
            "version": amendment.version,
            "plan_digest": amendment.plan_digest,
            "added": list(facts.added[:50]),
            "removed": list(facts.removed[:50]),
            "changed": list(facts.changed[:50]),
            "decision": amendment.decision_id,
        },
        trace=trace_note(),
    )
