"""Which bundle may follow which: a signed one only if it is later than all before it, or was named to go back to."""

from enum import Enum
from typing import Annotated, Literal

from pydantic import Field

from assent_sidecar.activation.report import RehearsalReport
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.refusal import BundleOlderError, BundleSequenceError
from assent_sidecar.model import Document

Counted = Annotated[int, Field(ge=0, lt=2**53)]


_REMEMBERED = 20
"""Rollbacks, revisions that were in force and activations that are remembered; the trail has all of them."""


class Rollback(Document):
    """That somebody went back by name: from what, to what, and when (seconds since 1970)."""

    left: str
    to: str
    at: float


class Standing(Document):
    """What must be remembered over restarts.

    ``sequence`` is the highest one that was ever in force; ``active`` is the revision in force, from ``origin``;
    ``been`` are those that were in force here, newest first, and nothing else can be gone back to;
    ``held`` is the one that was left by name, and is not taken again until something later is offered; ``confirmed_at``
    (seconds since 1970) is when the origin last said that ``active`` is its newest. ``rehearsal`` is what became of the
    rehearsal of ``active``, ``waiting`` of that of the bundle that waits until somebody activates it; ``applied`` are
    the ids of the activations on record that are, or were, in force here, newest first: by their ids, because a
    database that is renewed, or restored from a backup, numbers anew.
    """

    version: Literal[1] = 1
    sequence: Counted | None = None
    active: str | None = None
    been: tuple[str, ...] = ()
    origin: str = ""
    held: str | None = None
    confirmed_at: float | None = None
    rollbacks: tuple[Rollback, ...] = ()
    rehearsal: RehearsalReport | None = None
    waiting: RehearsalReport | None = None
    applied: tuple[str, ...] = ()

    @property
    def named(self) -> bool:
        """Whether what is in force is there because somebody went back to it."""
        return bool(self.rollbacks) and self.rollbacks[-1].to == self.active

    def having(self, activation: str | None) -> "Standing":
        """Return the standing with one more activation that is in force here; None is none."""
        if activation is None:
            return self
        return self.model_copy(update={"applied": tuple(dict.fromkeys((activation, *self.applied)))[:_REMEMBERED]})


class Step(Enum):
    """What becomes of a bundle that is offered."""

    TAKE = "take"
    SAME = "same"
    HOLD = "hold"


_AHEAD = 86_400
"""How far a sequence may be ahead of the seconds since 1970: a day, for clocks that differ."""


def require_near(bundle: Bundle, now: float) -> None:
    """Pass when the sequence of what is offered is a count, or a time that has come; ``now`` is seconds since 1970.

    Raises:
        BundleSequenceError: it is later than tomorrow.
    """
    if bundle.sequence is not None and bundle.sequence > now + _AHEAD:
        raise BundleSequenceError(
            f"the bundle {bundle.revision} has the sequence {bundle.sequence}, which is later than tomorrow in seconds "
            "since 1970; nothing could follow it: sign it with another --sequence"
        )


def judge(standing: Standing, bundle: Bundle, *, named: bool) -> Step:
    """Return whether ``bundle`` may come into force; ``named`` is whether somebody asked for exactly this one.

    Raises:
        BundleOlderError: it is signed, and not later than what was in force before.
    """
    if bundle.revision == standing.active:
        return Step.SAME
    if named:
        return Step.TAKE
    if bundle.revision == standing.held:
        return Step.HOLD
    if bundle.sequence is not None and standing.sequence is not None and bundle.sequence <= standing.sequence:
        raise BundleOlderError(
            f"the bundle {bundle.revision} has the sequence {bundle.sequence}, but {standing.sequence} was in force; "
            "to go back to it, name it"
        )
    return Step.TAKE


def follow(standing: Standing, bundle: Bundle, *, origin: str, named: bool, now: float) -> Standing:
    """Return what is to be remembered once ``bundle`` is in force."""
    sequences = [number for number in (standing.sequence, bundle.sequence) if number is not None]
    been = dict.fromkeys(one for one in (bundle.revision, standing.active, *standing.been) if one is not None)
    update = {"sequence": max(sequences, default=None), "active": bundle.revision, "origin": origin}
    next_one = standing.model_copy(update={**update, "been": tuple(been)[:_REMEMBERED]})
    if bundle.revision == standing.active:
        return next_one
    if not named or standing.active is None:
        return next_one.model_copy(update={"held": None})
    held = None if bundle.revision == standing.held else (standing.held or standing.active)
    gone_back = Rollback(left=standing.active, to=bundle.revision, at=now)
    return next_one.model_copy(update={"held": held, "rollbacks": (*standing.rollbacks, gone_back)[-_REMEMBERED:]})
