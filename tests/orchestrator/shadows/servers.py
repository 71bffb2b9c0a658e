"""Servers on one database, as far as shadows go: everything is real but the decision points, which are scripted."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.clock import utc_now
from assent_orchestrator.shadows.beside import Beside
from assent_orchestrator.shadows.follow import Believe, Candidates, Follower, OpenCandidate
from assent_orchestrator.shadows.journal import Journal
from assent_orchestrator.shadows.shadows import Shadows
from assent_orchestrator.store.postgres import Database
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.decision import Decided
from tests.orchestrator.execution.world import ScriptedDecisionPoint
from tests.sidecar.engines import question

SECONDS = 60.0


class AnyWord:
    """Has every word in it: nothing that a candidate says is veiled."""

    def __contains__(self, word: object) -> bool:
        return True


REVISION = "sha256:" + "c" * 64
NEVER = 3600.0
"""Seconds between two looks of a server that is meant to hear of things, not to look."""


def believed(archive: bytes) -> Bundle:
    return Bundle(archive, REVISION, Catalogue(workspace="test"))


@dataclass
class Server:
    """One server; ``opened`` and ``closed`` say how often it opened and closed a candidate."""

    tenant: str
    shadows: Shadows
    beside: Beside
    live: ScriptedDecisionPoint
    candidate: ScriptedDecisionPoint
    opened: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    closed: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    def person(self, role: str, tenant: str | None = None) -> Caller:
        return Caller(f"{role}-of-ours", tenant or self.tenant, frozenset({role}))

    @property
    def cora(self) -> Caller:
        return self.person(Role.COMPLIANCE_OFFICER)

    async def asked(self) -> None:
        """Wait, bounded, until the server asks a candidate."""
        await asyncio.wait_for(self.opened.acquire(), SECONDS)

    async def left(self) -> None:
        """Wait, bounded, until the server asks no candidate any more."""
        await asyncio.wait_for(self.closed.acquire(), SECONDS)

    async def start(self, archive: bytes = b"bundle") -> str:
        """Start a shadow and wait until it is asked: after the try before, that is the second engine."""
        shadow = await self.shadows.start(self.cora, archive=archive)
        await self.asked()
        await self.left()
        await self.asked()
        return shadow.id

    async def decide(self, times: int = 1, **more: Any) -> list[Decided]:
        answers = [
            await self.beside.decide(question(**{"tenant": self.tenant, **more}), budget=2) for _ in range(times)
        ]
        if self.beside.comparison is not None:
            async with asyncio.timeout(SECONDS):
                await self.beside.comparison.idle()
        return answers


@contextlib.asynccontextmanager
async def server(
    database: Database,
    tenant: str,
    *,
    live: Mapping[str, Any],
    candidate: Mapping[str, Any],
    believe: Believe = believed,
    opening: OpenCandidate | None = None,
    kept: Mapping[str, bytes] | None = None,
    interval: float = NEVER,
) -> AsyncIterator[Server]:
    """Run a server until the block ends; it hears of shadows, and looks for them every ``interval`` seconds."""
    asked = ScriptedDecisionPoint(lambda _: candidate)

    @contextlib.asynccontextmanager
    async def scripted(_bundle: Bundle, _shadow: str) -> AsyncIterator[ScriptedDecisionPoint]:
        made.opened.release()
        try:
            yield asked
        finally:
            made.closed.release()

    candidates = Candidates(believe, opening or scripted, 2.0, lambda _: AnyWord())
    answering = ScriptedDecisionPoint(lambda _: live)
    journal, beside, trail = Journal(database.engine), Beside(answering), Trail(database.engine)
    follower = Follower(journal, beside, candidates, utc_now, interval=interval)
    shadows = Shadows(journal, trail, utc_now, candidates, (kept or {}).get, follower)
    made = Server(tenant, shadows, beside, answering, asked)
    async with Listener(database.sync_url) as listener:
        await listener.connected()
        async with follower.following(listener):
            yield made


async def end_all(database: Database) -> None:
    """End whatever a test left running: there is one shadow at a time in the database that all tests share."""
    async with database.engine.begin() as tx:
        await tx.execute(sa.text("UPDATE assent.shadows SET running = NULL, ended_at = now() WHERE running"))
