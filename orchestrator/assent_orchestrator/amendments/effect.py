"""What an amendment would have changed: the policies are asked again about recorded runs, as they were and amended.

Only questions are asked: nothing is done, and each decision is recorded as that of any simulation.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.amendments.proposals import examine
from assent_orchestrator.amendments.rows import read
from assent_orchestrator.caller import Caller
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import Fault, InvalidError, NotRetainedError, StateError
from assent_orchestrator.governance.gate import Gate
from assent_orchestrator.governance.outlook import Outlooks
from assent_orchestrator.plan.check import check
from assent_orchestrator.plan.expand import expand
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.state import StepState
from assent_orchestrator.plan.unretained import is_marked
from assent_orchestrator.store.tables import runs, steps
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.decision import Decision, StepForecast
from assent_sidecar.facts import Principal

MOST_RUNS = 20
DEFAULT_RUNS = 5


@dataclass(frozen=True, slots=True)
class StepEffect:
    """What would be decided on one step: verdict and reason codes; None where there is no such step.

    ``recorded`` is where the step of the run is, whatever was decided on it; None where it has none.
    """

    step: str
    before: tuple[str, tuple[str, ...]] | None
    after: tuple[str, tuple[str, ...]] | None
    recorded: StepState | None = None


@dataclass(frozen=True, slots=True)
class RunEffect:
    """What one run would have been: as its process is now, and as it is proposed. ``step`` is empty for the whole.

    ``faults`` say why the amended process could not have taken what the run was given; nothing was asked then. Nor was
    it where it is ``untold``: a code that says why nobody can tell.
    """

    run: str
    steps: tuple[StepEffect, ...] = ()
    faults: tuple[Fault, ...] = ()
    untold: str = ""

    @property
    def changed(self) -> tuple[StepEffect, ...]:
        """Where the two differ."""
        return tuple(one for one in self.steps if one.before != one.after)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run that was: what it was given, on whose behalf it acted, and where its steps are."""

    run: str
    plan: Plan
    principal: Principal
    states: Mapping[str, StepState]

    @classmethod
    def of(cls, row: sa.RowMapping, states: Mapping[str, StepState]) -> Self:
        """Read it from its row."""
        return cls(row["id"], Plan.from_json(row["plan"]), Principal.from_json(row["principal"]), states)


@dataclass(frozen=True, slots=True)
class Effects:
    """Simulates amendments on recorded runs."""

    engine: AsyncEngine
    gate: Gate
    clock: Clock
    catalogue: Callable[[str], Catalogue]

    async def simulate(
        self, caller: Caller, amendment_id: str, count: int = 0, *, within: float | None = None
    ) -> tuple[RunEffect, ...]:
        """Return what the newest runs of the process would have been; ``count`` 0 lets us choose how many.

        Raises:
            NotFoundError: there is no amendment that this caller may know of.
            StateError: the bundle in force does not know any more what the amendment needs.
            BusyError: as many decisions wait as may.
            UnavailableError: a decision could not be recorded.
        """
        catalogue = self.catalogue(caller.tenant)
        async with self.engine.connect() as tx:
            found = await read(tx, caller, amendment_id)
            query = sa.select(runs.c.id, runs.c.plan, runs.c.principal).where(
                runs.c.tenant == caller.tenant, runs.c.process == found.process
            )
            limit = min(count or DEFAULT_RUNS, MOST_RUNS)
            rows = (await tx.execute(query.order_by(runs.c.created_at.desc()).limit(limit))).mappings().all()
            states = await _states(tx, [row["id"] for row in rows])
        proposed = found.plan.model_copy(update={"process_version": ""})
        try:
            await asyncio.to_thread(examine, proposed, catalogue)
        except InvalidError as error:
            first = error.faults[0]
            raise StateError(
                "the bundle in force has changed since, and knows what is proposed no more",
                amendment=found.id,
                fault=first.code,
                field=first.field,
            ) from error
        recorded = [Recorded.of(row, states.get(row["id"], {})) for row in rows]
        return tuple([await self._of_run(caller, one, proposed, within) for one in recorded])

    async def _of_run(self, caller: Caller, done: Recorded, proposed: Plan, within: float | None) -> RunEffect:
        if is_marked(done.plan.labels):
            # Marks are all there is of an input: what policies, or a schema, say of them is not said of the value.
            return RunEffect(done.run, untold=NotRetainedError.code)
        catalogue = self.catalogue(caller.tenant)
        before = Plan(process=proposed.process, inputs=done.plan.inputs, labels=done.plan.labels)
        after = proposed.model_copy(update={"inputs": done.plan.inputs, "labels": done.plan.labels})
        faults = tuple(one for one in await asyncio.to_thread(check, after, catalogue) if one.code != "AMENDMENT")
        if faults:
            return RunEffect(done.run, faults=faults[:10])
        process = catalogue.processes[proposed.process]
        outlooks = Outlooks(self.gate, self.clock)
        was, now = [
            (await outlooks.of(caller.tenant, done.principal, expand(plan, process), catalogue, within=within)).decided
            for plan in (before, after)
        ]
        first, second = was.decision, now.decision
        names = dict.fromkeys([*first.steps, *second.steps])
        effects = (
            StepEffect(name, _of(first.steps, name), _of(second.steps, name), done.states.get(name)) for name in names
        )
        return RunEffect(done.run, (StepEffect("", _said(first), _said(second)), *effects))


async def _states(tx: AsyncConnection, run_ids: Sequence[str]) -> dict[str, dict[str, StepState]]:
    """Return where the steps of plans are, by run."""
    query = sa.select(steps.c.run_id, steps.c.id, steps.c.state)
    found: dict[str, dict[str, StepState]] = {}
    for run_id, step_id, state in await tx.execute(query.where(steps.c.run_id.in_(run_ids), steps.c.origin.is_(None))):
        found.setdefault(run_id, {})[step_id] = StepState(state)
    return found


def _of(forecast: Mapping[str, StepForecast], name: str) -> tuple[str, tuple[str, ...]] | None:
    found = forecast.get(name)
    return _said(found) if found is not None else None


def _said(decision: Decision | StepForecast) -> tuple[str, tuple[str, ...]]:
    return str(decision.verdict), tuple(reason.code for reason in decision.reasons)
