"""The states of steps and runs, and why a step was not taken."""

from enum import StrEnum


class StepState(StrEnum):
    """Where a step is."""

    PENDING = "pending"
    DECIDING = "deciding"
    DEFERRED = "deferred"
    AWAITING_APPROVAL = "awaiting_approval"
    AWAITING_CHOICE = "awaiting_choice"
    DISPATCHED = "dispatched"
    ITERATING = "iterating"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DENIED = "denied"
    SKIPPED = "skipped"
    COMPENSATING = "compensating"
    COMPENSATED = "compensated"
    CANCELLED = "cancelled"


class RunState(StrEnum):
    """Where a run is."""

    PLANNED = "planned"
    RUNNING = "running"
    WAITING = "waiting"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    COMPENSATED = "compensated"
    CANCELLED = "cancelled"
    HALTED = "halted"


class SkipReason(StrEnum):
    """Why a step was skipped."""

    CONDITION_NOT_MET = "CONDITION_NOT_MET"
    """Its ``when`` said no."""
    DEPENDENCY_SKIPPED = "DEPENDENCY_SKIPPED"
    """It is bound to the output of a step that was not taken."""
    DEPENDENCY_FAILED = "DEPENDENCY_FAILED"
    """It depends on a step whose failure fails the run."""
    SKIPPED_ON_FAILURE = "SKIPPED_ON_FAILURE"
    """It did not succeed, and its process says to go on without it."""
    BRANCH_NOT_CHOSEN = "BRANCH_NOT_CHOSEN"
    """It belongs to a branch that its choice did not take."""
    ITEM_FAILED = "ITEM_FAILED"
    """Another item of its step did not succeed, and the step does not go on without it."""
    NOT_NEEDED = "NOT_NEEDED"
    """It is an alternative to a step that did not fail."""
    RUN_FAILED = "RUN_FAILED"
    """The run failed elsewhere before its turn came."""


TERMINAL_STEPS = frozenset(
    {
        StepState.SUCCEEDED,
        StepState.FAILED,
        StepState.DENIED,
        StepState.SKIPPED,
        StepState.COMPENSATED,
        StepState.CANCELLED,
    }
)
"""States in which a step has come to rest. Not ``unknown``: that waits until somebody knows."""

UNSUCCESSFUL_STEPS = TERMINAL_STEPS - {StepState.SUCCEEDED, StepState.SKIPPED}
"""States to which ``on_failure`` applies."""

TERMINAL_RUNS = frozenset(
    {RunState.SUCCEEDED, RunState.FAILED, RunState.COMPENSATED, RunState.CANCELLED, RunState.HALTED}
)
"""States in which a run has come to rest."""

ASLEEP_STEPS = frozenset(
    {
        StepState.AWAITING_APPROVAL,
        StepState.AWAITING_CHOICE,
        StepState.DEFERRED,
        StepState.DECIDING,
        StepState.UNKNOWN,
    }
)
"""States in which a step waits for something outside: a person, a time, the engine, an answer."""
