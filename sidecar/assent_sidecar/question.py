"""What OPA is asked: the input document ``assent.question/v1``."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr

from assent_sidecar.facts import (
    Action,
    AgentFacts,
    AmendmentFacts,
    ApprovalFacts,
    BatchAction,
    ConditionFacts,
    HandoffFacts,
    LedgerFacts,
    MemoryFacts,
    PlanFacts,
    Principal,
    ProcessFacts,
    RunFacts,
    StepFacts,
    Trial,
    UnderFacts,
    WorkItemFacts,
)
from assent_sidecar.model import Document, Json, Moment, Name


class Kind(StrEnum):
    """What is being decided."""

    PLAN = "plan"
    TRIAL = "trial"
    BATCH = "batch"
    ACTION = "action"
    CONDITION = "condition"
    HANDOFF = "handoff"
    MEMORY = "memory"
    APPROVAL = "approval"
    AMENDMENT = "amendment"


_NEEDED: dict[Kind, tuple[str, ...]] = {
    Kind.PLAN: ("plan", "process", "run"),
    Kind.TRIAL: ("trials", "plan", "process", "run"),
    Kind.BATCH: ("actions",),
    Kind.ACTION: ("agent", "step", "action"),
    Kind.CONDITION: ("condition", "process", "run"),
    Kind.HANDOFF: ("handoff",),
    Kind.APPROVAL: ("work_item", "step", "process", "run"),
    Kind.MEMORY: ("memory",),
    Kind.AMENDMENT: ("amendment", "plan", "process"),
}
"""What a question of a kind cannot do without: rules over a missing field are undefined, they do not fail."""


class Question(Document):
    """One question to the decision point.

    ``time`` is the orchestrator's clock: policies never read their own. ``inputs`` are the run's inputs as the caller
    gave them; what they hold is untrusted. There is no ``run`` where an agent acts itself, and no ``process`` where it
    names none; but ``under`` a permit, ``run``, ``step`` and ``process`` are those that the permit was given in.
    """

    version: Annotated[Literal["assent.question/v1"], Field(alias="schema")] = "assent.question/v1"
    kind: Kind
    time: Moment
    tenant: Name
    principal: Principal
    agent: AgentFacts | None = None
    process: ProcessFacts | None = None
    run: RunFacts | None = None
    step: StepFacts | None = None
    action: Action | None = None
    plan: PlanFacts | None = None
    trials: tuple[Trial, ...] = ()
    actions: tuple[BatchAction, ...] = ()
    condition: ConditionFacts | None = None
    approvals: tuple[ApprovalFacts, ...] = ()
    ledgers: dict[Name, LedgerFacts] = {}
    memory: MemoryFacts | None = None
    handoff: HandoffFacts | None = None
    amendment: AmendmentFacts | None = None
    work_item: WorkItemFacts | None = None
    under: UnderFacts | None = None
    inputs: dict[str, Json] = {}
    context: dict[str, Json] = {}

    _confided: bool = PrivateAttr(default=False)

    @property
    def confided(self) -> bool:
        """Whether it holds values that are never retained: then nothing computed from it may be written down.

        It is no part of the document: policies see the values, and whoever writes the answer down must know.
        """
        return self._confided

    def confidentially(self, confided: bool = True) -> Self:
        """Return the same question, held to be one with (or without) values that are never retained."""
        if confided is self._confided:
            return self
        told = self.model_copy()
        told._confided = confided  # noqa: SLF001 - its own, before anybody has it
        return told

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields that a question of this kind needs and this one has not; such a question is not asked."""
        return tuple(name for name in _NEEDED.get(self.kind, ()) if getattr(self, name) in (None, ()))

    @property
    def several(self) -> int:
        """How many verdicts of their own are asked for beside that on the whole: of steps, of actions, of trials."""
        match self.kind:
            case Kind.PLAN:
                return len(self.plan.steps) if self.plan else 0
            case Kind.TRIAL:
                return len(self.trials)
            case _:
                return len(self.actions)
