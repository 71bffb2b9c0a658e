"""How the policies of one server are, and how much of it whom concerns.

They are the same for all tenants, or each has its own (``home`` is whose they are, then).
"""

from dataclasses import dataclass, replace

from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.config import HOME
from assent_orchestrator.governance.activation import Activation
from assent_sidecar.activation.report import RehearsalReport
from assent_sidecar.bundle.change import FeedStatus

_UNMET = (
    "ORG_NOT_MET: nothing is decided by what is in force, it is not under the organisation's policies of now; build it "
    "--under these and offer it"
)
_WITHHELD = "the newest policies are not in force here; a compliance_officer sees why"


@dataclass(frozen=True, slots=True)
class Policies:
    """How the policies of one server are: what is in force and waits, who said so, and what one can go back to.

    ``home`` is the tenant in whose trail stands what the server does by itself with them.
    """

    status: FeedStatus
    activation: Activation | None
    kept: tuple[str, ...]
    automatic: bool
    two_persons: bool
    home: str = HOME

    def shown_to(self, caller: Caller) -> "Policies":
        """Return what the caller may see.

        Who activated and why is for the tenant of that person; where policies come from, what is wrong with the newest
        and the names of cases are for the tenant of the server itself; a compliance officer sees all of it.
        """
        if Role.COMPLIANCE_OFFICER in caller.roles:
            return self
        status, activation = self.status, self.activation
        if caller.tenant != self.home:
            waiting = status.waiting
            if waiting is not None:
                waiting = replace(waiting, report=_counts_of(waiting.report))
            status = replace(
                status,
                origin="",
                problem=_WITHHELD if status.problem else "",
                report=_counts_of(status.report) if status.report is not None else None,
                waiting=waiting,
            )
        if activation is not None and activation.tenant != caller.tenant:
            activation = replace(activation, actor="", reason="")
        return replace(self, status=status, activation=activation)


def unmet(status: FeedStatus) -> FeedStatus:
    """Return how policies are by which nothing is decided, as they are not under those of their organisation."""
    return replace(status, problem=f"{_UNMET}; {status.problem}" if status.problem else _UNMET)


def _counts_of(report: RehearsalReport) -> RehearsalReport:
    """Return the report without the names of cases, which tell what others do."""
    return report.model_copy(update={"differences": (), "failures": ()})
