"""Two answers to one question, held side by side: in what they differ, and whether more or less would be allowed. Pure.

Nothing of a question is in here but names that people or the catalogue gave: what is said of an obligation is its type,
of an approval who must give it. What they say further is compared, and not kept. A candidate can compute codes,
controls and roles from a question: what neither stands in it nor was said live is shown as ``…`` (``veiled``).
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from assent_sidecar.canonical import canonical, digest
from assent_sidecar.decision import Decided, Decision, StepForecast, Verdict
from assent_sidecar.model import Document
from assent_sidecar.question import Kind, Question

VEILED = "…"
"""Shown in place of what a candidate may have computed from a question."""

_MOST_REASONS = 20

_STRICTNESS = {verdict: number for number, verdict in enumerate(Verdict)}


class Change(StrEnum):
    """What would be different with the candidate in force."""

    LOOSER = "looser"
    STRICTER = "stricter"
    OTHER = "other"
    FAULT = "fault"
    """The candidate gave no decision; in force, that would be a deny."""


class Aspect(StrEnum):
    """In what two answers can differ."""

    VERDICT = "verdict"
    REASONS = "reasons"
    CONTROLS = "controls"
    APPROVAL = "approval"
    OBLIGATIONS = "obligations"
    DEFERRAL = "deferral"
    TAKEN = "taken"


class Finding(Document):
    """A reason, as far as it is shown."""

    code: str
    control: str | None = None


class Approvers(Document):
    """A stage of an approval, as far as it is shown."""

    role: str
    quorum: int = 1


class Answer(Document):
    """One side's answer, as far as it is shown: 20 reasons and controls at most."""

    verdict: Verdict
    reasons: tuple[Finding, ...] = ()
    controls: tuple[str, ...] = ()
    stages: tuple[Approvers, ...] = ()
    obligations: tuple[str, ...] = ()
    taken: bool | None = None


class Difference(Document):
    """One way in which answers differ; the same way has the same digest."""

    change: Change
    kind: str
    action: Annotated[str, Field(description="``system.operation``; empty for a whole plan and for conditions")] = ""
    live: Answer
    candidate: Answer
    aspects: tuple[Aspect, ...]
    live_revision: str

    @property
    def digest(self) -> str:
        """The name of the row that counts it."""
        return digest(self.to_json())


@dataclass(frozen=True, slots=True)
class Compared:
    """Two answers held side by side. ``item`` is the step, or what the caller called its action; None for a whole plan.

    ``decision_id`` is that of the live decision; ``difference`` is None where both said the same.
    """

    item: str | None
    decision_id: str
    difference: Difference | None


@dataclass(frozen=True, slots=True)
class _Side:
    """An answer to one thing that was asked, with the controls that took part."""

    said: Decision | StepForecast
    controls: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted({(one.code, one.control or "") for one in self.said.reasons}))

    @property
    def taken(self) -> bool | None:
        return self.said.taken if isinstance(self.said, Decision) else None

    @property
    def duties(self) -> frozenset[bytes]:
        """What must be done or given for the action to happen, whatever the order."""
        asked: list[Any] = [one.to_json() for one in self.said.obligations]
        if self.said.approval is not None:
            asked += [{"stage": one.to_json()} for one in self.said.approval.stages]
        return frozenset(canonical(one) for one in asked)

    def shown(self) -> Answer:
        approval = self.said.approval
        return Answer(
            verdict=self.said.verdict,
            reasons=tuple(
                Finding(code=code, control=control or None) for code, control in self.reasons[:_MOST_REASONS]
            ),
            controls=self.controls[:_MOST_REASONS],
            stages=tuple(Approvers(role=one.role, quorum=one.quorum) for one in approval.stages) if approval else (),
            obligations=tuple(sorted({one.type for one in self.said.obligations})),
            taken=self.taken,
        )


def answers_to(question: Question) -> int:
    """Return how many answers there are to a question: one for each action of a batch, step of a plan, and plan."""
    if question.kind is Kind.BATCH:
        return len(question.actions)
    return 1 + (len(question.plan.steps) if question.plan is not None else 0)


