"""The states of steps and runs as words, shapes and colours: each says the same without the other two."""

from dataclasses import dataclass

from assent.v1 import runs_pb2 as wire


@dataclass(frozen=True, slots=True)
class Look:
    """How a state looks."""

    shape: str
    word: str
    style: str

    @property
    def text(self) -> str:
        """The shape and the word."""
        return f"{self.shape} {self.word}"


STEP_LOOKS = {
    wire.STEP_STATE_PENDING: Look("·", "", "dim"),
    wire.STEP_STATE_DECIDING: Look("◌", "deciding", "cyan"),
    wire.STEP_STATE_DEFERRED: Look("◌", "later", "yellow"),
    wire.STEP_STATE_AWAITING_APPROVAL: Look("⏸", "waits", "bold yellow"),
    wire.STEP_STATE_AWAITING_CHOICE: Look("⏸", "failed", "bold yellow"),
    wire.STEP_STATE_DISPATCHED: Look("▸", "calling", "cyan"),
    wire.STEP_STATE_SUCCEEDED: Look("✓", "done", "green"),
    wire.STEP_STATE_FAILED: Look("✗", "failed", "bold red"),
    wire.STEP_STATE_UNKNOWN: Look("?", "unknown", "bold red"),
    wire.STEP_STATE_DENIED: Look("✗", "denied", "bold red"),
    wire.STEP_STATE_SKIPPED: Look("-", "not taken", "dim"),
    wire.STEP_STATE_CANCELLED: Look("-", "cancelled", "dim"),
}

RUN_LOOKS = {
    wire.RUN_STATE_PLANNED: Look("◌", "planned", "cyan"),
    wire.RUN_STATE_RUNNING: Look("▸", "running", "cyan"),
    wire.RUN_STATE_WAITING: Look("⏸", "waiting", "bold yellow"),
    wire.RUN_STATE_STOPPING: Look("◌", "stopping", "yellow"),
    wire.RUN_STATE_SUCCEEDED: Look("✓", "succeeded", "bold green"),
    wire.RUN_STATE_FAILED: Look("✗", "failed", "bold red"),
    wire.RUN_STATE_CANCELLED: Look("-", "cancelled", "bold red"),
    wire.RUN_STATE_HALTED: Look("✗", "halted", "bold red"),
}

_OTHER = Look("?", "unknown", "bold red")


def step_look(state: wire.StepState.ValueType) -> Look:
    """Return how the state of a step looks."""
    return STEP_LOOKS.get(state, _OTHER)


def run_look(state: wire.RunState.ValueType) -> Look:
    """Return how the state of a run looks."""
    return RUN_LOOKS.get(state, _OTHER)
