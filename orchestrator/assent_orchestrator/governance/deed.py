"""Something is done in the transaction that commits the decision to allow it, or not at all."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Draft
from assent_orchestrator.governance.followed import Followed
from assent_orchestrator.governance.gate import Gate
from assent_orchestrator.governance.judging import refusal
from assent_sidecar.decision import Decided
from assent_sidecar.question import Question

Made = TypeVar("Made")

Do = Callable[[AsyncConnection, Decided], Awaitable[tuple[Made, tuple[Draft, ...]]]]
"""Does what was allowed; returns what came of it, and what more to record."""


@dataclass(frozen=True, slots=True)
class Deed(Generic[Made]):
    """What was decided, and what was ``made``: None where ``refusal`` says why not, as a code."""

    decided: Decided
    refusal: str
    made: Made | None


async def carry_out(
    gate: Gate,
    question: Question,
    do: Do[Made],
    *,
    within: float | None = None,
    fulfilled: Collection[str] = (),
) -> Deed[Made]:
    """Ask, and ``do`` what a plain allow permits; obligations that are not ``fulfilled`` here make it none.

    ``do`` may be called again, in another transaction, before one is committed: what came of it last counts.
    ``within`` is how many seconds whoever asks still waits; None: no one said.

    Raises:
        BusyError: as many decisions wait as may; nothing was asked, nothing is written.
        UnavailableError: the trail could not be written; nothing was done.
    """
    made: Made | None = None

    async def sequel(tx: AsyncConnection, decided: Decided) -> Followed:
        nonlocal made
        made = None
        if refusal(decided, fulfilled):
            return Followed()
        made, drafts = await do(tx, decided)
        return Followed(drafts=drafts)

    decided = await gate.decide(question, sequel, within=within)
    return Deed(decided, refusal(decided, fulfilled), made)
