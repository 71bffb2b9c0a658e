"""The live decision point, overheard."""

from assent_orchestrator.governance.decision_point import DecisionPoint
from assent_orchestrator.shadows.comparison import Comparison
from assent_sidecar.decision import Decided
from assent_sidecar.question import Question


class Beside:
    """Answers exactly as the live decision point does, and as soon; ``comparison``, if any, is told afterwards."""

    def __init__(self, live: DecisionPoint) -> None:
        """Name the decision point that counts."""
        self._live = live
        self.comparison: Comparison | None = None

    async def decide(self, question: Question, *, budget: float) -> Decided:
        """Answer within ``budget`` seconds; it fails closed and raises nothing."""
        decided = await self._live.decide(question, budget=budget)
        if self.comparison is not None:
            self.comparison.offer(question, decided)
        return decided
