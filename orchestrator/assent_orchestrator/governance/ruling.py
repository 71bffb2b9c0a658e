"""What the gate rules about one action, in terms of what must happen next."""

from dataclasses import dataclass
from datetime import datetime

from assent_orchestrator.governance.permit import Permit
from assent_sidecar.decision import ApprovalRequirement, Decided, Remember, Reserve, Retry
from assent_sidecar.facts import Action


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go: exactly ``action`` (redactions applied), with this permit, within ``timeout`` seconds.

    ``reserves`` is what must be reserved in the transaction that commits it, or it is no allow; ``remembers`` what must
    be remembered in the one that commits that it was done.
    """

    decided: Decided
    permit: Permit
    action: Action
    timeout: float | None
    retry: Retry | None
    reserves: tuple[Reserve, ...] = ()
    remembers: tuple[Remember, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """Not before humans have answered."""

    decided: Decided
    requirement: ApprovalRequirement


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not before ``until``; then asked again."""

    decided: Decided
    until: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """No. ``code`` is the first reason; ``fault`` says that no decision could be had; ``halt`` ends the run."""

    decided: Decided
    code: str
    message: str
    halt: bool = False

    @property
    def fault(self) -> bool:
        """Whether this is our deny in the absence of a decision."""
        return self.decided.fault


@dataclass(frozen=True, slots=True)
class Stopped:
    """Not for as long as somebody's order to stop is in force; then asked again."""

    decided: Decided


Ruling = Allowed | Held | Deferred | Refused | Stopped
