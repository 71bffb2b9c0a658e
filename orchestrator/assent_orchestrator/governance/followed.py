"""What follows from a ruling or a decision: written by whoever asked, in the transaction that commits it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Draft, StateNote
from assent_orchestrator.audit.stride import Stride
from assent_orchestrator.governance.ruling import Allowed, Ruling
from assent_sidecar.decision import Decided


@dataclass(frozen=True, slots=True)
class Followed:
    """What followed from a ruling: the transition of the step or run, and what more to record.

    ``step`` is the row that it is about, and ``ruling`` what it came to, where the question does not say so.
    """

    state: StateNote | None = None
    drafts: tuple[Draft, ...] = ()
    step: str | None = None
    ruling: Ruling | None = None


class OvertakenError(Exception):
    """The world moved on between the question and its commit (cancelled, say): the ruling is void."""


Transition = Callable[[AsyncConnection, Ruling], Awaitable[Followed]]
"""Writes the state that follows from a ruling, in the transaction that commits the ruling."""

Outright = Callable[[Allowed], Stride | None]
"""Says what an allow comes to when nothing stands in its way; None: it takes a transition."""

Sequel = Callable[[AsyncConnection, Decided], Awaitable[Followed]]
"""The same for a decision that permits nothing by itself (a plan's, a condition's)."""
