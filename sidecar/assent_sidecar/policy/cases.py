"""The case file: questions that humans wrote down together with the decision they want.

A question may leave out whatever the catalogue or a sensible default can fill in (``policy.completion`` does); what is
written is taken as it is.
"""

from typing import Annotated, Literal

from pydantic import Field, RootModel

from assent_sidecar.catalogue.process import ItemChoice
from assent_sidecar.decision import BreakGlass, Escalation, Obligation, Stage, Verdict
from assent_sidecar.facts import AmendmentFacts, Effect, HandoffFacts, Labels, MemoryOperation, StepState, UnderFacts
from assent_sidecar.model import ActionName, Amount, Document, Duration, Json, Moment, Name, Pointer, ReasonCode
from assent_sidecar.question import Kind


class CasePrincipal(Document):
    """On whose behalf; by default somebody without roles."""

    id: str = "somebody"
    roles: tuple[str, ...] = ()
    authn: Literal["token", "jwt", "mtls", "none"] = "token"


class CaseAgent(Document):
    """An agent of the catalogue; what is written goes before what the catalogue says."""

    id: Name
    department: Name | None = None
    owner: str | None = None


class CaseProcess(Document):
    """A process of the catalogue; what is written goes before what the catalogue says."""

    name: Name
    version: str | None = None
    owner: str | None = None
    department: Name | None = None


class CaseRun(Document):
    """The run so far; by default a new one."""

    id: str = "case"
    plan_digest: str | None = None
    steps: tuple[StepState, ...] = ()
    totals: dict[Name, int] = Field(default_factory=dict)


class CaseStep(Document):
    """A step of the process; ``depends_on`` is by default what the process says.

    ``item`` is which element of the list it is done for; with ``compensates`` it is what undoes the step.
    """

    id: Name
    attempt: Annotated[int, Field(ge=1)] = 1
    depends_on: tuple[Name, ...] | None = None
    item: Annotated[int, Field(ge=0)] | None = None
    compensates: bool = False


class CaseAction(Document):
    """An operation of the catalogue with arguments.

    ``system`` and ``operation`` are by default those of the step, ``args`` the step's arguments as far as they are
    no bindings, ``effect`` what the catalogue says, and ``digest`` the real one.
    """

    system: Name | None = None
    operation: Name | None = None
    effect: Effect | None = None
    args: dict[str, Json] | None = None
    labels: Labels = Field(default_factory=dict)
    unknown: tuple[Pointer, ...] | None = None
    digest: str | None = None


class CasePlanStep(Document):
    """One step of a plan; everything but ``id`` is by default what the process says."""

    id: Name
    agent: Name | CaseAgent | None = None
    action: ActionName | CaseAction | None = None
    after: tuple[Name, ...] | None = None
    depends_on: tuple[Name, ...] | None = None
    when: Name | None = None
    bindings: dict[Pointer, Json] | None = None


class CasePlan(Document):
    """A plan; without ``steps`` it is the process as written, with bound arguments unknown."""

    digest: str | None = None
    steps: tuple[CasePlanStep, ...] | None = None


class CaseCondition(Document):
    """A rule of the process, and the outputs it looks at.

    ``choice`` is by default the choice that has a branch with this rule, where no step has it.
    """

    name: Name
    outputs: dict[Name, Json] = Field(default_factory=dict)
    choice: Name | None = None


class CaseApproval(Document):
    """One answer of a human; ``digest`` is by default the action's, ``roles`` the role, ``at`` the question's time."""

    stage: Annotated[int, Field(ge=0)] | None = None
    role: Name
    approver: str
    roles: tuple[str, ...] | None = None
    at: Moment | None = None
    digest: str | None = None
    asked_at: Moment | None = None
    stands_for: Annotated[str | None, Field(alias="for")] = None
    edits: tuple[Pointer, ...] = ()
    break_glass: bool = False


