"""Why a call did not succeed, in the words of the tool protocol."""

from typing import Literal


class CallError(Exception):
    """A call failed.

    ``effect`` is ``none`` when certainly nothing happened, else ``unknown``; ``retryable`` says that the same call may
    succeed later.
    """

    def __init__(
        self, code: str, message: str, *, retryable: bool = False, effect: Literal["none", "unknown"] = "none"
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable
        self.effect = effect
