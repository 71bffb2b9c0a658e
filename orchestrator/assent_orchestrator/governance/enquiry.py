"""From what is known of a run to the question OPA is asked. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from assent_sidecar.catalogue.agent import Agent
from assent_sidecar.catalogue.process import Process
from assent_sidecar.facts import (
    Action,
    AgentFacts,
    AmendmentFacts,
    ApprovalFacts,
    ConditionFacts,
    HandoffFacts,
    MemoryFacts,
    PlanFacts,
    Principal,
    ProcessFacts,
    RunFacts,
    StepFacts,
    StepState,
    WorkItemFacts,
)
from assent_sidecar.model import Json
from assent_sidecar.question import Kind, Question


@dataclass(frozen=True, slots=True)
class Matter:
    """The run that a question is about; ``confided``: something that the question will hold is never retained."""

    tenant: str
    run: str
    plan_digest: str
    principal: Principal
    process: Process
    inputs: Mapping[str, Json]
    steps: Sequence[StepState] = ()
    confided: bool = False


def agent_facts(agent: Agent) -> AgentFacts:
    """Return an agent as a policy sees it."""
    return AgentFacts(id=agent.name, department=agent.department, owner=agent.owner)


def action_question(
    matter: Matter,
    now: datetime,
    *,
    step: StepFacts,
    agent: Agent,
    action: Action,
    approvals: Sequence[ApprovalFacts] = (),
    memory: MemoryFacts | None = None,
) -> Question:
    """Ask whether one action of one step may happen; ``memory`` is what it would do with memory, if anything."""
    return _question(
        Kind.ACTION,
        matter,
        now,
        step=step,
        agent=agent_facts(agent),
        action=action,
        approvals=tuple(approvals),
        memory=memory,
    )


def condition_question(
    matter: Matter,
    now: datetime,
    *,
    name: str,
    outputs: Mapping[str, Json],
    step: StepFacts | None = None,
    agent: Agent | None = None,
    choice: str | None = None,
) -> Question:
    """Ask whether a step, or a branch of a choice, is taken, given what earlier steps returned."""
    return _question(
        Kind.CONDITION,
        matter,
        now,
        step=step,
        agent=agent_facts(agent) if agent is not None else None,
        condition=ConditionFacts(name=name, outputs=dict(outputs), choice=choice),
    )


def choice_question(
    matter: Matter, now: datetime, *, step: StepFacts, agent: Agent | None, item: WorkItemFacts
) -> Question:
    """Ask whether a person may choose what follows from a step that did not get on; the principal is that person."""
    return _question(
        Kind.APPROVAL,
        matter,
        now,
        step=step,
        agent=agent_facts(agent) if agent is not None else None,
        work_item=item,
    )


def handoff_question(
    matter: Matter, now: datetime, *, agent: Agent, handoff: HandoffFacts, approvals: Sequence[ApprovalFacts] = ()
) -> Question:
    """Ask whether work may pass to an agent, who takes it over.

    No step and no action is named: what is allowed holds for every step that takes over the same.
    """
    facts = agent_facts(agent)
    return _question(Kind.HANDOFF, matter, now, agent=facts, handoff=handoff, approvals=tuple(approvals))


def memory_question(matter: Matter, now: datetime, *, step: StepFacts, agent: Agent, memory: MemoryFacts) -> Question:
    """Ask whether what a step returned may be remembered, as a policy wants it to be."""
    return _question(Kind.MEMORY, matter, now, step=step, agent=agent_facts(agent), memory=memory)


def plan_question(matter: Matter, now: datetime, plan: PlanFacts) -> Question:
    """Ask about a whole plan, its steps included, in one question."""
    return _question(Kind.PLAN, matter, now, plan=plan)


def amendment_question(
    tenant: str, now: datetime, *, principal: Principal, process: Process, plan: PlanFacts, amendment: AmendmentFacts
) -> Question:
    """Ask whether somebody may put a plan that is not as its process says before the owner of the process."""
    return Question(
        kind=Kind.AMENDMENT,
        time=now,
        tenant=tenant,
        principal=principal,
        process=process_facts(process),
        plan=plan,
        amendment=amendment,
    )


def process_facts(process: Process) -> ProcessFacts:
    """Return a process as a policy sees it."""
    return ProcessFacts(name=process.name, version=process.version, owner=process.owner, department=process.department)


def _question(kind: Kind, matter: Matter, now: datetime, **parts: object) -> Question:
    process = matter.process
    facts = {
        "kind": kind,
        "time": now,
        "tenant": matter.tenant,
        "principal": matter.principal,
        "process": process_facts(process),
        "run": RunFacts(id=matter.run, plan_digest=matter.plan_digest, steps=tuple(matter.steps)),
        "inputs": dict(matter.inputs),
        **parts,
    }
    return Question.model_validate(facts).confidentially(matter.confided)
