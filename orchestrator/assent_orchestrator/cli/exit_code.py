"""What a command says to whoever started it."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command; ``docs/cli.md`` explains them."""

    DONE = 0
    NO = 1
    USAGE = 2
    INVALID = 3
    NOT_FOUND = 4
    NOT_ALLOWED = 5
    CONFLICT = 6
    UNAVAILABLE = 7
    INTERNAL = 70
    INTERRUPTED = 130
