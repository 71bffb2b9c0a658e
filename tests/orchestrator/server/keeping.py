"""A server that remembers nothing, though it has classes for it."""

# ruff: noqa: ARG002 -- the signatures are those of the use cases

from collections.abc import Mapping

from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import ForbiddenError
from assent_orchestrator.memory.curtailing import Found
from assent_orchestrator.memory.entry import Remembered
from assent_orchestrator.memory.holds import Hold
from assent_orchestrator.memory.keeper import Answer, Forgotten, Kept
from assent_orchestrator.memory.wish import Wish
from assent_orchestrator.page import Page
from assent_sidecar.catalogue.memory import Memory, MemoryClass
from tests.orchestrator.server.specimens import DIGEST

_NOTHING = ForbiddenError("nothing is remembered here")


class NoMemory:
    """Neither remembers nor recalls."""

    async def remember(
        self, caller: Caller, wish: Wish, *, within: float | None = None
    ) -> tuple[Answer, Remembered | None]:
        raise _NOTHING

    async def forget(
        self, caller: Caller, wish: Wish, *, within: float | None = None
    ) -> tuple[Answer, Forgotten | None]:
        raise _NOTHING

    async def list(
        self, caller: Caller, wish: Wish, *, token: str = "", within: float | None = None
    ) -> tuple[Answer, Page[Kept]]:
        raise _NOTHING

    async def recall(self, caller: Caller, wish: Wish, *, within: float | None = None) -> tuple[Answer, Found]:
        raise _NOTHING


DECLARED = Memory.from_json(
    {
        "classes": {
            "advice": {"retention": "never", "purpose": "Stays away", "owner": "carl", "labels": ["privileged"]},
            "proof": {"retention": "audit", "purpose": "To prove it", "owner": "carl"},
            "scratch": {"retention": "temporary", "scope": "run", "purpose": "Until it ends", "owner": "olga"},
            "wishes": {
                "retention": "long_term",
                "purpose": "What customers like",
                "recalled_for": ["To answer them"],
                "owner": "olga",
                "labels": ["pii"],
                "ttl": "1500ms",
            },
        }
    }
).classes


class KnownClasses:
    """Knows one class of each kind."""

    def list(self, caller: Caller) -> tuple[Mapping[str, MemoryClass], str]:
        return DECLARED, DIGEST


class NoHolds:
    """Holds nothing."""

    async def place(self, caller: Caller, wish: Wish, *, within: float | None = None) -> tuple[Answer, Hold | None]:
        raise _NOTHING

    async def lift(
        self, caller: Caller, hold_id: str, wish: Wish, *, within: float | None = None
    ) -> tuple[Answer, Hold | None]:
        raise _NOTHING

    async def list(
        self, caller: Caller, *, subject: str = "", in_force: bool | None = None, size: int = 0, token: str = ""
    ) -> Page[Hold]:
        return Page([], "")
