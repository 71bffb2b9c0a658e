"""A bundle that comes into force, as those are told who activate, record and follow it; and how the policies are."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from assent_sidecar.activation.report import RehearsalReport
from assent_sidecar.bundle.archive import Bundle


@dataclass(frozen=True, slots=True)
class Change:
    """``bundle``, from ``origin``, takes over from the revision ``left``: None where nothing was in force.

    ``report`` is what became of its rehearsal; None where nobody rehearses, or where it was in force before.
    ``rollback`` is whether somebody went back to it by name.
    """

    bundle: Bundle
    left: str | None
    origin: str
    report: RehearsalReport | None = field(default=None, repr=False)
    rollback: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """An activation by name that another server recorded as ``activation``: ``archive`` took over from ``left``."""

    revision: str
    activation: str
    rollback: bool
    archive: bytes | None
    report: RehearsalReport | None
    left: str | None = None


@dataclass(frozen=True, slots=True)
class Untaken:
    """An ``activation`` on record whose bundle is not in force here, and ``why``."""

    activation: str
    revision: str
    why: str


Activate = Callable[[Bundle], Awaitable[None]]
"""Puts a bundle in force, or raises and leaves the one before."""

Admit = Callable[[Bundle], Awaitable[None]]
"""Passes when a bundle may come into force here at all, or raises a ``SidecarError``."""

Record = Callable[[Change], Awaitable[str | None]]
"""Writes down that a bundle is about to come into force and returns the id of that; raises, and it does not."""

Refuse = Callable[[Exception, Bundle | None], Awaitable[None]]
"""Writes down that what the origin offered does not come into force; the bundle is None where it was not believed."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A bundle that passed its rehearsal and waits until somebody activates it."""

    revision: str
    sequence: int | None
    signed_by: str | None
    author: str | None
    report: RehearsalReport = field(repr=False)


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """What is in force and where it is from; ``problem`` is why the newest is not, or nothing.

    The newest is that of the origin, or what was activated by name. ``age`` is how many seconds ago the origin
    confirmed it; ``report`` is of its rehearsal.
    """

    revision: str
    sequence: int | None
    signed_by: str | None
    author: str | None
    origin: str
    age: float | None
    problem: str
    report: RehearsalReport | None = field(default=None, repr=False)
    waiting: Waiting | None = None
