"""What runs cost: all that governs them, beside the durable engine by itself on the same database and process.

The tools answer at once and in process, so that only our own work is measured. Everything is a ratio between things
that took turns in one run of this program; on a busy machine the processors' time says more than the clock.

``runs.py COUNT MANY LONG``: each thing COUNT times, MANY runs at once, and one run of LONG steps.
"""

import asyncio
import functools
import itertools
import os
import signal
import statistics
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import psutil
import sqlalchemy as sa

from assent_orchestrator.app.assembly import App
from assent_orchestrator.app.served import settle
from assent_orchestrator.approvals.reply import Reply
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.errors import BusyError
from assent_orchestrator.execution.runs import RunView
from assent_orchestrator.plan.model import Plan
from bench.apart import Meter, apart
from bench.bare import bare_engine
from bench.measure import Series, interleaved, table
from bench.parts import engine_pid, postmaster_pid
from bench.stage import CALLER, Instant, stage

STEPS = 8
AT_ONCE = 50
_BOSS = Caller("boss", CALLER.tenant, frozenset({Role.OPERATOR, "boss"}))
_STORED = sa.text(
    "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind = 'r' AND n.nspname IN ('assent', 'dbos')"
)

_GONE_ON = sa.text(
    "SELECT min(recorded_at) AS moment FROM assent.trail"
    " WHERE run_id = ANY (:runs) AND recorded_at > :killed GROUP BY run_id"
)


async def run(app: App, process: str) -> str:
    """Submit a plan and follow it to its end."""
    submitted = await _handed_in(app, Plan(process=process, request_id=uuid.uuid4().hex))
    async for _ in app.runs.watch(CALLER, submitted.run.id, 0):
        pass
    ended = (await app.runs.get(CALLER, submitted.run.id)).run
    assert ended.state == "succeeded", (ended.state, ended.reason)
    return ended.id


async def _handed_in(app: App, plan: Plan) -> RunView:
    """Do as the manual says: who is refused because of the crowd comes back with the same request id."""
    while True:
        try:
            return await app.submissions.submit(CALLER, plan)
        except BusyError:
            await asyncio.sleep(1)


