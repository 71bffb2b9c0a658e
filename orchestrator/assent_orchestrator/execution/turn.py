"""One look at one step: what is known, what the bundle in force says of it, and how often it was looked at."""

from dataclasses import dataclass

from assent_orchestrator.execution.situation import Appointed, Situation


@dataclass(frozen=True, slots=True)
class Turn:
    """What an attempt carries along. ``tries`` counts the looks since the step was last moved, from 1."""

    situation: Situation
    appointed: Appointed
    tries: int
