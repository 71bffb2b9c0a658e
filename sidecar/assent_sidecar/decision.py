"""What OPA answers: a verdict with its reasons, obligations and what an approval needs."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from assent_sidecar.model import Amount, Document, Duration, Moment, Name, Pointer, ReasonCode, seconds
from assent_sidecar.retry import Attempts


class Verdict(StrEnum):
    """The answers, from mildest to strictest; the strictest wins."""

    ALLOW = "allow"
    DEFER = "defer"
    REQUIRE_APPROVAL = "require_approval"
    DENY = "deny"
    HALT = "halt"


class Reason(Document):
    """One finding of one policy; ``grants``: it would have allowed what is denied, so it is not why."""

    code: ReasonCode
    message: Annotated[str, Field(max_length=500)] = ""
    control: Annotated[str, Field(max_length=64)] | None = None
    scope: Annotated[str, Field(max_length=128)] | None = None
    rule: Annotated[str, Field(max_length=256)] | None = None
    grants: Annotated[bool, Field(exclude_if=lambda grants: not grants)] = False


class Redact(Document):
    """Remove the values at ``path`` (or only those carrying one of ``labels``) before the call."""

    type: Literal["redact"]
    path: Pointer
    labels: tuple[Name, ...] = ()


class Retry(Attempts):
    """Try again after an error that the tool calls retryable and that had no effect."""

    type: Literal["retry"]


class Timeout(Document):
    """The tool has this long to answer."""

    type: Literal["timeout"]
    after: Duration


class Reserve(Document):
    """Hold an amount on a ledger before the call; the outcome settles it.

    ``actual`` points into the result, to what it really was; without it, it was ``amount``.
    """

    type: Literal["reserve"]
    ledger: Name
    amount: Amount
    actual: Pointer | None = None


class Remember(Document):
    """What the action returned at ``path`` is remembered in this memory class, for its purpose.

    ``subject`` points to the argument that says about whom it is.
    """

    type: Literal["remember"]
    memory_class: Annotated[Name, Field(alias="class")]
    purpose: Annotated[str, Field(min_length=1, max_length=300)]
    subject: Pointer
    path: Pointer = ""


class Entrust(Document):
    """Less than there is passes with a hand-over, to the agent that takes over, for the rest of the run.

    At most so much of each of ``ledgers``; of others whatever they have left. Only these classes of ``memory``, none
    where it is empty; left out: all of them.
    """

    type: Literal["entrust"]
    ledgers: dict[Name, Amount] = {}
    memory: tuple[Name, ...] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.ledgers and self.memory is None:
            raise ValueError("says neither of what ledgers nor of what memory less passes")
        return self


class Notify(Document):
    """Somebody is told that the action happened."""

    type: Literal["notify"]
    role: Name
    template: Name | None = None


Obligation = Annotated[Redact | Retry | Timeout | Reserve | Remember | Entrust | Notify, Field(discriminator="type")]


_SELDOM_SECONDS = 60.0
"""People are reminded at most once a minute."""


def _seldom(every: str | None) -> str | None:
    if every is not None and seconds(every) < _SELDOM_SECONDS:
        raise ValueError("nobody is reminded more often than once a minute")
    return every


class Stage(Document):
    """One group of people that must answer: those with the role, or with one that stands in for it."""

    role: Name
    quorum: Annotated[int, Field(ge=1, le=20)] = 1
    substitutes: Annotated[tuple[Name, ...], Field(max_length=10)] = ()


class Escalation(Document):
    """After this long somebody else may answer, too."""

    after: Duration
    role: Name


class Review(Document):
    """Who looks afterwards at what somebody did alone, and until when after it."""

    role: Name
    within: Duration


class BreakGlass(Document):
    """Who may approve alone when nobody else can, and who reviews it afterwards."""

    roles: Annotated[tuple[Name, ...], Field(min_length=1, max_length=10)]
    review: Review


class ApprovalRequirement(Document):
    """Who must approve, who must not, and for how long the question stands.

    ``remind`` is how often those are reminded who have not answered. ``on_revision`` says whether the answers are
    asked about again, or worth nothing, once another bundle is in force.
    """

    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=10)]
    order: Literal["sequence", "parallel"] = "sequence"
    excluded: Annotated[
        tuple[Literal["principal", "process_owner", "plan_author", "previous_stage"], ...], Field(alias="not")
    ] = ()
    expires_in: Duration = "72h"
    on_expiry: Literal["deny", "escalate"] = "deny"
    escalate: tuple[Escalation, ...] = ()
    remind: Annotated[Duration | None, AfterValidator(_seldom)] = None
    rationale: Literal["required", "optional"] = "required"
    editable: tuple[Pointer, ...] = ()
    mask: tuple[Pointer, ...] = ()
    mask_labels: tuple[Name, ...] = ()
    on_revision: Literal["void", "ask_again"] = "void"
    break_glass: BreakGlass | None = None


class StepForecast(Document):
    """The verdict on one step of a plan, as far as its values are known, on one action of a batch, or in one trial."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    approval: ApprovalRequirement | None = None
    defer_until: Moment | None = None


class Decision(Document):
    """The document ``data.assent.decision`` (``assent.decision/v1``).

    ``taken`` is set for questions of kind ``condition`` only; ``steps`` for the kinds
    ``plan``, ``batch`` and ``trial`` only.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    approval: ApprovalRequirement | None = None
    defer_until: Moment | None = None
    taken: bool | None = None
    steps: dict[Name, StepForecast] = {}


class Provenance(Document):
    """Where a decision comes from; enough to find it again."""

    decision_id: str
    revision: str
    engine: str
    engine_version: str
    input_digest: str
    controls: tuple[str, ...] = ()
    duration_us: int


class Decided(Document):
    """A decision together with its provenance: what the gate records and acts on.

    ``fault`` is true when the decision is not OPA's word but our deny in its absence.
    """

    decision: Decision
    provenance: Provenance
    fault: bool = False

    @property
    def verdict(self) -> Verdict:
        """The verdict."""
        return self.decision.verdict

    @property
    def codes(self) -> tuple[str, ...]:
        """The reason codes, in the order of the reasons."""
        return tuple(reason.code for reason in self.decision.reasons)


__all__ = [
    "ApprovalRequirement",
    "BreakGlass",
    "Decided",
    "Decision",
    "Entrust",
    "Escalation",
    "Notify",
    "Obligation",
    "Provenance",
    "Reason",
    "Redact",
    "Remember",
    "Reserve",
    "Retry",
    "Review",
    "Stage",
    "StepForecast",
    "Timeout",
    "Verdict",
]
