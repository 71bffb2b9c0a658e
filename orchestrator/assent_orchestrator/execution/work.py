"""What the durable engine drives: begin a run, advance it, attempt its steps, finish it.

Nothing here fails for reasons of the outside world: while the database is away it waits, because without a record
nothing may happen and nothing is lost. What goes wrong inside, over and over, is given up or rests.
"""

import logging
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from assent_orchestrator.errors import AssentError
from assent_orchestrator.execution.advancing import Advances
from assent_orchestrator.execution.attempt import Attempts
from assent_orchestrator.execution.beginning import Beginnings
from assent_orchestrator.execution.closing import Closings
from assent_orchestrator.execution.compensation import Compensations
from assent_orchestrator.execution.driven import FencedError, Move, Pause
from assent_orchestrator.execution.driver import hold, take
from assent_orchestrator.execution.insistence import INTERNAL, REST_SECONDS, StuckError
from assent_orchestrator.execution.journal import change_run
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.situation import Seen

_RESTS = Pause(settled=False, seconds=REST_SECONDS)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunWork:
    """Implements the engine's ``Work``."""

    parts: Parts
    attempts: Attempts
    compensations: Compensations

    async def take(self, run_id: str) -> None:
        """Drive the run from here on; whoever drove it writes nothing more."""
        await self.parts.insistence.insist(lambda: self._take(run_id))

    async def begin(self, run_id: str, tries: int) -> Pause:
        """Decide the plan as a whole; settled when the run is running or over."""
        beginnings = Beginnings(self.parts)
        try:
            return await self.parts.insistence.insist(
                lambda: beginnings.begin(run_id, tries), lambda: beginnings.abandon(run_id)
            )
        except StuckError:
            await self.rest(run_id)
            return _RESTS

    async def advance(self, run_id: str, outstanding: list[str]) -> Move:
        """Settle what follows from what has happened; say what may start."""
        return await self.parts.insistence.insist(lambda: Advances(self.parts).advance(run_id, outstanding))

    async def attempt(self, run_id: str, step_id: str, tries: int) -> Pause:
        """Make one attempt at one step."""
        try:
            return await self.parts.insistence.insist(
                lambda: self._attempt(run_id, step_id, tries), lambda: self.attempts.abandon(run_id, step_id)
            )
        except StuckError:
            # Not the others': they go on beside it.
            await self.rest(run_id)
            return _RESTS
        except FencedError:
            self.parts.unretained.forget(run_id)
            raise
        finally:
            self.parts.courses.settle(run_id, step_id)

    def forget(self, run_id: str) -> None:
        """Read where the run stands before anything more is done."""
        self.parts.courses.forget(run_id)

    async def end(self, run_id: str) -> str | None:
        """Say what has to be undone next; empty: nothing, and the run is closed; None: it is not over after all."""
        undo = await self.parts.insistence.insist(lambda: self._closings.end(run_id))
        if undo == "":
            self.parts.unretained.forget(run_id)
        return undo

    async def finish(self, run_id: str) -> None:
        """Close the run as it is."""
        await self.parts.insistence.insist(lambda: self._closings.finish(run_id))
        self.forget(run_id)
        self.parts.unretained.forget(run_id)

    async def rest(self, run_id: str) -> None:
        """Say of the run that it got nowhere and is left alone for a while; without a database only the log does."""
        _log.error("the run %s got nowhere: something is wrong inside, and it rests for ten minutes", run_id)
        try:
            async with self.parts.trail.recording() as tx:
                run = await hold(tx, run_id, self.parts)
                if run.reason is None and run.finished_at is None:
                    await change_run(tx, run_id, self.parts.clock(), reason=INTERNAL)
        except (AssentError, FencedError, SQLAlchemyError, OSError) as error:
            _log.warning("that the run %s rests could not be written down: %s", run_id, type(error).__name__)

    @property
    def _closings(self) -> Closings:
        return Closings(self.parts, self.compensations)

    async def _attempt(self, run_id: str, step_id: str, tries: int) -> Pause:
        try:
            return await self.attempts.attempt(run_id, step_id, tries, self._seen(run_id, step_id))
        except BaseException:
            self.forget(run_id)  # nobody knows what it did
            raise

    def _seen(self, run_id: str, step_id: str) -> Seen | None:
        """Return what is known by heart, for a step that nobody was asked about before."""
        course = self.parts.courses.get(run_id)
        if course is None or step_id not in course.rows or course.rows[step_id].decision_id is not None:
            return None
        return Seen(course.run, course.rows)

    async def _take(self, run_id: str) -> None:
        async with self.parts.reader.connect() as tx:
            await take(tx, run_id, self.parts.driver)
