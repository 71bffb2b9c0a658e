"""What the trail holds: one record for each thing that happened (``assent.audit/v1``).

Arguments and results are never in here, only their digests: a record is kept for years, and cannot be taken back.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints

from assent_orchestrator.caller import Caller
from assent_sidecar.canonical import digest
from assent_sidecar.decision import Decided, Obligation
from assent_sidecar.facts import Action
from assent_sidecar.model import Document, Json

SCHEMA = "assent.audit/v1"
"""What a record says of itself: which fields it may have, and what they mean."""

MAX_RECORD_BYTES = 48 * 1024
"""A record is at most this long; a tile of a Merkle log takes entries of up to 65,535 bytes."""

Text = Annotated[str, Field(max_length=1024)]
Digest = Annotated[str, StringConstraints(pattern=r"^(hmac-)?sha256:[0-9a-f]{64}$")]
EventName = Annotated[str, StringConstraints(pattern=r"^[a-z]+(\.[a-z_]+)+$", max_length=64)]
"""What happened: the kind of thing, a dot, what became of it, as in ``decision.made``; docs/trail.md lists them."""


class Actor(Document):
    """Who did it, as the authenticated transport or the catalogue names them."""

    kind: Literal["agent", "user", "service", "system"]
    id: Text
    authn: Text | None = None

    @classmethod
    def of(cls, caller: Caller) -> Self:
        """Name who calls: a person, or an agent by the name that the catalogue has for it."""
        if caller.agent:
            return cls(kind="agent", id=caller.agent, authn=caller.authn)
        return cls(kind="user", id=caller.id, authn=caller.authn)


class ActionNote(Document):
    """Which action, bound by its digest."""

    name: Text
    digest: Digest
    effect: Literal["read", "write", "irreversible"]

    @classmethod
    def of(cls, action: Action) -> Self:
        """Note an action."""
        return cls(name=f"{action.system}.{action.operation}", digest=action.digest, effect=action.effect)


class DecisionNote(Document):
    """What was decided, under which rules. ``fault``: our deny in the absence of a decision.

    ``kind`` is the kind of question that was asked (``action``, ``plan``, ``condition``...); ``taken`` answers a
    condition. ``granted`` are those of the ``codes`` that would have allowed what was denied.
    """

    id: Text
    kind: Text | None = None
    verdict: Text
    taken: bool | None = None
    codes: tuple[Text, ...] = ()
    granted: tuple[Text, ...] | None = None
    controls: tuple[Text, ...] = ()
    revision: Text
    engine_version: Text
    input_digest: Text
    duration_us: int | None = None
    fault: bool = False

    @classmethod
    def of(cls, decided: Decided, *, kind: str | None = None) -> Self:
        """Note a decision with its provenance."""
        source = decided.provenance
        named = (reason.control for reason in decided.decision.reasons if reason.control)
        return cls(
            id=source.decision_id,
            kind=kind,
            verdict=str(decided.verdict),
            taken=decided.decision.taken,
            codes=decided.codes,
            granted=tuple(reason.code for reason in decided.decision.reasons if reason.grants) or None,
            controls=tuple(dict.fromkeys((*source.controls, *named))),
            revision=source.revision,
            engine_version=source.engine_version,
            input_digest=source.input_digest,
            duration_us=source.duration_us,
            fault=decided.fault,
        )


def grounds(decision: Mapping[str, Json]) -> list[str]:
    """Return why a recorded decision is as it is: its codes without those that would have allowed what it denies."""
    granted = set(decision.get("granted") or ())
    return [code for code in decision.get("codes") or () if code not in granted]


class ApprovalNote(Document):
    """What humans were asked or answered, bound to what they were shown.

    ``roles`` are those that are asked, or the one that a person answered in. ``edits`` are pointers to what the person
    changed, ``edited_digest`` is that of the action with it. A review is ``about`` another approval.
    """

    id: Text
    stage: int | None = None
    outcome: Text | None = None
    approver: Text | None = None
    roles: tuple[Text, ...] = ()
    presented_digest: Text | None = None
    action_digest: Text | None = None
    revision: Text | None = None
    rationale_digest: Digest | None = None
    expires_at: Text | None = None
    edits: tuple[Text, ...] | None = None
    edited_digest: Digest | None = None
    about: Text | None = None


class EffectNote(Document):
    """What became of a call to a tool: intended before it, the rest after it. ``unknown``: it may have happened."""

    status: Literal["intended", "succeeded", "failed", "unknown"]
    permit: Text | None = None
    idempotency_key: Text | None = None
    tool_server: Text | None = None
    result_digest: Text | None = None
    error: Text | None = None
    retryable: bool | None = None
    recovered: bool | None = None


class ObligationNote(Document):
    """A duty that came with a decision; its parameters are bound by their digest."""

    type: Text
    digest: Digest | None = None
    status: Literal["imposed", "fulfilled", "failed"] = "imposed"

    @classmethod
    def of(cls, obligation: Obligation, status: Literal["imposed", "fulfilled", "failed"] = "imposed") -> Self:
        """Note an obligation."""
        return cls(type=obligation.type, digest=digest(obligation.to_json()), status=status)


class LedgerNote(Document):
    """What was reserved on a ledger, spent, given back, or is held because nobody knows.

    ``account`` is the beginning of a digest of what it is counted for: that may be a person. ``reserved`` is what had
    been, where ``amount`` was spent; ``unread``: the real amount was to be read from the result, and could not be.
    """

    ledger: Text
    account: Text
    period: Text
    entry: Text
    amount: Text
    reserved: Text | None = None
    unread: bool | None = None


class TraceNote(Document):
    """Where the traces show it: W3C trace and span id, in hex."""

    trace_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    span_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


class StateNote(Document):
    """A transition of a run or a step; written as ``from`` and ``to``."""

    model_config = ConfigDict(validate_by_name=True)

    before: Annotated[Text | None, Field(alias="from")] = None
    after: Annotated[Text, Field(alias="to")]


class Draft(Document):
    """What a caller wants recorded; whatever does not apply is left out.

    ``parent`` is the ``seq`` of the record that this one closes, as the outcome of an effect closes its intent.
    ``detail`` is small JSON for what has no field of its own; never arguments or results. What is stored has, beside
    that, its place in the trail (``chain.seal``).
    """

    model_config = ConfigDict(ser_json_inf_nan="constants")  # not null: what is no JSON must be refused, not hidden

    event: EventName
    run: Annotated[str, Field(max_length=128)] | None = None
    step: Text | None = None
    attempt: int | None = None
    actor: Actor | None = None
    on_behalf_of: Text | None = None
    action: ActionNote | None = None
    decision: DecisionNote | None = None
    approval: ApprovalNote | None = None
    effect: EffectNote | None = None
    obligations: tuple[ObligationNote, ...] | None = None
    ledgers: tuple[LedgerNote, ...] | None = None
    trace: TraceNote | None = None
    state: StateNote | None = None
    detail: dict[str, Json] | None = None
    parent: Annotated[int, Field(ge=1)] | None = None

    def to_json(self) -> dict[str, Json]:
        """Return what is stored of it. Numbers of records may grow, so they are text: JSON numbers are not exact."""
        written = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        if self.parent is not None:
            written["parent"] = str(self.parent)
        return written
