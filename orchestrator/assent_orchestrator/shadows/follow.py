"""Every server shadows what the database says is running, from the first look to the last, also after a restart."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Container
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import sqlalchemy as sa

from assent_orchestrator.audit.listen import Listener, Wakeups
from assent_orchestrator.clock import Clock
from assent_orchestrator.governance.decision_point import DecisionPoint
from assent_orchestrator.meanwhile import end, meanwhile
from assent_orchestrator.shadows.beside import Beside
from assent_orchestrator.shadows.comparison import Comparison
from assent_orchestrator.shadows.journal import TOPIC, Journal
from assent_orchestrator.store.confinement import unconfined
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.errors import SidecarError

Believe = Callable[[bytes], Bundle]
"""Returns the bundle in an archive, or raises a ``SidecarError``; it takes a while, so it is called on a thread."""

OpenCandidate = Callable[[Bundle, str], AbstractAsyncContextManager[DecisionPoint]]
"""Opens a decision point of its own for a candidate; the text is the id of the shadow."""

INTERVAL = 2.0
"""Seconds between two looks, and between two times that what was counted is written down."""

_TRY_AGAIN = 10.0

_log = logging.getLogger("assent.shadow")


@dataclass(frozen=True, slots=True)
class Candidates:
    """How a server comes to the decision point of a candidate, which has ``budget`` seconds for a question."""

    believe: Believe
    open: OpenCandidate
    budget: float
    words: Callable[[Bundle], Container[str]]
    """What stands in a candidate; of what it says, nothing else is shown. Called on a thread."""


class Follower:
    """Keeps the comparison of this server as the database says; ``problem`` is why it has none although one runs."""

    def __init__(
        self, journal: Journal, beside: Beside, candidates: Candidates, clock: Clock, *, interval: float = INTERVAL
    ) -> None:
        """Put the parts together."""
        self._journal = journal
        self._beside = beside
        self._candidates = candidates
        self._clock = clock
        self._interval = interval
        self._comparison: Comparison | None = None
        self._task: asyncio.Task[None] | None = None
        self._looking = asyncio.Lock()
        self.problem = ""

    @contextlib.asynccontextmanager
    async def following(self, listener: Listener) -> AsyncIterator[None]:
        """Follow for as long as the block lasts, then write down what was counted."""
        async with listener.subscribe(TOPIC) as wakeups:
            try:
                async with meanwhile(self._follow(wakeups), "assent-shadows"):
                    yield
            finally:
                await self._leave()

    async def look(self) -> None:
        """Do now what is done every few seconds: see what runs, and write down what was counted.

        Whatever goes wrong is logged; what could not be written is written with the next look.
        """
        async with self._looking:
            with unconfined():  # what was counted is of all tenants, whoever asks for a look
                await self._look()

    async def _look(self) -> None:
        try:
            running = await self._journal.running()
            if self._comparison is not None and (running is None or running.id != self._comparison.shadow):
                await self._leave()
            if running is not None and self._comparison is None:
                self._enter(Comparison(running.id, self._clock, budget=self._candidates.budget))
            if self._comparison is not None:
                await self._write(self._comparison)
        except (sa.exc.SQLAlchemyError, OSError) as error:
            _log.warning("shadows could not be looked after, and will be again: %s", type(error).__name__)

    async def _follow(self, wakeups: Wakeups) -> None:
        while True:
            try:
                await self.look()
            except Exception:  # noqa: BLE001 - whatever it is, the next look is taken
                _log.exception("shadows could not be looked after, and will be again")
            await wakeups.wait(self._interval)

    def _enter(self, comparison: Comparison) -> None:
        """Begin a comparison: what is asked live is offered to it from now on."""
        self._comparison = self._beside.comparison = comparison
        self._task = asyncio.create_task(self._serve(comparison), name="assent-shadow")

    async def _leave(self) -> None:
        """End the comparison, and write down what it counted."""
        self._beside.comparison = None
        comparison, self._comparison = self._comparison, None
        task, self._task = self._task, None
        if task is not None:
            await end(task)
        self.problem = ""
        if comparison is not None:
            with contextlib.suppress(sa.exc.SQLAlchemyError, OSError):
                await self._write(comparison)

    async def _write(self, comparison: Comparison) -> None:
        taken = comparison.tally.take()
        if not taken:
            return
        try:
            await self._journal.add(comparison.shadow, taken)
        except BaseException:
            comparison.tally.put_back(taken)
            raise

    async def _serve(self, comparison: Comparison) -> None:
        """Have the candidate decide until this is cancelled; one that cannot be had is tried again."""
        while True:
            try:
                archive = await self._journal.archive(comparison.shadow)
                if archive is None:
                    return
                bundle = await asyncio.to_thread(self._candidates.believe, archive)
                words = await asyncio.to_thread(self._candidates.words, bundle)
                async with self._candidates.open(bundle, comparison.shadow) as candidate:
                    self.problem = ""
                    _log.info("the candidate %s is asked beside the policies in force", bundle.revision)
                    await comparison.compare_with(candidate, words)
            except (SidecarError, sa.exc.SQLAlchemyError, OSError) as error:
                self.problem = str(error) if isinstance(error, SidecarError) else type(error).__name__
                _log.warning("the candidate cannot be asked: %s", self.problem)
            except Exception as error:  # noqa: BLE001 - the live decisions stand; this is tried again
                self.problem = type(error).__name__
                _log.exception("the candidate cannot be asked")
            await asyncio.sleep(_TRY_AGAIN)
