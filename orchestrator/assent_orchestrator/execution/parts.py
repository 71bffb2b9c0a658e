"""What the execution of runs is put together from: everything it needs, handed in."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.clock import Clock
from assent_orchestrator.execution.courses import Courses
from assent_orchestrator.execution.insistence import Insistence
from assent_orchestrator.execution.memory_steps import MemorySteps
from assent_orchestrator.execution.plans import Plans
from assent_orchestrator.execution.turnstile import Turnstile
from assent_orchestrator.execution.unretained import Unretained
from assent_orchestrator.governance.gate import Gate
from assent_orchestrator.governance.permit import Permit
from assent_orchestrator.tools.outcome import Failure, Found, Success
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.facts import Action


class Tools(Protocol):
    """Tool servers, by name. A call takes a permit: there is no other way to make one."""

    async def invoke(self, permit: Permit, action: Action, *, tool_server: str, timeout: float) -> Success | Failure:  # noqa: ASYNC109 - it travels to the server
        """Perform exactly the permitted action."""
        ...

    async def lookup(self, idempotency_key: str, action: Action, *, tool_server: str, timeout: float) -> Found:  # noqa: ASYNC109 - as above
        """Find out whether an effect happened."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts. ``catalogue`` returns what the bundle in force for a tenant declares, ``revision`` names that bundle.

    ``driver`` is what this life of the server drives runs under. Without ``memory``, steps of memory fail. ``put_away``
    is set once the server stops: the database is about to be put away.
    """

    engine: AsyncEngine
    trail: Trail
    gate: Gate
    tools: Tools
    clock: Clock
    catalogue: Callable[[str], Catalogue]
    revision: Callable[[str], str]
    driver: str
    unretained: Unretained
    turnstile: Turnstile = field(default_factory=Turnstile)
    courses: Courses = field(default_factory=Courses)
    plans: Plans = field(default_factory=Plans)
    memory: MemorySteps | None = None
    put_away: threading.Event = field(default_factory=threading.Event)

    @property
    def insistence(self) -> Insistence:
        """How work is repeated: whoever waits is in nobody's way."""
        return Insistence(self.turnstile.aside, self.put_away)

    @property
    def reader(self) -> AsyncEngine:
        """The same database for looking only: each statement stands for itself, no transaction to begin and end."""
        return self.engine.execution_options(isolation_level="AUTOCOMMIT")
