"""What the server needs of processes and their amendments."""

from typing import Protocol

from assent_orchestrator.amendments.amendment import Amendment, AmendmentState
from assent_orchestrator.amendments.effect import RunEffect
from assent_orchestrator.amendments.proposals import Proposed
from assent_orchestrator.caller import Caller
from assent_orchestrator.page import Page
from assent_orchestrator.plan.model import Plan
from assent_sidecar.catalogue.process import Process


class Processes(Protocol):
    """Shows the processes of the bundle in force."""

    def list(self, caller: Caller) -> tuple[tuple[Process, ...], str]:
        """Return all processes by name, and the revision that they are of."""
        ...

    def get(self, caller: Caller, name: str) -> tuple[Process, str]:
        """Return one process, and the revision that it is of."""
        ...


class Proposals(Protocol):
    """Takes plans from planners."""

    async def propose(self, caller: Caller, plan: Plan, *, within: float | None = None) -> Proposed:
        """Say whether a plan conforms, and else put it before the owner of its process."""
        ...


class Amendments(Protocol):
    """What was proposed."""

    async def get(self, caller: Caller, amendment_id: str) -> Amendment:
        """Return one amendment."""
        ...

    async def list(
        self, caller: Caller, *, state: AmendmentState | None, process: str, size: int, token: str
    ) -> Page[Amendment]:
        """Return a page of amendments, newest first."""
        ...

    async def dismiss(self, caller: Caller, amendment_id: str, reason: str) -> Amendment:
        """Put an amendment aside."""
        ...


class Effects(Protocol):
    """Simulates amendments on recorded runs."""

    async def simulate(
        self, caller: Caller, amendment_id: str, count: int, *, within: float | None = None
    ) -> tuple[RunEffect, ...]:
        """Return what the newest runs of the process would have been."""
        ...
