"""What can be wrong with memory itself, beside what anybody asks of it."""

from assent_orchestrator.errors import StateError


class MemoryUnreadableError(StateError):
    """What is stored was changed by somebody else, or the key of its subject is gone; nothing of it is returned."""

    code = "MEMORY_UNREADABLE"


class ForgottenError(StateError):
    """What was remembered by this request is forgotten, or its time is over: a retry does not bring it back."""

    code = "FORGOTTEN"


class HeldError(StateError):
    """A legal hold is in force: nothing of the subject is forgotten."""

    code = "HELD"
