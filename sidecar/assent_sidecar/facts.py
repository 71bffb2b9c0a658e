"""What a question says of the things that it is about: who, what, where it stands, and what is counted."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field

from assent_sidecar.canonical import digest
from assent_sidecar.catalogue.memory import Retention
from assent_sidecar.catalogue.process import BranchName, ForEach, ItemChoice, OnFailure
from assent_sidecar.model import ActionName, Amount, Document, Duration, Json, Moment, Name, Pointer

Effect = Literal["read", "write", "irreversible"]
Labels = dict[Pointer, tuple[Name, ...]]


class Principal(Document):
    """The authenticated caller on whose behalf the run acts; never taken from a request field."""

    id: str
    roles: tuple[str, ...] = ()
    authn: Literal["token", "jwt", "mtls", "none"]


class AgentFacts(Document):
    """The agent as the catalogue knows it."""

    id: Name
    department: Name
    owner: str


class ProcessFacts(Document):
    """The process as the catalogue knows it."""

    name: Name
    version: str
    owner: str
    department: Name


class StepState(Document):
    """One step of the run so far."""

    id: Name
    action: ActionName
    state: str
    verdict: str | None = None


class RunFacts(Document):
    """The run so far."""

    id: str
    plan_digest: str
    steps: tuple[StepState, ...] = ()
    totals: dict[Name, int] = {}


class StepFacts(Document):
    """The step being decided, as its plan names it.

    ``item`` counts from 0 where a step is taken once for each element of a list. ``compensates`` says that the action
    is not that of the step: it undoes what the step did.
    """

    id: Name
    attempt: Annotated[int, Field(ge=1)]
    depends_on: tuple[Name, ...] = ()
    item: Annotated[int, Field(ge=0)] | None = None
    compensates: bool = False


class Action(Document):
    """``system.operation`` with resolved arguments.

    ``labels`` maps pointers into ``args`` to the classifications carried there. ``unknown`` lists the pointers whose
    values are not known yet; it is empty unless a plan is being forecast. ``digest`` is the SHA-256 over the RFC 8785
    form of system, operation, arguments and labels; a keyed one (``hmac-sha256:``) where an argument is never retained.
    """

    system: Name
    operation: Name
    effect: Effect
    args: dict[str, Json]
    labels: Labels = {}
    unknown: tuple[Pointer, ...] = ()
    digest: str


class LedgerFacts(Document):
    """One counted limit, and where it stands for what the question is about.

    ``held`` is reserved, too, but nobody knows whether it was spent. ``until`` is when counting begins anew.
    """

    limit: Amount
    spent: Amount
    reserved: Amount
    held: Amount = "0"
    until: Moment | None = None


MemoryOperation = Literal["remember", "recall", "forget", "list", "hold", "lift"]
"""What is done with memory; a hold keeps what is remembered of a subject from being forgotten."""


class MemoryFacts(Document):
    """What is to be remembered, recalled, forgotten, listed or held, and of whom.

    ``memory_class`` is left out where all classes are meant. ``labels`` are those of anything in the value: of what is
    to be remembered, or of the values that would be recalled. ``ttl`` is how long it would be kept, ``size`` its bytes,
    ``retention`` what the catalogue says of the class.
    """

    operation: MemoryOperation
    memory_class: Annotated[Name | None, Field(alias="class")] = None
    purpose: str = ""
    subject: str = ""
    labels: tuple[Name, ...] = ()
    ttl: Duration | None = None
    retention: Retention | None = None
    size: Annotated[int, Field(ge=0)] = 0


class PlanStep(Document):
    """One step of a plan under forecast: the question that will be asked for it, as far as it is known.

    ``after`` is what was written. ``depends_on`` are all the steps that must come to rest before it: those of ``after``
    and of its bindings, those that its choice comes after, and those that it stands in for. It is what the step's own
    question will have. A step with ``for_each`` is one step here, and what comes from its element is unknown.
    ``ledgers`` are those that count it, as far as is known for whom, ``memory`` what it does with memory, if anything.
    """

    id: Name
    agent: AgentFacts
    action: Action
    after: tuple[Name, ...] = ()
    depends_on: tuple[Name, ...] = ()
    on_failure: OnFailure = "fail"
    when: Name | None = None
    branch: BranchName | None = None
    for_each: ForEach | None = None
    bindings: dict[Pointer, Json] = {}
    ledgers: dict[Name, LedgerFacts] = {}
    memory: MemoryFacts | None = None


class PlanFacts(Document):
    """The whole plan."""

    digest: str
    steps: tuple[PlanStep, ...]


class Trial(Document):
    """One thing to try on a plan: what would be said if something of it were withheld? It never permits anything.

    With ``step`` the question of that step is asked, with ``action`` in the place of its own; without ``step`` that of
    the plan as a whole, without the steps in ``without``: what depended on one of them depends on what that did.
    """

    id: Name
    step: Name | None = None
    action: Action | None = None
    without: tuple[Name, ...] = ()


class BatchAction(Document):
    """One of many actions that are decided at once, each by itself: the question that would be asked for it alone."""

    id: Name
    agent: AgentFacts
    action: Action
    ledgers: dict[Name, LedgerFacts] = {}


class ConditionFacts(Document):
    """A named rule of the process's own scope, and the outputs of the steps it may look at.

    ``choice`` is the choice whose branch depends on it; without one it is a step that does.
    """

    name: Name
    outputs: dict[Name, Json]
    choice: Name | None = None


class ApprovalFacts(Document):
    """One answer of a human that the action carries.

    ``role`` is the one of ``roles`` that the answer was given in, ``asked_at`` when the question was put. ``for`` is
    whom the approver stood in for, ``edits`` are the arguments that the approver changed.
    """

    model_config = ConfigDict(validate_by_name=True)

    stage: int
    role: Name
    approver: str
    roles: tuple[str, ...]
    at: Moment
    digest: str
    asked_at: Moment | None = None
    stands_for: Annotated[str | None, Field(alias="for")] = None
    edits: tuple[Pointer, ...] = ()
    break_glass: bool = False


class WorkItemFacts(Document):
    """What a person chooses for a step that failed or is unknown; ``principal`` of the question is that person.

    ``id`` is the item of the inbox, ``state`` where the step stands, ``code`` why, ``attempts`` how often it was tried.
    ``settlement`` is what a person who reconciles says became of it. ``stands_for`` is whom the person stands in for.
    """

    model_config = ConfigDict(validate_by_name=True)

    id: str
    choice: ItemChoice
    role: Name
    action: ActionName
    state: Literal["awaiting_choice", "unknown"]
    code: str | None = None
    attempts: Annotated[int, Field(ge=0)] = 0
    settlement: Literal["done", "not_done", "failed"] | None = None
    stands_for: Annotated[str | None, Field(alias="for")] = None


class PassedFacts(Document):
    """What passes with work: the labels of values, classes of memory, and what ledgers have left for who takes over."""

    labels: tuple[Name, ...] = ()
    memory: tuple[Name, ...] = ()
    ledgers: dict[Name, Amount] = {}


class HandoffFacts(Document):
    """Work passing from one agent to another.

    ``reason`` is how: ``next`` (a step of the other comes after), ``alternative`` (it stands in for one that failed),
    ``compensation`` (it undoes one) or ``call`` (a step calls a service that acts as the other). ``depth`` is how many
    hand-overs lead at most to a step of the other that takes over from the one, this one included; ``fan_out`` to how
    many agents a step of the one hands over at most. Of a call, they are those of the step that calls. ``digest`` is
    the SHA-256 over the RFC 8785 form of all of it but what ledgers have left, which moves: approvals name it.
    """

    source: Annotated[Name, Field(alias="from")]
    target: Annotated[Name, Field(alias="to")]
    reason: str
    passes: PassedFacts = PassedFacts()
    depth: Annotated[int, Field(ge=1)] = 1
    fan_out: Annotated[int, Field(ge=1)] = 1
    digest: str = ""

    def sealed(self) -> Self:
        """Return the same with its digest."""
        told = self.to_json()
        del told["digest"], told["passes"]["ledgers"]
        return self.model_copy(update={"digest": digest(told)})


class UnderFacts(Document):
    """Under which permit a service asks for a further action: it acts as an agent in what it was called for.

    ``agent`` called it, for ``action``. ``depth`` counts the permits above: 1 is right under a step of a run.
    ``labels`` are those of what it was called with and of what was returned to it: all that it asks for carries them.
    """

    agent: Name
    action: ActionName
    depth: Annotated[int, Field(ge=1)]
    labels: tuple[Name, ...] = ()


class AmendmentFacts(Document):
    """What a plan would have otherwise than its process: no run can, so it is put before the owner of the process.

    ``added``, ``removed`` and ``changed`` are steps; ``parts`` is every part that differs, as ``steps.mail.args.to``.
    """

    added: tuple[Name, ...] = ()
    removed: tuple[Name, ...] = ()
    changed: tuple[Name, ...] = ()
    parts: tuple[str, ...] = ()
