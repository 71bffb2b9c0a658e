"""What can be wrong with memory itself, beside what anybody asks of it."""

from assent_orchestrator.errors import StateError


class MemoryUnreadableError(StateError):
    """What is stored was changed by somebody else, or the key of its subject is gone; nothing of it is returned."""

    code = "MEMORY_UNREADABLE"


class HeldError(StateError):
    """A legal hold is in force: nothing of the subject is forgotten."""

    code = "HELD"