async def one_by_one(app: App, count: int, bare: Callable[[], Awaitable[None]]) -> None:
    """One run after the other, and what each part of the server uses for it."""

    async def chain() -> None:
        await run(app, f"chain-{STEPS}")

    async def beside() -> None:
        await run(app, f"steps-{STEPS}")

    series = await interleaved(
        count,
        max(count // 10, 2),
        bare_engine_8_empty_steps=bare,
        governed_run_8_one_by_one=chain,
        governed_run_7_side_by_side=beside,
    )
    print(f"a run of {STEPS} steps, {count} times each\n{table(series)}")
    pids = {"server": os.getpid(), "engine": engine_pid(), "database": postmaster_pid(app)}
    print(f"\n{'ms of one processor for each':<44}{'server':>10}{'engine':>10}{'database':>10}")
    for name, call in (
        ("bare engine", bare),
        ("governed run, one by one", chain),
        ("governed run, side by side", beside),
    ):
        meter = Meter(**pids)
        for _ in range(count):
            await call()
        spent = {part: seconds * 1000 / count for part, seconds in meter.spent().items()}
        print(f"{name:<44}{spent['server']:>10.1f}{spent['engine']:>10.1f}{spent['database']:>10.1f}")


async def at_once(app: App, bare: Callable[[], Awaitable[None]], count: int) -> None:
    """So many runs at once, beside as many workflows of the bare engine."""
    rates = []
    for name, call in (("bare engine", bare), ("governed runs", lambda: run(app, f"chain-{STEPS}"))):
        began = time.perf_counter()
        await asyncio.gather(*(call() for _ in range(count)))
        rates.append(count / (time.perf_counter() - began))
        print(f"{name + f', {count} at once':<44}{rates[-1]:>10.1f} a second")
    print(f"{'ratio':<44}{rates[0] / rates[1]:>10.2f}")


async def woken(app: App, count: int) -> None:
    """From the record of a person's answer to that of the decision it leads to: woken, looked, asked, committed."""
    times = []
    for _ in range(count):
        held = (await app.submissions.submit(CALLER, Plan(process="held"))).run.id
        await _event(app, held, "run.waiting")
        [approval] = [one for one in (await app.inbox.list(_BOSS)).items if one.run_id == held]
        shown = await app.inbox.get(_BOSS, approval.id)
        await app.inbox.decide(_BOSS, approval.id, Reply(True, "looked", str(shown.version), shown.presented_digest))
        await _event(app, held, "run.succeeded")
        moments = await _moments(app, held)
        answered = next(moment for event, moment in moments if event == "approval.approved")
        decided = max(moment for event, moment in moments if event == "decision.made")
        times.append((decided - answered).total_seconds())
    series = Series("wake-up after an approval", tuple(times))
    print(f"{series.name:<44}{series.quantile(0.5) * 1000:>10.1f} ms p50{series.quantile(0.95) * 1000:>10.1f} ms p95")


async def long_run(app: App, length: int) -> None:
    """What the last steps of a long run cost beside the first ones: from intent to intent, one after the other."""
    moments = await _moments(app, await run(app, f"chain-{length}"))
    intended = [moment for event, moment in moments if event == "action.intended"]
    each = [(after - before).total_seconds() * 1000 for before, after in itertools.pairwise(intended)]
    first, last = statistics.median(each[:50]), statistics.median(each[-50:])
    print(f"{f'step 1 and step {length} of one run':<44}{first:>10.1f} ms{last:>10.1f} ms, {last / first:.1f} times")


async def stored(app: App, count: int) -> None:
    """How many bytes a step leaves in the database."""
    before = await _size(app)
    for _ in range(count):
        await run(app, f"chain-{STEPS}")
    each = (await _size(app) - before) / count / STEPS
    print(f"{'stored for each step, indexes included':<44}{each:>10.0f} bytes")


async def many(app: App, count: int) -> None:
    """So many runs of one step at once: how fast, and how much memory."""
    process = psutil.Process()
    before = process.memory_info().rss
    most = before
    began = time.perf_counter()
    crowd = asyncio.gather(*(run(app, "chain-1") for _ in range(count)))
    while not crowd.done():
        most = max(most, process.memory_info().rss)
        await asyncio.wait((crowd,), timeout=0.2)
    await crowd
    taken = time.perf_counter() - began
    print(
        f"{f'{count} runs at once':<44}{count / taken:>10.1f} a second, resident memory {before / 2**20:.0f} MB before,"
        f" {most / 2**20:.0f} MB at most: {(most - before) / 2**10 / count:.0f} KB a run"
    )


async def processes(app: App, count: int) -> None:
    """The same number of runs by one and by two processes on one database, each doing what was submitted to it."""
    rates = []
    for number in (1, 2):
        shares = await asyncio.gather(*(_share(app, one, count // number, number) for one in range(number)))
        began, ended = min(share["began"] for share in shares), max(share["ended"] for share in shares)
        rates.append(count // number * number / (ended - began))
        print(f"{f'{number} process' + 'es' * (number > 1):<44}{rates[-1]:>10.1f} runs a second")
    print(f"{'ratio':<44}{rates[1] / rates[0]:>10.2f}")


async def taken_over(app: App, count: int) -> None:
    """Kill the one of two servers that is in the middle of so many runs; how long until the other goes on with them."""
    async with apart("bench.doomed", app.database.sync_url, "doomed", str(count)) as said:
        os.kill(said["pid"], signal.SIGKILL)
        await asyncio.to_thread(psutil.wait_procs, [psutil.Process(said["pid"])], 10)
        killed = datetime.now(UTC)
        gone_on: list[datetime] = []
        async with (
            asyncio.timeout(60),
            app.database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as tx,
        ):
            while len(gone_on) < count:  # of the crowd, whoever waits longest is what counts
                await asyncio.sleep(0.02)
                found = await tx.execute(_GONE_ON, {"runs": said["runs"], "killed": killed})
                gone_on = [row.moment for row in found]
        for run_id in said["runs"]:
            await _event(app, run_id, "run.succeeded")
    times = sorted((moment - killed).total_seconds() for moment in gone_on)
    print(f"{f'take-over of {count} runs after kill -9':<44}{times[0]:>10.1f} s the first{times[-1]:>10.1f} s the last")


async def _share(app: App, one: int, count: int, number: int) -> dict[str, Any]:
    arguments = (app.database.sync_url, f"worker-{number}-{one}", str(count), str(number))
    async with apart("bench.worker", *arguments) as said:
        return said


async def _event(app: App, run_id: str, event: str) -> None:
    async for entry in app.runs.watch(CALLER, run_id, 0):
        if entry and entry.record["event"] == event:
            return
    raise AssertionError(f"the run ended without {event}")


async def _moments(app: App, run_id: str) -> list[tuple[str, Any]]:
    query = sa.text("SELECT event, recorded_at FROM assent.trail WHERE run_id = :run ORDER BY seq")
    async with app.database.engine.connect() as tx:
        return [(row.event, row.recorded_at) for row in await tx.execute(query, {"run": run_id})]


async def _size(app: App) -> int:
    async with app.database.engine.connect() as tx:
        return int((await tx.execute(_STORED)).scalar_one())


async def main() -> None:
    """Measure all of it; the arguments are those that the module names."""
    given = [int(one) for one in sys.argv[1:]]
    count, crowd, length = given + [15, 1000, 1000][len(given) :]
    async with stage(1, STEPS, length, tools=Instant) as app:
        settle()
        bare = functools.partial(bare_engine(), STEPS)
        await one_by_one(app, count, bare)
        print()
        await at_once(app, bare, min(AT_ONCE, crowd))
        await processes(app, min(AT_ONCE, crowd))
        await woken(app, max(count, 3))
        await stored(app, count)
        await taken_over(app, max(count, 2))
        await long_run(app, length)
        await many(app, crowd)


if __name__ == "__main__":
    os.environ.setdefault("OTEL_SDK_DISABLED", "true")
    asyncio.run(main())
