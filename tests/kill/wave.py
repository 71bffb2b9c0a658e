"""One wave: a renewal in every lane, each stopped at the transition of its own trial, and one kill for all of them."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assent.v1 import runs_pb2
from assent_orchestrator.cli.chaos.invariant import Breach
from assent_orchestrator.cli.chaos.trail import Entry
from tests.kill.books import Books, read_books
from tests.kill.honesty import Traces, dishonesties
from tests.kill.lane import Lane, recalled, renew
from tests.kill.place import AUDITOR, Place
from tests.kill.point import COMMITTED, EXPIRY, How, Kind, Strike
from tests.kill.remembrance import read_remembrance
from tests.kill.scenario import Scenario, Victim
from tests.kill.toll import Hold

_STOPPED_SECONDS, _ENDING_SECONDS = 180.0, 240.0
_STILL_SECONDS = 5.0
_LOOK = 0.02
"""Seconds between two looks at who is stopped: PostgreSQL tells nobody."""

_COUNTED = "SELECT effect_key, state FROM assent.reservations WHERE run_id = %s AND ledger = 'changes'"
_SUMS = """
SELECT b.ledger FROM assent.balances b LEFT JOIN (
    SELECT tenant, ledger, key, period,
        sum(spent) FILTER (WHERE state = 'spent') AS spent,
        sum(amount) FILTER (WHERE state = 'reserved') AS reserved,
        sum(amount) FILTER (WHERE state = 'held') AS held
    FROM assent.reservations GROUP BY tenant, ledger, key, period
) r USING (tenant, ledger, key, period)
WHERE b.tenant = %s AND (b.spent, b.reserved, b.held) IS DISTINCT FROM
    (coalesce(r.spent, 0), coalesce(r.reserved, 0), coalesce(r.held, 0))
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """One renewal and the kills that it meets, one after another."""

    scenario: Scenario
    victim: Victim
    strikes: tuple[Strike, ...] = ()
    expected: Mapping[str, str] = field(default_factory=dict, compare=False, hash=False)

    def __str__(self) -> str:
        """Return it as a report names it."""
        return f"{self.scenario.name}: {self.victim} at {', then '.join(map(str, self.strikes))}"


def is_standby(trial: Trial) -> bool:
    """Say whether its commit has to outlive PostgreSQL: of those, a wave can have one."""
    return trial.victim is Victim.DATABASE and any(strike.how is How.KEPT for strike in trial.strikes)


