"""A hand-over, put before people: who passes what to whom, and the steps that the answer holds for."""

from collections.abc import Sequence
from dataclasses import dataclass

from assent_orchestrator.approvals.approval import Approval
from assent_orchestrator.approvals.presented import Scene, around
from assent_sidecar.canonical import digest
from assent_sidecar.decision import Decided, Entrust, Redact
from assent_sidecar.facts import Effect, HandoffFacts
from assent_sidecar.model import Json


@dataclass(frozen=True, slots=True)
class Bound:
    """What a step is bound to at one place of its arguments: where it comes from, with its labels, and never a value.

    ``argument`` is a JSON pointer, or ``for_each`` for the list that the step is done for.
    """

    argument: str
    sources: tuple[str, ...]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taker:
    """A step of the run that takes work over, or what undoes one: by its id without the item, with what it does."""

    step: str
    action: str
    inputs: tuple[Bound, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Return it as it is shown."""
        inputs = [{"argument": one.argument, "sources": [*one.sources], "labels": [*one.labels]} for one in self.inputs]
        return {"step": self.step, "action": self.action, "inputs": inputs}


@dataclass(frozen=True, slots=True)
class Passage:
    """Work that is to pass, as it is shown: to the step that takes it over with ``action``, ``origins`` hand it over.

    Of a call, the step is that of who calls, and nothing else hands anything over.
    """

    facts: HandoffFacts
    action: str
    effect: Effect
    origins: Sequence[str]

    def present(self, decided: Decided, scene: Scene, takers: Sequence[Taker]) -> dict[str, Json]:
        """Return what an approver is shown: names and digests, as there are no arguments; and what passes less.

        The answer holds for ``takers``, and for no other step.
        """
        return {
            **around(decided, scene),
            "action": self.action,
            "effect": self.effect,
            "args": {},
            "labels": {},
            "action_digest": self.facts.digest,
            "handoff": self.facts.to_json(),
            "origins": list(self.origins),
            "less": _less(decided),
            "takers": [one.to_json() for one in takers],
        }


def passes_as_shown(request: Approval, decided: Decided) -> bool:
    """Say whether a decision takes away from what passes exactly what people were shown that it would."""
    return sorted(map(digest, request.presented["less"])) == sorted(map(digest, _less(decided)))


def _less(decided: Decided) -> list[Json]:
    return [one.to_json() for one in decided.decision.obligations if isinstance(one, Redact | Entrust)]
