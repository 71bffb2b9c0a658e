"""What it costs that PostgreSQL keeps tenants apart: the same calls with it and without, in turns in one process."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from unittest.mock import patch

from assent_orchestrator.caller import Caller
from assent_orchestrator.decisions.request import DecisionRequest, Wish
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.store import engine
from assent_orchestrator.store.confinement import confined_to
from bench.measure import interleaved, table
from bench.stage import CALLER, Instant, stage

OTHER = replace(CALLER, tenant="other")
Call = Callable[[], Awaitable[object]]


async def main() -> None:
    """Measure ``COUNT`` times, the first argument; what is longer, less often."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    async with stage(1, 8, 1000, tools=Instant) as app:
        wish = Wish(id="a1", agent="bot", action="box.put", args={"text": "hello", "n": 1})
        request = DecisionRequest(wishes=(wish,))

        async def decide(caller: Caller = CALLER) -> None:
            with confined_to(caller.tenant):
                await app.desk.decide(caller, request)

        async def decide_in_turns() -> None:
            turns.reverse()
            await decide(turns[0])

        async def run(steps: int = 8) -> str:
            with confined_to(CALLER.tenant):
                view = await app.submissions.submit(CALLER, Plan(process=f"steps-{steps}"))
                async for _ in app.runs.watch(CALLER, view.run.id, 0):
                    pass
            return view.run.id

        def look(run_id: str) -> Call:
            async def call() -> None:
                with confined_to(CALLER.tenant):
                    await app.runs.get(CALLER, run_id)

            return call

        async def listed() -> None:
            with confined_to(CALLER.tenant):
                await app.runs.list(CALLER)

        turns = [CALLER, OTHER]
        short, long = await run(8), await run(1000)
        calls: dict[str, tuple[int, Call]] = {
            "Decide": (count, decide),
            "Decide, two tenants in turns": (count, decide_in_turns),
            "run of 8 steps": (count // 4, run),
            "GetRun of 8 steps": (count, look(short)),
            "GetRun of 1000 steps": (count // 10, look(long)),
            "ListRuns": (count, listed),
        }
        print("PostgreSQL keeps tenants apart, beside the same without")
        for name, (times, call) in calls.items():
            series = await interleaved(
                max(times, 1), max(times // 10, 3), **{f"{name}, without": without(call), name: call}
            )
            print(table(series))


def without(call: Call) -> Call:
    """Have a call see all rows."""

    async def free() -> None:
        with patch.object(engine, "confined", lambda: None):
            await call()

    return free


if __name__ == "__main__":
    asyncio.run(main())
