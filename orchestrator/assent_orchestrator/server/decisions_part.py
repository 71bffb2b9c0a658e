"""What the server needs of decisions: for agents that act themselves, and of their permits."""

from collections.abc import Callable
from typing import Protocol

from assent_orchestrator.caller import Caller
from assent_orchestrator.decisions.permits import Outcome
from assent_orchestrator.decisions.request import DecisionRequest
from assent_orchestrator.decisions.request import Reply as DecisionReply
from assent_orchestrator.governance.handed_out import Issued, PermitStatus
from assent_orchestrator.page import Page
from assent_sidecar.decision import Verdict


class Desk(Protocol):
    """Decides for agents that act themselves."""

    async def decide(
        self,
        caller: Caller,
        request: DecisionRequest,
        *,
        enough: Callable[[Verdict], bool] | None = None,
        within: float | None = None,
    ) -> tuple[DecisionReply, ...]:
        """Decide every action of a request, up to the first verdict that is enough, while the caller waits."""
        ...


class Permits(Protocol):
    """Looks after the permits that callers were given."""

    async def get(self, caller: Caller, permit_id: str) -> Issued:
        """Return one permit."""
        ...

    async def list(
        self, caller: Caller, *, status: PermitStatus | None, agent: str, run: str, size: int, token: str
    ) -> Page[Issued]:
        """Return a page of permits, newest first."""
        ...

    async def report(self, caller: Caller, permit_id: str, outcome: Outcome) -> Issued:
        """Take what became of a permitted action."""
        ...
