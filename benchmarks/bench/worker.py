"""A server without gRPC, as a program: it does so many runs at once on a database that others use, and says when.

Those that are measured together begin together: each waits until as many as there should be are ready.
"""

import asyncio
import os
import sys
import time

import sqlalchemy as sa

from assent_orchestrator.app.assembly import App
from assent_orchestrator.app.served import settle
from assent_orchestrator.plan.model import Plan
from bench.apart import serve_until_left
from bench.stage import CALLER, Instant, stage

_STEPS = 8


async def _run(app: App) -> None:
    submitted = await app.submissions.submit(CALLER, Plan(process=f"chain-{_STEPS}"))
    async for _ in app.runs.watch(CALLER, submitted.run.id, 0):
        pass


async def _all_ready(app: App, group: str, number: int) -> None:
    async with app.database.engine.connect() as tx:
        await tx.execute(sa.text("SELECT pg_advisory_lock_shared(hashtext(:group))"), {"group": group})
        held = sa.text(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock'"
            " AND objid = (hashtext(:group)::bigint & 4294967295)::oid"
        )
        while (await tx.execute(held, {"group": group})).scalar_one() < number:  # noqa: ASYNC110 - of other processes
            await asyncio.sleep(0.01)


async def _written_down(app: App, executor: str) -> None:
    """Wait until the engine, too, knows that all is over."""
    open_ = sa.text("SELECT count(*) FROM dbos.workflow_status WHERE executor_id = :one AND status = 'PENDING'")
    async with app.database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as tx:
        while (await tx.execute(open_, {"one": executor})).scalar_one():  # noqa: ASYNC110 - the engine has no event
            await asyncio.sleep(0.05)


async def main() -> None:
    """Do the runs, say when, and stay until left."""
    database, executor, count, number = sys.argv[1:5]
    async with stage(_STEPS, tools=Instant, database=database, executor=executor) as app:
        settle()
        await _run(app)  # warm
        await _all_ready(app, f"bench-{number}", int(number))
        began = time.time()
        await asyncio.gather(*(_run(app) for _ in range(int(count))))
        ended = time.time()
        await _written_down(app, executor)
        await serve_until_left({"began": began, "ended": ended})


if __name__ == "__main__":
    os.environ.setdefault("OTEL_SDK_DISABLED", "true")
    asyncio.run(main())
