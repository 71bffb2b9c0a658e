"""Who asks something of memory, for whom and in what; and the question that the policies are asked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Actor
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.errors import Fault, InvalidError, NotFoundError, NotThisAgentError, StateError
from assent_orchestrator.governance.enquiry import agent_facts, process_facts
from assent_orchestrator.governance.entrusted import WithheldError, is_withheld
from assent_orchestrator.governance.mandate import UnderPermitNeededError
from assent_orchestrator.memory.wish import Wish
from assent_orchestrator.store.tables import runs
from assent_sidecar.catalogue.agent import Agent
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.memory_facts import facts_of
from assent_sidecar.catalogue.process import Process
from assent_sidecar.facts import MemoryFacts, Principal, RunFacts
from assent_sidecar.question import Kind, Question

_OVERSEEING: Mapping[str, tuple[Role, ...]] = {
    "list": (Role.COMPLIANCE_OFFICER, Role.AUDITOR),
    "forget": (Role.COMPLIANCE_OFFICER,),
    "hold": (Role.COMPLIANCE_OFFICER,),
    "lift": (Role.COMPLIANCE_OFFICER,),
}
"""Who may ask for an operation beside those who submit plans: none of it tells a value."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who asks, on whose behalf, for which agent, in which process and run."""

    caller: Caller
    principal: Principal
    agent: Agent | None
    process: Process | None
    run: RunFacts | None = None

    @property
    def actor(self) -> Actor:
        """Who the trail says did it."""
        if self.agent is not None:
            return Actor(kind="agent", id=self.agent.name, authn=self.caller.authn)
        return Actor.of(self.caller)

    @property
    def run_id(self) -> str | None:
        """The run that it is in, if any."""
        return self.run.id if self.run is not None else None

    def question(self, facts: MemoryFacts, now: datetime) -> Question:
        """Return what the policies are asked."""
        return Question(
            kind=Kind.MEMORY,
            time=now,
            tenant=self.caller.tenant,
            principal=self.principal,
            agent=agent_facts(self.agent) if self.agent is not None else None,
            process=process_facts(self.process) if self.process is not None else None,
            run=self.run,
            memory=facts,
        )


def standing(caller: Caller, wish: Wish, catalogue: Catalogue) -> Standing:
    """Return who asks: an agent for itself only, a submitter for any agent or for themselves.

    What is asked without knowing a value, to forget, list or hold, a compliance officer may ask, too, and an auditor to
    list. An agent that is a service does not ask here: nothing would tell in which run, and for whom, it was called.

    Raises:
        ForbiddenError: the caller may not ask, not for that person, or not for that agent.
        InvalidError: there is no such agent or process.
    """
    terms = wish.terms
    own = caller.agent
    if not own:
        caller.require(Role.SUBMITTER, *_OVERSEEING.get(wish.operation, ()))
    elif terms.agent not in ("", own):
        raise NotThisAgentError("an agent asks for itself only", agent=own)
    service_is_refused(caller, catalogue)
    principal = caller.principal(terms.on_behalf_of)
    name = own or terms.agent
    agent, process = catalogue.agents.get(name), catalogue.processes.get(terms.process)
    faults = []
    if name and agent is None:
        faults.append(Fault("terms.agent", "UNKNOWN_AGENT", "nobody appointed an agent of this name"))
    if terms.process and process is None:
        faults.append(Fault("terms.process", "UNKNOWN_PROCESS", "there is no process of this name"))
    if faults:
        raise InvalidError("it cannot be asked so; nothing was decided", tuple(faults), code=faults[0].code)
    return Standing(caller, principal, agent, process)


def service_is_refused(caller: Caller, catalogue: Catalogue) -> None:
    """Pass when the caller is no agent that is a service.

    Raises:
        ForbiddenError: it is one.
    """
    own = caller.agent
    if own and catalogue.is_service(own):
        raise UnderPermitNeededError("this agent is called; steps of the process use memory for it", agent=own)


async def in_run(tx: AsyncConnection, found: Standing, wish: Wish, catalogue: Catalogue) -> Standing:
    """Return the standing in the run that the wish names; without one, as it was.

    Raises:
        NotFoundError: there is no such run that the caller may know of.
        InvalidError: it is a run of another process than the wish names.
        StateError: it is over.
        WithheldError: the agent took over in it, and a policy let this class of memory not pass.
    """
    run_id = wish.terms.run
    if not run_id:
        return found
    caller = found.caller
    columns = (runs.c.submitter, runs.c.finished_at, runs.c.plan_digest, runs.c.process)
    query = sa.select(*columns).where(runs.c.tenant == caller.tenant, runs.c.id == run_id)
    row = (await tx.execute(query)).one_or_none()
    if row is None or not (row.submitter == caller.id or caller.sees_all()):
        raise NotFoundError("there is no such run", run=run_id)
    if row.finished_at is not None:
        raise StateError("the run is over", run=run_id)
    if found.process is not None and found.process.name != row.process:
        told = Fault("terms.process", "PROCESS_DIFFERS", "the run is one of another process")
        raise InvalidError("it cannot be asked so; nothing was decided", (told,), code=told.code)
    if found.agent is not None and await is_withheld(tx, run_id, found.agent.name, [wish.memory_class]):
        raise WithheldError("this class of memory was not handed over to the agent in the run", run=run_id)
    run = RunFacts(id=run_id, plan_digest=row.plan_digest)
    return replace(found, run=run, process=found.process or catalogue.processes.get(row.process))


def told(wish: Wish, catalogue: Catalogue, *, labels: Collection[str] = (), size: int = 0) -> MemoryFacts:
    """Return what the policies are told of a wish."""
    return facts_of(
        wish.operation,
        catalogue.memory,
        name=wish.memory_class,
        purpose=wish.purpose,
        subject=wish.subject,
        labels=labels,
        ttl=wish.ttl,
        size=size,
    )
