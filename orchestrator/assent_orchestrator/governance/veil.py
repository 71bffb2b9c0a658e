"""What may be said of a decision on values that are never retained: only words that people wrote into the policies.

A policy may put together a message, or a code, from what it was asked. Of such a question nothing is passed on but
what stands in the bundle word for word; what follows from the decision stays as it is.
"""

import asyncio
from collections.abc import Callable, Container

from assent_orchestrator.errors import MemoryKeyWrongError
from assent_orchestrator.governance.decision_point import DecisionPoint
from assent_orchestrator.plan.digests import Digests
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.words import words_of
from assent_sidecar.decision import Decided, Reason
from assent_sidecar.question import Question

WITHHELD = "WITHHELD"
"""The code in the place of one that a policy computed."""


class Veil:
    """Answers as the decision point behind it does, and says no more than may be written down."""

    def __init__(self, behind: DecisionPoint, bundle: Callable[[str], Bundle], digests: Digests) -> None:
        """Name the decision point, the bundle in force for a tenant, and how questions are named."""
        self._behind = behind
        self._digests = digests
        self._bundle = bundle
        self._words: dict[str, frozenset[str]] = {}

    async def decide(self, question: Question, *, budget: float) -> Decided:
        """Answer within ``budget`` seconds; it fails closed and raises nothing."""
        decided = await self._behind.decide(question, budget=budget)
        if not question.confided:
            return decided
        decided = self._unguessable(decided)
        return decided if decided.fault else veiled(decided, await self._known(question.tenant))

    def _unguessable(self, decided: Decided) -> Decided:
        """Return a decision that names its question so that nobody finds by trying what was in it."""
        plain = decided.provenance.input_digest
        try:
            named = self._digests.keyed(plain) if plain else ""
        except MemoryKeyWrongError:
            named = ""
        return decided.model_copy(update={"provenance": decided.provenance.model_copy(update={"input_digest": named})})

    async def _known(self, tenant: str) -> frozenset[str]:
        bundle = self._bundle(tenant)
        known = self._words.get(bundle.revision)
        if known is None:
            # One bundle a tenant is in force, so that of earlier ones nothing need be kept.
            known = await asyncio.to_thread(words_of, bundle.archive)
            self._words = {**dict(list(self._words.items())[-_MOST:]), bundle.revision: known}
        return known


_MOST = 15


def veiled(decided: Decided, words: Container[str]) -> Decided:
    """Return a decision without what neither stands in ``words`` nor decides anything."""
    decision = decided.decision
    steps = {
        name: step.model_copy(update={"reasons": _reasons(step.reasons, words)})
        for name, step in decision.steps.items()
    }
    said = decision.model_copy(update={"reasons": _reasons(decision.reasons, words), "steps": steps})
    controls = tuple(one for one in decided.provenance.controls if one in words)
    provenance = decided.provenance.model_copy(update={"controls": controls})
    return decided.model_copy(update={"decision": said, "provenance": provenance})


def _reasons(reasons: tuple[Reason, ...], words: Container[str]) -> tuple[Reason, ...]:
    return tuple(
        Reason(
            code=one.code if one.code in words else WITHHELD,
            message=one.message if one.message in words else "",
            control=one.control if one.control in words else None,
            scope=one.scope,
            rule=one.rule if one.rule in words else None,
            grants=one.grants,
        )
        for one in reasons
    )
