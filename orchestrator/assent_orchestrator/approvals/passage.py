"""A hand-over, put before people: who passes what to whom, and that the answer holds for all that passes the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from assent_orchestrator.approvals.presented import Scene, around
from assent_sidecar.decision import Decided, Entrust, Redact
from assent_sidecar.facts import Effect, HandoffFacts
from assent_sidecar.model import Json


@dataclass(frozen=True, slots=True)
class Passage:
    """Work that is to pass, as it is shown: to the step that takes it over with ``action``, ``origins`` hand it over.

    Of a call, the step is that of who calls, and nothing else hands anything over.
    """

    facts: HandoffFacts
    action: str
    effect: Effect
    origins: Sequence[str]

    def present(self, decided: Decided, scene: Scene) -> dict[str, Json]:
        """Return what an approver is shown: names and digests, as there are no arguments; and what passes less."""
        less = [one for one in decided.decision.obligations if isinstance(one, Redact | Entrust)]
        return {
            **around(decided, scene),
            "action": self.action,
            "effect": self.effect,
            "args": {},
            "labels": {},
            "action_digest": self.facts.digest,
            "handoff": self.facts.to_json(),
            "origins": list(self.origins),
            "less": [one.to_json() for one in less],
        }