def clash(one: Trial, other: Trial) -> bool:
    """Say whether a wave cannot have both.

    The engine takes up one run after another: who is stopped in the first commits of that holds up those behind it.
    Likewise, one sweep removes what has expired of all of them, and waits for whoever is stopped before it is removed.
    """
    sweeps = any(strike.point.name == EXPIRY for strike in (*one.strikes, *other.strikes))
    keep = one.scenario.keeps and other.scenario.keeps
    again = len(one.strikes) > 1 and len(other.strikes) > 1
    first = any(strike.point.kind is Kind.ANY for strike in (*one.strikes, *other.strikes))
    return (is_standby(one) and is_standby(other)) or (again and first) or (sweeps and keep)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a trial. ``missed`` is the first strike whose transition the run never came to."""

    trial: Trial
    run: runs_pb2.Run | None
    breaches: tuple[Breach, ...]
    missed: Strike | None = None
    calls: int = 0
    seconds: float = 0.0


async def wave(place: Place, trials: Sequence[Trial]) -> list[Result]:
    """Run the trials, at most one in each lane; all of them have the same victim."""
    lanes = [Lane(number, place.lanes[number]) for number in range(len(trials))]
    await place.ambush.begin(lane.tenant for lane in lanes)
    if trials[0].victim is Victim.REPLACED:
        await place.server.stand_by()
    place.toll.fails = {lane.tenant: trial.scenario.fails for lane, trial in zip(lanes, trials, strict=True)}
    place.toll.unseen = {lane.tenant: trial.scenario.unseen for lane, trial in zip(lanes, trials, strict=True)}
    missed: dict[int, Strike] = {}
    done: Sequence[runs_pb2.Run | BaseException | None]
    began = time.monotonic()
    await _lie_in_wait(place, lanes, trials, 0)
    tasks = [
        asyncio.create_task(renew(place, lane, trial.scenario), name=f"kill-{lane.tenant}")
        for lane, trial in zip(lanes, trials, strict=True)
    ]
    try:
        for turn in range(max((len(trial.strikes) for trial in trials), default=0)):
            caught = await _all_stopped(place, lanes, trials, tasks, turn)
            for lane, trial in zip(lanes, trials, strict=True):
                if turn < len(trial.strikes) and lane.number not in caught:
                    missed.setdefault(lane.number, trial.strikes[turn])
            await _STRIKES[trials[0].victim](place, lanes, trials, turn)
        done = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), _ENDING_SECONDS)
    except TimeoutError:
        done = [_outcome(task) for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
    seconds = time.monotonic() - began
    books = await asyncio.to_thread(read_books, place.books, place.mailbox)
    results = []
    for lane, trial, run in zip(lanes, trials, done, strict=True):
        checked = await _checked(place, lane, trial, run, books)
        results.append(replace(checked, missed=missed.get(lane.number), seconds=seconds))
    return results


def _outcome(task: "asyncio.Task[runs_pb2.Run]") -> runs_pb2.Run | BaseException | None:
    if not task.done() or task.cancelled():
        return None
    return task.exception() or task.result()


async def _lie_in_wait(place: Place, lanes: Iterable[Lane], trials: Iterable[Trial], turn: int) -> None:
    for lane, trial in zip(lanes, trials, strict=True):
        if turn >= len(trial.strikes):
            continue
        strike = trial.strikes[turn]
        if strike.point.kind is Kind.CALL:
            place.toll.holds[lane.tenant] = Hold(strike, kills=trial.victim is not Victim.ANSWER)
        else:
            await place.ambush.lay(lane.number, lane.tenant, strike, standby=is_standby(trial))


async def _all_stopped(
    place: Place,
    lanes: Sequence[Lane],
    trials: Sequence[Trial],
    tasks: "Sequence[asyncio.Task[runs_pb2.Run]]",
    turn: int,
) -> set[int]:
    """Wait until every run is stopped where it should be, or over; return the numbers of those that are stopped.

    A recovery may wait for the first run that is stopped in it: then those behind it are not waited for.
    """
    waited = {lane.number for lane, trial in zip(lanes, trials, strict=True) if turn < len(trial.strikes)}
    before: set[int] = set()
    since = time.monotonic()
    async with asyncio.timeout(_STOPPED_SECONDS):
        while True:
            caught = set(await place.ambush.caught())
            caught |= {lane.number for lane in lanes if _is_held(place, lane)}
            over = {lane.number for lane, task in zip(lanes, tasks, strict=True) if task.done()}
            if caught != before:
                before, since = caught, time.monotonic()
            still = turn > 0 and caught and time.monotonic() - since > _STILL_SECONDS
            if waited <= caught | over or still:
                return caught
            await asyncio.sleep(_LOOK)


def _is_held(place: Place, lane: Lane) -> bool:
    hold = place.toll.holds.get(lane.tenant)
    return hold is not None and hold.caught.is_set()


async def _strike_server(place: Place, lanes: Sequence[Lane], trials: Sequence[Trial], turn: int) -> None:
    await _kill_server(place, lanes, trials, turn)
    await _lie_in_wait(place, lanes, trials, turn + 1)
    await place.server.start()


async def _replace_server(place: Place, lanes: Sequence[Lane], trials: Sequence[Trial], turn: int) -> None:
    await _kill_server(place, lanes, trials, turn)
    place.server.hand_over()


async def _kill_server(place: Place, lanes: Sequence[Lane], trials: Sequence[Trial], turn: int) -> None:
    await place.server.kill()
    struck = [
        (lane.number, trial.strikes[turn].how)
        for lane, trial in zip(lanes, trials, strict=True)
        if turn < len(trial.strikes) and trial.strikes[turn].how in COMMITTED
    ]
    await place.ambush.lift(
        kept=[number for number, how in struck if how is How.KEPT],
        lost=[number for number, how in struck if how is How.LOST],
    )
    _let_calls_go(place)


async def _strike_database(place: Place, lanes: Sequence[Lane], trials: Sequence[Trial], turn: int) -> None:
    caught = await place.ambush.caught()
    for lane, trial in zip(lanes, trials, strict=True):
        if turn < len(trial.strikes) and is_standby(trial) and lane.number in caught:
            await place.ambush.commit_unanswered(lane.number)
    await place.postgres.kill()
    # A call that was held comes back now, when nobody can write down what came of it.
    _let_calls_go(place)
    await place.postgres.start()
    await place.ambush.open()
    await _lie_in_wait(place, lanes, trials, turn + 1)


async def _strike_nobody(place: Place, lanes: Sequence[Lane], trials: Sequence[Trial], turn: int) -> None:
    """Only the answer is lost: the toll has done that already."""
    await _lie_in_wait(place, lanes, trials, turn + 1)


_STRIKES: dict[Victim, Callable[[Place, Sequence[Lane], Sequence[Trial], int], Awaitable[None]]] = {
    Victim.SERVER: _strike_server,
    Victim.DATABASE: _strike_database,
    Victim.ANSWER: _strike_nobody,
    Victim.REPLACED: _replace_server,
}


def _let_calls_go(place: Place) -> None:
    for hold in place.toll.holds.values():
        hold.go.set()


async def _checked(
    place: Place, lane: Lane, trial: Trial, run: runs_pb2.Run | BaseException | None, books: Books
) -> Result:
    place.toll.holds.pop(lane.tenant, None)
    if not isinstance(run, runs_pb2.Run):
        why = f"it did not end in time; {place.server.last}" if run is None else f"{type(run).__name__}: {run}"
        return Result(trial, None, (Breach("RUN_NOT_OVER", why),))
    run_id = run.name.rpartition("/")[2]
    rows = await place.ambush.ask(
        "SELECT step_id, idempotency_key, status FROM assent.effects WHERE run_id = %s", run_id
    )
    keys = [row.idempotency_key for row in rows]
    calls = [call for _, call in place.toll.calls.get(run_id, ())]
    read = await recalled(place, lane) if trial.scenario.keeps else frozenset()
    memory = await read_remembrance(place.ambush.ask, lane.tenant, read)
    traces = Traces(
        run=run,
        entries=await _trail(place, lane.tenant),
        calls=calls,
        effects=[effect for effect in (*books.effects, *memory.effects) if effect.key in keys],
        letters=books.letters_of(keys),
        rows={row.step_id: row.status for row in rows},
        counted={row.effect_key: row.state for row in await place.ambush.ask(_COUNTED, run_id)},
        in_doubt=books.in_doubt,
        memory=memory,
        once=trial.scenario.once,
        expected=trial.expected,
    )
    proved = await place.server.insist(lane.tenant, AUDITOR, lambda desk: desk.verify())
    state = runs_pb2.RunState.Name(run.state).removeprefix("RUN_STATE_").lower()
    other = () if state == trial.scenario.end else (Breach("OTHER_END", f"the run is {state}: {run.reason}"),)
    sums = [
        Breach("LEDGER_DIFFERS", f"the sums of {row.ledger} are not those of its entries")
        for row in await place.ambush.ask(_SUMS, lane.tenant)
    ]
    if not traces.counted:
        sums.append(Breach("LEDGER_DIFFERS", "nothing was counted"))
    if _needs_a_person(trial) and not any("settlement" in (one.get("detail") or {}) for one in traces.records):
        sums.append(Breach("NOT_SETTLED", f"nobody was needed to say what became of {trial.scenario.unseen}"))
    broken = () if proved.intact else (Breach("TRAIL_BROKEN", proved.problem),)
    return Result(trial, run, (*broken, *other, *sums, *dishonesties(traces)), calls=len(calls))


def _needs_a_person(trial: Trial) -> bool:
    unseen = trial.scenario.unseen
    if trial.victim is Victim.DATABASE:
        return False  # whoever called has the answer, and keeps it until it can be written down
    return any(one.point.kind is Kind.CALL and one.point.name == unseen for one in trial.strikes)


async def _trail(place: Place, tenant: str) -> list[Entry]:
    rows = await place.ambush.ask("SELECT seq, hash, record FROM assent.trail WHERE tenant = %s ORDER BY seq", tenant)
    return [Entry(row.seq, f"sha256:{row.hash.hex()}", row.record, json.loads(row.record)) for row in rows]
