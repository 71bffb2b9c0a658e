"""What can be wrong with memory itself, beside what anybody asks of it."""

from assent_orchestrator.errors import StateError


class MemoryKeyWrongError(StateError):
    """Another master key than ours wraps the keys in the database: nothing is read, and nothing written over them."""

    code = "MEMORY_KEY_WRONG"

    def __init__(self, message: str = "this server has not got the master key of the memory in its database") -> None:
        super().__init__(message)


class MemoryUnreadableError(StateError):
    """What is stored was changed by somebody else, or the key of its subject is gone; nothing of it is returned."""

    code = "MEMORY_UNREADABLE"


class HeldError(StateError):
    """A legal hold is in force: nothing of the subject is forgotten."""

    code = "HELD"
