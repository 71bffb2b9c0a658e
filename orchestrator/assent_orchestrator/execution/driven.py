"""What the durable engine drives: the words between it and the work that a run is made of."""

from collections.abc import Callable, Coroutine
from typing import Any, NotRequired, Protocol, TypedDict

SAFETY_NET_SECONDS = 3600.0
"""How long a run sleeps at most when no hint reaches it."""


class FencedError(Exception):
    """Another server drives the run by now: whoever finds this out says nothing more about it."""


class Pause(TypedDict):
    """What a piece of work says: it is settled, or look again after ``seconds`` (or when something happens).

    ``wake`` are other steps of the run that wait for what just happened here.
    """

    settled: bool
    seconds: float
    wake: NotRequired[list[str]]


SETTLED = Pause(settled=True, seconds=0.0)


class Move(TypedDict):
    """Where a run stands: steps that may start, those of the outstanding ones still under way, whether all is over.

    ``open`` are steps that are neither outstanding nor at rest, though they have begun: left behind. ``wake`` are
    the outstanding steps that wait for something that will not matter any more. ``seconds`` is how long until the run
    is to be looked at again though nothing happened.
    """

    ready: list[str]
    open: list[str]
    outstanding: list[str]
    over: bool
    wake: list[str]
    seconds: float


class Leg(TypedDict):
    """How far a run came: to its end, or to where it waits for ``seconds`` or until something happens.

    ``looks`` says how often each step that waits was looked at since it last moved.
    """

    over: bool
    seconds: float
    looks: dict[str, int]


class Work(Protocol):
    """What a run is made of. Each call is safe to repeat; none raises for reasons of the outside world.

    After ``take``, each raises FencedError once another server has taken the run. All but ``begin`` and ``attempt``,
    which say for how long then, raise StuckError when something is wrong inside.
    """

    async def take(self, run_id: str) -> None:
        """Drive a run from here on."""

    async def begin(self, run_id: str, tries: int) -> Pause:
        """Decide the plan as a whole."""

    async def advance(self, run_id: str, outstanding: list[str]) -> Move:
        """Settle what follows from what has happened, and say what may start beside the ``outstanding`` steps."""

    async def attempt(self, run_id: str, step_id: str, tries: int) -> Pause:
        """Make one attempt at one step."""

    def forget(self, run_id: str) -> None:
        """Read where the run stands before anything more is done: somebody else may have changed it."""

    async def end(self, run_id: str) -> str | None:
        """Say what is attempted next, now that nothing of the run is under way: what undoes something.

        Empty: nothing, it is closed. None: something of it is open after all, and it has to be advanced once more.
        """

    async def rest(self, run_id: str) -> None:
        """Say that the run got nowhere and is left alone for a while; never raises for reasons of the outside world."""

    async def finish(self, run_id: str) -> None:
        """Close a run of an earlier version, which undoes nothing."""


class Walks(Protocol):
    """What the engine makes durable: safe to repeat, and raises nothing for reasons of the outside world."""

    async def walk(self, run_id: str, tenant: str, looks: dict[str, int]) -> Leg:
        """Take a run as far as it goes."""

    def ring(self, run_id: str, step_ids: tuple[str, ...]) -> bool:
        """Hint that something happened, to a leg that is under way in this process; say whether there is one."""


Knock = Callable[[str], Coroutine[Any, Any, None]]
"""Hints that something happened to a run, to whichever other process a leg of it is under way in."""
