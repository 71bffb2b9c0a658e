"""One look at one step: what is known, what the bundle in force says of it, and how often it was looked at."""

from dataclasses import dataclass

from assent_orchestrator.execution.situation import Appointed, Situation


@dataclass(frozen=True, slots=True)
class Turn:
    """What an attempt carries along. ``tries`` counts the looks since the step was last moved, from 1.

    ``let`` are the bundles under which work passes to the step, and to the service that it calls.
    """

    situation: Situation
    appointed: Appointed
    tries: int
    let: frozenset[str] = frozenset()

    def is_let(self, revision: str) -> bool:
        """Say whether all that the step takes over, or hands over by a call, may pass under this bundle."""
        return self.let <= {revision}
