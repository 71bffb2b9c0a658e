"""Runs as callers see them: one, many, and as they happen."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.audit.trail import Entry, Trail
from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.audit.whose import visible_runs
from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import NotFoundError
from assent_orchestrator.execution.journal import (
    WITHOUT_PLAN,
    RunFacts,
    RunRow,
    StepRow,
    facts_of,
    read_output_sizes,
    read_outputs,
    read_run,
    read_steps,
)
from assent_orchestrator.execution.plans import Plans
from assent_orchestrator.execution.turnstile import Turnstile
from assent_orchestrator.page import Page, page_size, read_number, read_token, write_token
from assent_orchestrator.plan.state import DONE_STEPS, TERMINAL_RUNS, RunState
from assent_orchestrator.store.keyset import window
from assent_orchestrator.store.tables import runs

HEARTBEAT_SECONDS = 15.0
MOST_OUTPUT_BYTES = 3 * 1024 * 1024
"""How much of what steps returned is read of one run at once, as JSON; the first in the plan's order go first."""

_BATCH = 200


@dataclass(frozen=True, slots=True)
class RunView:
    """One run with its steps in the plan's order; outputs are there for steps that succeeded.

    Those of the ``omitted`` were not read: all together they would be too large.
    """

    run: RunRow
    steps: tuple[StepRow, ...]
    omitted: frozenset[str] = frozenset()


def etag_of(run: RunFacts) -> str:
    """Return what changes whenever the run does."""
    return f"{run.updated_at.timestamp():.6f}"


async def view(tx: AsyncConnection, caller: Caller, run_id: str, plans: Plans) -> RunView:
    """Return a run with its steps.

    Raises:
        NotFoundError: there is none that this caller may know of.

    """
    run = await read_visible(tx, caller, run_id, plans)
    rows = await read_steps(tx, run_id, decided=None)
    if not any(row.state in DONE_STEPS for row in rows.values()):
        return RunView(run, tuple(rows.values()))
    sizes, room = await read_output_sizes(tx, run_id), MOST_OUTPUT_BYTES
    read: list[str] = []
    for step_id in (step_id for step_id in rows if step_id in sizes):
        if sizes[step_id] <= room:
            room -= sizes[step_id]
            read.append(step_id)
    done = await read_outputs(tx, run_id, read)
    steps = tuple(done.get(step_id, row) for step_id, row in rows.items())
    return RunView(run, steps, frozenset(sizes.keys() - done.keys()))


async def read_visible(tx: AsyncConnection, caller: Caller, run_id: str, plans: Plans, *, lock: bool = False) -> RunRow:
    """Return a run; ``lock`` as in ``read_run``.

    Raises:
        NotFoundError: there is none that this caller may know of.

    """
    run = await read_run(tx, run_id, plans, lock=lock)
    if not may_see(caller, run):
        raise NotFoundError("there is no such run", run=run_id)
    return run


def may_see(caller: Caller, run: RunFacts) -> bool:
    """Say whether a caller may know of a run that was read: the same as ``visible_runs`` says of those in the table."""
    return run.tenant == caller.tenant and (caller.sees_all() or caller.id in (run.submitter, run.principal.id))


@dataclass(frozen=True, slots=True)
class Runs:
    """Reads runs. Of those who follow one, few look at once: they are many, and something happens all the time."""

    engine: AsyncEngine
    trail: Trail
    listener: Listener
    plans: Plans
    turnstile: Turnstile = field(default_factory=lambda: Turnstile(8))

    @property
    def reader(self) -> AsyncEngine:
        """For looking only: each statement stands for itself, no transaction to begin and end."""
        return self.engine.execution_options(isolation_level="AUTOCOMMIT")

    async def get(self, caller: Caller, run_id: str) -> RunView:
        """Return one run.

        Raises:
            NotFoundError: there is none that this caller may know of.

        """
        async with self.reader.connect() as tx:
            return await view(tx, caller, run_id, self.plans)

    async def step(self, caller: Caller, run_id: str, step_id: str) -> StepRow:
        """Return one step of a run, with its output.

        Raises:
            NotFoundError: there is no run that this caller may know of, or it has no such step.

        """
        async with self.engine.connect() as tx:
            await read_visible(tx, caller, run_id, self.plans)
            row = (await read_steps(tx, run_id, decided=(step_id,))).get(step_id)
            if row is None:
                raise NotFoundError("there is no such step", run=run_id, step=step_id)
            return (await read_outputs(tx, run_id, [step_id])).get(step_id, row)

    async def list(
        self, caller: Caller, *, state: RunState | None = None, process: str = "", size: int = 0, token: str = ""
    ) -> Page[RunFacts]:
        """Return the runs the caller may see, newest first."""
        query = sa.select(*WITHOUT_PLAN).where(visible_runs(caller))
        if state is not None:
            query = query.where(runs.c.state == str(state))
        if process:
            query = query.where(runs.c.process == process)
        page = window(runs.c.created_at, runs.c.id, size=size, token=token)
        async with self.engine.connect() as tx:
            return await page.read(tx, query, facts_of)

    async def events(
        self, caller: Caller, run_id: str, *, event: str | None = None, size: int = 0, token: str = ""
    ) -> tuple[RunState, Page[Entry]]:
        """Return where a run stands, and its records so far, oldest first.

        Only those of an ``event``, if one is given, or of a kind as in ``approval.*``.

        Raises:
            NotFoundError: there is no run that this caller may know of.
            InvalidError: the token is not one of ours.
            AuditUnavailableError: the trail cannot be read.

        """
        position, limit = read_token(token, 1), page_size(size)
        after_seq = read_number(position[0]) if position is not None else 0
        async with self.reader.connect() as tx:
            state = (await read_visible(tx, caller, run_id, self.plans)).state
        wanted = Wanted(run=run_id, event=event)
        found = await self.trail.read(caller.tenant, wanted, after_seq=after_seq, limit=limit + 1)
        entries = found[:limit]
        return state, Page(entries, write_token(str(entries[-1].seq)) if len(found) > limit else "")

    async def watch(self, caller: Caller, run_id: str, after_seq: int) -> AsyncIterator[Entry | None]:
        """Yield the run's records after ``after_seq`` as they are committed, and None as a heartbeat.

        Ends when the run is over and everything about it was yielded.

        Raises:
            NotFoundError: there is no run that this caller may know of.

        """
        async with self.listener.subscribe(run_id) as wakeups:
            # The state is read before the records: when it was final, the records read after it are all there are.
            over = await self._over(caller, run_id)
            while True:
                full = True
                while full:
                    async with self.turnstile.turn(caller.tenant):
                        entries = await self.trail.read(
                            caller.tenant, Wanted(run=run_id), after_seq=after_seq, limit=_BATCH
                        )
                    for entry in entries:
                        yield entry
                        after_seq = entry.seq
                        over = over or _ends(entry)
                    full = len(entries) == _BATCH
                if over:
                    return
                if not await wakeups.wait(HEARTBEAT_SECONDS):
                    yield None
                    over = await self._over(caller, run_id)

    async def _over(self, caller: Caller, run_id: str) -> bool:
        async with self.turnstile.turn(caller.tenant), self.reader.connect() as tx:
            run = await read_run(tx, run_id, self.plans)
        if not may_see(caller, run):
            raise NotFoundError("there is no such run", run=run_id)
        return run.state in TERMINAL_RUNS


def _ends(entry: Entry) -> bool:
    """Say whether a record is that of the run coming to rest."""
    after = (entry.record.get("state") or {}).get("to")
    return not entry.record.get("step") and after in TERMINAL_RUNS
