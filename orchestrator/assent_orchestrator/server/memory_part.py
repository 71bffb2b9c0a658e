"""What the server needs of memory: the use cases that the handlers of ``MemoryService`` call."""

from collections.abc import Mapping
from typing import Protocol

from assent_orchestrator.caller import Caller
from assent_orchestrator.memory.curtailing import Found
from assent_orchestrator.memory.entry import Remembered
from assent_orchestrator.memory.holds import Hold
from assent_orchestrator.memory.keeper import Answer, Forgotten, Kept
from assent_orchestrator.memory.wish import Wish
from assent_orchestrator.page import Page
from assent_sidecar.catalogue.memory import MemoryClass


class Keeper(Protocol):
    """Remembers, forgets and lists."""

    async def remember(
        self, caller: Caller, wish: Wish, *, within: float | None = None
    ) -> tuple[Answer, Remembered | None]:
        """Remember a value, if the policies let it."""
        ...

    async def forget(
        self, caller: Caller, wish: Wish, *, within: float | None = None
    ) -> tuple[Answer, Forgotten | None]:
        """Forget a subject, if the policies let it and nothing holds it."""
        ...

    async def list(
        self, caller: Caller, wish: Wish, *, token: str = "", within: float | None = None
    ) -> tuple[Answer, Page[Kept]]:
        """Return a page of what is remembered, without the values."""
        ...


class Classes(Protocol):
    """Shows the classes of memory of the bundle in force."""

    def list(self, caller: Caller) -> tuple[Mapping[str, MemoryClass], str]:
        """Return all classes by name, and the revision that they are of."""
        ...


class Recalling(Protocol):
    """Recalls."""

    async def recall(self, caller: Caller, wish: Wish, *, within: float | None = None) -> tuple[Answer, Found]:
        """Return what the policies let be seen."""
        ...


class Custody(Protocol):
    """Legal holds."""

    async def place(self, caller: Caller, wish: Wish, *, within: float | None = None) -> tuple[Answer, Hold | None]:
        """Place a hold, if the policies let it."""
        ...

    async def lift(
        self, caller: Caller, hold_id: str, wish: Wish, *, within: float | None = None
    ) -> tuple[Answer, Hold | None]:
        """Lift a hold, if the policies let it."""
        ...

    async def list(
        self, caller: Caller, *, subject: str = "", in_force: bool | None = None, size: int = 0, token: str = ""
    ) -> Page[Hold]:
        """Return a page of holds, newest first."""
        ...
