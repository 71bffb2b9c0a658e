"""What the server needs of runs: the use cases that the handlers of ``RunService`` call."""

from collections.abc import AsyncIterator
from typing import Protocol

from assent_orchestrator.audit.trail import Entry
from assent_orchestrator.caller import Caller
from assent_orchestrator.execution.journal import RunFacts, StepRow
from assent_orchestrator.execution.reconciliation import Evidence
from assent_orchestrator.execution.runs import RunView
from assent_orchestrator.execution.simulation import Forecast
from assent_orchestrator.page import Page
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.state import RunState


class Submissions(Protocol):
    """Makes runs of plans."""

    async def submit(self, caller: Caller, plan: Plan) -> RunView:
        """Return the run that was made, or that the request id made earlier."""
        ...


class Simulations(Protocol):
    """Forecasts."""

    async def simulate(self, caller: Caller, plan: Plan, *, within: float | None = None) -> Forecast:
        """Return what would be decided; nothing happens. ``within`` is how many seconds the caller still waits."""
        ...


class Runs(Protocol):
    """Looks at runs."""

    async def get(self, caller: Caller, run_id: str) -> RunView:
        """Return one run."""
        ...

    async def step(self, caller: Caller, run_id: str, step_id: str) -> StepRow:
        """Return one step of a run, with its output."""
        ...

    async def list(
        self, caller: Caller, *, state: RunState | None, process: str, size: int, token: str
    ) -> Page[RunFacts]:
        """Return a page of runs, newest first."""
        ...

    async def events(
        self, caller: Caller, run_id: str, *, event: str | None, size: int, token: str
    ) -> tuple[RunState, Page[Entry]]:
        """Return where a run stands, and a page of its records, oldest first; None is any event."""
        ...

    def watch(self, caller: Caller, run_id: str, after_seq: int) -> AsyncIterator[Entry | None]:
        """Yield the run's records after ``after_seq`` as they come, None as a sign of life, and end with the run."""
        ...


class Cancellations(Protocol):
    """Stops runs."""

    async def cancel(self, caller: Caller, run_id: str, etag: str, *, compensate: bool, reason: str) -> RunView:
        """Ask a run to stop; an empty etag is any."""
        ...


class Pauses(Protocol):
    """Holds runs up."""

    async def pause(self, caller: Caller, run_id: str, reason: str) -> RunView:
        """Begin nothing of a run any more."""
        ...

    async def resume(self, caller: Caller, run_id: str, reason: str) -> RunView:
        """Let a run go on."""
        ...


class Reconciliations(Protocol):
    """Settles what is unknown."""

    async def reconcile(self, caller: Caller, run_id: str, step_id: str, evidence: Evidence) -> RunView:
        """Take a person's word for what became of a step."""
        ...