def compare(question: Question, live: Decided, candidate: Decided) -> Iterator[Compared]:
    """Hold two decisions on one question side by side, answer by answer; neither may be a fault."""
    source = live.provenance

    def compared(item: str | None, decision_id: str, action: str, one: _Side, other: _Side) -> Compared:
        aspects = tuple(_aspects(one, other))
        if not aspects:
            return Compared(item, decision_id, None)
        found = Difference(
            change=_change(one, other),
            kind=str(question.kind),
            action=action,
            live=one.shown(),
            candidate=other.shown(),
            aspects=aspects,
            live_revision=source.revision,
        )
        return Compared(item, decision_id, found)

    if question.kind is not Kind.BATCH:
        sides = (_Side(live.decision, source.controls), _Side(candidate.decision, candidate.provenance.controls))
        yield compared(item_of(question), source.decision_id, action_of(question), *sides)
    for item, action in _one_by_one(question):
        # The gate gives each action of a batch a decision of its own; a plan has one.
        decision_id = f"{source.decision_id}/{item}" if question.kind is Kind.BATCH else source.decision_id
        steps = (_Side(live.decision.steps[item]), _Side(candidate.decision.steps[item]))
        yield compared(item, decision_id, action, *steps)


def veiled(difference: Difference, words: Container[str]) -> Difference:
    """Return it without what the candidate says that neither stands in ``words`` nor was said live."""
    live, said = difference.live, difference.candidate
    known = {one.code for one in live.reasons} | {one.control for one in live.reasons} | set(live.controls)
    known |= {one.role for one in live.stages}

    def shown(word: str) -> str:
        return word if word in known or word in words else VEILED

    reasons = [Finding(code=shown(one.code), control=one.control and shown(one.control)) for one in said.reasons]
    shown_stages = tuple(
        one
        if shown(one.role) != VEILED
        else Approvers(role=VEILED)  # not its quorum either, which is computed as easily
        for one in said.stages
    )
    candidate = said.model_copy(
        update={
            "reasons": tuple(dict.fromkeys(reasons)),
            "controls": tuple(dict.fromkeys(map(shown, said.controls))),
            "stages": shown_stages,
        }
    )
    return difference.model_copy(update={"candidate": candidate})


def faulted(question: Question, live: Decided, candidate: Decided) -> Difference:
    """Return the difference between a decision and none."""
    return Difference(
        change=Change.FAULT,
        kind=str(question.kind),
        action=action_of(question),
        live=_Side(live.decision, live.provenance.controls).shown(),
        candidate=_Side(candidate.decision).shown(),
        aspects=(Aspect.VERDICT,) if live.verdict is not candidate.verdict else (Aspect.REASONS,),
        live_revision=live.provenance.revision,
    )


def item_of(question: Question) -> str | None:
    """Return the step that a question is about."""
    return question.step.id if question.step else None


def action_of(question: Question) -> str:
    """Return the action that a question is about; empty where it is about many, or none."""
    return f"{question.action.system}.{question.action.operation}" if question.action else ""


def _one_by_one(question: Question) -> Sequence[tuple[str, str]]:
    steps = question.actions if question.kind is Kind.BATCH else question.plan.steps if question.plan else ()
    return [(step.id, f"{step.action.system}.{step.action.operation}") for step in steps]


def _aspects(one: _Side, other: _Side) -> Iterator[Aspect]:
    if one.said.verdict is not other.said.verdict:
        yield Aspect.VERDICT
    if one.reasons != other.reasons:
        yield Aspect.REASONS
    if set(one.controls) != set(other.controls):
        yield Aspect.CONTROLS
    if one.said.approval != other.said.approval:
        yield Aspect.APPROVAL
    if sorted(map(repr, one.said.obligations)) != sorted(map(repr, other.said.obligations)):
        yield Aspect.OBLIGATIONS
    if one.said.defer_until != other.said.defer_until:
        yield Aspect.DEFERRAL
    if one.taken != other.taken:
        yield Aspect.TAKEN


def _change(one: _Side, other: _Side) -> Change:
    before, after = _STRICTNESS[one.said.verdict], _STRICTNESS[other.said.verdict]
    if before != after:
        return Change.LOOSER if after < before else Change.STRICTER
    if one.duties != other.duties:
        if other.duties < one.duties:
            return Change.LOOSER
        if other.duties > one.duties:
            return Change.STRICTER
    return Change.OTHER
