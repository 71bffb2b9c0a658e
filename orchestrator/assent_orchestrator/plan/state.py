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

GOING_RUNS = frozenset({RunState.RUNNING, RunState.WAITING})
"""States of a run that was begun and that nothing brings to its end yet."""

OPEN_RUNS = GOING_RUNS | {RunState.PLANNED}
"""States of a run that nothing brings to its end yet."""

BUSY_RUNS = frozenset({RunState.PLANNED, RunState.RUNNING, RunState.STOPPING})
"""States in which a run has to get on by itself: nothing outside is waited for."""

WAITING_STEPS = frozenset(
    {StepState.AWAITING_APPROVAL, StepState.AWAITING_CHOICE, StepState.DEFERRED, StepState.UNKNOWN}
)
"""States of steps for which a run waits: for a person, a time, an answer."""

ASLEEP_STEPS = WAITING_STEPS | {StepState.DECIDING}
"""States in which a step waits for something outside: also for the engine, which is not told of the run."""

BEFORE_PEOPLE_STEPS = frozenset({StepState.AWAITING_CHOICE, StepState.UNKNOWN})
"""States in which a step may have a work item."""

IDLE_STEPS = frozenset({StepState.PENDING, StepState.ITERATING})
"""States that say nothing of what the run does: its turn has not come, or it is its items that do something."""

FOLLOWING_STEPS = frozenset({StepState.ITERATING, StepState.COMPENSATING})
"""States of rows whose end is that of other rows."""

DONE_STEPS = frozenset({StepState.SUCCEEDED, StepState.COMPENSATING, StepState.COMPENSATED})
"""States in which a step has an output: it was done, undone meanwhile or not."""
