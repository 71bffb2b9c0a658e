"""Circuits as all servers share them: who meets an open one waits, one tries, and what came of it is written down."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Draft, StateNote
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.clock import later
from assent_orchestrator.execution.circuit import Circuit, Word, word_of
from assent_orchestrator.execution.driven import Pause
from assent_orchestrator.execution.driver import hold_step
from assent_orchestrator.execution.journal import change_step
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.patience import until
from assent_orchestrator.execution.situation import CIRCUIT_OPEN, Appointed, Situation
from assent_orchestrator.execution.standing import keep
from assent_orchestrator.governance.minutes import SYSTEM
from assent_orchestrator.plan.state import TERMINAL_STEPS, StepState
from assent_orchestrator.store.tables import circuits
from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.catalogue.system import Breaker
from assent_sidecar.model import seconds

_MARGIN_SECONDS = 10.0
"""How much longer than the call itself a try may take, decision and all, before somebody else tries."""

_TRIED_SECONDS = 1.0
"""How soon to look again while somebody else tries the system."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Whether a step may call its system: it waits (``pause``), or goes on, perhaps as the one that tries it."""

    pause: Pause | None = None
    probe: datetime | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """When a call was begun, and under which ``probe`` if it was to try its system."""

    begun: datetime
    probe: datetime | None = None


@dataclass(frozen=True, slots=True)
class Circuits:
    """Keeps circuits, a tenant's apart from those of others."""

    parts: Parts

    async def enter(self, situation: Situation, appointed: Appointed) -> Entry:
        """Say whether the step may call its system now; where it has to wait, that is written down."""
        breaker = appointed.breaker
        if breaker is None:
            return Entry()
        async with self.parts.reader.connect() as tx:
            circuit = await _read(tx, situation)
            now = self.parts.clock()
            if circuit.open_until is None:
                return Entry()
            held = circuit.held_until(breaker, now)
            probe = later(now, seconds(appointed.operation.timeout) + _MARGIN_SECONDS)
            if held is None and await _claim(tx, situation, circuit, now, probe):
                return Entry(probe=probe)
        if held is None:
            held = now + timedelta(seconds=_TRIED_SECONDS)
        elif _waits(situation) and situation.step.not_before != held:
            await self._put_off(situation, held)
        if not _waits(situation):
            await self._defer(situation, held)
        return Entry(pause=Pause(settled=False, seconds=until(held, now)))

    async def leave(self, situation: Situation, probe: datetime) -> None:
        """Let somebody else try the system if this step did not come to it."""
        mine = sa.and_(_of(situation), circuits.c.probe_until == probe)
        async with self.parts.engine.begin() as tx:
            await tx.execute(sa.update(circuits).where(mine).values(probe_until=None))

    async def note(self, situation: Situation, appointed: Appointed, result: Success | Failure, call: Call) -> None:
        """Write down what a call says of its system."""
        breaker, word = appointed.breaker, word_of(result)
        if breaker is None or word is Word.NOTHING:
            return
        if word is Word.ANSWERED:
            async with self.parts.reader.connect() as tx:
                if await _read(tx, situation) == Circuit():
                    return
        async with self.parts.trail.recording() as tx:
            await tx.execute(insert(circuits).values(**_place(situation), failures=0).on_conflict_do_nothing())
            before = await _read(tx, situation, lock=True)
            if word is Word.FAILS:
                after = before.failed(breaker, self.parts.clock())
            else:
                after = before.answered(call.begun, call.probe)
            if after == before:
                return
            await tx.execute(sa.update(circuits).where(_of(situation)).values(**asdict(after)))
            if after.open_until != before.open_until:  # also when a try has failed: it is left alone for longer
                draft = _turned(situation, after, breaker)
                await self.parts.trail.append(tx, situation.run.tenant, (draft,))

    async def _put_off(self, situation: Situation, moment: datetime) -> None:
        """Write down until when a step waits that waits already: a try has failed, and nothing else is new."""
        async with self.parts.engine.begin() as tx:
            run, current = await hold_step(tx, situation.run, situation.step.id, self.parts.plans)
            if (current.state, current.reason) == (StepState.DEFERRED, CIRCUIT_OPEN):
                await change_step(tx, run.id, current.id, not_before=moment)

    async def _defer(self, situation: Situation, moment: datetime) -> None:
        step = situation.step
        async with self.parts.trail.recording() as tx:
            run, current = await hold_step(tx, situation.run, step.id, self.parts.plans)
            if current.state in TERMINAL_STEPS or (current.state, current.attempt) != (step.state, step.attempt):
                return
            system = situation.subject.system
            message = f"the system {system} failed too often; it is left alone for a while"
            values = {"state": str(StepState.DEFERRED), "reason": CIRCUIT_OPEN, "message": message}
            await change_step(tx, run.id, step.id, **values, not_before=moment)
            draft = Draft(
                event="step.deferred",
                run=run.id,
                step=step.id,
                actor=SYSTEM,
                state=StateNote(before=str(current.state), after=str(StepState.DEFERRED)),
                detail={"reason": CIRCUIT_OPEN, "system": system, "until": moment.isoformat()},
                trace=trace_note(),
            )
            await self.parts.trail.append(tx, run.tenant, (draft, *await keep(tx, run, self.parts.clock())))


def _waits(situation: Situation) -> bool:
    return (situation.step.state, situation.step.reason) == (StepState.DEFERRED, CIRCUIT_OPEN)


async def _read(tx: AsyncConnection, situation: Situation, *, lock: bool = False) -> Circuit:
    columns = (circuits.c.failures, circuits.c.since, circuits.c.open_until, circuits.c.probe_until)
    query = sa.select(*columns).where(_of(situation))
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return Circuit(*row) if row is not None else Circuit()


async def _claim(tx: AsyncConnection, situation: Situation, circuit: Circuit, now: datetime, probe: datetime) -> bool:
    """Be the one that tries the system, unless another one is; a try that takes too long counts for nothing."""
    free = sa.or_(circuits.c.probe_until.is_(None), circuits.c.probe_until <= now, circuits.c.probe_until > probe)
    # Not if another try has opened it again since it was read.
    claim = sa.update(circuits).where(_of(situation), circuits.c.open_until == circuit.open_until, free)
    return (await tx.execute(claim.values(probe_until=probe).returning(circuits.c.system))).one_or_none() is not None


def _turned(situation: Situation, circuit: Circuit, breaker: Breaker) -> Draft:
    opened = circuit.open_until is not None
    detail = {"system": situation.subject.system}
    return Draft(
        event="circuit.opened" if opened else "circuit.closed",
        run=situation.run.id,
        step=situation.step.id,
        actor=SYSTEM,
        detail={**detail, "failures": circuit.failures, "open_for": breaker.open_for} if opened else {**detail},
        trace=trace_note(),
    )


def _place(situation: Situation) -> dict[str, str]:
    return {"tenant": situation.run.tenant, "system": situation.subject.system or ""}


def _of(situation: Situation) -> sa.ColumnElement[bool]:
    return sa.and_(*(circuits.c[name] == value for name, value in _place(situation).items()))
