"""What redactions leave of an action is decided as well: nothing is done with arguments that nobody decided.

A policy that takes an argument away can only make a decision stricter. What another policy demanded of that argument
would be gone with it, so what is left is put to all policies once more, and the stricter of the two answers counts.
So it is with each step of a plan under forecast, and in each trial of one, as far as values are known.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from assent_orchestrator.governance.decision_point import DecisionPoint
from assent_orchestrator.governance.judging import UNFULFILLED
from assent_orchestrator.governance.obligations import sort_out
from assent_orchestrator.plan.pointer import split
from assent_orchestrator.plan.redaction import Foreseen, RedactionError, redact_known
from assent_orchestrator.plan.schema import validate
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.own import RECALL
from assent_sidecar.decision import Decided, Decision, Obligation, Reason, Redact, Reserve, StepForecast, Verdict
from assent_sidecar.facts import Action, BatchAction, PlanStep, Trial
from assent_sidecar.question import Kind, Question

_Said = Decision | StepForecast
_Part = TypeVar("_Part", BatchAction, PlanStep, Trial)

_ORDER = tuple(Verdict)
_POSSIBLE = frozenset({Verdict.ALLOW, Verdict.DEFER, Verdict.REQUIRE_APPROVAL})
_NO_TIME = 0.001
"""Seconds for the second answer when the first one took them all: there is none, and so nothing is done."""


class UnleftError(Exception):
    """What redactions leave is nothing that could be done; the text says why."""


class Remainder:
    """Answers as the decision point behind it does, about actions with and without what is to be taken away.

    The second question names the action by the digest of the first one: answers of people are about that one.
    """

    def __init__(self, behind: DecisionPoint, catalogue: Callable[[], Catalogue]) -> None:
        """Name the decision point, and what says which arguments operations take."""
        self.behind = behind
        self._catalogue = catalogue

    async def decide(self, question: Question, *, budget: float) -> Decided:
        """Answer within ``budget`` seconds; it fails closed and raises nothing."""
        started = time.monotonic()
        decided = await self.behind.decide(question, budget=budget)
        asked = _asked(question)
        if decided.fault or not asked:
            return decided
        said = _said(question, decided)
        left: dict[str, Action] = {}
        for name, action in asked.items():
            if name not in said or not _takes_away(action, said[name]):
                continue
            try:
                left[name] = left_of(action, said[name].obligations, self._catalogue())
            except RedactionError:
                continue  # whoever has it carried out refuses
            except UnleftError as error:
                said[name] = _refused(said[name], str(error))
        if left:
            remaining = max(_NO_TIME, budget - (time.monotonic() - started))
            again = await self.behind.decide(_about(question, left), budget=remaining)
            if again.fault:
                return again
            others = _said(question, again)
            said |= {name: combined(said[name], others[name], action) for name, action in left.items()}
            if question.kind is Kind.ACTION and _is_stricter(again.decision, decided.decision):
                decided = again  # the answer that counts is the one that is told
        return _with(question, decided, said)


def left_of(action: Action, obligations: tuple[Obligation, ...], catalogue: Catalogue) -> Action:
    """Return the action as redactions leave it, under the same digest.

    Raises:
        RedactionError: they cannot be carried out with certainty.
        UnleftError: the operation does not take what is left.
    """
    left = _redacted(action, sort_out(obligations).redactions)
    operation = catalogue.operation(f"{action.system}.{action.operation}")
    unknown = [split(pointer) for pointer in left.unknown]
    if operation is not None and validate(left.args, operation.arguments, unknown):
        raise UnleftError("the operation does not take what a redaction leaves of its arguments")
    return action.model_copy(update={"args": left.args, "labels": left.labels, "unknown": left.unknown})


def combined(first: _Said, second: _Said, left: Action) -> _Said:
    """Return the stricter of two answers about an action and about what is ``left`` of it, with the duties of both.

    Of what both reserve on one ledger, the larger amount is reserved. What is to be taken away from what is left would
    have to be decided a third time: then nothing is done.
    """
    if second.verdict not in _POSSIBLE:
        return second
    new = [one for one in second.obligations if one not in first.obligations]
    try:
        further = _redacted(left, [one for one in new if isinstance(one, Redact)])
    except RedactionError:
        further = None
    if further is None or (further.args, further.unknown) != (left.args, left.unknown):
        return _refused(first, "what a redaction leaves is to be redacted once more")
    ours, theirs = _reserved(first.obligations), _reserved(second.obligations)
    larger = {ledger for ledger, amount in theirs.items() if amount > ours.get(ledger, Decimal(0))}
    duties = (
        *(one for one in first.obligations if not (isinstance(one, Reserve) and one.ledger in larger)),
        *(one for one in second.obligations if isinstance(one, Reserve) and one.ledger in larger),
        *(one for one in new if not isinstance(one, Redact | Reserve)),
    )
    stricter = second if _is_stricter(second, first) else first
    return stricter.model_copy(update={"obligations": duties})


def _redacted(action: Action, redactions: Sequence[Redact]) -> Foreseen:
    return redact_known(action.args, action.labels, action.unknown, redactions)


def _asked(question: Question) -> Mapping[str, Action]:
    match question.kind:
        case Kind.BATCH:
            return {one.id: one.action for one in question.actions}
        case Kind.PLAN if question.plan is not None:
            return {one.id: one.action for one in question.plan.steps}
        case Kind.TRIAL:
            return {one.id: one.action for one in question.trials if one.action is not None}
        case Kind.ACTION if question.action is not None:
            return {"": question.action}
        case _:
            return {}


def _said(question: Question, decided: Decided) -> dict[str, _Said]:
    return {"": decided.decision} if question.kind is Kind.ACTION else dict(decided.decision.steps)


def _takes_away(action: Action, said: _Said) -> bool:
    """Say whether arguments are taken away: of what is recalled, parts of the result are."""
    wanted = any(isinstance(one, Redact) for one in said.obligations)
    return wanted and said.verdict in _POSSIBLE and f"{action.system}.{action.operation}" != RECALL


def _about(question: Question, left: Mapping[str, Action]) -> Question:
    """Return the question about what is left, with nothing else in it that would be answered again."""
    match question.kind:
        case Kind.BATCH:
            return question.model_copy(update={"actions": _changed(question.actions, left)})
        case Kind.PLAN if question.plan is not None:
            plan = question.plan.model_copy(update={"steps": _changed(question.plan.steps, left)})
            return question.model_copy(update={"plan": plan})
        case Kind.TRIAL:
            return question.model_copy(update={"trials": _changed(question.trials, left)})
        case _:
            return question.model_copy(update={"action": left[""]})


def _changed(several: Sequence[_Part], left: Mapping[str, Action]) -> tuple[_Part, ...]:
    return tuple(one.model_copy(update={"action": left[one.id]}) for one in several if one.id in left)


def _is_stricter(one: _Said, other: _Said) -> bool:
    return _ORDER.index(one.verdict) > _ORDER.index(other.verdict)


def _with(question: Question, decided: Decided, said: Mapping[str, _Said]) -> Decided:
    if question.kind is Kind.ACTION:
        return decided.model_copy(update={"decision": said[""]})
    return decided.model_copy(update={"decision": decided.decision.model_copy(update={"steps": dict(said)})})


def _reserved(obligations: tuple[Obligation, ...]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for one in obligations:
        if isinstance(one, Reserve):
            found[one.ledger] = found.get(one.ledger, Decimal(0)) + Decimal(one.amount)
    return found


def _refused(said: _Said, why: str) -> _Said:
    refused = {"verdict": Verdict.DENY, "obligations": (), "approval": None, "defer_until": None}
    return said.model_copy(update={**refused, "reasons": (Reason(code=UNFULFILLED, message=why), *said.reasons)})
