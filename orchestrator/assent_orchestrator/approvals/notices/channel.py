"""How a notice gets to where it goes."""

from typing import Protocol

from assent_orchestrator.approvals.notices.notice import Notice

SECONDS = 15.0
"""How long one try may take."""


class UndeliveredError(Exception):
    """A try that failed, with a reason for the log, which has no secret in it; ``final``: no other would do better."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final


class Channel(Protocol):
    """Sends notices of one kind."""

    async def send(self, notice: Notice) -> None:
        """Send it; when this returns, whoever is there has it.

        Raises:
            UndeliveredError: it did not arrive, or nobody knows whether it did.
        """
        ...