class CaseWorkItem(Document):
    """What a person chooses for a step that did not get on; the rest is by default the step's, and of its first fail.

    ``state`` is by default that of what ``choice`` is for, and ``settlement`` ``done`` where one reconciles.
    """

    choice: ItemChoice
    role: Name
    id: str = "item"
    action: ActionName | None = None
    state: Literal["awaiting_choice", "unknown"] | None = None
    code: str | None = None
    attempts: Annotated[int, Field(ge=0)] = 1
    settlement: Literal["done", "not_done", "failed"] | None = None
    stands_for: Annotated[str | None, Field(alias="for")] = None


class CaseLedger(Document):
    """One counted limit; nothing of it is spent or reserved unless written."""

    limit: Amount
    spent: Amount = "0"
    reserved: Amount = "0"
    held: Amount = "0"
    until: Moment | None = None


class CaseMemory(Document):
    """What is to be done with memory, and a memory class of the catalogue."""

    operation: MemoryOperation = "recall"
    memory_class: Annotated[Name | None, Field(alias="class")] = None
    purpose: str | None = None
    subject: str = "somebody"
    labels: tuple[Name, ...] = ()
    ttl: Duration | None = None
    size: Annotated[int, Field(ge=0)] = 0


class CaseQuestion(Document):
    """A question, as far as it matters for the case."""

    version: Annotated[Literal["assent.question/v1"], Field(alias="schema")] = "assent.question/v1"
    kind: Kind | None = None
    time: Moment | None = None
    tenant: Name = "case"
    principal: CasePrincipal = CasePrincipal()
    agent: Name | CaseAgent | None = None
    process: Name | CaseProcess
    run: CaseRun = CaseRun()
    step: Name | CaseStep | None = None
    action: ActionName | CaseAction | None = None
    plan: CasePlan | None = None
    condition: Name | CaseCondition | None = None
    approvals: tuple[CaseApproval, ...] = ()
    work_item: CaseWorkItem | None = None
    ledgers: dict[Name, CaseLedger] = Field(default_factory=dict)
    memory: CaseMemory | None = None
    handoff: HandoffFacts | None = None
    amendment: AmendmentFacts | None = None
    under: UnderFacts | None = None
    inputs: dict[str, Json] = Field(default_factory=dict)
    context: dict[str, Json] = Field(default_factory=dict)


class WantedApproval(Document):
    """What the approval must say; only what is written is compared."""

    stages: tuple[Stage, ...] | None = None
    order: Literal["sequence", "parallel"] | None = None
    excluded: Annotated[
        tuple[Literal["principal", "process_owner", "plan_author", "previous_stage"], ...] | None, Field(alias="not")
    ] = None
    expires_in: Duration | None = None
    on_expiry: Literal["deny", "escalate"] | None = None
    escalate: tuple[Escalation, ...] | None = None
    remind: Duration | None = None
    rationale: Literal["required", "optional"] | None = None
    editable: tuple[Pointer, ...] | None = None
    mask: tuple[Pointer, ...] | None = None
    mask_labels: tuple[Name, ...] | None = None
    on_revision: Literal["void", "ask_again"] | None = None
    break_glass: BreakGlass | None = None


class Want(Document):
    """The wanted decision; only what is written is compared, and lists in any order.

    ``reasons`` are all the codes of the decision, ``obligations`` all of its obligations.
    """

    verdict: Verdict
    reasons: tuple[ReasonCode, ...] | None = None
    obligations: tuple[Obligation, ...] | None = None
    approval: WantedApproval | None = None
    defer_until: Moment | None = None
    taken: bool | None = None
    steps: "dict[Name, Want] | None" = None


class Case(Document):
    """One question and the decision that is wanted.

    ``requirement`` names what the case proves, for whoever keeps a list of that; the check does not look at it.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)]
    requirement: str | tuple[str, ...] | None = None
    question: CaseQuestion
    want: Want


class CaseFile(RootModel[Annotated[tuple[Case, ...], Field(min_length=1)]]):
    """The whole file ``cases/<name>.yaml``."""
