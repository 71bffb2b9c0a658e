"""The decision point, as far as whoever asks it knows: the sidecar of one tenant, those of all, or one overheard."""

from typing import Protocol

from assent_sidecar.decision import Decided
from assent_sidecar.question import Question


class DecisionPoint(Protocol):
    """Whoever answers questions; it fails closed and raises nothing."""

    async def decide(self, question: Question, *, budget: float) -> Decided:
        """Answer within ``budget`` seconds."""
        ...
