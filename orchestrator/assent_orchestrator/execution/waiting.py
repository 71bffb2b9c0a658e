"""How long a step still waits that was told not to go on before a moment. Pure."""

from datetime import datetime

from assent_orchestrator.execution.circuit import PERMIT_INVALID
from assent_orchestrator.execution.patience import LONGEST, patience, until
from assent_orchestrator.execution.situation import CIRCUIT_OPEN, Situation
from assent_orchestrator.governance.obligations import backoff, fewest, sort_out
from assent_orchestrator.plan.state import StepState
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.decision import Decided
from assent_sidecar.model import seconds
from assent_sidecar.retry import Attempts

_SKEW_SECONDS = 5.0
"""By how much the clocks of servers may differ before one of them is taken to have been set back."""


def waits(situation: Situation, catalogue: Catalogue, now: datetime) -> float | None:
    """Return the seconds until a step may go on, or None: now.

    What a policy puts off waits for its moment, whatever clocks do. Any other wait was for so many seconds from when it
    began: a moment that is farther away is of a clock that was set back since, and is not waited for.
    """
    moment = situation.step.not_before
    if moment is None or moment <= now:
        return None
    longest = _longest(situation, catalogue)
    ahead = until(moment, now)
    return ahead if longest is None or ahead <= longest + _SKEW_SECONDS else None


def _longest(situation: Situation, catalogue: Catalogue) -> float | None:
    """Return for how long a wait of this kind is at most; None: until a moment that somebody named."""
    step = situation.step
    if step.state is StepState.DEFERRED:
        if step.reason != CIRCUIT_OPEN:
            return None
        system = catalogue.systems.get(situation.subject.system or "")
        return seconds(system.breaker.open_for) if system is not None and system.breaker is not None else 0.0
    decided = _newest(situation)
    if decided is None or decided.fault:
        return LONGEST
    if step.reason == PERMIT_INVALID:
        return patience(step.attempt)
    retry = agreed_retry(situation)
    return LONGEST if retry is None else backoff(retry, step.failures, run=situation.run.id, row=step.id)


def agreed_retry(situation: Situation) -> Attempts | None:
    """Return how often a step is tried, by its newest decision and by its process; None: nobody said."""
    decided = _newest(situation)
    obligation = sort_out(decided.decision.obligations).retry if decided is not None else None
    return fewest(obligation, situation.spec.retry)


def _newest(situation: Situation) -> Decided | None:
    return Decided.from_json(situation.decision) if situation.decision is not None else None
