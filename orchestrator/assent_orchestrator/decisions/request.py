"""What is asked by an agent that acts itself, and what it is answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from assent_orchestrator.governance.permit import Permit
from assent_sidecar.decision import Decided
from assent_sidecar.facts import Action, Labels
from assent_sidecar.model import ActionName, Document, Json, Name

MAX_ACTIONS = 1000
"""Of one batch."""


class Wish(Document):
    """One action that an agent wants to perform itself. ``id`` is the caller's own, unique within a request."""

    id: Name
    agent: Name
    action: ActionName
    args: dict[str, Json] = {}
    labels: Labels = {}


class DecisionRequest(Document):
    """What is asked. ``fulfils`` are the types of obligations that the caller fulfils; ``context`` is untrusted.

    ``on_behalf_of`` is honoured only when the authenticated caller is known to act for that person. ``under_permit`` is
    the token of the permit with which a service was called that acts as an agent.
    """

    wishes: Annotated[tuple[Wish, ...], Field(min_length=1, max_length=MAX_ACTIONS)]
    batch: bool = False
    process: str = ""
    context: dict[str, Json] = {}
    on_behalf_of: Annotated[str, Field(max_length=256)] = ""
    fulfils: tuple[str, ...] = ()
    under_permit: Annotated[str, Field(max_length=32768, repr=False)] = ""
    request_id: Annotated[str, Field(max_length=64)] = ""

    def place(self, number: int) -> str:
        """Return where in the request a wish is."""
        return f"actions[{number}]" if self.batch else "action"


@dataclass(frozen=True, slots=True)
class Leave:
    """A permit with exactly what it permits (redactions applied), and until when the outcome is to be reported."""

    permit: Permit
    action: Action
    report_by: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one wish: the decision as it holds for the caller, and leave if and only if it is an allow."""

    id: str
    decided: Decided
    leave: Leave | None
